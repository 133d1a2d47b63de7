/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that must run one after the other, without anybody waiting for them: client-disconnect
 * and learn-address of a server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/env.h"
#include "daemon/script.h"

struct script_queue;

/** script_queue_new() - @runner is borrowed. Return: NULL when out of memory. */
struct script_queue *script_queue_new(struct script_runner *runner) MUST_CHECK;

/**
 * script_queue_add() - run a hook when all that were added before have ended
 * @env: copied now
 * @args: @n texts, copied
 * @done: NULL, or called once with 0 or ERR_*: from the loop, from script_queue_finish(), or from
 *        here with ERR_NOMEM
 */
void script_queue_add(struct script_queue *q, enum script_hook hook, const struct env *env,
		      const char *const *args, size_t n, void (*done)(void *ctx, int code),
		      void *ctx);

/** script_queue_hold() - start nothing more before script_queue_finish(), so that the order stays
 */
void script_queue_hold(struct script_queue *q);

/** script_queue_finish() - run what is left, waiting for each. What runs already is not waited for.
 */
void script_queue_finish(struct script_queue *q);

/** script_queue_free() - what is left does not run; done() is called with ERR_STATE for it */
void script_queue_free(struct script_queue *q);
