/* SPDX-License-Identifier: GPL-2.0-only */
/* Control messages over the active key. Spec 01 section 11. */
#include "proto/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "tls/tls.h"

static bool text_is_printable(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

static void log_invalid_text(struct session *s, const char *text)
{
	size_t len = strlen(text);
	char *hex = malloc(2 * len + 1);

	if (!hex)
		return;
	str_hex(hex, 2 * len + 1, (const uint8_t *)text, len, 0);
	log_warn(&s->log, "WARNING: Received control with invalid characters: %s", hex);
	free(hex);
}

/* One message, NUL-terminated; its line end is cut off in place. */
static void control_message(struct session *s, char *text)
{
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == '\r' || text[len - 1] == '\n'))
		text[--len] = 0;
	if (!text_is_printable(text))
		log_invalid_text(s, text);
	else
		event_push_message(s, text);
}

/* One plaintext read may hold several messages; what has no NUL in it is dropped. */
static void control_split(struct session *s, char *buf, size_t len)
{
	size_t start = 0;

	/* a single byte that is left cannot be a message, e.g. a second NUL */
	while (len - start > 1) {
		char *end = memchr(buf + start, 0, len - start);

		if (!end)
			return;
		control_message(s, buf + start);
		start = (size_t)(end - buf) + 1;
	}
}

int control_read(struct session *s, struct key_state *ks)
{
	char buf[PLAINTEXT_MAX];
	size_t len;
	int ret;

	for (;;) {
		ret = tls_conn_read(ks->tls, (uint8_t *)buf, sizeof(buf), &len);
		if (ret < 0)
			break;
		control_split(s, buf, len);
		secret_wipe(buf, len);
	}
	return ret == ERR_AGAIN ? 0 : ret;
}

static void log_sent(struct session *s, const char *text, bool good)
{
	const char *name = session_common_name(s);

	log_info(&s->log, 3, "SENT CONTROL [%s]: '%s' (status=%d)", *name ? name : "UNDEF", text,
		 good);
}

int control_flush(struct session *s)
{
	struct key_state *ks = s->active.primary;

	while (s->control && key_is_active(ks)) {
		struct control_text *c = s->control;
		size_t len = strlen(c->text) + 1;
		int ret = tls_conn_write(ks->tls, (const uint8_t *)c->text, len);

		log_sent(s, c->text, ret == 0);
		s->control = c->next;
		if (!s->control)
			s->control_tail = &s->control;
		secret_wipe(c->text, len);
		free(c);
		if (ret < 0)
			return ret;
	}
	return 0;
}

void control_free(struct session *s)
{
	while (s->control) {
		struct control_text *next = s->control->next;

		secret_wipe(s->control->text, strlen(s->control->text));
		free(s->control);
		s->control = next;
	}
	s->control_tail = &s->control;
}

int session_send_control(struct session *s, struct now now, const char *text)
{
	size_t len = strlen(text) + 1;
	struct control_text *c;

	if (s->failed)
		return ERR_STATE;
	if (len > PLAINTEXT_MAX)
		return ERR_LIMIT;
	c = malloc(sizeof(*c) + len);
	if (!c)
		return ERR_NOMEM;
	c->next = NULL;
	memcpy(c->text, text, len);
	*s->control_tail = c;
	s->control_tail = &c->next;
	session_pump(s, now);
	return 0;
}

bool session_control_pending(const struct session *s)
{
	const struct key_state *ks = s->active.primary;

	if (s->control)
		return true;
	return ks->rel && (!reliable_all_acked(ks->rel) || tls_conn_pending(ks->tls) > 0);
}
