/* SPDX-License-Identifier: GPL-2.0-only */
/* A network interface: state, MTU, hardware address, IP addresses. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "net/netlink.h"

enum {
	IFACE_LLADDR_LEN = 6
};

struct iface_info {
	int ifindex;
	char name[IF_NAMESIZE];
	bool up;
	bool loopback;
	uint32_t mtu;
	bool has_lladdr;
	uint8_t lladdr[IFACE_LLADDR_LEN];
	char kind[16]; /* "tun", "ovpn", "veth" ...; empty for hardware */
};

/* An address of an interface. With @peer set it is point-to-point and @bits is ignored. */
struct iface_addr {
	struct ip_addr local;
	struct ip_addr peer; /* AF_UNSPEC: none */
	uint8_t bits;
};

/** iface_index() - number of an interface. Return: > 0, or ERR_NO_DEVICE. */
int iface_index(const char *name) MUST_CHECK;
/** iface_name() - name of an interface, "?" when there is none; returns @buf */
const char *iface_name(int ifindex, char buf[IF_NAMESIZE]);

int iface_get(struct netlink *nl, int ifindex, struct iface_info *out, struct err *err) MUST_CHECK;

/**
 * iface_set_up() ... iface_del_addr() - change one property of an interface
 *
 * Each writes its known line to the log first (spec 07 section 3.7, e.g. "net_iface_up: set tun0
 * up"). An IPv4 address with a prefix shorter than /31 gets its broadcast address. IPv6 addresses
 * are added without duplicate address detection, so that they are usable at once.
 *
 * Return: 0, ERR_NO_DEVICE, ERR_EXISTS (iface_add_addr), ERR_NOT_FOUND (iface_del_addr),
 * ERR_PERMISSION or ERR_SYSTEM with the line for the user in @err.
 */
int iface_set_up(struct netlink *nl, int ifindex, bool up, struct err *err) MUST_CHECK;
int iface_set_mtu(struct netlink *nl, int ifindex, uint32_t mtu, struct err *err) MUST_CHECK;
int iface_set_lladdr(struct netlink *nl, int ifindex, const uint8_t lladdr[IFACE_LLADDR_LEN],
		     struct err *err) MUST_CHECK;
int iface_add_addr(struct netlink *nl, int ifindex, const struct iface_addr *addr,
		   struct err *err) MUST_CHECK;
int iface_del_addr(struct netlink *nl, int ifindex, const struct iface_addr *addr, struct err *err);

/** iface_delete() - remove a virtual interface, e.g. one that an ended process left behind */
int iface_delete(struct netlink *nl, int ifindex, struct err *err) MUST_CHECK;
