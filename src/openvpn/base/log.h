/* SPDX-License-Identifier: GPL-2.0-only */
/* Logging: levels, verbosity, mute, destinations. Spec 07 section 3. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Class of a line; independent of the verbosity at which it appears. */
enum log_class {
	LOG_CLASS_INFO,
	LOG_CLASS_WARN,
	LOG_CLASS_ERROR, /* non-fatal error */
	LOG_CLASS_FATAL, /* the caller ends the process after it */
	LOG_CLASS_DEBUG,
};

/* Where one process's lines go. One object, owned by main.c. */
struct log_sink;

/* Handle that is passed down: the sink, and what stands before each line ("CN/1.2.3.4:5 "). */
struct log {
	struct log_sink *sink; /* NULL: lines are dropped (unit tests, fuzzers) */
	char prefix[160];
};

struct log_line {
	enum log_class klass;
	unsigned int verb;
	const char *prefix;
	const char *text;
	uint64_t wall_us;
};

/* Called for every line that passes the verbosity, e.g. by the management interface. */
typedef void (*log_observer_fn)(void *ctx, const struct log_line *line);

/** log_sink_new() - lines to standard output at verb 1; NULL when out of memory */
struct log_sink *log_sink_new(void) MUST_CHECK;
void log_sink_free(struct log_sink *sink);

void log_sink_set_verb(struct log_sink *sink, unsigned int verb);
unsigned int log_sink_verb(const struct log_sink *sink);
/** log_sink_set_mute() - at most @count consecutive lines of one category (source line); 0 is off
 */
void log_sink_set_mute(struct log_sink *sink, unsigned int count);
void log_sink_set_timestamps(struct log_sink *sink, bool on);
void log_sink_set_machine_readable(struct log_sink *sink, bool on);
void log_sink_set_errors_to_stderr(struct log_sink *sink, bool on);
void log_sink_set_observer(struct log_sink *sink, log_observer_fn fn, void *ctx);

/**
 * log_sink_open_file() - redirect standard output and error (also of scripts) to a file
 * @append: keep what the file holds (--log-append) or truncate it (--log)
 *
 * The first successful call wins for the life of the process, as --log is documented.
 *
 * Return: 0, or ERR_SYSTEM / ERR_PERMISSION with errno kept.
 */
int log_sink_open_file(struct log_sink *sink, const char *path, bool append) MUST_CHECK;

/** log_sink_open_syslog() - lines to syslog under @ident unless a file was opened */
void log_sink_open_syslog(struct log_sink *sink, const char *ident);

/** log_sink_has_file() - whether --log or --log-append took effect */
bool log_sink_has_file(const struct log_sink *sink);

/** log_init() - a handle with a prefix ("" for none) */
struct log log_init(struct log_sink *sink, const char *prefix);

/** log_enabled() - whether a line at @verb would appear; to avoid costly arguments */
bool log_enabled(const struct log *log, unsigned int verb);

/**
 * log_write() - one line; use the macros below
 * @category: address that identifies the calling place, for --mute
 *
 * Thread: any; a line is written by one system call.
 */
void log_write(const struct log *log, enum log_class klass, unsigned int verb, const void *category,
	       const char *fmt, ...) PRINTF_FMT(5, 6);

/** log_lines() - each line of @text, which ends it by '\n', as information at @verb */
void log_lines(const struct log *log, unsigned int verb, const char *text);

/* Each place in the source is one --mute category. */
#define LOG_AT(log, klass, verb, ...)                                             \
	do {                                                                      \
		static const char log_category_;                                  \
		if (log_enabled(log, verb))                                       \
			log_write(log, klass, verb, &log_category_, __VA_ARGS__); \
	} while (0)

/* verb 1: errors and warnings; 2-4: normal life; 5-15 debugging (spec 07 section 3.3) */
#define log_fatal(log, ...)	 LOG_AT(log, LOG_CLASS_FATAL, 0, __VA_ARGS__)
#define log_error(log, ...)	 LOG_AT(log, LOG_CLASS_ERROR, 1, __VA_ARGS__)
#define log_warn(log, ...)	 LOG_AT(log, LOG_CLASS_WARN, 1, __VA_ARGS__)
#define log_info(log, verb, ...) LOG_AT(log, LOG_CLASS_INFO, verb, __VA_ARGS__)
#define log_dbg(log, verb, ...)	 LOG_AT(log, LOG_CLASS_DEBUG, verb, __VA_ARGS__)
