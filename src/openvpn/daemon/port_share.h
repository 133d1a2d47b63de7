/* SPDX-License-Identifier: GPL-2.0-only */
/* --port-share: what is no VPN client goes to another server. Spec 01 section 1.5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

/*
 * A thread of its own moves the bytes between the connections given to it and connections to the
 * other server. Nothing it does waits for the VPN, and the VPN never waits for it. Its memory is
 * bounded: two buffers for each connection, and so many connections.
 */
struct port_share;

enum {
	PORT_SHARE_LOOK_BYTES = 3,	   /* with so many port_share_is_vpn() knows all it can */
	PORT_SHARE_CONNECTIONS_MAX = 1000, /* at once; more are closed */
};

struct port_share_config {
	union sock_addr server; /* where connections go */
	/* NULL, or a directory which gets one file for each connection: its name is the address
	 * that the other server sees, its text the client's */
	const char *dir;
};

/**
 * port_share_is_vpn() - whether a TCP connection which begins so comes from a VPN client
 * @len: bytes that have come; with fewer than two it is taken for one
 */
bool port_share_is_vpn(const uint8_t *bytes, size_t len);

/**
 * port_share_new() - start the thread
 *
 * Return: 0, or ERR_* with @err set when the directory cannot be used or there is no thread.
 */
int port_share_new(const struct port_share_config *cfg, const struct log *log,
		   struct port_share **out, struct err *err) MUST_CHECK;

/** port_share_take() - forward this connection; @fd is taken, nothing of it was read. Any thread.
 */
void port_share_take(struct port_share *s, int fd, const union sock_addr *client);

/** port_share_free() - end the thread and close all connections; NULL is fine */
void port_share_free(struct port_share *s);
