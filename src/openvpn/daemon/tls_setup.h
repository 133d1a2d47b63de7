/* SPDX-License-Identifier: GPL-2.0-only */
/* From options to the objects of tls/ and to the wrap of control packets. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "config/config.h"
#include "proto/wrap.h"
#include "tls/tls.h"
#include "tls/verify.h"

/**
 * tls_setup_context() - load certificates and keys as configured
 * @chroot_to_come: --chroot as long as it is not done: the CRL is read from inside; or NULL
 * @password: asks for the passphrase of a private key; may be NULL
 *
 * Return: 0, or ERR_* with the line for the user.
 */
int tls_setup_context(const struct config *cfg, const char *chroot_to_come,
		      tls_password_fn password, void *password_user, const struct log *log,
		      struct tls_ctx **out, struct err *err) MUST_CHECK;

/* The checks of peer certificates in the form that tls/verify.h wants; owns what it points to. */
struct verify_setup;

int verify_setup_new(const struct config *cfg, struct verify_setup **out,
		     struct err *err) MUST_CHECK;
void verify_setup_free(struct verify_setup *v);
/** verify_setup_config() - borrowed; constant for the life of @v */
const struct verify_config *verify_setup_config(const struct verify_setup *v);

/**
 * verify_export_cert() - --tls-export-cert: write a certificate to a new file, for the script
 * @path: the name is appended
 *
 * Return: 0, or ERR_* after a line in @log.
 */
int verify_export_cert(const char *dir, const char *pem, const struct rng *rng,
		       const struct log *log, struct str *path) MUST_CHECK;
/** verify_unexport_cert() - delete it; @user is not used, for struct verify_hooks */
void verify_unexport_cert(void *user, const char *path);

/**
 * wrap_setup() - keys of tls-auth, tls-crypt or tls-crypt-v2 of one connection entry
 * @out: gets NULL when packets are not wrapped
 */
int wrap_setup(const struct config *cfg, const struct conn_entry *entry, struct wrap_config **out,
	       struct err *err) MUST_CHECK;
