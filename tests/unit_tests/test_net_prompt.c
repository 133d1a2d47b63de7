/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include "net/prompt.h"

/* A person at a terminal: what is typed is there before the question is asked. */
struct terminal {
	int master, slave;
};

static struct terminal open_terminal(const char *typed)
{
	struct terminal t;

	t.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(t.master >= 0);
	assert_int_equal(grantpt(t.master), 0);
	assert_int_equal(unlockpt(t.master), 0);
	t.slave = open(ptsname(t.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(t.slave >= 0);
	assert_int_equal(write(t.master, typed, strlen(typed)), strlen(typed));
	return t;
}

static void close_terminal(struct terminal *t)
{
	close(t->master);
	close(t->slave);
}

/* The terminal's own echo and what the program writes come in pieces. */
static void expect_shown(struct terminal *t, const char *want)
{
	char buf[200] = "";
	size_t len = 0;

	while (!strstr(buf, want)) {
		ssize_t n = read(t->master, buf + len, sizeof(buf) - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
		buf[len] = '\0';
	}
}

static void terminal__echo__answer_without_line_end(void **state UNUSED)
{
	struct terminal t = open_terminal("joe\nnext\n");
	char out[16];

	assert_int_equal(prompt_ask_terminal(t.slave, t.slave, "Enter Auth Username:", true, out,
					     sizeof(out), NULL),
			 0);
	assert_string_equal(out, "joe");
	expect_shown(&t, "Enter Auth Username: ");
	assert_int_equal(prompt_ask_terminal(t.slave, t.slave, "Q:", true, out, sizeof(out), NULL),
			 0);
	assert_string_equal(out, "next");
	close_terminal(&t);
}

/* The flush before a hidden question drops what was typed ahead, so a child types afterwards. */
static void terminal__no_echo__hidden_and_restored(void **state UNUSED)
{
	struct terminal t = open_terminal("");
	struct termios tio;
	char out[8], shown[64] = "";
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		ssize_t n = read(t.master, shown, sizeof(shown) - 1); /* the question */

		if (n <= 0 || tcgetattr(t.slave, &tio) < 0 || (tio.c_lflag & ECHO))
			_exit(1);
		if (write(t.master, "secret too long\n", 16) != 16)
			_exit(1);
		n = read(t.master, shown, sizeof(shown) - 1);
		_exit(n == 2 && memcmp(shown, "\r\n", 2) == 0 ? 0 : 2);
	}
	assert_int_equal(prompt_ask_terminal(t.slave, t.slave, "Enter Auth Password:", false, out,
					     sizeof(out), NULL),
			 0);
	assert_string_equal(out, "secret ");
	assert_int_equal(tcgetattr(t.slave, &tio), 0);
	assert_true(tio.c_lflag & ECHO);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close_terminal(&t);
}

static void terminal__signal__dies_after_restoring_echo(void **state UNUSED)
{
	struct terminal t = open_terminal("");
	struct termios tio;
	char out[8], shown[64];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int ret;

		signal(SIGINT,
		       SIG_DFL); /* background jobs of a shell are started with it ignored */
		ret = prompt_ask_terminal(t.slave, t.slave, "Q:", false, out, sizeof(out), NULL);

		_exit(ret == 0 ? 1 : 2);
	}
	assert_true(read(t.master, shown, sizeof(shown)) > 0);
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
	assert_int_equal(tcgetattr(t.slave, &tio), 0);
	assert_true(tio.c_lflag & ECHO);
	close_terminal(&t);
}

static void terminal__end_of_input__error(void **state UNUSED)
{
	struct err err = {0};
	char out[8] = "old";
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	close(fds[1]);
	assert_int_equal(
		prompt_ask_terminal(fds[0], STDERR_FILENO, "Q:", true, out, sizeof(out), &err),
		ERR_SYSTEM);
	assert_string_equal(err.text, "could not read the answer to 'Q:' from the terminal");
	assert_string_equal(out, "");
	close(fds[0]);
}

static void write_program(const char *path, const char *body)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", body) > 0);
	close(fd);
}

static void program__arguments_and_answer(void **state UNUSED)
{
	char path[] = "/tmp/test-prompt-XXXXXX";
	struct err err = {0};
	char out[128];

	close(mkstemp(path));
	write_program(path, "printf '%s|' \"$@\"; echo; echo more");
	assert_int_equal(
		prompt_ask_program(path, "Enter Auth Password:", false, out, sizeof(out), &err), 0);
	assert_string_equal(out, "--icon|network-vpn|--timeout=0|Enter Auth Password:|");
	assert_int_equal(prompt_ask_program(path, "U:", true, out, sizeof(out), &err), 0);
	assert_string_equal(out, "--echo|--icon|network-vpn|--timeout=0|U:|");
	write_program(path, "echo half; exit 1");
	assert_int_equal(prompt_ask_program(path, "U:", true, out, sizeof(out), &err), ERR_SYSTEM);
	assert_string_equal(out, "");
	assert_non_null(strstr(err.text, "did not answer 'U:'"));
	unlink(path);
	assert_int_equal(prompt_ask_program(path, "U:", true, out, sizeof(out), &err), ERR_SYSTEM);
}

static void ask__nobody__names_prompt_and_askpass(void **state UNUSED)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = {0};
		char out[8];
		int null = open("/dev/null", O_RDWR);
		int ret;

		setsid();
		dup2(null, STDIN_FILENO);
		if (access("/run/systemd/system", F_OK) == 0)
			_exit(0);
		ret = prompt_ask("Enter Private Key Password:", false, out, sizeof(out), &err);
		_exit(ret == ERR_UNSUPPORTED && strstr(err.text, "'Enter Private Key Password:'") &&
				      strstr(err.text, "--askpass")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal__echo__answer_without_line_end),
		cmocka_unit_test(terminal__no_echo__hidden_and_restored),
		cmocka_unit_test(terminal__signal__dies_after_restoring_echo),
		cmocka_unit_test(terminal__end_of_input__error),
		cmocka_unit_test(program__arguments_and_answer),
		cmocka_unit_test(ask__nobody__names_prompt_and_askpass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
