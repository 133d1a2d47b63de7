/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that we read from a peer's certificate (the input is DER). */
#include <stdlib.h>
#include <string.h>

#include "crypto/key_file.h"
#include "tls/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_usage(void *ctx, const char *name, const char *oid)
{
	(void)ctx;
	return name[0] == '\0' || oid[0] == '\0';
}

static void read_all(const struct x509_cert *cert)
{
	static const char *const fields[] = {"CN", "serialNumber", "ext:subjectAltName",
					     "2.5.4.11"};
	static const char *const tracked[] = {"CN", "SHA256", "keyUsage", "subjectAltName"};
	struct env *env = env_new();
	struct str s = str_init();
	unsigned int bits;
	size_t before;

	if (!env)
		abort();
	if (x509_cert_subject(cert, &s) == 0)
		for (const char *p = str_text(&s); *p; p++)
			if ((unsigned char)*p < 32 || *p == 127)
				abort();
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		before = s.len;
		if (x509_cert_field(cert, fields[i], &s) == 0 && s.len - before > X509_FIELD_MAX)
			abort();
	}
	if (x509_cert_serial(cert, &s) < 0 || x509_cert_serial_hex(cert, &s) < 0)
		str_clear(&s);
	if (x509_cert_key_usage(cert, &bits) == 0 && bits > 0xff)
		abort();
	if (x509_cert_eku_each(cert, on_usage, NULL) > 1)
		abort();
	x509_cert_ns_type(cert, NS_CERT_SERVER);
	x509_cert_env_subject(cert, 0, env);
	for (size_t i = 0; i < ARRAY_SIZE(tracked); i++)
		x509_cert_env_track(cert, 1, tracked[i], env);
	str_fini(&s);
	env_free(env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str pem = str_init();
	struct x509_cert *cert;

	if (key_pem_encode("CERTIFICATE", data, size, &pem) < 0)
		abort();
	if (x509_cert_parse(str_text(&pem), &cert, NULL) == 0)
		read_all(cert);
	x509_cert_free(cert);
	str_fini(&pem);
	return 0;
}
