/* SPDX-License-Identifier: GPL-2.0-only */
/* Compiler attributes and the few GNU extensions that the project uses. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK		      __attribute__((warn_unused_result))
#define PRINTF_FMT(f, a)	      __attribute__((format(printf, f, a)))
#define NORETURN		      __attribute__((noreturn))
#define UNUSED			      __attribute__((unused))
#define likely(x)		      __builtin_expect(!!(x), 1)
#define unlikely(x)		      __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)		      (sizeof(a) / sizeof((a)[0]))
#define BUILD_ASSERT(c)		      _Static_assert(c, #c)
#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

static inline void attr_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void attr_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Scratch that never leaves the function (style page 2.6). */
#define auto_free  __attribute__((cleanup(attr_free_ptr)))
#define auto_close __attribute__((cleanup(attr_close_fd)))
