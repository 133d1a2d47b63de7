/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses as values: a transport endpoint (IP and port), an IP address, a network. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"

/* IPv4 or IPv6 address with port. family AF_UNSPEC means "none". */
union sock_addr {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/*
 * Our end of a datagram's way: the address that it was sent to (its port means nothing, AF_UNSPEC:
 * not known) and the interface that it came in by. As a source, interface 0 is the routing table's
 * choice.
 */
struct local_addr {
	union sock_addr addr;
	int ifindex;
};

/* An IP address without port; family AF_UNSPEC means "none". */
struct ip_addr {
	sa_family_t family;
	union {
		struct in_addr in4;
		struct in6_addr in6;
	} u;
};

/* A network: address and number of leading one bits of the mask. */
struct ip_net {
	struct ip_addr addr;
	uint8_t bits;
};

enum {
	ADDR_TEXT_MAX = 80
};

socklen_t sock_addr_len(const union sock_addr *a);
uint16_t sock_addr_port(const union sock_addr *a);
void sock_addr_set_port(union sock_addr *a, uint16_t port);
bool sock_addr_equal(const union sock_addr *a, const union sock_addr *b);
bool local_addr_equal(const struct local_addr *a, const struct local_addr *b);

/** sock_addr_unmap() - turn an IPv4-mapped IPv6 address into plain IPv4, in place */
void sock_addr_unmap(union sock_addr *a);

struct ip_addr sock_addr_ip(const union sock_addr *a);
union sock_addr sock_addr_make(const struct ip_addr *ip, uint16_t port);

/**
 * sock_addr_format() - "[AF_INET]1.2.3.4:1194", the form of OpenVPN's log lines; returns @buf
 *
 * A wildcard address is shown as "[AF_INET][undef]:1194" (spec 07 section 3.7).
 */
const char *sock_addr_format(const union sock_addr *a, char *buf, size_t cap);

/** sock_addr_format_plain() - "1.2.3.4:1194" or "[::1]:1194"; returns @buf */
const char *sock_addr_format_plain(const union sock_addr *a, char *buf, size_t cap);

/** ip_addr_parse() - literal of either family. Return: 0 or ERR_INVALID. */
int ip_addr_parse(const char *text, struct ip_addr *out) MUST_CHECK;
/** ip_addr_parse_family() - literal of one family only (AF_INET: dotted quad) */
int ip_addr_parse_family(const char *text, sa_family_t family, struct ip_addr *out) MUST_CHECK;
const char *ip_addr_format(const struct ip_addr *ip, char *buf, size_t cap);
bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b);
bool ip_addr_is_set(const struct ip_addr *ip);
/** ip_addr_is_link_local() - fe80::/10, which says nothing without an interface */
bool ip_addr_is_link_local(const struct ip_addr *ip);

/** ip_net_contains() - whether @ip lies in @net (families must be equal) */
bool ip_net_contains(const struct ip_net *net, const struct ip_addr *ip);
/** ip_net_mask4() - the dotted-quad mask of an IPv4 prefix length, host order */
uint32_t ip_net_mask4(uint8_t bits);
/** ip_mask4_bits() - prefix length of a host-order mask. Return: 0..32 or ERR_INVALID. */
int ip_mask4_bits(uint32_t mask) MUST_CHECK;
