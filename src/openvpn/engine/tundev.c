/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/tundev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/forward.h"
#include "engine/state.h"

enum {
	READS_PER_BATCH = 64,
};

int tundev_open(struct tundev *d, const struct dco_device_config *cfg, int fd,
		const struct log *log, struct err *err)
{
	struct tun_config tc = {
		.name = cfg->name,
		.dev_node = cfg->dev_node,
		.type = cfg->type == DCO_TAP ? TUN_TYPE_TAP : TUN_TYPE_TUN,
		.txqueuelen = cfg->txqueuelen,
	};
	int ret;

	*d = (struct tundev){.type = cfg->type, .packet_max = cfg->max_packet_bytes};
	d->tun.fd = -1;
	d->out_cap = d->packet_max + DATA_KEY_OVERHEAD_MAX;
	d->in = malloc(d->packet_max + 1);
	d->out = malloc(d->out_cap);
	if (!d->in || !d->out) {
		tundev_close(d);
		return err_set(err, ERR_NOMEM, "device %s: out of memory", cfg->name);
	}
	if (fd >= 0) {
		d->tun.fd = fd;
		return 0;
	}
	if (cfg->type == DCO_NULL)
		return 0;
	ret = tun_open(&tc, log, &d->tun, err);
	if (ret < 0) {
		d->tun.fd = -1;
		tundev_close(d);
	}
	return ret;
}

void tundev_close(struct tundev *d)
{
	if (d->tun.fd >= 0)
		tun_close(&d->tun);
	free(d->in);
	free(d->out);
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

void tundev_readable(struct engine *e)
{
	struct tundev *d = &e->device;

	for (int i = 0; i < READS_PER_BATCH; i++) {
		ssize_t n;

		if (engine_device_must_wait(e))
			return;
		n = read(d->tun.fd, d->in, d->packet_max + 1);

		if (n > 0) {
			if ((size_t)n > d->packet_max)
				e->drops[DROP_TOO_LARGE]++;
			else
				forward_from_device(e, d->in, (size_t)n);
			continue;
		}
		/* An interface that is down gives EIO until it comes up. */
		if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EIO))
			return;
		tundev_lost(e);
		return;
	}
}

uint8_t *tundev_room(struct tundev *d, size_t len)
{
	return len <= d->out_cap ? d->out : NULL;
}

bool tundev_put(struct engine *e, size_t len)
{
	struct tundev *d = &e->device;
	ssize_t n;

	if (len > d->packet_max) {
		e->drops[DROP_TOO_LARGE]++;
		if (engine_may_log(e))
			log_warn(&e->log, "tun packet too large on write (tried=%zu,max=%zu)", len,
				 d->packet_max);
		return false;
	}
	if (d->tun.fd < 0 || d->gone)
		return true; /* the null device takes everything */
	n = write(d->tun.fd, d->out, len);
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

void tundev_flush(struct engine *e)
{
	(void)e;
}
