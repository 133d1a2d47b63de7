/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/coalesce.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "engine/checksum.h"

enum {
	IP4_HEADER_LEN = 20, /* packets with options go alone */
	IP6_HEADER_LEN = 40,
	IP4_DF = 0x4000,
	PROTO_TCP = 6,
	TCP_HEADER_MIN = 20,
	TCP_AT_SEQ = 4,
	TCP_AT_FLAGS = 13,
	TCP_AT_CHECKSUM = 16,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
};

/* What was found in a packet. */
struct tcp_packet {
	const uint8_t *bytes;
	size_t len;
	size_t ip_len;
	size_t header_len; /* IP and TCP */
	size_t payload_len;
	uint32_t seq;
	uint8_t flags;
};

struct flow {
	uint8_t *room; /* VNET_HDR_LEN bytes, then the packet */
	size_t len;    /* of the packet; 0: free */
	size_t ip_len;
	size_t header_len;
	size_t segment; /* payload of each packet but the last */
	uint32_t next_seq;
	uint16_t next_ip_id;
	unsigned int count;
	uint64_t used; /* for taking the oldest */
};

struct coalescer {
	coalesce_write_fn write;
	void *ctx;
	uint64_t clock;
	struct flow flows[COALESCE_FLOWS];
};

struct coalescer *coalescer_new(coalesce_write_fn write, void *ctx)
{
	struct coalescer *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->write = write;
	c->ctx = ctx;
	for (size_t i = 0; i < COALESCE_FLOWS; i++) {
		c->flows[i].room = malloc(VNET_HDR_LEN + SEGMENT_PACKET_MAX);
		if (!c->flows[i].room) {
			coalescer_free(c);
			return NULL;
		}
	}
	return c;
}

void coalescer_free(struct coalescer *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < COALESCE_FLOWS; i++)
		free(c->flows[i].room);
	free(c);
}

/* Whether a packet is TCP without IP options or fragments; lengths must agree exactly. */
static bool tcp_packet_parse(const uint8_t *bytes, size_t len, struct tcp_packet *out)
{
	size_t tcp_len;

	*out = (struct tcp_packet){.bytes = bytes, .len = len};
	if (len >= IP4_HEADER_LEN && bytes[0] == 0x45) {
		if (bytes[9] != PROTO_TCP || load_be16(bytes + 2) != len ||
		    load_be16(bytes + 6) & ~IP4_DF)
			return false;
		out->ip_len = IP4_HEADER_LEN;
	} else if (len >= IP6_HEADER_LEN && bytes[0] >> 4 == 6) {
		if (bytes[6] != PROTO_TCP || load_be16(bytes + 4) + (size_t)IP6_HEADER_LEN != len)
			return false;
		out->ip_len = IP6_HEADER_LEN;
	} else {
		return false;
	}
	if (len < out->ip_len + TCP_HEADER_MIN)
		return false;
	tcp_len = (size_t)(bytes[out->ip_len + 12] >> 4) * 4;
	out->header_len = out->ip_len + tcp_len;
	if (tcp_len < TCP_HEADER_MIN || out->header_len > len)
		return false;
	out->payload_len = len - out->header_len;
	out->seq = load_be32(bytes + out->ip_len + TCP_AT_SEQ);
	out->flags = bytes[out->ip_len + TCP_AT_FLAGS];
	return true;
}

/* Addresses and ports. */
static bool same_flow(const struct flow *f, const struct tcp_packet *p)
{
	const uint8_t *have = f->room + VNET_HDR_LEN;
	size_t at = p->ip_len == IP4_HEADER_LEN ? 12 : 8;

	return f->len && f->ip_len == p->ip_len &&
	       !memcmp(have + at, p->bytes + at, p->ip_len - at + 4);
}

/* Everything in the headers that would be lost by joining. */
static bool same_headers(const struct flow *f, const struct tcp_packet *p)
{
	const uint8_t *have = f->room + VNET_HDR_LEN, *tcp = have + f->ip_len;
	const uint8_t *new_tcp = p->bytes + p->ip_len;

	if (f->header_len != p->header_len)
		return false;
	if (f->ip_len == IP4_HEADER_LEN) {
		/* TOS; flags; TTL. An identification counts on, unless nobody looks at it. */
		if (have[1] != p->bytes[1] || memcmp(have + 6, p->bytes + 6, 3) != 0)
			return false;
		if (!(load_be16(have + 6) & IP4_DF) && load_be16(p->bytes + 4) != f->next_ip_id)
			return false;
	} else if (memcmp(have, p->bytes, 4) != 0 || have[7] != p->bytes[7]) {
		return false;
	}
	/* acknowledgement, window, options */
	return !memcmp(tcp + 8, new_tcp + 8, 5) && !memcmp(tcp + 14, new_tcp + 14, 2) &&
	       !memcmp(tcp + 18, new_tcp + 18, f->header_len - f->ip_len - 18);
}

static bool checksum_is_right(const struct tcp_packet *p)
{
	size_t l4_len = p->len - p->ip_len;

	if (p->ip_len == IP4_HEADER_LEN &&
	    checksum_fold(checksum_add(0, p->bytes, IP4_HEADER_LEN)) != 0xffff)
		return false;
	return checksum_fold(checksum_add(checksum_pseudo(p->bytes, PROTO_TCP, l4_len),
					  p->bytes + p->ip_len, l4_len)) == 0xffff;
}

/* Data that may begin or continue a run: only ACK, and PSH which ends it. */
static bool may_join(const struct tcp_packet *p)
{
	return p->payload_len && (p->flags & ~TCP_PSH) == TCP_ACK;
}

static bool flow_takes(const struct flow *f, const struct tcp_packet *p)
{
	return p->seq == f->next_seq && p->payload_len <= f->segment &&
	       f->len + p->payload_len <= SEGMENT_PACKET_MAX && same_headers(f, p);
}

/* Let the kernel know what the joined packet is made of. */
static void flow_finish(struct flow *f)
{
	struct virtio_net_hdr hdr = {0};
	uint8_t *packet = f->room + VNET_HDR_LEN;
	size_t l4_len = f->len - f->ip_len;

	if (f->count > 1) {
		hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr.gso_size = (uint16_t)f->segment;
		hdr.hdr_len = (uint16_t)f->header_len;
		hdr.csum_start = (uint16_t)f->ip_len;
		hdr.csum_offset = TCP_AT_CHECKSUM;
		if (f->ip_len == IP4_HEADER_LEN) {
			hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
			store_be16(packet + 2, (uint16_t)f->len);
			checksum_ip4_header(packet, IP4_HEADER_LEN);
		} else {
			hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
			store_be16(packet + 4, (uint16_t)l4_len);
		}
		store_be16(packet + f->ip_len + TCP_AT_CHECKSUM,
			   checksum_fold(checksum_pseudo(packet, PROTO_TCP, l4_len)));
	}
	vnet_hdr_write(f->room, &hdr);
}

static void flow_write(struct coalescer *c, struct flow *f)
{
	if (!f->len)
		return;
	flow_finish(f);
	(void)c->write(c->ctx, f->room, VNET_HDR_LEN + f->len);
	f->len = 0;
}

static struct flow *flow_for_new(struct coalescer *c)
{
	struct flow *oldest = &c->flows[0];

	for (size_t i = 0; i < COALESCE_FLOWS; i++) {
		if (!c->flows[i].len)
			return &c->flows[i];
		if (c->flows[i].used < oldest->used)
			oldest = &c->flows[i];
	}
	flow_write(c, oldest);
	return oldest;
}

static void flow_append(struct coalescer *c, struct flow *f, const struct tcp_packet *p)
{
	uint8_t *flags = f->room + VNET_HDR_LEN + f->ip_len + TCP_AT_FLAGS;

	memcpy(f->room + VNET_HDR_LEN + f->len, p->bytes + p->header_len, p->payload_len);
	f->len += p->payload_len;
	f->count++;
	f->next_seq += (uint32_t)p->payload_len;
	f->next_ip_id++;
	f->used = ++c->clock;
	*flags |= p->flags & TCP_PSH;
	if (p->flags & TCP_PSH || p->payload_len < f->segment)
		flow_write(c, f);
}

static void flow_begin(struct coalescer *c, struct flow *f, const struct tcp_packet *p)
{
	memcpy(f->room + VNET_HDR_LEN, p->bytes, p->len);
	f->len = p->len;
	f->ip_len = p->ip_len;
	f->header_len = p->header_len;
	f->segment = p->payload_len;
	f->next_seq = p->seq + (uint32_t)p->payload_len;
	f->next_ip_id = p->ip_len == IP4_HEADER_LEN ? (uint16_t)(load_be16(p->bytes + 4) + 1) : 0;
	f->count = 1;
	f->used = ++c->clock;
}

static bool write_alone(struct coalescer *c, uint8_t *room, size_t len)
{
	static const struct virtio_net_hdr plain;

	vnet_hdr_write(room, &plain);
	return c->write(c->ctx, room, VNET_HDR_LEN + len);
}

bool coalescer_put(struct coalescer *c, uint8_t *room, size_t len)
{
	struct flow *f = NULL;
	struct tcp_packet p;

	if (!tcp_packet_parse(room + VNET_HDR_LEN, len, &p))
		return write_alone(c, room, len);
	for (size_t i = 0; i < COALESCE_FLOWS && !f; i++)
		if (same_flow(&c->flows[i], &p))
			f = &c->flows[i];
	if (!may_join(&p) || !checksum_is_right(&p)) {
		if (f)
			flow_write(c, f);
		return write_alone(c, room, len);
	}
	if (f && flow_takes(f, &p)) {
		flow_append(c, f, &p);
		return true;
	}
	if (f)
		flow_write(c, f);
	/* Nothing can follow a packet with PSH. */
	if (p.flags & TCP_PSH)
		return write_alone(c, room, len);
	flow_begin(c, f ? f : flow_for_new(c), &p);
	return true;
}

void coalescer_flush(struct coalescer *c)
{
	for (size_t i = 0; i < COALESCE_FLOWS; i++)
		flow_write(c, &c->flows[i]);
}
