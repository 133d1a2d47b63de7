/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/socket_setup.h"

enum {
	RECORD_MIN_MTU = 1600,
	RECORD_BASE = 32 + 136, /* spec 01 section 1.2 */
};

static enum socket_mtu_disc socket_setup_mtu_disc(enum config_mtu_disc m)
{
	static const enum socket_mtu_disc map[] = {
		[CONFIG_MTU_DISC_DEFAULT] = SOCKET_MTU_DISC_UNSET,
		[CONFIG_MTU_DISC_NO] = SOCKET_MTU_DISC_DONT,
		[CONFIG_MTU_DISC_MAYBE] = SOCKET_MTU_DISC_WANT,
		[CONFIG_MTU_DISC_YES] = SOCKET_MTU_DISC_DO,
	};

	return map[m];
}

struct socket_config socket_setup(const struct config *cfg, sa_family_t family)
{
	return (struct socket_config){
		.family = family,
		.ipv6only = cfg->ce.bind_ipv6_only,
		.pktinfo = cfg->multihome,
		.mark = cfg->mark,
		.sndbuf = (int)cfg->sndbuf,
		.rcvbuf = (int)cfg->rcvbuf,
		.bind_dev = cfg->bind_dev,
		.mtu_disc = socket_setup_mtu_disc(cfg->ce.mtu_disc),
	};
}

uint32_t socket_setup_record_max(const struct config *cfg)
{
	uint32_t n = RECORD_MIN_MTU;

	n = cfg->ce.tun_mtu > n ? cfg->ce.tun_mtu : n;
	n = cfg->ce.tun_mtu_max > n ? cfg->ce.tun_mtu_max : n;
	n = cfg->ce.max_packet_size > n ? cfg->ce.max_packet_size : n;
	return n + cfg->ce.tun_mtu_extra + RECORD_BASE;
}
