/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/key_method.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "crypto/kdf.h"
#include "proto/session.h"

void key_source_random(struct key_source *source, const struct rng *rng, bool tls_server)
{
	memset(source, 0, sizeof(*source));
	if (!tls_server)
		rng_fill(rng, source->pre_master, sizeof(source->pre_master));
	rng_fill(rng, source->random1, sizeof(source->random1));
	rng_fill(rng, source->random2, sizeof(source->random2));
}

static void write_string(struct wr *w, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;

	if (len > UINT16_MAX) {
		w->error = ERR_OVERFLOW;
		return;
	}
	wr_u16(w, (uint16_t)len);
	wr_bytes(w, text, len);
}

int key_method_write(struct wr *w, bool tls_server, const struct key_source *source,
		     const struct session_key_text *text)
{
	if (text->options && strlen(text->options) >= KEY_OPTIONS_MAX)
		return ERR_LIMIT;
	if (text->peer_info && strlen(text->peer_info) >= KEY_PEER_INFO_SEND)
		return ERR_LIMIT;
	wr_u32(w, 0);
	wr_u8(w, KEY_METHOD);
	if (!tls_server)
		wr_bytes(w, source->pre_master, sizeof(source->pre_master));
	wr_bytes(w, source->random1, sizeof(source->random1));
	wr_bytes(w, source->random2, sizeof(source->random2));
	write_string(w, text->options);
	write_string(w, text->username);
	write_string(w, text->password);
	write_string(w, text->peer_info);
	return wr_error(w);
}

/* The bytes of a string with its last one taken for the NUL, whatever it is. */
static void take_string(struct rd *r, size_t len, char *out)
{
	rd_copy(r, out, len);
	out[len ? len - 1 : 0] = 0;
}

static int read_options(struct rd *r, const struct log *log, struct key_method *msg)
{
	uint16_t len = rd_u16(r);

	if (len > KEY_OPTIONS_MAX || len > rd_left(r) || rd_error(r) < 0) {
		log_warn(log, "TLS Error: Failed to read required OCC options string");
		return ERR_KEY_METHOD;
	}
	take_string(r, len, msg->options);
	return 0;
}

/*
 * User name or password. Both must be looked at before one of them is refused, so that peer info
 * can be read behind them. Return: the length as stated, -1 when the message ended before.
 */
static int read_credential(struct rd *r, char out[KEY_USERPASS_MAX + 1], bool *present, bool *bad)
{
	uint16_t len;

	*present = false;
	if (rd_left(r) < 2)
		return -1;
	len = rd_u16(r);
	if (len == 0)
		return 0;
	if (len > KEY_USERPASS_MAX || len > rd_left(r)) {
		*bad = true;
		rd_skip(r, len);
		return len;
	}
	take_string(r, len, out);
	*present = true;
	return len;
}

static void read_credentials(struct rd *r, const struct log *log, struct key_method *msg)
{
	bool bad = false;
	int username_len = read_credential(r, msg->username, &msg->has_username, &bad);
	int password_len = read_credential(r, msg->password, &msg->has_password, &bad);

	if (!bad)
		return;
	log_warn(log, "TLS Error: Username (%d) or password (%d) too long",
		 username_len < 0 ? 0 : username_len, password_len < 0 ? 0 : password_len);
	msg->credentials_too_long = true;
	msg->has_username = false;
	msg->has_password = false;
	secret_wipe(msg->username, sizeof(msg->username));
	secret_wipe(msg->password, sizeof(msg->password));
}

static void read_peer_info(struct rd *r, struct key_method *msg)
{
	uint16_t len;

	if (rd_left(r) < 2)
		return;
	len = rd_u16(r);
	if (len == 0 || len > rd_left(r) || len > sizeof(msg->peer_info))
		return;
	take_string(r, len, msg->peer_info);
	msg->has_peer_info = true;
}

static int read_source(struct rd *r, bool from_server, const struct log *log,
		       struct key_source *source)
{
	if (!from_server)
		rd_copy(r, source->pre_master, sizeof(source->pre_master));
	rd_copy(r, source->random1, sizeof(source->random1));
	rd_copy(r, source->random2, sizeof(source->random2));
	if (rd_error(r) == 0)
		return 0;
	log_warn(
		log,
		"TLS Error: Error reading remote data channel key source entropy from plaintext buffer");
	return ERR_KEY_METHOD;
}

static int key_method_parse(struct rd *r, bool from_server, const struct log *log,
			    struct key_method *msg)
{
	size_t size = rd_left(r);
	unsigned int method;
	int ret;

	if (size < 4) {
		log_warn(log, "TLS ERROR: Plaintext buffer too short (%zu bytes).", size);
		return ERR_KEY_METHOD;
	}
	rd_skip(r, 4);
	method = rd_u8(r);
	if ((method & 0x0f) != KEY_METHOD) {
		log_warn(log, "TLS ERROR: Unknown key_method/flags=%u received from remote host",
			 method);
		return ERR_KEY_METHOD;
	}
	ret = read_source(r, from_server, log, &msg->source);
	if (ret < 0)
		return ret;
	ret = read_options(r, log, msg);
	if (ret < 0)
		return ret;
	read_credentials(r, log, msg);
	read_peer_info(r, msg);
	return 0;
}

int key_method_read(struct rd *r, bool from_server, const struct log *log, struct key_method *msg)
{
	int ret;

	memset(msg, 0, sizeof(*msg));
	ret = key_method_parse(r, from_server, log, msg);
	if (ret < 0)
		secret_wipe(msg, sizeof(*msg));
	return ret;
}

int data_keys_prf(const struct key_source *client, const struct key_source *server,
		  const struct session_id *client_sid, const struct session_id *server_sid,
		  struct static_key *block)
{
	static const char master_label[] = "OpenVPN master secret";
	static const char expansion_label[] = "OpenVPN key expansion";
	const struct iov_part master_seed[] = {
		{master_label, sizeof(master_label) - 1},
		{client->random1, sizeof(client->random1)},
		{server->random1, sizeof(server->random1)},
	};
	const struct iov_part expansion_seed[] = {
		{expansion_label, sizeof(expansion_label) - 1},
		{client->random2, sizeof(client->random2)},
		{server->random2, sizeof(server->random2)},
		{client_sid->b, sizeof(client_sid->b)},
		{server_sid->b, sizeof(server_sid->b)},
	};
	uint8_t master[48];
	int ret;

	ret = tls1_prf(client->pre_master, sizeof(client->pre_master), master_seed,
		       ARRAY_SIZE(master_seed), master, sizeof(master));
	if (ret == 0)
		ret = tls1_prf(master, sizeof(master), expansion_seed, ARRAY_SIZE(expansion_seed),
			       block->k, sizeof(block->k));
	secret_wipe(master, sizeof(master));
	if (ret < 0)
		secret_wipe(block, sizeof(*block));
	return ret;
}
