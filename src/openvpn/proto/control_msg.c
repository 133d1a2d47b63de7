/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/control_msg.h"

#include <string.h>

#include "base/err.h"

/* In the order in which prefixes are tried. */
static const struct {
	enum control_msg_type type;
	const char *word;
} control_msg_words[] = {
	{CONTROL_MSG_AUTH_FAILED, "AUTH_FAILED"},
	{CONTROL_MSG_PUSH, "PUSH_"},
	{CONTROL_MSG_RESTART, "RESTART"},
	{CONTROL_MSG_HALT, "HALT"},
	{CONTROL_MSG_INFO_PRE, "INFO_PRE"},
	{CONTROL_MSG_INFO, "INFO"},
	{CONTROL_MSG_CR_RESPONSE, "CR_RESPONSE"},
	{CONTROL_MSG_AUTH_PENDING, "AUTH_PENDING"},
	{CONTROL_MSG_EXIT, "EXIT"},
};

enum control_msg_type control_msg_classify(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(control_msg_words); i++)
		if (str_starts(text, control_msg_words[i].word))
			return control_msg_words[i].type;
	return CONTROL_MSG_UNKNOWN;
}

const char *control_msg_payload(const char *text, enum control_msg_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(control_msg_words); i++) {
		size_t len = strlen(control_msg_words[i].word);

		if (control_msg_words[i].type != type)
			continue;
		return text[len] == ',' ? text + len + 1 : "";
	}
	return "";
}

/* Cut one piece at the next NUL. Return: false when there is no NUL any more. */
static bool control_msg_cut(struct rd *r, const char **piece, size_t *len)
{
	size_t left = rd_left(r);
	const char *nul = left ? memchr(r->pos, '\0', left) : NULL;

	if (!nul) {
		rd_skip(r, left);
		return false;
	}
	*len = (size_t)(nul - (const char *)r->pos);
	*piece = (const char *)rd_bytes(r, *len + 1);
	return true;
}

static bool control_msg_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 32 || text[i] == 127)
			return false;
	return true;
}

enum control_msg_verdict control_msg_next(struct rd *r, struct str *out)
{
	const char *piece;
	size_t len;

	str_clear(out);
	while (control_msg_cut(r, &piece, &len)) {
		while (len && (piece[len - 1] == '\r' || piece[len - 1] == '\n'))
			len--;
		if (len == 0)
			continue;
		if (control_msg_printable(piece, len)) {
			str_add_len(out, piece, len);
			return CONTROL_MSG_GOOD;
		}
		str_add(out, "WARNING: Received control with invalid characters: ");
		for (size_t i = 0; i < len; i++)
			str_addf(out, "%02x", (unsigned char)piece[i]);
		return CONTROL_MSG_INVALID;
	}
	return CONTROL_MSG_END;
}

void control_msg_for_log(const char *text, unsigned int verb, struct str *out)
{
	static const char token[] = "auth-token SESS_ID";

	for (bool first = true;; first = false) {
		size_t len = strcspn(text, ",");

		if (!first)
			str_add(out, ",");
		if (str_starts(text, token))
			str_add(out, "auth-tokenSESS_ID");
		else if (str_starts(text, "auth-token "))
			str_add(out, "auth-token");
		else if (verb < 7 && str_starts(text, "echo "))
			str_add(out, "echo");
		else
			str_add_len(out, text, len);
		if (!text[len])
			break;
		text += len + 1;
	}
}

/* ---- AUTH_PENDING ---- */

/* Decimal digits only, saturating; false for anything else. */
static bool control_msg_number(const char *text, size_t len, uint32_t *out)
{
	uint64_t n = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
		if (n > UINT32_MAX)
			n = UINT32_MAX;
	}
	*out = (uint32_t)n;
	return true;
}

void auth_pending_parse(const char *text, struct auth_pending *out, struct str *lines)
{
	static const char word[] = "timeout ";
	const char *p = control_msg_payload(text, CONTROL_MSG_AUTH_PENDING);

	*out = (struct auth_pending){.keywords = p};
	while (*p) {
		size_t len = strcspn(p, ",");

		if (str_starts(p, word) &&
		    control_msg_number(p + strlen(word), len - strlen(word), &out->timeout_sec))
			out->has_timeout = true;
		else if (len)
			str_addf(lines, "ignoring AUTH_PENDING parameter: %.*s\n", (int)len, p);
		p += len + (p[len] == ',');
	}
}

uint32_t auth_pending_window(const struct auth_pending *p, uint32_t hand_window_sec,
			     uint32_t reneg_sec)
{
	uint32_t wanted = p->has_timeout ? p->timeout_sec : hand_window_sec;
	uint32_t limit = reneg_sec / 2 > hand_window_sec ? reneg_sec / 2 : hand_window_sec;

	return wanted < limit ? wanted : limit;
}

int auth_pending_compose(bool keywords, uint32_t timeout_sec, const char *method_text,
			 struct str *pending, struct str *info)
{
	if (timeout_sec == 0)
		return ERR_RANGE;
	if (strlen("INFO_PRE,") + strlen(method_text) >= CONTROL_MSG_TEXT_MAX)
		return ERR_OVERFLOW;
	if (keywords)
		str_addf(pending, "AUTH_PENDING,timeout %u", timeout_sec);
	else
		str_add(pending, "AUTH_PENDING");
	str_addf(info, "INFO_PRE,%s", method_text);
	return pending->failed || info->failed ? ERR_NOMEM : 0;
}

/* ---- RESTART and HALT ---- */

void server_kick_parse(const char *text, enum control_msg_type type, struct server_kick *out)
{
	const char *p = control_msg_payload(text, type);

	*out = (struct server_kick){.text = p};
	if (*p != '[')
		return;
	for (p++; *p && *p != ']'; p++) {
		if (*p == 'P')
			out->keep_credentials = true;
		else if (*p == 'N')
			out->advance = true;
	}
}
