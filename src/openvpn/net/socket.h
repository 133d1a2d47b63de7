/* SPDX-License-Identifier: GPL-2.0-only */
/* Link sockets: the UDP and TCP sockets that carry the tunnel. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

enum socket_mtu_disc {
	SOCKET_MTU_DISC_UNSET,
	SOCKET_MTU_DISC_DONT,  /* --mtu-disc no */
	SOCKET_MTU_DISC_WANT,  /* maybe */
	SOCKET_MTU_DISC_DO,    /* yes */
	SOCKET_MTU_DISC_PROBE, /* never cut, never believe the kernel's cache: --mtu-test */
};

enum socket_role {
	SOCKET_UDP,
	SOCKET_TCP_CLIENT,
	SOCKET_TCP_SERVER,
};

/* Everything about a socket that options can ask for. Zero means the system's default. */
struct socket_config {
	sa_family_t family;    /* AF_INET or AF_INET6 */
	union sock_addr local; /* AF_UNSPEC: not bound; a wildcard with port 0 is bound too */
	bool ipv6only;	       /* AF_INET6: no IPv4-mapped peers; default is dual stack */
	bool reuse_port;       /* several UDP sockets on one address (engine workers) */
	bool pktinfo;	       /* --multihome: tell the destination address of what is received */
	uint32_t mark;	       /* SO_MARK */
	int sndbuf;	       /* bytes */
	int rcvbuf;	       /* bytes */
	const char *bind_dev;  /* SO_BINDTODEVICE; borrowed during the call */
	enum socket_mtu_disc mtu_disc;
};

/* All descriptors are non-blocking and close-on-exec; the caller closes them. */

/**
 * socket_udp_open() - a UDP socket, bound when @cfg->local is set
 *
 * Extended error reporting (IP_RECVERR) is on, see socket_errors_drain(). Options that the system
 * refuses (mark, buffers, device) only warn. Logs "Socket Buffers: R=[a->b] S=[c->d]" at verb 3.
 *
 * Return: 0, or ERR_* with the known text in @err ("TCP/UDP: Socket bind failed on local address
 * %s: %s (errno=%d)").
 */
int socket_udp_open(const struct socket_config *cfg, const struct log *log, int *fd,
		    struct err *err) MUST_CHECK;

/** socket_tcp_listen() - a listening socket; logs "Listening for incoming TCP connection on %s" */
int socket_tcp_listen(const struct socket_config *cfg, const struct log *log, int *fd,
		      struct err *err) MUST_CHECK;

/**
 * socket_tcp_accept() - take one waiting connection
 * @cfg: as for the listener; options that are not inherited are set again
 *
 * Return: 0; ERR_AGAIN when nobody waits; ERR_SYSTEM (also when out of descriptors) with @err set.
 */
int socket_tcp_accept(int listen_fd, const struct socket_config *cfg, const struct log *log,
		      int *fd, union sock_addr *remote, struct err *err) MUST_CHECK;

/**
 * socket_tcp_connect() - begin to connect
 *
 * Logs "Attempting to establish TCP connection with %s". Wait until @fd is writable and call
 * socket_tcp_connected(). Time-outs are the caller's.
 *
 * Return: 0 (also while the connection is in progress), or ERR_* with @err set as below.
 */
int socket_tcp_connect(const struct socket_config *cfg, const union sock_addr *remote,
		       const struct log *log, int *fd, struct err *err) MUST_CHECK;

/**
 * socket_tcp_connected() - the outcome of socket_tcp_connect()
 *
 * Return: 0 with "TCP connection established with %s" logged; ERR_AGAIN when still in progress;
 * else ERR_SYSTEM with "TCP: connect to %s failed: %s" in @err (the caller closes @fd).
 */
int socket_tcp_connected(int fd, const union sock_addr *remote, const struct log *log,
			 struct err *err) MUST_CHECK;

/** socket_set_buffers() - --rcvbuf and --sndbuf, also when pushed; 0 leaves a size alone */
void socket_set_buffers(int fd, int rcvbuf, int sndbuf, const struct log *log);
/** socket_set_mtu_disc() - --mtu-disc on a socket of @family */
int socket_set_mtu_disc(int fd, sa_family_t family, enum socket_mtu_disc how) MUST_CHECK;
/** socket_set_tos() - --passtos: type of service of what is sent from now on */
int socket_set_tos(int fd, uint8_t tos);

/**
 * socket_recv() - one datagram
 * @from: gets the sender; an IPv4-mapped address is unmapped
 * @local: NULL, or gets where it arrived (pktinfo); all zeros when unknown
 *
 * Return: length (0 is a valid datagram), ERR_AGAIN, or ERR_SYSTEM with errno kept; drain the
 * error queue then. A datagram longer than @cap is ERR_OVERFLOW and lost.
 */
long socket_recv(int fd, void *buf, size_t cap, union sock_addr *from,
		 struct local_addr *local) MUST_CHECK;

/**
 * socket_send() - one datagram
 * @to: NULL for a connected socket. IPv4 on an AF_INET6 socket is mapped here.
 * @from: NULL, or the source address and the interface to use (pktinfo)
 * @socket_family: family that the socket was made with
 *
 * Return: 0, ERR_AGAIN, or ERR_SYSTEM with errno kept.
 */
int socket_send(int fd, sa_family_t socket_family, const void *buf, size_t len,
		const union sock_addr *to, const struct local_addr *from) MUST_CHECK;

enum {
	SOCKET_ERRORS_TEXT_MAX = 256
};

/* What the error queue of a socket held. */
struct socket_errors {
	char text[SOCKET_ERRORS_TEXT_MAX]; /* "EMSGSIZE Path-MTU=1400|ECONNREFUSED"; "" for nothing
					    */
	uint32_t path_mtu;		   /* the last one told, or 0 */
	size_t count;
};

/** socket_errors_drain() - empty the error queue (IP_RECVERR); spec 02 section 11.6 */
void socket_errors_drain(int fd, struct socket_errors *out);

/**
 * socket_error_format() - "write UDPv4 [EMSGSIZE Path-MTU=1400]: Message too long (fd=5,code=90)"
 * @verb: "read" or "write"
 * @name: of socket_proto_name()
 * @errnum: errno of the failed call
 */
void socket_error_format(char *buf, size_t cap, const char *verb, const char *name,
			 const struct socket_errors *queue, int fd, int errnum);

/** socket_proto_name() - "UDPv4", "TCPv6_CLIENT", "TCPv4_SERVER" ... as log lines show it */
const char *socket_proto_name(enum socket_role role, sa_family_t family);

/** socket_tcp_is_established() - both directions of a stream are open, without an error */
bool socket_tcp_is_established(int fd);

/** socket_local_addr() - where a socket is bound to; AF_UNSPEC when unknown */
void socket_local_addr(int fd, union sock_addr *out);
