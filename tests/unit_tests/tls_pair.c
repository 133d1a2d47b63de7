// SPDX-License-Identifier: GPL-2.0-only
#include "tls_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static void on_line(void *ctx, const struct log_line *line)
{
	struct str *lines = ctx;

	str_addf(lines, "%s\n", line->text);
}

static void init_side(struct tls_side *side, enum tls_role role, const struct pki_cert *ca,
		      const struct pki_cert *own)
{
	*side = (struct tls_side){
		.cfg = {.role = role,
			.ca = {.text = ca->cert},
			.cert = {.text = own->cert},
			.key = {.text = own->key}},
		.lines = str_init(),
	};
	side->sink = log_sink_new();
	assert_non_null(side->sink);
	log_sink_set_verb(side->sink, 4);
	side->log = log_init(side->sink, "");
	side->env = env_new();
	assert_non_null(side->env);
}

void tls_pair_init(struct tls_pair *p, const struct pki_cert *ca, const struct pki_cert *client,
		   const struct pki_cert *server)
{
	init_side(&p->client, TLS_CLIENT, ca, client);
	init_side(&p->server, TLS_SERVER, ca, server);
}

static void connect_side(struct tls_side *side)
{
	struct tls_conn_params params = {.log = side->log, .unix_sec = side->unix_sec};

	tls_conn_free(side->conn);
	verify_free(side->verify);
	side->verify =
		verify_new(&side->verify_cfg, &side->hooks, side->user, side->env, &side->log);
	params.verify = side->verify;
	side->conn = tls_conn_new(side->ctx, &params);
	assert_non_null(side->conn);
	side->result = 0;
}

static void start_side(struct tls_side *side)
{
	struct err err;

	log_sink_set_observer(side->sink, on_line, &side->lines);
	if (tls_ctx_new(&side->cfg, &side->log, &side->ctx, &err) < 0)
		fail_msg("context: %s\n%s", err.text, str_text(&side->lines));
	connect_side(side);
}

void tls_pair_start(struct tls_pair *p)
{
	start_side(&p->client);
	start_side(&p->server);
}

static bool carry(struct tls_side *from, struct tls_side *to)
{
	uint8_t buf[700]; /* odd on purpose: records arrive in pieces */
	const size_t n = tls_conn_drain(from->conn, buf, sizeof(buf));

	if (n > 0)
		assert_int_equal(tls_conn_feed(to->conn, buf, n), 0);
	return n > 0;
}

bool tls_pair_move(struct tls_pair *p)
{
	const bool up = carry(&p->client, &p->server);
	const bool down = carry(&p->server, &p->client);

	return up || down;
}

static bool run(struct tls_pair *p)
{
	bool moved;

	do {
		if (p->client.result == 0)
			p->client.result = tls_conn_step(p->client.conn);
		if (p->server.result == 0)
			p->server.result = tls_conn_step(p->server.conn);
		moved = tls_pair_move(p);
	} while (moved);
	return tls_conn_handshake_done(p->client.conn) && tls_conn_handshake_done(p->server.conn) &&
	       p->client.result == 0 && p->server.result == 0;
}

bool tls_pair_handshake(struct tls_pair *p)
{
	tls_pair_start(p);
	return run(p);
}

bool tls_pair_reconnect(struct tls_pair *p)
{
	str_clear(&p->client.lines);
	str_clear(&p->server.lines);
	connect_side(&p->client);
	connect_side(&p->server);
	return run(p);
}

static void fini_side(struct tls_side *side)
{
	tls_ctx_free(side->ctx); /* before its connection, on purpose */
	tls_conn_free(side->conn);
	verify_free(side->verify);
	log_sink_free(side->sink);
	env_free(side->env);
	str_fini(&side->lines);
}

void tls_pair_fini(struct tls_pair *p)
{
	fini_side(&p->client);
	fini_side(&p->server);
}

bool tls_side_logged(const struct tls_side *side, const char *text)
{
	return strstr(str_text(&side->lines), text) != NULL;
}

void tls_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void tls_side_crl_file(struct tls_side *side, char *path, const char *crl)
{
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	tls_write_file(path, crl);
	side->cfg.crl.path = path;
	side->verify_cfg.crl_file = true;
}
