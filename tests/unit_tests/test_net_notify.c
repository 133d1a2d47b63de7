/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "net/notify.h"

/* A service manager: its socket in the abstract namespace. */
static int listen_as_manager(char *name, size_t cap)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int len = snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "openvpn-test-%d", getpid());

	assert_int_equal(
		bind(fd, (struct sockaddr *)&sun,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) + (socklen_t)len),
		0);
	snprintf(name, cap, "@openvpn-test-%d", getpid());
	return fd;
}

static void send__manager_listens__datagram(void **state UNUSED)
{
	char name[64], buf[200];
	int fd = listen_as_manager(name, sizeof(name));
	ssize_t n;

	setenv("NOTIFY_SOCKET", name, 1);
	if (notify_send("READY=0") == ERR_UNSUPPORTED) {
		fprintf(stderr, "built without libsystemd\n");
		close(fd);
		skip();
	}
	assert_true(notify_wanted());
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	assert_int_equal(n, 7);
	assert_memory_equal(buf, "READY=0", 7);
	assert_int_equal(notify_sendf("READY=1\nSTATUS=%s\nMAINPID=%d", "Pre", 5), 0);
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	assert_true(n > 0);
	buf[n] = '\0';
	assert_string_equal(buf, "READY=1\nSTATUS=Pre\nMAINPID=5");
	close(fd);
	assert_int_equal(notify_send("READY=1"), ERR_SYSTEM);
	unsetenv("NOTIFY_SOCKET");
}

static void send__nobody__not_found(void **state UNUSED)
{
	int ret;

	unsetenv("NOTIFY_SOCKET");
	assert_false(notify_wanted());
	ret = notify_send("READY=1");
	assert_true(ret == ERR_NOT_FOUND || ret == ERR_UNSUPPORTED);
	assert_int_equal(notify_watchdog_usec(), 0);
}

static void watchdog__environment__interval(void **state UNUSED)
{
	char pid[16];

	unsetenv("NOTIFY_SOCKET");
	if (notify_send("x") == ERR_UNSUPPORTED)
		skip();
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_usec(), 3000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_usec(), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(send__manager_listens__datagram),
		cmocka_unit_test(send__nobody__not_found),
		cmocka_unit_test(watchdog__environment__interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
