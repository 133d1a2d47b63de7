/* SPDX-License-Identifier: GPL-2.0-only */
/* From the link to the device, or to another peer. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "data/block_ipv6.h"
#include "data/fragment.h"
#include "data/inner.h"
#include "data/packet.h"
#include "data/ping.h"
#include "engine/dhcp.h"
#include "engine/early.h"
#include "engine/forward_internal.h"
#include "engine/vlan.h"

enum {
	OUT_OF_SYNC_EVERY_MS = 1000,
};

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
	forward_clamp(e, to, packet, len);
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
	if (!route_is_host_of(p, &ip.src) && route_table_find(e->routes, &ip.src) != p) {
		bad_source(e, p,
			   ip_addr_is_link_local(&ip.src)
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
	forward_clamp(e, p, packet, len);
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
		to = forward_find_mac(e, mac.dst, vid);
	if (to) {
		between_peers(e, p, to, frame, len);
		return;
	}
	forward_clamp(e, p, frame, len);
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
	around = data_key_overhead(key) + framing_bytes(forward_framing(p)) +
		 (p->params.fragment_max ? FRAGMENT_HEADER_LEN : 0);
	if (occ_answer(&msg, p->options, &p->sizes, e->device.packet_max, around, &w))
		(void)forward_send(e, p, w.base, w.len);
}

static void look_for_router(struct engine *e, struct engine_peer *p, uint8_t *frame, size_t len)
{
	if (dhcp_take_router(frame, len, &p->dhcp_router))
		event_mark_peer(&e->events, p, PEER_PENDING_DHCP_ROUTER);
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
	if (unlikely(p->params.dhcp_router) && !device_is_ip(e))
		look_for_router(e, p, plain, len);
	forward_clamp(e, p, plain, len);
	to_device(e, p, len);
}

/*
 * Take compression framing off the packet in the device's room; the payload is there after.
 * Return: its length, 0 when there is none to deliver. Never fatal, not even on TCP.
 */
static size_t unframe(struct engine *e, struct engine_peer *p, uint8_t *plain, size_t len)
{
	struct framing_result r;

	if (framing_read(forward_framing(p), plain, len, e->plain, e->device.packet_max, &r) < 0) {
		forward_drop(e, p, DROP_BAD_PACKET);
		if (engine_may_log(e))
			log_warn(&p->log, "%s: %d", r.text, r.value);
		return 0;
	}
	if (r.packed_len) {
		p->stats.packed_rx_bytes += r.packed_len;
		p->stats.unpacked_rx_bytes += r.len;
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

/* A peer that is answered by the routing table's choice of interface goes on so. */
static void follow_local(struct engine_peer *p, const struct local_addr *local)
{
	if (p->local.addr.sa.sa_family == AF_UNSPEC || local->addr.sa.sa_family == AF_UNSPEC)
		return;
	p->local.addr = local->addr;
	if (p->local.ifindex)
		p->local.ifindex = local->ifindex;
}

/* Spec 14.1, after authentication and replay check. Return: whether the packet may pass. */
static bool float_peer(struct engine *e, struct engine_peer *p, const union sock_addr *remote,
		       const struct local_addr *local)
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
	follow_local(p, local);
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
			   const struct local_addr *local, const uint8_t *packet, size_t len)
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
			forward_check_key_limit(e, p);
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
		forward_check_key_limit(e, p);
	deliver(e, p, plain, plain_len);
}

void forward_from_link(struct engine *e, struct port *port, const union sock_addr *remote,
		       const struct local_addr *local, const uint8_t *packet, size_t len)
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
