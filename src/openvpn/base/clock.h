/* SPDX-License-Identifier: GPL-2.0-only */
/* Time as a value. Only the daemon and the engine read clocks; everything else is told. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TIME_NEVER UINT64_MAX

/* Both clocks at one moment: deadlines use mono_ms, wire formats use unix_sec. */
struct now {
	uint64_t mono_ms;  /* monotonic, arbitrary start */
	uint64_t unix_sec; /* wall clock; may jump */
};

/** clock_now() - read both system clocks */
struct now clock_now(void);

/** clock_wall_us() - wall clock in microseconds since 1970 */
uint64_t clock_wall_us(void);

static inline uint64_t time_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** time_after() - @now_ms plus a delay, saturating at TIME_NEVER */
static inline uint64_t time_after(uint64_t now_ms, uint64_t delay_ms)
{
	return delay_ms >= TIME_NEVER - now_ms ? TIME_NEVER : now_ms + delay_ms;
}

/** clock_format_local() - "YYYY-MM-DD HH:MM:SS" in local time, as logs and status files show it */
void clock_format_local(uint64_t unix_sec, char *buf, size_t len);
