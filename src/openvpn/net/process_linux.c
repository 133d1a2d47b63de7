/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "net/process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

enum {
	EXIT_NOT_EXECUTED = 127,
	EXIT_CODE_MAX = 254 /* 255 is what our kind of hook takes for "broken" */
};

int process_check(const char *option, const struct process_argv *argv, struct err *err)
{
	const char *program = argv->n > 0 ? argv->word[0] : "";
	int e;

	if (access(program, X_OK) == 0)
		return 0;
	e = errno;
	return err_set(err, ERR_SCRIPT, "%s fails with '%s': %s (errno=%d)", option, program,
		       strerror(e), e);
}

static int failed(const struct process_spec *spec, struct err *err, const char *reason)
{
	return err_set(err, ERR_SCRIPT, "WARNING: Failed running command (%s): %s", spec->hook,
		       reason);
}

static int check_allowed(struct process_policy *policy, const struct process_spec *spec,
			 const struct log *log, struct err *err)
{
	unsigned int needed = spec->kind == PROCESS_USER ? 2 : 1;

	if (policy->script_security >= needed)
		return 0;
	if (!policy->warned && spec->kind == PROCESS_USER) {
		policy->warned = true;
		log_warn(
			log,
			"WARNING: External program may not be called unless '--script-security 2' or higher is enabled. See --help text or man page for detailed info.");
	}
	return failed(spec, err, "disallowed by script-security setting");
}

/* The pointers are borrowed from @spec->env; the array is the caller's to free. */
static char **make_environment(const struct process_policy *policy, const struct process_spec *spec)
{
	size_t count = spec->env ? env_count(spec->env) : 0, n = 0;
	char **list = calloc(count + 1, sizeof(*list));

	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *entry = env_at(spec->env, i);

		if (str_starts(entry, "password") && policy->script_security < 3)
			continue;
		list[n++] = (char *)(uintptr_t)entry;
	}
	return list;
}

/* What exec would search in PATH otherwise; names without a slash are files of this directory. */
static char *program_path(const char *word)
{
	struct str s = str_init();

	str_addf(&s, "%s%s", strchr(word, '/') ? "" : "./", word);
	return str_take(&s);
}

static int take_exit(const struct process_spec *spec, int code, int *exit_code, struct err *err)
{
	char reason[64];

	if (code == EXIT_NOT_EXECUTED)
		return failed(spec, err, "could not execute external program");
	if (code > EXIT_CODE_MAX)
		return failed(spec, err, "external program did not exit normally");
	*exit_code = code;
	if (code == 0)
		return 0;
	snprintf(reason, sizeof(reason), "external program exited with error status: %d", code);
	return failed(spec, err, reason);
}

static int spawn_failed(const struct process_spec *spec, int errnum, struct err *err)
{
	bool no_fork = errnum == EAGAIN || errnum == ENOMEM;

	return failed(spec, err,
		      no_fork ? "external program fork failed"
			      : "could not execute external program");
}

/* The child starts with the signals that a program expects, whatever our loop does with them. */
static int spawn(const char *path, char *const *argv, char *const *env, pid_t *pid)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int errnum = posix_spawnattr_init(&attr);

	if (errnum)
		return errnum;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	errnum = posix_spawn(pid, path, NULL, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	return errnum;
}

static int wait_for(pid_t pid, int *status)
{
	pid_t got;

	do {
		got = waitpid(pid, status, 0);
	} while (got < 0 && errno == EINTR);
	return got == pid ? 0 : ERR_SYSTEM;
}

int process_run(struct process_policy *policy, const struct process_spec *spec,
		const struct log *log, int *exit_code, struct err *err)
{
	auto_free char **env = NULL;
	auto_free char *path = NULL;
	int ret, errnum, status, unused;
	pid_t pid;

	if (!exit_code)
		exit_code = &unused;
	*exit_code = -1;
	ret = check_allowed(policy, spec, log, err);
	if (ret < 0)
		return ret;
	if (spec->argv->failed || spec->argv->n == 0)
		return spawn_failed(spec, spec->argv->failed ? ENOMEM : ENOENT, err);
	env = make_environment(policy, spec);
	path = program_path(spec->argv->word[0]);
	if (!env || !path)
		return spawn_failed(spec, ENOMEM, err);
	errnum = spawn(path, spec->argv->word, env, &pid);
	if (errnum)
		return spawn_failed(spec, errnum, err);
	if (wait_for(pid, &status) < 0 || !WIFEXITED(status))
		return failed(spec, err, "external program did not exit normally");
	return take_exit(spec, WEXITSTATUS(status), exit_code, err);
}

struct process {
	uv_process_t handle;
	struct process_spec spec; /* only @hook is used, which points to the next */
	char hook[64];
	process_done_fn done; /* NULL once abandoned */
	void *ctx;
	int code, exit_code;
	struct err err;
};

static void on_closed(uv_handle_t *h)
{
	struct process *p = h->data;

	if (p->done)
		p->done(p->ctx, p->code, p->exit_code, &p->err);
	free(p);
}

static void on_ended(uv_process_t *handle, int64_t status, int signal)
{
	struct process *p = handle->data;

	p->exit_code = -1;
	if (signal != 0)
		p->code = failed(&p->spec, &p->err, "external program did not exit normally");
	else
		p->code = take_exit(&p->spec, (int)status, &p->exit_code, &p->err);
	uv_close((uv_handle_t *)handle, on_closed);
}

static void on_never_started(uv_handle_t *h)
{
	free(h->data);
}

static int start(uv_loop_t *loop, struct process *p, const struct process_spec *spec, char **env)
{
	uv_stdio_container_t stdio[3];
	auto_free char *path = program_path(spec->argv->word[0]);
	uv_process_options_t options = {
		.exit_cb = on_ended,
		.file = path,
		.args = spec->argv->word,
		.env = env,
		.stdio_count = ARRAY_SIZE(stdio),
		.stdio = stdio,
	};

	if (!path)
		return UV_ENOMEM;
	for (int i = 0; i < 3; i++)
		stdio[i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = i};
	return uv_spawn(loop, &p->handle, &options);
}

int process_start(uv_loop_t *loop, struct process_policy *policy, const struct process_spec *spec,
		  const struct log *log, process_done_fn done, void *ctx, struct process **out,
		  struct err *err)
{
	auto_free char **env = NULL;
	struct process *p;
	int ret = check_allowed(policy, spec, log, err);

	if (out)
		*out = NULL;
	if (ret < 0)
		return ret;
	if (spec->argv->failed || spec->argv->n == 0)
		return spawn_failed(spec, spec->argv->failed ? ENOMEM : ENOENT, err);
	env = make_environment(policy, spec);
	p = calloc(1, sizeof(*p));
	if (!env || !p) {
		free(p);
		return spawn_failed(spec, ENOMEM, err);
	}
	str_copy(p->hook, sizeof(p->hook), spec->hook);
	p->spec.hook = p->hook;
	p->done = done;
	p->ctx = ctx;
	p->handle.data = p;
	ret = start(loop, p, spec, env);
	if (ret < 0) {
		/* libuv may have linked the handle already */
		uv_close((uv_handle_t *)&p->handle, on_never_started);
		return spawn_failed(spec, -ret, err);
	}
	if (out)
		*out = p;
	return 0;
}

void process_abandon(struct process *p)
{
	if (p)
		p->done = NULL;
}
