/* SPDX-License-Identifier: GPL-2.0-only */
/* The router in answers of a DHCP server. The frame is one that dnsmasq might send. */
#include "test.h"

#include <arpa/inet.h>

#include "base/bytes.h"
#include "engine/checksum.h"
#include "engine/dhcp.h"

enum {
	IP = 14,
	UDP = IP + 20,
	BOOTP = UDP + 8,
	OPTIONS = BOOTP + 240,
	OPTIONS_LEN = 40,
	FRAME_LEN = OPTIONS + OPTIONS_LEN,
};

static uint16_t udp_sum(const uint8_t *f)
{
	uint64_t sum = checksum_pseudo(&f[IP], 17, FRAME_LEN - UDP);

	return checksum_fold(checksum_add(sum, &f[UDP], FRAME_LEN - UDP));
}

static void make(uint8_t *f, const char *options)
{
	memset(f, 0, FRAME_LEN);
	(void)unhex(f, IP, "ffffffffffff0200000000010800");
	(void)unhex(&f[IP], 20, "4500000000010000401100000a080001ffffffff");
	store_be16(&f[IP + 2], FRAME_LEN - IP);
	(void)unhex(&f[UDP], 16, "00430044000000000201060061626364");
	store_be16(&f[UDP + 4], FRAME_LEN - UDP);
	(void)unhex(&f[BOOTP + 236], 4, "63825363");
	(void)unhex(&f[OPTIONS], OPTIONS_LEN, options);
	store_be16(&f[UDP + 6], (uint16_t)~udp_sum(f));
	assert_int_equal(udp_sum(f), 0xffff);
}

static void expect_options(const uint8_t *f, const char *want)
{
	uint8_t bytes[OPTIONS_LEN] = {0};

	(void)unhex(bytes, sizeof(bytes), want);
	assert_memory_equal(&f[OPTIONS], bytes, sizeof(bytes));
	assert_int_equal(udp_sum(f), 0xffff);
}

static bool take(uint8_t *f, const char *options, const char *router)
{
	struct in_addr found = {0}, want = {0};
	bool ret;

	make(f, options);
	ret = dhcp_take_router(f, FRAME_LEN, &found);
	if (router)
		assert_int_equal(inet_pton(AF_INET, router, &want), 1);
	assert_int_equal(found.s_addr, want.s_addr);
	return ret;
}

static void ack__router_between_others__taken_and_told(void **state)
{
	uint8_t f[FRAME_LEN];

	(void)state;
	assert_true(take(f, "35010503040a0800630104ffffff00ff", "10.8.0.99"));
	expect_options(f, "3501050104ffffff00ff");
	/* of odd length before it, with padding, several routers, twice */
	assert_true(take(f, "350105000c01610308 0a0800630a0800620104ffffff0003040a080061ff",
			 "10.8.0.99"));
	expect_options(f, "350105000c01610104ffffff00ff");
}

static void offer__router__taken_and_not_told(void **state)
{
	uint8_t f[FRAME_LEN];

	(void)state;
	assert_false(take(f, "35010203040a0800630104ffffff00ff", NULL));
	expect_options(f, "3501020104ffffff00ff");
}

static void no_router__or_other_message__left_alone(void **state)
{
	static const char *const rows[] = {
		"3501050104ffffff00ff",	   /* no router */
		"35010603040a080063ff",	   /* NAK */
		"03040a080063ff",	   /* no type */
		"35020500 03040a080063ff", /* type of wrong length */
		"35010503030a0800ff",	   /* a router of three bytes */
		"35010503040a080063",	   /* padded to the end */
		"35010503040a08006301ff",  /* another is cut */
		"350105ff03040a080063ff",  /* behind the end */
	};
	uint8_t f[FRAME_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(take(f, rows[i], NULL));
		expect_options(f, rows[i]);
	}
}

static void frame__every_field_wrong__left_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{12, 0x86},    {IP, 0x65},     {IP, 0x44},  {IP, 0x4f},	       {IP + 2, 2},
		{IP + 3, 0},   {IP + 6, 0x20}, {IP + 7, 1}, {IP + 9, 6},       {UDP + 1, 68},
		{UDP + 3, 67}, {UDP + 5, 1},   {BOOTP, 1},  {BOOTP + 236, 64}, {BOOTP + 239, 0},
	};
	struct in_addr found;
	uint8_t f[FRAME_LEN], before[FRAME_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make(f, "35010503040a080063ff");
		f[wrong[i].at] = wrong[i].value;
		memcpy(before, f, sizeof(f));
		assert_false(dhcp_take_router(f, sizeof(f), &found));
		assert_memory_equal(f, before, sizeof(f));
	}
}

static void frame__every_prefix__left_alone(void **state)
{
	uint8_t f[FRAME_LEN];
	struct in_addr found;

	(void)state;
	make(f, "35010503040a080063ff");
	for (size_t len = 0; len < FRAME_LEN; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, f, len);
		assert_false(dhcp_take_router(cut, len, &found));
		assert_memory_equal(cut, f, len);
		free(cut);
	}
	assert_true(dhcp_take_router(f, FRAME_LEN, &found));
}

static void checksum__none_or_wrong__stays_so(void **state)
{
	uint8_t f[FRAME_LEN];
	struct in_addr found;

	(void)state;
	make(f, "35010503040a080063ff");
	store_be16(&f[UDP + 6], 0);
	assert_true(dhcp_take_router(f, FRAME_LEN, &found));
	assert_int_equal(load_be16(&f[UDP + 6]), 0);
	make(f, "35010503040a080063ff");
	f[BOOTP + 16] ^= 1;
	assert_true(dhcp_take_router(f, FRAME_LEN, &found));
	assert_int_not_equal(udp_sum(f), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ack__router_between_others__taken_and_told),
		cmocka_unit_test(offer__router__taken_and_not_told),
		cmocka_unit_test(no_router__or_other_message__left_alone),
		cmocka_unit_test(frame__every_field_wrong__left_alone),
		cmocka_unit_test(frame__every_prefix__left_alone),
		cmocka_unit_test(checksum__none_or_wrong__stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
