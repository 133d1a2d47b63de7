/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "net/route_set.h"

static char dir[] = "/tmp/test-routes-XXXXXX";

static struct route_op add_op(const char *dst, uint8_t bits, const char *gateway)
{
	return (struct route_op){
		.kind = ROUTE_OP_ADD,
		.route = {.dst = net(dst, bits), .gateway = ip(gateway)},
	};
}

static bool has_route(struct fixture *f, const char *host, const char *gateway)
{
	struct ip_addr h = ip(host), g = ip(gateway);
	struct route rt;

	return route_get(f->nl, &h, &rt) == 0 && ip_addr_equal(&rt.gateway, &g);
}

static void add_default(struct fixture *f)
{
	struct route rt = {.dst = net("0.0.0.0", 0),
			   .gateway = ip("192.0.2.1"),
			   .metric = 100,
			   .proto = 16,
			   .src = ip("192.0.2.2")};

	assert_int_equal(route_add(f->nl, &rt, NULL), 0);
}

static struct route get_default(struct fixture *f)
{
	struct route rt;

	assert_int_equal(route_default(f->nl, AF_INET, 0, &rt), 0);
	return rt;
}

static size_t count_files(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static struct route_journal *open_journal(struct fixture *f)
{
	struct route_journal *j;
	struct err err = {0};

	if (route_journal_open(dir, f->nl, &f->log, &j, &err) < 0)
		fail_msg("%s", err.text);
	return j;
}

static void undo__default_replaced__exactly_restored(void **state)
{
	FIXTURE(f, state);
	struct route_set *set = route_set_new(f->nl, NULL, 0, &f->log);
	struct route_op del = {.kind = ROUTE_OP_DEL}, add = add_op("0.0.0.0", 0, "192.0.2.77");
	struct route before, after;

	add_default(f);
	before = get_default(f);
	del.route = before;
	assert_int_equal(route_set_apply(set, &del), 0);
	assert_int_equal(route_set_apply(set, &add), 0);
	assert_int_equal(route_set_count(set), 2);
	assert_true(has_route(f, "8.8.8.8", "192.0.2.77"));
	route_set_undo(set);
	after = get_default(f);
	assert_true(route_equal(&before, &after));
	assert_int_equal(after.proto, 16);
	assert_true(ip_addr_equal(&after.src, &before.src));
	assert_int_equal(route_set_count(set), 0);
	route_set_free(set);
}

static void apply__existing_route__left_alone_by_undo(void **state)
{
	FIXTURE(f, state);
	struct route_set *set = route_set_new(f->nl, NULL, 0, &f->log);
	struct route_op op = add_op("10.0.0.0", 8, "192.0.2.1");

	assert_int_equal(route_add(f->nl, &op.route, NULL), 0);
	assert_int_equal(route_set_apply(set, &op), 0);
	assert_true(
		fixture_logged(f, "NOTE: Linux route add command failed because route exists\n"));
	assert_int_equal(route_set_count(set), 0);
	route_set_undo_in_order(set);
	assert_true(has_route(f, "10.1.1.1", "192.0.2.1"));
	route_set_free(set);
}

static void apply__refused__error_line(void **state)
{
	FIXTURE(f, state);
	struct route_set *set = route_set_new(f->nl, NULL, 0, &f->log);
	struct route_op op = add_op("10.0.0.0", 8, "198.51.100.1");

	assert_true(route_set_apply(set, &op) < 0);
	assert_true(fixture_logged(f, "ERROR: Linux route add command failed: 10.0.0.0/8 via "));
	assert_int_equal(route_set_count(set), 0);
	route_set_free(set);
}

static void undo__removed_by_others__error_line_only(void **state)
{
	FIXTURE(f, state);
	struct route_set *set = route_set_new(f->nl, NULL, 0, &f->log);
	struct route_op a = add_op("10.0.0.0", 8, "192.0.2.1"),
			b = add_op("10.0.0.0", 9, "192.0.2.1");

	assert_int_equal(route_set_apply(set, &a), 0);
	assert_int_equal(route_set_apply(set, &b), 0);
	assert_int_equal(route_del(f->nl, &a.route, NULL), 0);
	route_set_undo_in_order(set);
	assert_true(fixture_logged(f, "ERROR: Linux route delete command failed"));
	assert_false(has_route(f, "10.1.1.1", "192.0.2.1"));
	route_set_free(set);
}

static void undo__replaced_by_others__theirs_stays(void **state)
{
	FIXTURE(f, state);
	struct route_set *set = route_set_new(f->nl, NULL, 0, &f->log);
	struct route_op a = add_op("10.0.0.0", 8, "192.0.2.1");
	struct route theirs = a.route;

	theirs.proto = 4;
	assert_int_equal(route_set_apply(set, &a), 0);
	assert_int_equal(route_del(f->nl, &a.route, NULL), 0);
	assert_int_equal(route_add(f->nl, &theirs, NULL), 0);
	route_set_undo(set);
	assert_true(has_route(f, "10.1.1.1", "192.0.2.1"));
	route_set_free(set);
}

/* What a client with redirect-gateway does; then killed. */
static void child_changes_and_dies(struct fixture *f)
{
	struct route_journal *j = open_journal(f);
	struct tun tun;
	struct route_set *set;
	struct route_op host = add_op("203.0.113.5", 32, "192.0.2.1");
	struct route_op undone = add_op("203.0.113.6", 32, "192.0.2.1");
	struct route_op vpn = add_op("0.0.0.0", 0, "10.8.0.1"), del = {.kind = ROUTE_OP_DEL};

	fixture_tap(f, "tap7", &tun);
	fixture_addr(f, tun.ifindex, "10.8.0.2", 24);
	set = route_set_new(f->nl, j, tun.ifindex, &f->log);
	del.route = get_default(f);
	if (route_set_apply(set, &undone))
		_exit(1);
	route_set_undo(set);
	if (route_set_apply(set, &host) || route_set_apply(set, &del) || route_set_apply(set, &vpn))
		_exit(1);
	kill(getpid(), SIGKILL);
}

static void run_and_kill(struct fixture *f)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		child_changes_and_dies(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void journal__killed__next_start_restores(void **state)
{
	FIXTURE(f, state);
	struct route_journal *j;
	struct route before, after, none;

	add_default(f);
	before = get_default(f);
	run_and_kill(f);
	assert_int_equal(route_default(f->nl, AF_INET, 0, &none), ERR_NOT_FOUND);
	assert_true(has_route(f, "203.0.113.5", "192.0.2.1"));
	assert_int_equal(count_files(), 1);

	j = open_journal(f);
	after = get_default(f);
	assert_true(route_equal(&before, &after));
	assert_int_equal(after.proto, 16);
	/* now by the default route, no longer by its own */
	assert_int_equal(route_del(f->nl, &before, NULL), 0);
	assert_false(has_route(f, "203.0.113.5", "192.0.2.1"));
	assert_true(fixture_logged(f, "NOTE: restored a route that an ended process left out: "
				      "0.0.0.0/0 via 192.0.2.1 dev eth0 table 254 metric 100\n"));
	assert_int_equal(count_files(), 1);
	route_journal_close(j);
	assert_int_equal(count_files(), 0);
}

static void journal__process_alive__not_touched(void **state)
{
	FIXTURE(f, state);
	struct route_journal *first = open_journal(f), *second;
	struct route_set *set = route_set_new(f->nl, first, 0, &f->log);
	struct route_op op = add_op("203.0.113.5", 32, "192.0.2.1");

	assert_int_equal(route_set_apply(set, &op), 0);
	second = open_journal(f);
	assert_true(has_route(f, "203.0.113.5", "192.0.2.1"));
	route_journal_close(second);
	route_set_undo(set);
	route_set_free(set);
	route_journal_close(first);
	assert_int_equal(count_files(), 0);
}

static void journal__other_namespace__left_for_a_start_there(void **state)
{
	FIXTURE(f, state);
	struct fixture *other;
	void *other_state;
	struct route_journal *j;

	add_default(f);
	run_and_kill(f);
	assert_int_equal(fixture_setup(&other_state), 0);
	other = other_state;
	j = open_journal(other);
	assert_int_equal(count_files(), 2);
	assert_int_equal(str_text(&other->lines)[0], '\0');
	route_journal_close(j);
	assert_int_equal(count_files(), 1);
	fixture_teardown(&other_state);
	assert_int_equal(system("rm -f /tmp/test-routes-*/routes-*"), 0);
}

static void journal__rubbish_file__reported_and_removed(void **state)
{
	FIXTURE(f, state);
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/routes-abc", dir);
	file = fopen(path, "w");
	fputs("rubbish\n", file);
	fclose(file);
	route_journal_close(open_journal(f));
	assert_true(fixture_logged(f, "route journal routes-abc: invalid value\n") ||
		    access(path, F_OK) != 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void journal__no_directory__error(void **state)
{
	FIXTURE(f, state);
	struct route_journal *j;
	struct err err = {0};

	assert_int_equal(route_journal_open("/proc/nope/routes", f->nl, &f->log, &j, &err),
			 ERR_SYSTEM);
	assert_null(j);
	assert_true(str_starts(err.text, "cannot make directory /proc/nope/routes: "));
}

static int make_dir(void **state UNUSED)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state UNUSED)
{
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(undo__default_replaced__exactly_restored),
		NETNS_TEST(apply__existing_route__left_alone_by_undo),
		NETNS_TEST(apply__refused__error_line),
		NETNS_TEST(undo__removed_by_others__error_line_only),
		NETNS_TEST(undo__replaced_by_others__theirs_stays),
		NETNS_TEST(journal__killed__next_start_restores),
		NETNS_TEST(journal__process_alive__not_touched),
		NETNS_TEST(journal__other_namespace__left_for_a_start_there),
		NETNS_TEST(journal__rubbish_file__reported_and_removed),
		NETNS_TEST(journal__no_directory__error),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
