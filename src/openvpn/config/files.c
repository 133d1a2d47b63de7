/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the files that will be needed can be used. Spec 04 section 3.5. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "config/internal.h"

enum file_check {
	CHECK_PRIVATE = 1 << 0, /* warn when others may read it */
	CHECK_STDIN = 1 << 1,	/* "stdin" is fine */
	CHECK_CHROOT = 1 << 2,	/* inside the chroot directory */
	CHECK_URI = 1 << 3,	/* a URI is not a file */
	CHECK_PARENT = 1 << 4,	/* will be written: test the directory it is in */
};

struct checker {
	struct parse *p;
	bool failed;
};

static void complain(struct checker *c, const char *what, const char *path, int errnum)
{
	config_report_add(c->p->report, LOG_CLASS_ERROR, 0,
			  "Options error: %s fails with '%s': %s (errno=%d)", what, path,
			  strerror(errnum), errnum);
	c->failed = true;
}

/* "pkcs11:..." is a URI, "./a:b" is not; "file:..." names a file. */
static const char *file_of_uri(const char *path)
{
	size_t segment = strcspn(path, "/");

	if (!memchr(path, ':', segment))
		return path;
	return str_starts(path, "file:") ? path + strlen("file:") : NULL;
}

static void check_private(struct checker *c, const char *path)
{
	bool others = false;
	int errnum = host_private_mode(c->p->host, path, &others);

	if (errnum)
		finish_warn(c->p, "WARNING: cannot stat file '%s': %s (errno=%d)", path,
			    strerror(errnum), errnum);
	else if (others)
		finish_warn(c->p, "WARNING: file '%s' is group or others accessible", path);
}

static void check_access(struct checker *c, const char *what, const char *path, int mode)
{
	int errnum = host_access(c->p->host, path, mode);

	if (errnum)
		complain(c, what, path, errnum);
}

/* The directory of a file that will be written, and the file itself if it is there. */
static void check_writable(struct checker *c, const char *what, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str dir = str_init();
	int errnum;

	if (!slash)
		str_add(&dir, ".");
	else
		str_add_len(&dir, path, slash == path ? 1 : (size_t)(slash - path));
	errnum = host_access(c->p->host, str_text(&dir), R_OK | W_OK | X_OK);
	if (!errnum && host_access(c->p->host, path, F_OK) == 0)
		errnum = host_access(c->p->host, path, W_OK);
	if (errnum)
		complain(c, what, path, errnum);
	str_fini(&dir);
}

static void check_path(struct checker *c, const char *what, const char *path, unsigned int flags,
		       int mode)
{
	const char *root = c->p->cfg->process.chroot_dir;
	struct str full = str_init();

	if (!path || (flags & CHECK_STDIN && strcmp(path, "stdin") == 0))
		return;
	if (flags & CHECK_URI) {
		path = file_of_uri(path);
		if (!path)
			return;
	}
	if (flags & CHECK_CHROOT && root)
		str_addf(&full, "%s/", root);
	str_add(&full, path);
	if (flags & CHECK_PRIVATE)
		check_private(c, str_text(&full));
	if (flags & CHECK_PARENT)
		check_writable(c, what, str_text(&full));
	else
		check_access(c, what, str_text(&full), mode);
	str_fini(&full);
}

static void check_tls_files(struct checker *c)
{
	const struct config *cfg = c->p->cfg;
	const struct config_tls *tls = &cfg->tls;

	check_path(c, "--dh", tls->dh.path, 0, R_OK);
	if (!tls->without_ca)
		check_path(c, "--ca", tls->ca.path, 0, R_OK);
	check_path(c, "--capath", tls->capath, CHECK_CHROOT, R_OK);
	check_path(c, "--cert", tls->cert.path, CHECK_URI, R_OK);
	check_path(c, "--extra-certs", tls->extra_certs.path, 0, R_OK);
	if (!cfg->management.external_key)
		check_path(c, "--key", tls->key.path, CHECK_URI | CHECK_PRIVATE, R_OK);
	check_path(c, "--pkcs12", tls->pkcs12.path, CHECK_PRIVATE, R_OK);
	if (tls->crl_is_dir)
		check_path(c, "--crl-verify directory", tls->crl.path, CHECK_CHROOT, R_OK | X_OK);
	else
		check_path(c, "--crl-verify", tls->crl.path, CHECK_CHROOT, R_OK);
}

/* Entries mostly share their keys: each name is tested once. */
static void check_wrap_files(struct checker *c)
{
	const struct config *cfg = c->p->cfg;

	for (size_t i = 0; i < cfg->entries.count; i++) {
		const struct conn_entry *ce = &cfg->entries.at[i];
		const struct conn_entry *before = i > 0 ? &cfg->entries.at[i - 1] : NULL;

		if (!before || before->tls_auth.path != ce->tls_auth.path)
			check_path(c, "--tls-auth", ce->tls_auth.path, CHECK_PRIVATE, R_OK);
		if (!before || before->tls_crypt.path != ce->tls_crypt.path)
			check_path(c, "--tls-crypt", ce->tls_crypt.path, CHECK_PRIVATE, R_OK);
		if (!before || before->tls_crypt_v2.path != ce->tls_crypt_v2.path)
			check_path(c, "--tls-crypt-v2", ce->tls_crypt_v2.path, CHECK_PRIVATE, R_OK);
	}
}

static void check_secret_files(struct checker *c)
{
	const struct config *cfg = c->p->cfg;

	check_path(c, "--secret", cfg->crypto.secret.path, CHECK_PRIVATE, R_OK);
	check_path(c, "--askpass", cfg->tls.askpass_file, CHECK_PRIVATE | CHECK_STDIN, R_OK);
	check_path(c, "--management user/password file", cfg->management.password_file,
		   CHECK_PRIVATE | CHECK_STDIN, R_OK);
	check_path(c, "--auth-user-pass", cfg->auth.user_pass_file.path,
		   CHECK_PRIVATE | CHECK_STDIN, R_OK);
}

static void check_run_files(struct checker *c)
{
	const struct config *cfg = c->p->cfg;

	check_path(c, "--chroot directory", cfg->process.chroot_dir, 0, R_OK | X_OK);
	check_path(c, "--writepid", cfg->process.writepid, CHECK_PARENT, 0);
	check_path(c, "--status", cfg->process.status_file, CHECK_PARENT, 0);
	check_path(c, "--replay-persist", cfg->crypto.replay_persist, CHECK_PARENT, 0);
	check_path(c, "--tls-export-cert", cfg->scripts.tls_export_cert_dir, CHECK_CHROOT, W_OK);
	check_path(c, "--client-config-dir", cfg->server.client_config_dir, CHECK_CHROOT,
		   R_OK | X_OK);
	check_path(c, "Temporary directory (--tmp-dir)", cfg->process.tmp_dir, CHECK_CHROOT,
		   R_OK | W_OK | X_OK);
}

int finish_files(struct parse *p)
{
	struct checker c = {.p = p};

	check_tls_files(&c);
	check_wrap_files(&c);
	check_secret_files(&c);
	check_run_files(&c);
	return c.failed ? finish_error(p, "Please correct these errors.") : 0;
}
