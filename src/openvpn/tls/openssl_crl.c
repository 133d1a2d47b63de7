// SPDX-License-Identifier: GPL-2.0-only
/* --crl-verify FILE: loading, and loading again when the file changed. Spec 03 section 3.6.6. */
#include "tls/openssl_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>

#include "base/secret.h"
#include "base/str.h"

/* End of the text, not an error: PEM readers report it as "no start line". */
static bool at_end_of_pem(void)
{
	const unsigned long e = ERR_peek_last_error();

	return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

static STACK_OF(X509_CRL) * parse(const char *text, const char *name, const struct log *log)
{
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	BIO *bio = text_bio(text);

	ERR_clear_error();
	while (crls && bio) {
		X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);

		if (!crl)
			break;
		if (!sk_X509_CRL_push(crls, crl)) {
			X509_CRL_free(crl);
			break;
		}
	}
	if (!at_end_of_pem() || !crls || sk_X509_CRL_num(crls) == 0) {
		tls_log_errors(log);
		log_warn(log, "CRL: cannot read CRL from file %s", name);
	}
	ERR_clear_error();
	log_info(log, 1, "CRL: loaded %d CRLs from file %s", crls ? sk_X509_CRL_num(crls) : 0,
		 name);
	BIO_free(bio);
	return crls;
}

static void remember(struct crl_store *store, const struct stat *st)
{
	store->mtime = st->st_mtim;
	store->size = (long long)st->st_size;
}

static bool changed(const struct crl_store *store, const struct stat *st)
{
	return store->size != (long long)st->st_size || store->mtime.tv_sec != st->st_mtim.tv_sec ||
	       store->mtime.tv_nsec != st->st_mtim.tv_nsec;
}

static void replace(struct crl_store *store, STACK_OF(X509_CRL) * crls)
{
	sk_X509_CRL_pop_free(store->crls, X509_CRL_free);
	store->crls = crls;
}

/* Where the file is now: as named, or below the root that this process will get. */
static int find(const struct crl_store *store, struct str *path, struct stat *st)
{
	if (store->root)
		str_addf(path, "%s/%s", store->root, store->path);
	if (store->root && !path->failed && stat(path->text, st) == 0)
		return 0;
	str_clear(path);
	str_add(path, store->path);
	return path->failed ? -1 : stat(path->text, st);
}

static int set_path(struct crl_store *store, const char *path, const char *root)
{
	store->path = strdup(path);
	store->root = root ? strdup(root) : NULL;
	return store->path && (store->root || !root) ? 0 : ERR_NOMEM;
}

int crl_store_init(struct crl_store *store, const struct text_source *src, const char *root,
		   const struct log *log, struct err *err)
{
	struct text_source from = *src;
	struct str path = str_init();
	struct stat st;
	char *text;
	int ret;

	if (!source_given(src))
		return 0;
	store->wanted = true;
	if (!src->text) {
		if (set_path(store, src->path, root) < 0)
			return err_set(err, ERR_NOMEM, "out of memory");
		if (find(store, &path, &st) < 0) {
			str_fini(&path);
			return err_set(
				err, ERR_SYSTEM,
				"ERROR: Failed to stat CRL file during initialization, exiting.");
		}
		remember(store, &st);
		from.path = path.text;
	}
	ret = source_read(&from, &text, NULL, err);
	if (ret == 0) {
		replace(store, parse(text, source_name(src), log));
		secret_free(text);
	}
	str_fini(&path);
	return ret;
}

bool crl_store_reload(struct crl_store *store, const struct log *log)
{
	struct str path = str_init();
	bool replaced = false;
	struct stat st;
	struct err err;
	char *text;

	if (!store->path)
		return false;
	if (find(store, &path, &st) < 0) {
		log_warn(log, "WARNING: Failed to stat CRL file, not reloading CRL.");
	} else if (changed(store, &st)) {
		const struct text_source src = {.path = path.text};

		if (source_read(&src, &text, NULL, &err) < 0) {
			log_warn(log, "WARNING: %s, not reloading CRL.", err.text);
		} else {
			remember(store, &st);
			replace(store, parse(text, store->path, log));
			secret_free(text);
			replaced = true;
		}
	}
	str_fini(&path);
	return replaced;
}

void crl_store_fini(struct crl_store *store)
{
	replace(store, NULL);
	free(store->path);
	free(store->root);
	store->path = store->root = NULL;
}
