// SPDX-License-Identifier: GPL-2.0-only
/* library.h on OpenSSL 3. */
#include "crypto/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/openssl.h"
#include <openssl/crypto.h>
#include <openssl/provider.h>

enum {
	PROVIDERS_MAX = 16,
	ERROR_LINE_MAX = 512,
};

struct crypto_library {
	OSSL_PROVIDER *providers[PROVIDERS_MAX];
	size_t n_providers;
};

int crypto_library_load(const char *const *names, struct crypto_library **out, struct err *err)
{
	struct crypto_library *lib = calloc(1, sizeof(*lib));

	*out = NULL;
	if (!lib)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; names && names[i]; i++) {
		OSSL_PROVIDER *provider;

		if (i == PROVIDERS_MAX) {
			crypto_library_free(lib);
			return err_set(err, ERR_LIMIT, "--providers: more than %d providers",
				       PROVIDERS_MAX);
		}
		provider = OSSL_PROVIDER_load(NULL, names[i]);
		if (!provider) {
			char why[ERROR_LINE_MAX];

			crypto_errors_text(why, sizeof(why));
			crypto_library_free(lib);
			return err_set(err, ERR_CRYPTO, "failed to load provider '%s': %s",
				       names[i], why);
		}
		lib->providers[lib->n_providers++] = provider;
	}
	*out = lib;
	return 0;
}

void crypto_library_free(struct crypto_library *lib)
{
	if (!lib)
		return;
	while (lib->n_providers > 0)
		OSSL_PROVIDER_unload(lib->providers[--lib->n_providers]);
	free(lib);
}

const char *crypto_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

bool openssl_next_error(char *buf, size_t cap, unsigned long *code)
{
	const char *data = NULL;
	char text[256];
	int flags = 0;
	const unsigned long e = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);

	if (code)
		*code = e;
	if (e == 0)
		return false;
	ERR_error_string_n(e, text, sizeof(text));
	snprintf(buf, cap, "%s:%s", text, data && (flags & ERR_TXT_STRING) ? data : "");
	return true;
}

unsigned int crypto_log_errors(const struct log *log)
{
	char line[ERROR_LINE_MAX];
	unsigned int n = 0;

	for (; openssl_next_error(line, sizeof(line), NULL); n++)
		log_error(log, "OpenSSL: %s", line);
	return n;
}

void crypto_errors_text(char *buf, size_t cap)
{
	char line[ERROR_LINE_MAX];
	size_t len = 0;

	buf[0] = '\0';
	while (openssl_next_error(line, sizeof(line), NULL)) {
		const int n = snprintf(buf + len, cap - len, "%s%s", len ? " | " : "", line);

		len = n < 0 || (size_t)n >= cap - len ? cap - 1 : len + (size_t)n;
	}
}
