/* SPDX-License-Identifier: GPL-2.0-only */
/* Plaintext of the control channel: splitting, dispatch and the grammar of each message. */
#include <stdlib.h>
#include <string.h>

#include "proto/control_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_message(const char *text, struct str *lines)
{
	enum control_msg_type type = control_msg_classify(text);
	struct auth_failed failed;
	struct auth_pending pending;
	struct server_kick kick;
	struct challenge challenge;

	control_msg_for_log(text, 3, lines);
	switch (type) {
	case CONTROL_MSG_AUTH_FAILED:
		auth_failed_parse(text, &failed, lines);
		if (failed.reason && challenge_parse(failed.reason, &challenge) == 0)
			challenge_fini(&challenge);
		break;
	case CONTROL_MSG_AUTH_PENDING:
		auth_pending_parse(text, &pending, lines);
		if (auth_pending_window(&pending, 60, 3600) > 1800)
			abort();
		break;
	case CONTROL_MSG_RESTART:
	case CONTROL_MSG_HALT:
		server_kick_parse(text, type, &kick);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_init(), lines = str_init();
	struct rd r = rd_init(data, size);
	enum control_msg_verdict verdict;

	while ((verdict = control_msg_next(&r, &text)) != CONTROL_MSG_END) {
		if (text.len == 0)
			abort();
		if (verdict == CONTROL_MSG_GOOD)
			parse_message(str_text(&text), &lines);
	}
	str_fini(&lines);
	str_fini(&text);
	return 0;
}
