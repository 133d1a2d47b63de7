/* SPDX-License-Identifier: GPL-2.0-only */
/* The MSS clamp of spec 02 section 11.3. */
#include "data/mss.h"

#include "base/bytes.h"

enum {
	IP4_HEADER_MIN = 20,
	IP6_HEADER_LEN = 40,
	TCP_HEADER_MIN = 20,
	TCP_AT_OFFSET = 12, /* data offset and flags */
	TCP_AT_CHECKSUM = 16,
	TCP_FLAG_SYN = 2,
	TCP_OPT_END = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,
	TCP_OPT_MSS_LEN = 4,
	PROTO_TCP = 6,
	ETHERNET_HEADER = 14,
	VLAN_TAG = 4,
	ETHERTYPE_VLAN = 0x8100,
};

/* Replace a 16-bit word at @at and correct the checksum (RFC 1624, eqn. 3). */
static void tcp_patch_u16(uint8_t *tcp, size_t at, uint16_t value)
{
	uint32_t old = load_be16(tcp + at), now = value;
	uint32_t sum = (uint16_t)~load_be16(tcp + TCP_AT_CHECKSUM);

	if (at & 1) {
		/* The word straddles two checksum words. */
		old = (old << 8 | old >> 8) & 0xffff;
		now = (now << 8 | now >> 8) & 0xffff;
	}
	sum += (uint16_t)~old + now;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	store_be16(tcp + at, value);
	store_be16(tcp + TCP_AT_CHECKSUM, (uint16_t)~sum);
}

static bool tcp_clamp(uint8_t *tcp, size_t len, uint16_t mss)
{
	size_t header, at = TCP_HEADER_MIN;
	bool changed = false;

	if (len < TCP_HEADER_MIN || !(tcp[TCP_AT_OFFSET + 1] & TCP_FLAG_SYN))
		return false;
	header = (size_t)(tcp[TCP_AT_OFFSET] >> 4) * 4;
	if (header > len)
		return false;
	while (at < header && tcp[at] != TCP_OPT_END) {
		size_t opt_len;

		if (tcp[at] == TCP_OPT_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= header)
			break;
		opt_len = tcp[at + 1];
		if (!opt_len || opt_len > header - at)
			break;
		if (tcp[at] == TCP_OPT_MSS && opt_len == TCP_OPT_MSS_LEN &&
		    load_be16(tcp + at + 2) > mss) {
			tcp_patch_u16(tcp, at + 2, mss);
			changed = true;
		}
		at += opt_len;
	}
	return changed;
}

static bool mss_clamp_ip4(uint8_t *packet, size_t len, uint16_t mss)
{
	size_t header = (size_t)(packet[0] & 15) * 4;

	if (len < IP4_HEADER_MIN || header < IP4_HEADER_MIN || len < header + TCP_HEADER_MIN)
		return false;
	if (packet[9] != PROTO_TCP || load_be16(packet + 2) != len)
		return false;
	if (load_be16(packet + 6) & 0x1fff)
		return false;
	return tcp_clamp(packet + header, len - header, mss);
}

static bool mss_clamp_ip6(uint8_t *packet, size_t len, uint16_t mss)
{
	if (len < IP6_HEADER_LEN + TCP_HEADER_MIN || packet[6] != PROTO_TCP)
		return false;
	if ((size_t)load_be16(packet + 4) + IP6_HEADER_LEN != len)
		return false;
	return tcp_clamp(packet + IP6_HEADER_LEN, len - IP6_HEADER_LEN, mss);
}

bool mss_clamp(uint8_t *packet, size_t len, uint16_t mss_ip4, uint16_t mss_ip6)
{
	if (!len)
		return false;
	switch (packet[0] >> 4) {
	case 4:
		return mss_ip4 && mss_clamp_ip4(packet, len, mss_ip4);
	case 6:
		return mss_ip6 && mss_clamp_ip6(packet, len, mss_ip6);
	default:
		return false;
	}
}

bool mss_clamp_ethernet(uint8_t *frame, size_t len, uint16_t mss_ip4, uint16_t mss_ip6)
{
	size_t header = ETHERNET_HEADER;

	if (len < header + VLAN_TAG)
		return false;
	if (load_be16(frame + 12) == ETHERTYPE_VLAN)
		header += VLAN_TAG;
	return mss_clamp(frame + header, len - header, mss_ip4, mss_ip6);
}
