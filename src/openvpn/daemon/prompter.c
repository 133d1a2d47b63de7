/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/prompter.h"

#include "net/prompt.h"

static int ask_console(void *ctx, const char *text, bool echo, char *out, size_t cap,
		       struct err *err)
{
	(void)ctx;
	return prompt_ask(text, echo, out, cap, err);
}

struct prompter prompter_console(void)
{
	return (struct prompter){.ask = ask_console};
}
