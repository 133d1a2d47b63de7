/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/ahead.h"

#include "data/inner.h"
#include "data/packet.h"
#include "engine/state.h"

enum {
	PEERS_MIN = 64, /* fewer stay in the cache anyway */
};

bool ahead_pays(const struct engine *e)
{
	return e->cfg.mode == DCO_MODE_MULTI_PEER && device_is_ip(e) && e->peers.count >= PEERS_MIN;
}

/* @peers have been asked for; NULL: nobody's packet */
static void fetch_keys(const struct engine_peer *const *peers, unsigned int count,
		       enum cipher_dir dir)
{
	const struct data_key *keys[AHEAD_MAX];

	for (unsigned int i = 0; i < count; i++) {
		keys[i] = peers[i] ? peers[i]->keys[DCO_SLOT_PRIMARY] : NULL;
		if (!keys[i])
			continue;
		data_key_fetch(keys[i], dir);
		if (dir == CIPHER_OPEN)
			route_fetch(peers[i]);
	}
	for (unsigned int i = 0; i < count; i++)
		if (keys[i])
			data_key_fetch_rest(keys[i], dir);
}

void ahead_from_link(const struct engine *e, const struct ahead_packet *packets, unsigned int count)
{
	const struct engine_peer *peers[AHEAD_MAX];
	uint32_t ids[AHEAD_MAX];

	for (unsigned int i = 0; i < count; i++) {
		struct rd r = rd_init(packets[i].bytes, packets[i].len);
		struct data_header hdr;

		ids[i] = DATA_PEER_ID_UNDEF;
		if (data_header_parse(&r, &hdr) == 0)
			ids[i] = hdr.peer_id;
		if (ids[i] != DATA_PEER_ID_UNDEF)
			peer_table_fetch(&e->peers, ids[i]);
	}
	for (unsigned int i = 0; i < count; i++) {
		peers[i] =
			ids[i] == DATA_PEER_ID_UNDEF ? NULL : peer_table_guess(&e->peers, ids[i]);
		if (peers[i])
			fetch_lines(peers[i], PEER_HOT_LINES);
	}
	fetch_keys(peers, count, CIPHER_OPEN);
}

void ahead_from_device(const struct engine *e, const struct ahead_packet *packets,
		       unsigned int count)
{
	const struct engine_peer *peers[AHEAD_MAX];
	const struct route *routes[AHEAD_MAX];
	struct inner_ip ip[AHEAD_MAX];
	bool good[AHEAD_MAX];

	for (unsigned int i = 0; i < count; i++) {
		good[i] = inner_ip_parse(packets[i].bytes, packets[i].len, &ip[i]) == 0;
		if (good[i])
			route_table_fetch(e->routes, &ip[i].dst);
	}
	for (unsigned int i = 0; i < count; i++) {
		routes[i] = good[i] ? route_table_guess(e->routes, &ip[i].dst) : NULL;
		if (routes[i])
			fetch_lines(routes[i], 1);
	}
	for (unsigned int i = 0; i < count; i++) {
		peers[i] = routes[i] ? route_peer(routes[i]) : NULL;
		if (peers[i])
			fetch_lines(peers[i], PEER_HOT_LINES);
	}
	fetch_keys(peers, count, CIPHER_SEAL);
}
