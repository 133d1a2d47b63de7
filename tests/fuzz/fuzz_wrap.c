/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wrapped packets and wrapped client keys. The first byte chooses the wrap, and whether the input
 * is the packet itself or is sealed first, so that what is inside a wrap is reached as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wrap_config *clients[4], *servers[4];

static void make_configs(void)
{
	static struct static_key key = {{1, 2, 3}};
	static struct crypt_v2_server_key server_key = {{4, 5, 6}};
	static struct crypt_v2_client_key client_key;
	struct wrap_options c = {0}, s = {.tls_server = true};

	client_key.kc = key;
	if (wkc_wrap(&server_key, &key, (const uint8_t *)"\1\0\0\0\0f\0\0\0", 9, client_key.wkc,
		     &client_key.wkc_len) < 0)
		abort();
	for (int i = 0; i < 4; i++) {
		c.kind = s.kind = i == 1 ? WRAP_AUTH : i == 2 ? WRAP_CRYPT : WRAP_NONE;
		c.key = s.key = &key;
		c.digest = s.digest = DIGEST_SHA1;
		c.v2_client = i == 3 ? &client_key : NULL;
		s.v2_server = i >= 2 ? &server_key : NULL;
		s.v2_max_age_days = 1;
		if (wrap_config_new(&c, &clients[i]) < 0 || wrap_config_new(&s, &servers[i]) < 0)
			abort();
	}
}

static size_t seal(int kind, const uint8_t *data, size_t size, uint8_t *out)
{
	const struct wrap_params params = {.replay_window = 64};
	struct packet_header h = {.opcode = kind == 3 ? 10 : 4, .sid = {{1}}};
	struct wr wr = wr_init(out, CONTROL_PACKET_MAX);
	struct wrap w;
	int ret;

	wrap_init(&w, clients[kind], &params);
	ret = wrap_seal(&w, (struct now){.unix_sec = 0x66000000}, &h, data, size, &wr);
	wrap_fini(&w);
	return ret < 0 ? 0 : wr.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t packet[CONTROL_PACKET_MAX], plain[CONTROL_PACKET_MAX];
	static const union sock_addr from = {.in4 = {.sin_family = AF_INET}};
	const struct log no_log = {0};
	const struct wrap_params params = {.tls_server = true, .replay_window = 64};
	const struct wrap_input in = {
		.log = &no_log, .now = {.mono_ms = 1, .unix_sec = 0x66000000}, .from = &from};
	struct wrap_opened out;
	struct wrap w;
	size_t len;

	if (!clients[0])
		make_configs();
	if (size < 1 || size > CONTROL_PACKET_MAX)
		return 0;
	if (data[0] & 4) {
		len = seal(data[0] & 3, data + 1, size - 1, packet);
	} else {
		len = size - 1;
		memcpy(packet, data + 1, len);
	}
	wrap_init(&w, servers[data[0] & 3], &params);
	if (wrap_open(&w, &in, packet, len, plain, &out) == 0 && rd_left(&out.body) > len)
		abort();
	wrap_fini(&w);
	return 0;
}
