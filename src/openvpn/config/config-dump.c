/* SPDX-License-Identifier: GPL-2.0-only */
/* Not installed: lists the option table, or parses like the daemon and shows what it would say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

static void print_contexts(const struct option_info *o)
{
	static const char letters[] = "CPUIN";
	const bool set[] = {o->in_connection, o->in_push, o->in_update, o->in_client, o->inline_ok};

	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		if (set[i])
			putchar(letters[i]);
}

static void print_needs(uint64_t needs)
{
	const char *sep = "";

	for (unsigned int i = 0; i < FEAT_ORDINAL_COUNT; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (!(needs & bit))
			continue;
		printf("%s%s", sep, feature_name(bit));
		sep = ",";
	}
}

/* name|status|contexts|needs|arguments|topic|text */
static int print_table(void)
{
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);

		printf("%s|%s|", o.name, option_status_text(o.status));
		print_contexts(&o);
		putchar('|');
		print_needs(o.needs);
		printf("|%s|%s|%s\n", o.args, o.topic, o.help);
	}
	return 0;
}

/* Rows of a table in doc/dco.md: what keeps a tunnel out of the kernel, what has no effect there.
 */
static int print_offload(void)
{
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);

		if (o.offload.remedy)
			printf("| `--%s` | %s | %s | %s |\n", o.name,
			       option_offload_text(o.offload.kind), o.offload.why,
			       o.offload.remedy);
	}
	return 0;
}

static void print_report(struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		printf("%s\n", report->note[i].text);
	config_report_fini(report);
}

static void print_needed(const struct config *cfg)
{
	struct config_need needs[64];
	size_t count = config_needs(cfg, needs, ARRAY_SIZE(needs));

	for (size_t i = 0; i < count && i < ARRAY_SIZE(needs); i++)
		printf("needs %s: %s\n", feature_name(needs[i].feature), needs[i].line);
}

static int parse(int argc, char **argv, bool unbuilt)
{
	struct config_host host = {.take_unbuilt = unbuilt};
	struct config_report report = {0};
	struct config *cfg = config_new();
	struct err err = {0};
	int ret;

	if (!cfg)
		return 1;
	ret = config_parse_command_line(cfg, argc, argv, &host, &report, &err);
	if (ret == 0 && cfg->command.kind == CONFIG_RUN)
		ret = config_finish(cfg, &host, &report, &err);
	if (ret == 0)
		config_warnings(cfg, &report);
	if (ret == 0)
		config_dump(cfg, &report);
	print_report(&report);
	if (ret == 0)
		print_needed(cfg);
	else
		printf("%s\n%s\n", err.text,
		       ret == ERR_USAGE ? "Use --help for more information."
					: "Exiting due to fatal error");
	config_free(cfg);
	return ret < 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "table") == 0)
		return print_table();
	if (argc == 2 && strcmp(argv[1], "offload") == 0)
		return print_offload();
	if (argc >= 2 && strcmp(argv[1], "parse") == 0)
		return parse(argc - 1, argv + 1, false);
	if (argc >= 2 && strcmp(argv[1], "parse-all") == 0)
		return parse(argc - 1, argv + 1, true);
	fprintf(stderr,
		"usage: config-dump table | offload | parse ARGUMENTS | parse-all ARGUMENTS\n");
	return 1;
}
