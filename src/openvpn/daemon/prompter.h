/* SPDX-License-Identifier: GPL-2.0-only */
/* Whoever answers questions: the console, or a test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* ask() has the contract of prompt_ask() in net/prompt.h. */
struct prompter {
	int (*ask)(void *ctx, const char *text, bool echo, char *out, size_t cap, struct err *err);
	void *ctx;
};

/** prompter_console() - the password agent of the service manager, or the terminal */
struct prompter prompter_console(void);
