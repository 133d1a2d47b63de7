/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum {
	LINE_MAX_BYTES = 10240
};

struct log_sink {
	unsigned int verb;
	bool timestamps;
	bool machine_readable;
	bool errors_to_stderr;
	bool has_file;
	bool use_syslog;
	char ident[64];
	log_observer_fn observer;
	void *observer_ctx;

	pthread_mutex_t lock; /* guards the mute state below */
	unsigned int mute;
	const void *mute_category;
	unsigned int mute_seen;
};

struct log_sink *log_sink_new(void)
{
	struct log_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->verb = 1;
	s->timestamps = true;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void log_sink_free(struct log_sink *s)
{
	if (!s)
		return;
	if (s->use_syslog)
		closelog();
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void log_sink_set_verb(struct log_sink *s, unsigned int verb)
{
	__atomic_store_n(&s->verb, verb > 15 ? 15 : verb, __ATOMIC_RELAXED);
}

unsigned int log_sink_verb(const struct log_sink *s)
{
	return __atomic_load_n(&s->verb, __ATOMIC_RELAXED);
}

void log_sink_set_mute(struct log_sink *s, unsigned int count)
{
	s->mute = count;
}

void log_sink_set_timestamps(struct log_sink *s, bool on)
{
	s->timestamps = on;
}

void log_sink_set_machine_readable(struct log_sink *s, bool on)
{
	s->machine_readable = on;
}

void log_sink_set_errors_to_stderr(struct log_sink *s, bool on)
{
	s->errors_to_stderr = on;
}

void log_sink_set_observer(struct log_sink *s, log_observer_fn fn, void *ctx)
{
	s->observer = fn;
	s->observer_ctx = ctx;
}

int log_sink_open_file(struct log_sink *s, const char *path, bool append)
{
	auto_close int fd = -1;

	if (s->has_file)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0600);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		return errno == EACCES || errno == EPERM ? ERR_PERMISSION : ERR_SYSTEM;
	s->has_file = true;
	return 0;
}

void log_sink_open_syslog(struct log_sink *s, const char *ident)
{
	if (s->use_syslog)
		return;
	str_copy(s->ident, sizeof(s->ident), ident && *ident ? ident : "openvpn");
	openlog(s->ident, LOG_PID, LOG_DAEMON);
	s->use_syslog = true;
}

bool log_sink_has_file(const struct log_sink *s)
{
	return s->has_file;
}

struct log log_init(struct log_sink *sink, const char *prefix)
{
	struct log log = {.sink = sink};

	str_copy(log.prefix, sizeof(log.prefix), prefix);
	return log;
}

bool log_enabled(const struct log *log, unsigned int verb)
{
	return log && log->sink && verb <= log_sink_verb(log->sink);
}

/* Spec 07 section 3.4: bits that programs look at. */
static unsigned int line_flags(const struct log_line *line)
{
	static const unsigned int class_flags[] = {
		[LOG_CLASS_INFO] = 0,	  [LOG_CLASS_WARN] = 0x40,  [LOG_CLASS_ERROR] = 0x20,
		[LOG_CLASS_FATAL] = 0x10, [LOG_CLASS_DEBUG] = 0x80,
	};

	/* only information has a level */
	return class_flags[line->klass] | (line->klass == LOG_CLASS_INFO ? line->verb & 0xf : 0);
}

static int syslog_priority(enum log_class klass)
{
	switch (klass) {
	case LOG_CLASS_FATAL:
	case LOG_CLASS_ERROR:
		return LOG_ERR;
	case LOG_CLASS_WARN:
		return LOG_WARNING;
	case LOG_CLASS_INFO:
	case LOG_CLASS_DEBUG:
		break;
	}
	return LOG_NOTICE;
}

static size_t format_stamp(const struct log_sink *s, const struct log_line *line, char *buf,
			   size_t cap)
{
	uint64_t sec = line->wall_us / 1000000, us = line->wall_us % 1000000;
	char when[32];
	int n = 0;

	if (s->machine_readable) {
		n = snprintf(buf, cap, "%" PRIu64 ".%06" PRIu64 " %x ", sec, us, line_flags(line));
	} else if (s->timestamps) {
		clock_format_local(sec, when, sizeof(when));
		if (log_sink_verb(s) >= 4)
			n = snprintf(buf, cap, "%s us=%" PRIu64 " ", when, us);
		else
			n = snprintf(buf, cap, "%s ", when);
	}
	return n > 0 ? (size_t)n : 0;
}

static void emit(struct log_sink *s, const struct log_line *line)
{
	char buf[LINE_MAX_BYTES + 128];
	int fd = s->errors_to_stderr && line->klass == LOG_CLASS_FATAL ? STDERR_FILENO
								       : STDOUT_FILENO;
	size_t at;
	int n;

	if (s->observer)
		s->observer(s->observer_ctx, line);
	if (s->use_syslog && !s->has_file) {
		syslog(syslog_priority(line->klass), "%s%s", line->prefix, line->text);
		return;
	}
	at = format_stamp(s, line, buf, sizeof(buf));
	n = snprintf(buf + at, sizeof(buf) - at, "%s%s\n", line->prefix, line->text);
	if (n < 0)
		return;
	at += (size_t)n < sizeof(buf) - at ? (size_t)n : sizeof(buf) - at - 1;
	buf[at - 1] = '\n';
	if (write(fd, buf, at) < 0)
		return; /* nobody left to tell */
}

static void emit_note(struct log_sink *s, const char *text)
{
	struct log_line line = {
		.klass = LOG_CLASS_INFO, .prefix = "", .text = text, .wall_us = clock_wall_us()};

	emit(s, &line);
}

/* Return: whether the line is to be shown. Fatal lines always are (spec 04 section 1.8). */
static bool mute_pass(struct log_sink *s, enum log_class klass, const void *category)
{
	char note[96] = "";
	bool show = true, triggered = false;

	pthread_mutex_lock(&s->lock);
	if (category != s->mute_category) {
		if (s->mute_seen > s->mute)
			snprintf(note, sizeof(note),
				 "%u variation(s) on previous %u message(s) suppressed by --mute",
				 s->mute_seen - s->mute, s->mute);
		s->mute_category = category;
		s->mute_seen = 0;
	}
	s->mute_seen++;
	show = s->mute_seen <= s->mute || klass == LOG_CLASS_FATAL;
	triggered = s->mute_seen == s->mute + 1 && !show;
	pthread_mutex_unlock(&s->lock);
	if (note[0])
		emit_note(s, note);
	if (triggered)
		emit_note(s, "NOTE: --mute triggered...");
	return show;
}

void log_write(const struct log *log, enum log_class klass, unsigned int verb, const void *category,
	       const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	struct log_line line = {.klass = klass, .verb = verb, .prefix = log->prefix, .text = text};
	va_list ap;

	if (log->sink->mute && !mute_pass(log->sink, klass, category))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line.wall_us = clock_wall_us();
	emit(log->sink, &line);
}

void log_lines(const struct log *log, unsigned int verb, const char *text)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		log_info(log, verb, "%.*s", (int)(end - text), text);
}
