/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/inner.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
	IP4_HEADER_MIN = 20,
	IP6_HEADER_LEN = 40,
};

unsigned int inner_ip_version(const uint8_t *packet, size_t len)
{
	return len ? packet[0] >> 4 : 0;
}

static int inner_ip4_parse(struct rd *r, struct inner_ip *out)
{
	if (rd_left(r) < IP4_HEADER_MIN)
		return ERR_SHORT;
	rd_skip(r, 12);
	out->src.family = AF_INET;
	out->dst.family = AF_INET;
	rd_copy(r, &out->src.u.in4, 4);
	rd_copy(r, &out->dst.u.in4, 4);
	out->multicast = (ntohl(out->dst.u.in4.s_addr) >> 28) == 0xe;
	return 0;
}

static int inner_ip6_parse(struct rd *r, struct inner_ip *out)
{
	if (rd_left(r) < IP6_HEADER_LEN)
		return ERR_SHORT;
	rd_skip(r, 8);
	out->src.family = AF_INET6;
	out->dst.family = AF_INET6;
	rd_copy(r, &out->src.u.in6, 16);
	rd_copy(r, &out->dst.u.in6, 16);
	out->multicast = out->dst.u.in6.s6_addr[0] == 0xff;
	return 0;
}

int inner_ip_parse(const uint8_t *packet, size_t len, struct inner_ip *out)
{
	struct rd r = rd_init(packet, len);

	if (!len)
		return ERR_SHORT;
	memset(out, 0, sizeof(*out));
	switch (inner_ip_version(packet, len)) {
	case 4:
		return inner_ip4_parse(&r, out);
	case 6:
		return inner_ip6_parse(&r, out);
	default:
		return ERR_INVALID;
	}
}

int inner_mac_parse(const uint8_t *frame, size_t len, struct inner_mac *out)
{
	struct rd r = rd_init(frame, len);

	if (len < ETHERNET_HEADER_LEN)
		return ERR_SHORT;
	rd_copy(&r, out->dst, MAC_LEN);
	rd_copy(&r, out->src, MAC_LEN);
	out->multicast = out->dst[0] & 1;
	return 0;
}

/* Ports of an unfragmented TCP or UDP packet without IPv6 extension headers. */
static bool inner_ports(const uint8_t *packet, size_t len, uint8_t ip_proto, uint16_t *sport,
			uint16_t *dport)
{
	struct rd r = rd_init(packet, len);
	size_t header = IP6_HEADER_LEN;
	uint8_t proto;

	if (inner_ip_version(packet, len) == 4) {
		header = (size_t)(rd_u8(&r) & 15) * 4;
		rd_skip(&r, 8);
		proto = rd_u8(&r);
	} else {
		rd_skip(&r, 6);
		proto = rd_u8(&r);
	}
	if (rd_error(&r) || proto != ip_proto || header < IP4_HEADER_MIN)
		return false;
	r = rd_init(packet, len);
	rd_skip(&r, header);
	*sport = rd_u16(&r);
	*dport = rd_u16(&r);
	return !rd_error(&r);
}

bool inner_is_recursive(const uint8_t *packet, size_t len, const union sock_addr *remote,
			uint8_t ip_proto, union sock_addr *src)
{
	union sock_addr plain = *remote;
	struct inner_ip ip;
	struct ip_addr to;
	uint16_t sport, dport;

	sock_addr_unmap(&plain);
	if (inner_ip_version(packet, len) != (plain.sa.sa_family == AF_INET ? 4 : 6))
		return false;
	if (inner_ip_parse(packet, len, &ip) < 0)
		return false;
	to = sock_addr_ip(&plain);
	if (!ip_addr_equal(&ip.dst, &to) || !inner_ports(packet, len, ip_proto, &sport, &dport) ||
	    dport != sock_addr_port(&plain))
		return false;
	if (src)
		*src = sock_addr_make(&ip.src, sport);
	return true;
}
