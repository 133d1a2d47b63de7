/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.10 about TLS: certificates, checks of the peer, the control channel. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

static int tls_server_apply(struct opt *o)
{
	int ret = opt_not_built(o, BUILT_SERVER || BUILT_P2P_TLS, "--tls-server");

	if (ret == 0)
		o->cfg->tls.server = true;
	return ret;
}

static int pkcs12_apply(struct opt *o)
{
	return value_file(o, &o->cfg->tls.pkcs12);
}

static int askpass_apply(struct opt *o)
{
	o->cfg->tls.askpass = true;
	return o->argc > 0 ? value_text(o, o->arg[0], &o->cfg->tls.askpass_file) : 0;
}

static int verify_name_apply(struct opt *o)
{
	static const struct {
		const char *word;
		enum config_x509_name type;
	} words[] = {
		{"subject", CONFIG_X509_NAME_SUBJECT},
		{"name", CONFIG_X509_NAME_NAME},
		{"name-prefix", CONFIG_X509_NAME_PREFIX},
	};
	const char *word = o->argc > 1 ? o->arg[1] : "subject";

	if (*o->arg[0] == '\0')
		return opt_unrecognised(o, o->name);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, word) == 0) {
			o->cfg->tls.verify_name_type = words[i].type;
			return value_text(o, o->arg[0], &o->cfg->tls.verify_name);
		}
	}
	return opt_error(o, "unknown X.509 name type: %s", word);
}

static int username_field_apply(struct opt *o)
{
	struct config_tls *tls = &o->cfg->tls;

	for (size_t i = 0; i < o->argc; i++)
		if (str_starts(o->arg[i], "ext:") && strcmp(o->arg[i], "ext:subjectAltName") != 0 &&
		    strcmp(o->arg[i], "ext:issuerAltName") != 0)
			return opt_error(o, "Unsupported x509-username-field extension: %s",
					 o->arg[i]);
	LIST_CLEAR(&tls->username_fields); /* the last occurrence counts, whole */
	for (size_t i = 0; i < o->argc; i++) {
		const char *field = NULL;
		int ret = value_text(o, o->arg[i], &field);

		if (ret < 0)
			return ret;
		LIST_ADD(o->cfg, &tls->username_fields, field);
	}
	return 0;
}

static int track_apply(struct opt *o)
{
	const char *name = NULL;
	int ret = value_text(o, o->arg[0], &name);

	if (ret == 0)
		LIST_ADD(o->cfg, &o->cfg->tls.track, name);
	return ret;
}

static int cert_ku_apply(struct opt *o)
{
	struct config_tls *tls = &o->cfg->tls;
	unsigned int bits[CONFIG_TOKENS_MAX];

	for (size_t i = 0; i < o->argc; i++) {
		char *end;
		unsigned long n = strtoul(o->arg[i], &end, 16);

		if (end == o->arg[i] || *end != '\0' || *o->arg[i] == '-' || n > 0xffff)
			return opt_error(o, "remote-cert-ku: '%s' is not a hexadecimal number",
					 o->arg[i]);
		bits[i] = (unsigned int)n;
	}
	LIST_CLEAR(&tls->remote_cert_ku); /* the last occurrence counts, whole */
	for (size_t i = 0; i < o->argc; i++)
		LIST_ADD(o->cfg, &tls->remote_cert_ku, bits[i]);
	tls->remote_cert_ku_set = true;
	return 0;
}

static int cert_tls_apply(struct opt *o)
{
	struct config_tls *tls = &o->cfg->tls;

	if (strcmp(o->arg[0], "server") == 0)
		tls->remote_cert_eku = "TLS Web Server Authentication";
	else if (strcmp(o->arg[0], "client") == 0)
		tls->remote_cert_eku = "TLS Web Client Authentication";
	else
		return opt_error(o, "--remote-cert-tls must be 'client' or 'server'");
	LIST_CLEAR(&tls->remote_cert_ku);
	tls->remote_cert_ku_set = true;
	return 0;
}

static int ns_cert_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "server") == 0)
		o->cfg->tls.ns_cert_type = CONFIG_NS_CERT_SERVER;
	else if (strcmp(o->arg[0], "client") == 0)
		o->cfg->tls.ns_cert_type = CONFIG_NS_CERT_CLIENT;
	else
		return opt_error(o, "--ns-cert-type must be 'client' or 'server'");
	return 0;
}

static int crl_apply(struct opt *o)
{
	bool dir = o->argc > 1;

	if (dir && strcmp(o->arg[1], "dir") != 0)
		return opt_unrecognised(o, o->name);
	o->cfg->tls.crl_is_dir = dir; /* also false: a line before may have had the word */
	return value_file(o, &o->cfg->tls.crl);
}

static bool tls_version(const char *text, enum config_tls_version *out)
{
	static const char *const names[] = {"1.0", "1.1", "1.2", "1.3"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], text) == 0) {
			*out = (enum config_tls_version)(CONFIG_TLS_1_0 + i);
			return true;
		}
	}
	return false;
}

static int version_min_apply(struct opt *o)
{
	struct config_tls *tls = &o->cfg->tls;
	bool or_highest = o->argc > 1 && strcmp(o->arg[1], "or-highest") == 0;
	enum config_tls_version v;

	if (!tls_version(o->arg[0], &v)) {
		if (!or_highest)
			return opt_error(o, "unknown tls-version-min parameter: %s", o->arg[0]);
		v = CONFIG_TLS_1_3;
	}
	tls->version_min = v;
	tls->version_min_or_highest = or_highest;
	return 0;
}

static int version_max_apply(struct opt *o)
{
	if (!tls_version(o->arg[0], &o->cfg->tls.version_max))
		return opt_error(o, "unknown tls-version-max parameter: %s", o->arg[0]);
	return 0;
}

static int ecdh_curve_apply(struct opt *o)
{
	opt_warn(
		o,
		"Consider setting groups/curves preference with tls-groups instead of forcing a specific curve with ecdh-curve.");
	opt_warn(
		o,
		"WARNING: OpenSSL 3.0+ builds do not support specifying an ECDH curve with --ecdh-curve, using default curves. Use --tls-groups to specify groups.");
	return value_text(o, o->arg[0], &o->cfg->tls.ecdh_curve);
}

static int reneg_sec_apply(struct opt *o)
{
	struct config_tls *tls = &o->cfg->tls;
	uint32_t max, min = 0;
	int ret = value_u31(o, o->arg[0], &max);

	if (ret == 0 && o->argc > 1)
		ret = value_u31(o, o->arg[1], &min);
	if (ret < 0)
		return ret;
	tls->reneg_sec = max;
	tls->reneg_min_sec = min;
	tls->reneg_min_set = o->argc > 1;
	return 0;
}

static int reneg_bytes_apply(struct opt *o)
{
	int ret = value_u63(o, "reneg-bytes", o->arg[0], &o->cfg->tls.reneg_bytes);

	if (ret == 0)
		o->cfg->tls.reneg_bytes_set = true;
	return ret;
}

/* The first key of a block cuts it off from the global ones (spec 04 section 1.5 rule 9). */
static void start_own_wrap(struct opt *o)
{
	struct conn_entry *ce = o->ce;

	if (o->src->kind != SOURCE_CONNECTION || ce->wrap_set)
		return;
	ce->wrap_set = true;
	ce->tls_auth = (struct config_file){0};
	ce->tls_crypt = (struct config_file){0};
	ce->tls_crypt_v2 = (struct config_file){0};
	ce->tls_crypt_v2_force_cookie = false;
}

static int tls_auth_apply(struct opt *o)
{
	enum config_key_direction direction = o->ce->key_direction;

	if (!o->is_inline && o->argc > 1) {
		if (strcmp(o->arg[1], "0") == 0)
			direction = CONFIG_KEY_NORMAL;
		else if (strcmp(o->arg[1], "1") == 0)
			direction = CONFIG_KEY_INVERSE;
		else
			return opt_error(o, "Unknown key direction '%s' -- must be '0' or '1'",
					 o->arg[1]);
	} else if (o->src->kind == SOURCE_CONNECTION) {
		direction = CONFIG_KEY_BIDIRECTIONAL; /* a key-direction must follow */
	}
	start_own_wrap(o);
	o->ce->key_direction = direction;
	return value_file(o, &o->ce->tls_auth);
}

static int tls_crypt_apply(struct opt *o)
{
	start_own_wrap(o);
	return value_file(o, &o->ce->tls_crypt);
}

static int tls_crypt_v2_apply(struct opt *o)
{
	bool force = false;

	if (!o->is_inline && o->argc > 1) {
		if (strcmp(o->arg[1], "force-cookie") == 0)
			force = true;
		else if (strcmp(o->arg[1], "allow-noncookie") != 0)
			return opt_error(o, "Unsupported tls-crypt-v2 argument: %s", o->arg[1]);
	}
	start_own_wrap(o);
	o->ce->tls_crypt_v2_force_cookie = force;
	return value_file(o, &o->ce->tls_crypt_v2);
}

static int exporter_apply(struct opt *o)
{
	uint32_t len;
	int ret = value_range(o, "keying-material-exporter", o->arg[1], 16, 4095, &len);

	if (ret < 0)
		return ret;
	if (!str_starts(o->arg[0], "EXPORTER"))
		return opt_error(o, "Keying material exporter label must begin with \"EXPORTER\"");
	if (strcmp(o->arg[0], "EXPORTER-OpenVPN-datakeys") == 0)
		return opt_error(
			o,
			"Keying material exporter label must not be 'EXPORTER-OpenVPN-datakeys'.");
	o->cfg->tls.exporter_len = len;
	return value_text(o, o->arg[0], &o->cfg->tls.exporter_label);
}

#define TLS_OPTION .groups = GROUP_GENERAL, .flags = F_TLS, IF_BUILT(ALWAYS)
#define TLS_FILE   .groups = GROUP_GENERAL, .flags = F_TLS | F_INLINE, IF_BUILT(ALWAYS)
#define TLS_PARM   .groups = GROUP_TLS_PARMS, .flags = F_TLS, IF_BUILT(ALWAYS)
#define TLS_WRAP   .groups = GROUP_GENERAL, .flags = F_TLS | F_INLINE | F_CONN, IF_BUILT(ALWAYS)
#define TLS_ANY	   .groups = GROUP_GENERAL, IF_BUILT(ALWAYS)

static const struct option_row rows[] = {
	{.name = "tls-server",
	 .args = "",
	 .help = "be the TLS server",
	 TLS_ANY,
	 FN(0, 0, tls_server_apply),
	 APART},
	{.name = "tls-client", .help = "be the TLS client", TLS_ANY, FLAG(tls.client), APART},
	{.name = "ca",
	 .args = "file",
	 .help = "certificates that we trust (PEM)",
	 TLS_FILE,
	 FILE_ARG(tls.ca),
	 APART},
	{.name = "capath",
	 .args = "dir",
	 .help = "hashed directory of trusted certificates and CRLs",
	 TLS_OPTION,
	 TEXT(tls.capath),
	 APART},
	{.name = "cert",
	 .args = "file|URI",
	 .help = "our certificate (PEM)",
	 TLS_FILE,
	 FILE_ARG(tls.cert),
	 APART},
	{.name = "key",
	 .args = "file|URI",
	 .help = "our private key (PEM)",
	 TLS_FILE,
	 FILE_ARG(tls.key),
	 APART},
	{.name = "extra-certs",
	 .args = "file",
	 .help = "more certificates to send with ours",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 IF_BUILT(ALWAYS),
	 FILE_ARG(tls.extra_certs),
	 APART},
	{.name = "pkcs12",
	 .args = "file",
	 .help = "certificate, key and CA in one file",
	 .groups = GROUP_GENERAL,
	 .flags = F_TLS | F_INLINE,
	 IF_BUILT(PKCS12),
	 FN(1, 1, pkcs12_apply),
	 APART},
	{.name = "askpass",
	 .args = "[file]",
	 .help = "ask the passphrase of the key, or read it",
	 TLS_ANY,
	 FN(0, 1, askpass_apply),
	 APART},
	{.name = "dh",
	 .args = "file|none",
	 .help = "Diffie-Hellman parameters (server)",
	 TLS_FILE,
	 FILE_ARG(tls.dh),
	 APART},
	{.name = "verify-hash",
	 .args = "fingerprint [SHA1|SHA256]",
	 .help = "deprecated: fingerprint of the CA below the root",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, fingerprint_apply),
	 APART},
	{.name = "peer-fingerprint",
	 .args = "fingerprint",
	 .help = "SHA-256 fingerprint of the peer's certificate",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, fingerprint_apply),
	 APART},
	{.name = "verify-x509-name",
	 .args = "name [subject|name|name-prefix]",
	 .help = "name that the peer's certificate must have",
	 TLS_OPTION,
	 FN(1, 2, verify_name_apply),
	 APART},
	{.name = "x509-username-field",
	 .args = "field ...",
	 .help = "field of a certificate that is its common name (CN)",
	 TLS_ANY,
	 FN(1, MANY, username_field_apply),
	 APART},
	{.name = "x509-track",
	 .args = "[+]attribute",
	 .help = "export only these fields of certificates to scripts",
	 TLS_ANY,
	 FN(1, 1, track_apply),
	 APART},
	{.name = "remote-cert-ku",
	 .args = "[hex ...]",
	 .help = "key usage that the peer's certificate must have",
	 TLS_OPTION,
	 FN(0, MANY, cert_ku_apply),
	 APART},
	{.name = "remote-cert-eku",
	 .args = "oid|name",
	 .help = "extended key usage that the peer's certificate must have",
	 TLS_OPTION,
	 TEXT(tls.remote_cert_eku),
	 APART},
	{.name = "remote-cert-tls",
	 .args = "client|server",
	 .help = "the peer's certificate must be one of a client or server",
	 TLS_OPTION,
	 FN(1, 1, cert_tls_apply),
	 APART},
	{.name = "ns-cert-type",
	 .args = "client|server",
	 .help = "deprecated, use --remote-cert-tls",
	 TLS_OPTION,
	 FN(1, 1, ns_cert_apply),
	 APART},
	{.name = "crl-verify",
	 .args = "file|dir [dir]",
	 .help = "certificates that are revoked",
	 TLS_FILE,
	 FN(1, 2, crl_apply),
	 APART},
	{.name = "tls-version-min",
	 .args = "version [or-highest]",
	 .help = "oldest TLS version to accept (1.2)",
	 TLS_ANY,
	 FN(1, 2, version_min_apply),
	 APART},
	{.name = "tls-version-max",
	 .args = "version",
	 .help = "newest TLS version to use",
	 TLS_ANY,
	 FN(1, 1, version_max_apply),
	 APART},
	{.name = "tls-cipher",
	 .args = "list",
	 .help = "cipher suites of TLS 1.2 and older",
	 TLS_OPTION,
	 TEXT(tls.cipher_list),
	 APART},
	{.name = "tls-ciphersuites",
	 .args = "list",
	 .help = "cipher suites of TLS 1.3",
	 TLS_OPTION,
	 TEXT(tls.ciphersuites),
	 APART},
	{.name = "tls-groups",
	 .args = "list",
	 .help = "groups for the key exchange",
	 TLS_ANY,
	 TEXT(tls.groups),
	 APART},
	{.name = "tls-cert-profile",
	 .args = "legacy|insecure|preferred|suiteb",
	 .help = "how strong certificates must be",
	 TLS_OPTION,
	 TEXT(tls.cert_profile),
	 APART},
	{.name = "ecdh-curve",
	 .args = "name",
	 .help = "ignored with current TLS libraries, use --tls-groups",
	 TLS_ANY,
	 FN(1, 1, ecdh_curve_apply),
	 APART},
	{.name = "tls-timeout",
	 .args = "seconds",
	 .help = "when control packets are sent again (2)",
	 TLS_PARM,
	 U31(tls.timeout_sec),
	 APART},
	{.name = "hand-window",
	 .args = "seconds",
	 .help = "time for a TLS handshake (60)",
	 TLS_PARM,
	 U31(tls.hand_window_sec),
	 APART},
	{.name = "tran-window",
	 .args = "seconds",
	 .help = "how long an old key stays valid (3600)",
	 TLS_PARM,
	 U31(tls.tran_window_sec),
	 WORKS("the old key stays in the second slot of the driver")},
	{.name = "reneg-sec",
	 .args = "max [min]",
	 .help = "new data keys after that time (3600; 0: never)",
	 TLS_PARM,
	 FN(1, 2, reneg_sec_apply),
	 WORKS("new keys are put into the second slot of the driver")},
	{.name = "reneg-bytes",
	 .args = "n",
	 .help = "new data keys after so many bytes",
	 .groups = GROUP_TLS_PARMS,
	 .flags = F_TLS,
	 .needs = FEAT_RENEG_BY_AMOUNT,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, reneg_bytes_apply),
	 IDLE("the driver counts packets itself and asks for new keys in time", "remove it")},
	{.name = "reneg-pkts",
	 .args = "n",
	 .help = "new data keys after so many packets",
	 .groups = GROUP_TLS_PARMS,
	 .flags = F_TLS,
	 .needs = FEAT_RENEG_BY_AMOUNT,
	 IF_BUILT(ALWAYS),
	 U63(tls.reneg_pkts),
	 IDLE("the driver counts packets itself and asks for new keys in time", "remove it")},
	{.name = "single-session",
	 .help = "after the first session accept no other",
	 TLS_OPTION,
	 FLAG(tls.single_session),
	 APART},
	{.name = "tls-exit",
	 .help = "exit when a TLS handshake fails",
	 TLS_OPTION,
	 FLAG(tls.exit_on_failure),
	 APART},
	{.name = "tls-auth",
	 .args = "file [0|1]",
	 .help = "sign control packets with a shared key",
	 TLS_WRAP,
	 FN(1, 2, tls_auth_apply),
	 APART},
	{.name = "tls-crypt",
	 .args = "file",
	 .help = "encrypt control packets with a shared key",
	 TLS_WRAP,
	 FN(1, 2, tls_crypt_apply),
	 APART},
	{.name = "tls-crypt-v2",
	 .args = "file [force-cookie|allow-noncookie]",
	 .help = "encrypt control packets with a key for each client",
	 TLS_WRAP,
	 FN(1, 2, tls_crypt_v2_apply),
	 APART},
	{.name = "tls-crypt-v2-max-age",
	 .args = "days",
	 .help = "refuse older tls-crypt-v2 client keys",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 RANGE(tls.crypt_v2_max_age_days, 1, INT32_MAX, "tls-crypt-v2-max-age"),
	 APART},
	{.name = "keying-material-exporter",
	 .args = "label length",
	 .help = "give plugins a secret derived from the TLS session",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(PLUGIN),
	 FN(2, 2, exporter_apply),
	 APART},
};

const struct option_table table_tls = {"TLS", rows, ARRAY_SIZE(rows)};
