/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/forward.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#include "data/block_ipv6.h"
#include "data/fragment.h"
#include "data/framing.h"
#include "data/inner.h"
#include "data/mss.h"
#include "data/packet.h"
#include "data/ping.h"
#include "engine/early.h"
#include "engine/state.h"
#include "engine/vlan.h"

enum {
	OUT_OF_SYNC_EVERY_MS = 1000,
	COPIES_AT_ONCE = 256, /* of packets for all; then others have a turn */
};

static void forward_drop(struct engine *e, struct engine_peer *p, enum engine_drop why)
{
	e->drops[why]++;
	if (p)
		p->stats.dropped++;
	else
		e->past.dropped++;
}

static bool device_is_ip(const struct engine *e)
{
	return e->device.type != DCO_TAP;
}

static void clamp(const struct engine *e, const struct engine_peer *p, uint8_t *packet, size_t len)
{
	const struct dco_peer_params *pp = &p->params;

	if (!pp->mss_ip4 && !pp->mss_ip6)
		return;
	if (device_is_ip(e))
		mss_clamp(packet, len, pp->mss_ip4, pp->mss_ip6);
	else
		mss_clamp_ethernet(packet, len, pp->mss_ip4, pp->mss_ip6);
}

static void check_key_limit(struct engine *e, struct engine_peer *p)
{
	if (p->limit_reported || !data_key_renewal_due(p->keys[DCO_SLOT_PRIMARY]))
		return;
	p->limit_reported = true;
	event_mark_peer(&e->events, p, PEER_PENDING_KEY_LIMIT);
}

/* ---- device to link ---- */

static void queue_full(struct engine *e, struct engine_peer *p)
{
	forward_drop(e, p, DROP_QUEUE_FULL);
	if (p->port->tcp && e->cfg.mode == DCO_MODE_MULTI_PEER && log_enabled(&p->log, 4) &&
	    engine_may_log(e))
		log_info(
			&p->log, 4,
			"MULTI: packet dropped due to output saturation (multi_process_incoming_tun)");
}

/* Return: room for a packet of @len bytes in @w, or why there is none (counted). */
static int send_begin(struct engine *e, struct engine_peer *p, size_t len, struct wr *w)
{
	int ret;

	if (unlikely(!p->keys[DCO_SLOT_PRIMARY] || p->gone)) {
		forward_drop(e, p, DROP_NO_KEY);
		return ERR_NO_KEY;
	}
	ret = port_begin(e, p->port, len + DATA_KEY_OVERHEAD_MAX + DATA_FRAMING_MAX, w);
	if (unlikely(ret < 0))
		queue_full(e, p);
	return ret;
}

static int send_sealed(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len,
		       struct wr *w)
{
	int ret = data_key_seal(p->keys[DCO_SLOT_PRIMARY], plain, len, w);

	port_commit(p->port, p, w);
	if (unlikely(ret < 0)) {
		forward_drop(e, p, DROP_SEAL);
		if (ret == ERR_PACKET_ID_ROLLOVER && engine_may_log(e))
			log_warn(&p->log, "ENCRYPT ERROR: packet ID roll over");
		return ret;
	}
	p->stats.link_tx_packets++;
	p->stats.link_tx_bytes += w->len;
	if (unlikely(w->len > p->sizes.max_sent))
		p->sizes.max_sent = (uint16_t)w->len;
	p->tx_ms = e->now_ms;
	check_key_limit(e, p);
	return 0;
}

static enum data_framing framing_of(const struct engine_peer *p)
{
	static const enum data_framing map[] = {
		[DCO_FRAMING_NONE] = DATA_FRAMING_NONE,
		[DCO_FRAMING_LZO_STUB] = DATA_FRAMING_LZO_STUB,
		[DCO_FRAMING_LZO] = DATA_FRAMING_LZO,
		[DCO_FRAMING_STUB] = DATA_FRAMING_STUB,
		[DCO_FRAMING_LZ4] = DATA_FRAMING_LZ4,
		[DCO_FRAMING_STUB_V2] = DATA_FRAMING_STUB_V2,
		[DCO_FRAMING_LZ4_V2] = DATA_FRAMING_LZ4_V2,
	};

	return map[p->params.framing];
}

/* The framed plaintext is made where its ciphertext will be. */
static int send_framed(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len,
		       struct wr *w)
{
	size_t cap = len + DATA_FRAMING_MAX;
	uint8_t *at = data_key_place(p->keys[DCO_SLOT_PRIMARY], w, cap);
	struct wr framed = wr_init(at, cap);

	framing_write(framing_of(p), plain, len, &framed);
	return send_sealed(e, p, at, framed.len, w);
}

/* Each piece is a packet of its own to the cipher. */
static int send_fragments(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len)
{
	struct wr framed = wr_init(e->framed, SEGMENT_PACKET_MAX + DATA_FRAMING_MAX);
	struct fragmenter f;
	bool used;
	int ret;

	framing_write(framing_of(p), plain, len, &framed);
	ret = fragmenter_init(&f, framed.base, framed.len, p->params.fragment_max,
			      (uint8_t)(p->fragment_sequence + 1), &used);
	if (ret < 0) {
		forward_drop(e, p, DROP_TOO_LARGE);
		if (engine_may_log(e))
			log_warn(
				&p->log,
				"FRAG_OUT error, len=%zu frag_size=%zu MAX_FRAGS=%d: too many fragments would be required to send datagram",
				framed.len, f.size, FRAGMENTS_MAX);
		return ret;
	}
	if (used)
		p->fragment_sequence++;
	while (!ret && (len = fragmenter_next_len(&f)) > 0) {
		struct wr w, piece;

		ret = send_begin(e, p, len, &w);
		if (ret < 0)
			return ret;
		piece = wr_init(data_key_place(p->keys[DCO_SLOT_PRIMARY], &w, len), len);
		fragmenter_next(&f, &piece);
		ret = send_sealed(e, p, piece.base, len, &w);
	}
	return ret;
}

int forward_send(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len)
{
	struct wr w;
	int ret;

	if (unlikely(p->params.fragment_max))
		return send_fragments(e, p, plain, len);
	ret = send_begin(e, p, len, &w);

	if (unlikely(ret < 0))
		return ret;
	if (unlikely(p->params.framing != DCO_FRAMING_NONE))
		return send_framed(e, p, plain, len, &w);
	return send_sealed(e, p, plain, len, &w);
}

/* A packet of the tunnel, not a ping or OCC message of our own. */
static void forward_to_peer(struct engine *e, struct engine_peer *p, const uint8_t *packet,
			    size_t len)
{
	if (forward_send(e, p, packet, len) < 0)
		return;
	p->stats.vpn_tx_packets++;
	p->stats.vpn_tx_bytes += len;
}

/* The copies are made by forward_broadcasts(). */
static void forward_to_all(struct engine *e, const struct engine_peer *but, uint16_t vid,
			   const uint8_t *packet, size_t len)
{
	uint32_t id = but ? but->id : DCO_PEER_ID_UNDEF;
	int ret = broadcast_queue_put(e->broadcasts, packet, len, id, vid);

	if (likely(ret == 0))
		return;
	forward_drop(e, NULL, DROP_QUEUE_FULL);
	if (ret == ERR_AGAIN) /* the first of the queue is another one now */
		e->broadcast_begun = false;
	if (log_enabled(&e->log, 4) && engine_may_log(e))
		log_info(&e->log, 4, "MBUF: mbuf packet dropped");
}

void forward_broadcasts(struct engine *e)
{
	const struct broadcast *b;

	e->broadcast_waits = false;
	if (likely(!e->broadcasts))
		return;
	for (int n = 0; n < COPIES_AT_ONCE && (b = broadcast_queue_first(e->broadcasts)); n++) {
		struct engine_peer *p;

		if (!e->broadcast_begun)
			e->peers.copies = e->peers.all;
		e->broadcast_begun = true;
		p = e->peers.copies;
		if (!p) {
			broadcast_queue_pop(e->broadcasts);
			e->broadcast_begun = false;
			continue;
		}
		if (p->port->udp && port_is_full(p->port)) {
			e->broadcast_waits = true;
			return;
		}
		e->peers.copies = p->all_next;
		if (p->id != b->but && (!b->vid || b->vid == p->params.vlan_pvid))
			forward_to_peer(e, p, b->packet, b->len);
	}
}

static bool is_recursive(struct engine *e, const struct engine_peer *p, const uint8_t *packet,
			 size_t len)
{
	uint8_t proto = p->port->proto == DCO_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	const union sock_addr *remote = p->port->proto == DCO_UDP ? &p->remote : &p->port->remote;
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	union sock_addr src;
	struct ip_addr ip;

	if (e->cfg.allow_recursive_routing || !device_is_ip(e) ||
	    !inner_is_recursive(packet, len, remote, proto, &src))
		return false;
	ip = sock_addr_ip(&src);
	if (log_enabled(&p->log, 4) && engine_may_log(e))
		log_info(&p->log, 4, "Recursive routing detected, packet dropped %s:%u -> %s",
			 ip_addr_format(&ip, from, sizeof(from)), sock_addr_port(&src),
			 sock_addr_format(remote, to, sizeof(to)));
	return true;
}

static struct engine_peer *find_mac(const struct engine *e, const uint8_t mac[MAC_LEN],
				    uint16_t vid)
{
	uint8_t key[MAC_KEY_LEN];

	mac_key(key, mac, vid);
	return mac_table_find(e->macs, key);
}

/* Whom a packet from the device is for; NULL with the reason counted. */
static struct engine_peer *find_receiver(struct engine *e, uint16_t vid, const uint8_t *packet,
					 size_t len)
{
	struct engine_peer *p = e->only;
	struct inner_mac mac;
	struct inner_ip ip;

	if (e->cfg.mode == DCO_MODE_P2P) {
		if (p && !is_recursive(e, p, packet, len))
			return p;
		forward_drop(e, p, p ? DROP_RECURSIVE : DROP_NO_PEER);
		return NULL;
	}
	if (e->macs ? inner_mac_parse(packet, len, &mac) < 0
		    : inner_ip_parse(packet, len, &ip) < 0) {
		forward_drop(e, NULL, DROP_BAD_PACKET);
		return NULL;
	}
	p = e->macs ? find_mac(e, mac.dst, vid) : route_table_find(e->routes, &ip.dst);
	if (!p)
		forward_drop(e, NULL, DROP_NO_ROUTE);
	return p;
}

static bool is_for_all(const struct engine *e, const uint8_t *packet, size_t len)
{
	struct inner_mac mac;
	struct inner_ip ip;

	if (e->cfg.mode != DCO_MODE_MULTI_PEER)
		return false;
	if (e->macs)
		return inner_mac_parse(packet, len, &mac) == 0 && mac.multicast;
	return inner_ip_parse(packet, len, &ip) == 0 && ip.multicast;
}

/* --block-ipv6 at a client: the sender gets an answer instead of silence. */
static bool is_blocked(struct engine *e, struct engine_peer *p, const uint8_t *packet, size_t len)
{
	const struct ip_addr *ip = &p->params.block_ipv6_from;
	const uint8_t *from = ip->family == AF_INET6 ? ip->u.in6.s6_addr : NULL;
	size_t cap = e->device.packet_max;
	struct wr w;

	if (!p->params.block_ipv6 || !block_ipv6_matches(packet, len, !device_is_ip(e)))
		return false;
	forward_drop(e, p, DROP_BLOCKED);
	w = wr_init(tundev_room(&e->device, cap), cap);
	if (!block_ipv6_answer(packet, len, !device_is_ip(e), from, e->cfg.tun_mtu, &w))
		(void)tundev_put(e, w.len);
	return true;
}

void forward_from_device(struct engine *e, uint8_t *packet, size_t len)
{
	struct engine_peer *p;
	uint16_t vid = 0;

	if (unlikely(e->cfg.vlan.tagging) &&
	    vlan_from_device(&e->cfg.vlan, &packet, &len, &vid) < 0) {
		forward_drop(e, NULL, DROP_BAD_PACKET);
		return;
	}
	if (is_for_all(e, packet, len)) {
		forward_to_all(e, NULL, vid, packet, len);
		return;
	}
	p = find_receiver(e, vid, packet, len);
	if (!p || is_blocked(e, p, packet, len))
		return;
	clamp(e, p, packet, len);
	forward_to_peer(e, p, packet, len);
}

/* Each segment is made where its ciphertext will be: no copy but the one that cuts. */
static bool forward_segment(struct engine *e, struct engine_peer *p, struct segmenter *s)
{
	size_t len = segmenter_next_len(s);
	uint8_t *plain;
	struct wr w;

	if (unlikely(p->params.framing != DCO_FRAMING_NONE || p->params.fragment_max)) {
		segmenter_next(s, e->plain);
		forward_to_peer(e, p, e->plain, len);
		return true;
	}
	if (send_begin(e, p, len, &w) < 0)
		return false;
	plain = data_key_place(p->keys[DCO_SLOT_PRIMARY], &w, len);
	segmenter_next(s, plain);
	if (send_sealed(e, p, plain, len, &w) < 0)
		return false;
	p->stats.vpn_tx_packets++;
	p->stats.vpn_tx_bytes += len;
	return true;
}

void forward_large_from_device(struct engine *e, struct segmenter *s)
{
	struct engine_peer *p;
	size_t len;

	if (is_for_all(e, s->packet, s->header_len)) {
		while ((len = segmenter_next_len(s)) > 0) {
			segmenter_next(s, e->plain);
			forward_to_all(e, NULL, 0, e->plain, len);
		}
		return;
	}
	p = find_receiver(e, 0, s->packet, s->header_len);
	if (p && is_blocked(e, p, s->packet, s->header_len))
		return;
	/* What does not fit any more would not fit later either: leave the rest. */
	while (p && segmenter_next_len(s) > 0 && forward_segment(e, p, s))
		continue;
}

/* ---- link to device ---- */

static void to_device(struct engine *e, struct engine_peer *p, size_t len)
{
	if (!tundev_put(e, len)) {
		forward_drop(e, p, DROP_QUEUE_FULL);
		return;
	}
	p->stats.vpn_rx_packets++;
	p->stats.vpn_rx_bytes += len;
}

/* From one peer to another, which never sees the device. */
static void between_peers(struct engine *e, struct engine_peer *from, struct engine_peer *to,
			  uint8_t *packet, size_t len)
{
	if (to->params.block_ipv6 && block_ipv6_matches(packet, len, !device_is_ip(e))) {
		forward_drop(e, from, DROP_BLOCKED);
		return;
	}
	from->stats.vpn_rx_packets++;
	from->stats.vpn_rx_bytes += len;
	clamp(e, to, packet, len);
	forward_to_peer(e, to, packet, len);
}

static void bad_source(struct engine *e, struct engine_peer *p, const char *source)
{
	forward_drop(e, p, DROP_BAD_SOURCE);
	if (source && log_enabled(&p->log, 4) && engine_may_log(e))
		log_info(&p->log, 4, "MULTI: bad source address from client [%s], packet dropped",
			 source);
}

/*
 * An IP packet of a peer among several; it lies in @packet, which is the device's room. Spec 13.4.
 */
static void route_from_peer(struct engine *e, struct engine_peer *p, uint8_t *packet, size_t len)
{
	char text[ADDR_TEXT_MAX];
	struct engine_peer *to = NULL;
	struct inner_ip ip;

	if (inner_ip_parse(packet, len, &ip) < 0) {
		forward_drop(e, p, DROP_BAD_PACKET);
		return;
	}
	if (route_table_find(e->routes, &ip.src) != p) {
		bad_source(e, p,
			   inner_is_link_local(&ip.src)
				   ? NULL
				   : ip_addr_format(&ip.src, text, sizeof(text)));
		return;
	}
	if (e->cfg.client_to_client && ip.multicast)
		forward_to_all(e, p, 0, packet, len);
	else if (e->cfg.client_to_client)
		to = route_table_find(e->routes, &ip.dst);
	if (to) {
		between_peers(e, p, to, packet, len);
		return;
	}
	clamp(e, p, packet, len);
	to_device(e, p, len);
}

/* Whether frames from this address may come from the peer. */
static bool learn_mac_of(struct engine *e, struct engine_peer *p, const uint8_t mac[MAC_LEN],
			 uint16_t vid)
{
	uint32_t quota = p->params.macs_max ? p->params.macs_max : e->cfg.max_routes_per_peer;
	char text[MAC_LEN * 3 + 8], number[8];
	uint8_t key[MAC_KEY_LEN];
	int ret;

	mac_key(key, mac, vid);
	ret = mac_table_learn(e->macs, key, p, quota, e->now_ms);
	if (unlikely(p->mac_news))
		event_mark_peer(&e->events, p, PEER_PENDING_MAC);
	if (likely(ret == 0))
		return true;
	str_hex(text, sizeof(text), mac, MAC_LEN, ':');
	snprintf(number, sizeof(number), "@%u", vid);
	str_append(text, sizeof(text), number);
	if (ret == ERR_LIMIT && log_enabled(&p->log, 3) && engine_may_log(e))
		log_info(
			&p->log, 3,
			"MULTI ROUTE: route quota (%u) exceeded for %s (see --max-routes-per-client option)",
			quota, p->name);
	bad_source(e, p, ret == ERR_AGAIN ? NULL : text);
	return false;
}

/* A frame of a peer, which lies in the device's room, where a tag may be added. */
static void frame_to_device(struct engine *e, struct engine_peer *p, uint8_t *frame, size_t len)
{
	size_t cap = len + VLAN_TAG_LEN;

	if (unlikely(e->cfg.vlan.tagging) &&
	    vlan_to_device(&e->cfg.vlan, p->params.vlan_pvid, frame, &len,
			   tundev_room(&e->device, cap) ? cap : len) < 0) {
		forward_drop(e, p, DROP_BAD_PACKET);
		return;
	}
	to_device(e, p, len);
}

/* An Ethernet frame of a peer among several. Spec 13.5. */
static void bridge_from_peer(struct engine *e, struct engine_peer *p, uint8_t *frame, size_t len)
{
	uint16_t vid = e->cfg.vlan.tagging ? p->params.vlan_pvid : 0;
	struct engine_peer *to = NULL;
	struct inner_mac mac;

	if (inner_mac_parse(frame, len, &mac) < 0 ||
	    (e->cfg.vlan.tagging && vlan_from_client(frame, len) < 0)) {
		forward_drop(e, p, DROP_BAD_PACKET);
		return;
	}
	if (!learn_mac_of(e, p, mac.src, vid))
		return;
	if (e->cfg.client_to_client && mac.multicast)
		forward_to_all(e, p, vid, frame, len);
	else if (e->cfg.client_to_client)
		to = find_mac(e, mac.dst, vid);
	if (to) {
		between_peers(e, p, to, frame, len);
		return;
	}
	clamp(e, p, frame, len);
	frame_to_device(e, p, frame, len);
}

static void answer_occ(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len)
{
	const struct data_key *key = p->keys[DCO_SLOT_PRIMARY];
	struct wr w = wr_init(e->plain, e->device.packet_max);
	struct occ_message msg;
	size_t around;

	occ_parse(plain, len, &msg);
	if (msg.op == OCC_EXIT)
		event_mark_peer(&e->events, p, PEER_PENDING_REMOTE_EXIT);
	if (!key)
		return;
	around = data_key_overhead(key) + framing_bytes(framing_of(p)) +
		 (p->params.fragment_max ? FRAGMENT_HEADER_LEN : 0);
	if (occ_answer(&msg, p->options, &p->sizes, e->device.packet_max, around, &w))
		(void)forward_send(e, p, w.base, w.len);
}

static void deliver(struct engine *e, struct engine_peer *p, uint8_t *plain, size_t len)
{
	if (ping_matches(plain, len))
		return;
	if (occ_matches(plain, len)) {
		answer_occ(e, p, plain, len);
		return;
	}
	if (e->macs) {
		bridge_from_peer(e, p, plain, len);
		return;
	}
	if (e->cfg.mode == DCO_MODE_MULTI_PEER) {
		route_from_peer(e, p, plain, len);
		return;
	}
	clamp(e, p, plain, len);
	to_device(e, p, len);
}

/*
 * Take compression framing off the packet in the device's room; the payload is there after.
 * Return: its length, 0 when there is none to deliver. Never fatal, not even on TCP.
 */
static size_t unframe(struct engine *e, struct engine_peer *p, uint8_t *plain, size_t len)
{
	struct framing_result r;

	if (framing_read(framing_of(p), plain, len, e->plain, e->device.packet_max, &r) < 0) {
		forward_drop(e, p, DROP_BAD_PACKET);
		if (engine_may_log(e))
			log_warn(&p->log, "%s: %d", r.text, r.value);
		return 0;
	}
	if (r.len)
		memmove(plain, r.payload, r.len);
	return r.len;
}

/*
 * Put the fragment in the device's room to the others; when that completes a packet, it is there
 * after. Return: its length, or 0.
 */
static size_t reassemble(struct engine *e, struct engine_peer *p, uint8_t *plain, size_t len)
{
	struct reassembled out;

	if (reassembly_put(p->reassembly, plain, len, e->now_ms / 1000, &out) < 0) {
		forward_drop(e, p, DROP_BAD_PACKET);
		if (engine_may_log(e))
			log_warn(&p->log, "FRAG_IN error flags=0x%08x: %s", out.flags, out.text);
		return 0;
	}
	if (out.packet)
		memmove(plain, out.packet, out.len);
	return out.packet ? out.len : 0;
}

/* "#7", or with the time that long packet ids carry "#7 / time = (1711276032) 2024-03-24 10:27:12"
 */
static const char *replay_text(const struct data_key *key, char *buf, size_t cap)
{
	struct data_key_usage usage;
	char date[32];

	data_key_usage(key, &usage);
	if (usage.refused_time) {
		clock_format_local(usage.refused_time, date, sizeof(date));
		snprintf(buf, cap, "#%llu / time = (%u) %s", (unsigned long long)usage.refused_id,
			 usage.refused_time, date);
	} else {
		snprintf(buf, cap, "#%llu", (unsigned long long)usage.refused_id);
	}
	return buf;
}

static void report_open_error(struct engine *e, struct engine_peer *p, const struct data_key *key,
			      int error)
{
	bool replay = error == ERR_REPLAY_SEEN || error == ERR_REPLAY_OLD;
	unsigned int verb;
	const char *text = data_open_text(key, error, &verb);
	char id[96];

	if (replay && e->cfg.mute_replay_warnings)
		return;
	if (!log_enabled(&p->log, verb) || !engine_may_log(e))
		return;
	if (replay)
		log_info(
			&p->log, verb,
			"%s: %s: [ %s ] -- see the man page entry for --replay-window for more info or silence this warning with --mute-replay-warnings",
			data_open_prefix(key), text, replay_text(key, id, sizeof(id)));
	else
		log_info(&p->log, verb, "%s: %s", data_open_prefix(key), text);
}

void forward_out_of_sync(struct engine *e, struct engine_peer *p, uint8_t key_id,
			 const union sock_addr *remote)
{
	forward_drop(e, p, DROP_NO_KEY);
	if (p->out_of_sync_ms && e->now_ms < p->out_of_sync_ms + OUT_OF_SYNC_EVERY_MS)
		return;
	p->out_of_sync_ms = e->now_ms ? e->now_ms : 1;
	p->out_of_sync_key_id = key_id;
	p->event_remote = *remote;
	event_mark_peer(&e->events, p, PEER_PENDING_OUT_OF_SYNC);
}

/* Spec 14.1, after authentication and replay check. Return: whether the packet may pass. */
static bool float_peer(struct engine *e, struct engine_peer *p, const union sock_addr *remote,
		       const union sock_addr *local)
{
	char old[ADDR_TEXT_MAX], now[ADDR_TEXT_MAX];

	if (peer_table_find_addr(&e->peers, p->port, remote)) {
		p->event_remote = *remote;
		event_mark_peer(&e->events, p, PEER_PENDING_FLOAT_REFUSED);
		forward_drop(e, p, DROP_ADDRESS);
		return false;
	}
	log_info(&p->log, 4, "peer %u (%s) floated from %s to %s", p->id, p->name,
		 sock_addr_format(&p->remote, old, sizeof(old)),
		 sock_addr_format(remote, now, sizeof(now)));
	peer_table_move(&e->peers, p, remote);
	if (p->local.sa.sa_family != AF_UNSPEC && local->sa.sa_family != AF_UNSPEC)
		p->local = *local;
	event_mark_peer(&e->events, p, PEER_PENDING_FLOATED);
	return true;
}

/* Whose packet it may be; nothing is authenticated yet. Spec 13.1, 14.1. */
static struct engine_peer *find_sender(struct engine *e, struct port *port,
				       const struct data_header *hdr, const union sock_addr *remote,
				       bool *floated)
{
	struct engine_peer *p;

	*floated = false;
	if (port->proto == DCO_TCP)
		return port->peer;
	if (e->cfg.mode == DCO_MODE_P2P)
		return e->only && e->only->port == port ? e->only : NULL;
	if (hdr->peer_id == DATA_PEER_ID_UNDEF)
		return peer_table_find_addr(&e->peers, port, remote);
	p = peer_table_find(&e->peers, hdr->peer_id);
	if (!p || p->port->proto != DCO_UDP)
		return NULL;
	*floated = p->port == port && !sock_addr_equal(&p->remote, remote);
	return p->port == port ? p : NULL;
}

static void data_from_link(struct engine *e, struct port *port, const union sock_addr *remote,
			   const union sock_addr *local, const uint8_t *packet, size_t len)
{
	struct rd r = rd_init(packet, len);
	struct data_header hdr;
	size_t plain_len;
	struct data_key *key;
	uint8_t *plain;
	struct engine_peer *p;
	bool floated;
	int ret = data_header_parse(&r, &hdr);

	p = find_sender(e, port, &hdr, remote, &floated);
	if (!p || p->gone) {
		forward_drop(e, p, DROP_NO_PEER);
		return;
	}
	if (ret < 0) {
		char text[ADDR_TEXT_MAX];

		forward_drop(e, p, DROP_BAD_PACKET);
		if (engine_may_log(e))
			log_warn(&p->log,
				 "Protocol error: received P_DATA_V2 from %s but length is < 4",
				 sock_addr_format(remote, text, sizeof(text)));
		if (port->proto == DCO_TCP)
			engine_peer_gone(e, p, DCO_GONE_TRANSPORT_ERROR);
		return;
	}
	key = engine_peer_key_find(p, hdr.key_id);
	/* A client's established key does not follow a moving server. */
	if (e->cfg.mode == DCO_MODE_P2P && port->proto == DCO_UDP &&
	    !sock_addr_equal(&p->remote, remote)) {
		forward_out_of_sync(e, p, hdr.key_id, remote);
		return;
	}
	if (!key) {
		if (!early_keep(e, p, hdr.key_id, remote, local, packet, len))
			forward_out_of_sync(e, p, hdr.key_id, remote);
		return;
	}
	plain = tundev_room(&e->device, len);
	if (!plain) {
		forward_drop(e, p, DROP_TOO_LARGE);
		return;
	}
	ret = data_key_open(key, packet, len, plain, len, &plain_len, e->now_ms / 1000);
	if (unlikely(ret < 0)) {
		forward_drop(e, p, DROP_OPEN);
		report_open_error(e, p, key, ret);
		if (p->keys[DCO_SLOT_PRIMARY])
			check_key_limit(e, p);
		if (port->proto == DCO_TCP)
			engine_peer_gone(e, p, DCO_GONE_DECRYPT_ERROR);
		return;
	}
	if (unlikely(floated) && !float_peer(e, p, remote, local))
		return;
	p->stats.link_rx_packets++;
	p->stats.link_rx_bytes += len;
	if (unlikely(len > p->sizes.max_received))
		p->sizes.max_received = (uint16_t)len;
	if (unlikely(p->reassembly && p->params.fragment_max))
		plain_len = reassemble(e, p, plain, plain_len);
	if (unlikely(plain_len && p->params.framing != DCO_FRAMING_NONE))
		plain_len = unframe(e, p, plain, plain_len);
	if (unlikely(!plain_len))
		return; /* part of a packet, or nothing: does not count as a sign of life */
	p->rx_ms = e->now_ms;
	if (likely(p->keys[DCO_SLOT_PRIMARY] != NULL))
		check_key_limit(e, p);
	deliver(e, p, plain, plain_len);
}

void forward_from_link(struct engine *e, struct port *port, const union sock_addr *remote,
		       const union sock_addr *local, const uint8_t *packet, size_t len)
{
	if (!len)
		return;
	if (likely(data_opcode_is_data(packet[0]))) {
		data_from_link(e, port, remote, local, packet, len);
		return;
	}
	if (event_put_packet(&e->events, port, remote, local, packet, len) < 0)
		e->events.packets_dropped++;
}
