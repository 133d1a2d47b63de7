/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of --status: opened once, rewritten in place. Spec 07 section 2.1. */
#pragma once

#include <stdbool.h>

#include <uv.h>

#include "base/attr.h"
#include "base/log.h"
#include "base/str.h"

struct status_file;

/* Appends the whole status, lines ended by LF, "END" last. */
typedef void (*status_format_fn)(void *ctx, struct str *out);

/**
 * status_file_open() - create or open @path with mode 0600
 *
 * Call before privileges are dropped. A failure is a warning only.
 *
 * Return: the file, or NULL when it could not be opened (logged) or memory is short.
 */
struct status_file *status_file_open(const char *path, const struct log *log) MUST_CHECK;

/** status_file_is() - whether it was opened under that name (NULL: no); it is kept over SIGHUP */
bool status_file_is(const struct status_file *f, const char *path);

/**
 * status_file_start() - write now and then every @interval_sec seconds (0: never again)
 * @fn: called from this function and from the loop; may be called until status_file_stop()
 */
void status_file_start(struct status_file *f, uv_loop_t *loop, unsigned int interval_sec,
		       status_format_fn fn, void *ctx);
/** status_file_stop() - no more writing; the content stays and the file stays open */
void status_file_stop(struct status_file *f);

/** status_file_write() - replace the content by one write call */
void status_file_write(struct status_file *f, const struct str *text);

/** status_file_close() - stop and close; memory is released when the loop ran. NULL is fine. */
void status_file_close(struct status_file *f);

/** status_log() - the same lines to the log (SIGUSR2), verb 1 each */
void status_log(const struct log *log, status_format_fn fn, void *ctx);
