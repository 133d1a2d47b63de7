/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/key_renewal.h"

#include "base/err.h"

enum {
	RENEWALS = 2,
	/* The peer has the key a little later than we; until then it drops a request for the next,
	 * which then waits for a retransmission. */
	SETTLE_MS = 300,
};

void key_renewal_init(struct key_renewal *r)
{
	*r = (struct key_renewal){.at_ms = TIME_NEVER};
}

void key_renewal_start(struct key_renewal *r, uint64_t now_ms)
{
	*r = (struct key_renewal){.left = RENEWALS, .at_ms = now_ms};
}

void key_renewal_key_ready(struct key_renewal *r, uint64_t now_ms)
{
	if (r->left)
		r->at_ms = time_after(now_ms, SETTLE_MS);
}

void key_renewal_timer(struct key_renewal *r, struct session *session, struct now now)
{
	if (r->at_ms > now.mono_ms)
		return;
	r->at_ms = TIME_NEVER; /* until its key is there */
	if (session_renegotiate(session, now, "the data plane changed") == 0)
		r->left--;
	else
		r->at_ms = time_after(now.mono_ms, SETTLE_MS); /* one is under way */
}
