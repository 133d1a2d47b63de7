/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/state.h"
#include "engine/tcp.h"
#include "engine/udp.h"

union sock_addr port_map_addr(const union sock_addr *a, sa_family_t family)
{
	union sock_addr out = *a;

	if (family != AF_INET6 || a->sa.sa_family != AF_INET)
		return out;
	memset(&out, 0, sizeof(out));
	out.in6.sin6_family = AF_INET6;
	out.in6.sin6_port = a->in4.sin_port;
	out.in6.sin6_addr.s6_addr[10] = 0xff;
	out.in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&out.in6.sin6_addr.s6_addr[12], &a->in4.sin_addr, 4);
	return out;
}

static int socket_family(int fd, sa_family_t *out)
{
	int domain;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
		return ERR_SYSTEM;
	*out = (sa_family_t)domain;
	return 0;
}

static void port_find_remote(struct port *port)
{
	socklen_t len = sizeof(port->remote);

	if (getpeername(port->fd, &port->remote.sa, &len) < 0)
		memset(&port->remote, 0, sizeof(port->remote));
	sock_addr_unmap(&port->remote);
}

int port_new(int fd, enum dco_transport_proto proto, bool hold_data,
	     const struct dco_device_config *cfg, struct port **out, struct err *err)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		return err_set(err, ERR_NOMEM, "engine: no memory for a transport");
	port->fd = fd;
	port->proto = proto;
	port->transport = -1;
	if (socket_family(fd, &port->family) < 0) {
		free(port);
		return err_set_errno(err, errno, "engine: descriptor %d is not a socket", fd);
	}
	if (proto == DCO_UDP) {
		port->udp = udp_port_new(fd, port->family);
	} else {
		port->tcp =
			tcp_port_new(hold_data, cfg->max_packet_bytes,
				     cfg->mode == DCO_MODE_MULTI_PEER ? cfg->tcp_queue_limit : 0);
		port_find_remote(port);
	}
	if (!port->udp && !port->tcp) {
		free(port);
		return err_set(err, ERR_NOMEM, "engine: no memory for a transport");
	}
	*out = port;
	return 0;
}

void port_free(struct port *port)
{
	if (!port)
		return;
	udp_port_free(port->udp);
	tcp_port_free(port->tcp);
	free(port);
}

void port_readable(struct engine *e, struct port *port)
{
	if (port->udp)
		udp_readable(e, port);
	else
		tcp_readable(e, port);
}

void port_release(struct engine *e, struct port *port)
{
	if (port->tcp)
		tcp_release(e, port);
}

void port_flush(struct engine *e, struct port *port)
{
	port->wants_write = port->udp ? udp_flush(e, port) : tcp_flush(e, port);
}

bool port_is_full(const struct port *port)
{
	return port->wants_write && !port->dead;
}

void port_errors(struct engine *e, struct port *port)
{
	if (port->udp)
		udp_errors(e, port);
}

void port_touch(struct engine *e, struct port *port)
{
	if (port->dirty)
		return;
	port->dirty = true;
	port->dirty_next = e->dirty;
	e->dirty = port;
}

int port_begin(struct engine *e, struct port *port, size_t len, struct wr *w)
{
	port_touch(e, port);
	return port->udp ? udp_begin(e, port, len, w) : tcp_begin(e, port, len, w);
}

void port_commit(struct port *port, const struct engine_peer *p, const struct wr *w)
{
	if (port->udp)
		udp_commit(port->udp, &p->remote, &p->local, w);
	else
		tcp_commit(port, w);
}

int port_send_record(struct engine *e, struct port *port, const uint8_t *packet, size_t len)
{
	int ret = tcp_send_control(port, packet, len);

	if (!ret && !port->wants_write)
		port_flush(e, port);
	return ret;
}
