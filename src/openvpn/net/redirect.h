/* SPDX-License-Identifier: GPL-2.0-only */
/* redirect-gateway and redirect-private: from flags and present routes to route operations. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/log.h"
#include "net/route.h"
#include "net/route_set.h"

/* Spec 03 section 3.12.2. */
enum redirect_flag {
	REDIRECT_ENABLED = 1 << 0, /* one of the two options was given */
	REDIRECT_DEFAULT = 1 << 1, /* redirect-gateway: also replace the default route */
	REDIRECT_LOCAL = 1 << 2,
	REDIRECT_AUTOLOCAL = 1 << 3,
	REDIRECT_DEF1 = 1 << 4,
	REDIRECT_BYPASS_DHCP = 1 << 5, /* no effect on Linux */
	REDIRECT_BYPASS_DNS = 1 << 6,  /* no effect on Linux */
	REDIRECT_BLOCK_LOCAL = 1 << 7,
	REDIRECT_IPV6 = 1 << 8,
	REDIRECT_NO_IPV4 = 1 << 9, /* "!ipv4" */
};

/** redirect_parse_flag() - one word after the option; adds to @flags. Return: 0 or ERR_INVALID. */
int redirect_parse_flag(const char *word, unsigned int *flags) MUST_CHECK;

enum {
	REDIRECT_LOCAL_NETS_MAX = 16
};

/* All that the plan depends on; the system's part is collected by redirect_look(). */
struct redirect_input {
	unsigned int flags;
	int tun_ifindex;
	struct ip_addr vpn_gateway4; /* AF_UNSPEC: none known */
	struct ip_addr peer;	     /* address of the server's socket; AF_UNSPEC: none */
	bool peer6_covered;	     /* a --route-ipv6 (or the flag ipv6) leads to the peer */
	/* before the tunnel: */
	bool have_default4;
	struct route default4;
	bool have_default6;
	struct route default6;
	bool have_peer_path;
	struct route peer_path;			       /* how the peer is reached now */
	struct ip_net local4[REDIRECT_LOCAL_NETS_MAX]; /* networks of default4's interface */
	size_t n_local4;
	struct ip_net local6[REDIRECT_LOCAL_NETS_MAX]; /* networks of default6's interface */
	size_t n_local6;
};

/* Reasons why a part was left out or changed; none is fatal. */
enum redirect_note {
	REDIRECT_NOTE_NO_VPN_GATEWAY = 1 << 0,
	REDIRECT_NOTE_NO_DEFAULT = 1 << 1,
	REDIRECT_NOTE_MULTIPATH = 1 << 2, /* default route has several next hops: def1 is used */
};

enum {
	REDIRECT_NETS6_MAX = 4 + 2 * REDIRECT_LOCAL_NETS_MAX
};

struct redirect_plan {
	struct route_ops ops4;			 /* in the order to be carried out */
	struct route_ops ops6;			 /* before the IPv6 routes into the VPN */
	struct ip_net nets6[REDIRECT_NETS6_MAX]; /* IPv6 networks that must lead into the VPN */
	size_t n_nets6;
	unsigned int notes; /* REDIRECT_NOTE_* */
	bool redirects4;    /* IPv4 traffic will go through the VPN */
};

/**
 * redirect_plan() - decide what has to be done; a pure function
 * @plan: overwritten; release with redirect_plan_fini()
 *
 * The host route of the peer follows the path that it has now: via the gateway, or to the device
 * when the peer is on the link. The flag local leaves it out.
 */
void redirect_plan(const struct redirect_input *in, struct redirect_plan *plan);
void redirect_plan_fini(struct redirect_plan *plan);

/** redirect_nets6() - the IPv6 networks which the flag ipv6 stands for: "::/3" ... "fc00::/7" */
const struct ip_net *redirect_nets6(size_t *n);

/** redirect_note_text() - the known line of one REDIRECT_NOTE_* */
const char *redirect_note_text(enum redirect_note note);

/**
 * redirect_look() - fill in the default routes, the peer's path and the local networks
 * @in: flags, tun_ifindex and peer are set
 *
 * Routes through the tunnel itself do not count, as after a restart with persist-tun.
 */
void redirect_look(struct netlink *nl, struct redirect_input *in);
