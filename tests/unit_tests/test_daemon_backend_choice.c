/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "base/str.h"
#include "config/features.h"
#include "config/parse.h"
#include "daemon/backend_choice.h"

static uint64_t offered; /* by the kernel backend of the tests */
static uint64_t engine_offers;

static uint64_t kernel_features(struct err *why)
{
	if (!offered)
		err_set(why, ERR_UNSUPPORTED,
			"Note: Kernel support for ovpn interfaces missing, "
			"disabling data channel offload.");
	return offered;
}

static uint64_t engine_features(struct err *why)
{
	(void)why;
	return engine_offers;
}

static const char *kernel_version(char *buf, size_t cap)
{
	snprintf(buf, cap, "6.16.0");
	return buf;
}

static const struct dco_backend kernel = {
	.name = "ovpn",
	.text = "Linux kernel module",
	.features = kernel_features,
	.version = kernel_version,
};
static const struct dco_backend engine = {
	.name = "engine",
	.text = "userspace engine",
	.features = engine_features,
};

/* In place of dco.c: the choice must not depend on what this machine can do. */
const struct dco_backend *const *dco_backends(size_t *count)
{
	static const struct dco_backend *const all[] = {&kernel, &engine};

	*count = ARRAY_SIZE(all);
	return all;
}

struct fixture {
	struct log_capture cap;
	struct config *cfg;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 2);
	offered = FEAT_CIPHERS_AEAD | FEAT_UDP4 | FEAT_UDP6 | FEAT_TCP | FEAT_DATA_V2;
	engine_offers = offered | FEAT_FRAGMENT | FEAT_OTHER_TOPOLOGY | FEAT_MSSFIX;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	config_free(f->cfg);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

/* A client's configuration with @lines added; only parsed, as no file of it exists. */
static void configure(struct fixture *f, const char *lines)
{
	struct config_report report = {0};
	struct config_host host = {0};
	char text[512];

	f->cfg = config_new();
	snprintf(text, sizeof(text), "client\ndev tun\nremote 192.0.2.1\n%s", lines);
	if (config_parse_text(f->cfg, "c.conf", text, strlen(text), &host, &report, &f->err) < 0)
		fail_msg("%s", f->err.text);
	config_report_fini(&report);
	f->cfg->tls.client = true;
	f->cfg->pull = true;
	f->cfg->crypto.data_ciphers = "AES-256-GCM:AES-128-GCM";
	f->cfg->entries.count = 1; /* .at is set by each test, and .count reset */
}

static const struct dco_backend *choose(struct fixture *f, bool kernel_allowed)
{
	return backend_choose(f->cfg, kernel_allowed, NULL, &f->cap.log, &f->err);
}

static void choose__kernel_offers_all__is_used(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {.proto = {.kind = CONFIG_PROTO_UDP}};

	configure(f, "");
	f->cfg->entries.at = &entry;
	assert_ptr_equal(choose(f, true), &kernel);
	assert_string_equal(f->cap.all, "Data channel: Linux kernel module (offload is used)\n");
	f->cfg->entries.count = 0;
}

static void choose__fragment__falls_to_the_engine_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {.fragment = 1200};

	configure(f, "");
	f->cfg->entries.at = &entry;
	assert_ptr_equal(choose(f, true), &engine);
	assert_string_equal(f->cap.all, "Note: --fragment disables data channel offload.\n"
					"Data channel: userspace engine (offload is not used)\n");
	/* the deciding line is seen at the default verbosity */
	f->cap.all[0] = '\0';
	log_sink_set_verb(f->cap.sink, 1);
	assert_ptr_equal(choose(f, true), &engine);
	assert_string_equal(f->cap.all, "Note: --fragment disables data channel offload.\n");
	f->cfg->entries.count = 0;
}

static void choose__disabled_or_forbidden__takes_the_engine_silently(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};

	configure(f, "");
	f->cfg->entries.at = &entry;
	log_sink_set_verb(f->cap.sink, 1);
	assert_ptr_equal(choose(f, false), &engine);
	f->cfg->tun.disable_dco = true;
	assert_ptr_equal(choose(f, true), &engine);
	assert_string_equal(f->cap.all, "");
	f->cfg->entries.count = 0;
}

static void choose__kernel_missing__reason_at_verb_3(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};

	configure(f, "");
	f->cfg->entries.at = &entry;
	offered = 0;
	log_sink_set_verb(f->cap.sink, 3);
	assert_ptr_equal(choose(f, true), &engine);
	assert_int_equal(
		strncmp(f->cap.all, "Note: Kernel support for ovpn interfaces missing", 48), 0);
	f->cfg->entries.count = 0;
}

static void choose__backend_failed__is_left_out(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};

	configure(f, "");
	f->cfg->entries.at = &entry;
	assert_ptr_equal(backend_choose(f->cfg, true, &kernel, &f->cap.log, &f->err), &engine);
	f->cfg->entries.count = 0;
}

static void choose__nobody_offers_it__names_option_and_feature(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {.fragment = 1200};

	configure(f, "");
	f->cfg->entries.at = &entry;
	engine_offers &= ~FEAT_FRAGMENT;
	assert_null(choose(f, true));
	assert_int_equal(f->err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(f->err.text, "--fragment"));
	f->cfg->entries.count = 0;
}

static void choose__need_without_effect__warns_and_is_used(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};

	configure(f, "");
	f->cfg->entries.at = &entry;
	f->cfg->server.client_to_client = true;
	assert_ptr_equal(choose(f, true), &kernel);
	assert_non_null(strstr(f->cap.all, "Note: --client-to-client has no effect when using data "
					   "channel offload"));
	f->cfg->entries.count = 0;
}

static void check__table_and_exit_status(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};
	struct str out = str_init();

	configure(f, "disable-dco\n");
	f->cfg->entries.at = &entry;
	assert_int_equal(backend_check(f->cfg, true, &out), BACKEND_CHECK_ENGINE);
	assert_string_equal(str_text(&out), "ovpn         Linux kernel module, 6.16.0: not usable\n"
					    "    switched off; remedy: remove 'disable-dco'\n"
					    "engine       userspace engine: used\n");
	str_clear(&out);
	f->cfg->tun.disable_dco = false;
	assert_int_equal(backend_check(f->cfg, true, &out), BACKEND_CHECK_KERNEL);
	assert_string_equal(str_text(&out), "ovpn         Linux kernel module, 6.16.0: used\n"
					    "engine       userspace engine: usable\n");
	str_clear(&out);
	engine_offers = 0;
	offered = FEAT_UDP4;
	assert_int_equal(backend_check(f->cfg, true, &out), BACKEND_CHECK_NONE);
	assert_non_null(strstr(str_text(&out), "    missing: "));
	str_fini(&out);
	f->cfg->entries.count = 0;
}

static void check__option_in_a_file__remedy_names_the_line(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {.proto = {.kind = CONFIG_PROTO_TCP_CLIENT}};
	struct str out = str_init();

	configure(f, "proto tcp\n");
	f->cfg->entries.at = &entry;
	offered &= ~FEAT_TCP;
	assert_int_equal(backend_check(f->cfg, true, &out), BACKEND_CHECK_ENGINE);
	if (!strstr(str_text(&out), "remedy: remove 'proto' (c.conf:4)"))
		fail_msg("no remedy in:\n%s", str_text(&out));
	str_fini(&out);
	f->cfg->entries.count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(choose__kernel_offers_all__is_used),
		T(choose__fragment__falls_to_the_engine_and_says_so),
		T(choose__disabled_or_forbidden__takes_the_engine_silently),
		T(choose__kernel_missing__reason_at_verb_3),
		T(choose__backend_failed__is_left_out),
		T(choose__nobody_offers_it__names_option_and_feature),
		T(choose__need_without_effect__warns_and_is_used),
		T(check__table_and_exit_status),
		T(check__option_in_a_file__remedy_names_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
