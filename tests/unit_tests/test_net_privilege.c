/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "net/privilege.h"

/* What a child saw; a change of identity cannot be undone, so each case has a process of its own.
 */
struct report {
	int ret;
	uid_t uid;
	gid_t gid;
	int n_groups;
	unsigned long long cap_inh, cap_prm, cap_eff, cap_amb;
	char err[200];
	char lines[600];
};

struct scenario {
	const char *user, *group;
	int caps[2];
	size_t n_caps;
	enum privilege_keep keep;
	bool without_setpcap;
};

static unsigned long long status_value(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	assert_non_null(p);
	return strtoull(p + strlen(name), NULL, 16);
}

static void read_caps(struct report *r)
{
	char text[4096];
	FILE *file = fopen("/proc/self/status", "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	r->cap_inh = status_value(text, "CapInh:");
	r->cap_prm = status_value(text, "CapPrm:");
	r->cap_eff = status_value(text, "CapEff:");
	r->cap_amb = status_value(text, "CapAmb:");
}

static void child(const struct scenario *sc, int to)
{
	struct privilege_identity id;
	struct report r = {0};
	struct fixture f = {0};
	struct err err = {0};

	fixture_log_init(&f);
	if (sc->without_setpcap) {
		int only_ids[] = {CAP_SETUID, CAP_SETGID};
		struct privilege_identity self = {.has_user = true, .user = "self"};

		if (privilege_drop(&self, only_ids, 2, PRIVILEGE_KEEP_REQUIRED, &f.log, &err) < 0)
			_exit(1);
		str_clear(&f.lines);
	}
	r.ret = privilege_lookup(sc->user, sc->group, &id, &err);
	if (r.ret == 0)
		r.ret = privilege_drop(&id, sc->caps, sc->n_caps, sc->keep, &f.log, &err);
	r.uid = geteuid();
	r.gid = getegid();
	r.n_groups = getgroups(0, NULL);
	read_caps(&r);
	str_copy(r.err, sizeof(r.err), err.text);
	str_copy(r.lines, sizeof(r.lines), str_text(&f.lines));
	_exit(write(to, &r, sizeof(r)) == sizeof(r) ? 0 : 1);
}

static struct report play(const struct scenario *sc)
{
	struct report r;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		child(sc, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &r, sizeof(r)), sizeof(r));
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return r;
}

#define NEEDS_ROOT()                                   \
	do {                                           \
		if (geteuid() != 0) {                  \
			fprintf(stderr, "not root\n"); \
			skip();                        \
		}                                      \
	} while (0)

static void drop__user_and_group__net_admin_kept(void **state UNUSED)
{
	struct scenario sc = {
		.user = "nobody", .group = "nogroup", .caps = {CAP_NET_ADMIN}, .n_caps = 1};
	struct report r;

	NEEDS_ROOT();
	r = play(&sc);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.uid, getpwnam("nobody")->pw_uid);
	assert_int_equal(r.gid, getgrnam("nogroup")->gr_gid);
	assert_int_equal(r.n_groups, 0);
	assert_int_equal(r.cap_prm, 1u << CAP_NET_ADMIN);
	assert_int_equal(r.cap_eff, 1u << CAP_NET_ADMIN);
	assert_int_equal(r.cap_inh, 0);
	assert_int_equal(r.cap_amb, 0);
	assert_string_equal(r.lines, "UID set to nobody\n"
				     "GID set to nogroup\n"
				     "Capabilities retained: CAP_NET_ADMIN\n");
}

static void drop__two_capabilities__both_named(void **state UNUSED)
{
	struct scenario sc = {.user = "nobody", .caps = {CAP_NET_ADMIN, CAP_SETGID}, .n_caps = 2};
	struct report r;

	NEEDS_ROOT();
	r = play(&sc);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.gid, getegid());
	assert_int_equal(r.cap_eff, 1u << CAP_NET_ADMIN | 1u << CAP_SETGID);
	assert_non_null(strstr(r.lines, "Capabilities retained: CAP_NET_ADMIN, CAP_SETGID\n"));
}

static void drop__no_capabilities_wanted__none_left(void **state UNUSED)
{
	struct scenario sc = {.user = "65534", .group = "65534"};
	struct report r;

	NEEDS_ROOT();
	r = play(&sc);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.uid, 65534);
	assert_int_equal(r.cap_prm, 0);
	assert_string_equal(r.lines, "UID set to 65534\nGID set to 65534\n");
}

static void drop__nothing_configured__nothing_done(void **state UNUSED)
{
	struct scenario sc = {.caps = {CAP_NET_ADMIN}, .n_caps = 1};
	struct report r = play(&sc);

	assert_int_equal(r.ret, 0);
	assert_int_equal(r.uid, geteuid());
	assert_string_equal(r.lines, "");
}

static void drop__group_only__stays_root(void **state UNUSED)
{
	struct scenario sc = {.group = "nogroup", .caps = {CAP_NET_ADMIN}, .n_caps = 1};
	struct report r;

	NEEDS_ROOT();
	r = play(&sc);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.uid, 0);
	assert_int_equal(r.gid, getgrnam("nogroup")->gr_gid);
	assert_true(r.cap_eff & 1u << CAP_SETUID);
	assert_string_equal(r.lines, "GID set to nogroup\n");
}

static void drop__cannot_keep__tried_or_required(void **state UNUSED)
{
	struct scenario sc = {.user = "nobody",
			      .group = "nogroup",
			      .caps = {CAP_NET_ADMIN},
			      .n_caps = 1,
			      .without_setpcap = true};
	struct report r;

	NEEDS_ROOT();
	r = play(&sc);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.cap_prm, 0);
	assert_int_equal(r.uid, getpwnam("nobody")->pw_uid);
	assert_non_null(strstr(r.lines, "Unable to retain capabilities\n"));
	assert_non_null(strstr(r.lines, "UID set to nobody\nGID set to nogroup\n"));
	assert_null(strstr(r.lines, "Capabilities retained"));
	sc.keep = PRIVILEGE_KEEP_REQUIRED;
	r = play(&sc);
	assert_int_equal(r.ret, ERR_PRIVILEGE);
	assert_string_equal(r.err, "Unable to retain capabilities");
}

static void lookup__unknown__named(void **state UNUSED)
{
	struct privilege_identity id;
	struct err err = {0};

	assert_int_equal(privilege_lookup("no-such-user", NULL, &id, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "failed to find UID for user no-such-user");
	assert_int_equal(privilege_lookup(NULL, "no-such-group", &id, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "failed to find GID for group no-such-group");
	assert_int_equal(privilege_lookup("12x", NULL, &id, &err), ERR_NOT_FOUND);
	assert_int_equal(privilege_lookup("4294967295", NULL, &id, &err), ERR_NOT_FOUND);
	assert_int_equal(privilege_lookup("", NULL, &id, &err), ERR_NOT_FOUND);
	assert_int_equal(privilege_lookup(NULL, NULL, &id, &err), 0);
	assert_false(id.has_user || id.has_group);
}

static void can_keep__root__yes(void **state UNUSED)
{
	struct privilege_identity id;
	struct err err;

	NEEDS_ROOT();
	assert_int_equal(privilege_lookup("nobody", NULL, &id, &err), 0);
	assert_true(privilege_has(CAP_NET_ADMIN));
	assert_true(privilege_can_keep(&id, CAP_NET_ADMIN));
}

/* Run @fn in a process of its own, because what it does cannot be undone. */
static void in_child(bool (*fn)(struct fixture *f, struct err *err))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct fixture f = {0};
		struct err err = {0};
		bool ok;

		fixture_log_init(&f);
		ok = fn(&f, &err);
		if (!ok)
			fprintf(stderr, "%s\n%s", err.text, str_text(&f.lines));
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool change_root(struct fixture *f, struct err *err)
{
	if (privilege_chroot("/nope", &f->log, err) != ERR_PRIVILEGE ||
	    strcmp(err->text, "chroot to '/nope' failed: No such file or directory (errno=2)") != 0)
		return false;
	return privilege_chroot("/proc/self/fd", &f->log, err) == 0 && access("/tmp", F_OK) != 0 &&
	       fixture_logged(f, "chroot to '/proc/self/fd' and cd to '/' succeeded\n");
}

static void chroot__good_and_bad(void **state UNUSED)
{
	NEEDS_ROOT();
	in_child(change_root);
}

static bool lock_memory(struct fixture *f, struct err *err)
{
	int ret = privilege_mlock(&f->log, err);

	if (!fixture_logged(f, "mlock: MEMLOCK limit: soft="))
		return false;
	/* Containers may have no right to raise the limit. */
	if (ret < 0)
		return fixture_logged(f, "mlock: RLIMIT_MEMLOCK < 100 MB, increase limit\n") &&
		       str_starts(err->text, "ERROR: setrlimit() failed: ");
	return fixture_logged(f, "mlockall call succeeded\n");
}

static void mlock__raised_or_fatal(void **state UNUSED)
{
	in_child(lock_memory);
}

static bool be_nice(struct fixture *f, struct err *err)
{
	privilege_nice(1, &f->log);
	return fixture_logged(f, "nice 1 succeeded\n") &&
	       privilege_setcon("x", err) == ERR_UNSUPPORTED;
}

static void nice__line_and_setcon_unsupported(void **state UNUSED)
{
	in_child(be_nice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drop__user_and_group__net_admin_kept),
		cmocka_unit_test(drop__two_capabilities__both_named),
		cmocka_unit_test(drop__no_capabilities_wanted__none_left),
		cmocka_unit_test(drop__nothing_configured__nothing_done),
		cmocka_unit_test(drop__group_only__stays_root),
		cmocka_unit_test(drop__cannot_keep__tried_or_required),
		cmocka_unit_test(lookup__unknown__named),
		cmocka_unit_test(can_keep__root__yes),
		cmocka_unit_test(chroot__good_and_bad),
		cmocka_unit_test(mlock__raised_or_fatal),
		cmocka_unit_test(nice__line_and_setcon_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
