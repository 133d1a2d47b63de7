/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "daemon/dns.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/temp_file.h"

static const char default_program[] = LIBEXECDIR "/dns-updown";

enum {
	HELPER_FD = 3,		   /* of the socket in the helper */
	HELPER_MESSAGE_MAX = 65536 /* longest list of variables; 8 servers need less than 4 KiB */
};

struct dns_runner {
	struct process_argv argv;
	enum process_kind kind;
	struct process_policy *policy;
	struct log log;
	struct rng rng;
	char *tmp_dir;
	struct env *active; /* variables of the last "up"; NULL: nothing to undo */
	int helper_fd;	    /* -1: programs are run by this process */
	pid_t helper_pid;
};

/* The answer of the helper. */
struct dns_reply {
	int exit_code;
	char text[ERR_TEXT_MAX]; /* why it could not run */
};

struct dns_runner *dns_runner_new(const struct config *cfg, struct process_policy *policy,
				  const struct log *log, const struct rng *rng)
{
	struct dns_runner *r = calloc(1, sizeof(*r));
	bool by_user = cfg->dns.updown != NULL;

	if (!r)
		return NULL;
	r->helper_fd = -1;
	r->kind = by_user ? PROCESS_USER : PROCESS_BUILTIN;
	r->policy = policy;
	r->log = *log;
	r->rng = *rng;
	r->tmp_dir = strdup(cfg->process.tmp_dir ? cfg->process.tmp_dir : "/tmp");
	if (by_user)
		process_argv_split(&r->argv, cfg->dns.updown);
	else if (access(default_program, X_OK) == 0)
		process_argv_add(&r->argv, default_program);
	if (!r->tmp_dir || r->argv.failed) {
		dns_runner_free(r);
		return NULL;
	}
	return r;
}

static bool has_program(const struct dns_runner *r)
{
	return r->argv.n > 0;
}

static int run_program(struct dns_runner *r, const struct env *env, struct dns_reply *reply)
{
	struct process_spec spec = {
		.kind = r->kind,
		.hook = "dns updown",
		.argv = &r->argv,
		.env = env,
	};
	struct err err = {0};
	int rc = process_run(r->policy, &spec, &r->log, &reply->exit_code, &err);

	reply->text[0] = '\0';
	if (reply->exit_code < 0)
		str_copy(reply->text, sizeof(reply->text), err.text);
	return rc;
}

void dns_recover(const char *program, struct process_policy *policy, const struct log *log)
{
	struct process_argv argv = {0};
	struct env *env = env_new();
	struct process_spec spec = {
		.kind = PROCESS_BUILTIN,
		.hook = "dns updown",
		.argv = &argv,
		.env = env,
	};
	struct err err;

	if (!program)
		program = default_program;
	if (env && access(program, X_OK) == 0) {
		process_argv_add(&argv, program);
		env_set(env, "script_type", "dns-recover");
		if (process_run(policy, &spec, log, NULL, &err) < 0)
			log_info(log, 3, "%s", err.text);
	}
	process_argv_fini(&argv);
	env_free(env);
}

/* ---- in the helper --------------------------------------------------------------------------- */

/* The program gets one variable, which names a file with all of them. */
static void helper_run(struct dns_runner *r, const char *vars, size_t len, struct dns_reply *reply)
{
	struct env *env = env_new();
	char path[TEMP_FILE_PATH_MAX];
	struct err err = {0};

	*reply = (struct dns_reply){.exit_code = -1};
	if (!env) {
		str_copy(reply->text, sizeof(reply->text), err_text(ERR_NOMEM));
		return;
	}
	if (temp_file_create(r->tmp_dir, "dvf", &r->rng, vars, len, path, &err) < 0) {
		str_copy(reply->text, sizeof(reply->text), err.text);
	} else {
		env_set(env, "dns_vars_file", path);
		(void)run_program(r, env, reply);
		temp_file_remove(path);
	}
	env_free(env);
}

static void ignore_signal(int signum)
{
	(void)signum;
}

/*
 * Signals for the process group must not end the helper before the last "down"; it goes when the
 * daemon does. A handler instead of SIG_IGN, because programs would inherit the latter.
 */
static void helper_keep_alive(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	struct sigaction act = {.sa_handler = ignore_signal};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &act, NULL);
	signal(SIGCHLD, SIG_DFL);
}

NORETURN static void helper_main(struct dns_runner *r, int fd)
{
	static char message[HELPER_MESSAGE_MAX];
	struct dns_reply reply;

	helper_keep_alive();
	/* nothing of the daemon's may stay open here: its device would outlive it */
	if (dup2(fd, HELPER_FD) < 0 || close_range(HELPER_FD + 1, ~0U, 0) != 0 ||
	    fcntl(HELPER_FD, F_SETFD, FD_CLOEXEC) != 0)
		_exit(1);
	for (;;) {
		ssize_t n = recv(HELPER_FD, message, sizeof(message), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		helper_run(r, message, (size_t)n, &reply);
		if (send(HELPER_FD, &reply, sizeof(reply), MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

/* ---- in the daemon --------------------------------------------------------------------------- */

int dns_runner_keep_privileges(struct dns_runner *r, struct err *err)
{
	int pair[2];

	if (!has_program(r) || r->helper_fd >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set_errno(err, errno, "cannot make the socket of the DNS helper");
	r->helper_pid = fork();
	if (r->helper_pid < 0) {
		int failed = errno;

		close(pair[0]);
		close(pair[1]);
		return err_set_errno(err, failed, "cannot start the DNS helper");
	}
	if (r->helper_pid == 0)
		helper_main(r, pair[1]);
	close(pair[1]);
	r->helper_fd = pair[0];
	return 0;
}

bool dns_runner_is_privileged(const struct dns_runner *r)
{
	return r->helper_fd >= 0;
}

static void ask_helper(struct dns_runner *r, const struct env *env, struct dns_reply *reply)
{
	struct str vars = str_init();
	ssize_t n = -1;

	*reply = (struct dns_reply){.exit_code = -1};
	for (size_t i = 0; i < env_count(env); i++)
		str_addf(&vars, "%s\n", env_at(env, i));
	if (!vars.failed && vars.len <= HELPER_MESSAGE_MAX &&
	    send(r->helper_fd, vars.text, vars.len, MSG_NOSIGNAL) >= 0) {
		do {
			n = recv(r->helper_fd, reply, sizeof(*reply), 0);
		} while (n < 0 && errno == EINTR);
	}
	str_fini(&vars);
	if (n != (ssize_t)sizeof(*reply)) {
		*reply = (struct dns_reply){.exit_code = -1};
		str_copy(reply->text, sizeof(reply->text),
			 "WARNING: the DNS helper process does not answer");
	}
	reply->text[sizeof(reply->text) - 1] = '\0';
}

static void run(struct dns_runner *r, struct env *env, bool up)
{
	struct dns_reply reply;

	env_set(env, "script_type", up ? "dns-up" : "dns-down");
	if (r->helper_fd >= 0)
		ask_helper(r, env, &reply);
	else
		(void)run_program(r, env, &reply);
	if (reply.exit_code < 0)
		log_warn(&r->log, "%s", reply.text);
	else
		log_info(&r->log, 1, "dns %s command exited with status %d", up ? "up" : "down",
			 reply.exit_code);
}

void dns_runner_up(struct dns_runner *r, const struct dns_settings *dns, const char *dev)
{
	dns_runner_down(r);
	if (!has_program(r) || !dns_updown_wanted(dns))
		return;
	r->active = env_new();
	if (!r->active) {
		log_warn(&r->log, "DNS settings are not applied: %s", err_text(ERR_NOMEM));
		return;
	}
	env_set(r->active, "dev", dev);
	dns_export_servers(dns, r->active);
	run(r, r->active, true);
}

void dns_runner_down(struct dns_runner *r)
{
	if (!r->active)
		return;
	run(r, r->active, false);
	env_free(r->active);
	r->active = NULL;
}

void dns_runner_free(struct dns_runner *r)
{
	if (!r)
		return;
	if (r->helper_fd >= 0) {
		close(r->helper_fd);
		while (waitpid(r->helper_pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	env_free(r->active);
	process_argv_fini(&r->argv);
	free(r->tmp_dir);
	free(r);
}
