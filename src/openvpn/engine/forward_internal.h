/* SPDX-License-Identifier: GPL-2.0-only */
/* What both ways of a packet share: out (forward.c) and in (forward_in.c). Internal to them. */
#pragma once

#include "data/framing.h"
#include "data/mss.h"
#include "engine/forward.h"
#include "engine/state.h"

/** forward_drop() - count a packet that goes nowhere; @p: of whom or for whom, or NULL */
static inline void forward_drop(struct engine *e, struct engine_peer *p, enum engine_drop why)
{
	e->drops[why]++;
	if (p)
		p->stats.dropped++;
	else
		e->past.dropped++;
}

/** forward_clamp() - lower the MSS of a TCP SYN in place, as the peer asks for (--mssfix) */
static inline void forward_clamp(const struct engine *e, const struct engine_peer *p,
				 uint8_t *packet, size_t len)
{
	const struct dco_peer_params *pp = &p->params;

	if (!pp->mss_ip4 && !pp->mss_ip6)
		return;
	if (device_is_ip(e))
		mss_clamp(packet, len, pp->mss_ip4, pp->mss_ip6);
	else
		mss_clamp_ethernet(packet, len, pp->mss_ip4, pp->mss_ip6);
}

/** forward_check_key_limit() - report once that the sending key wants to be renewed */
static inline void forward_check_key_limit(struct engine *e, struct engine_peer *p)
{
	if (p->limit_reported || !data_key_renewal_due(p->keys[DCO_SLOT_PRIMARY]))
		return;
	p->limit_reported = true;
	event_mark_peer(&e->events, p, PEER_PENDING_KEY_LIMIT);
}

/** forward_framing() - the peer's compression framing, in the words of data/ */
enum data_framing forward_framing(const struct engine_peer *p);

/** forward_find_mac() - whose a MAC address of a VLAN is; NULL: nobody's */
struct engine_peer *forward_find_mac(const struct engine *e, const uint8_t mac[MAC_LEN],
				     uint16_t vid);

/** forward_to_peer() - a packet of the tunnel, not a ping or OCC message of our own; counted */
void forward_to_peer(struct engine *e, struct engine_peer *p, const uint8_t *packet, size_t len);

/** forward_to_all() - queue one for all peers but @but; forward_broadcasts() makes the copies */
void forward_to_all(struct engine *e, const struct engine_peer *but, uint16_t vid,
		    const uint8_t *packet, size_t len);
