/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources of options and what is allowed where. Spec 04 section 1. */
#include "config_test.h"

#include <config.h>

#define UNRECOGNISED "Unrecognized option or missing or extra parameter(s) in "
#define OUR_VERSION  " (" PACKAGE_VERSION ")"

/* ---- lines ----------------------------------------------------------------------------------- */

static void line__length_limit__counts_the_newline(void **state)
{
	char text[400];
	struct cfg_test t;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '#';
	memcpy(text + 254, "\nverb 5\n", 9);
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, text), 0);
	assert_int_equal(t.cfg->log.verb, 5);
	cfg_test_end(&t);

	text[254] = 'x';
	memcpy(text + 255, "\nverb 5\n", 9);
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, text), ERR_USAGE);
	assert_memory_equal(
		t.err.text,
		"Options error: In f.conf:1: Maximum option line length (256) exceeded, line starts with #xxx",
		92);
	cfg_test_end(&t);

	text[255] = '\0'; /* without newline one byte more fits */
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, text), 0);
	cfg_test_end(&t);
}

static void line__bom_crlf_nul__are_accepted(void **state)
{
	static const char text[] =
		"\xef\xbb\xbfverb 4\r\nmute 7\0garbage \"\r\n--dev tun\r\n\"--verb\" 3";
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(
		config_parse_text(t.cfg, "f", text, sizeof(text) - 1, &t.host, &t.report, &t.err),
		0);
	assert_int_equal(t.cfg->log.verb, 3);
	assert_int_equal(t.cfg->log.mute, 7);
	cfg_test_end(&t);
}

static void line__rubbish__gives_a_usage_error(void **state)
{
	(void)state;
	expect_parse_error("\x80\xff\n",
			   "Options error: " UNRECOGNISED "f.conf:1: \x80\xff" OUR_VERSION);
	expect_parse_error("\n\"\"\n", "Options error: " UNRECOGNISED "f.conf:2: " OUR_VERSION);
	expect_parse_error("--\n", "Options error: " UNRECOGNISED "f.conf:1: --" OUR_VERSION);
	expect_parse_error("VERB 3", "Options error: " UNRECOGNISED "f.conf:1: VERB" OUR_VERSION);
	expect_parse_error("verb 3 4 5",
			   "Options error: " UNRECOGNISED "f.conf:1: verb" OUR_VERSION);
	expect_parse_error("foo bar", "Options error: " UNRECOGNISED "f.conf:1: foo" OUR_VERSION);
	expect_parse_error("key-method 2",
			   "Options error: " UNRECOGNISED "f.conf:1: key-method" OUR_VERSION);
	expect_parse_error("\x7f"
			   "ELF\x01\x02",
			   "Options error: " UNRECOGNISED "f.conf:1: ?ELF??" OUR_VERSION);
}

static void line__more_than_fifteen_parameters__are_noted(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(
		cfg_parse(
			&t,
			"ignore-unknown-option p0 p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11 p12 p13 p14 p15 p16\n"
			"p14 x\np15 x\n"),
		ERR_USAGE);
	assert_string_equal(t.err.text, "Options error: " UNRECOGNISED "f.conf:3: p15" OUR_VERSION);
	assert_true(cfg_noted(&t, "f.conf:1: only 15 parameters are possible, 2 more are ignored"));
	assert_true(cfg_noted(&t, UNRECOGNISED "f.conf:2: p14" OUR_VERSION));
	cfg_test_end(&t);
}

/* ---- softening ------------------------------------------------------------------------------- */

static void unknown__softened__is_a_warning(void **state)
{
	static const char *const texts[] = {
		"setenv opt foo bar\n",
		"setenv FORWARD_COMPATIBLE 1\nfoo bar\n",
		"ignore-unknown-option x --foo\nfoo bar\n",
		"ignore-unknown-option key-method\nkey-method 2\nsetenv opt tls-remote x\n",
		"setenv opt\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct cfg_test t;

		cfg_test_start(&t);
		assert_int_equal(cfg_parse(&t, texts[i]), 0);
		assert_int_equal(strncmp(t.report.note[0].text, UNRECOGNISED, 40), 0);
		cfg_test_end(&t);
	}
	expect_parse_error("setenv FORWARD_COMPATIBLE 1\nverb x",
			   "Options error: Cannot parse argument 'x' as non-negative integer");
}

static void setenv_opt__known_option__is_applied(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "setenv opt verb 9\nsetenv opt setenv opt x\n"), 0);
	assert_int_equal(t.cfg->log.verb, 9);
	assert_int_equal(t.cfg->setenv.count, 1);
	assert_string_equal(t.cfg->setenv.at[0].name, "opt");
	assert_string_equal(t.cfg->setenv.at[0].value, "x");
	cfg_test_end(&t);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void include__nested_files__are_read_in_place(void **state)
{
	static const struct test_file files[] = {
		{.name = "a", .text = "verb 4\nconfig b\nmute 1\n"},
		{.name = "b", .text = "verb 7\nmute 2\n"}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 2;
	assert_int_equal(config_parse_file(t.cfg, "a", &t.host, &t.report, &t.err), 0);
	assert_int_equal(t.cfg->log.verb, 7);
	assert_int_equal(t.cfg->log.mute, 1);
	assert_string_equal(t.cfg->config_name, "a");
	assert_string_equal(config_origin(t.cfg, "verb")->file, "b");
	assert_int_equal(config_origin(t.cfg, "verb")->line, 1);
	assert_int_equal(config_origin(t.cfg, "mute")->line, 3);
	assert_null(config_origin(t.cfg, "remote"));
	cfg_test_end(&t);
}

static void include__itself__is_refused(void **state)
{
	static const struct test_file files[] = {{.name = "F", .text = "config F\n"}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 1;
	assert_int_equal(config_parse_file(t.cfg, "F", &t.host, &t.report, &t.err), ERR_USAGE);
	assert_string_equal(
		t.err.text,
		"Options error: In F:1: Maximum recursive include levels exceeded in include attempt of file F -- probably you have a configuration file that tries to include itself.");
	cfg_test_end(&t);
}

static void include__ten_levels__are_accepted(void **state)
{
	static const struct test_file files[] = {
		{.name = "1", .text = "config 2"},  {.name = "2", .text = "config 3"},
		{.name = "3", .text = "config 4"},  {.name = "4", .text = "config 5"},
		{.name = "5", .text = "config 6"},  {.name = "6", .text = "config 7"},
		{.name = "7", .text = "config 8"},  {.name = "8", .text = "config 9"},
		{.name = "9", .text = "config 10"}, {.name = "10", .text = "verb 6"},
	};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = sizeof(files) / sizeof(*files);
	assert_int_equal(config_parse_file(t.cfg, "1", &t.host, &t.report, &t.err), 0);
	assert_int_equal(t.cfg->log.verb, 6);
	cfg_test_end(&t);
}

static void include__missing_or_directory__is_refused(void **state)
{
	static const struct test_file files[] = {{.name = "dir"}};
	struct cfg_test t;

	(void)state;
	expect_parse_error(
		"config nope.conf",
		"Options error: In f.conf:1: Error opening configuration file: nope.conf");
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 1;
	assert_int_equal(config_parse_file(t.cfg, "dir", &t.host, &t.report, &t.err), ERR_USAGE);
	assert_string_equal(
		t.err.text,
		"Options error: In [CMD-LINE]:1: Error opening configuration file: dir");
	cfg_test_end(&t);
}

static void include__stdin_with_remap__is_refused(void **state)
{
	static const struct test_file files[] = {
		{.name = "stdin", .text = "remap-usr1 SIGHUP\nclient\nremote a\n"}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 1;
	assert_int_equal(config_parse_file(t.cfg, "stdin", &t.host, &t.report, &t.err), 0);
	assert_true(t.cfg->process.from_stdin);
	assert_int_equal(cfg_finish(&t), ERR_USAGE);
	assert_string_equal(
		t.err.text,
		"Options error: Options 'config stdin' and 'remap-usr1 SIGHUP' are incompatible with each other.");
	cfg_test_end(&t);
}

static void cd__acts_at_once(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "cd sub\n"), 0);
	assert_string_equal(t.dir, "sub");
	assert_int_equal(cfg_parse(&t, "cd /nonexistent\n"), ERR_OPTION);
	assert_string_equal(t.err.text,
			    "cd to '/nonexistent' failed: No such file or directory (errno=2)");
	cfg_test_end(&t);
}

static void log__first_file_wins_and_failure_warns(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "log /nonexistent/l\nlog-append a\nlog b\ndaemon vpn\n"), 0);
	assert_true(cfg_noted(
		&t,
		"Warning: Error redirecting stdout/stderr to --log file: /nonexistent/l: No such file"));
	assert_string_equal(t.log_file, "+a");
	assert_string_equal(t.ident, "vpn");
	assert_true(t.cfg->process.daemon);
	cfg_test_end(&t);
}

/* ---- inline blocks --------------------------------------------------------------------------- */

static void block__inline_file__keeps_its_text(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "ca [inline]\n <ca>\n-----\n x\n</ca>\n"), 0);
	assert_true(config_file_is_inline(&t.cfg->tls.ca));
	assert_string_equal(t.cfg->tls.ca.text, "-----\n x\n");
	assert_int_equal(config_origin(t.cfg, "ca")->line, 2);
	cfg_test_end(&t);
}

static void block__very_long_line__is_accepted(void **state)
{
	static char text[100100];
	struct cfg_test t;

	(void)state;
	strcpy(text, "<ca>\n");
	memset(text + 5, 'x', 100000);
	strcpy(text + 100005, "\n</ca>\n");
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, text), 0);
	assert_int_equal(strlen(t.cfg->tls.ca.text), 100001);
	cfg_test_end(&t);
}

static void block__errors__have_their_texts(void **state)
{
	(void)state;
	expect_parse_error("<ca>\nfoo\n", "ERROR: Endtag </ca> missing");
	expect_parse_error("\n<foo>\nx\n</foo>\n",
			   "Options error: " UNRECOGNISED "f.conf:2: foo" OUR_VERSION);
	expect_parse_error("<verb>\n3\n</verb>\n",
			   "Options error: option 'verb' is not expected to be inline (f.conf:1)");
	expect_parse_error("<ca> x\n", "Options error: " UNRECOGNISED "f.conf:1: <ca>" OUR_VERSION);
}

/* ---- connection blocks ----------------------------------------------------------------------- */

static void connection__block__starts_from_current_values(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, "client\nca a\ncert b\nkey c\nconnect-timeout 7\nproto tcp\n"
				       "<connection>\nremote one 443\n</connection>\n"
				       "connect-timeout 9\n"
				       "<connection>\nremote two 1 udp6\nconnect-timeout 3\n"
				       "nobind # x\n</connection>\n"
				       "remote ignored\n"),
			 ERR_USAGE); /* the files are missing, all else is done */
	assert_int_equal(t.cfg->entries.count, 2);
	assert_string_equal(t.cfg->entries.at[0].remote, "one");
	assert_string_equal(t.cfg->entries.at[0].remote_port, "443");
	assert_int_equal(t.cfg->entries.at[0].proto.kind, CONFIG_PROTO_TCP_CLIENT);
	assert_int_equal(t.cfg->entries.at[0].connect_timeout_sec, 7);
	assert_int_equal(t.cfg->entries.at[1].proto.family, AF_INET6);
	assert_int_equal(t.cfg->entries.at[1].connect_timeout_sec, 3);
	assert_true(cfg_noted(
		&t,
		"Option 'connect-timeout' in f.conf:10 is ignored by previous <connection> blocks "));
	cfg_test_end(&t);
}

static void connection__errors__have_their_texts(void **state)
{
	struct cfg_test t;

	(void)state;
	expect_parse_error(
		"<connection>\nproto udp\n</connection>\n",
		"Options error: Each 'connection' block must contain exactly one 'remote' directive");
	expect_parse_error(
		"<connection>\nverb 3\n</connection>\n",
		"Options error: option 'verb' cannot be used in this context ([CONNECTION-OPTIONS])");
	expect_parse_error("<connection>\nremote a\nfoo\n</connection>\n",
			   "Options error: " UNRECOGNISED
			   "[CONNECTION-OPTIONS]:2: foo" OUR_VERSION);
	expect_parse_error("connection x",
			   "Options error: " UNRECOGNISED "f.conf:1: connection" OUR_VERSION);

	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "ignore-unknown-option foo\n"
				       "<connection>\nremote a\nfoo 1\n</connection>\n"),
			 0);
	assert_true(cfg_noted(&t, "[CONNECTION-OPTIONS]:2: foo"));
	cfg_test_end(&t);
}

static void connection__keys__are_inherited_or_own(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "<connection>\nremote one\n</connection>\n"
				       "<connection>\nremote two\n<tls-crypt>\nK2\n</tls-crypt>\n"
				       "</connection>\n"
				       "<tls-auth>\nK1\n</tls-auth>\nkey-direction 1\n"
				       "client\nca a\ncert b\nkey c\n"),
			 0);
	assert_false(cfg_noted(&t, "is ignored by previous"));
	cfg_finish(&t);
	assert_string_equal(t.cfg->entries.at[0].tls_auth.text, "K1\n");
	assert_int_equal(t.cfg->entries.at[0].key_direction, CONFIG_KEY_INVERSE);
	assert_false(config_file_is_set(&t.cfg->entries.at[1].tls_auth));
	assert_string_equal(t.cfg->entries.at[1].tls_crypt.text, "K2\n");
	cfg_test_end(&t);
}

static void connection__mssfix_and_local__are_its_own(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "client\n<connection>\nremote one\nmssfix 1300\n"
				       "local 10.1.1.1 99\n</connection>\n"
				       "<connection>\nremote two\n</connection>\n"),
			 0);
	cfg_finish(&t);
	assert_int_equal(t.cfg->entries.at[0].mssfix, 1300);
	assert_int_equal(t.cfg->entries.at[1].mssfix, 1492);
	assert_string_equal(t.cfg->entries.at[0].listen.at[0].host, "10.1.1.1");
	assert_true(t.cfg->entries.at[0].bind_local);
	assert_false(t.cfg->entries.at[1].bind_local);
	cfg_test_end(&t);
}

/* ---- command line ---------------------------------------------------------------------------- */

static int command_line(struct cfg_test *t, char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	t->ret = config_parse_command_line(t->cfg, argc, argv, &t->host, &t->report, &t->err);
	return t->ret;
}

#define COMMAND_LINE(t, ...) \
	command_line(t, (char *const *)(const char *const[]){"openvpn", __VA_ARGS__, NULL})

static void command_line__no_arguments__asks_for_help(void **state)
{
	struct cfg_test t;
	char name[] = "openvpn";
	char *argv[] = {name, NULL};

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(command_line(&t, argv), 0);
	assert_int_equal(t.cfg->command.kind, CONFIG_HELP);
	assert_true(t.cfg->command.immediate);
	cfg_test_end(&t);
}

static void command_line__order__decides(void **state)
{
	static const struct test_file files[] = {{.name = "f", .text = "verb 5\nmute 5\n"}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 1;
	assert_int_equal(COMMAND_LINE(&t, "--mute", "1", "--config", "f", "--verb", "2"), 0);
	assert_int_equal(t.cfg->log.verb, 2);
	assert_int_equal(t.cfg->log.mute, 5);
	assert_string_equal(config_origin(t.cfg, "verb")->file, "[CMD-LINE]");
	cfg_test_end(&t);

	cfg_test_start(&t);
	t.files = files;
	t.file_count = 1;
	assert_int_equal(COMMAND_LINE(&t, "f"), 0); /* one argument: a file */
	assert_int_equal(t.cfg->log.verb, 5);
	cfg_test_end(&t);
}

static void command_line__no_quoting_no_blocks(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(COMMAND_LINE(&t, "--ca", "a\\b \"c", "--push", "<x>"), 0);
	assert_string_equal(t.cfg->tls.ca.path, "a\\b \"c");
	cfg_test_end(&t);
}

static void command_line__errors__have_their_texts(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(COMMAND_LINE(&t, "--dev", "tun", "verb", "3"), ERR_USAGE);
	assert_string_equal(t.err.text,
			    "Options error: " UNRECOGNISED "[CMD-LINE]:1: dev" OUR_VERSION);
	assert_int_equal(COMMAND_LINE(&t, "verb", "3"), ERR_USAGE);
	assert_string_equal(
		t.err.text,
		"Options error: I'm trying to parse \"verb\" as an --option parameter but I don't see a leading '--'");
	assert_int_equal(COMMAND_LINE(&t, "--", "--verb", "3"), ERR_USAGE);
	assert_string_equal(t.err.text,
			    "Options error: " UNRECOGNISED "[CMD-LINE]:1: " OUR_VERSION);
	assert_int_equal(COMMAND_LINE(&t, "--echo", "1", "2", "3", "4", "5", "6", "7", "8", "9",
				      "10", "11", "12", "13", "14", "15", "16"),
			 ERR_USAGE);
	assert_non_null(strstr(t.err.text, "I'm trying to parse \"16\""));
	assert_int_equal(COMMAND_LINE(&t, "--config", "nope.conf"), ERR_USAGE);
	assert_string_equal(
		t.err.text,
		"Options error: In [CMD-LINE]:1: Error opening configuration file: nope.conf");
	cfg_test_end(&t);
}

static void command_line__commands__are_chosen_by_rank(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(COMMAND_LINE(&t, "--genkey", "tls-crypt-v2-client", "f", "Zm9v",
				      "--show-tls", "--show-groups"),
			 0);
	assert_int_equal(t.cfg->command.kind, CONFIG_SHOW_LISTS);
	assert_int_equal(t.cfg->command.show, CONFIG_SHOW_TLS | CONFIG_SHOW_CURVES);
	assert_string_equal(t.cfg->command.genkey_type, "tls-crypt-v2-client");
	assert_string_equal(t.cfg->command.genkey_metadata, "Zm9v");
	cfg_test_end(&t);

	cfg_test_start(&t); /* the old form, whether or not static keys are built */
	t.host.take_unbuilt = false;
	assert_int_equal(COMMAND_LINE(&t, "--genkey", "--secret", "f"), 0);
	assert_int_equal(t.cfg->command.kind, CONFIG_GENKEY);
	assert_string_equal(t.cfg->crypto.secret.path, "f");
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(COMMAND_LINE(&t, "--genkey", "--version", "--foo"), 0);
	assert_int_equal(t.cfg->command.kind, CONFIG_VERSION);
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(COMMAND_LINE(&t, "--genkey", "foo"), ERR_USAGE);
	assert_string_equal(t.err.text, "Options error: unknown --genkey type: foo");
	assert_int_equal(COMMAND_LINE(&t, "--show-gateway", "1.2.3"), ERR_USAGE);
	cfg_test_end(&t);
}

/* ---- permissions ----------------------------------------------------------------------------- */

static void permission__per_client_options__are_refused_in_files(void **state)
{
	static const char *const names[] = {"iroute 1.2.3.0 255.255.255.0", "ifconfig-push 1 2",
					    "push-continuation 1", "disable", "push-reset"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char line[160];

		snprintf(line, sizeof(line),
			 "Options error: option '%.*s' cannot be used in this context (f.conf)",
			 (int)strcspn(names[i], " "), names[i]);
		expect_parse_error(names[i], line);
	}
}

static void permission__every_row__follows_its_groups(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);
		struct cfg_test t;
		char text[100];

		/* zero or one parameter: what matters is that nothing forbidden is applied */
		snprintf(text, sizeof(text), "%s 1", o.name);
		cfg_test_start(&t);
		assert_int_equal(config_parse_client_text(t.cfg, text, &t.host, &t.report, &t.err),
				 0);
		if (config_given(t.cfg, o.name))
			assert_true(o.in_client);
		cfg_test_end(&t);
	}
}

static void client_text__errors__are_skipped(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(config_parse_client_text(
				 t.cfg, "verb 3\niroute foo\nifconfig-push 10.8.0.9 10.8.0.1\n",
				 &t.host, &t.report, &t.err),
			 0);
	assert_int_equal(t.report.count, 2);
	assert_string_equal(
		t.report.note[0].text,
		"Options error: option 'verb' cannot be used in this context ([CONFIG-STRING])");
	assert_string_equal(
		t.report.note[1].text,
		"Options error: in --iroute foo 255.255.255.255 : Bad network/subnet specification");
	assert_int_equal(t.report.note[1].klass, LOG_CLASS_ERROR);
	assert_true(t.cfg->per_client.ifconfig_push_set);
	cfg_test_end(&t);
}

static void client_file__unclosed_block__rejects_the_client(void **state)
{
	static const struct test_file files[] = {
		{.name = "ccd/a", .text = "disable\n<ca>\n"},
		{.name = "ccd/b", .text = "config ccd/b\ndisable\n"}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 2;
	assert_int_equal(config_parse_client_file(t.cfg, "ccd/a", &t.host, &t.report, &t.err),
			 ERR_INVALID);
	assert_string_equal(t.err.text, "ERROR: Endtag </ca> missing");
	cfg_test_end(&t);

	cfg_test_start(&t);
	t.files = files;
	t.file_count = 2;
	assert_int_equal(config_parse_client_file(t.cfg, "ccd/b", &t.host, &t.report, &t.err), 0);
	assert_true(cfg_noted(&t, "Options error: In ccd/b:1: Maximum recursive include levels"));
	assert_true(t.cfg->per_client.disable);
	cfg_test_end(&t);
}

static void not_built__option__is_refused_by_name(void **state)
{

	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);
		char text[160], line[160];
		struct cfg_test t;

		if (o.status != OPTION_NOT_BUILT || strcmp(o.name, "secret") == 0 ||
		    strncmp(o.name, "allow-deprecated", 16) == 0)
			continue; /* refused later, see samples__not_built */
		cfg_test_start(&t);
		t.host.take_unbuilt = false;
		snprintf(line, sizeof(line),
			 "Options error: --%s is not supported by this build yet", o.name);
		for (int args = 0; args < 5; args++) {
			static const char *const params[] = {"", " 1", " 1 2", " 1 2 3",
							     " 1 2 3 4"};

			snprintf(text, sizeof(text), "%s%s\n", o.name, params[args]);
			assert_int_not_equal(cfg_parse(&t, text), 0);
			if (strcmp(t.err.text, line) == 0)
				break;
			if (strstr(t.err.text, "cannot be used in this context"))
				break; /* per-client only */
			if (args == 4)
				fail_msg("%s: %s", o.name, t.err.text);
		}
		cfg_test_end(&t);
	}
}

static void clone__changes__do_not_reach_the_original(void **state)
{
	struct cfg_test t;
	struct config *copy;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "route 10.0.0.0\npush a\npush b\nverb 3\n"), 0);
	copy = config_clone(t.cfg);
	assert_non_null(copy);
	assert_int_equal(config_parse_text(copy, "c", "route 10.1.0.0\nverb 9\n", 22, &t.host,
					   &t.report, &t.err),
			 0);
	assert_int_equal(
		config_parse_client_text(copy, "push-remove a\n", &t.host, &t.report, &t.err), 0);
	assert_int_equal(copy->routing.routes.count, 2);
	assert_string_equal(copy->server.push.at[0], "b");
	assert_string_equal(config_origin(copy, "verb")->file, "c");
	config_free(copy);
	assert_int_equal(t.cfg->routing.routes.count, 1);
	assert_int_equal(t.cfg->log.verb, 3);
	assert_int_equal(t.cfg->server.push.count, 2);
	assert_string_equal(t.cfg->server.push.at[0], "a");
	assert_string_equal(config_origin(t.cfg, "verb")->file, "f.conf");
	cfg_test_end(&t);
}

static void clone__changed_original__does_not_reach_it(void **state)
{
	struct cfg_test t;
	struct config *copy;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "push a\npush b\nverb 3\n"), 0);
	copy = config_clone(t.cfg);
	assert_int_equal(config_parse_client_text(t.cfg, "push-remove a\npush c\n", &t.host,
						  &t.report, &t.err),
			 0);
	assert_int_equal(cfg_parse(&t, "\n\nverb 5\n"), 0);
	assert_string_equal(t.cfg->server.push.at[0], "b");
	assert_int_equal(copy->server.push.count, 2);
	assert_string_equal(copy->server.push.at[0], "a");
	assert_string_equal(copy->server.push.at[1], "b");
	assert_int_equal(config_origin(copy, "verb")->line, 3);
	config_free(copy);
	cfg_test_end(&t);
}

static void clone__outlives_the_original(void **state)
{
	struct cfg_test t;
	struct config *copy;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "ca some-file\n"), 0);
	copy = config_clone(t.cfg);
	cfg_test_end(&t);
	assert_string_equal(copy->tls.ca.path, "some-file");
	config_free(copy);
}

static void dump__inline_and_tokens__are_hidden(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "<key>\nSECRET\n</key>\nauth-token SESSION\nverb 4\n"), 0);
	config_dump(t.cfg, &t.report);
	assert_true(cfg_noted(&t, "key = [INLINE] (f.conf:1)"));
	assert_false(cfg_noted(&t, "SECRET"));
	assert_false(cfg_noted(&t, "SESSION"));
	cfg_test_end(&t);
}

static void help__every_working_option__is_listed(void **state)
{
	char *text = config_help_text("OpenVPN x");

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);
		char head[80];

		assert_true(*o.help);
		snprintf(head, sizeof(head), "--%s ", o.name);
		if (o.status == OPTION_BUILT && !strstr(text, head))
			fail_msg("--help does not list %s", o.name);
	}
	free(text);
}

static void table__names__are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++)
		for (size_t k = i + 1; k < option_count(); k++)
			assert_string_not_equal(option_get(i).name, option_get(k).name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line__length_limit__counts_the_newline),
		cmocka_unit_test(line__bom_crlf_nul__are_accepted),
		cmocka_unit_test(line__rubbish__gives_a_usage_error),
		cmocka_unit_test(line__more_than_fifteen_parameters__are_noted),
		cmocka_unit_test(unknown__softened__is_a_warning),
		cmocka_unit_test(setenv_opt__known_option__is_applied),
		cmocka_unit_test(include__nested_files__are_read_in_place),
		cmocka_unit_test(include__itself__is_refused),
		cmocka_unit_test(include__ten_levels__are_accepted),
		cmocka_unit_test(include__missing_or_directory__is_refused),
		cmocka_unit_test(include__stdin_with_remap__is_refused),
		cmocka_unit_test(cd__acts_at_once),
		cmocka_unit_test(log__first_file_wins_and_failure_warns),
		cmocka_unit_test(block__inline_file__keeps_its_text),
		cmocka_unit_test(block__very_long_line__is_accepted),
		cmocka_unit_test(block__errors__have_their_texts),
		cmocka_unit_test(connection__block__starts_from_current_values),
		cmocka_unit_test(connection__errors__have_their_texts),
		cmocka_unit_test(connection__keys__are_inherited_or_own),
		cmocka_unit_test(connection__mssfix_and_local__are_its_own),
		cmocka_unit_test(command_line__no_arguments__asks_for_help),
		cmocka_unit_test(command_line__order__decides),
		cmocka_unit_test(command_line__no_quoting_no_blocks),
		cmocka_unit_test(command_line__errors__have_their_texts),
		cmocka_unit_test(command_line__commands__are_chosen_by_rank),
		cmocka_unit_test(permission__per_client_options__are_refused_in_files),
		cmocka_unit_test(permission__every_row__follows_its_groups),
		cmocka_unit_test(client_text__errors__are_skipped),
		cmocka_unit_test(client_file__unclosed_block__rejects_the_client),
		cmocka_unit_test(not_built__option__is_refused_by_name),
		cmocka_unit_test(clone__changes__do_not_reach_the_original),
		cmocka_unit_test(clone__changed_original__does_not_reach_it),
		cmocka_unit_test(clone__outlives_the_original),
		cmocka_unit_test(dump__inline_and_tokens__are_hidden),
		cmocka_unit_test(help__every_working_option__is_listed),
		cmocka_unit_test(table__names__are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
