/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "data/inner.h"

#define P4                                                                     \
	"4500002900014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c" \
	"2074756e6e656c"
#define P6                                                                                 \
	"600705fa00101121fd000008000000000000000000000001fd000008000000000000000000000099" \
	"e8f81e6100108d897636207465737421"

static struct ip_addr ip(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(text, &a), 0);
	return a;
}

static bool same(const struct ip_addr *a, const char *text)
{
	struct ip_addr b = ip(text);

	return ip_addr_equal(a, &b);
}

static void ip__both_families__addresses(void **state)
{
	uint8_t p[128];
	struct inner_ip in;
	size_t len = unhex(p, sizeof(p), P4);

	(void)state;
	assert_int_equal(inner_ip_parse(p, len, &in), 0);
	assert_true(same(&in.src, "10.8.0.2") && same(&in.dst, "10.8.0.1") && !in.multicast);
	p[16] = 224;
	assert_int_equal(inner_ip_parse(p, len, &in), 0);
	assert_true(in.multicast);
	p[16] = 239;
	assert_int_equal(inner_ip_parse(p, len, &in), 0);
	assert_true(in.multicast);
	memset(p + 16, 255, 4); /* limited broadcast is not multicast */
	assert_int_equal(inner_ip_parse(p, len, &in), 0);
	assert_false(in.multicast);
	len = unhex(p, sizeof(p), P6);
	assert_int_equal(inner_ip_parse(p, len, &in), 0);
	assert_true(same(&in.src, "fd00:8::1") && same(&in.dst, "fd00:8::99") && !in.multicast);
	p[24] = 0xff;
	assert_int_equal(inner_ip_parse(p, len, &in), 0);
	assert_true(in.multicast);
}

/* 65 */
static void ip__too_short_or_other_version__refused(void **state)
{
	uint8_t p[128];
	struct inner_ip in;
	size_t len = unhex(p, sizeof(p), P4);

	(void)state;
	for (size_t n = 0; n < 20; n++)
		assert_int_equal(inner_ip_parse(p, n, &in), ERR_SHORT);
	assert_int_equal(inner_ip_parse(p, 20, &in), 0);
	p[0] = 0x55;
	assert_int_equal(inner_ip_parse(p, len, &in), ERR_INVALID);
	p[0] = 0xf5;
	assert_int_equal(inner_ip_parse(p, len, &in), ERR_INVALID);
	unhex(p, sizeof(p), P6);
	for (size_t n = 0; n < 40; n++)
		assert_int_equal(inner_ip_parse(p, n, &in), ERR_SHORT);
	assert_int_equal(inner_ip_parse(p, 40, &in), 0);
}

static void mac__frame__addresses(void **state)
{
	uint8_t frame[14] = {0x02, 1, 2, 3, 4, 5, 0x02, 9, 8, 7, 6, 5, 8, 0};
	struct inner_mac mac;

	(void)state;
	for (size_t n = 0; n < sizeof(frame); n++)
		assert_int_equal(inner_mac_parse(frame, n, &mac), ERR_SHORT);
	assert_int_equal(inner_mac_parse(frame, sizeof(frame), &mac), 0);
	assert_int_equal(mac.src[1], 9);
	assert_int_equal(mac.dst[1], 1);
	assert_false(mac.multicast);
	frame[0] = 1;
	assert_int_equal(inner_mac_parse(frame, sizeof(frame), &mac), 0);
	assert_true(mac.multicast);
}

static void link_local__fe80_10__only(void **state)
{
	struct ip_addr a = ip("fe80::1"), b = ip("febf::1"), c = ip("fec0::1"), d = ip("10.0.0.1");

	(void)state;
	assert_true(ip_addr_is_link_local(&a) && ip_addr_is_link_local(&b));
	assert_false(ip_addr_is_link_local(&c) || ip_addr_is_link_local(&d));
}

/* 67 */
static void recursion__own_outer_packet__only(void **state)
{
	struct ip_addr host = ip("10.8.0.1"), other = ip("10.8.0.9"), host6 = ip("fd00:8::99");
	union sock_addr remote = sock_addr_make(&host, 7777), src, away;
	char text[ADDR_TEXT_MAX];
	uint8_t p[128];
	size_t len = unhex(p, sizeof(p), P4);

	(void)state;
	assert_true(inner_is_recursive(p, len, &remote, IPPROTO_UDP, &src));
	assert_string_equal(sock_addr_format_plain(&src, text, sizeof(text)), "10.8.0.2:50000");
	assert_false(inner_is_recursive(p, len, &remote, IPPROTO_TCP, NULL));
	away = sock_addr_make(&host, 7778);
	assert_false(inner_is_recursive(p, len, &away, IPPROTO_UDP, NULL));
	away = sock_addr_make(&other, 7777);
	assert_false(inner_is_recursive(p, len, &away, IPPROTO_UDP, NULL));
	for (size_t n = 0; n < 24; n++)
		assert_false(inner_is_recursive(p, n, &remote, IPPROTO_UDP, NULL));
	assert_true(inner_is_recursive(p, 24, &remote, IPPROTO_UDP, NULL));
	len = unhex(p, sizeof(p), P6);
	assert_false(inner_is_recursive(p, len, &remote, IPPROTO_UDP, NULL));
	away = sock_addr_make(&host6, 7777);
	assert_true(inner_is_recursive(p, len, &away, IPPROTO_UDP, NULL));
	for (size_t n = 0; n < 44; n++)
		assert_false(inner_is_recursive(p, n, &away, IPPROTO_UDP, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip__both_families__addresses),
		cmocka_unit_test(ip__too_short_or_other_version__refused),
		cmocka_unit_test(mac__frame__addresses),
		cmocka_unit_test(link_local__fe80_10__only),
		cmocka_unit_test(recursion__own_outer_packet__only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
