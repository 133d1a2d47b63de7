/* SPDX-License-Identifier: GPL-2.0-only */
/* What the data plane is told of a peer, from options and what was agreed upon. */
#include "test.h"

#include <sys/socket.h>

#include "base/str.h"
#include "daemon/data_setup.h"

static struct str lines;

static void on_line(void *ctx, const struct log_line *line)
{
	(void)ctx;
	str_addf(&lines, "%s\n", line->text);
}

static struct log_sink *sink;

static int setup(void **state)
{
	(void)state;
	lines = str_init();
	sink = log_sink_new();
	log_sink_set_verb(sink, 4);
	log_sink_set_observer(sink, on_line, NULL);
	return sink ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	log_sink_free(sink);
	str_fini(&lines);
	return 0;
}

/* 37 */
static void migrate__by_what_the_client_knows__stub_v2_or_the_old_stub(void **state)
{
	static const struct {
		const char *peer_info, *option;
		enum config_comp comp;
	} rows[] = {
		{"IV_VER=2.5\nIV_COMP_STUB=1\nIV_COMP_STUBv2=1\n", "compress stub-v2",
		 CONFIG_COMP_NONE},
		{"IV_VER=2.3\nIV_COMP_STUB=1\n", "comp-lzo no", CONFIG_COMP_LZO_STUB},
		{"IV_COMP_STUBv2=0\n", "comp-lzo no", CONFIG_COMP_LZO_STUB},
		{"", "comp-lzo no", CONFIG_COMP_LZO_STUB},
		{NULL, "comp-lzo no", CONFIG_COMP_LZO_STUB},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum config_comp comp = CONFIG_COMP_MIGRATE;

		assert_string_equal(data_setup_migrate(rows[i].peer_info, &comp), rows[i].option);
		assert_int_equal(comp, rows[i].comp);
	}
}

/* 31 */
static void small_blocks__only_of_such_ciphers__64_MiB_with_a_warning(void **state)
{
	static const struct {
		const char *cipher;
		bool given;
		uint64_t limit;
	} rows[] = {
		{"BF-CBC", false, 67108864},
		{"DES-EDE3-CBC", false, 67108864},
		{"DES-EDE3-CFB", false, 67108864},
		{"BF-CBC", true, 0},
		{"AES-256-CBC", false, 0},
		{"AES-256-CFB8", false, 0},
		{"AES-256-GCM", false, 0},
		{"CHACHA20-POLY1305", false, 0},
		{"none", false, 0},
		{"unknown", false, 0},
	};
	struct config *cfg = config_new();
	struct log log = log_init(sink, "");

	(void)state;
	assert_non_null(cfg);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct negotiated neg = negotiated_init();

		str_clear(&lines);
		str_copy(neg.cipher, sizeof(neg.cipher), rows[i].cipher);
		cfg->tls.reneg_bytes_set = rows[i].given;
		assert_int_equal(data_setup_small_blocks(cfg, &neg, &log), rows[i].limit);
		assert_string_equal(
			str_text(&lines),
			rows[i].limit
				? "WARNING: cipher with small block size in use, reducing reneg-bytes to 64MB to mitigate SWEET32 attacks.\n"
				: "");
	}
	config_free(cfg);
}

/* 58 */
static void path_mtu__ip_packets_do_not_fit__sizes_shrink_with_a_note(void **state)
{
	static const struct {
		uint32_t fragment, mssfix;
		bool fragment_outer, mssfix_outer, fixed;
		sa_family_t family;
		uint32_t mtu, want_fragment, want_mssfix;
		const char *lines;
	} rows[] = {
		{1400, 1400, false, true, false, AF_INET, 1300, 1300, 1300,
		 "Note adjusting 'mssfix 1400 mtu' to 'mssfix 1300 mtu' according to path MTU discovery\n"
		 "Note adjusting 'fragment 1400' to 'fragment 1300 mtu' according to path MTU discovery\n"},
		{1400, 1400, false, true, false, AF_INET, 1428, 1400, 1400, ""},
		{1400, 1400, false, true, false, AF_INET, 1427, 1427, 1400,
		 "Note adjusting 'fragment 1400' to 'fragment 1427 mtu' according to path MTU discovery\n"},
		{1400, 0, false, false, false, AF_INET6, 1447, 1447, 0,
		 "Note adjusting 'fragment 1400' to 'fragment 1447 mtu' according to path MTU discovery\n"},
		{1400, 1400, true, false, false, AF_INET, 1399, 1399, 1399,
		 "Note adjusting 'mssfix 1400' to 'mssfix 1399 mtu' according to path MTU discovery\n"
		 "Note adjusting 'fragment 1400 mtu' to 'fragment 1399 mtu' according to path MTU discovery\n"},
		{1400, 1400, true, false, true, AF_INET, 1399, 1399, 1400,
		 "Note adjusting 'fragment 1400 mtu' to 'fragment 1399 mtu' according to path MTU discovery\n"},
		{0, 1400, false, true, false, AF_INET, 1300, 0, 1400, ""},
	};
	struct log log = log_init(sink, "");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct conn_entry e = {.fragment = rows[i].fragment,
				       .fragment_counts_outer = rows[i].fragment_outer,
				       .mssfix = rows[i].mssfix,
				       .mssfix_counts_outer = rows[i].mssfix_outer,
				       .mssfix_fixed = rows[i].fixed};

		str_clear(&lines);
		assert_int_equal(data_setup_path_mtu(&e, rows[i].family, rows[i].mtu, &log),
				 rows[i].lines[0] != 0);
		assert_string_equal(str_text(&lines), rows[i].lines);
		assert_int_equal(e.fragment, rows[i].want_fragment);
		assert_int_equal(e.mssfix, rows[i].want_mssfix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			migrate__by_what_the_client_knows__stub_v2_or_the_old_stub, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			small_blocks__only_of_such_ciphers__64_MiB_with_a_warning, setup, teardown),
		cmocka_unit_test_setup_teardown(
			path_mtu__ip_packets_do_not_fit__sizes_shrink_with_a_note, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
