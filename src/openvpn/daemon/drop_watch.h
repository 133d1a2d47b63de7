/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that the kernel's driver drops because of their source address (spec 05 problem 51). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

struct drop_watch {
	bool known;    /* @told holds a count of this device */
	uint64_t told; /* the counter when it was last looked at or told of */
	uint64_t look_at_ms, tell_at_ms;
};

/**
 * drop_watch_look() - read the counter of an interface now and then, and hint at the usual reason
 * @name: of the interface; without it nothing happens
 *
 * The first look only takes the count. At verb 4, at most one line in a minute.
 */
void drop_watch_look(struct drop_watch *w, const char *name, uint64_t now_ms,
		     const struct log *log);

/** drop_watch_count() - the same for a counter that was read already */
void drop_watch_count(struct drop_watch *w, const char *name, uint64_t dropped, uint64_t now_ms,
		      const struct log *log);
