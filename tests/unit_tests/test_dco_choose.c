/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "dco_choose.h"

/* ---- a kernel backend and an engine ---- */

static bool kernel_present;
static uint64_t kernel_lacks; /* on this machine, of what it offers */

static uint64_t kernel_features(struct err *why)
{
	if (kernel_present)
		return (FEAT_CIPHERS_AEAD | FEAT_UDP4) & ~kernel_lacks;
	(void)err_set(why, ERR_NOT_FOUND,
		      "Note: Kernel support for ovpn-dco missing, disabling data channel offload.");
	return 0;
}

static uint64_t engine_features(struct err *why)
{
	(void)why;
	return FEAT_CIPHERS_AEAD | FEAT_UDP4 | FEAT_TCP | FEAT_FRAGMENT | FEAT_CLIENT_TO_CLIENT;
}

static const char *version(char *buf, size_t cap)
{
	(void)cap;
	buf[0] = '7';
	buf[1] = 0;
	return buf;
}

static const struct dco_backend kernel = {.name = "ovpn",
					  .text = "kernel module",
					  .offers = FEAT_CIPHERS_AEAD | FEAT_UDP4,
					  .features = kernel_features,
					  .version = version,
					  .how_to_get = "load it"};
static const struct dco_backend engine = {
	.name = "engine", .text = "userspace", .features = engine_features, .version = version};
static const struct dco_backend *const backends[] = {&kernel, &engine};

/* ---- what is logged ---- */

static struct log_sink *sink;
static char lines[2048];

static void observe(void *ctx, const struct log_line *line)
{
	(void)ctx;
	strncat(lines, line->text, sizeof(lines) - strlen(lines) - 2);
	strcat(lines, "\n");
}

static int setup(void **state)
{
	(void)state;
	kernel_present = true;
	kernel_lacks = 0;
	lines[0] = 0;
	sink = log_sink_new();
	log_sink_set_verb(sink, 3);
	log_sink_set_observer(sink, observe, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_sink_free(sink);
	return 0;
}

static const struct dco_backend *choose(const struct config_need *needs, size_t count,
					bool disabled, struct err *err)
{
	struct dco_wish wish = {.needs = needs, .need_count = count, .disabled = disabled};
	struct log log = log_init(sink, "");

	return dco_choose(backends, ARRAY_SIZE(backends), &wish, &log, err);
}

static const struct config_need need_gcm = {.feature = FEAT_CIPHER_AES_256_GCM,
					    .option = "data-ciphers",
					    .line = "cipher",
					    .fatal = true};
static const struct config_origin origin = {"c.conf", 7};
static const struct config_need need_fragment = {
	.feature = FEAT_FRAGMENT,
	.option = "fragment",
	.origin = &origin,
	.note = {OFFLOAD_OBSTACLE, "packets are not split", "remove it"},
	.line = "Note: --fragment disables data channel offload.",
	.fatal = true};
static const struct config_need need_tap = {
	.feature = FEAT_TAP,
	.option = "dev",
	.line = "Note: dev-type not tun, disabling data channel offload.",
	.fatal = true};
static const struct config_need need_c2c = {.feature = FEAT_CLIENT_TO_CLIENT,
					    .option = "client-to-client",
					    .line = "c2c has no effect"};

static void kernel__offers_everything__chosen_without_a_word(void **state)
{
	struct err err;

	(void)state;
	assert_ptr_equal(choose(&need_gcm, 1, false, &err), &kernel);
	assert_string_equal(lines, "");
}

static void kernel__lacks_an_option__engine_with_the_known_line(void **state)
{
	struct config_need needs[] = {need_gcm, need_fragment};
	struct err err;

	(void)state;
	assert_ptr_equal(choose(needs, 2, false, &err), &engine);
	assert_string_equal(
		lines,
		"Note: --fragment disables data channel offload.\n"
		"--fragment in c.conf:7: packets are not split; to use offload: remove it\n");
}

/* The configuration's reason comes before the machine's, and only the first of all is told. */
static void kernel__missing_and_lacking__only_the_option_is_told(void **state)
{
	struct err err;

	(void)state;
	kernel_present = false;
	assert_ptr_equal(choose(&need_fragment, 1, false, &err), &engine);
	assert_string_equal(
		lines,
		"Note: --fragment disables data channel offload.\n"
		"--fragment in c.conf:7: packets are not split; to use offload: remove it\n");
	lines[0] = 0;
	assert_ptr_equal(choose(&need_gcm, 1, false, &err), &engine);
	assert_string_equal(
		lines,
		"Note: Kernel support for ovpn-dco missing, disabling data channel offload.\n");
}

/* An older driver than the best of its kind. */
static void kernel__lacks_here_what_it_offers__engine_and_check_agree(void **state)
{
	struct dco_wish wish = {.needs = &need_gcm, .need_count = 1};
	struct str out = str_init();
	struct err err;

	(void)state;
	kernel_lacks = FEAT_CIPHER_AES_256_GCM;
	assert_ptr_equal(choose(&need_gcm, 1, false, &err), &engine);
	assert_string_equal(lines, "cipher\n");
	assert_int_equal(dco_check(backends, 2, &wish, &out), DCO_CHECK_ENGINE);
	assert_non_null(strstr(str_text(&out), "  no   cipher\n"));
	str_fini(&out);
}

static void kernel__option_without_effect__chosen_with_a_warning(void **state)
{
	struct err err;

	(void)state;
	assert_ptr_equal(choose(&need_c2c, 1, false, &err), &kernel);
	assert_string_equal(lines, "c2c has no effect\n");
	lines[0] = 0;
	assert_ptr_equal(choose(&need_c2c, 1, true, &err), &engine);
	assert_string_equal(lines, "");
}

/* Of two drivers the one that made the interface, or the engine, which says that it is in use. */
static void kernel__interface_of_one_driver__that_one(void **state)
{
	struct dco_backend best = kernel, legacy = kernel;
	const struct dco_backend *const both[] = {&best, &legacy, &engine};
	struct dco_wish wish = {.needs = &need_gcm, .need_count = 1};
	struct log log = log_init(sink, "");
	struct str out = str_init();
	struct err err;

	(void)state;
	best.link_kind = "ovpn";
	legacy.name = "ovpn-dco-v2";
	legacy.link_kind = "ovpn-dco";
	assert_ptr_equal(dco_choose(both, 3, &wish, &log, &err), &best);
	wish.link_name = "tun7";
	wish.link_kind = "ovpn";
	assert_ptr_equal(dco_choose(both, 3, &wish, &log, &err), &best);
	assert_string_equal(lines, "");
	wish.link_kind = "ovpn-dco";
	assert_ptr_equal(dco_choose(both, 3, &wish, &log, &err), &legacy);
	assert_string_equal(lines,
			    "Interface tun7 was made by another driver than the kernel module\n");
	assert_int_equal(dco_check(both, 3, &wish, &out), DCO_CHECK_OFFLOAD);
	assert_non_null(strstr(str_text(&out), "ovpn         kernel module (7)\n"
					       "  no   Interface tun7 was made by another driver\n"
					       "ovpn-dco-v2  kernel module (7)\n"
					       "  yes\n"));
	assert_non_null(strstr(str_text(&out), "would be used: ovpn-dco-v2\n"));
	str_fini(&out);
}

static void nothing__offers_an_option__every_one_named(void **state)
{
	struct config_need needs[] = {need_tap, need_fragment, need_tap};
	struct err err;

	(void)state;
	assert_null(choose(needs, 3, false, &err));
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "--dev needs tap devices; --dev needs tap devices"));
	assert_null(strstr(err.text, "fragment"));
}

static void check__table__reasons_remedies_and_status(void **state)
{
	struct config_need needs[] = {need_fragment, need_c2c};
	struct dco_wish wish = {.needs = needs, .need_count = 2};
	struct str out = str_init();

	(void)state;
	assert_int_equal(dco_check(backends, 2, &wish, &out), DCO_CHECK_ENGINE);
	assert_string_equal(str_text(&out),
			    "ovpn         kernel module (7)\n"
			    "  no   Note: --fragment disables data channel offload.\n"
			    "         --fragment in c.conf:7: packets are not split\n"
			    "         remedy: remove it\n"
			    "engine       userspace (7)\n"
			    "  yes\n"
			    "would be used: engine\n");
	str_clear(&out);
	wish.needs = &need_c2c;
	wish.need_count = 1;
	assert_int_equal(dco_check(backends, 2, &wish, &out), DCO_CHECK_OFFLOAD);
	assert_non_null(strstr(str_text(&out), "  yes\n       c2c has no effect\n"));
	wish.disabled = true;
	wish.disabled_why = "--disable-dco is set in c.conf:9";
	wish.disabled_remedy = "remove --disable-dco";
	str_clear(&out);
	assert_int_equal(dco_check(backends, 2, &wish, &out), DCO_CHECK_ENGINE);
	assert_non_null(strstr(str_text(&out), "  no   --disable-dco is set in c.conf:9\n"
					       "         remedy: remove --disable-dco\n"));
	wish.needs = &need_tap;
	str_clear(&out);
	assert_int_equal(dco_check(backends, 2, &wish, &out), DCO_CHECK_NONE);
	assert_non_null(strstr(str_text(&out), "would be used: none\n"));
	str_fini(&out);
}

/* The machine's reason and the configuration's, each with its remedy. */
static void check__driver_missing__obstacles_too(void **state)
{
	struct dco_wish wish = {.needs = &need_fragment, .need_count = 1};
	struct str out = str_init();

	(void)state;
	kernel_present = false;
	assert_int_equal(dco_check(backends, 2, &wish, &out), DCO_CHECK_ENGINE);
	assert_non_null(strstr(
		str_text(&out),
		"  no   Note: Kernel support for ovpn-dco missing, disabling data channel offload.\n"
		"         remedy: load it\n"
		"  no   Note: --fragment disables data channel offload.\n"));
	str_fini(&out);
}

/* The line about offload would be wrong of the engine. */
static void engine__option_without_effect__said_without_offload(void **state)
{
	const struct config_need rem = {.feature = FEAT_PING_TIMER_REM,
					.option = "ping-timer-rem",
					.line = "Note: about offload"};
	struct err err;

	(void)state;
	assert_ptr_equal(choose(&rem, 1, true, &err), &engine);
	assert_string_equal(lines, "Note: --ping-timer-rem has no effect with the userspace\n");
}

static void backends__of_this_build__end_with_the_engine(void **state)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	struct err why;

	(void)state;
	assert_true(count > 0);
	assert_string_equal(all[count - 1]->name, "engine");
	assert_true(all[count - 1]->features(&why) & FEAT_UDP4);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(all[i]->ops);
		assert_int_equal(all[i]->holds_sockets, strcmp(all[i]->name, "ovpn-dco-v2") == 0);
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(kernel__offers_everything__chosen_without_a_word),
		CASE(kernel__lacks_an_option__engine_with_the_known_line),
		CASE(kernel__missing_and_lacking__only_the_option_is_told),
		CASE(kernel__lacks_here_what_it_offers__engine_and_check_agree),
		CASE(kernel__option_without_effect__chosen_with_a_warning),
		CASE(kernel__interface_of_one_driver__that_one),
		CASE(nothing__offers_an_option__every_one_named),
		CASE(check__table__reasons_remedies_and_status),
		CASE(check__driver_missing__obstacles_too),
		CASE(engine__option_without_effect__said_without_offload),
		CASE(backends__of_this_build__end_with_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
