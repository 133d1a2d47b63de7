/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

enum {
	REPORT_NOTES_MAX = 4096, /* a file of rubbish must not fill the memory */
};

void config_report_fini(struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->note[i].text);
	free(report->note);
	*report = (struct config_report){0};
}

static bool report_make_room(struct config_report *report)
{
	if (report->count < report->room)
		return true;
	if (report->count >= REPORT_NOTES_MAX)
		return false;

	size_t room = report->room > 0 ? report->room * 2 : 16;
	struct config_note *note = realloc(report->note, room * sizeof(*note));

	if (!note)
		return false;
	report->note = note;
	report->room = room;
	return true;
}

void config_report_addv(struct config_report *report, enum log_class klass, unsigned int verb,
			const char *fmt, va_list ap)
{
	if (!report)
		return;

	struct str s = str_init();

	str_addv(&s, fmt, ap);

	char *text = str_take(&s);

	if (!text || !report_make_room(report)) {
		free(text);
		report->dropped++;
		return;
	}
	str_printable(text, '?');
	report->note[report->count++] =
		(struct config_note){.klass = klass, .verb = verb, .text = text};
}

void config_report_add(struct config_report *report, enum log_class klass, unsigned int verb,
		       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	config_report_addv(report, klass, verb, fmt, ap);
	va_end(ap);
}

void config_report_log(struct config_report *report, const struct log *log)
{
	/* different notes come from here: --mute must not take them for one kind */
	for (size_t i = 0; i < report->count; i++)
		if (log_enabled(log, report->note[i].verb))
			log_write(log, report->note[i].klass, report->note[i].verb,
				  report->note[i].text, "%s", report->note[i].text);
	if (report->dropped > 0)
		log_warn(log, "%zu notes about the configuration were lost", report->dropped);
	config_report_fini(report);
}
