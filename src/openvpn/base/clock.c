/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

struct now clock_now(void)
{
	struct timespec mono, wall;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct now){
		.mono_ms = (uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000,
		.unix_sec = (uint64_t)wall.tv_sec,
	};
}

uint64_t clock_wall_us(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (uint64_t)wall.tv_sec * 1000000 + (uint64_t)wall.tv_nsec / 1000;
}

void clock_format_local(uint64_t unix_sec, char *buf, size_t len)
{
	time_t t = (time_t)unix_sec;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(buf, len, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(buf, len, "%llu", (unsigned long long)unix_sec);
}
