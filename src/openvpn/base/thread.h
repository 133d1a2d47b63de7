/* SPDX-License-Identifier: GPL-2.0-only */
/* Thread roles, checked by clang's -Wthread-safety; no code is generated. */
#pragma once

#if defined(__clang__)
#define THREAD_ATTR(x) __attribute__((x))
#else
#define THREAD_ATTR(x)
#endif

struct THREAD_ATTR(capability("role")) thread_role {
	char unused;
};

/* Never defined: the roles exist for the compiler's analysis only. */
extern struct thread_role control_thread;
extern struct thread_role worker_thread;

#define REQUIRES(role)	 THREAD_ATTR(requires_capability(role))
#define GUARDED_BY(role) THREAD_ATTR(guarded_by(role))

/* Callbacks of libuv run on the control thread; the compiler must be told. */
static inline void assume_control_thread(void) THREAD_ATTR(assert_capability(control_thread));
static inline void assume_control_thread(void)
{
}

static inline void assume_worker_thread(void) THREAD_ATTR(assert_capability(worker_thread));
static inline void assume_worker_thread(void)
{
}
