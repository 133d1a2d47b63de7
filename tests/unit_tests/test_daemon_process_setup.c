/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "daemon/process_setup.h"

struct fixture {
	struct log_capture cap;
	struct test_dir dir;
	struct config cfg;
	struct err err;
	char path[128];
	char text[1024];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 3);
	test_dir_make(&f->dir);
	unsetenv("NOTIFY_SOCKET");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	test_dir_remove(&f->dir);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

/* Run @fn in a child; its return value is the exit status. */
static int in_child(struct fixture *f, int (*fn)(struct fixture *))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn(f));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* In the daemon: tell the test over a pipe who we are and where our output goes. */
static int report_fd;

static int daemonise(struct fixture *f)
{
	char text[128];
	int n;

	if (process_background(&f->cfg, f->cap.sink, &f->cap.log, &f->err) < 0)
		return 9;
	n = snprintf(text, sizeof(text), "leader=%d null=%d%d%d ", getsid(0) == getpid(),
		     lseek(0, 0, SEEK_END) == 0 && !isatty(0), !isatty(1), !isatty(2));
	n += (int)readlink("/proc/self/fd/0", text + n, sizeof(text) - (size_t)n - 2);
	text[n++] = ' ';
	n += (int)readlink("/proc/self/fd/1", text + n, sizeof(text) - (size_t)n - 1);
	return write(report_fd, text, (size_t)n) == n ? 5 : 8;
}

static void background__parent_ends_with_0_child_leads_a_session(void **state)
{
	struct fixture *f = *state;
	int fds[2];
	ssize_t n;

	f->cfg.process.daemon = true;
	assert_int_equal(pipe(fds), 0);
	report_fd = fds[1];
	assert_int_equal(in_child(f, daemonise), 0);
	close(fds[1]);
	n = read(fds[0], f->text, sizeof(f->text) - 1);
	assert_true(n > 0);
	close(fds[0]);
	assert_string_equal(f->text, "leader=1 null=111 /dev/null /dev/null");
}

static void background__not_asked_for__stays(void **state)
{
	struct fixture *f = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	report_fd = fds[1];
	assert_int_equal(in_child(f, daemonise), 5);
	close(fds[0]);
	close(fds[1]);
}

/* A service manager's socket; NOTIFY_SOCKET names it. */
static int listen_notify(struct fixture *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/notify", f->dir.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	setenv("NOTIFY_SOCKET", sun.sun_path, 1);
	return fd;
}

static const char *next_notify(struct fixture *f, int fd)
{
	ssize_t n = recv(fd, f->text, sizeof(f->text) - 1, MSG_DONTWAIT);

	assert_true(n >= 0);
	f->text[n] = '\0';
	return f->text;
}

static void background__service_manager__no_fork(void **state)
{
	struct fixture *f = *state;
	int fds[2];
	int fd = listen_notify(f);

	f->cfg.process.daemon = true;
	assert_int_equal(pipe(fds), 0);
	report_fd = fds[1];
	assert_int_equal(in_child(f, daemonise), 5);
	assert_string_equal(next_notify(f, fd), "READY=0");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

static void notify__each_moment__its_datagram(void **state)
{
	struct fixture *f = *state;
	int fd = listen_notify(f);
	char ready[128];

	snprintf(ready, sizeof(ready),
		 "READY=1\nSTATUS=Pre-connection initialization successful\nMAINPID=%ld",
		 (long)getpid());
	process_notify_ready();
	assert_string_equal(next_notify(f, fd), ready);
	process_notify_up(false);
	assert_string_equal(next_notify(f, fd), "STATUS=Initialization Sequence Completed");
	process_notify_up(true);
	assert_string_equal(next_notify(f, fd), "STATUS=Failed to start up: Initialization "
						"Sequence Completed With Errors\nERRNO=1");
	process_notify_reloading();
	assert_int_equal(strncmp(next_notify(f, fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	process_notify_stopping();
	assert_string_equal(next_notify(f, fd), "STOPPING=1");
	process_notify_failed("no key");
	assert_string_equal(next_notify(f, fd), "STATUS=Failed to start up: no key\nERRNO=1");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

static void watchdog__wanted__is_fed_without_keeping_the_loop(void **state)
{
	struct fixture *f = *state;
	struct process_watchdog w = {0};
	int fd = listen_notify(f);
	uv_loop_t loop;

	uv_loop_init(&loop);
	process_watchdog_start(&w, &loop);
	assert_false(w.open);
	setenv("WATCHDOG_USEC", "1000000", 1);
	process_watchdog_start(&w, &loop);
	assert_true(w.open);
	assert_int_equal(uv_timer_get_repeat(&w.timer), 500);
	assert_false(uv_loop_alive(&loop));
	assert_string_equal(next_notify(f, fd), "WATCHDOG=1");
	process_watchdog_stop(&w);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

static void pid_file__written_and_removed_after_chdir(void **state)
{
	struct fixture *f = *state;
	struct pid_file pid;
	char expected[32];
	char cwd[4096];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(f->dir.path), 0);
	f->cfg.process.writepid = "pid";
	assert_int_equal(pid_file_write(&pid, &f->cfg.process, &f->err), 0);
	assert_int_equal(chdir(cwd), 0);
	snprintf(f->path, sizeof(f->path), "%s/pid", f->dir.path);
	test_read_file(f->path, f->text, sizeof(f->text));
	snprintf(expected, sizeof(expected), "%ld\n", (long)getpid());
	assert_string_equal(f->text, expected);
	pid_file_remove(&pid, &f->cfg.process);
	assert_int_equal(access(f->path, F_OK), -1);
	pid_file_remove(&pid, &f->cfg.process);
}

static struct pid_file shared_pid;

static int remove_shared(struct fixture *f)
{
	pid_file_remove(&shared_pid, &f->cfg.process);
	return 0;
}

static void pid_file__chroot_or_other_process__stays(void **state)
{
	struct fixture *f = *state;

	snprintf(f->path, sizeof(f->path), "%s/pid", f->dir.path);
	f->cfg.process.writepid = f->path;
	assert_int_equal(pid_file_write(&shared_pid, &f->cfg.process, &f->err), 0);
	assert_int_equal(in_child(f, remove_shared), 0);
	assert_int_equal(access(f->path, F_OK), 0);
	f->cfg.process.chroot_dir = "/somewhere";
	pid_file_remove(&shared_pid, &f->cfg.process);
	assert_int_equal(access(f->path, F_OK), 0);
}

static void pid_file__cannot_open__is_fatal(void **state)
{
	struct fixture *f = *state;
	struct pid_file pid;

	f->cfg.process.writepid = "/nonexistent/pid";
	assert_int_equal(pid_file_write(&pid, &f->cfg.process, &f->err), ERR_SYSTEM);
	assert_string_equal(f->err.text, "Open error on pid file /nonexistent/pid: No such file or "
					 "directory (errno=2)");
	f->cfg.process.writepid = NULL;
	assert_int_equal(pid_file_write(&pid, &f->cfg.process, &f->err), 0);
	pid_file_remove(&pid, &f->cfg.process);
}

static void privileges__unknown_user__is_fatal(void **state)
{
	struct fixture *f = *state;
	struct process_privileges p;

	f->cfg.process.user = "nosuchuser";
	assert_int_equal(process_privileges_init(&p, &f->cfg, &f->err), ERR_NOT_FOUND);
	assert_string_equal(f->err.text, "failed to find UID for user nosuchuser");
}

static void privileges__pull__only_notes_at_start(void **state)
{
	struct fixture *f = *state;
	struct process_privileges p;

	f->cfg.pull = true;
	f->cfg.process.user = "root";
	f->cfg.process.chroot_dir = f->dir.path;
	assert_int_equal(process_privileges_init(&p, &f->cfg, &f->err), 0);
	f->cap.all[0] = '\0';
	assert_int_equal(process_privileges_apply(&p, &f->cfg, true, false, &f->cap.log, &f->err),
			 0);
	assert_string_equal(f->cap.all,
			    "NOTE: chroot will be delayed because of --client, --pull, or "
			    "--up-delay\n"
			    "NOTE: UID/GID downgrade will be delayed because of --client, --pull, "
			    "or --up-delay\n");
	assert_false(p.applied);
}

static int drop_to_nobody(struct fixture *f)
{
	struct process_privileges p;
	unsigned long effective = 0;
	FILE *status;

	f->cfg.process.user = "nobody";
	f->cfg.process.group = "nogroup";
	if (process_privileges_init(&p, &f->cfg, &f->err) < 0)
		return 2;
	for (int i = 0; i < 2; i++) { /* the second time does nothing */
		if (process_privileges_apply(&p, &f->cfg, true, true, &f->cap.log, &f->err) < 0)
			return 3;
	}
	status = fopen("/proc/self/status", "re");
	while (status && fgets(f->text, sizeof(f->text), status)) {
		if (sscanf(f->text, "CapEff: %lx", &effective) == 1)
			break;
	}
	return getuid() != 0 && effective == 1UL << CAP_NET_ADMIN &&
			       process_check_capability(&f->cfg, NULL) == 0 &&
			       process_privileges_dco_possible(&p, &f->cap.log)
		       ? 0
		       : 4;
}

static void privileges__root__keeps_only_net_admin(void **state)
{
	struct fixture *f = *state;

	if (getuid() != 0 || !privilege_has(CAP_SETPCAP)) {
		print_message("needs root with CAP_NET_ADMIN\n");
		skip();
	}
	assert_int_equal(in_child(f, drop_to_nobody), 0);
}

static int without_capability(struct fixture *f)
{
	struct process_privileges p;

	f->cfg.process.user = "daemon";
	if (process_privileges_init(&p, &f->cfg, &f->err) < 0 || setuid(65534) != 0)
		return 2;
	f->cfg.tun.ifconfig_noexec = true;
	if (process_check_capability(&f->cfg, &f->err) != 0)
		return 6;
	f->cfg.tun.ifconfig_noexec = false;
	if (process_check_capability(&f->cfg, &f->err) != ERR_PRIVILEGE)
		return 3;
	if (process_privileges_dco_possible(&p, &f->cap.log))
		return 4;
	if (!strstr(f->cap.all, "--user specified but lacking CAP_SETPCAP. Cannot retain "
				"CAP_NET_ADMIN. Disabling data channel offload\n"
				"this process lacks CAP_SETPCAP: to use offload "))
		return 5;
	if (!strstr(f->cap.last, "or leave out --user daemon and start it"))
		return 8;
	return strstr(f->err.text, "CAP_NET_ADMIN") ? 0 : 7;
}

static void check_capability__missing__is_named(void **state)
{
	struct fixture *f = *state;

	if (getuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_int_equal(in_child(f, without_capability), 0);
}

static int leave(struct fixture *f)
{
	char cwd[4096];

	process_leave_directory(&f->cfg.process, &f->cap.log);
	return getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/");
}

static void leave_directory__only_for_daemons_without_cd(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(in_child(f, leave), 0);
	f->cfg.process.daemon = true;
	assert_int_equal(in_child(f, leave), 1);
	f->cfg.process.cd = "/tmp";
	assert_int_equal(in_child(f, leave), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(background__parent_ends_with_0_child_leads_a_session),
		T(background__not_asked_for__stays),
		T(background__service_manager__no_fork),
		T(notify__each_moment__its_datagram),
		T(watchdog__wanted__is_fed_without_keeping_the_loop),
		T(pid_file__written_and_removed_after_chdir),
		T(pid_file__chroot_or_other_process__stays),
		T(pid_file__cannot_open__is_fatal),
		T(privileges__unknown_user__is_fatal),
		T(privileges__pull__only_notes_at_start),
		T(privileges__root__keeps_only_net_admin),
		T(check_capability__missing__is_named),
		T(leave_directory__only_for_daemons_without_cd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
