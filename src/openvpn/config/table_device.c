/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.5: the tunnel device and its addresses. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

static enum config_dev_type dev_type_of(const char *text)
{
	if (str_starts(text, "tun"))
		return CONFIG_DEV_TUN;
	if (str_starts(text, "tap"))
		return CONFIG_DEV_TAP;
	if (str_starts(text, "null"))
		return CONFIG_DEV_NULL;
	return CONFIG_DEV_UNDEFINED;
}

static int check_type_built(const struct opt *o, enum config_dev_type type)
{
	if (type == CONFIG_DEV_TAP)
		return opt_not_built(o, BUILT_TAP, "--dev tap");
	if (type == CONFIG_DEV_NULL)
		return opt_not_built(o, BUILT_NULL_DEVICE, "--dev null");
	return 0;
}

static int dev_apply(struct opt *o)
{
	struct config_tun *tun = &o->cfg->tun;
	enum config_dev_type type = tun->type_text ? tun->type : dev_type_of(o->arg[0]);
	int ret = check_type_built(o, type);

	if (ret < 0)
		return ret;
	tun->type = type;
	return value_text(o, o->arg[0], &tun->dev);
}

static int dev_type_apply(struct opt *o)
{
	struct config_tun *tun = &o->cfg->tun;
	enum config_dev_type type = dev_type_of(o->arg[0]);
	int ret;

	if (strcmp(o->arg[0], "tun") != 0 && strcmp(o->arg[0], "tap") != 0 &&
	    strcmp(o->arg[0], "null") != 0)
		type = CONFIG_DEV_UNDEFINED;
	ret = check_type_built(o, type);
	if (ret < 0)
		return ret;
	tun->type = type;
	return value_text(o, o->arg[0], &tun->type_text);
}

static int dev_node_apply(struct opt *o)
{
	if (str_starts(o->arg[0], "unix:")) {
		int ret = opt_not_built(o, BUILT_UNIX_DEVICE, "--dev-node unix:");

		if (ret < 0)
			return ret;
	}
	return value_text(o, o->arg[0], &o->cfg->tun.dev_node);
}

static int lladdr_apply(struct opt *o)
{
	const char *mac = o->arg[0];
	size_t len = strlen(mac);
	bool ok = len == 17;

	for (size_t i = 0; i < len && ok; i++)
		ok = i % 3 == 2 ? mac[i] == ':' : isxdigit((unsigned char)mac[i]);
	if (!ok)
		return opt_error(o, "lladdr parm '%s' must be a MAC address", mac);
	return value_text(o, mac, &o->cfg->tun.lladdr);
}

static int topology_apply(struct opt *o)
{
	enum config_topology *topology = &o->cfg->tun.topology;

	if (strcmp(o->arg[0], "net30") == 0)
		*topology = CONFIG_TOPOLOGY_NET30;
	else if (strcmp(o->arg[0], "p2p") == 0)
		*topology = CONFIG_TOPOLOGY_P2P;
	else if (strcmp(o->arg[0], "subnet") == 0)
		*topology = CONFIG_TOPOLOGY_SUBNET;
	else
		return opt_error(o, "--topology must be net30, p2p, or subnet");
	return 0;
}

static int ifconfig_apply(struct opt *o)
{
	struct config_tun *tun = &o->cfg->tun;
	bool names = o->cfg->routing.allow_pull_fqdn;
	int ret;

	if (!value_quad_or_name(o->arg[0], names) || !value_quad_or_name(o->arg[1], names))
		return opt_error(o, "ifconfig parms '%s' and '%s' must be valid addresses",
				 o->arg[0], o->arg[1]);
	ret = value_text(o, o->arg[0], &tun->ifconfig_local);
	return ret < 0 ? ret : value_text(o, o->arg[1], &tun->ifconfig_remote);
}

enum {
	NETBITS_MIN = 64,
	NETBITS_MAX = 124,
};

static int ifconfig6_apply(struct opt *o)
{
	struct config_tun *tun = &o->cfg->tun;
	struct config_net6 net;
	struct in6_addr remote;
	char text[INET6_ADDRSTRLEN];
	int ret = value_net6(o, o->arg[0], &net);

	if (ret == ERR_USAGE)
		return ret;
	if (ret < 0 || !value_ip6(o->arg[1], &remote))
		return opt_error(o, "ifconfig-ipv6 parms '%s' and '%s' must be valid addresses",
				 o->arg[0], o->arg[1]);
	if (net.bits < NETBITS_MIN || net.bits > NETBITS_MAX)
		return opt_error(o, "ifconfig-ipv6: /netbits must be between %d and %d, not '/%u'",
				 NETBITS_MIN, NETBITS_MAX, net.bits);
	inet_ntop(AF_INET6, &net.addr, text, sizeof(text));
	ret = value_text(o, text, &tun->ifconfig6_local);
	if (ret == 0)
		ret = value_text(o, o->arg[1], &tun->ifconfig6_remote);
	if (ret == 0)
		tun->ifconfig6_bits = net.bits;
	return ret;
}

static int vlan_accept_apply(struct opt *o)
{
	enum config_vlan_accept *accept = &o->cfg->server.vlan_accept;

	if (strcmp(o->arg[0], "tagged") == 0)
		*accept = CONFIG_VLAN_TAGGED;
	else if (strcmp(o->arg[0], "untagged") == 0)
		*accept = CONFIG_VLAN_UNTAGGED;
	else if (strcmp(o->arg[0], "all") == 0)
		*accept = CONFIG_VLAN_ALL;
	else
		return opt_error(o, "--vlan-accept must be 'tagged', 'untagged' or 'all'");
	return 0;
}

static int vlan_pvid_apply(struct opt *o)
{
	uint32_t n;
	int ret = value_range(o, "vlan-pvid", o->arg[0], 1, 4094, &n);

	if (ret == 0)
		o->cfg->server.vlan_pvid = (uint16_t)n;
	return ret;
}

static const struct option_row rows[] = {
	{.name = "dev",
	 .args = "name",
	 .help = "device: tun or tap for the first free one, or a name",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, dev_apply),
	 OBSTACLE("the driver has tun devices only, no tap, null or unnamed ones",
		  "use --dev tun")},
	{.name = "dev-type",
	 .args = "tun|tap|null",
	 .help = "kind of device when the name does not tell",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, dev_type_apply),
	 OBSTACLE("the driver has tun devices only", "use --dev-type tun")},
	{.name = "dev-node",
	 .args = "node",
	 .help = "device node (/dev/net/tun), or unix:PROGRAM",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, dev_node_apply),
	 OBSTACLE(
		 "the driver does not hand packets to a program (unix:); every other node is ignored with a note",
		 "remove it")},
	{.name = "disable-dco",
	 .help = "do not use data channel offload",
	 .groups = GROUP_GENERAL, /* a server does not choose our data plane */
	 IF_BUILT(ALWAYS),
	 FLAG(tun.disable_dco),
	 WORKS("the remedy itself: everything stays in user space")},
	{.name = "lladdr",
	 .args = "mac",
	 .help = "hardware address of a tap device",
	 .groups = GROUP_UP,
	 .needs = FEAT_TAP,
	 IF_BUILT(TAP),
	 FN(1, 1, lladdr_apply),
	 PART_OF("dev")},
	{.name = "topology",
	 .args = "subnet|net30|p2p",
	 .help = "how addresses are given on a tun device",
	 .groups = GROUP_UP,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, topology_apply),
	 OBSTACLE("the driver of a server knows one address for a client, no net30 or p2p pairs",
		  "use --topology subnet")},
	{.name = "ifconfig",
	 .args = "local remote|netmask",
	 .help = "IPv4 addresses of the device",
	 .groups = GROUP_UP,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(2, 2, ifconfig_apply),
	 WORKS("set on the driver's device")},
	{.name = "ifconfig-ipv6",
	 .args = "local/bits remote",
	 .help = "IPv6 addresses of the device",
	 .groups = GROUP_UP,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(2, 2, ifconfig6_apply),
	 WORKS("set on the driver's device")},
	{.name = "ifconfig-noexec",
	 .help = "do not configure the device, only tell scripts",
	 .groups = GROUP_UP,
	 IF_BUILT(ALWAYS),
	 FLAG(tun.ifconfig_noexec),
	 WORKS("as on a tun device")},
	{.name = "ifconfig-nowarn",
	 .help = "no warnings about addresses that do not match the peer's",
	 .groups = GROUP_UP,
	 IF_BUILT(ALWAYS),
	 FLAG(tun.ifconfig_nowarn),
	 APART},
	{.name = "tun-ipv6",
	 .help = "ignored",
	 .groups = GROUP_ANY,
	 NO_OP,
	 ARGS(0, 0),
	 .kind = KIND_IGNORED,
	 .label =
		 "Note: option tun-ipv6 is ignored because modern operating systems do not need special IPv6 tun handling anymore."},
	{.name = "txqueuelen",
	 .args = "packets",
	 .help = "length of the device's send queue",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 U31(tun.txqueuelen),
	 IDLE("the driver does not queue on the device", "remove it")},
	{.name = "block-ipv6",
	 .help = "answer IPv6 packets in the tunnel as unreachable",
	 .groups = GROUP_ROUTE,
	 .flags = F_UPDATE,
	 .needs = FEAT_BLOCK_IPV6,
	 IF_BUILT(ALWAYS),
	 FLAG(tun.block_ipv6),
	 OBSTACLE("the driver does not answer IPv6 packets in the tunnel",
		  "remove it and reject IPv6 on the device with nftables")},
	{.name = "vlan-tagging",
	 .help = "be an 802.1Q switch (tap server)",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 .needs = FEAT_TAP,
	 IF_BUILT(VLAN),
	 FLAG(server.vlan_tagging),
	 PART_OF("dev")},
	{.name = "vlan-accept",
	 .args = "tagged|untagged|all",
	 .help = "which frames are taken from the device",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 .needs = FEAT_TAP,
	 IF_BUILT(VLAN),
	 FN(1, 1, vlan_accept_apply),
	 PART_OF("dev")},
	{.name = "vlan-pvid",
	 .args = "id",
	 .help = "VLAN of untagged frames, global or of a client",
	 .groups = GROUP_GENERAL | GROUP_INSTANCE,
	 .flags = F_SERVER,
	 .needs = FEAT_TAP,
	 IF_BUILT(VLAN),
	 FN(1, 1, vlan_pvid_apply),
	 PART_OF("dev")},
};

const struct option_table table_device = {"Device and addresses", rows, ARRAY_SIZE(rows)};
