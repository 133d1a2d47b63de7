/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/user_pass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/secret.h"

enum {
	/* two lines of the greatest length with CR LF, and one byte more to see that it is too long
	 */
	AUTH_FILE_MAX = 2 * (USER_PASS_MAX + 2) + 1,
	PROMPT_MAX = 256
};

struct user_pass *user_pass_new(void)
{
	return secret_alloc(sizeof(struct user_pass));
}

void user_pass_free(struct user_pass *up)
{
	secret_free(up);
}

void user_pass_clear(struct user_pass *up)
{
	secret_wipe(up, sizeof(*up));
}

static bool is_control(uint8_t c)
{
	return c < 0x20 || c == 0x7f;
}

void text_drop_controls(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (!is_control((uint8_t)*from))
			*to++ = *from;
	}
	*to = '\0';
}

/* Copy up to the line end without control characters; false when @out (USER_PASS_MAX) is full. */
static bool take_line(struct rd *r, char *out)
{
	struct wr w = wr_init(out, USER_PASS_MAX - 1);

	while (rd_left(r)) {
		uint8_t c = rd_u8(r);

		if (c == '\n')
			break;
		if (!is_control(c))
			wr_u8(&w, c);
	}
	out[w.len] = '\0';
	return wr_error(&w) == 0;
}

static int too_long(const char *label, const char *what, const char *name, struct err *err)
{
	return err_set(err, ERR_LIMIT, "%s in %s authfile '%s' is longer than %d bytes", what,
		       label, name, USER_PASS_MAX - 1);
}

static int parse_user_pass(const char *label, const char *name, struct rd *r, struct user_pass *up,
			   struct err *err)
{
	if (!rd_left(r))
		return err_set(err, ERR_INVALID, "Error reading username from %s authfile: %s",
			       label, name);
	if (!take_line(r, up->user))
		return too_long(label, "username", name, err);
	if (!up->user[0])
		return err_set(err, ERR_INVALID, "ERROR: username from %s authfile '%s' is empty",
			       label, name);
	if (!take_line(r, up->pass))
		return too_long(label, "password", name, err);
	return 0;
}

/* Read at most @cap bytes; the file may be longer. */
static int slurp(const char *label, const char *path, uint8_t *buf, size_t cap, size_t *len,
		 struct err *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = -1;

	*len = 0;
	if (fd >= 0) {
		while (*len < cap && (n = read(fd, buf + *len, cap - *len)) > 0)
			*len += (size_t)n;
		if (*len == cap)
			n = 0;
	}
	if (fd < 0 || n < 0)
		return err_set_errno(err, errno, "Error opening '%s' auth file: %s", label, path);
	return 0;
}

int user_pass_read_file(const char *label, const char *path, struct user_pass *up, struct err *err)
{
	uint8_t *buf = secret_alloc(AUTH_FILE_MAX);
	size_t len;
	int rc;

	user_pass_clear(up);
	if (!buf)
		return err_set(err, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	rc = slurp(label, path, buf, AUTH_FILE_MAX, &len, err);
	if (rc == 0) {
		struct rd r = rd_init(buf, len);

		rc = parse_user_pass(label, path, &r, up, err);
	}
	secret_free(buf);
	if (rc < 0)
		user_pass_clear(up);
	return rc;
}

int user_pass_read_text(const char *label, const char *text, struct user_pass *up, struct err *err)
{
	struct rd r = rd_init(text, strlen(text));
	int rc;

	user_pass_clear(up);
	rc = parse_user_pass(label, "[[INLINE]]", &r, up, err);
	if (rc < 0)
		user_pass_clear(up);
	return rc;
}

int password_read_file(const char *label, const char *path, char *out, struct err *err)
{
	uint8_t *buf = secret_alloc(AUTH_FILE_MAX);
	size_t len;
	int rc;

	out[0] = '\0';
	if (!buf)
		return err_set(err, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	rc = slurp(label, path, buf, AUTH_FILE_MAX, &len, err);
	if (rc == 0) {
		struct rd r = rd_init(buf, len);

		if (!take_line(&r, out))
			rc = too_long(label, "password", path, err);
		else if (!out[0])
			rc = err_set(err, ERR_INVALID,
				     "Error reading password from %s authfile: %s", label, path);
	}
	secret_free(buf);
	if (rc < 0)
		secret_wipe(out, USER_PASS_MAX);
	return rc;
}

static int ask(const struct prompter *prompter, const char *label, const char *what, bool echo,
	       char *out, struct err *err)
{
	char text[PROMPT_MAX];
	int rc;

	snprintf(text, sizeof(text), "Enter %s %s:", label, what);
	rc = prompter->ask(prompter->ctx, text, echo, out, USER_PASS_MAX, err);
	if (rc < 0)
		secret_wipe(out, USER_PASS_MAX);
	else
		text_drop_controls(out);
	return rc;
}

int user_pass_ask(const struct prompter *prompter, const char *label, bool want_pass,
		  struct user_pass *up, struct err *err)
{
	int rc;

	if (!up->user[0]) {
		rc = ask(prompter, label, "Username", true, up->user, err);
		if (rc < 0)
			return rc;
		if (!up->user[0])
			return err_set(err, ERR_INVALID, "ERROR: %s username is empty", label);
	}
	if (!want_pass || up->pass[0])
		return 0;
	return ask(prompter, label, "Password", false, up->pass, err);
}

int password_obtain(const struct prompter *prompter, const char *label, const char *path, char *out,
		    struct err *err)
{
	if (path && strcmp(path, "stdin") != 0)
		return password_read_file(label, path, out, err);
	return ask(prompter, label, "Password", false, out, err);
}
