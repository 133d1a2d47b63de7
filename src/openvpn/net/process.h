/* SPDX-License-Identifier: GPL-2.0-only */
/* Running external programs: scripts and helpers. Spec 03 section 3.11.1, spec 04 section 6.3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"

enum {
	PROCESS_WORDS_MAX = 16 /* words of a command line in the configuration */
};

/* A program and its arguments. All zero is empty; an allocation that fails marks it. */
struct process_argv {
	char **word; /* NULL-terminated */
	size_t n;
	bool failed;
};

/**
 * process_argv_split() - the words of a --up, --down ... value (quotes and backslash, spec 04 1.3)
 *
 * A text that cannot be split is taken as the program's name as a whole.
 */
void process_argv_split(struct process_argv *argv, const char *command);
/** process_argv_add() - one more argument, taken as it stands */
void process_argv_add(struct process_argv *argv, const char *word);
void process_argv_addf(struct process_argv *argv, const char *fmt, ...) PRINTF_FMT(2, 3);
void process_argv_fini(struct process_argv *argv);

enum process_kind {
	PROCESS_BUILTIN, /* comes with the package: allowed at script-security 1 */
	PROCESS_USER,	 /* named by the administrator: needs script-security 2 */
};

/* --script-security, and that its warning is said once. Owned by the caller. */
struct process_policy {
	unsigned int script_security;
	bool warned;
};

struct process_spec {
	enum process_kind kind;
	const char *hook; /* for messages: "--up/--down", "--route-up" ... */
	const struct process_argv *argv;
	const struct env *env; /* everything that the program gets */
};

/**
 * process_check() - whether the first word can be executed; for option checks
 * @option: "--up script"
 *
 * Return: 0, or ERR_SCRIPT with "--up script fails with '%s': No such file or directory (errno=2)".
 */
int process_check(const char *option, const struct process_argv *argv, struct err *err) MUST_CHECK;

/**
 * process_run() - run a program and wait for its end; everything stops meanwhile
 * @exit_code: NULL, or gets 0..254 of a program that ended by itself, else -1
 *
 * Variables whose name starts with "password" are withheld below script-security 3. No shell and
 * no PATH search. Output goes where standard output and error of this process go.
 *
 * Return: 0 for exit code 0, else ERR_SCRIPT with "WARNING: Failed running command (HOOK): REASON"
 * in @err. Logged here is only the one-time warning about script-security.
 */
int process_run(struct process_policy *policy, const struct process_spec *spec,
		const struct log *log, int *exit_code, struct err *err) MUST_CHECK;

/* @code: 0, or ERR_SCRIPT with the text in @err; @exit_code as above. The process is gone. */
typedef void (*process_done_fn)(void *ctx, int code, int exit_code, const struct err *err);

struct process;

/**
 * process_start() - the same without waiting
 * @spec: copied
 * @done: called once from the loop, never from inside this function
 * @out: NULL, or gets the handle for process_abandon()
 *
 * Return: 0, or ERR_SCRIPT as above when the program could not be started (@done is not called).
 */
int process_start(uv_loop_t *loop, struct process_policy *policy, const struct process_spec *spec,
		  const struct log *log, process_done_fn done, void *ctx, struct process **out,
		  struct err *err) MUST_CHECK;
/** process_abandon() - @done will not be called; the program runs on and is reaped by the loop */
void process_abandon(struct process *p);
