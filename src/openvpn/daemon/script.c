/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* What a failure means, and who says so. */
enum script_failure {
	SCRIPT_FAILURE_WARNS,
	SCRIPT_FAILURE_FATAL,  /* the caller ends the process with the line */
	SCRIPT_FAILURE_ANSWER, /* exit codes are results; only a program that did not run is logged
				*/
};

struct script_row {
	const char *type; /* script_type */
	const char *text; /* in "WARNING: Failed running command (%s): ..." */
	size_t command;	  /* offset in struct config_scripts */
	enum script_failure failure;
	bool comma_is_blank; /* in the configured command */
	unsigned int verb;   /* at which the command line is shown */
};

#define COMMAND(member) offsetof(struct config_scripts, member)

static const struct script_row rows[SCRIPT_HOOKS] = {
	[SCRIPT_UP] = {"up", "--up/--down", COMMAND(up), SCRIPT_FAILURE_FATAL, false, 1},
	[SCRIPT_DOWN] = {"down", "--up/--down", COMMAND(down), SCRIPT_FAILURE_FATAL, false, 1},
	[SCRIPT_ROUTE_UP] = {"route-up", "--route-up", COMMAND(route_up), SCRIPT_FAILURE_WARNS,
			     false, 3},
	[SCRIPT_ROUTE_PRE_DOWN] = {"route-pre-down", "--up/--down", COMMAND(route_pre_down),
				   SCRIPT_FAILURE_FATAL, false, 1},
	[SCRIPT_IPCHANGE] = {"ipchange", "--ipchange", COMMAND(ipchange), SCRIPT_FAILURE_WARNS,
			     true, 3},
	[SCRIPT_TLS_VERIFY] = {"tls-verify", "--tls-verify script", COMMAND(tls_verify),
			       SCRIPT_FAILURE_WARNS, true, 3},
	[SCRIPT_TLS_CRYPT_V2_VERIFY] = {"tls-crypt-v2-verify", "--tls-crypt-v2-verify",
					COMMAND(tls_crypt_v2_verify), SCRIPT_FAILURE_WARNS, false,
					3},
	[SCRIPT_USER_PASS_VERIFY] = {"user-pass-verify", "--auth-user-pass-verify",
				     COMMAND(auth_user_pass_verify), SCRIPT_FAILURE_ANSWER, false,
				     3},
	[SCRIPT_CLIENT_CONNECT] = {"client-connect", "--client-connect", COMMAND(client_connect),
				   SCRIPT_FAILURE_WARNS, false, 3},
	[SCRIPT_CLIENT_DISCONNECT] = {"client-disconnect", "--client-disconnect",
				      COMMAND(client_disconnect), SCRIPT_FAILURE_WARNS, false, 3},
	[SCRIPT_CLIENT_CRRESPONSE] = {"client-crresponse", "--client-crresponse",
				      COMMAND(client_crresponse), SCRIPT_FAILURE_WARNS, false, 3},
	[SCRIPT_LEARN_ADDRESS] = {"learn-address", "--learn-address", COMMAND(learn_address),
				  SCRIPT_FAILURE_WARNS, false, 3},
};

static const char *script_command(const struct script_runner *r, enum script_hook hook)
{
	const char *value;

	memcpy(&value, (const char *)r->scripts + rows[hook].command, sizeof(value));
	return value;
}

void script_runner_init(struct script_runner *r, uv_loop_t *loop,
			const struct config_scripts *scripts, const struct log *log)
{
	*r = (struct script_runner){
		.loop = loop,
		.policy = {.script_security = scripts->security},
		.log = *log,
		.scripts = scripts,
	};
}

bool script_configured(const struct script_runner *r, enum script_hook hook)
{
	return script_command(r, hook) != NULL;
}

static void commas_to_blanks(char *text)
{
	for (; *text; text++) {
		if (*text == ',')
			*text = ' ';
	}
}

static void show_command(const struct script_runner *r, const struct process_argv *argv,
			 unsigned int verb)
{
	struct str line = str_init();

	if (!log_enabled(&r->log, verb))
		return;
	for (size_t i = 0; i < argv->n; i++)
		str_addf(&line, "%s%s", i ? " " : "", argv->word[i]);
	log_info(&r->log, verb, "%s", str_text(&line));
	str_fini(&line);
}

/* The configured words, then the arguments; script_type into @env. */
static void prepare(const struct script_runner *r, enum script_hook hook, struct env *env,
		    const char *const *args, size_t n, struct process_argv *argv)
{
	const struct script_row *row = &rows[hook];
	char *command = strdup(script_command(r, hook));

	*argv = (struct process_argv){0};
	if (!command) {
		argv->failed = true;
		return;
	}
	if (row->comma_is_blank)
		commas_to_blanks(command);
	process_argv_split(argv, command);
	free(command);
	for (size_t i = 0; i < n; i++)
		process_argv_add(argv, args[i] ? args[i] : "");
	env_set(env, "script_type", row->type);
	show_command(r, argv, row->verb);
}

/* Say what failed, unless the caller does or it is an answer. */
static void report(const struct script_runner *r, enum script_hook hook, int exit_code,
		   const struct err *err)
{
	enum script_failure failure = rows[hook].failure;

	if (failure == SCRIPT_FAILURE_WARNS || (failure == SCRIPT_FAILURE_ANSWER && exit_code < 0))
		log_warn(&r->log, "%s", err->text);
}

static struct process_spec make_spec(enum script_hook hook, const struct process_argv *argv,
				     const struct env *env)
{
	return (struct process_spec){
		.kind = PROCESS_USER,
		.hook = rows[hook].text,
		.argv = argv,
		.env = env,
	};
}

int script_run(struct script_runner *r, enum script_hook hook, struct env *env,
	       const char *const *args, size_t n, int *exit_code, struct err *err)
{
	struct process_argv argv;
	struct process_spec spec;
	struct err own;
	int code = 0;
	int rc;

	if (!err)
		err = &own;
	if (exit_code)
		*exit_code = 0;
	if (!script_configured(r, hook))
		return 0;
	prepare(r, hook, env, args, n, &argv);
	spec = make_spec(hook, &argv, env);
	rc = process_run(&r->policy, &spec, &r->log, &code, err);
	process_argv_fini(&argv);
	if (rc < 0)
		report(r, hook, code, err);
	if (exit_code)
		*exit_code = code;
	return rc;
}

/* Between the program's end and the caller: the failure line. */
struct script_wait {
	struct script_runner *runner;
	enum script_hook hook;
	process_done_fn done;
	void *ctx;
	struct process *process;
};

static void on_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct script_wait *w = ctx;

	if (code < 0)
		report(w->runner, w->hook, exit_code, err);
	w->done(w->ctx, code, exit_code, err);
	free(w);
}

int script_start(struct script_runner *r, enum script_hook hook, struct env *env,
		 const char *const *args, size_t n, process_done_fn done, void *ctx,
		 struct script_wait **out, struct err *err)
{
	struct script_wait *w;
	struct process_argv argv;
	struct process_spec spec;
	int rc;

	if (!script_configured(r, hook))
		return ERR_NOT_FOUND;
	w = malloc(sizeof(*w));
	if (!w)
		return err_set(err, ERR_SCRIPT, "WARNING: Failed running command (%s): %s",
			       rows[hook].text, err_text(ERR_NOMEM));
	*w = (struct script_wait){.runner = r, .hook = hook, .done = done, .ctx = ctx};
	prepare(r, hook, env, args, n, &argv);
	spec = make_spec(hook, &argv, env);
	rc = process_start(r->loop, &r->policy, &spec, &r->log, on_done, w, &w->process, err);
	process_argv_fini(&argv);
	if (rc < 0) {
		report(r, hook, -1, err);
		free(w);
		return rc;
	}
	if (out)
		*out = w;
	return 0;
}

void script_abandon(struct script_wait *w)
{
	process_abandon(w->process);
	free(w);
}

static int run_device_hook(struct script_runner *r, enum script_hook hook, struct env *env,
			   const struct script_device *dev, struct err *err)
{
	char mtu[16];
	const char *context = dev->restart ? "restart" : "init";
	const char *const args[] = {dev->dev, mtu, "0", dev->local, dev->remote_or_netmask,
				    context};

	snprintf(mtu, sizeof(mtu), "%u", dev->mtu);
	env_set(env, "script_context", context);
	return script_run(r, hook, env, args, ARRAY_SIZE(args), NULL, err);
}

int script_up(struct script_runner *r, struct env *env, const struct script_device *dev,
	      struct err *err)
{
	return run_device_hook(r, SCRIPT_UP, env, dev, err);
}

int script_down(struct script_runner *r, struct env *env, const struct script_device *dev,
		struct err *err)
{
	return run_device_hook(r, SCRIPT_DOWN, env, dev, err);
}

int script_route_pre_down(struct script_runner *r, struct env *env, const struct script_device *dev,
			  struct err *err)
{
	return run_device_hook(r, SCRIPT_ROUTE_PRE_DOWN, env, dev, err);
}

void script_route_up(struct script_runner *r, struct env *env)
{
	/* a failure was logged and changes nothing */
	(void)script_run(r, SCRIPT_ROUTE_UP, env, NULL, 0, NULL, NULL);
}

void script_ipchange(struct script_runner *r, struct env *env, const union sock_addr *addr)
{
	const char *family = addr->sa.sa_family == AF_INET6 ? "[AF_INET6]" : "[AF_INET]";
	struct ip_addr ip = sock_addr_ip(addr);
	char ip_text[ADDR_TEXT_MAX];
	char text[ADDR_TEXT_MAX + 32];
	const char *const args[] = {text};

	snprintf(text, sizeof(text), "%s%s %u", family,
		 ip_addr_format(&ip, ip_text, sizeof(ip_text)), (unsigned int)sock_addr_port(addr));
	(void)script_run(r, SCRIPT_IPCHANGE, env, args, ARRAY_SIZE(args), NULL, NULL);
}

int script_tls_verify(struct script_runner *r, struct env *env, unsigned int depth,
		      const char *subject)
{
	char depth_text[16];
	const char *const args[] = {depth_text, subject};

	if (!script_configured(r, SCRIPT_TLS_VERIFY))
		return 0;
	snprintf(depth_text, sizeof(depth_text), "%u", depth);
	if (script_run(r, SCRIPT_TLS_VERIFY, env, args, ARRAY_SIZE(args), NULL, NULL) < 0) {
		log_warn(&r->log, "VERIFY SCRIPT ERROR: depth=%u, %s", depth, subject);
		return ERR_CERT;
	}
	log_info(&r->log, 2, "VERIFY SCRIPT OK: depth=%u, %s", depth, subject);
	return 0;
}

int script_learn_address(struct script_runner *r, struct env *env, const char *op, const char *addr,
			 const char *cn)
{
	const char *const args[] = {op, addr, cn};

	return script_run(r, SCRIPT_LEARN_ADDRESS, env, args, cn ? 3 : 2, NULL, NULL);
}
