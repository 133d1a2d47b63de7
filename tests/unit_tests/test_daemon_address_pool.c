/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "daemon/address_pool.h"

static struct ip_addr ip(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(text, &a), 0);
	return a;
}

static struct address_pool_config config(const char *start, const char *end)
{
	return (struct address_pool_config){.has_ip4 = true, .start = ip(start), .end = ip(end)};
}

static struct address_pool *make(const struct address_pool_config *cfg, const char *want_lines)
{
	struct str lines = str_init();
	struct address_pool *pool;
	struct err err;

	assert_int_equal(address_pool_new(cfg, &pool, &lines, &err), 0);
	if (want_lines)
		assert_string_equal(str_text(&lines), want_lines);
	str_fini(&lines);
	return pool;
}

static unsigned int take(struct address_pool *pool, const char *name, const char *want_ip)
{
	struct address_pool_lease lease;
	char text[ADDR_TEXT_MAX];

	assert_int_equal(address_pool_take(pool, name, &lease), 0);
	assert_string_equal(
		ip_addr_format(lease.ip4.family ? &lease.ip4 : &lease.ip6, text, sizeof(text)),
		want_ip);
	return lease.unit;
}

static void refuse(const struct address_pool_config *cfg, const char *want)
{
	struct str lines = str_init();
	struct address_pool *pool;
	struct err err;

	assert_int_equal(address_pool_new(cfg, &pool, &lines, &err), ERR_RANGE);
	assert_string_equal(err.text, want);
	assert_null(pool);
	str_fini(&lines);
}

static void pool__first_addresses_of_each_topology(void **state)
{
	struct address_pool_config cfg = config("10.66.0.2", "10.66.0.254");
	struct address_pool *pool = make(&cfg, "IFCONFIG POOL IPv4: base=10.66.0.2 size=253\n");
	struct address_pool_lease lease;
	char text[ADDR_TEXT_MAX];

	(void)state;
	take(pool, "a", "10.66.0.2");
	take(pool, "b", "10.66.0.3");
	address_pool_free(pool);
	cfg = config("10.66.0.4", "10.66.0.251");
	cfg.net30 = true;
	pool = make(&cfg, "IFCONFIG POOL IPv4: base=10.66.0.4 size=62\n");
	assert_int_equal(address_pool_take(pool, "a", &lease), 0);
	assert_string_equal(ip_addr_format(&lease.ip4, text, sizeof(text)), "10.66.0.6");
	assert_string_equal(ip_addr_format(&lease.ip4_peer, text, sizeof(text)), "10.66.0.5");
	take(pool, "b", "10.66.0.10");
	address_pool_free(pool);
}

static void pool__ipv6(void **state)
{
	struct address_pool_config cfg = {.has_ip6 = true, .ip6 = {ip("fd66::1000"), 64}};
	struct address_pool *pool =
		make(&cfg, "IFCONFIG POOL IPv6: base=fd66::1000 size=65536 netbits=64\n");

	(void)state;
	take(pool, "a", "fd66::1000");
	take(pool, "b", "fd66::1001");
	address_pool_free(pool);
	cfg.ip6 = (struct ip_net){ip("fd66::2"), 112};
	pool = make(&cfg, "IFCONFIG POOL IPv6: base=fd66::2 size=65534 netbits=112\n");
	address_pool_free(pool);
	cfg.ip6 = (struct ip_net){ip("fd66::"), 124};
	pool = make(&cfg, "IFCONFIG POOL IPv6: base=fd66::1 size=15 netbits=124\n");
	take(pool, "a", "fd66::1");
	address_pool_free(pool);
	cfg.ip6 = (struct ip_net){ip("fd66::ffff:ffff"), 64};
	pool = make(&cfg, NULL);
	take(pool, "a", "fd66::ffff:ffff");
	take(pool, "b", "fd66::1:0:0"); /* the carry goes up */
	address_pool_free(pool);
}

static void pool__both_families__the_smaller_counts(void **state)
{
	struct address_pool_config cfg = config("10.0.0.2", "10.0.0.5");
	struct address_pool *pool;

	(void)state;
	cfg.has_ip6 = true;
	cfg.ip6 = (struct ip_net){ip("fd66::1000"), 64};
	pool = make(&cfg, NULL);
	assert_int_equal(address_pool_size(pool), 4);
	address_pool_free(pool);
	cfg = config("10.0.0.2", "10.0.0.250");
	cfg.has_ip6 = true;
	cfg.ip6 = (struct ip_net){ip("fd66::1"), 124};
	pool = make(&cfg, NULL);
	assert_int_equal(address_pool_size(pool), 15);
	address_pool_free(pool);
}

static void pool__bad_ranges__are_refused(void **state)
{
	struct address_pool_config cfg = config("10.0.0.9", "10.0.0.5");

	(void)state;
	refuse(&cfg, "--ifconfig-pool start IP [10.0.0.9] is greater than end IP [10.0.0.5]");
	cfg = config("10.0.0.9", "10.0.0.9");
	refuse(&cfg, "IPv4 pool size is too small (1), must be at least 2");
	cfg = config("10.0.0.0", "10.1.0.0");
	refuse(&cfg, "--ifconfig-pool address range is too large [10.0.0.0 -> 10.1.0.0].  Current "
		     "maximum is 65536 addresses, as defined by IFCONFIG_POOL_MAX variable.");
}

static void pool__names_keep_their_unit(void **state)
{
	struct address_pool_config cfg = config("10.0.0.2", "10.0.0.4");
	struct address_pool *pool = make(&cfg, NULL);
	struct address_pool_lease lease;
	unsigned int a = take(pool, "a", "10.0.0.2"), b = take(pool, "b", "10.0.0.3");

	(void)state;
	address_pool_release(pool, a, 1000, false);
	address_pool_release(pool, b, 2000, false);
	take(pool, "c", "10.0.0.4"); /* never used comes first */
	b = take(pool, "b", "10.0.0.3");
	address_pool_release(pool, b, 3000, false);
	take(pool, "d", "10.0.0.2"); /* released longest ago */
	take(pool, "e", "10.0.0.3");
	assert_int_equal(address_pool_take(pool, "f", &lease), ERR_NOT_FOUND);
	address_pool_release(pool, 1, 4000, true); /* e did not use it: no name is kept */
	address_pool_release(pool, 1, 4000, true); /* twice is harmless */
	address_pool_release(pool, 99, 4000, true);
	take(pool, "f", "10.0.0.3");
	address_pool_free(pool);
}

static void pool__duplicate_cn__first_free(void **state)
{
	struct address_pool_config cfg = config("10.0.0.2", "10.0.0.4");
	struct str out = str_init();
	struct address_pool *pool;
	unsigned int first;

	(void)state;
	cfg.duplicate_cn = true;
	pool = make(&cfg, NULL);
	first = take(pool, "a", "10.0.0.2");
	take(pool, "a", "10.0.0.3");
	address_pool_release(pool, first, 9, false);
	take(pool, "b", "10.0.0.2");
	address_pool_write(pool, &out);
	assert_string_equal(str_text(&out), "");
	str_fini(&out);
	address_pool_free(pool);
}

/* The rule, plainly: the first free unit of that name, else the free one released first. */
struct plain_unit {
	char name;
	bool taken;
	uint64_t released;
};

static size_t plain_choose(const struct plain_unit *units, size_t n, char name)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (units[i].taken)
			continue;
		if (units[i].name == name)
			return i;
		if (best == n || units[i].released < units[best].released)
			best = i;
	}
	return best;
}

static void pool__random_names__get_what_the_plain_rule_says(void **state)
{
	enum {
		UNITS = 8
	};
	struct address_pool_config cfg = config("10.66.0.2", "10.66.0.9");
	struct address_pool *pool = make(&cfg, NULL);
	struct plain_unit units[UNITS] = {0};
	uint32_t r = 1;

	(void)state;
	for (uint64_t t = 1; t < 20000; t++) {
		struct address_pool_lease lease;
		char name[2] = "a";
		size_t want;

		r = r * 1664525u + 1013904223u;
		want = r >> 8 & (UNITS - 1);
		name[0] = (char)('a' + (r >> 16) % 12);
		if (units[want].taken) {
			address_pool_release(pool, (unsigned int)want, t, r >> 31);
			units[want].taken = false;
			if (r >> 31)
				units[want].name = '\0';
			else
				units[want].released = t;
			continue;
		}
		want = plain_choose(units, UNITS, name[0]);
		assert_int_equal(address_pool_take(pool, name, &lease), 0);
		assert_int_equal(lease.unit, want);
		units[want].taken = true;
		units[want].name = name[0];
	}
	address_pool_free(pool);
}

static void check_read(struct address_pool *pool, const char *text, bool fixed, const char *want)
{
	struct str lines = str_init();

	address_pool_read(pool, text, fixed, 100, &lines);
	assert_string_equal(str_text(&lines), want);
	str_fini(&lines);
}

static void persist__what_is_written_is_read(void **state)
{
	struct address_pool_config cfg = config("10.0.0.4", "10.0.0.251");
	struct str out = str_init();
	struct address_pool *pool;

	(void)state;
	cfg.net30 = true;
	pool = make(&cfg, NULL);
	take(pool, "one", "10.0.0.6");
	take(pool, "two", "10.0.0.10");
	address_pool_write(pool, &out);
	assert_string_equal(str_text(&out), "one,10.0.0.4,\ntwo,10.0.0.8,\n");
	address_pool_free(pool);
	pool = make(&cfg, NULL);
	check_read(pool, str_text(&out), false,
		   "ifconfig_pool_read(), in='one,10.0.0.4,'\n"
		   "succeeded -> ifconfig_pool_set(hand=0)\n"
		   "ifconfig_pool_read(), in='two,10.0.0.8,'\n"
		   "succeeded -> ifconfig_pool_set(hand=1)\n");
	take(pool, "two", "10.0.0.10");
	take(pool, "three", "10.0.0.14");
	address_pool_free(pool);
	cfg = (struct address_pool_config){.has_ip6 = true, .ip6 = {ip("fd66::1000"), 64}};
	pool = make(&cfg, NULL);
	take(pool, "x", "fd66::1000");
	str_clear(&out);
	address_pool_write(pool, &out);
	assert_string_equal(str_text(&out), "x,,fd66::1000\n");
	str_fini(&out);
	address_pool_free(pool);
}

static void persist__fixed__is_for_that_name_only(void **state)
{
	struct address_pool_config cfg = config("10.0.0.2", "10.0.0.3");
	struct address_pool *pool = make(&cfg, NULL);
	struct address_pool_lease lease;

	(void)state;
	check_read(pool, "# comment\n; other\n\r\n\none,10.0.0.2\n", true,
		   "ifconfig_pool_read(), in='one,10.0.0.2'\n"
		   "succeeded -> ifconfig_pool_set(hand=0)\n");
	take(pool, "a", "10.0.0.3");
	assert_int_equal(address_pool_take(pool, "b", &lease), ERR_NOT_FOUND);
	address_pool_release(pool, take(pool, "one", "10.0.0.2"), 5, true);
	assert_int_equal(address_pool_take(pool, "b", &lease), ERR_NOT_FOUND);
	take(pool, "one", "10.0.0.2");
	address_pool_free(pool);
}

static void persist__bad_lines__are_skipped(void **state)
{
	struct address_pool_config cfg = config("10.0.0.2", "10.0.0.9");
	struct address_pool *pool;
	char big[300];

	(void)state;
	cfg.has_ip6 = true;
	cfg.ip6 = (struct ip_net){ip("fd66::1000"), 64};
	pool = make(&cfg, NULL);
	check_read(pool, "one\n,10.0.0.2\ntwo,10.0.0.x,\nthree,10.0.0.1,\nfour,,fd66::1\nfive,,zz",
		   false,
		   "ifconfig_pool_read(), in='one'\n"
		   "ifconfig_pool_read(), in=',10.0.0.2'\n"
		   "ifconfig_pool_read(), in='two,10.0.0.x,'\n"
		   "pool: invalid IPv4 (10.0.0.x) for CN=two\n"
		   "ifconfig_pool_read(), in='three,10.0.0.1,'\n"
		   "pool: IPv4 (10.0.0.1) out of pool range for CN=three\n"
		   "ifconfig_pool_read(), in='four,,fd66::1'\n"
		   "pool: IPv6 (fd66::1) out of pool range for CN=four\n"
		   "ifconfig_pool_read(), in='five,,zz'\n"
		   "pool: invalid IPv6 (zz) for CN=five\n");
	check_read(pool, "six,10.0.0.3,fd66::1005", false,
		   "ifconfig_pool_read(), in='six,10.0.0.3,fd66::1005'\n"
		   "pool: IPv4 (10.0.0.3) and IPv6 (fd66::1005) have different offsets! Relying on "
		   "IPv4\n"
		   "succeeded -> ifconfig_pool_set(hand=1)\n");
	check_read(pool, "seven,10.0.0.10,", false,
		   "ifconfig_pool_read(), in='seven,10.0.0.10,'\n"
		   "pool: IPv4 (10.0.0.10) out of pool range for CN=seven\n");
	check_read(pool, "v6,,fd67::1000", false,
		   "ifconfig_pool_read(), in='v6,,fd67::1000'\n"
		   "pool: IPv6 (fd67::1000) out of pool range for CN=v6\n");
	memset(big, 'x', 200);
	strcpy(big + 200, ",10.0.0.5");
	{
		struct str lines = str_init(), out = str_init();

		address_pool_read(pool, big, false, 1, &lines);
		address_pool_write(pool, &out);
		assert_non_null(strstr(str_text(&out), "six,10.0.0.3,fd66::1001\n"));
		big[127] = '\0'; /* the name is cut */
		assert_non_null(strstr(str_text(&out), big));
		assert_null(strstr(str_text(&out), "xxxxxxxx,10.0.0.5,fd66::1002"));
		str_fini(&lines);
		str_fini(&out);
	}
	address_pool_free(pool);
	address_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool__first_addresses_of_each_topology),
		cmocka_unit_test(pool__ipv6),
		cmocka_unit_test(pool__both_families__the_smaller_counts),
		cmocka_unit_test(pool__bad_ranges__are_refused),
		cmocka_unit_test(pool__names_keep_their_unit),
		cmocka_unit_test(pool__duplicate_cn__first_free),
		cmocka_unit_test(pool__random_names__get_what_the_plain_rule_says),
		cmocka_unit_test(persist__what_is_written_is_read),
		cmocka_unit_test(persist__fixed__is_for_that_name_only),
		cmocka_unit_test(persist__bad_lines__are_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
