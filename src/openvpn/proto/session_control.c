/* SPDX-License-Identifier: GPL-2.0-only */
/* Control messages over the active key. Spec 01 section 11. */
#include "proto/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "proto/control_msg.h"
#include "tls/tls.h"

/* One plaintext read may hold several messages; what has no NUL in it is dropped. */
static void control_split(struct session *s, const char *buf, size_t len)
{
	struct rd r = rd_init(buf, len);
	struct str text = str_init();
	enum control_msg_verdict verdict;

	while ((verdict = control_msg_next(&r, &text)) != CONTROL_MSG_END) {
		if (verdict == CONTROL_MSG_GOOD)
			event_push_message(s, str_text(&text));
		else
			log_warn(&s->log, "%s", str_text(&text));
	}
	if (text.text)
		secret_wipe(text.text, text.cap);
	str_fini(&text);
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
	struct str shown = str_init();

	control_msg_for_log(text, log_enabled(&s->log, 7) ? 7 : 3, &shown);
	log_info(&s->log, 3, "SENT CONTROL [%s]: '%s' (status=%d)", *name ? name : "UNDEF",
		 str_text(&shown), good);
	str_fini(&shown);
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
