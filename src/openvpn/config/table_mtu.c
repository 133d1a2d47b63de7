/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of sections 2.3 and 2.4: packet sizes, timers. */
#include <string.h>

#include "config/internal.h"

enum {
	TUN_MTU_MIN = 100,
	TUN_MTU_MAX = 65536,
	MSSFIX_MIN = 154,
	CONTROL_PACKET_MIN = 154,
	CONTROL_PACKET_MAX = 2048,
};

static int tun_mtu_apply(struct opt *o)
{
	struct conn_entry *ce = o->ce;
	uint32_t mtu, occ = ce->occ_mtu;
	int ret = value_range(o, "tun-mtu", o->arg[0], TUN_MTU_MIN, TUN_MTU_MAX, &mtu);

	if (ret == 0 && o->argc > 1)
		ret = value_range(o, "tun-mtu occ-mtu", o->arg[1], TUN_MTU_MIN, TUN_MTU_MAX, &occ);
	if (ret < 0)
		return ret;
	ce->tun_mtu = mtu;
	ce->tun_mtu_set = true;
	ce->occ_mtu = occ;
	return 0;
}

static int tun_mtu_max_apply(struct opt *o)
{
	return value_range(o, "tun-mtu-max", o->arg[0], 1600, TUN_MTU_MAX, &o->ce->tun_mtu_max);
}

static int tun_mtu_extra_apply(struct opt *o)
{
	int ret = value_range(o, "tun-mtu-extra", o->arg[0], 0, TUN_MTU_MAX, &o->ce->tun_mtu_extra);

	if (ret == 0)
		o->ce->tun_mtu_extra_set = true;
	return ret;
}

static int link_mtu_apply(struct opt *o)
{
	int ret = value_u31(o, o->arg[0], &o->ce->link_mtu);

	if (ret == 0)
		o->ce->link_mtu_set = true;
	return ret;
}

static int fragment_apply(struct opt *o)
{
	uint32_t n;
	int ret = value_range(o, "fragment", o->arg[0], 68, INT32_MAX, &n);

	if (ret < 0)
		return ret;
	if (o->argc > 1 && strcmp(o->arg[1], "mtu") != 0)
		return opt_error(o, "Unknown parameter to --fragment: %s", o->arg[1]);
	o->ce->fragment = n;
	o->ce->fragment_counts_outer = o->argc > 1;
	return 0;
}

static int mssfix_apply(struct opt *o)
{
	struct conn_entry *ce = o->ce;
	uint32_t n;
	int ret;

	if (o->argc == 0) {
		ce->mssfix_set = true;
		ce->mssfix_default = true;
		return 0;
	}
	ret = value_range(o, "mssfix", o->arg[0], 0, 65535, &n);
	if (ret < 0)
		return ret;
	if (n > 0 && n < MSSFIX_MIN)
		return opt_error(o, "mssfix needs to be >= %d, not %u", MSSFIX_MIN, n);
	if (o->argc > 1 && strcmp(o->arg[1], "mtu") != 0 && strcmp(o->arg[1], "fixed") != 0)
		return opt_error(o, "Unknown parameter to --mssfix: %s", o->arg[1]);
	ce->mssfix = n;
	ce->mssfix_set = true;
	ce->mssfix_default = false;
	ce->mssfix_counts_outer = o->argc > 1 && strcmp(o->arg[1], "mtu") == 0;
	ce->mssfix_fixed = o->argc > 1 && strcmp(o->arg[1], "fixed") == 0;
	return 0;
}

static int max_packet_size_apply(struct opt *o)
{
	struct conn_entry *ce = o->ce;
	uint32_t n;
	int ret = value_u31(o, o->arg[0], &n);

	if (ret < 0)
		return ret;
	ce->mssfix = n;
	ce->mssfix_set = true;
	ce->mssfix_default = false;
	ce->mssfix_counts_outer = true;
	ce->mssfix_fixed = false;
	ce->max_packet_size = n;
	if (n < CONTROL_PACKET_MIN || n > CONTROL_PACKET_MAX) {
		ce->max_packet_size =
			n < CONTROL_PACKET_MIN ? CONTROL_PACKET_MIN : CONTROL_PACKET_MAX;
		opt_info(
			o,
			"Note: max-packet-size value outside of allowed control channel packet size (%d to %d), will use %u instead.",
			CONTROL_PACKET_MIN, CONTROL_PACKET_MAX, ce->max_packet_size);
	}
	return 0;
}

static const struct option_row mtu_rows[] = {
	{.name = "tun-mtu",
	 .args = "bytes [announced]",
	 .help = "MTU of the device (1500)",
	 .groups = GROUP_PUSH_MTU,
	 .flags = F_CONN | F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, tun_mtu_apply),
	 WORKS("the device's MTU")},
	{.name = "tun-mtu-max",
	 .args = "bytes",
	 .help = "largest MTU that a server may push (1600)",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, tun_mtu_max_apply),
	 WORKS("the device's MTU")},
	{.name = "tun-mtu-extra",
	 .args = "bytes",
	 .help = "extra room of packet buffers",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, tun_mtu_extra_apply),
	 WORKS("the device's MTU")},
	{.name = "link-mtu",
	 .args = "bytes",
	 .help = "deprecated: derive the MTU from the size of outer packets",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 IF_BUILT(LINK_MTU),
	 FN(1, 1, link_mtu_apply),
	 WORKS("the device's MTU follows from it")},
	{.name = "udp-mtu",
	 .args = "bytes",
	 .help = "the same as --link-mtu",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 IF_BUILT(LINK_MTU),
	 FN(1, 1, link_mtu_apply),
	 WORKS("the device's MTU follows from it")},
	{.name = "fragment",
	 .args = "bytes [mtu]",
	 .help = "split packets above this size (UDP only)",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 .needs = FEAT_FRAGMENT,
	 IF_BUILT(FRAGMENT),
	 FN(1, 2, fragment_apply),
	 OBSTACLE("the driver neither splits packets before it encrypts them nor joins them",
		  "remove it on both sides and lower --tun-mtu if large packets are lost")},
	{.name = "mtu-dynamic",
	 .args = "[any]",
	 .help = "removed, use --fragment",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 REMOVED,
	 ARGS(0, MANY),
	 .kind = KIND_REMOVED,
	 .label = "--mtu-dynamic has been replaced by --fragment"},
	{.name = "mssfix",
	 .args = "[bytes [mtu|fixed]]",
	 .help = "limit the segment size of TCP inside the tunnel",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 .needs = FEAT_MSSFIX,
	 IF_BUILT(ALWAYS),
	 FN(0, 2, mssfix_apply),
	 IDLE("the driver does not change TCP packets",
	      "lower --tun-mtu or clamp with nftables: tcp option maxseg size set rt mtu")},
	{.name = "max-packet-size",
	 .args = "bytes",
	 .help = "limit control packets, and as --mssfix N mtu",
	 .groups = GROUP_MTU,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, max_packet_size_apply),
	 APART},
};

const struct option_table table_mtu = {"Packet sizes", mtu_rows, ARRAY_SIZE(mtu_rows)};

/* ---- timers ---------------------------------------------------------------------------------- */

static int keepalive_apply(struct opt *o)
{
	struct config_timers *t = &o->cfg->timers;
	uint32_t ping = 0, timeout = 0;
	int ret = value_range(o, "keepalive ping", o->arg[0], 1, 86400, &ping);

	if (ret == 0)
		ret = value_range(o, "keepalive timeout", o->arg[1], 1, 86400, &timeout);
	if (ret < 0)
		return ret;
	t->keepalive_ping_sec = ping;
	t->keepalive_timeout_sec = timeout;
	return 0;
}

/* ping-exit and ping-restart share one timer: the later line decides value and action */
static int ping_receive_apply(struct opt *o)
{
	struct config_timers *t = &o->cfg->timers;
	bool exits = strcmp(o->name, "ping-exit") == 0;
	int ret = value_range(o, o->name, o->arg[0], 0, 86400, &t->ping_rec_sec);

	if (ret == 0) {
		t->ping_rec_exits = exits;
		t->ping_rec_set = true;
	}
	return ret;
}

static int inactive_apply(struct opt *o)
{
	struct config_timers *t = &o->cfg->timers;
	uint32_t sec;
	uint64_t bytes = 0;
	int ret = value_u31(o, o->arg[0], &sec);

	if (ret == 0 && o->argc > 1)
		ret = value_u63(o, "inactive", o->arg[1], &bytes);
	if (ret < 0)
		return ret;
	if (bytes > INT32_MAX)
		opt_warn(
			o,
			"WARNING: '--inactive' with a 'bytes' value >2 Gbyte was silently ignored in older versions. If your VPN exits unexpectedly with 'Inactivity timeout' in %u seconds, revisit this value.",
			sec);
	t->inactive_sec = sec;
	t->inactive_bytes = bytes;
	return 0;
}

static int exit_notify_apply(struct opt *o)
{
	if (o->argc > 0)
		return value_u31(o, o->arg[0], &o->ce->explicit_exit_notify);
	o->ce->explicit_exit_notify = 1;
	return 0;
}

static const struct option_row timer_rows[] = {
	{.name = "keepalive",
	 .args = "interval timeout",
	 .help = "ping every interval, restart after timeout (helper)",
	 .groups = GROUP_GENERAL,
	 .flags = F_UPDATE, /* passes that list, then fails for its group */
	 IF_BUILT(ALWAYS),
	 FN(2, 2, keepalive_apply),
	 WORKS("the driver sends pings and watches the peer")},
	{.name = "ping",
	 .args = "seconds",
	 .help = "send a ping when nothing else was sent",
	 .groups = GROUP_TIMER,
	 IF_BUILT(ALWAYS),
	 RANGE(timers.ping_sec, 0, 86400, "ping"),
	 WORKS("the driver sends pings; without --ping-restart it gets the longest timeout")},
	{.name = "ping-exit",
	 .args = "seconds",
	 .help = "exit when nothing was received",
	 .groups = GROUP_TIMER,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, ping_receive_apply),
	 WORKS("the driver watches the peer, the process exits")},
	{.name = "ping-restart",
	 .args = "seconds",
	 .help = "restart when nothing was received",
	 .groups = GROUP_TIMER,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, ping_receive_apply),
	 WORKS("the driver watches the peer, the process restarts")},
	{.name = "ping-timer-rem",
	 .help = "start the receive timer only when a peer is known",
	 .groups = GROUP_TIMER,
	 .needs = FEAT_PING_TIMER_REM,
	 IF_BUILT(ALWAYS),
	 FLAG(timers.ping_timer_rem),
	 IDLE("the driver has a peer only after its authentication", "remove it")},
	{.name = "inactive",
	 .args = "seconds [bytes]",
	 .help = "exit when less than so many tunnel bytes were moved",
	 .groups = GROUP_TIMER,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, inactive_apply),
	 WORKS("counts the kernel's tunnel bytes")},
	{.name = "session-timeout",
	 .args = "seconds",
	 .help = "end the session after that time",
	 .groups = GROUP_TIMER,
	 IF_BUILT(ALWAYS),
	 U31(timers.session_sec),
	 APART},
	{.name = "explicit-exit-notify",
	 .args = "[n]",
	 .help = "tell the peer when we leave (UDP only)",
	 .groups = GROUP_EXIT_NOTIFY,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(0, 1, exit_notify_apply),
	 WORKS("in the control channel; peers that know only the data channel form get none")},
	{.name = "shaper",
	 .args = "bytes-per-second",
	 .help = "limit the output rate",
	 .groups = GROUP_SHAPER,
	 .needs = FEAT_SHAPER,
	 IF_BUILT(SHAPER),
	 RANGE(shaper, 100, 100000000, "shaper"),
	 OBSTACLE("the driver has no limit of the output rate",
		  "remove it and limit the rate with tc on the device")},
};

const struct option_table table_timers = {"Timers", timer_rows, ARRAY_SIZE(timer_rows)};
