/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/cookie.h"

#include <string.h>

#include "base/bytes.h"
#include "proto/siphash.h"

enum {
	COOKIE_INPUT_MAX = 4 + sizeof(struct sockaddr_in6) + SID_LEN
};

void cookie_key_init(struct cookie_key *key, const struct rng *rng, uint32_t hand_window_sec)
{
	rng_fill(rng, key->key, sizeof(key->key));
	key->slot_sec = (hand_window_sec + 1) / 2;
	if (key->slot_sec == 0)
		key->slot_sec = 1;
}

/* Address and port only: padding and interface hints must not make a difference. */
static void write_address(struct wr *w, const union sock_addr *a)
{
	union sock_addr clean;

	memset(&clean, 0, sizeof(clean));
	clean.sa.sa_family = a->sa.sa_family;
	if (a->sa.sa_family == AF_INET6) {
		clean.in6.sin6_port = a->in6.sin6_port;
		clean.in6.sin6_addr = a->in6.sin6_addr;
		clean.in6.sin6_scope_id = a->in6.sin6_scope_id;
		wr_bytes(w, &clean.in6, sizeof(clean.in6));
	} else {
		clean.in4.sin_port = a->in4.sin_port;
		clean.in4.sin_addr = a->in4.sin_addr;
		wr_bytes(w, &clean.in4, sizeof(clean.in4));
	}
}

struct session_id cookie_make(const struct cookie_key *key, struct now now, uint32_t slots_back,
			      const union sock_addr *client, const struct session_id *client_sid)
{
	uint8_t input[COOKIE_INPUT_MAX];
	struct wr w = wr_init(input, sizeof(input));
	struct session_id cookie;

	wr_u32(&w, (uint32_t)(now.unix_sec / key->slot_sec) - slots_back);
	write_address(&w, client);
	wr_bytes(&w, client_sid->b, sizeof(client_sid->b));
	siphash24(key->key, input, w.len, cookie.b);
	return cookie;
}

bool cookie_check(const struct cookie_key *key, struct now now, const union sock_addr *client,
		  const struct session_id *client_sid, const struct session_id *cookie)
{
	bool good = false;

	for (uint32_t back = 0; back <= COOKIE_SLOTS_BACK; back++) {
		struct session_id own = cookie_make(key, now, back, client, client_sid);

		good |= session_id_equal(&own, cookie);
	}
	return good;
}
