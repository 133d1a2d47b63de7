/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of the daemon: a log whose lines can be looked at, files in a directory of their own.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "base/log.h"

struct log_capture {
	struct log_sink *sink;
	struct log log;
	unsigned int lines;
	enum log_class klass; /* of the last line */
	char last[1024];
	char all[16384]; /* every line, each ended by LF */
};

static inline void log_capture_line(void *ctx, const struct log_line *line)
{
	struct log_capture *c = ctx;
	size_t used = strlen(c->all);

	c->lines++;
	c->klass = line->klass;
	snprintf(c->last, sizeof(c->last), "%s", line->text);
	snprintf(c->all + used, sizeof(c->all) - used, "%s\n", line->text);
}

static inline void log_capture_start(struct log_capture *c, unsigned int verb)
{
	memset(c, 0, sizeof(*c));
	c->sink = log_sink_new();
	assert_non_null(c->sink);
	log_sink_set_verb(c->sink, verb);
	log_sink_set_observer(c->sink, log_capture_line, c);
	c->log = log_init(c->sink, "");
}

static inline void log_capture_stop(struct log_capture *c)
{
	log_sink_free(c->sink);
}

/* A directory that vanishes with test_dir_remove(). */
struct test_dir {
	char path[64];
};

static inline void test_dir_make(struct test_dir *d)
{
	snprintf(d->path, sizeof(d->path), "/tmp/ovpn-test-XXXXXX");
	assert_non_null(mkdtemp(d->path));
}

static inline void __attribute__((unused)) test_dir_remove(struct test_dir *d)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", d->path);
	assert_int_equal(system(command), 0);
}

/* Write @len bytes to DIR/@name with @mode; the path is returned in @path (at least 128 bytes). */
static inline void __attribute__((unused))
test_dir_file(const struct test_dir *d, const char *name, mode_t mode, const void *bytes,
	      size_t len, char *path)
{
	int fd;

	snprintf(path, 128, "%s/%s", d->path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	chmod(path, mode);
}

static inline size_t __attribute__((unused)) test_read_file(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, out, cap - 1);
	assert_true(n >= 0);
	out[n] = '\0';
	close(fd);
	return (size_t)n;
}
