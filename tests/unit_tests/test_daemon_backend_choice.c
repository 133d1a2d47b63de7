/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "base/str.h"
#include "config/features.h"
#include "config/parse.h"
#include "daemon/backend_choice.h"

static uint64_t offered; /* by the kernel backend of the tests */
static uint64_t engine_offers;
static unsigned int asked; /* how often the kernel backend was asked what it can do */

static uint64_t kernel_features(struct err *why)
{
	asked++;
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

static const char *version(char *buf, size_t cap)
{
	snprintf(buf, cap, "6.16.0");
	return buf;
}

static const struct dco_backend kernel = {
	.name = "ovpn",
	.text = "Linux kernel module",
	.features = kernel_features,
	.version = version,
};
static const struct dco_backend engine = {
	.name = "engine",
	.text = "userspace engine",
	.features = engine_features,
	.version = version,
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
	asked = 0;
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
	return backend_choose(f->cfg, kernel_allowed, &f->cap.log, &f->err);
}

static void choose__kernel_offers_all__is_used(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {.proto = {.kind = CONFIG_PROTO_UDP}};

	configure(f, "");
	f->cfg->entries.at = &entry;
	assert_ptr_equal(choose(f, true), &kernel);
	assert_string_equal(f->cap.all, "Data channel offload is used: Linux kernel module\n");
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
					"Data channel offload is not used: userspace engine\n");
	f->cfg->entries.count = 0;
}

/* Not even the kernel is asked whether it has a driver. */
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
	assert_int_equal(asked, 0);
	f->cfg->entries.count = 0;
}

static void check__disabled__is_the_engine(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};
	struct str out = str_init();

	configure(f, "disable-dco\n");
	f->cfg->entries.at = &entry;
	assert_int_equal(backend_check(f->cfg, true, &out), DCO_CHECK_ENGINE);
	assert_non_null(strstr(str_text(&out), "would be used: engine\n"));
	assert_non_null(strstr(str_text(&out), "  no   --disable-dco is set in c.conf:4\n"
					       "         remedy: remove --disable-dco\n"));
	str_clear(&out);
	f->cfg->tun.disable_dco = false;
	assert_int_equal(backend_check(f->cfg, true, &out), DCO_CHECK_OFFLOAD);
	str_clear(&out);
	engine_offers = 0;
	offered = FEAT_UDP4;
	assert_int_equal(backend_check(f->cfg, true, &out), DCO_CHECK_NONE);
	str_fini(&out);
	f->cfg->entries.count = 0;
}

/* Every name but "tun" is looked up, also one without digits; "lo" exists everywhere. */
static void choose__interface_in_the_way__engine_with_line_and_remedy(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};
	struct str out = str_init();

	engine_offers |= FEAT_DEVICE_NODE;
	configure(f, "");
	log_sink_set_verb(f->cap.sink, 3);
	f->cfg->entries.at = &entry;
	f->cfg->tun.type = CONFIG_DEV_TUN;
	f->cfg->tun.dev = "lo";
	assert_ptr_equal(choose(f, true), &engine);
	assert_string_equal(
		f->cap.all,
		"Interface lo exists and is not using the ovpn DCO driver. Disabling data channel offload\n"
		"--dev in c.conf:2: the driver cannot take over an interface of another kind; to use offload: delete it with 'ip link del', or choose another name\n"
		"Data channel offload is not used: userspace engine\n");
	assert_int_equal(backend_check(f->cfg, true, &out), DCO_CHECK_ENGINE);
	assert_non_null(strstr(str_text(&out), "  no   Interface lo exists"));
	str_fini(&out);
	f->cfg->tun.dev = "tun";
	assert_ptr_equal(choose(f, true), &kernel);
	f->cfg->tun.dev = "no-such-iface";
	assert_ptr_equal(choose(f, true), &kernel);
	f->cfg->entries.count = 0;
}

static void push__what_the_driver_cannot_take__is_left_out(void **state)
{
	static const struct {
		const char *item;
		bool kernel, engine; /* may be sent */
	} cases[] = {
		{"route 10.0.0.0 255.0.0.0", true, true},
		{"comp-lzo no", false, true},
		{"comp-lzo", false, true},
		{"compress", false, true},
		{"compress stub", false, true},
		{"compress lz4-v2", false, true},
		{"compress stub-v2", true, true},
		{"cipher AES-192-GCM", true, true},
		{"cipher AES-256-CBC", false, true},
	};
	const uint64_t driver = FEAT_CIPHERS_AEAD;
	const uint64_t all = driver | FEAT_COMPRESS | FEAT_COMPRESS_STUB | FEAT_LEGACY_CIPHER;
	char line[192];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *item = cases[i].item;

		assert_true(cases[i].kernel ==
			    !backend_push_obstacle(item, driver, line, sizeof(line)));
		assert_true(cases[i].engine ==
			    !backend_push_obstacle(item, all, line, sizeof(line)));
	}
	assert_string_equal(backend_push_obstacle("compress", driver, line, sizeof(line)),
			    "Note: pushing compression is not possible with data channel offload");
}

static void ciphers__data_plane_lacks_some__others_in_order(void **state)
{
	static const struct {
		const char *list;
		uint64_t features;
		const char *left;
	} cases[] = {
		{"AES-256-GCM:CHACHA20-POLY1305:AES-128-GCM",
		 FEAT_CIPHERS_AEAD & ~FEAT_CIPHER_CHACHA20_POLY1305, "AES-256-GCM:AES-128-GCM"},
		{"CHACHA20-POLY1305:AES-256-GCM",
		 FEAT_CIPHERS_AEAD & ~FEAT_CIPHER_CHACHA20_POLY1305, "AES-256-GCM"},
		{"AES-256-GCM:AES-256-CBC", FEAT_CIPHERS_AEAD | FEAT_LEGACY_CIPHER,
		 "AES-256-GCM:AES-256-CBC"},
		{"AES-256-CBC", FEAT_CIPHERS_AEAD, "AES-256-CBC"}, /* better than an empty list */
		{"AES-256-GCM", 0, "AES-256-GCM"},
		{NULL, FEAT_CIPHERS_AEAD, ""},
	};
	char left[BACKEND_CIPHERS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		backend_ciphers(cases[i].list, cases[i].features, left);
		assert_string_equal(left, cases[i].left);
	}
}

/* The process could not keep its capability for the whole run. */
static void check__user_without_capability__is_named(void **state)
{
	struct fixture *f = *state;
	struct conn_entry entry = {0};
	struct str out = str_init();

	configure(f, "user nobody\n");
	f->cfg->entries.at = &entry;
	assert_int_equal(backend_check(f->cfg, false, &out), DCO_CHECK_ENGINE);
	assert_non_null(
		strstr(str_text(&out),
		       "  no   --user in c.conf:4: this process cannot keep CAP_NET_ADMIN\n"));
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
		T(check__disabled__is_the_engine),
		T(choose__interface_in_the_way__engine_with_line_and_remedy),
		T(push__what_the_driver_cannot_take__is_left_out),
		T(ciphers__data_plane_lacks_some__others_in_order),
		T(check__user_without_capability__is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
