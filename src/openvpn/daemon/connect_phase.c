/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/connect_phase.h"

/* Take one source's result. Return: whether the chain goes on. */
static bool connect_phase_take(struct connect_phase *p, const struct connect_ops *ops, void *ctx,
			       enum connect_result result)
{
	switch (result) {
	case CONNECT_NOT_CONFIGURED:
		return true;
	case CONNECT_SUCCESS:
		p->any_success = true;
		if (ops->applied(ctx, p->source))
			return true;
		p->state = CONNECT_FAILED;
		return false;
	case CONNECT_DEFERRED:
		p->state = CONNECT_WAITING;
		return false;
	case CONNECT_FAILURE:
		break;
	}
	p->state = CONNECT_FAILED;
	return false;
}

static enum connect_state connect_phase_run(struct connect_phase *p, const struct connect_ops *ops,
					    void *ctx, enum connect_source first)
{
	p->state = CONNECT_RUNNING;
	for (p->source = first; p->source < CONNECT_SOURCES; p->source++)
		if (!connect_phase_take(p, ops, ctx, ops->run(ctx, p->source)))
			return p->state;
	p->state = CONNECT_DONE;
	return p->state;
}

enum connect_state connect_phase_start(struct connect_phase *p, const struct connect_ops *ops,
				       void *ctx)
{
	*p = (struct connect_phase){0};
	return connect_phase_run(p, ops, ctx, CONNECT_COMPRESS_MIGRATE);
}

enum connect_state connect_phase_resume(struct connect_phase *p, const struct connect_ops *ops,
					void *ctx, enum connect_result result)
{
	if (p->state != CONNECT_WAITING)
		return p->state;
	p->state = CONNECT_RUNNING;
	if (!connect_phase_take(p, ops, ctx, result))
		return p->state;
	return connect_phase_run(p, ops, ctx, p->source + 1);
}

const char *connect_state_name(enum connect_state state)
{
	static const char *const names[] = {
		[CONNECT_NOT_STARTED] = "not started", [CONNECT_RUNNING] = "running",
		[CONNECT_WAITING] = "waiting",	       [CONNECT_DONE] = "done",
		[CONNECT_FAILED] = "failed",
	};

	return names[state];
}
