/* SPDX-License-Identifier: GPL-2.0-only */
/* Status of a server in its three versions. Spec 07 sections 2.2 and 2.3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/str.h"

/* One row of the client list. NULL or "" of a name shows as UNDEF. Strings are borrowed. */
struct status_server_client {
	const char *cn;
	const char *user;
	const char *real; /* as server_real_address() writes it */
	struct ip_addr ip4;
	struct ip_addr ip6;
	uint64_t rx_bytes; /* from the client, transport */
	uint64_t tx_bytes;
	uint64_t since_unix_sec;
	uint32_t cid;
	uint32_t peer_id; /* 0xffffff: none */
	const char *cipher;
};

/* One row of the routing table. */
struct status_server_route {
	const char *address; /* "10.8.0.6", "10.1.0.0/16", a MAC, with "C" when cached */
	const char *cn;
	const char *real;
	uint64_t last_unix_sec;
};

struct status_server {
	unsigned int version; /* 1, 2, 3 */
	const char *title;
	uint64_t now_unix_sec;
	const struct status_server_client *clients;
	size_t n_clients;
	const struct status_server_route *routes;
	size_t n_routes;
	uint32_t queue_max; /* high-water mark of the broadcast queue */
	bool dco_enabled;   /* the kernel moves data */
};

/** status_server_format() - lines ended by LF, "END" last; rows in the order given */
void status_server_format(struct str *out, const struct status_server *s);

/**
 * server_real_address() - "udp4:1.2.3.4:5678" ...; returns @buf
 * @tcp: a connection that we accepted
 * @socket_family: of our socket: an IPv4 client on a dual-stack socket is "udp6:1.2.3.4:5678"
 */
const char *server_real_address(const union sock_addr *addr, bool tcp, sa_family_t socket_family,
				char *buf, size_t cap);
