/* SPDX-License-Identifier: GPL-2.0-only */
/* The tun/tap character device. Spec 02 section 16; mktun and rmtun: spec 04 section 5.5. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

enum tun_type {
	TUN_TYPE_TUN, /* IP packets */
	TUN_TYPE_TAP, /* Ethernet frames */
};

enum tun_flag {
	TUN_MULTI_QUEUE = 1 << 0, /* one fd per worker, see tun_add_queue() */
	TUN_VNET_HDR = 1 << 1,	  /* struct virtio_net_hdr (10 bytes) before each packet */
};

struct tun_config {
	const char *name;     /* "tun" or "tap": the kernel picks the number; else as it stands */
	const char *dev_node; /* NULL: /dev/net/tun */
	enum tun_type type;
	unsigned int flags;	 /* TUN_*: what is wanted */
	unsigned int txqueuelen; /* 0: leave */
};

struct tun {
	int fd;
	int ifindex;
	char name[IF_NAMESIZE];
	char node[64]; /* for tun_add_queue() */
	enum tun_type type;
	unsigned int flags; /* TUN_*: what was given; see tun_open() */
};

/* Whom a persistent device belongs to. */
struct tun_owner {
	const char *user;  /* NULL: anybody with CAP_NET_ADMIN */
	const char *group; /* NULL: likewise */
};

/**
 * tun_open() - create a tun/tap interface, or attach to a persistent one
 * @out: filled on success; release with tun_close()
 *
 * The descriptor is non-blocking and close-on-exec; no packet-information header is used. A
 * persistent device that was made without multiple queues cannot get them later: it is opened
 * without, and TUN_MULTI_QUEUE is missing in @out->flags. The interface is down and has no address.
 *
 * Return: 0, or ERR_SYSTEM / ERR_PERMISSION / ERR_INVALID with the known texts in @err
 * ("ERROR: Cannot open TUN/TAP dev %s", "ERROR: Cannot ioctl TUNSETIFF %s").
 */
int tun_open(const struct tun_config *cfg, const struct log *log, struct tun *out,
	     struct err *err) MUST_CHECK;

/** tun_add_queue() - one more queue of a device opened with TUN_MULTI_QUEUE; the caller closes it
 */
int tun_add_queue(const struct tun *tun, int *fd, struct err *err) MUST_CHECK;

/**
 * tun_set_offload() - which packets the kernel may hand over unsegmented (needs TUN_VNET_HDR)
 * @tun_f: TUN_F_* of <linux/if_tun.h>; 0 switches everything off
 *
 * Holds for all queues. Return: 0, or ERR_UNSUPPORTED when the kernel does not know one of them.
 */
int tun_set_offload(const struct tun *tun, unsigned int tun_f) MUST_CHECK;

/** tun_close() - the interface goes away unless it is persistent; other queues are the caller's */
void tun_close(struct tun *tun);

/**
 * tun_persist() - --mktun (@on) and --rmtun
 *
 * Logs "TUN/TAP device %s opened" and "Persist state set to: ON" (or OFF).
 */
int tun_persist(const struct tun_config *cfg, bool on, const struct tun_owner *owner,
		const struct log *log, struct err *err) MUST_CHECK;
