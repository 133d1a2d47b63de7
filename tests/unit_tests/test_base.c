/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/addr.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/str.h"

static void err__every_code_has_a_text(void **state)
{
	(void)state;
	for (int i = 0; i < ERR_ORDINAL_COUNT; i++)
		assert_non_null(err_text(-i));
	assert_string_equal(err_text(ERR_SHORT), "message ends too early");
	assert_string_equal(err_text(-9999), "unknown error");
}

static void err__errno__code_and_text(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set_errno(&e, 13, "cannot open %s", "x"), ERR_PERMISSION);
	assert_string_equal(e.text, "cannot open x: Permission denied (errno=13)");
	assert_int_equal(err_set(NULL, ERR_RANGE, "no room for it"), ERR_RANGE);
}

static void base64__round_trip_and_bad_input(void **state)
{
	static const struct {
		const char *plain, *text;
	} good[] = {
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zg===", "Z=g=", "Zm9v!", "===="};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char *text = str_base64_encode(good[i].plain, strlen(good[i].plain));

		assert_string_equal(text, good[i].text);
		assert_int_equal(str_base64_decode(text, out, sizeof(out)), strlen(good[i].plain));
		assert_memory_equal(out, good[i].plain, strlen(good[i].plain));
		free(text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(str_base64_decode(bad[i], out, sizeof(out)), ERR_INVALID);
	assert_int_equal(str_base64_decode("Zm9vYmFy", out, 5), ERR_OVERFLOW);
}

static void hex__both_ways(void **state)
{
	uint8_t out[3];
	char text[16];

	(void)state;
	assert_int_equal(str_from_hex(out, 3, "0aFf10"), 0);
	str_hex(text, sizeof(text), out, 3, ':');
	assert_string_equal(text, "0a:ff:10");
	assert_int_equal(str_from_hex(out, 3, "0aff1"), ERR_INVALID);
	assert_int_equal(str_from_hex(out, 3, "0aff1g"), ERR_INVALID);
}

static void hex__buffer_of_exact_size__holds_all_bytes(void **state)
{
	const uint8_t bytes[] = {0x0a, 0xff, 0x10};
	char plain[7], separated[9], one_less[8];

	(void)state;
	str_hex(plain, sizeof(plain), bytes, 3, 0);
	assert_string_equal(plain, "0aff10");
	str_hex(separated, sizeof(separated), bytes, 3, ':');
	assert_string_equal(separated, "0a:ff:10");
	str_hex(one_less, sizeof(one_less), bytes, 3, ':');
	assert_string_equal(one_less, "0a:ff");
}

static void secret__compare(void **state)
{
	char *s = secret_strdup("hunter2");

	(void)state;
	assert_true(secret_equal(s, "hunter2", 7));
	assert_false(secret_equal(s, "hunter3", 7));
	assert_true(secret_is_zero("\0\0", 2));
	assert_false(secret_is_zero("\0\1", 2));
	secret_free(s);
	secret_free(NULL);
}

static void random__seeded_is_repeatable_and_bounded(void **state)
{
	struct rng_seed a = {42}, b = {42};
	struct rng x = rng_seeded(&a), y = rng_seeded(&b), sys = rng_system();

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rng_u32(&x), rng_u32(&y));
		assert_true(rng_below(&sys, 7) < 7);
	}
	assert_int_equal(rng_below(&sys, 0), 0);
}

static void addr__parse_and_format(void **state)
{
	struct ip_addr ip;
	union sock_addr a, mapped;
	char buf[ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(ip_addr_parse("192.0.2.7", &ip), 0);
	a = sock_addr_make(&ip, 1194);
	assert_string_equal(sock_addr_format(&a, buf, sizeof(buf)), "[AF_INET]192.0.2.7:1194");
	assert_int_equal(ip_addr_parse("::ffff:192.0.2.7", &ip), 0);
	mapped = sock_addr_make(&ip, 1194);
	assert_string_equal(sock_addr_format_plain(&mapped, buf, sizeof(buf)),
			    "[::ffff:192.0.2.7]:1194");
	sock_addr_unmap(&mapped);
	assert_true(sock_addr_equal(&a, &mapped));
	assert_int_equal(ip_addr_parse("192.0.2", &ip), ERR_INVALID);
	assert_int_equal(ip_addr_parse_family("::1", AF_INET, &ip), ERR_INVALID);
	a = (union sock_addr){.in4 = {.sin_family = AF_INET, .sin_port = htons(1194)}};
	assert_string_equal(sock_addr_format(&a, buf, sizeof(buf)), "[AF_INET][undef]:1194");
	a = (union sock_addr){.in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1194)}};
	assert_string_equal(sock_addr_format(&a, buf, sizeof(buf)), "[AF_INET6][undef]:1194");
}

static void addr__networks(void **state)
{
	struct ip_net net = {.bits = 20};
	struct ip_addr ip;

	(void)state;
	assert_int_equal(ip_addr_parse("10.8.16.0", &net.addr), 0);
	assert_int_equal(ip_addr_parse("10.8.31.255", &ip), 0);
	assert_true(ip_net_contains(&net, &ip));
	assert_int_equal(ip_addr_parse("10.8.32.0", &ip), 0);
	assert_false(ip_net_contains(&net, &ip));
	assert_int_equal(ip_mask4_bits(0xfffff000), 20);
	assert_int_equal(ip_mask4_bits(0), 0);
	assert_int_equal(ip_mask4_bits(0xff00ff00), ERR_INVALID);
}

static void env__names_and_values_are_cleaned(void **state)
{
	struct env *e = env_new(), *copy;

	(void)state;
	env_set(e, "a b$c", "x\ny");
	assert_string_equal(env_get(e, "abc"), "xy");
	env_set(e, "abc", "2");
	env_setf(e, "tls_id_0", "CN=%s", "x");
	copy = env_clone(e);
	env_del_prefix(e, "tls_");
	assert_int_equal(env_count(e), 1);
	assert_string_equal(env_at(copy, 1), "tls_id_0=CN=x");
	assert_null(env_list(copy)[2]);
	env_set(e, "abc", NULL);
	assert_null(env_get(e, "abc"));
	assert_int_equal(env_reset(e, copy), 0);
	assert_string_equal(env_get(e, "abc"), "2");
	assert_int_equal(env_count(e), 2);
	assert_int_equal(env_count(copy), 2);
	env_free(e);
	env_free(copy);
}

struct seen {
	char last[64];
	unsigned int lines;
};

static void observe(void *ctx, const struct log_line *line)
{
	struct seen *s = ctx;

	str_copy(s->last, sizeof(s->last), line->text);
	s->lines++;
}

static void log__verbosity_and_mute(void **state)
{
	struct log_sink *sink = log_sink_new();
	struct log log = log_init(sink, "");
	struct seen seen = {.lines = 0};

	(void)state;
	log_sink_set_observer(sink, observe, &seen);
	log_sink_set_verb(sink, 2);
	log_info(&log, 3, "too verbose");
	assert_int_equal(seen.lines, 0);
	log_sink_set_mute(sink, 2);
	for (int i = 0; i < 5; i++)
		log_info(&log, 1, "line %d", i);
	assert_int_equal(seen.lines, 3);
	assert_string_equal(seen.last, "NOTE: --mute triggered...");
	log_info(&log, 1, "another");
	assert_int_equal(seen.lines, 5); /* the count of what was left out, and the line */
	assert_string_equal(seen.last, "another");
	log_sink_free(sink);
}

static void time__saturates(void **state)
{
	(void)state;
	assert_true(time_after(5, 10) == 15);
	assert_true(time_after(5, TIME_NEVER) == TIME_NEVER);
	assert_true(clock_now().unix_sec > 1700000000);
}

static void str__addf__any_length_behind_any_length(void **state)
{
	char text[301];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int have = 0; have < 300; have += 7)
		for (int more = 0; more < 300; more++) {
			struct str s = str_init();

			str_addf(&s, "%.*s", have, text);
			str_addf(&s, "%.*s", more, text);
			assert_int_equal(s.len, have + more);
			assert_int_equal(strlen(str_text(&s)), have + more);
			str_addf(&s, "%d", 42);
			assert_string_equal(str_text(&s) + have + more, "42");
			str_fini(&s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str__addf__any_length_behind_any_length),
		cmocka_unit_test(err__every_code_has_a_text),
		cmocka_unit_test(err__errno__code_and_text),
		cmocka_unit_test(base64__round_trip_and_bad_input),
		cmocka_unit_test(hex__both_ways),
		cmocka_unit_test(hex__buffer_of_exact_size__holds_all_bytes),
		cmocka_unit_test(secret__compare),
		cmocka_unit_test(random__seeded_is_repeatable_and_bounded),
		cmocka_unit_test(addr__parse_and_format),
		cmocka_unit_test(addr__networks),
		cmocka_unit_test(env__names_and_values_are_cleaned),
		cmocka_unit_test(log__verbosity_and_mute),
		cmocka_unit_test(time__saturates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
