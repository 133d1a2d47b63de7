/* SPDX-License-Identifier: GPL-2.0-only */
/* The tunnel interface as the worker sees it: packets in, packets out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dco.h"
#include "net/tun.h"

struct coalescer;
struct engine;

struct tundev {
	enum dco_device_type type;
	struct tun tun; /* fd -1 with DCO_NULL */
	bool gone;
	bool vnet; /* each packet has a virtio header in front and may be large */
	size_t packet_max;
	uint8_t *in;	 /* what was read */
	size_t in_cap;	 /* what one packet may need */
	size_t in_spare; /* so much more room for packets before the last of a batch */
	uint8_t *out;	 /* room for a virtio header, then the packet to be written */
	size_t out_cap;
	struct coalescer *coalescer; /* with vnet */
};

/** tundev_open() - make the interface, or use the descriptor that the engine was given */
int tundev_open(struct engine *e, const struct dco_device_config *cfg, const struct log *log,
		struct err *err) MUST_CHECK;
void tundev_close(struct tundev *d);

/** tundev_readable() - one batch of packets into forward_from_device() */
void tundev_readable(struct engine *e);

/** tundev_error() - epoll says that the device has failed, which it does also while it is paused */
void tundev_error(struct engine *e);

/** tundev_room() - where a packet of at most @len bytes may be put; NULL if that is too long */
uint8_t *tundev_room(struct tundev *d, size_t len);

/** tundev_put() - write @len bytes that were put there; false when the device did not take it */
bool tundev_put(struct engine *e, size_t len);

/** tundev_flush() - end of a batch: nothing stays behind */
void tundev_flush(struct engine *e);
