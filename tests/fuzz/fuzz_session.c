/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A p2p server's session under a sequence of packets. Input: for each packet a byte of flags (1:
 * put the session id in which the session knows its peer, 2: let a second pass), two bytes of
 * length, the packet. Time, randomness and addresses are fixed, so that findings repeat.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "certs.h"
#include "proto/constants.h"
#include "proto/session.h"
#include "tls/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t peer_sid[SID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct tls_ctx *make_tls(void)
{
	const struct tls_ctx_config cfg = {
		.role = TLS_SERVER,
		.ca = {.text = sim_ca},
		.cert = {.text = sim_server_cert},
		.key = {.text = sim_server_key},
	};
	const struct log no_log = {0};
	struct tls_ctx *ctx;
	struct err err;

	if (tls_ctx_new(&cfg, &no_log, &ctx, &err) < 0)
		abort();
	return ctx;
}

static void drain(struct session *s, struct now now)
{
	static struct session_packet out;
	struct session_event ev;
	unsigned int n = 0;

	while (session_next_event(s, &ev))
		if (ev.type == SESSION_EV_PEER_KEY_METHOD)
			session_auth(s, now, ev.key_serial, SESSION_AUTH_OK);
	while (session_output(s, now, &out))
		if (++n > 100)
			abort(); /* would send for ever */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct session_config cfg = {
		.mode = SESSION_P2P, .tls_server = true, .reneg_sec = 100};
	const struct session_hooks hooks = {0};
	const struct log no_log = {0};
	struct rng_seed seed = {1};
	const struct rng rng = rng_seeded(&seed);
	struct now now = {.mono_ms = 1000, .unix_sec = 1711276032};
	static uint8_t packet[CONTROL_PACKET_MAX];
	union sock_addr from;
	struct rd r = rd_init(data, size);
	struct session *s;

	memset(&from, 0, sizeof(from));
	from.in4.sin_family = AF_INET;
	if (!cfg.tls)
		cfg.tls = make_tls();
	s = session_new(&cfg, &hooks, &no_log, &rng, now);
	if (!s)
		abort();
	while (rd_left(&r) >= 3) {
		uint8_t flags = rd_u8(&r);
		size_t len = rd_u16(&r);

		if (len > rd_left(&r))
			len = rd_left(&r);
		if (len > sizeof(packet))
			break;
		rd_copy(&r, packet, len);
		if (flags & 1 && len >= 1 + SID_LEN)
			memcpy(packet + 1, peer_sid, SID_LEN);
		if (flags & 2) {
			now.mono_ms += 1000;
			now.unix_sec++;
		}
		(void)!session_input(s, now, &from, packet, len);
		session_timer(s, now);
		drain(s, now);
	}
	session_free(s);
	return 0;
}
