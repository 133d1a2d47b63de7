/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions on a real terminal: a pseudo terminal whose other end is the person. */
#include "daemon_test.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>

#include "daemon/credentials.h"

enum {
	PATIENCE_MS = 10000
};

struct person {
	pid_t pid; /* of the asking process */
	int fd;	   /* our side of its terminal */
	char screen[4096];
	size_t len;
};

/* Read what appears on the screen until @text does. */
static void wait_for(struct person *p, const char *text)
{
	while (!strstr(p->screen, text)) {
		struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
		ssize_t n;

		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			fail_msg("'%s' does not appear; the screen is '%s'", text, p->screen);
		n = read(p->fd, p->screen + p->len, sizeof(p->screen) - 1 - p->len);
		if (n <= 0)
			fail_msg("'%s' does not appear; at the end the screen is '%s'", text,
				 p->screen);
		p->len += (size_t)n;
		p->screen[p->len] = '\0';
	}
}

static void type(struct person *p, const char *text)
{
	assert_int_equal(write(p->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Run @ask on a terminal of its own; "RESULT ..." appears at its end. */
static void start(struct person *p, void (*ask)(const struct prompter *))
{
	memset(p, 0, sizeof(*p));
	p->pid = forkpty(&p->fd, NULL, NULL, NULL);
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		struct prompter prompter = prompter_console();

		ask(&prompter);
		fflush(stdout);
		_exit(0);
	}
}

static void finish(struct person *p)
{
	int status;

	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_int_equal(status, 0);
	close(p->fd);
}

static void ask_both(const struct prompter *prompter)
{
	struct user_pass *up = user_pass_new();
	struct err err;
	int rc = user_pass_ask(prompter, "Auth", true, up, &err);

	printf("RESULT %d <%s> <%zu letters>\n", rc, up->user, strlen(up->pass));
	user_pass_free(up);
}

static void user_pass__typed__password_is_not_shown(void **state)
{
	struct person p;

	(void)state;
	start(&p, ask_both);
	wait_for(&p, "Enter Auth Username:");
	type(&p, "joe\n");
	wait_for(&p, "Enter Auth Password:");
	type(&p, "hunter2\n");
	wait_for(&p, "letters>");
	assert_non_null(strstr(p.screen, "RESULT 0 <joe> <7 letters>"));
	assert_null(strstr(p.screen, "hunter2"));
	finish(&p);
}

static void ask_challenge(const struct prompter *prompter)
{
	const struct credentials_config cfg = {
		.enabled = true,
		.inline_text = "joe\npw\n",
		.static_challenge = "Enter PIN",
		.static_challenge_echo = true,
	};
	struct log log = log_init(NULL, "");
	struct credentials *c = credentials_new(&cfg, &log);
	const char *user, *pass;
	struct err err;
	int rc = credentials_prepare(c, &err);

	if (rc == ERR_AGAIN)
		rc = credentials_ask(c, prompter, &err);
	if (rc == 0)
		rc = credentials_wire(c, &user, &pass);
	printf("RESULT %d %s\n", rc, rc ? err.text : pass);
	credentials_free(c);
}

static void static_challenge__echo__is_shown(void **state)
{
	struct person p;

	(void)state;
	start(&p, ask_challenge);
	wait_for(&p, "CHALLENGE: Enter PIN");
	type(&p, "4711\n");
	wait_for(&p, "RESULT 0 SCRV1:cHc=:NDcxMQ==");
	assert_non_null(strstr(p.screen, "4711"));
	finish(&p);
}

/* Nobody to ask: no controlling terminal, standard input is not one. */
static void user_pass__no_terminal__names_the_question(void **state)
{
	int fds[2];
	char text[2048];
	ssize_t n;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct prompter prompter = prompter_console();
		struct user_pass *up = user_pass_new();
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		struct err err = {0};

		setsid();
		dup2(null, STDIN_FILENO);
		dup2(null, STDERR_FILENO);
		if (user_pass_ask(&prompter, "Private Key", true, up, &err) != ERR_UNSUPPORTED)
			_exit(2);
		n = write(fds[1], err.text, strlen(err.text));
		_exit(n > 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "Enter Private Key Username:"));
	assert_non_null(strstr(text, "--askpass"));
	close(fds[0]);
	close(fds[1]);
}

static int only_without_systemd(void **state)
{
	(void)state;
	/* with systemd running its agent is asked, not this terminal */
	if (access("/run/systemd/system", F_OK) == 0) {
		print_message("systemd runs here: its password agent would be asked\n");
		exit(77);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_pass__typed__password_is_not_shown),
		cmocka_unit_test(static_challenge__echo__is_shown),
		cmocka_unit_test(user_pass__no_terminal__names_the_question),
	};

	return cmocka_run_group_tests(tests, only_without_systemd, NULL);
}
