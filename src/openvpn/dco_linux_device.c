/* SPDX-License-Identifier: GPL-2.0-only */
/* A tunnel interface of a kernel driver: made, taken over, given up. Spec 05 sections 1.8 and 2.1.
 */
#include "dco_linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/msg.h>

#include "base/clock.h"
#include "base/str.h"

enum {
	NAMES_MAX = 256
};

static int open_sockets(struct dco_linux *d, struct err *err)
{
	int ret = netlink_open(&d->log, &d->rtnl, err);

	if (ret == 0)
		ret = netlink_open_protocol(&d->log, NETLINK_GENERIC, &d->genl, err);
	if (ret == 0)
		ret = kernel_family_find(d->genl, d->dialect, &d->family, err);
	if (ret == 0)
		ret = kernel_events_open(d, err);
	return ret;
}

static void on_stranger(void *ctx, struct nlmsghdr *nlh)
{
	struct kernel_peer_info info;
	const struct dco_linux **d = ctx;

	if (*d && (*d)->dialect->get_peer(nlh, &info))
		*d = NULL;
}

/*
 * A peer without addresses and socket is refused for the addresses with several peers, else for
 * the socket; nothing changes (spec 05 section 3.8).
 */
static int probe_mode(struct dco_linux *d)
{
	const struct kernel_peer_new nothing = {.fd = -1};
	struct nl_msg *msg = kernel_device_request(d, d->dialect->cmd_peer_new, 0);

	msg = kernel_fitting(msg, msg ? d->dialect->put_peer_new(msg, &nothing) : -1);
	switch (netlink_exchange(d->genl, msg, NULL, NULL)) {
	case EINVAL:
		return DCO_MODE_MULTI_PEER;
	case ENOTSOCK:
		return DCO_MODE_P2P;
	default:
		return -1;
	}
}

static const char *mode_text(enum dco_mode mode)
{
	return mode == DCO_MODE_P2P ? "point-to-point" : "multi-peer";
}

/* Whether the kernel has peers on the device, which are not ours. */
static int has_strangers(struct dco_linux *d, struct err *err)
{
	const struct dco_linux *free_of_peers = d;

	if (netlink_exchange(d->genl,
			     kernel_device_request(d, d->dialect->cmd_peer_get, NLM_F_DUMP),
			     on_stranger, &free_of_peers))
		return netlink_fail(d->genl, err, "cannot list the peers of DCO device %s",
				    d->name);
	return free_of_peers ? 0 : 1;
}

/* Somebody made the device before us: it must be of our mode, and nobody may be using it. */
static int adopt(struct dco_linux *d, const struct kernel_link *link, struct err *err)
{
	int mode, ret;

	d->ifindex = link->ifindex;
	mode = d->dialect->tells_mode ? link->mode : probe_mode(d);
	if (mode >= 0 && mode != (int)d->mode)
		return err_set(
			err, ERR_STATE,
			"DCO device %s exists in %s mode, but %s mode is needed: delete it with 'ip link del %s'",
			d->name, mode_text((enum dco_mode)mode), mode_text(d->mode), d->name);
	ret = has_strangers(d, err);
	if (ret < 0)
		return ret;
	if (ret > 0)
		return err_set(err, ERR_STATE, "DCO device %s is in use by another program",
			       d->name);
	log_info(&d->log, 1, "DCO device %s already exists, won't be destroyed at shutdown",
		 d->name);
	return 0;
}

/* Such a device has the addresses of its last owner still: routing would be split between both. */
static void warn_left_over(struct dco_linux *d)
{
	struct kernel_link link;

	if (kernel_link_get(d->rtnl, d->name, &link, NULL) < 0 ||
	    strcmp(link.kind, d->dialect->kind) != 0)
		return;
	d->ifindex = link.ifindex;
	if (has_strangers(d, NULL) == 0)
		log_warn(
			&d->log,
			"WARNING: DCO device %s exists and has no peers. If a process that was killed has left it, delete it with 'ip link del %s': its addresses take packets away from the new device.",
			d->name, d->name);
	d->ifindex = 0;
}

static int create(struct dco_linux *d, struct err *err)
{
	int ret = kernel_link_new(d->rtnl, d->name, d->dialect->kind, d->mode, err);

	if (ret < 0)
		return ret;
	d->created = true;
	d->ifindex = (int)if_nametoindex(d->name);
	if (d->ifindex == 0)
		return err_set(err, ERR_NO_DEVICE, "DCO: cannot retrieve ifindex for interface %s",
			       d->name);
	return 0;
}

static int open_named(struct dco_linux *d, const char *name, struct err *err)
{
	struct kernel_link link;
	int ret;

	if (!str_copy(d->name, sizeof(d->name), name))
		return err_set(err, ERR_INVALID, "Cannot open DCO device %s: name too long", name);
	ret = create(d, err);
	if (ret != ERR_EXISTS || kernel_link_get(d->rtnl, name, &link, NULL) < 0)
		return ret;
	if (strcmp(link.kind, d->dialect->kind) != 0)
		return err_set(
			err, ERR_EXISTS,
			"Interface %s exists and is not using the ovpn DCO driver. Disabling data channel offload",
			name);
	return adopt(d, &link, err);
}

static int open_numbered(struct dco_linux *d, struct err *err)
{
	int ret = ERR_EXISTS;

	for (unsigned int i = 0; ret == ERR_EXISTS && i < NAMES_MAX; i++) {
		snprintf(d->name, sizeof(d->name), "tun%u", i);
		ret = create(d, err);
		if (ret < 0)
			log_dbg(&d->log, 6, "Cannot create DCO interface %s: %d", d->name, ret);
		if (ret == ERR_EXISTS)
			warn_left_over(d);
	}
	return ret;
}

static void device_free(struct dco_linux *d)
{
	if (d->created && !d->device_gone && d->ifindex > 0)
		(void)kernel_link_del(d->rtnl, d->ifindex, NULL);
	kernel_transports_close(d);
	kernel_events_close(d);
	netlink_close(d->genl);
	netlink_close(d->rtnl);
	hash_table_fini(&d->peers);
	free(d);
}

int kernel_device_open(const struct kernel_dialect *dialect, const struct dco_device_config *cfg,
		       const struct log *log, void **ctx, struct err *err)
{
	struct dco_linux *d = calloc(1, sizeof(*d));
	uint32_t seed = 0;
	int ret;

	if (!d)
		return err_set(err, ERR_NOMEM, "out of memory");
	d->dialect = dialect;
	d->log = *log;
	d->mode = cfg->mode;
	d->route_table = cfg->route_table;
	d->route_noexec = cfg->route_noexec;
	d->max_packet_bytes = cfg->max_packet_bytes;
	d->event_fd = d->link_fd = d->epoll_fd = d->wake_fd = d->timer_fd = d->retry_fd = -1;
	d->queue_end = &d->queue;
	seed = (uint32_t)clock_wall_us();
	ret = hash_table_init(&d->peers, seed);
	if (ret < 0) {
		free(d);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	ret = open_sockets(d, err);
	if (ret == 0 && strcmp(cfg->name, "tun") == 0)
		ret = open_numbered(d, err);
	else if (ret == 0)
		ret = open_named(d, cfg->name, err);
	if (ret < 0) {
		device_free(d);
		return ret;
	}
	log_info(log, 1, "DCO device %s opened", d->name);
	*ctx = d;
	return 0;
}

const char *kernel_op_device_name(void *ctx)
{
	const struct dco_linux *d = ctx;

	return d->name;
}

int kernel_op_device_ifindex(void *ctx)
{
	const struct dco_linux *d = ctx;

	return d->ifindex;
}

int kernel_op_transport_attach(void *ctx, int fd, enum dco_transport_proto proto, bool hold_data,
			       struct err *err)
{
	return kernel_transport_attach(ctx, fd, proto, hold_data, err);
}

int kernel_op_transport_detach(void *ctx, int transport)
{
	return kernel_transport_detach(ctx, transport);
}

int kernel_op_control_send(void *ctx, int transport, const union sock_addr *to,
			   const struct local_addr *from, const uint8_t *packet, size_t len)
{
	return kernel_control_send(ctx, transport, to, from, packet, len);
}

int kernel_op_event_fd(void *ctx)
{
	const struct dco_linux *d = ctx;

	return d->epoll_fd;
}

bool kernel_op_next_event(void *ctx, struct dco_event *ev)
{
	return kernel_next_event(ctx, ev);
}

static void delete_peer(struct dco_linux *d, struct kernel_peer *p)
{
	kernel_op_peer_del(d, p->id);
}

void kernel_op_device_close(void *ctx)
{
	struct dco_linux *d = ctx;

	kernel_peer_each(d, delete_peer);
	log_info(&d->log, 1, "Closing ovpn-dco interface");
	device_free(d);
}
