/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "net/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/str.h"

#define SYSTEMD_RUNS	 "/run/systemd/system"
#define SYSTEMD_ASK_PASS "/bin/systemd-ask-password"

/* Collects one line; what does not fit is read and dropped. */
struct line {
	char *out;
	size_t len, cap;
	bool done;
};

static void line_take(struct line *l, char c)
{
	if (c == '\n' || c == '\r')
		l->done = true;
	else if (!l->done && l->len + 1 < l->cap)
		l->out[l->len++] = c;
}

/* One byte at a time: what follows the line belongs to the next question. */
static int read_byte(int fd, struct line *l)
{
	char c;
	ssize_t n;

	do {
		n = read(fd, &c, 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return ERR_SYSTEM;
	if (n == 0)
		return ERR_CLOSED;
	line_take(l, c);
	secret_wipe(&c, sizeof(c));
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SYSTEM;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

static int run_program(const char *program, char *const *argv, int to, pid_t *pid)
{
	static char *const no_env[] = {NULL};
	posix_spawn_file_actions_t actions;
	int errnum = posix_spawn_file_actions_init(&actions);

	if (errnum)
		return errnum;
	errnum = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	if (errnum == 0)
		errnum = posix_spawn(pid, program, &actions, NULL, argv, no_env);
	posix_spawn_file_actions_destroy(&actions);
	return errnum;
}

static int wait_for(pid_t pid)
{
	int status;
	pid_t got;

	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	return got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ERR_SYSTEM;
}

int prompt_ask_program(const char *program, const char *text, bool echo, char *out, size_t cap,
		       struct err *err)
{
	struct line l = {.out = out, .cap = cap};
	char *argv[7];
	int fds[2], errnum, n = 0, ret = 0;
	pid_t pid;

	argv[n++] = (char *)(uintptr_t)program;
	if (echo)
		argv[n++] = (char *)(uintptr_t) "--echo";
	argv[n++] = (char *)(uintptr_t) "--icon";
	argv[n++] = (char *)(uintptr_t) "network-vpn";
	argv[n++] = (char *)(uintptr_t) "--timeout=0";
	argv[n++] = (char *)(uintptr_t)text;
	argv[n] = NULL;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set_errno(err, errno, "cannot ask for '%s'", text);
	errnum = run_program(program, argv, fds[1], &pid);
	close(fds[1]);
	/* To the end, or a program that says more would be killed by the broken pipe. */
	while (errnum == 0 && ret == 0)
		ret = read_byte(fds[0], &l);
	close(fds[0]);
	if (errnum)
		return err_set_errno(err, errnum, "cannot ask for '%s' by %s", text, program);
	out[l.len] = '\0';
	if (wait_for(pid) < 0 || ret == ERR_SYSTEM) {
		secret_wipe(out, cap);
		return err_set(err, ERR_SYSTEM, "%s did not answer '%s'", program, text);
	}
	return 0;
}

/* Signals that end the process are kept waiting until the terminal is right again. */
static int block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int read_line(int in, int signals, struct line *l)
{
	while (!l->done) {
		struct pollfd p[2] = {{.fd = in, .events = POLLIN},
				      {.fd = signals, .events = POLLIN}};
		int ret;

		if (poll(p, signals < 0 ? 1 : 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return ERR_SYSTEM;
		}
		if (p[1].revents)
			return ERR_CLOSED;
		ret = read_byte(in, l);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int prompt_ask_terminal(int in, int to, const char *text, bool echo, char *out, size_t cap,
			struct err *err)
{
	struct line l = {.out = out, .cap = cap};
	struct str question = str_init();
	struct termios before, silent;
	bool is_tty = tcgetattr(in, &before) == 0;
	sigset_t old;
	int signals, ret;

	signals = block_signals(&old);
	if (is_tty && !echo) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		tcsetattr(in, TCSAFLUSH, &silent);
	}
	str_addf(&question, "%s ", text);
	ret = write_all(to, str_text(&question));
	str_fini(&question);
	if (ret == 0)
		ret = read_line(in, signals, &l);
	if (is_tty && !echo) {
		tcsetattr(in, TCSAFLUSH, &before);
		(void)!write_all(to, "\n");
	}
	if (signals >= 0)
		close(signals);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	out[l.len] = '\0';
	if (ret == 0 || (ret == ERR_CLOSED && l.len > 0))
		return 0;
	secret_wipe(out, cap);
	return err_set(err, ERR_SYSTEM, "could not read the answer to '%s' from the terminal",
		       text);
}

int prompt_ask(const char *text, bool echo, char *out, size_t cap, struct err *err)
{
	int tty, ret;

	if (access(SYSTEMD_RUNS, F_OK) == 0 && access(SYSTEMD_ASK_PASS, X_OK) == 0)
		return prompt_ask_program(SYSTEMD_ASK_PASS, text, echo, out, cap, err);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty >= 0) {
		ret = prompt_ask_terminal(tty, tty, text, echo, out, cap, err);
		close(tty);
		return ret;
	}
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return prompt_ask_terminal(STDIN_FILENO, STDERR_FILENO, text, echo, out, cap, err);
	return err_set(
		err, ERR_UNSUPPORTED,
		"can't ask for '%s': there is no terminal and no systemd password agent. If you used --daemon, you need to use --askpass to make passphrase-protected keys work, and you can not use --auth-nocache.",
		text);
}
