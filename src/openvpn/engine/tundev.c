/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/tundev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "base/footprint.h"
#include "engine/ahead.h"
#include "engine/coalesce.h"
#include "engine/forward.h"
#include "engine/state.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

enum {
	/* A batch ends with the first of these, so that the other direction gets its turn. */
	READS_PER_BATCH = 64,
	BYTES_PER_BATCH = 256 * 1024,
};

/* UDP segmentation came with Linux 6.2; without any of it packets come one by one. */
static const unsigned int offloads[] = {
	TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
	TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
	0,
};

static int tundev_open_tun(struct tundev *d, const struct dco_device_config *cfg, bool vnet,
			   const struct log *log, struct err *err)
{
	struct tun_config tc = {
		.name = cfg->name,
		.dev_node = cfg->dev_node,
		.type = cfg->type == DCO_TAP ? TUN_TYPE_TAP : TUN_TYPE_TUN,
		.flags = vnet ? TUN_VNET_HDR : 0,
		.txqueuelen = cfg->txqueuelen,
	};
	int ret = tun_open(&tc, log, &d->tun, err);

	if (ret < 0) {
		d->tun.fd = -1;
		return ret;
	}
	d->vnet = d->tun.flags & TUN_VNET_HDR;
	for (size_t i = 0; d->vnet && i < ARRAY_SIZE(offloads); i++)
		if (!tun_set_offload(&d->tun, offloads[i]))
			break;
	return 0;
}

static int tundev_open_any(struct tundev *d, const struct dco_device_config *cfg,
			   const struct engine_env *env, const struct log *log, struct err *err)
{
	/* Ethernet frames are not cut or joined. */
	bool vnet = env->offload && cfg->type == DCO_TUN;

	if (env->tun_fd >= 0) {
		d->tun.fd = env->tun_fd;
		d->vnet = vnet;
		return 0;
	}
	if (cfg->type == DCO_NULL)
		return 0;
	return tundev_open_tun(d, cfg, vnet, log, err);
}

static bool tundev_write(void *ctx, const uint8_t *packet, size_t len);

static int tundev_alloc(struct engine *e, struct tundev *d)
{
	d->in_cap = d->packet_max + 1;
	if (d->vnet)
		d->in_cap = VNET_HDR_LEN + SEGMENT_PACKET_MAX;
	d->out_cap = d->packet_max + DATA_KEY_OVERHEAD_MAX;
	d->in_spare = (AHEAD_MAX - 1) * (VNET_HDR_LEN + d->packet_max + CACHE_LINE);
	d->in = malloc(d->in_spare + d->in_cap);
	d->out = malloc(VNET_HDR_LEN + d->out_cap);
	if (d->vnet)
		d->coalescer = coalescer_new(tundev_write, e);
	return d->in && d->out && (d->coalescer || !d->vnet) ? 0 : ERR_NOMEM;
}

int tundev_open(struct engine *e, const struct dco_device_config *cfg, const struct log *log,
		struct err *err)
{
	struct tundev *d = &e->device;
	int ret;

	*d = (struct tundev){.type = cfg->type, .packet_max = cfg->max_packet_bytes, .tun.fd = -1};
	ret = tundev_open_any(d, cfg, &e->env, log, err);
	if (ret < 0)
		return ret;
	if (tundev_alloc(e, d) < 0)
		return err_set(err, ERR_NOMEM, "device %s: out of memory", cfg->name);
	return 0;
}

void tundev_close(struct tundev *d)
{
	if (d->tun.fd >= 0)
		tun_close(&d->tun);
	coalescer_free(d->coalescer);
	free(d->in);
	free(d->out);
	d->coalescer = NULL;
	d->in = NULL;
	d->out = NULL;
}

static void tundev_lost(struct engine *e)
{
	if (e->device.gone)
		return;
	e->device.gone = true;
	event_mark_device_gone(&e->events);
}

/* ---- reading ---- */

static void too_large(struct engine *e, size_t len)
{
	char to[ADDR_TEXT_MAX] = "[a peer]";

	e->drops[DROP_TOO_LARGE]++;
	if (!engine_may_log(e))
		return;
	if (e->only)
		sock_addr_format(e->only->port->proto == DCO_UDP ? &e->only->remote
								 : &e->only->port->remote,
				 to, sizeof(to));
	log_warn(&e->log, "TCP/UDP packet too large on write to %s (tried=%zu,max=%zu)", to, len,
		 e->device.packet_max);
}

static void take_large(struct engine *e, const struct virtio_net_hdr *hdr, const uint8_t *packet,
		       size_t len)
{
	struct segmenter s;

	if (segmenter_init(&s, hdr, packet, len) < 0)
		e->drops[DROP_BAD_PACKET]++;
	else if (segmenter_next_len(&s) > e->device.packet_max)
		too_large(e, segmenter_next_len(&s));
	else
		forward_large_from_device(e, &s);
}

static void take_packet(struct engine *e, uint8_t *packet, size_t len)
{
	if (len > e->device.packet_max)
		too_large(e, len);
	else
		forward_from_device(e, packet, len);
}

/* One of a batch, as it was read. */
static void take(struct engine *e, uint8_t *bytes, size_t len)
{
	struct virtio_net_hdr hdr;

	if (!e->device.vnet) {
		take_packet(e, bytes, len);
		return;
	}
	if (len <= VNET_HDR_LEN) {
		e->drops[DROP_BAD_PACKET]++;
		return;
	}
	hdr = vnet_hdr_read(bytes);
	bytes += VNET_HDR_LEN;
	len -= VNET_HDR_LEN;
	if (hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		take_large(e, &hdr, bytes, len);
	else if (segment_finish_checksum(&hdr, bytes, len) < 0)
		e->drops[DROP_BAD_PACKET]++;
	else
		take_packet(e, bytes, len);
}

/*
 * Read up to @want packets, one behind the other: each leaves less room than the largest may need,
 * hence a large one is the last.
 * Return: their number; @end: there is nothing more to read now.
 */
static unsigned int tundev_read(struct engine *e, struct ahead_packet *packets, unsigned int want,
				bool *end)
{
	struct tundev *d = &e->device;
	uint8_t *at = d->in;
	unsigned int count = 0;

	*end = false;
	while (count < want && at <= d->in + d->in_spare) {
		ssize_t n = read(d->tun.fd, at, d->in_cap);

		if (n <= 0) {
			/* An interface that is down gives EIO until it comes up. */
			if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != EIO))
				tundev_lost(e);
			*end = true;
			break;
		}
		packets[count++] = (struct ahead_packet){.bytes = at, .len = (size_t)n};
		at += ((size_t)n + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	}
	return count;
}

static void look_ahead(struct engine *e, const struct ahead_packet *packets, unsigned int count)
{
	size_t skip = e->device.vnet ? VNET_HDR_LEN : 0;
	struct ahead_packet inner[AHEAD_MAX];

	for (unsigned int i = 0; i < count; i++) {
		inner[i].bytes = packets[i].bytes + skip;
		inner[i].len = packets[i].len > skip ? packets[i].len - skip : 0;
	}
	ahead_from_device(e, inner, count);
}

void tundev_readable(struct engine *e)
{
	unsigned int want = ahead_pays(e) ? AHEAD_MAX : 1, count;
	struct ahead_packet packets[AHEAD_MAX];
	size_t bytes = 0;
	bool end = false;

	for (unsigned int reads = 0; !end && reads < READS_PER_BATCH && bytes < BYTES_PER_BATCH;
	     reads += count) {
		if (engine_device_must_wait(e))
			return;
		count = tundev_read(e, packets, want, &end);
		if (count > 1)
			look_ahead(e, packets, count);
		for (unsigned int i = 0; i < count; i++) {
			take(e, packets[i].bytes, packets[i].len);
			bytes += packets[i].len;
		}
	}
}

void tundev_error(struct engine *e)
{
	tundev_lost(e);
}

/* ---- writing ---- */

uint8_t *tundev_room(struct tundev *d, size_t len)
{
	return len <= d->out_cap ? d->out + VNET_HDR_LEN : NULL;
}

/* With or without a virtio header, as the device wants it. */
static bool tundev_write(void *ctx, const uint8_t *packet, size_t len)
{
	struct engine *e = ctx;
	struct tundev *d = &e->device;
	ssize_t n;

	if (d->tun.fd < 0 || d->gone)
		return true; /* the null device takes everything */
	n = write(d->tun.fd, packet, len);
	if (n == (ssize_t)len)
		return true;
	if (n < 0 && (errno == EBADFD || errno == ENODEV))
		tundev_lost(e);
	else if (n >= 0 && engine_may_log(e))
		log_warn(
			&e->log,
			"TUN/TAP packet was destructively fragmented on write to %s (tried=%zu,actual=%zd)",
			d->tun.name, len, n);
	return false;
}

bool tundev_put(struct engine *e, size_t len)
{
	struct tundev *d = &e->device;

	if (len > d->packet_max) {
		e->drops[DROP_TOO_LARGE]++;
		if (engine_may_log(e))
			log_warn(&e->log, "tun packet too large on write (tried=%zu,max=%zu)", len,
				 d->packet_max);
		return false;
	}
	if (d->vnet)
		return coalescer_put(d->coalescer, d->out, len);
	return tundev_write(e, d->out + VNET_HDR_LEN, len);
}

void tundev_flush(struct engine *e)
{
	if (e->device.vnet)
		coalescer_flush(e->device.coalescer);
}
