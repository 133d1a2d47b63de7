/* SPDX-License-Identifier: GPL-2.0-only */
/* A user name and a password: from a file, from text in the configuration, or from a person. Spec
 * 04 section 6.8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "daemon/prompter.h"

enum {
	USER_PASS_MAX = 4096 /* bytes of a name or a password with NUL */
};

/* Lives in secret memory: user_pass_new(), user_pass_free(). "" is absent. */
struct user_pass {
	char user[USER_PASS_MAX];
	char pass[USER_PASS_MAX];
};

struct user_pass *user_pass_new(void) MUST_CHECK;
void user_pass_free(struct user_pass *up);
void user_pass_clear(struct user_pass *up);

/**
 * user_pass_read_file() - line 1 is the user name, line 2 the password
 * @label: for messages: "Auth", "HTTP Proxy", "SOCKS Proxy"
 * @up: the password stays empty when the file has no second line
 *
 * Line ends and control characters are removed, further lines ignored.
 *
 * Return: 0, or ERR_SYSTEM / ERR_PERMISSION ("Error opening 'Auth' auth file: ..."), ERR_INVALID
 * (empty file, empty user name) or ERR_LIMIT (a line too long), all with the text in @err; @up is
 * cleared then.
 */
int user_pass_read_file(const char *label, const char *path, struct user_pass *up,
			struct err *err) MUST_CHECK;

/** user_pass_read_text() - the same for the content of an inline block */
int user_pass_read_text(const char *label, const char *text, struct user_pass *up,
			struct err *err) MUST_CHECK;

/**
 * password_read_file() - a file whose first line is a password (--askpass, management password)
 * @label: "Private Key", "Management"
 * @out: secret memory of at least USER_PASS_MAX bytes
 */
int password_read_file(const char *label, const char *path, char *out, struct err *err) MUST_CHECK;

/**
 * user_pass_ask() - "Enter LABEL Username:", "Enter LABEL Password:" for what is still empty
 * @want_pass: false asks for the name only
 *
 * Return: 0, or ERR_INVALID for an empty user name, or the prompter's error.
 */
int user_pass_ask(const struct prompter *prompter, const char *label, bool want_pass,
		  struct user_pass *up, struct err *err) MUST_CHECK;

/**
 * password_obtain() - from the file if there is one, else ask "Enter LABEL Password:"
 * @path: NULL or "stdin" asks
 */
int password_obtain(const struct prompter *prompter, const char *label, const char *path, char *out,
		    struct err *err) MUST_CHECK;

/** text_drop_controls() - delete control characters, CR and LF included, in place */
void text_drop_controls(char *text);
