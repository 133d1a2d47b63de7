// SPDX-License-Identifier: GPL-2.0-only
#include "tls/verify_leaf.h"

#include <string.h>

static int check_ns_type(const struct verify_config *cfg, const struct x509_cert *cert,
			 const char *subject, const struct log *log)
{
	const char *name = cfg->ns_cert_type == NS_CERT_SERVER ? "SERVER" : "CLIENT";

	if (cfg->ns_cert_type == NS_CERT_NONE)
		return 0;
	if (!x509_cert_ns_type(cert, cfg->ns_cert_type)) {
		log_error(log, "VERIFY nsCertType ERROR: %s, require nsCertType=%s", subject, name);
		return ERR_CERT;
	}
	log_info(log, 2, "VERIFY OK: nsCertType=%s", name);
	return 0;
}

static bool key_usage_ok(const struct verify_config *cfg, const struct x509_cert *cert,
			 const struct log *log)
{
	unsigned int bits;

	if (x509_cert_key_usage(cert, &bits) < 0) {
		log_error(log, "Certificate does not have key usage extension");
		return false;
	}
	if (cfg->n_ku == 0)
		return true;
	log_info(log, 2, "Validating certificate key usage");
	for (size_t i = 0; i < cfg->n_ku; i++)
		if ((bits & cfg->ku[i]) == cfg->ku[i])
			return true;
	log_error(log, "ERROR: Certificate has key usage %04x, expected one of:", bits);
	for (size_t i = 0; i < cfg->n_ku; i++)
		log_error(log, " * %04x", cfg->ku[i]);
	return false;
}

static int check_key_usage(const struct verify_config *cfg, const struct x509_cert *cert,
			   const struct log *log)
{
	if (!cfg->remote_cert_ku)
		return 0;
	if (!key_usage_ok(cfg, cert, log)) {
		log_error(log, "VERIFY KU ERROR");
		return ERR_CERT;
	}
	log_info(log, 2, "VERIFY KU OK");
	return 0;
}

struct eku_search {
	const char *expected;
	const struct log *log;
};

static bool eku_matches(void *ctx, const char *name, const char *oid)
{
	const struct eku_search *s = ctx;

	log_info(s->log, 2, "++ Certificate has EKU (str) %s, expects %s", name, s->expected);
	if (strcmp(name, s->expected) == 0)
		return true;
	log_info(s->log, 2, "++ Certificate has EKU (oid) %s, expects %s", oid, s->expected);
	return strcmp(oid, s->expected) == 0;
}

static int check_eku(const struct verify_config *cfg, const struct x509_cert *cert,
		     const struct log *log)
{
	struct eku_search search = {.expected = cfg->remote_cert_eku, .log = log};
	int found;

	if (!cfg->remote_cert_eku)
		return 0;
	log_info(log, 2, "Validating certificate extended key usage");
	found = x509_cert_eku_each(cert, eku_matches, &search);
	if (found == ERR_NOT_FOUND)
		log_error(log, "Certificate does not have extended key usage extension");
	if (found != 1) {
		log_error(log, "VERIFY EKU ERROR");
		return ERR_CERT;
	}
	log_info(log, 2, "VERIFY EKU OK");
	return 0;
}

static int check_name(const struct verify_config *cfg, const char *subject, const char *username,
		      const struct log *log)
{
	const char *must = "must be", *text = username;
	bool ok = false;

	if (!cfg->x509_name)
		return 0;
	switch (cfg->x509_name_type) {
	case VERIFY_NAME_SUBJECT:
		text = subject;
		ok = strcmp(cfg->x509_name, subject) == 0;
		break;
	case VERIFY_NAME_FULL:
		ok = strcmp(cfg->x509_name, username) == 0;
		break;
	case VERIFY_NAME_PREFIX:
		must = "must start with";
		ok = strncmp(cfg->x509_name, username, strlen(cfg->x509_name)) == 0;
		break;
	}
	if (!ok) {
		log_error(log, "VERIFY X509NAME ERROR: %s, %s %s", text, must, cfg->x509_name);
		return ERR_CERT;
	}
	log_info(log, 2, "VERIFY X509NAME OK: %s", subject);
	return 0;
}

int verify_leaf(const struct verify_config *cfg, const struct x509_cert *cert, const char *subject,
		const char *username, const struct log *log)
{
	int ret = check_ns_type(cfg, cert, subject, log);

	if (ret == 0)
		ret = check_key_usage(cfg, cert, log);
	if (ret == 0)
		ret = check_eku(cfg, cert, log);
	if (ret == 0)
		ret = check_name(cfg, subject, username, log);
	return ret;
}
