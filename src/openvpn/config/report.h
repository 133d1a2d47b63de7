/* SPDX-License-Identifier: GPL-2.0-only */
/* Notes to the user that arise while logging is not set up yet: kept in order, logged later. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

struct config_note {
	enum log_class klass;
	unsigned int verb; /* at which it appears */
	char *text;
};

struct config_report {
	struct config_note *note;
	size_t count;
	size_t room;
	size_t dropped; /* notes lost: too many, or out of memory */
};

void config_report_fini(struct config_report *report);
/** config_report_add() - remember a line; @report may be NULL */
void config_report_add(struct config_report *report, enum log_class klass, unsigned int verb,
		       const char *fmt, ...) PRINTF_FMT(4, 5);
void config_report_addv(struct config_report *report, enum log_class klass, unsigned int verb,
			const char *fmt, va_list ap) PRINTF_FMT(4, 0);
/** config_report_log() - write all notes and forget them */
void config_report_log(struct config_report *report, const struct log *log);
