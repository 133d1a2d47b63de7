/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A data plane in the kernel through which nothing comes. Servers from 2.4.0 to 2.4.4 send
 * P_DATA_V1, which the drivers drop or leave to us: what is sent arrives, the answers do not. Spec
 * 05 section 7, problem 33.
 */
#include "daemon/client_internal.h"

#include "base/err.h"
#include "base/thread.h"
#include "daemon/app.h"

enum {
	INTERVALS = 2,	    /* of keepalive packets, which the peer sends as often as we do */
	AT_LEAST_MS = 5000, /* a peer may set up its own tunnel seconds after we have ours */
};

static bool has_heard(struct client *c)
{
	struct dco_peer_stats stats = {0};

	assume_control_thread();
	return dco_peer_stats(tunnel_device(c->tunnel), c->peer_id, &stats) < 0 ||
	       stats.link_rx_packets > 0;
}

void client_hear_start(struct client *c, const struct now *now)
{
	struct dco_peer_params p = client_data_params(c);
	uint64_t pings_ms = 1000ull * INTERVALS * p.ping_interval_sec;
	uint64_t wait_ms = pings_ms > AT_LEAST_MS ? pings_ms : AT_LEAST_MS;
	uint64_t before_end_ms = 750ull * p.ping_timeout_sec;

	c->hear_at = TIME_NEVER;
	/* without a time limit the peer may be silent for ever */
	if (p.ping_interval_sec && p.ping_timeout_sec &&
	    (tunnel_is_offloaded(c->tunnel) || c->deaf))
		c->hear_at =
			time_after(now->mono_ms, wait_ms < before_end_ms ? wait_ms : before_end_ms);
}

static void give_up(struct client *c)
{
	log_warn(
		&c->log,
		"Note: no data packet has come through the kernel since the connection began; servers before 2.4.5 send DATA_V1, which it cannot take. Continuing without data channel offload.");
	c->deaf = true;
	c->hear_at = TIME_NEVER;
}

void client_hear_doubt(struct client *c, const struct now *now)
{
	if (!c->peer_added || !tunnel_is_offloaded(c->tunnel) || has_heard(c))
		return;
	give_up(c);
	client_data_leave(c, now, "no data through the kernel");
}

void client_hear_none(struct client *c)
{
	if (c->hear_at != TIME_NEVER)
		give_up(c);
}

/* The engine is the judge: if it hears, the kernel never will, else it was the peer. */
static void judge(struct client *c)
{
	c->deaf = false;
	if (has_heard(c))
		(void)app_offload_refused(c->app, ERR_UNSUPPORTED);
}

void client_hear_timer(struct client *c, const struct now *now)
{
	if (c->hear_at > now->mono_ms)
		return;
	c->hear_at = TIME_NEVER;
	if (!c->peer_added)
		return;
	if (tunnel_is_offloaded(c->tunnel))
		client_hear_doubt(c, now);
	else
		judge(c);
}
