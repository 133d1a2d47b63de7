// SPDX-License-Identifier: GPL-2.0-only
#include "tls/verify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/verify_leaf.h"

struct verify {
	const struct verify_config *cfg;
	const struct verify_hooks *hooks;
	void *user;
	struct env *env;
	struct log log;
	bool leaf_accepted;
	char common_name[X509_USERNAME_MAX];
	bool have[VERIFY_DEPTH_MAX];
	uint8_t fingerprints[VERIFY_DEPTH_MAX][SHA256_LEN];
};

/* One certificate on its way through the steps. */
struct verify_step {
	const struct verify_input *in;
	const char *subject;
	const char *username;
	bool username_ok;
};

static const struct verify_hooks no_hooks;

struct verify *verify_new(const struct verify_config *cfg, const struct verify_hooks *hooks,
			  void *user, struct env *env, const struct log *log)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->cfg = cfg;
	v->hooks = hooks ? hooks : &no_hooks;
	v->user = user;
	v->env = env;
	v->log = *log;
	if (env)
		env_del_prefix(env, "X509_");
	return v;
}

void verify_free(struct verify *v)
{
	free(v);
}

bool verify_leaf_accepted(const struct verify *v)
{
	return v->leaf_accepted;
}

const char *verify_common_name(const struct verify *v)
{
	return v->leaf_accepted ? v->common_name : "";
}

const uint8_t *verify_fingerprint(const struct verify *v, unsigned int depth)
{
	return depth < VERIFY_DEPTH_MAX && v->have[depth] ? v->fingerprints[depth] : NULL;
}

bool verify_same_chain(const struct verify *a, const struct verify *b)
{
	return memcmp(a->have, b->have, sizeof(a->have)) == 0 &&
	       memcmp(a->fingerprints, b->fingerprints, sizeof(a->fingerprints)) == 0;
}

/* ---- the steps, numbered as in the spec -------------------------------------------------- */

/* 1 */
static int remember_fingerprint(struct verify *v, const struct verify_input *in)
{
	int ret;

	if (in->depth >= VERIFY_DEPTH_MAX)
		return 0; /* refused in step 5, with its line */
	ret = x509_cert_sha256(in->cert, v->fingerprints[in->depth]);
	v->have[in->depth] = ret == 0;
	return ret == 0 ? 0 : ERR_CERT;
}

/* 2, when the library is not content. Return: 0: nothing more to do for this call. */
static int judge_library_error(struct verify *v, const struct verify_input *in)
{
	struct str subject = str_init(), serial = str_init();
	int ret = 0;

	/* all errors are expected here; the certificate is checked when it comes again as good */
	if (v->cfg->fingerprint_without_ca)
		return 0;
	if (x509_cert_subject(in->cert, &subject) < 0)
		str_clear(&subject);
	if (in->only_crl_missing) {
		log_info(&v->log, 3, "VERIFY WARNING: depth=%u, %s: %s", in->depth,
			 in->library_error_text, str_text(&subject));
	} else {
		if (x509_cert_serial(in->cert, &serial) < 0) {
			str_clear(&serial);
			str_add(&serial, "<not available>");
		}
		log_error(&v->log, "VERIFY ERROR: depth=%u, error=%s: %s, serial=%s", in->depth,
			  in->library_error_text, str_text(&subject), str_text(&serial));
		ret = ERR_CERT;
	}
	str_fini(&subject);
	str_fini(&serial);
	return ret;
}

/* 4 */
static bool extract_username(const struct verify *v, const struct x509_cert *cert, struct str *name)
{
	static const char *const default_fields[] = {"CN", NULL};
	const char *const *fields =
		v->cfg->username_fields ? v->cfg->username_fields : default_fields;

	for (size_t i = 0; fields[i]; i++) {
		if (i > 0)
			str_add(name, "_");
		if (x509_cert_field(cert, fields[i], name) < 0)
			return false;
	}
	if (name->failed || !name->text || name->len >= X509_USERNAME_MAX)
		return false;
	str_printable(name->text, '_');
	return true;
}

static int refuse_username(const struct verify *v, const char *subject)
{
	struct str fields = str_init();

	for (size_t i = 0; v->cfg->username_fields && v->cfg->username_fields[i]; i++)
		str_addf(&fields, "%s%s", i ? "_" : "", v->cfg->username_fields[i]);
	log_error(
		&v->log,
		"VERIFY ERROR: could not extract %s from X509 subject string ('%s') -- note that the field length is limited to %d characters",
		fields.len ? str_text(&fields) : "CN", subject, X509_FIELD_MAX);
	str_fini(&fields);
	return ERR_CERT;
}

/* 6 */
static int check_hash(const struct verify *v, const struct verify_input *in)
{
	const struct fingerprint_list *list = NULL;
	uint8_t hash[SHA256_LEN];
	char text[X509_FINGERPRINT_TEXT];
	size_t len;

	if (in->depth == 0)
		list = v->cfg->peer_fingerprint;
	else if (in->depth == 1)
		list = v->cfg->verify_hash;
	if (!list)
		return 0;
	if (fingerprint_list_digest(list) == DIGEST_SHA1) {
		len = SHA1_LEN;
		if (x509_cert_sha1(in->cert, hash) < 0)
			return ERR_CERT;
	} else {
		len = SHA256_LEN;
		memcpy(hash, v->fingerprints[in->depth], len);
	}
	if (fingerprint_list_has(list, hash))
		return 0;
	str_hex(text, sizeof(text), hash, len, ':');
	log_error(
		&v->log,
		"TLS Error: --tls-verify/--peer-fingerprint certificate hash verification failed. (got certificate fingerprint: %s)",
		text);
	return ERR_CERT;
}

static void set_indexed(struct env *env, const char *name, unsigned int depth, const char *value)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_%u", name, depth);
	env_set(env, full, value);
}

static void export_fingerprints(const struct verify *v, const struct verify_input *in)
{
	uint8_t sha1[SHA1_LEN];
	char text[X509_FINGERPRINT_TEXT];

	if (x509_cert_sha1(in->cert, sha1) == 0) {
		str_hex(text, sizeof(text), sha1, sizeof(sha1), ':');
		set_indexed(v->env, "tls_digest", in->depth, text);
	}
	str_hex(text, sizeof(text), v->fingerprints[in->depth], SHA256_LEN, ':');
	set_indexed(v->env, "tls_digest_sha256", in->depth, text);
}

static void export_serial(const struct verify *v, const struct verify_input *in)
{
	struct str serial = str_init();

	if (x509_cert_serial(in->cert, &serial) == 0)
		set_indexed(v->env, "tls_serial", in->depth, str_text(&serial));
	str_clear(&serial);
	if (x509_cert_serial_hex(in->cert, &serial) == 0)
		set_indexed(v->env, "tls_serial_hex", in->depth, str_text(&serial));
	str_fini(&serial);
}

/* 9 */
static void export_env(const struct verify *v, const struct verify_step *s)
{
	const struct verify_input *in = s->in;
	const struct verify_config *cfg = v->cfg;

	if (!v->env)
		return;
	for (size_t i = 0; i < cfg->n_track; i++)
		if (in->depth == 0 || cfg->track[i].all_depths)
			x509_cert_env_track(in->cert, in->depth, cfg->track[i].attr, v->env);
	if (cfg->n_track == 0)
		x509_cert_env_subject(in->cert, in->depth, v->env);
	set_indexed(v->env, "tls_id", in->depth, s->subject);
	export_fingerprints(v, in);
	export_serial(v, in);
	if (in->depth == 0)
		env_set(v->env, "common_name", v->common_name);
}

/* 11, 12 */
static int ask(const struct verify *v, const struct verify_step *s, const char *who,
	       enum verify_verdict (*hook)(void *user, unsigned int depth, const char *subject,
					   struct env *env))
{
	enum verify_verdict verdict =
		hook ? hook(v->user, s->in->depth, s->subject, v->env) : VERIFY_SKIP;

	switch (verdict) {
	case VERIFY_ACCEPT:
		log_info(&v->log, 2, "VERIFY %s OK: depth=%u, %s", who, s->in->depth, s->subject);
		return 0;
	case VERIFY_SKIP:
	case VERIFY_LATER:
		return 0;
	case VERIFY_REJECT:
		break;
	}
	log_error(&v->log, "VERIFY %s ERROR: depth=%u, %s", who, s->in->depth, s->subject);
	return ERR_CERT;
}

/* 13, --crl-verify DIR dir. The number may be in a form that is no file name: then nothing in the
 * directory can have revoked it, but it is too odd to pass. */
static int check_crl_dir(const struct verify *v, const struct verify_step *s)
{
	struct str serial = str_init(), path = str_init();
	int ret = 0, fd;

	if (x509_cert_serial(s->in->cert, &serial) < 0) {
		log_error(&v->log, "VERIFY CRL: depth=%u, %s, serial=%s is not available",
			  s->in->depth, s->subject, "<not available>");
		ret = ERR_CERT;
	} else {
		str_addf(&path, "%s/%s", v->cfg->crl_dir, str_text(&serial));
		fd = path.failed ? -1 : open(str_text(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (path.failed || fd >= 0) {
			log_error(&v->log, "VERIFY CRL: depth=%u, %s, serial=%s is revoked",
				  s->in->depth, s->subject, str_text(&serial));
			ret = ERR_CERT;
		}
		if (fd >= 0)
			close(fd);
	}
	str_fini(&serial);
	str_fini(&path);
	return ret;
}

static int check_crl(const struct verify *v, const struct verify_step *s)
{
	if (v->cfg->crl_dir)
		return check_crl_dir(v, s);
	if (v->cfg->crl_file && !s->in->crl_loaded) {
		log_error(&v->log, "VERIFY ERROR: CRL not loaded");
		return ERR_CERT;
	}
	return 0;
}

/* 9 - 14, while the exported certificate exists */
static int check_exported(struct verify *v, const struct verify_step *s)
{
	int ret = 0;

	export_env(v, s);
	if (s->in->depth == 0)
		ret = verify_leaf(v->cfg, s->in->cert, s->subject, s->username, &v->log);
	if (ret == 0)
		ret = ask(v, s, "PLUGIN", v->hooks->plugin);
	if (ret == 0)
		ret = ask(v, s, "SCRIPT", v->hooks->script);
	if (ret == 0)
		ret = check_crl(v, s);
	if (ret < 0)
		return ret;
	log_info(&v->log, 2, "VERIFY OK: depth=%u, %s", s->in->depth, s->subject);
	if (s->in->depth == 0)
		v->leaf_accepted = true;
	return 0;
}

/* 8 */
static int export_and_check(struct verify *v, const struct verify_step *s)
{
	struct str pem = str_init(), path = str_init();
	int ret;

	if (!v->cfg->export_cert_dir || !v->hooks->export_cert)
		return check_exported(v, s);
	ret = x509_cert_pem(s->in->cert, &pem);
	if (ret == 0)
		ret = v->hooks->export_cert(v->user, v->cfg->export_cert_dir, str_text(&pem),
					    &path);
	if (ret < 0) {
		log_error(&v->log,
			  "TLS Error: Failed to export certificate for --tls-export-cert in %s",
			  v->cfg->export_cert_dir);
		ret = ERR_CERT;
	} else {
		if (v->env)
			env_set(v->env, "peer_cert", str_text(&path));
		ret = check_exported(v, s);
		if (v->hooks->unexport_cert)
			v->hooks->unexport_cert(v->user, str_text(&path));
		if (v->env)
			env_del(v->env, "peer_cert");
	}
	str_fini(&pem);
	str_fini(&path);
	return ret;
}

/* 5 - 14 */
static int check_good(struct verify *v, struct verify_step *s)
{
	const unsigned int depth = s->in->depth;
	int ret;

	if (depth == 0 && !s->username_ok)
		return refuse_username(v, s->subject);
	if (depth >= VERIFY_DEPTH_MAX) {
		log_error(
			&v->log,
			"TLS Error: Convoluted certificate chain detected with depth [%u] greater than %d",
			depth, VERIFY_DEPTH_MAX);
		return ERR_CERT;
	}
	ret = check_hash(v, s->in);
	if (ret < 0)
		return ret;
	if (depth == 0)
		str_copy(v->common_name, sizeof(v->common_name), s->username);
	return export_and_check(v, s);
}

int verify_cert(struct verify *v, const struct verify_input *in)
{
	struct str subject = str_init(), username = str_init();
	struct verify_step step = {.in = in};
	int ret = remember_fingerprint(v, in);

	if (in->depth == 0)
		v->leaf_accepted = false;
	if (ret < 0)
		return ret;
	if (!in->library_ok)
		return judge_library_error(v, in);
	if (x509_cert_subject(in->cert, &subject) < 0) {
		log_error(
			&v->log,
			"VERIFY ERROR: depth=%u, could not extract X509 subject string from certificate",
			in->depth);
		ret = ERR_CERT;
	} else {
		step.username_ok = extract_username(v, in->cert, &username);
		step.username = str_text(&username);
		step.subject = str_text(&subject);
		ret = check_good(v, &step);
	}
	str_fini(&subject);
	str_fini(&username);
	return ret;
}
