/* SPDX-License-Identifier: GPL-2.0-only */
/* AUTH_FAILED and the challenges that it may carry. */
#include "proto/control_msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"

enum {
	AUTH_FAILED_FLAG_MAX = 256
};

static void auth_failed_backoff(const char *value, struct auth_failed *out, struct str *lines,
				const char *flag)
{
	char *end;
	unsigned long sec = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end) {
		str_addf(lines, "invalid AUTH_FAIL,TEMP flag: %s\n", flag);
		return;
	}
	out->has_backoff = true;
	out->backoff_sec = sec > UINT32_MAX ? UINT32_MAX : (uint32_t)sec;
}

static void auth_failed_flag(const char *flag, struct auth_failed *out, struct str *lines)
{
	if (str_starts(flag, "backoff "))
		auth_failed_backoff(flag + strlen("backoff "), out, lines, flag);
	else if (strcmp(flag, "advance no") == 0)
		out->advance = AUTH_FAILED_ADVANCE_NO;
	else if (strcmp(flag, "advance remote") == 0)
		out->advance = AUTH_FAILED_ADVANCE_REMOTE;
	else if (strcmp(flag, "advance addr") == 0)
		out->advance = AUTH_FAILED_ADVANCE_ADDR;
	else if (!str_starts(flag, "advance "))
		str_addf(lines, "WARNING: unknown AUTH_FAIL,TEMP flag: %s\n", flag);
}

/* @p: after "TEMP" */
static void auth_failed_temp(const char *p, struct auth_failed *out, struct str *lines)
{
	const char *close = *p == '[' ? strchr(p, ']') : NULL;

	out->temporary = true;
	out->temp_text = "";
	if (close) {
		for (p++; p < close;) {
			char flag[AUTH_FAILED_FLAG_MAX];
			size_t len = strcspn(p, ",]");

			snprintf(flag, sizeof(flag), "%.*s", (int)len, p);
			if (len)
				auth_failed_flag(flag, out, lines);
			p += len + (p[len] == ',');
		}
		p = close + 1;
	}
	if (*p == ':')
		out->temp_text = p + 1;
}

void auth_failed_parse(const char *text, struct auth_failed *out, struct str *lines)
{
	const char *reason = text + strlen("AUTH_FAILED");

	*out = (struct auth_failed){.temp_text = ""};
	if (*reason != ',')
		return;
	out->reason = ++reason;
	out->is_challenge = str_starts(reason, "CRV1:");
	out->session_expired = str_starts(reason, "SESSION:");
	if (str_starts(reason, "TEMP"))
		auth_failed_temp(reason + strlen("TEMP"), out, lines);
}

/* ---- challenges ---- */

static char *challenge_decode_user(const char *base64, size_t len)
{
	auto_free char *in = strndup(base64, len);
	char *out = malloc(len + 1);
	long n;

	if (!in || !out) {
		free(out);
		return NULL;
	}
	n = str_base64_decode(in, out, len);
	if (n < 0 || memchr(out, '\0', (size_t)n)) {
		free(out);
		return NULL;
	}
	out[n] = '\0';
	return out;
}

static void challenge_flags(const char *flags, size_t len, struct challenge *out)
{
	while (len) {
		const char *comma = memchr(flags, ',', len);
		size_t n = comma ? (size_t)(comma - flags) : len;

		if (n == 1 && *flags == 'E')
			out->echo = true;
		else if (n == 1 && *flags == 'R')
			out->response_required = true;
		n += comma ? 1 : 0;
		flags += n;
		len -= n;
	}
}

int challenge_parse(const char *reason, struct challenge *out)
{
	const char *flags, *state, *user, *text;

	*out = (struct challenge){0};
	if (!str_starts(reason, "CRV1:"))
		return ERR_INVALID;
	flags = reason + strlen("CRV1:");
	state = strchr(flags, ':');
	user = state ? strchr(state + 1, ':') : NULL;
	text = user ? strchr(user + 1, ':') : NULL;
	if (!text)
		return ERR_INVALID;
	challenge_flags(flags, (size_t)(state - flags), out);
	out->state_id = strndup(state + 1, (size_t)(user - state - 1));
	out->user = challenge_decode_user(user + 1, (size_t)(text - user - 1));
	out->text = strdup(text + 1);
	if (out->state_id && out->user && out->text)
		return 0;
	challenge_fini(out);
	return ERR_INVALID;
}

void challenge_fini(struct challenge *c)
{
	free(c->state_id);
	free(c->user);
	free(c->text);
	*c = (struct challenge){0};
}

/* @a, @b and @c one after the other, in secret memory */
static char *challenge_join(const char *a, const char *b, const char *c, const char *d)
{
	size_t len = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
	char *out = secret_alloc(len);

	if (out)
		snprintf(out, len, "%s%s%s%s", a, b, c, d);
	return out;
}

char *challenge_response_crv1(const struct challenge *c, const char *response)
{
	return challenge_join("CRV1::", c->state_id, "::", response);
}

char *challenge_response_scrv1(const char *password, const char *response)
{
	char *a = str_base64_encode(password, strlen(password));
	char *b = str_base64_encode(response, strlen(response));
	char *out = a && b ? challenge_join("SCRV1:", a, ":", b) : NULL;

	if (a)
		secret_wipe(a, strlen(a));
	if (b)
		secret_wipe(b, strlen(b));
	free(a);
	free(b);
	return out;
}

char *challenge_response_concat(const char *password, const char *response)
{
	return challenge_join(password, response, "", "");
}
