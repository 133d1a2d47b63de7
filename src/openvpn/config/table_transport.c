/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.2: the transport between the peers. */
#include <string.h>

#include "config/internal.h"

static int mode_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "p2p") == 0) {
		o->cfg->mode = CONFIG_MODE_P2P;
	} else if (strcmp(o->arg[0], "server") == 0) {
		int ret = opt_not_built(o, BUILT_SERVER, "--mode server");

		if (ret < 0)
			return ret;
		o->cfg->mode = CONFIG_MODE_SERVER;
	} else {
		return opt_error(o, "Bad --mode parameter: %s", o->arg[0]);
	}
	o->cfg->mode_set = true;
	return 0;
}

static int bad_protocol(const struct opt *o, const char *text)
{
	return opt_error(o, "Bad protocol: '%s'. Allowed protocols with --proto option: %s", text,
			 value_proto_names());
}

static int local_apply(struct opt *o)
{
	struct config_listen l = {0};
	int ret = 0;

	if (strcmp(o->arg[0], "*") != 0)
		ret = value_text(o, o->arg[0], &l.host);
	if (ret == 0 && o->argc > 1)
		ret = value_port(o, o->arg[1], true, &l.port);
	if (ret == 0 && o->argc > 2) {
		if (!value_proto(o->arg[2], &l.proto))
			return bad_protocol(o, o->arg[2]);
		l.proto_set = true;
	}
	if (ret < 0)
		return ret;
	if (o->src->kind == SOURCE_CONNECTION) { /* not one of the addresses of all */
		LIST_CLEAR(&o->ce->listen);
		LIST_ADD_ITEM(o->cfg, &o->ce->listen, &l);
		o->ce->listen_own = true;
	} else {
		LIST_ADD_ITEM(o->cfg, &o->cfg->locals, &l);
	}
	return 0;
}

static int remote_apply(struct opt *o)
{
	struct config_remote r = {0};
	int ret = value_text(o, o->arg[0], &r.host);

	if (ret == 0 && o->argc > 1)
		ret = value_port(o, o->arg[1], false, &r.port);
	if (ret == 0 && o->argc > 2) {
		if (!value_proto(o->arg[2], &r.proto))
			return opt_error(o, "remote: bad protocol associated with host %s: '%s'",
					 o->arg[0], o->arg[2]);
		r.proto_set = true;
	}
	if (ret < 0)
		return ret;
	if (o->src->kind != SOURCE_CONNECTION) {
		LIST_ADD_ITEM(o->cfg, &o->cfg->remotes, &r);
		return 0;
	}
	o->ce->remote = r.host;
	if (r.port)
		o->ce->remote_port = r.port;
	if (r.proto_set)
		o->ce->proto = r.proto;
	return 0;
}

static int proto_apply(struct opt *o)
{
	return value_proto(o->arg[0], &o->ce->proto) ? 0 : bad_protocol(o, o->arg[0]);
}

static int proto_force_apply(struct opt *o)
{
	if (!value_proto(o->arg[0], &o->cfg->proto_force))
		return opt_error(o, "Bad --proto-force protocol: '%s'", o->arg[0]);
	o->cfg->proto_force_set = true;
	return 0;
}

static int port_apply(struct opt *o)
{
	const char *port;
	int ret = value_port(o, o->arg[0], false, &port);

	if (ret < 0)
		return ret;
	o->ce->local_port = port;
	o->ce->remote_port = port;
	return 0;
}

static int lport_apply(struct opt *o)
{
	int ret = value_port(o, o->arg[0], true, &o->ce->local_port);

	if (ret == 0)
		o->ce->local_port_set = strcmp(o->arg[0], "0") != 0;
	return ret;
}

static int rport_apply(struct opt *o)
{
	return value_port(o, o->arg[0], false, &o->ce->remote_port);
}

static int bind_apply(struct opt *o)
{
	o->ce->bind_set = true;
	if (o->argc > 0 && strcmp(o->arg[0], "ipv6only") == 0)
		o->ce->bind_ipv6_only = true;
	return 0;
}

static int nobind_apply(struct opt *o)
{
	o->ce->nobind = true;
	return 0;
}

static int float_apply(struct opt *o)
{
	o->ce->float_ok = true;
	o->ce->float_set = true;
	return 0;
}

static int connect_retry_apply(struct opt *o)
{
	uint32_t wait;
	uint32_t max = o->ce->connect_retry_max_sec;
	int ret = value_u31(o, o->arg[0], &wait);

	if (ret == 0 && o->argc > 1)
		ret = value_u31(o, o->arg[1], &max);
	if (ret < 0)
		return ret;
	if (wait > 65535) {
		wait = 65535;
		opt_warn(o, "connect retry wait interval truncated to %d", 65535);
	}
	o->ce->connect_retry_sec = wait;
	o->ce->connect_retry_max_sec = max < wait ? wait : max;
	return 0;
}

static int connect_retry_max_apply(struct opt *o)
{
	uint32_t scratch;

	/* legal in a block, without effect there */
	return value_u31(o, o->arg[0],
			 o->src->kind == SOURCE_CONNECTION ? &scratch : &o->cfg->connect_retry_max);
}

static int resolv_retry_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "infinite") == 0) {
		o->cfg->resolv_retry_sec = UINT32_MAX;
		return 0;
	}
	return value_u31(o, o->arg[0], &o->cfg->resolv_retry_sec);
}

static int preresolve_apply(struct opt *o)
{
	o->cfg->preresolve = true;
	return o->argc > 0 ? value_text(o, o->arg[0], &o->cfg->ip_remote_hint) : 0;
}

static int multihome_apply(struct opt *o)
{
	if (o->argc > 0) {
		if (strcmp(o->arg[0], "same-interface") != 0)
			return opt_error(o, "Unknown parameter to --multihome: %s", o->arg[0]);
		o->cfg->multihome_same_interface = true;
	}
	o->cfg->multihome = true;
	return 0;
}

static int mark_apply(struct opt *o)
{
	int32_t mark;
	int ret = value_i32(o, o->arg[0], &mark);

	if (ret == 0)
		o->cfg->mark = (uint32_t)mark;
	return ret;
}

static int bind_dev_apply(struct opt *o)
{
	return value_text(o, o->arg[0], &o->cfg->bind_dev);
}

static int socket_flags_apply(struct opt *o)
{
	for (size_t i = 0; i < o->argc; i++)
		if (strcmp(o->arg[i], "TCP_NODELAY") != 0)
			return opt_error(o, "unknown socket flag: %s", o->arg[i]);
	return 0;
}

static int mtu_disc_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "yes") == 0)
		o->ce->mtu_disc = CONFIG_MTU_DISC_YES;
	else if (strcmp(o->arg[0], "maybe") == 0)
		o->ce->mtu_disc = CONFIG_MTU_DISC_MAYBE;
	else if (strcmp(o->arg[0], "no") == 0)
		o->ce->mtu_disc = CONFIG_MTU_DISC_NO;
	else
		return opt_fatal(
			o,
			"invalid --mtu-disc type: '%s' -- valid types are 'yes', 'maybe', or 'no'",
			o->arg[0]);
	return 0;
}

static const struct option_row rows[] = {
	{.name = "mode",
	 .args = "p2p|server",
	 .help = "one peer, or a server for many clients",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, mode_apply),
	 WORKS("one device of the driver serves all clients")},
	{.name = "local",
	 .args = "host|* [port [proto]]",
	 .help = "address to bind to; repeatable in server mode",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 3, local_apply),
	 APART},
	{.name = "remote",
	 .args = "host [port [proto]]",
	 .help = "a peer to connect to; several are tried in order",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 3, remote_apply),
	 APART},
	{.name = "remote-random",
	 .help = "try the remotes in random order",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(remote_random),
	 APART},
	{.name = "remote-random-hostname",
	 .help = "put random digits and a dot before each name that is looked up",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(remote_random_hostname),
	 APART},
	{.name = "proto",
	 .args = "udp|tcp-server|tcp-client|tcp",
	 .help = "transport; a 4 or 6 after udp or tcp fixes the family",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, proto_apply),
	 WORKS("UDP and TCP, both over IPv4 and IPv6")},
	{.name = "proto-force",
	 .args = "udp|tcp",
	 .help = "use only the remotes of that transport",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, proto_force_apply),
	 APART},
	{.name = "port",
	 .args = "port",
	 .help = "local and remote port (1194)",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, port_apply),
	 APART},
	{.name = "lport",
	 .args = "port",
	 .help = "local port; anything but 0 binds to it",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, lport_apply),
	 APART},
	{.name = "rport",
	 .args = "port",
	 .help = "remote port",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, rport_apply),
	 APART},
	{.name = "bind",
	 .args = "[ipv6only]",
	 .help = "bind to the local address and port",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(0, 1, bind_apply),
	 APART},
	{.name = "nobind",
	 .help = "let the system choose the local port",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, nobind_apply),
	 APART},
	{.name = "float",
	 .help = "accept authenticated packets from another address",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 .needs = FEAT_FLOAT,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, float_apply),
	 WORKS("the driver follows authenticated packets, with or without it")},
	{.name = "connect-retry",
	 .args = "seconds [max]",
	 .help = "wait between attempts (1, growing to 300)",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, connect_retry_apply),
	 APART},
	{.name = "connect-retry-max",
	 .args = "n",
	 .help = "give up after n rounds over all remotes",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, connect_retry_max_apply),
	 APART},
	{.name = "connect-timeout",
	 .args = "seconds",
	 .help = "wait for a server's first answer (120)",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 CONN_U31(connect_timeout_sec),
	 APART},
	{.name = "server-poll-timeout",
	 .args = "seconds",
	 .help = "the same as --connect-timeout",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 CONN_U31(connect_timeout_sec),
	 APART},
	{.name = "resolv-retry",
	 .args = "seconds|infinite",
	 .help = "how long to retry name look-ups",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, resolv_retry_apply),
	 APART},
	{.name = "preresolve",
	 .args = "[host]",
	 .help = "look up all names at start and keep the results",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(PRERESOLVE),
	 FN(0, 1, preresolve_apply),
	 APART},
	{.name = "ip-remote-hint",
	 .args = "[host]",
	 .help = "the same as --preresolve",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(PRERESOLVE),
	 FN(0, 1, preresolve_apply),
	 APART},
	{.name = "multihome",
	 .args = "[same-interface]",
	 .help = "answer from the address to which a packet was sent, or also by the interface that it came in by",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 1, multihome_apply),
	 OBSTACLE(
		 "the driver is given the local address, but no interface to answer by (same-interface)",
		 "leave same-interface out and choose the interface by source address, with routing rules")},
	{.name = "sndbuf",
	 .args = "bytes",
	 .help = "size of the socket's send buffer",
	 .groups = GROUP_SOCKBUF,
	 IF_BUILT(ALWAYS),
	 U31(sndbuf),
	 WORKS("set before the kernel takes the socket")},
	{.name = "rcvbuf",
	 .args = "bytes",
	 .help = "size of the socket's receive buffer",
	 .groups = GROUP_SOCKBUF,
	 IF_BUILT(ALWAYS),
	 U31(rcvbuf),
	 WORKS("set before the kernel takes the socket; at least 128 KiB for TCP")},
	{.name = "mark",
	 .args = "n",
	 .help = "mark of outer packets, for routing rules (SO_MARK)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, mark_apply),
	 WORKS("the driver looks up its routes with it")},
	{.name = "bind-dev",
	 .args = "device",
	 .help = "bind the socket to a network device or VRF",
	 .groups = GROUP_GENERAL | GROUP_INSTANCE, /* not from push */
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, bind_dev_apply),
	 OBSTACLE("the driver looks up routes without regard to the bound device",
		  "use --mark with a routing rule, or TCP")},
	{.name = "socket-flags",
	 .args = "TCP_NODELAY",
	 .help = "accepted, TCP_NODELAY is always on",
	 .groups = GROUP_SOCKFLAGS,
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, socket_flags_apply),
	 WORKS("set before the kernel takes the socket")},
	{.name = "tcp-nodelay",
	 .help = "tell clients to send small TCP packets at once",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(server.tcp_nodelay),
	 WORKS("set before the kernel takes the socket")},
	{.name = "mtu-disc",
	 .args = "yes|maybe|no",
	 .help = "path-MTU discovery of the socket",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 .needs = FEAT_MTU_DISC,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, mtu_disc_apply),
	 IDLE("the driver lets its packets be fragmented", "lower --tun-mtu")},
	{.name = "mtu-test",
	 .help = "measure the path MTU",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_MTU_TEST,
	 IF_BUILT(MTU_TEST),
	 FLAG(tun.mtu_test),
	 OBSTACLE("the probes are data packets, which the driver does not make",
		  "remove it and measure with ping -M do")},
	{.name = "passtos",
	 .help = "copy the TOS field of inner packets to outer ones",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_PASSTOS,
	 IF_BUILT(PASSTOS),
	 FLAG(passtos),
	 IDLE("the driver sends with TOS 0", "mark packets with nftables")},
	{.name = "ipchange",
	 .args = "cmd",
	 .help = "run a program when the peer's address is known or changes",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT | F_COMMAS,
	 IF_BUILT(ALWAYS),
	 SCRIPT(scripts.ipchange),
	 WORKS("the kernel tells that a peer moved")},
	{.name = "connection",
	 .args = "(inline)",
	 .help = "a block of options for one remote",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, block_apply),
	 APART},
};

const struct option_table table_transport = {"Transport", rows, ARRAY_SIZE(rows)};
