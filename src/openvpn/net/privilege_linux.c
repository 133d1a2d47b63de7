/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "net/privilege.h"

#include <cap-ng.h>
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/str.h"

enum {
	MLOCK_BYTES = 100 * 1024 * 1024,
	CHANGE_ID_APPLY_FAILED = -3, /* capng_change_id(3) */
};

static bool parse_id(const char *text, unsigned long *out)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && *out < UINT32_MAX;
}

static int lookup_user(const char *user, struct privilege_identity *out, struct err *err)
{
	const struct passwd *pw = getpwnam(user);
	unsigned long id;

	if (!str_copy(out->user, sizeof(out->user), user))
		pw = NULL;
	if (pw) {
		out->uid = pw->pw_uid;
		out->user_gid = pw->pw_gid;
	} else if (parse_id(user, &id)) {
		out->uid = (uid_t)id;
		pw = getpwuid(out->uid);
		out->user_gid = pw ? pw->pw_gid : (gid_t)id;
	} else {
		return err_set(err, ERR_NOT_FOUND, "failed to find UID for user %s", user);
	}
	out->has_user = true;
	return 0;
}

static int lookup_group(const char *group, struct privilege_identity *out, struct err *err)
{
	const struct group *gr = getgrnam(group);
	unsigned long id;

	if (!str_copy(out->group, sizeof(out->group), group))
		gr = NULL;
	if (gr)
		out->gid = gr->gr_gid;
	else if (parse_id(group, &id))
		out->gid = (gid_t)id;
	else
		return err_set(err, ERR_NOT_FOUND, "failed to find GID for group %s", group);
	out->has_group = true;
	return 0;
}

int privilege_lookup(const char *user, const char *group, struct privilege_identity *out,
		     struct err *err)
{
	int ret = 0;

	*out = (struct privilege_identity){0};
	if (user)
		ret = lookup_user(user, out, err);
	if (ret == 0 && group)
		ret = lookup_group(group, out, err);
	return ret;
}

bool privilege_has(int cap)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)cap);
}

static int id_failed(const char *what, const char *name, struct err *err)
{
	int e = errno;

	return err_set(err, ERR_PRIVILEGE, "%s('%s') failed: %s (errno=%d)", what, name,
		       strerror(e), e);
}

/* Without capabilities: what remains is what the kernel leaves to the new user, that is nothing. */
static int change_id_plain(const struct privilege_identity *id, struct err *err)
{
	/* A failed capng_change_id() leaves it set; the new user would inherit what root had. */
	(void)prctl(PR_SET_KEEPCAPS, 0L);
	if (id->has_group) {
		if (setgid(id->gid) < 0)
			return id_failed("setgid", id->group, err);
		if (setgroups(1, &id->gid) < 0)
			return id_failed("setgroups", id->group, err);
	} else if (setgroups(0, NULL) < 0) {
		return id_failed("setgroups", id->user, err);
	}
	if (id->has_user && setuid(id->uid) < 0)
		return id_failed("setuid", id->user, err);
	return 0;
}

static void log_changed(const struct privilege_identity *id, const struct log *log)
{
	if (id->has_user)
		log_info(log, 1, "UID set to %s", id->user);
	if (id->has_group)
		log_info(log, 1, "GID set to %s", id->group);
}

/* "CAP_NET_ADMIN, CAP_SETUID" */
static void format_caps(const int *caps, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = capng_capability_to_name((unsigned int)caps[i]);

		str_addf(out, "%sCAP_", i ? ", " : "");
		for (; name && *name; name++) {
			char c = (char)toupper((unsigned char)*name);

			str_add_len(out, &c, 1);
		}
	}
}

static bool is_already(const struct privilege_identity *id)
{
	return (!id->has_user || (getuid() == id->uid && geteuid() == id->uid)) &&
	       (!id->has_group || (getgid() == id->gid && getegid() == id->gid));
}

bool privilege_can_keep(const struct privilege_identity *id, int cap)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_PERMITTED, (unsigned int)cap) &&
	       (is_already(id) || capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP));
}

static int select_caps(const int *caps, size_t n)
{
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < n; i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				 (unsigned int)caps[i]) < 0)
			return ERR_PRIVILEGE;
	return 0;
}

/*
 * capng_change_id() keeps the selected capabilities over the change. The inheritable set ends
 * empty, and with it the ambient one: what we start later has nothing.
 */
static int change_id_keep(const struct privilege_identity *id, const int *caps, size_t n,
			  const struct log *log)
{
	int uid = id->has_user ? (int)id->uid : -1, gid = id->has_group ? (int)id->gid : -1;
	int ret;

	if (select_caps(caps, n) < 0)
		return ERR_PRIVILEGE;
	if (is_already(id))
		ret = capng_apply(CAPNG_SELECT_CAPS);
	else
		ret = capng_change_id(uid, gid, CAPNG_DROP_SUPP_GRP);
	if (ret == 0)
		return 0;
	if (ret == CHANGE_ID_APPLY_FAILED) {
		log_warn(log, "capng_change_id() failed applying capabilities");
		log_warn(log, "NOTE: previous error likely due to missing capability CAP_SETPCAP.");
	} else {
		log_warn(log, "capng_change_id() failed (error %d)", ret);
	}
	return ERR_PRIVILEGE;
}

static int drop_keeping(const struct privilege_identity *id, const int *caps, size_t n_caps,
			enum privilege_keep keep, const struct log *log, struct err *err)
{
	struct str names = str_init();

	if (change_id_keep(id, caps, n_caps, log) == 0) {
		log_changed(id, log);
		format_caps(caps, n_caps, &names);
		log_info(log, 1, "Capabilities retained: %s", str_text(&names));
		str_fini(&names);
		return 0;
	}
	if (keep == PRIVILEGE_KEEP_REQUIRED)
		return err_set(err, ERR_PRIVILEGE, "Unable to retain capabilities");
	log_warn(log, "Unable to retain capabilities");
	if (!is_already(id)) {
		int ret = change_id_plain(id, err);

		if (ret < 0)
			return ret;
	}
	log_changed(id, log);
	return 0;
}

int privilege_drop(const struct privilege_identity *id, const int *caps, size_t n_caps,
		   enum privilege_keep keep, const struct log *log, struct err *err)
{
	int ret = 0;

	if (!id->has_user && !id->has_group)
		return 0;
	/* A change of the group alone takes no capability away. */
	if (id->has_user && n_caps > 0)
		return drop_keeping(id, caps, n_caps, keep, log, err);
	if (!is_already(id) || !id->has_user)
		ret = change_id_plain(id, err);
	if (ret == 0)
		log_changed(id, log);
	return ret;
}

int privilege_chroot(const char *dir, const struct log *log, struct err *err)
{
	if (chroot(dir) < 0) {
		int e = errno;

		return err_set(err, ERR_PRIVILEGE, "chroot to '%s' failed: %s (errno=%d)", dir,
			       strerror(e), e);
	}
	if (chdir("/") < 0) {
		int e = errno;

		return err_set(err, ERR_PRIVILEGE, "cd to '/' failed: %s (errno=%d)", strerror(e),
			       e);
	}
	log_info(log, 1, "chroot to '%s' and cd to '/' succeeded", dir);
	return 0;
}

int privilege_setcon(const char *context, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "setcon to '%s' failed; this build has no SELinux support", context);
}

void privilege_nice(int level, const struct log *log)
{
	/* -1 is a legal result: only errno tells. */
	errno = 0;
	if (nice(level) == -1 && errno != 0)
		log_warn(log, "WARNING: nice %d failed: %s (errno=%d)", level, strerror(errno),
			 errno);
	else
		log_info(log, 1, "nice %d succeeded", level);
}

static void format_kb(rlim_t bytes, char *buf, size_t cap)
{
	if (bytes == RLIM_INFINITY)
		snprintf(buf, cap, "unlimited");
	else
		snprintf(buf, cap, "%llu KB", (unsigned long long)bytes / 1024);
}

static int raise_memlock(const struct log *log, struct err *err)
{
	char soft[32], hard[32];
	struct rlimit rl;

	if (getrlimit(RLIMIT_MEMLOCK, &rl) < 0)
		return err_set_errno(err, errno, "ERROR: getrlimit() failed");
	format_kb(rl.rlim_cur, soft, sizeof(soft));
	format_kb(rl.rlim_max, hard, sizeof(hard));
	log_info(log, 1, "mlock: MEMLOCK limit: soft=%s, hard=%s", soft, hard);
	if (rl.rlim_cur >= MLOCK_BYTES)
		return 0;
	log_info(log, 1, "mlock: RLIMIT_MEMLOCK < 100 MB, increase limit");
	rl.rlim_cur = MLOCK_BYTES;
	if (rl.rlim_max < MLOCK_BYTES)
		rl.rlim_max = MLOCK_BYTES;
	if (setrlimit(RLIMIT_MEMLOCK, &rl) < 0)
		return err_set_errno(err, errno, "ERROR: setrlimit() failed");
	return 0;
}

int privilege_mlock(const struct log *log, struct err *err)
{
	int ret = raise_memlock(log, err);

	if (ret < 0)
		return ret;
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_warn(log, "WARNING: mlockall call failed: %s (errno=%d)", strerror(errno),
			 errno);
	else
		log_info(log, 1, "mlockall call succeeded");
	return 0;
}
