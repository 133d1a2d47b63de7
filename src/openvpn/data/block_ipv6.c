/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/block_ipv6.h"

#include <string.h>

#include "base/err.h"

enum {
	IP6_HEADER_LEN = 40,
	IP6_ADDR_LEN = 16,
	ICMP6_HEADER_LEN = 8,
	ICMP6_UNREACHABLE = 1,
	PROTO_ICMP6 = 58,
	MAC_LEN = 6,
	ETHERTYPE_IPV6 = 0x86dd,
	IP6_MTU_MIN = 1280,
	QUOTE_MIN = 64,
};

static const uint8_t default_from[IP6_ADDR_LEN] = {0xfe, 0x80, [15] = 0x07};

bool block_ipv6_matches(const uint8_t *packet, size_t len, bool ethernet)
{
	struct rd r = rd_init(packet, len);

	if (!ethernet)
		return rd_u8(&r) >> 4 == 6;
	rd_skip(&r, 2 * (size_t)MAC_LEN);
	return rd_u16(&r) == ETHERTYPE_IPV6;
}

/* RFC 1071 over the pseudo header and the message. */
static uint16_t icmp6_checksum(const uint8_t *src, const uint8_t *dst, const uint8_t *message,
			       size_t len)
{
	uint64_t sum = len + PROTO_ICMP6;

	for (size_t i = 0; i < IP6_ADDR_LEN; i += 2)
		sum += (uint64_t)load_be16(src + i) + load_be16(dst + i);
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += load_be16(message + i);
	if (len & 1)
		sum += (uint64_t)message[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t quoted_len(size_t len, uint32_t tun_mtu)
{
	size_t most = tun_mtu > IP6_HEADER_LEN + ICMP6_HEADER_LEN
			      ? tun_mtu - IP6_HEADER_LEN - ICMP6_HEADER_LEN
			      : 0u;

	most = most < IP6_MTU_MIN ? most : IP6_MTU_MIN;
	most = most > QUOTE_MIN ? most : QUOTE_MIN;
	return len < most ? len : most;
}

int block_ipv6_answer(const uint8_t *packet, size_t len, bool ethernet, const uint8_t *from,
		      uint32_t tun_mtu, struct wr *out)
{
	struct rd r = rd_init(packet, len);
	const uint8_t *macs = ethernet ? rd_bytes(&r, 2 * (size_t)MAC_LEN) : NULL;
	const uint8_t *ip, *src, *message;
	uint16_t ethertype = ethernet ? rd_u16(&r) : 0;
	struct rd header;
	size_t quote, mark;

	ip = rd_rest(&r, &len);
	if (rd_error(&r) || len < IP6_HEADER_LEN)
		return ERR_SHORT;
	quote = quoted_len(len, tun_mtu);
	from = from ? from : default_from;
	if (macs) {
		wr_bytes(out, macs + MAC_LEN, MAC_LEN);
		wr_bytes(out, macs, MAC_LEN);
		wr_u16(out, ethertype);
	}
	header = rd_init(ip, len);
	wr_bytes(out, rd_bytes(&header, 4), 4); /* version, class, flow label */
	wr_u16(out, (uint16_t)(ICMP6_HEADER_LEN + quote));
	rd_skip(&header, 3);
	wr_u8(out, PROTO_ICMP6);
	wr_u8(out, rd_u8(&header)); /* hop limit */
	src = rd_bytes(&header, IP6_ADDR_LEN);
	wr_bytes(out, from, IP6_ADDR_LEN);
	wr_bytes(out, src, IP6_ADDR_LEN);
	mark = wr_mark(out);
	message = wr_reserve(out, 0);
	wr_u8(out, ICMP6_UNREACHABLE);
	wr_u8(out, 0);
	wr_u16(out, 0);
	wr_u32(out, 0);
	wr_bytes(out, ip, quote);
	if (wr_error(out))
		return ERR_OVERFLOW;
	wr_patch_u16(out, mark + 2, icmp6_checksum(from, src, message, ICMP6_HEADER_LEN + quote));
	return 0;
}
