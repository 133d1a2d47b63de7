/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/segment.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "engine/checksum.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum {
	IP4_HEADER_MIN = 20,
	IP6_HEADER_LEN = 40,
	TCP_HEADER_MIN = 20,
	UDP_HEADER_LEN = 8,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	TCP_AT_SEQ = 4,
	TCP_AT_FLAGS = 13,
	TCP_AT_CHECKSUM = 16,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
	UDP_AT_LENGTH = 4,
	UDP_AT_CHECKSUM = 6,
};

BUILD_ASSERT(sizeof(struct virtio_net_hdr) == VNET_HDR_LEN);

struct virtio_net_hdr vnet_hdr_read(const uint8_t *bytes)
{
	struct virtio_net_hdr hdr;

	memcpy(&hdr, bytes, sizeof(hdr));
	return hdr;
}

void vnet_hdr_write(uint8_t *bytes, const struct virtio_net_hdr *hdr)
{
	memcpy(bytes, hdr, sizeof(*hdr));
}

int segment_finish_checksum(const struct virtio_net_hdr *hdr, uint8_t *packet, size_t len)
{
	size_t start = hdr->csum_start, at = start + hdr->csum_offset;
	uint16_t sum;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return 0;
	if (at + 2 > len || start > len)
		return ERR_INVALID;
	/* The field holds the sum of the pseudo header already. */
	sum = (uint16_t)~checksum_fold(checksum_add(0, packet + start, len - start));
	/* UDP: 0 would say that there is none. */
	if (!sum && hdr->csum_offset == UDP_AT_CHECKSUM)
		sum = 0xffff;
	store_be16(packet + at, sum);
	return 0;
}

/* Length of the IP header, or 0 when the packet is not plain @proto over IP. */
static size_t ip_header_len(const uint8_t *packet, size_t len, uint8_t proto)
{
	size_t header;

	if (len >= IP6_HEADER_LEN && packet[0] >> 4 == 6)
		return packet[6] == proto ? IP6_HEADER_LEN : 0;
	if (len < IP4_HEADER_MIN || packet[0] >> 4 != 4 || packet[9] != proto)
		return 0;
	header = (size_t)(packet[0] & 15) * 4;
	return header >= IP4_HEADER_MIN && header <= len ? header : 0;
}

int segmenter_init(struct segmenter *s, const struct virtio_net_hdr *hdr, const uint8_t *packet,
		   size_t len)
{
	size_t l4_len = UDP_HEADER_LEN;

	*s = (struct segmenter){.packet = packet, .segment = hdr->gso_size};
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		s->tcp = true;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		break;
	default:
		return ERR_UNSUPPORTED;
	}
	s->ip_len = ip_header_len(packet, len, s->tcp ? PROTO_TCP : PROTO_UDP);
	if (!s->ip_len || !s->segment)
		return ERR_INVALID;
	if (s->tcp) {
		if (len < s->ip_len + TCP_HEADER_MIN)
			return ERR_INVALID;
		l4_len = (size_t)(packet[s->ip_len + 12] >> 4) * 4;
		if (l4_len < TCP_HEADER_MIN)
			return ERR_INVALID;
	}
	s->header_len = s->ip_len + l4_len;
	if (len <= s->header_len || len > SEGMENT_PACKET_MAX)
		return ERR_INVALID;
	s->payload_len = len - s->header_len;
	return 0;
}

static size_t segment_payload(const struct segmenter *s)
{
	size_t left = s->payload_len - s->at;

	return left < s->segment ? left : s->segment;
}

size_t segmenter_next_len(const struct segmenter *s)
{
	return s->at < s->payload_len ? s->header_len + segment_payload(s) : 0;
}

static void segment_fix_ip(const struct segmenter *s, uint8_t *out, size_t len)
{
	if (out[0] >> 4 == 6) {
		store_be16(out + 4, (uint16_t)(len - IP6_HEADER_LEN));
		return;
	}
	store_be16(out + 2, (uint16_t)len);
	store_be16(out + 4, (uint16_t)(load_be16(out + 4) + s->index));
	checksum_ip4_header(out, s->ip_len);
}

static void segment_fix_tcp(const struct segmenter *s, uint8_t *tcp, bool last)
{
	store_be32(tcp + TCP_AT_SEQ, load_be32(tcp + TCP_AT_SEQ) + (uint32_t)s->at);
	if (!last)
		tcp[TCP_AT_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (s->index)
		tcp[TCP_AT_FLAGS] &= (uint8_t)~TCP_CWR;
}

void segmenter_next(struct segmenter *s, uint8_t *out)
{
	size_t payload = segment_payload(s), len = s->header_len + payload;
	size_t l4_len = len - s->ip_len;
	size_t check_at = s->ip_len + (s->tcp ? TCP_AT_CHECKSUM : UDP_AT_CHECKSUM);
	uint16_t sum;

	memcpy(out, s->packet, s->header_len);
	memcpy(out + s->header_len, s->packet + s->header_len + s->at, payload);
	segment_fix_ip(s, out, len);
	if (s->tcp)
		segment_fix_tcp(s, out + s->ip_len, s->at + payload == s->payload_len);
	else
		store_be16(out + s->ip_len + UDP_AT_LENGTH, (uint16_t)l4_len);
	store_be16(out + check_at, 0);
	sum = (uint16_t)~checksum_fold(
		checksum_add(checksum_pseudo(out, s->tcp ? PROTO_TCP : PROTO_UDP, l4_len),
			     out + s->ip_len, l4_len));
	store_be16(out + check_at, !sum && !s->tcp ? 0xffff : sum);
	s->at += payload;
	s->index++;
}
