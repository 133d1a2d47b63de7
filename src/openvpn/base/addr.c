/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

socklen_t sock_addr_len(const union sock_addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in4);
}

uint16_t sock_addr_port(const union sock_addr *a)
{
	switch (a->sa.sa_family) {
	case AF_INET:
		return ntohs(a->in4.sin_port);
	case AF_INET6:
		return ntohs(a->in6.sin6_port);
	default:
		return 0;
	}
}

void sock_addr_set_port(union sock_addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons(port);
	else
		a->in4.sin_port = htons(port);
}

bool sock_addr_equal(const union sock_addr *a, const union sock_addr *b)
{
	struct ip_addr x = sock_addr_ip(a), y = sock_addr_ip(b);

	return ip_addr_equal(&x, &y) && sock_addr_port(a) == sock_addr_port(b) &&
	       (a->sa.sa_family != AF_INET6 || a->in6.sin6_scope_id == b->in6.sin6_scope_id);
}

bool local_addr_equal(const struct local_addr *a, const struct local_addr *b)
{
	return sock_addr_equal(&a->addr, &b->addr) && a->ifindex == b->ifindex;
}

void sock_addr_unmap(union sock_addr *a)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	in4.sin_port = a->in6.sin6_port;
	memcpy(&in4.sin_addr, &a->in6.sin6_addr.s6_addr[12], 4);
	memset(a, 0, sizeof(*a));
	a->in4 = in4;
}

struct ip_addr sock_addr_ip(const union sock_addr *a)
{
	struct ip_addr ip = {.family = a->sa.sa_family};

	if (ip.family == AF_INET)
		ip.u.in4 = a->in4.sin_addr;
	else if (ip.family == AF_INET6)
		ip.u.in6 = a->in6.sin6_addr;
	else
		ip.family = AF_UNSPEC;
	return ip;
}

union sock_addr sock_addr_make(const struct ip_addr *ip, uint16_t port)
{
	union sock_addr a;

	memset(&a, 0, sizeof(a));
	a.sa.sa_family = ip->family;
	if (ip->family == AF_INET)
		a.in4.sin_addr = ip->u.in4;
	else if (ip->family == AF_INET6)
		a.in6.sin6_addr = ip->u.in6;
	sock_addr_set_port(&a, port);
	return a;
}

const char *sock_addr_format_plain(const union sock_addr *a, char *buf, size_t cap)
{
	struct ip_addr ip = sock_addr_ip(a);
	char text[ADDR_TEXT_MAX];

	ip_addr_format(&ip, text, sizeof(text));
	snprintf(buf, cap, ip.family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, sock_addr_port(a));
	return buf;
}

static bool is_wildcard(const struct ip_addr *ip)
{
	if (ip->family == AF_INET)
		return ip->u.in4.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&ip->u.in6);
}

const char *sock_addr_format(const union sock_addr *a, char *buf, size_t cap)
{
	struct ip_addr ip = sock_addr_ip(a);
	char text[ADDR_TEXT_MAX];

	if (!ip_addr_is_set(&ip)) {
		snprintf(buf, cap, "[AF_UNSPEC]");
		return buf;
	}
	if (is_wildcard(&ip))
		snprintf(text, sizeof(text), "[undef]");
	else
		ip_addr_format(&ip, text, sizeof(text));
	snprintf(buf, cap, "[%s]%s:%u", ip.family == AF_INET6 ? "AF_INET6" : "AF_INET", text,
		 sock_addr_port(a));
	return buf;
}

int ip_addr_parse_family(const char *text, sa_family_t family, struct ip_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(family, text, &out->u) != 1)
		return ERR_INVALID;
	out->family = family;
	return 0;
}

int ip_addr_parse(const char *text, struct ip_addr *out)
{
	if (ip_addr_parse_family(text, AF_INET, out) == 0)
		return 0;
	return ip_addr_parse_family(text, AF_INET6, out);
}

const char *ip_addr_format(const struct ip_addr *ip, char *buf, size_t cap)
{
	if (!ip_addr_is_set(ip) || !inet_ntop(ip->family, &ip->u, buf, (socklen_t)cap))
		snprintf(buf, cap, "[undef]");
	return buf;
}

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return a->u.in4.s_addr == b->u.in4.s_addr;
	return a->family != AF_INET6 || memcmp(&a->u.in6, &b->u.in6, sizeof(a->u.in6)) == 0;
}

bool ip_addr_is_set(const struct ip_addr *ip)
{
	return ip->family == AF_INET || ip->family == AF_INET6;
}

bool ip_addr_is_link_local(const struct ip_addr *ip)
{
	return ip->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&ip->u.in6);
}

bool ip_net_contains(const struct ip_net *net, const struct ip_addr *ip)
{
	const uint8_t *a = (const uint8_t *)&net->addr.u, *b = (const uint8_t *)&ip->u;
	size_t whole = net->bits / 8, rest = net->bits % 8;

	if (net->addr.family != ip->family)
		return false;
	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

uint32_t ip_net_mask4(uint8_t bits)
{
	return bits == 0 ? 0 : UINT32_MAX << (32 - (bits > 32 ? 32 : bits));
}

int ip_mask4_bits(uint32_t mask)
{
	for (uint8_t bits = 0; bits <= 32; bits++)
		if (ip_net_mask4(bits) == mask)
			return bits;
	return ERR_INVALID;
}
