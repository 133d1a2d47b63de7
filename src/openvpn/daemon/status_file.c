/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"

struct status_file {
	int fd;
	char *path;
	struct log log;
	uv_timer_t timer;
	bool has_timer; /* the timer is known to a loop */
	bool warned;	/* a failing disk is reported once, not at every interval */
	status_format_fn fn;
	void *ctx;
};

struct status_file *status_file_open(const char *path, const struct log *log)
{
	struct status_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->log = *log;
	f->path = strdup(path);
	if (!f->path) {
		free(f);
		return NULL;
	}
	f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (f->fd < 0) {
		log_warn(log, "Note: cannot open %s for WRITE: %s (errno=%d)", path,
			 strerror(errno), errno);
		free(f->path);
		free(f);
		return NULL;
	}
	return f;
}

bool status_file_is(const struct status_file *f, const char *path)
{
	return path && !strcmp(f->path, path);
}

void status_file_write(struct status_file *f, const struct str *text)
{
	ssize_t n;

	if (text->failed)
		return;
	/* one call, so that readers practically never see half of it */
	n = pwrite(f->fd, str_text(text), text->len, 0);
	if (n >= 0 && (size_t)n == text->len) {
		f->warned = false;
		if (ftruncate(f->fd, (off_t)text->len) != 0 && errno != EINVAL)
			log_warn(&f->log, "Failed to truncate status file: %s (errno=%d)",
				 strerror(errno), errno);
		return;
	}
	if (!f->warned)
		log_warn(&f->log, "Failed to write status file: %s (errno=%d)",
			 n < 0 ? strerror(errno) : "short write", n < 0 ? errno : 0);
	f->warned = true;
}

static void write_now(struct status_file *f)
{
	struct str text = str_init();

	f->fn(f->ctx, &text);
	status_file_write(f, &text);
	str_fini(&text);
}

static void on_interval(uv_timer_t *timer)
{
	assume_control_thread();
	write_now(timer->data);
}

void status_file_start(struct status_file *f, uv_loop_t *loop, unsigned int interval_sec,
		       status_format_fn fn, void *ctx)
{
	uint64_t interval_ms = (uint64_t)interval_sec * 1000;

	f->fn = fn;
	f->ctx = ctx;
	write_now(f);
	if (!interval_ms)
		return;
	if (!f->has_timer)
		f->has_timer = uv_timer_init(loop, &f->timer) == 0;
	f->timer.data = f;
	if (f->has_timer)
		uv_timer_start(&f->timer, on_interval, interval_ms, interval_ms);
}

void status_file_stop(struct status_file *f)
{
	if (f->has_timer)
		uv_timer_stop(&f->timer);
}

static void release(struct status_file *f)
{
	free(f->path);
	free(f);
}

static void on_timer_closed(uv_handle_t *timer)
{
	release(timer->data);
}

void status_file_close(struct status_file *f)
{
	if (!f)
		return;
	close(f->fd);
	f->fd = -1;
	if (f->has_timer)
		uv_close((uv_handle_t *)&f->timer, on_timer_closed);
	else
		release(f);
}

void status_log(const struct log *log, status_format_fn fn, void *ctx)
{
	struct str text = str_init();
	char *text_end;

	fn(ctx, &text);
	for (char *line = text.text; !text.failed && line && *line; line = text_end + 1) {
		text_end = strchr(line, '\n');
		if (!text_end)
			break;
		*text_end = '\0';
		log_info(log, 1, "%s", line);
	}
	str_fini(&text);
}
