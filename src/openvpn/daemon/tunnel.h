/* SPDX-License-Identifier: GPL-2.0-only */
/* The tunnel interface with all that belongs to it: device, addresses, routes, and their hooks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/env.h"
#include "base/log.h"
#include "dco.h"
#include "net/netlink.h"
#include "net/route_list.h"

struct tunnel;

/* What the options (and the server) say about the interface. Borrowed during tunnel_open(). */
struct tunnel_settings {
	const struct dco_backend *backend;
	struct dco_device_config device;
	struct iface_settings {
		struct ip_addr local4;	/* AF_UNSPEC: no IPv4 */
		struct ip_addr remote4; /* point to point: the other end; else AF_UNSPEC */
		uint8_t bits4;		/* subnet and tap */
		struct ip_addr local6;
		struct ip_addr remote6;
		uint8_t bits6;
		uint32_t mtu;
		bool has_lladdr;
		uint8_t lladdr[6];
		bool noexec; /* --ifconfig-noexec */
	} iface;
	struct route_list_config routes; /* tun_ifindex and families are filled in here */
	bool route_noexec;
	bool route_delayed; /* routes are installed by tunnel_install_routes() later */
	bool down_pre;	    /* --down-pre */
};

/*
 * Moments at which programs run. @context is "init" or "restart". A hook that is not needed is
 * NULL. The daemon logs what fails; a non-zero result of up, down and route_pre_down is fatal.
 */
struct tunnel_hooks {
	void (*opened)(void *ctx); /* the device has a name */
	int (*dns_up)(void *ctx);
	int (*up)(void *ctx, const char *context);
	int (*route_up)(void *ctx);
	int (*dns_down)(void *ctx);
	int (*route_pre_down)(void *ctx);
	int (*down)(void *ctx, const char *context);
};

/**
 * tunnel_new() - nothing is open yet
 * @nl, @journal, @env: borrowed for the tunnel's life; @journal may be NULL
 */
struct tunnel *tunnel_new(struct netlink *nl, struct route_journal *journal, struct env *env,
			  const struct tunnel_hooks *hooks, void *ctx,
			  const struct log *log) MUST_CHECK;

/** tunnel_free() - tunnel_close() if needed, then release */
void tunnel_free(struct tunnel *t);

/**
 * tunnel_open() - create the device, give it addresses, run dns-updown and up, install the routes
 *
 * Order of spec 03 section 3.11.2. On failure everything is undone.
 *
 * Return: 0; ERR_SCRIPT when the up script failed (fatal); else ERR_* with @err set.
 */
int tunnel_open(struct tunnel *t, const struct tunnel_settings *settings,
		struct err *err) MUST_CHECK;

/** tunnel_install_routes() - the delayed part of tunnel_open(): routes and route-up */
void tunnel_install_routes(struct tunnel *t);

/**
 * tunnel_gateway_usable() - whether routes by way of @gateway can be set
 *
 * Return: true when the interface leads to it without a gateway, or no routes are installed yet.
 */
bool tunnel_gateway_usable(const struct tunnel *t, const struct ip_addr *gateway);

/**
 * tunnel_renew_routes() - the routes of @s take the place of the present ones
 *
 * They are installed if the present ones are; route-up does not run again.
 *
 * Return: 0 or ERR_NOMEM; then there are none.
 */
int tunnel_renew_routes(struct tunnel *t, const struct tunnel_settings *s) MUST_CHECK;

/** tunnel_route_error() - whether some route could not be installed */
bool tunnel_route_error(const struct tunnel *t);

/**
 * tunnel_close() - dns-updown, route-pre-down, routes, device, down; in this order
 *
 * Peers and transports must have been given back. Return: 0, or ERR_SCRIPT (fatal).
 */
int tunnel_close(struct tunnel *t);

/** tunnel_suspend() - a restart that keeps the device (--persist-tun): dns-down, and down if @down
 */
int tunnel_suspend(struct tunnel *t, bool down);
/** tunnel_resume() - its end: dns-up, and up with context "restart" if @up */
int tunnel_resume(struct tunnel *t, bool up);

bool tunnel_is_open(const struct tunnel *t);
/** tunnel_device() - the open device, or NULL */
struct dco_device *tunnel_device(const struct tunnel *t);
/** tunnel_is_offloaded() - open, and packets bypass this process */
bool tunnel_is_offloaded(const struct tunnel *t);
/** tunnel_name() - of the open interface or the last one, "" before the first */
const char *tunnel_name(const struct tunnel *t);
