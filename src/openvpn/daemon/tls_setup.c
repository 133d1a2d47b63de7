/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/tls_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "daemon/temp_file.h"

static struct text_source source(const struct config_file *f)
{
	return (struct text_source){.path = f->path, .text = f->text};
}

static enum tls_version version(enum config_tls_version v)
{
	static const enum tls_version map[] = {
		[CONFIG_TLS_UNSET] = TLS_VERSION_DEFAULT, [CONFIG_TLS_1_0] = TLS_VERSION_1_0,
		[CONFIG_TLS_1_1] = TLS_VERSION_1_1,	  [CONFIG_TLS_1_2] = TLS_VERSION_1_2,
		[CONFIG_TLS_1_3] = TLS_VERSION_1_3,
	};

	return map[v];
}

static enum tls_peer_cert peer_cert(const struct config *cfg)
{
	if (!cfg->tls.server)
		return TLS_PEER_CERT_REQUIRE;
	switch (cfg->server.verify_client) {
	case CONFIG_VERIFY_CLIENT_OPTIONAL:
		return TLS_PEER_CERT_OPTIONAL;
	case CONFIG_VERIFY_CLIENT_NONE:
		return TLS_PEER_CERT_NONE;
	case CONFIG_VERIFY_CLIENT_REQUIRE:
		break;
	}
	return TLS_PEER_CERT_REQUIRE;
}

int tls_setup_context(const struct config *cfg, const char *chroot_to_come,
		      tls_password_fn password, void *password_user, const struct log *log,
		      struct tls_ctx **out, struct err *err)
{
	struct tls_ctx_config t = {
		.role = cfg->tls.server ? TLS_SERVER : TLS_CLIENT,
		.ca = source(&cfg->tls.ca),
		.capath = cfg->tls.capath,
		.cert = source(&cfg->tls.cert),
		.key = source(&cfg->tls.key),
		.pkcs12 = source(&cfg->tls.pkcs12),
		.extra_certs = source(&cfg->tls.extra_certs),
		.dh = source(&cfg->tls.dh),
		.version_min = version(cfg->tls.version_min),
		.version_max = version(cfg->tls.version_max),
		.cipher_list = cfg->tls.cipher_list,
		.ciphersuites = cfg->tls.ciphersuites,
		.groups = cfg->tls.groups,
		.cert_profile = cfg->tls.cert_profile,
		.peer_cert = peer_cert(cfg),
		.fingerprint_without_ca = cfg->tls.without_ca,
		.password = password,
		.password_user = password_user,
	};

	if (!cfg->tls.crl_is_dir)
		t.crl = source(&cfg->tls.crl);
	t.crl_root = chroot_to_come;
	return tls_ctx_new(&t, log, out, err);
}

struct verify_setup {
	struct verify_config cfg;
	struct fingerprint_list *fingerprints;
	const char *fields[VERIFY_FIELDS_MAX + 1];
	struct verify_track *track;
};

static int copy_fingerprints(const struct config *cfg, struct verify_setup *v, struct err *err)
{
	bool sha1 = cfg->tls.fingerprint_hash == CONFIG_HASH_SHA1;
	char text[3 * 32 + 1];

	if (cfg->tls.fingerprint_kind == CONFIG_FP_NONE)
		return 0;
	v->fingerprints = fingerprint_list_new(sha1 ? DIGEST_SHA1 : DIGEST_SHA256);
	if (!v->fingerprints)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < cfg->tls.fingerprints.count; i++) {
		int ret;

		str_hex(text, sizeof(text), cfg->tls.fingerprints.at[i].bytes, sha1 ? 20 : 32, ':');
		ret = fingerprint_list_add(v->fingerprints, text, err);
		if (ret < 0)
			return ret;
	}
	if (cfg->tls.fingerprint_kind == CONFIG_FP_PEER)
		v->cfg.peer_fingerprint = v->fingerprints;
	else
		v->cfg.verify_hash = v->fingerprints;
	return 0;
}

static int copy_track(const struct config *cfg, struct verify_setup *v, struct err *err)
{
	size_t n = cfg->tls.track.count;

	if (n == 0)
		return 0;
	v->track = calloc(n, sizeof(*v->track));
	if (!v->track)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const char *name = cfg->tls.track.at[i];

		v->track[i].all_depths = name[0] == '+';
		v->track[i].attr = name + (name[0] == '+');
	}
	v->cfg.track = v->track;
	v->cfg.n_track = n;
	return 0;
}

static void copy_names(const struct config *cfg, struct verify_setup *v)
{
	static const enum verify_name_type types[] = {
		[CONFIG_X509_NAME_NONE] = VERIFY_NAME_SUBJECT,
		[CONFIG_X509_NAME_SUBJECT] = VERIFY_NAME_SUBJECT,
		[CONFIG_X509_NAME_NAME] = VERIFY_NAME_FULL,
		[CONFIG_X509_NAME_PREFIX] = VERIFY_NAME_PREFIX,
	};
	static const enum ns_cert_type ns[] = {
		[CONFIG_NS_CERT_ANY] = NS_CERT_NONE,
		[CONFIG_NS_CERT_CLIENT] = NS_CERT_CLIENT,
		[CONFIG_NS_CERT_SERVER] = NS_CERT_SERVER,
	};

	for (size_t i = 0; i < cfg->tls.username_fields.count && i < VERIFY_FIELDS_MAX; i++)
		v->fields[i] = cfg->tls.username_fields.at[i];
	v->cfg.username_fields = cfg->tls.username_fields.count ? v->fields : NULL;
	v->cfg.ns_cert_type = ns[cfg->tls.ns_cert_type];
	if (cfg->tls.verify_name_type != CONFIG_X509_NAME_NONE)
		v->cfg.x509_name = cfg->tls.verify_name;
	v->cfg.x509_name_type = types[cfg->tls.verify_name_type];
}

int verify_setup_new(const struct config *cfg, struct verify_setup **out, struct err *err)
{
	struct verify_setup *v = calloc(1, sizeof(*v));
	int ret;

	*out = NULL;
	if (!v)
		return err_set(err, ERR_NOMEM, "out of memory");
	copy_names(cfg, v);
	v->cfg.fingerprint_without_ca = cfg->tls.without_ca;
	v->cfg.remote_cert_ku = cfg->tls.remote_cert_ku_set;
	v->cfg.ku = cfg->tls.remote_cert_ku.at;
	v->cfg.n_ku = cfg->tls.remote_cert_ku.count;
	v->cfg.remote_cert_eku = cfg->tls.remote_cert_eku;
	v->cfg.export_cert_dir = cfg->scripts.tls_export_cert_dir;
	v->cfg.crl_dir = cfg->tls.crl_is_dir ? cfg->tls.crl.path : NULL;
	v->cfg.crl_file = !cfg->tls.crl_is_dir && config_file_is_set(&cfg->tls.crl);
	ret = copy_fingerprints(cfg, v, err);
	if (ret == 0)
		ret = copy_track(cfg, v, err);
	if (ret < 0) {
		verify_setup_free(v);
		return ret;
	}
	*out = v;
	return 0;
}

void verify_setup_free(struct verify_setup *v)
{
	if (!v)
		return;
	fingerprint_list_free(v->fingerprints);
	free(v->track);
	free(v);
}

const struct verify_config *verify_setup_config(const struct verify_setup *v)
{
	return &v->cfg;
}

int verify_export_cert(const char *dir, const char *pem, const struct rng *rng,
		       const struct log *log, struct str *path)
{
	char file[TEMP_FILE_PATH_MAX];
	struct err err = {0};
	int ret = temp_file_create(dir, "pef", rng, pem, strlen(pem), file, &err);

	if (ret < 0)
		log_warn(log, "%s", err.text);
	else
		str_add(path, file);
	return ret;
}

void verify_unexport_cert(void *user, const char *path)
{
	char file[TEMP_FILE_PATH_MAX];

	(void)user;
	if (str_copy(file, sizeof(file), path))
		temp_file_remove(file);
}

/* ---- wrap ---- */

/* Key material on its way into the wrap; secret memory. */
struct wrap_keys {
	struct static_key key;
	struct crypt_v2_server_key v2_server;
	struct crypt_v2_client_key v2_client;
};

static enum key_direction direction(enum config_key_direction d)
{
	switch (d) {
	case CONFIG_KEY_NORMAL:
		return KEY_DIR_NORMAL;
	case CONFIG_KEY_INVERSE:
		return KEY_DIR_INVERSE;
	case CONFIG_KEY_BIDIRECTIONAL:
		break;
	}
	return KEY_DIR_BIDIRECTIONAL;
}

static int load_static(const struct config_file *file, struct wrap_keys *keys, struct err *err)
{
	/* config_finish() reads the files ahead: the text is there, the path names it in messages
	 */
	struct text_source src = source(file);

	if (file->text)
		return static_key_parse(file->text, strlen(file->text),
					file->path ? file->path : "[[INLINE]]", &keys->key, err);
	return static_key_load(&src, &keys->key, err);
}

static int fill_options(const struct config *cfg, const struct conn_entry *e,
			struct wrap_keys *keys, struct wrap_options *opt, struct err *err)
{
	struct text_source v2 = source(&e->tls_crypt_v2);
	const struct digest_info *digest;
	int ret = 0;

	if (config_file_is_set(&e->tls_auth)) {
		opt->kind = WRAP_AUTH;
		opt->direction = direction(e->key_direction);
		digest = digest_by_name(cfg->crypto.auth);
		if (!digest || digest->id == DIGEST_NONE)
			return err_set(
				err, ERR_OPTION,
				"ERROR: tls-auth enabled, but no valid --auth algorithm specified ('%s')",
				cfg->crypto.auth);
		opt->digest = digest->id;
		ret = load_static(&e->tls_auth, keys, err);
	} else if (config_file_is_set(&e->tls_crypt)) {
		opt->kind = WRAP_CRYPT;
		ret = load_static(&e->tls_crypt, keys, err);
		if (ret == 0)
			ret = static_key_check_crypt(
				&keys->key, e->tls_crypt.path ? e->tls_crypt.path : "[[INLINE]]",
				err);
	}
	if (ret < 0)
		return ret;
	if (opt->kind != WRAP_NONE)
		opt->key = &keys->key;
	if (!config_file_is_set(&e->tls_crypt_v2))
		return 0;
	if (cfg->tls.server) {
		opt->v2_server = &keys->v2_server;
		return crypt_v2_server_key_load(&v2, &keys->v2_server, err);
	}
	opt->v2_client = &keys->v2_client;
	return crypt_v2_client_key_load(&v2, &keys->v2_client, err);
}

int wrap_setup(const struct config *cfg, const struct conn_entry *entry, struct wrap_config **out,
	       struct err *err)
{
	struct wrap_options opt = {
		.tls_server = cfg->tls.server,
		.v2_max_age_days = cfg->tls.crypt_v2_max_age_days,
		.v2_force_cookie = entry->tls_crypt_v2_force_cookie,
	};
	struct wrap_keys *keys;
	int ret;

	*out = NULL;
	if (!config_file_is_set(&entry->tls_auth) && !config_file_is_set(&entry->tls_crypt) &&
	    !config_file_is_set(&entry->tls_crypt_v2))
		return 0;
	keys = secret_alloc(sizeof(*keys));
	if (!keys)
		return err_set(err, ERR_NOMEM, "out of memory");
	ret = fill_options(cfg, entry, keys, &opt, err);
	if (ret == 0) {
		ret = wrap_config_new(&opt, out);
		if (ret < 0)
			err_set(err, ret, "cannot set up the protection of control packets: %s",
				err_text(ret));
	}
	secret_free(keys);
	return ret;
}
