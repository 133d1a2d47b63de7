/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up privileges: chroot, user and group, capabilities; nice and mlock. Spec 07 section 5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

/* Whom to become; looked up at start, because the files may be out of reach after chroot. */
struct privilege_identity {
	bool has_user;
	bool has_group;
	uid_t uid;
	gid_t user_gid; /* the user's own group; only the group option changes the gid */
	gid_t gid;
	char user[64];
	char group[64];
};

/**
 * privilege_lookup() - find --user and --group; either may be NULL
 *
 * Names or numbers. Return: 0, or ERR_NOT_FOUND ("failed to find UID for user U", "failed to find
 * GID for group G").
 */
int privilege_lookup(const char *user, const char *group, struct privilege_identity *out,
		     struct err *err) MUST_CHECK;

enum privilege_keep {
	PRIVILEGE_KEEP_TRY,	 /* cannot be kept: say so and go on without */
	PRIVILEGE_KEEP_REQUIRED, /* cannot be kept: fail */
};

/**
 * privilege_drop() - become @id and keep only the listed capabilities
 * @caps: CAP_* numbers, e.g. CAP_NET_ADMIN; @n_caps 0 keeps none
 *
 * Supplementary groups are dropped. Inheritable and ambient sets end empty, so that scripts get
 * nothing. Logs "UID set to %s", "GID set to %s", "Capabilities retained: CAP_NET_ADMIN". Without
 * user and group nothing is done.
 *
 * Return: 0, or ERR_PRIVILEGE with the last line in @err.
 */
int privilege_drop(const struct privilege_identity *id, const int *caps, size_t n_caps,
		   enum privilege_keep keep, const struct log *log, struct err *err) MUST_CHECK;

/** privilege_has() - whether a capability (CAP_*) is effective now */
bool privilege_has(int cap);
/**
 * privilege_can_keep() - whether @cap could survive privilege_drop(): it is permitted, and there is
 * CAP_SETPCAP or the process is @id already
 */
bool privilege_can_keep(const struct privilege_identity *id, int cap);

/** privilege_chroot() - chroot and chdir to "/"; logs the known line */
int privilege_chroot(const char *dir, const struct log *log, struct err *err) MUST_CHECK;
/** privilege_setcon() - SELinux context: not supported by this build. Return: ERR_UNSUPPORTED. */
int privilege_setcon(const char *context, struct err *err) MUST_CHECK;
/** privilege_nice() - logs "nice N succeeded" or "WARNING: nice N failed" */
void privilege_nice(int level, const struct log *log);
/** privilege_mlock() - lock all memory; raises RLIMIT_MEMLOCK to 100 MB first */
int privilege_mlock(const struct log *log, struct err *err) MUST_CHECK;
