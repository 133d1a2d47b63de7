/* SPDX-License-Identifier: GPL-2.0-only */
/* Offload and every option of the table: what is stated, and what the user is told. */
#include "config_test.h"

#include "base/str.h"
#include "dco_choose.h"

#define CLIENT "client\nremote a\n<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n<key>\nx\n</key>\n"
#define SERVER \
	"server 10.8.0.0 255.255.255.0\ndh none\n<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n<key>\nx\n</key>\n"
#define NO_TLS "allow-deprecated-insecure-static-crypto\nremote a\n"

/* A configuration with the option in effect; it stands in the line with the mark. */
struct sample {
	const char *option;
	const char *before;
	const char *text;
	const char *after;
};

static const struct sample samples[] = {
	{"dev", "", "dev tap", CLIENT},
	{"dev", "", "dev null", CLIENT},
	{"dev-type", "dev vpn0\n", "dev-type tap", CLIENT},
	{"dev-node", CLIENT, "dev-node unix:/bin/true", ""},
	{"fragment", CLIENT, "fragment 1300", ""},
	{"fragment", CLIENT "<connection>\nremote b\n", "fragment 1300", "</connection>\n"},
	{"shaper", CLIENT, "shaper 1000", ""},
	{"client-nat", CLIENT, "client-nat snat 10.0.0.0 255.0.0.0 11.0.0.0", ""},
	{"block-ipv6", CLIENT, "block-ipv6", ""},
	{"mtu-test", CLIENT, "mtu-test", ""},
	{"stale-routes-check", SERVER, "stale-routes-check 60", ""},
	{"topology", "", "topology net30", SERVER},
	{"topology", "", "topology p2p", SERVER},
	{"compress", CLIENT, "compress", ""},
	{"compress", CLIENT, "compress stub-v2", ""},
	{"compress", CLIENT "allow-compression yes\n", "compress lz4", ""},
	{"comp-lzo", CLIENT, "comp-lzo no", ""},
	{"allow-compression", CLIENT, "allow-compression asym", ""},
	{"allow-compression", CLIENT, "allow-compression yes", ""},
	{"compat-mode", CLIENT, "compat-mode 2.3.0", ""},
	{"cipher", "tls-client\n" NO_TLS "<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n<key>\nx\n</key>\n",
	 "cipher AES-256-CBC", ""},
	{"data-ciphers", CLIENT, "data-ciphers AES-256-GCM:AES-256-CBC", ""},
	{"data-ciphers", CLIENT, "data-ciphers none", ""},
	{"ncp-ciphers", CLIENT, "ncp-ciphers AES-256-CBC", ""},
	{"data-ciphers-fallback", CLIENT, "data-ciphers-fallback BF-CBC", ""},
	{"secret", NO_TLS, "secret s.key", ""},
	{"http-proxy", CLIENT "proto tcp\n", "http-proxy p 80", ""},
	{"http-proxy-override", CLIENT "proto tcp\n", "http-proxy-override p 80", ""},
	{"socks-proxy", CLIENT "proto tcp\n", "socks-proxy p", ""},
	{"socks-proxy", CLIENT, "socks-proxy p", ""},
	{"management-query-proxy", CLIENT "management m unix\n", "management-query-proxy", ""},
	{"bind-dev", CLIENT, "bind-dev vrf0", ""},
	{"multihome", SERVER, "multihome same-interface", ""},
	{"multihome", CLIENT, "multihome same-interface", ""},
	/* without effect */
	{"client-to-client", SERVER, "client-to-client", ""},
	{"reneg-bytes", CLIENT, "reneg-bytes 1000", ""},
	{"reneg-pkts", CLIENT, "reneg-pkts 1000", ""},
	{"mssfix", CLIENT, "mssfix 1300", ""},
	{"passtos", CLIENT, "passtos", ""},
	{"mtu-disc", CLIENT, "mtu-disc yes", ""},
	{"replay-window", CLIENT, "replay-window 128", ""},
	{"mute-replay-warnings", CLIENT, "mute-replay-warnings", ""},
	{"ping-timer-rem", CLIENT, "ping-timer-rem", ""},
	{"tcp-queue-limit", SERVER, "tcp-queue-limit 32", ""},
	{"bcast-buffers", SERVER, "bcast-buffers 32", ""},
	{"txqueuelen", CLIENT, "txqueuelen 100", ""},
	{"route-metric", SERVER, "route-metric 50", ""},
	{"route-noexec", SERVER, "route-noexec", ""},
	{"dev-node", "dev tun\n" CLIENT, "dev-node /dev/net/tun", ""},
};

static const struct test_file files[] = {{.name = "s.key", .text = "x"}};

/* ---- one machine with a driver, and what it is told ---- */

static uint64_t kernel_offers(struct err *why)
{
	size_t count;

	(void)why;
	return dco_backends(&count)[0]->offers;
}

static uint64_t all_features(struct err *why)
{
	(void)why;
	return UINT64_MAX;
}

static const char *version(char *buf, size_t cap)
{
	snprintf(buf, cap, "7");
	return buf;
}

static const struct dco_backend kernel = {
	.name = "ovpn", .text = "driver", .features = kernel_offers, .version = version};
static const struct dco_backend engine = {
	.name = "engine", .text = "engine", .features = all_features, .version = version};
static const struct dco_backend *const backends[] = {&kernel, &engine};

struct told {
	struct cfg_test t;
	char origin[64]; /* of the option */
	struct config_need needs[64];
	struct dco_wish wish;
	char log[4096];
	char table[8192];
	const struct dco_backend *chosen;
};

static void observe(void *ctx, const struct log_line *line)
{
	struct told *told = ctx;
	size_t len = strlen(told->log);

	snprintf(told->log + len, sizeof(told->log) - len, "%s\n", line->text);
}

static unsigned int lines_of(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void tell(struct told *told, const struct sample *s)
{
	struct log_sink *sink = log_sink_new();
	struct log log = log_init(sink, "");
	struct str out = str_init();
	char text[2048];
	struct err err;

	*told = (struct told){0};
	snprintf(text, sizeof(text), "%s%s\n%s", s->before, s->text, s->after);
	snprintf(told->origin, sizeof(told->origin), "--%s in f.conf:%u: ", s->option,
		 lines_of(s->before) + 1);
	cfg_test_start(&told->t);
	told->t.files = files;
	told->t.file_count = sizeof(files) / sizeof(*files);
	if (cfg_start(&told->t, text) < 0)
		fail_msg("%s: %s", s->text, told->t.err.text);
	told->wish.needs = told->needs;
	told->wish.need_count = config_needs(told->t.cfg, told->needs, 64);
	log_sink_set_verb(sink, 3);
	log_sink_set_observer(sink, observe, told);
	told->chosen = dco_choose(backends, 2, &told->wish, &log, &err);
	log_sink_free(sink);
	dco_check(backends, 2, &told->wish, &out);
	snprintf(told->table, sizeof(told->table), "%s", str_text(&out));
	str_fini(&out);
}

static void expect_part(const char *what, const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("not in the %s: %s\n%s", what, part, text);
}

/* Option with file and line, reason, remedy. */
static void expect_explained(const struct told *told, const char *option)
{
	struct offload_note note = option_offload(option);
	const char *text[] = {told->log, told->table};
	const char *what[] = {"log", "table"};

	for (size_t i = 0; i < 2; i++) {
		expect_part(what[i], text[i], told->origin);
		expect_part(what[i], text[i], note.why);
		expect_part(what[i], text[i], note.remedy);
	}
}

/* ---- the table ---- */

static void table__every_option__has_a_statement(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);

		switch (o.offload.kind) {
		case OFFLOAD_UNSTATED:
			fail_msg("--%s: nothing is said about offload", o.name);
		case OFFLOAD_REFUSED:
			if (o.status != OPTION_REMOVED && o.status != OPTION_ABSENT)
				fail_msg("--%s is not refused", o.name);
			break;
		case OFFLOAD_APART:
			if (o.needs)
				fail_msg("--%s has needs, so it is not apart", o.name);
			break;
		case OFFLOAD_WORKS:
			if (!o.offload.why)
				fail_msg("--%s: how?", o.name);
			break;
		case OFFLOAD_PART_OF:
			if (!option_offload(o.name).remedy)
				fail_msg("--%s: no remedy at --%s", o.name, o.offload.why);
			break;
		case OFFLOAD_IDLE:
		case OFFLOAD_OBSTACLE:
			if (!o.offload.why || !o.offload.remedy)
				fail_msg("--%s: reason or remedy is missing", o.name);
			break;
		}
	}
}

/* What a row needs and the driver lacks must not be called working. */
static void table__needs_which_the_driver_lacks__are_not_said_to_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);

		if (o.needs & ~kernel_offers(NULL) && o.offload.kind == OFFLOAD_WORKS &&
		    o.needs != FEAT_PERSIST_NODE)
			fail_msg("--%s does not work with the driver", o.name);
	}
}

static bool has_sample(const char *option)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		if (strcmp(samples[i].option, option) == 0)
			return true;
	return false;
}

static void table__every_obstacle__has_a_sample_here(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);

		if ((o.offload.kind == OFFLOAD_OBSTACLE || o.offload.kind == OFFLOAD_IDLE) &&
		    !has_sample(o.name))
			fail_msg("--%s: no sample", o.name);
	}
}

/* ---- what the user is told ---- */

static const struct config_need *need_of(const struct told *told, const char *option)
{
	for (size_t i = 0; i < told->wish.need_count; i++)
		if (told->needs[i].option && strcmp(told->needs[i].option, option) == 0 &&
		    told->needs[i].feature & ~kernel_offers(NULL))
			return &told->needs[i];
	fail_msg("nothing is needed for --%s", option);
	return NULL;
}

static void samples__each__is_explained_in_log_and_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		const struct sample *s = &samples[i];
		const struct config_need *need;
		struct told told;

		tell(&told, s);
		need = need_of(&told, s->option);
		expect_part("log", told.log, need->line);
		if (strstr(strstr(told.log, need->line) + 1, need->line))
			fail_msg("twice: %s", need->line);
		expect_part("table", told.table, need->line);
		expect_explained(&told, s->option);
		assert_ptr_equal(told.chosen, need->fatal ? &engine : &kernel);
		cfg_test_end(&told.t);
	}
}

/* The known line comes once, and no line of another obstacle beside it. */
static void obstacles__two__first_is_told_and_the_other_counted(void **state)
{
	const struct sample s = {"fragment", CLIENT, "fragment 1300", "shaper 1000\nblock-ipv6\n"};
	struct told told;

	(void)state;
	tell(&told, &s);
	assert_int_equal(lines_of(told.log), 3);
	expect_part("log", told.log, "Note: --fragment disables data channel offload.\n");
	expect_part("log", told.log, "2 more obstacles to offload: see --dco-check\n");
	expect_part("table", told.table, "Note: --shaper disables");
	expect_part("table", told.table, "Note: --block-ipv6 disables");
	cfg_test_end(&told.t);
}

static void works__forms_without_obstacle__use_the_kernel_silently(void **state)
{
	static const struct sample fine[] = {
		{"", CLIENT, "compress migrate", ""},
		{"", CLIENT, "comp-lzo no\ncompress migrate", ""},
		{"", CLIENT, "data-ciphers AES-192-GCM:CHACHA20-POLY1305", ""},
		{"", CLIENT, "data-ciphers-fallback AES-128-GCM", ""},
		{"", CLIENT, "mssfix 0", ""},
		{"", CLIENT, "mark 1\nbind-dev vrf0", ""},
		{"", CLIENT, "proto tcp\nbind-dev vrf0", ""},
		{"", SERVER, "multihome", ""},
		{"", SERVER, "proto tcp-server\nmultihome same-interface", ""},
		{"", CLIENT, "replay-window 64 15", ""},
		{"", CLIENT, "topology net30", ""},
		{"", SERVER, "proto tcp-server", ""},
		{"", SERVER, "route-metric 101", ""},
		{"", CLIENT, "route-noexec", ""},
		{"", "server-ipv6 fd00:8::/64\ntopology net30\ndh none\n",
		 "<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n<key>\nx\n</key>", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++) {
		struct told told;

		tell(&told, &fine[i]);
		if (told.chosen != &kernel || told.log[0])
			fail_msg("%s: %s", fine[i].text, told.log);
		cfg_test_end(&told.t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__every_option__has_a_statement),
		cmocka_unit_test(table__needs_which_the_driver_lacks__are_not_said_to_work),
		cmocka_unit_test(table__every_obstacle__has_a_sample_here),
		cmocka_unit_test(samples__each__is_explained_in_log_and_table),
		cmocka_unit_test(obstacles__two__first_is_told_and_the_other_counted),
		cmocka_unit_test(works__forms_without_obstacle__use_the_kernel_silently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
