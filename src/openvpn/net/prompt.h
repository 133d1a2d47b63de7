/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking a person: systemd's password agent or the terminal. Spec 07 section 5.4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

/**
 * prompt_ask() - ask one question and wait for the answer
 * @text: "Enter Auth Username:"
 * @echo: show what is typed
 * @out: gets the answer without line end; at most @cap - 1 bytes, longer ones are cut. Wiped by
 *       the caller when secret.
 *
 * With systemd running and its ask-password program installed that is used; else /dev/tty, else
 * standard input and error when standard input is a terminal.
 *
 * Return: 0, or ERR_UNSUPPORTED when there is nobody to ask (the text names the prompt and
 * --askpass), or ERR_SYSTEM.
 */
int prompt_ask(const char *text, bool echo, char *out, size_t cap, struct err *err) MUST_CHECK;

/** prompt_ask_program() - ask by a program: "PROGRAM [--echo] --icon network-vpn --timeout=0 TEXT"
 */
int prompt_ask_program(const char *program, const char *text, bool echo, char *out, size_t cap,
		       struct err *err) MUST_CHECK;

/**
 * prompt_ask_terminal() - ask on a terminal
 * @in: descriptor of a terminal to read from
 * @to: where the question is written
 *
 * A signal that would end the process does so after the terminal was put right again.
 */
int prompt_ask_terminal(int in, int to, const char *text, bool echo, char *out, size_t cap,
			struct err *err) MUST_CHECK;
