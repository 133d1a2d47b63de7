/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that a server gives, and the file that keeps them. Spec 03 section 3.8.8. */
#include "daemon/server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/app.h"

enum {
	POOL_FILE_MAX = 16 * 1024 * 1024,
};

/* Return: the text, NULL when there is none; one that is there but cannot be read is told. */
static char *read_pool_file(const char *path, const struct log *log)
{
	FILE *f = fopen(path, "re");
	struct str text = str_init();
	char buf[4096];
	int errnum = f ? 0 : errno;
	size_t n;

	while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0 && text.len < POOL_FILE_MAX)
		str_add_len(&text, buf, n);
	if (f && ferror(f))
		errnum = errno;
	if (errnum && errnum != ENOENT)
		log_warn(
			log,
			"cannot read --ifconfig-pool-persist file %s: %s; clients may get other addresses than before",
			path, strerror(errnum));
	if (f)
		fclose(f);
	return str_take(&text);
}

static void pool_load(struct server *s)
{
	const struct config_server *c = &s->cfg->server;
	struct str lines = str_init();
	char *text;

	if (!c->pool_persist)
		return;
	text = read_pool_file(c->pool_persist, &s->log);
	if (!text)
		return;
	address_pool_read(s->pool, text, c->pool_persist_sec == 0, clock_now().unix_sec, &lines);
	log_lines(&s->log, 3, str_text(&lines));
	str_clear(&lines);
	free(text);
	log_info(&s->log, 3, "IFCONFIG POOL LIST");
	address_pool_write(s->pool, &lines);
	log_lines(&s->log, 3, str_text(&lines));
	str_fini(&lines);
}

/* Written to the same file in place: with --user a new one could not be made beside it. */
void server_pool_save(struct server *s)
{
	const struct config_server *c = &s->cfg->server;
	struct str text = str_init();
	int fd;

	if (!s->pool || !c->pool_persist || c->pool_persist_sec == 0)
		return;
	address_pool_write(s->pool, &text);
	fd = open(c->pool_persist, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, str_text(&text), text.len) != (ssize_t)text.len)
		log_warn(&s->log, "cannot write --ifconfig-pool-persist file %s: %s",
			 c->pool_persist, strerror(errno));
	if (fd >= 0)
		close(fd);
	str_fini(&text);
}

/* What the pools are at verb 3; what is wrong with their sizes, at the end of @text, at verb 1. */
static void log_pool(struct server *s, char *text)
{
	char *note = strstr(text, " pool size is ");

	while (note && note > text && note[-1] != '\n')
		note--;
	if (note)
		log_lines(&s->log, 1, note);
	if (note)
		*note = '\0';
	log_lines(&s->log, 3, text);
}

int server_pool_setup(struct server *s, struct err *err)
{
	const struct config *cfg = s->cfg;
	struct address_pool_config pool = {
		.has_ip4 = cfg->server.pool4.defined,
		.net30 = cfg->tun.type == CONFIG_DEV_TUN &&
			 cfg->tun.topology == CONFIG_TOPOLOGY_NET30,
		.start = {.family = AF_INET, .u.in4 = cfg->server.pool4.start},
		.end = {.family = AF_INET, .u.in4 = cfg->server.pool4.end},
		.has_ip6 = cfg->server.pool6_defined,
		.ip6 = {.addr = {.family = AF_INET6, .u.in6 = cfg->server.pool6.addr},
			.bits = cfg->server.pool6.bits},
		.duplicate_cn = cfg->server.duplicate_cn,
		.seed = rng_u32(&s->app->rng),
	};
	struct str lines = str_init();
	int ret;

	if (!pool.has_ip4 && !pool.has_ip6)
		return 0;
	ret = address_pool_new(&pool, &s->pool, &lines, err);
	if (lines.text)
		log_pool(s, lines.text);
	str_fini(&lines);
	if (ret == 0)
		pool_load(s);
	return ret;
}
