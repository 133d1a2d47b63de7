/* SPDX-License-Identifier: GPL-2.0-only */
/* From the device, or from another peer, to the link. */
#include "data/block_ipv6.h"
#include "data/fragment.h"
#include "data/inner.h"
#include "engine/forward_internal.h"
#include "engine/vlan.h"

enum {
	COPIES_AT_ONCE = 256, /* of packets for all; then others have a turn */
};

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
	forward_check_key_limit(e, p);
	return 0;
}

enum data_framing forward_framing(const struct engine_peer *p)
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

	framing_write(forward_framing(p), plain, len, &framed);
	return send_sealed(e, p, at, framed.len, w);
}

/* Each piece is a packet of its own to the cipher. */
static int send_fragments(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len)
{
	struct wr framed = wr_init(e->framed, SEGMENT_PACKET_MAX + DATA_FRAMING_MAX);
	struct fragmenter f;
	bool used;
	int ret;

	framing_write(forward_framing(p), plain, len, &framed);
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

void forward_to_peer(struct engine *e, struct engine_peer *p, const uint8_t *packet, size_t len)
{
	if (forward_send(e, p, packet, len) < 0)
		return;
	p->stats.vpn_tx_packets++;
	p->stats.vpn_tx_bytes += len;
}

void forward_to_all(struct engine *e, const struct engine_peer *but, uint16_t vid,
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

struct engine_peer *forward_find_mac(const struct engine *e, const uint8_t mac[MAC_LEN],
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
	p = e->macs ? forward_find_mac(e, mac.dst, vid) : route_table_find(e->routes, &ip.dst);
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
	forward_clamp(e, p, packet, len);
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
