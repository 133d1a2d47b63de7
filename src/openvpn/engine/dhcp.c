/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/dhcp.h"

#include <string.h>

#include "base/bytes.h"
#include "engine/checksum.h"

enum {
	ETHERNET_HEADER = 14,
	ETHERTYPE_AT = 12,
	ETHERTYPE_IP4 = 0x0800,
	IP4_HEADER_MIN = 20,
	IP4_FRAGMENT_BITS = 0x3fff, /* more fragments, and the offset */
	PROTO_UDP = 17,
	UDP_HEADER = 8,
	UDP_AT_CHECKSUM = 6,
	PORT_SERVER = 67,
	PORT_CLIENT = 68,
	BOOT_REPLY = 2,
	COOKIE_AT = 236,
	OPTIONS_AT = 240,
	OPTION_PAD = 0,
	OPTION_ROUTER = 3,
	OPTION_TYPE = 53,
	OPTION_END = 255,
	TYPE_OFFER = 2,
	TYPE_ACK = 5,
};

static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};

/* Where the options lie; they begin at an even distance from the UDP header. */
struct dhcp_answer {
	uint8_t *udp;
	uint8_t *options;
	size_t len;
};

static bool find_options(uint8_t *frame, size_t len, struct dhcp_answer *out)
{
	uint8_t *ip, *bootp;
	size_t header, total;

	if (len < ETHERNET_HEADER + IP4_HEADER_MIN ||
	    load_be16(&frame[ETHERTYPE_AT]) != ETHERTYPE_IP4)
		return false;
	ip = &frame[ETHERNET_HEADER];
	header = (ip[0] & 15) * 4u;
	total = load_be16(&ip[2]);
	if (ip[0] >> 4 != 4 || header < IP4_HEADER_MIN || ip[9] != PROTO_UDP ||
	    load_be16(&ip[6]) & IP4_FRAGMENT_BITS || total > len - ETHERNET_HEADER ||
	    total < header + UDP_HEADER + OPTIONS_AT)
		return false;
	out->udp = &ip[header];
	if (load_be16(&out->udp[0]) != PORT_SERVER || load_be16(&out->udp[2]) != PORT_CLIENT ||
	    load_be16(&out->udp[4]) != total - header)
		return false;
	bootp = &out->udp[UDP_HEADER];
	out->options = &bootp[OPTIONS_AT];
	out->len = total - header - UDP_HEADER - OPTIONS_AT;
	return bootp[0] == BOOT_REPLY && memcmp(&bootp[COOKIE_AT], cookie, sizeof(cookie)) == 0;
}

/* Bytes of the option at @at with its head; 0: none comes any more, or it is cut. */
static size_t option_len(const struct dhcp_answer *a, size_t at)
{
	size_t left = a->len - at;

	if (!left || a->options[at] == OPTION_END)
		return 0;
	if (a->options[at] == OPTION_PAD)
		return 1;
	return left < 2 || left - 2 < a->options[at + 1] ? 0 : a->options[at + 1] + 2u;
}

/* Return: the type of the message, 0 when it has none or does not end well. */
static uint8_t read_options(const struct dhcp_answer *a, struct in_addr *router, bool *has_router)
{
	uint8_t type = 0;
	size_t at = 0, len;

	*has_router = false;
	for (; (len = option_len(a, at)); at += len) {
		const uint8_t *o = &a->options[at];

		if (o[0] == OPTION_TYPE && len == 3)
			type = o[2];
		if (o[0] == OPTION_ROUTER && len >= 2 + sizeof(*router) && !*has_router) {
			memcpy(router, &o[2], sizeof(*router));
			*has_router = true;
		}
	}
	return at < a->len && a->options[at] == OPTION_END ? type : 0;
}

/* What comes behind moves up, padding fills the end. */
static void remove_routers(const struct dhcp_answer *a)
{
	size_t at = 0, to = 0, len;

	for (; (len = option_len(a, at)); at += len) {
		if (a->options[at] == OPTION_ROUTER)
			continue;
		memmove(&a->options[to], &a->options[at], len);
		to += len;
	}
	memmove(&a->options[to], &a->options[at], a->len - at);
	to += a->len - at;
	memset(&a->options[to], OPTION_PAD, a->len - to);
}

/* As RFC 1624 has it, so that a checksum which was wrong stays so. */
static void correct_checksum(uint8_t *udp, uint16_t before, uint16_t after)
{
	uint16_t old = load_be16(&udp[UDP_AT_CHECKSUM]), now;
	uint32_t sum = (uint32_t)(uint16_t)~old + (uint16_t)~before + after;

	if (!old)
		return; /* there is none */
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	now = (uint16_t)~sum;
	store_be16(&udp[UDP_AT_CHECKSUM], now ? now : 0xffff);
}

bool dhcp_take_router(uint8_t *frame, size_t len, struct in_addr *router)
{
	struct dhcp_answer a;
	struct in_addr found = {0};
	uint16_t before;
	bool has_router;
	uint8_t type;

	if (!find_options(frame, len, &a))
		return false;
	type = read_options(&a, &found, &has_router);
	if (!has_router || (type != TYPE_OFFER && type != TYPE_ACK))
		return false;
	before = checksum_fold(checksum_add(0, a.options, a.len));
	remove_routers(&a);
	correct_checksum(a.udp, before, checksum_fold(checksum_add(0, a.options, a.len)));
	if (type != TYPE_ACK)
		return false;
	*router = found;
	return true;
}
