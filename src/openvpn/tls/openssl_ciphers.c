// SPDX-License-Identifier: GPL-2.0-only
/* Versions, cipher lists, groups and profiles; and the lists of --show-tls, --show-groups. */
#include "tls/openssl_tls.h"

#include <ctype.h>
#include <string.h>

#include <openssl/ec.h>

static const char default_ciphers[] = "DEFAULT:!EXP:!LOW:!MEDIUM:!kDH:!kECDH:!DSS:!PSK:!SRP:!kRSA";

/* ---- versions ---------------------------------------------------------------------------- */

int tls_version_parse(const char *text, enum tls_version *version)
{
	static const struct {
		const char *text;
		enum tls_version version;
	} names[] = {
		{"1.0", TLS_VERSION_1_0},
		{"1.1", TLS_VERSION_1_1},
		{"1.2", TLS_VERSION_1_2},
		{"1.3", TLS_VERSION_1_3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i].text) == 0) {
			*version = names[i].version;
			return 0;
		}
	}
	return ERR_INVALID;
}

enum tls_version tls_version_highest(void)
{
	return TLS_VERSION_1_3;
}

static int protocol_of(enum tls_version version)
{
	switch (version) {
	case TLS_VERSION_1_0:
		return TLS1_VERSION;
	case TLS_VERSION_1_1:
		return TLS1_1_VERSION;
	case TLS_VERSION_1_2:
		return TLS1_2_VERSION;
	case TLS_VERSION_1_3:
		return TLS1_3_VERSION;
	case TLS_VERSION_DEFAULT:
		break;
	}
	return 0; /* the library's own limit */
}

static int set_versions(SSL_CTX *ssl_ctx, const struct tls_ctx_config *cfg, struct err *err)
{
	enum tls_version min = cfg->version_min;

	if (min == TLS_VERSION_DEFAULT)
		min = TLS_VERSION_1_2;
	/* only a maximum was given, and it is lower than our default minimum */
	if (cfg->version_min == TLS_VERSION_DEFAULT && cfg->version_max != TLS_VERSION_DEFAULT &&
	    cfg->version_max < min)
		min = cfg->version_max;
	if (SSL_CTX_set_min_proto_version(ssl_ctx, protocol_of(min)) != 1 ||
	    SSL_CTX_set_max_proto_version(ssl_ctx, protocol_of(cfg->version_max)) != 1)
		return err_set(err, ERR_TLS, "Failed to set the TLS version limits");
	return 0;
}

/* ---- names of suites --------------------------------------------------------------------- */

/* "TLS-X-WITH-Y" or "TLS_X_WITH_Y" against a standard name. */
static bool same_standard_name(const char *text, size_t len, const char *standard)
{
	if (strlen(standard) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char c = text[i] == '-' ? '_' : text[i];

		if (c != standard[i])
			return false;
	}
	return true;
}

static void add_iana_name(struct str *out, const char *standard)
{
	for (; *standard; standard++)
		str_addf(out, "%c", *standard == '_' ? '-' : *standard);
}

/* Every suite of TLS 1.2 and older that the library has; the caller frees the context. */
static SSL_CTX *all_suites(void)
{
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_method());

	if (ssl_ctx && SSL_CTX_set_cipher_list(ssl_ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") != 1) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	return ssl_ctx;
}

static void warn_deprecated(const char *name, const char *standard, const struct log *log)
{
	struct str iana = str_init();

	add_iana_name(&iana, standard);
	log_warn(log, "Deprecated TLS cipher name '%s', please use IANA name '%s'", name,
		 str_text(&iana));
	str_fini(&iana);
}

/* One item of --tls-cipher without its "!", "+" or "-". */
static void translate_item(SSL_CTX *suites, const char *item, size_t len, struct str *out,
			   const struct log *log)
{
	STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(suites);

	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(list, i);
		const char *name = SSL_CIPHER_get_name(c), *standard = SSL_CIPHER_standard_name(c);

		if (!standard)
			continue;
		if (same_standard_name(item, len, standard)) {
			str_add(out, name);
			return;
		}
		if (strlen(name) == len && memcmp(name, item, len) == 0)
			warn_deprecated(name, standard, log);
	}
	str_add_len(out, item, len); /* a group of suites ("HIGH"), or unknown to the library too */
}

static int translate_list(const char *list, struct str *out, const struct log *log)
{
	SSL_CTX *suites = all_suites();

	if (!suites)
		return ERR_NOMEM;
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ":");

		if (len > 0 && strchr("!+-", *p)) {
			str_add_len(out, p++, 1);
			len--;
		}
		translate_item(suites, p, len, out, log);
		p += len;
		if (*p == ':')
			str_add_len(out, p++, 1);
	}
	SSL_CTX_free(suites);
	return out->failed ? ERR_NOMEM : 0;
}

static int set_cipher_list(SSL_CTX *ssl_ctx, const char *list, const struct log *log,
			   struct err *err)
{
	struct str translated = str_init();
	int ret = 0;

	if (!list) {
		if (SSL_CTX_set_cipher_list(ssl_ctx, default_ciphers) != 1)
			ret = err_set(err, ERR_TLS, "Failed to set default TLS cipher list.");
		return ret;
	}
	ret = translate_list(list, &translated, log);
	if (ret < 0)
		err_set(err, ret, "out of memory");
	else if (SSL_CTX_set_cipher_list(ssl_ctx, str_text(&translated)) != 1)
		ret = err_set(err, ERR_TLS, "Failed to set restricted TLS cipher list: %s", list);
	str_fini(&translated);
	return ret;
}

static int set_ciphersuites(SSL_CTX *ssl_ctx, const char *list, struct err *err)
{
	struct str names = str_init();
	int ret = 0;

	if (!list)
		return 0;
	for (const char *p = list; *p; p++)
		str_addf(&names, "%c", *p == '-' ? '_' : *p);
	if (names.failed)
		ret = err_set(err, ERR_NOMEM, "out of memory");
	else if (SSL_CTX_set_ciphersuites(ssl_ctx, str_text(&names)) != 1)
		ret = err_set(err, ERR_TLS, "Failed to set restricted TLS 1.3 cipher list: %s",
			      list);
	str_fini(&names);
	return ret;
}

static int set_profile(SSL_CTX *ssl_ctx, const char *profile, bool *suiteb, struct err *err)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {{"insecure", 0}, {"legacy", 1}, {"preferred", 2}, {"suiteb", 3}};

	*suiteb = profile && strcmp(profile, "suiteb") == 0;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(profile ? profile : "legacy", levels[i].name) == 0) {
			SSL_CTX_set_security_level(ssl_ctx, levels[i].level);
			return 0;
		}
	}
	return err_set(err, ERR_TLS, "ERROR: Invalid cert profile: %s", profile);
}

int tls_set_ciphers(SSL_CTX *ssl_ctx, const struct tls_ctx_config *cfg, const struct log *log,
		    struct err *err)
{
	bool suiteb;
	int ret = set_profile(ssl_ctx, cfg->cert_profile, &suiteb, err);

	if (ret == 0)
		ret = set_versions(ssl_ctx, cfg, err);
	if (ret == 0)
		ret = set_cipher_list(ssl_ctx,
				      suiteb && !cfg->cipher_list ? "SUITEB128" : cfg->cipher_list,
				      log, err);
	if (ret == 0)
		ret = set_ciphersuites(ssl_ctx, cfg->ciphersuites, err);
	if (ret == 0 && cfg->groups && SSL_CTX_set1_groups_list(ssl_ctx, cfg->groups) != 1)
		ret = err_set(err, ERR_TLS, "Failed to set allowed TLS group list: %s",
			      cfg->groups);
	return ret;
}

/* ---- lists ------------------------------------------------------------------------------- */

static void show_suites(SSL_CTX *ssl_ctx, bool tls13, struct str *out)
{
	SSL *ssl = SSL_new(ssl_ctx);
	STACK_OF(SSL_CIPHER) *list = ssl ? SSL_get1_supported_ciphers(ssl) : NULL;

	for (int i = 0; list && i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(list, i);
		const char *standard = SSL_CIPHER_standard_name(c);

		if ((strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") == 0) != tls13)
			continue;
		if (tls13)
			str_add(out, SSL_CIPHER_get_name(c));
		else if (standard)
			add_iana_name(out, standard);
		else
			str_addf(out, "%s (No IANA name known to OpenVPN, use OpenSSL name.)",
				 SSL_CIPHER_get_name(c));
		str_add(out, "\n");
	}
	sk_SSL_CIPHER_free(list);
	SSL_free(ssl);
}

int tls_show_ciphers(const struct tls_ctx_config *cfg, const struct log *log, struct str *out,
		     struct err *err)
{
	struct tls_ctx_config limits = *cfg;
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_method());
	int ret;

	limits.version_min = TLS_VERSION_1_0; /* show all that the lists allow */
	limits.version_max = TLS_VERSION_DEFAULT;
	ret = ssl_ctx ? tls_set_ciphers(ssl_ctx, &limits, log, err)
		      : err_set(err, ERR_NOMEM, "out of memory");
	if (ret == 0) {
		str_add(out, "Available TLS Ciphers, listed in order of preference:\n\n"
			     "For TLS 1.3 and newer (--tls-ciphersuites):\n\n");
		show_suites(ssl_ctx, true, out);
		str_add(out, "\nFor TLS 1.2 and older (--tls-cipher):\n\n");
		show_suites(ssl_ctx, false, out);
		str_add(out,
			"\nNote: Whether a cipher suite in this list can actually work depends\n"
			"on the specific setup of both peers. See the man page entries of\n"
			"--tls-cipher and --show-tls for more details.\n\n");
	} else {
		tls_log_errors(log);
	}
	SSL_CTX_free(ssl_ctx);
	return ret;
}

/* Groups for TLS that are no elliptic curves of the library's table; the last ones are new in
 * OpenSSL 3.5. Only those which the library accepts are shown. */
static const char *const other_groups[] = {
	"X25519",    "X448",	  "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024",
	"MLKEM512",  "MLKEM768",  "MLKEM1024",	    "ffdhe2048",	 "ffdhe3072",
	"ffdhe4096", "ffdhe6144", "ffdhe8192",
};

static void show_group_if_offered(SSL_CTX *ssl_ctx, const char *name, struct str *out)
{
	ERR_set_mark();
	if (SSL_CTX_set1_groups_list(ssl_ctx, name) == 1)
		str_addf(out, "%s\n", name);
	ERR_pop_to_mark();
}

void tls_show_groups(struct str *out)
{
	EC_builtin_curve curves[128];
	const size_t n = EC_get_builtin_curves(curves, ARRAY_SIZE(curves));
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_method());

	str_add(out, "Consider using 'openssl ecparam -list_curves' as alternative to running\n"
		     "this command.\n\n"
		     "Available Elliptic curves/groups:\n");
	for (size_t i = 0; ssl_ctx && i < ARRAY_SIZE(other_groups); i++)
		show_group_if_offered(ssl_ctx, other_groups[i], out);
	SSL_CTX_free(ssl_ctx);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(curves); i++) {
		const char *name = OBJ_nid2sn(curves[i].nid);

		str_addf(out, "%s\n", name ? name : "(unknown)");
	}
}
