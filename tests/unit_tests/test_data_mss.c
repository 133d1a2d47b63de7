/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/attr.h"
#include "base/bytes.h"
#include "data/mss.h"

static struct mtu_params gcm(void)
{
	return (struct mtu_params){.mode = MTU_MODE_TLS, .v2 = true, .cipher = CIPHER_AES_256_GCM};
}

static struct mtu_params with_cipher(enum cipher_id cipher, enum digest_id digest)
{
	struct mtu_params p = gcm();

	p.cipher = cipher;
	p.digest = digest;
	return p;
}

static struct mtu_params static_key(enum cipher_id cipher, enum digest_id digest)
{
	return (struct mtu_params){.mode = MTU_MODE_STATIC_KEY, .cipher = cipher, .digest = digest};
}

/* 54: the table of spec 02 section 11.3 */
static void mss__rows_of_the_table__agree(void **state)
{
	struct mtu_params p = gcm();

	(void)state;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1400);
	assert_int_equal(mtu_mss(&p, 1400, MTU_SCOPE_PAYLOAD), 1336);
	assert_int_equal(mtu_mss(&p, 1400, MTU_SCOPE_IP), 1308);
	assert_int_equal(mtu_mss(&p, 1400, MTU_SCOPE_FIXED), 1360);
	assert_int_equal(mtu_mss(&p, 0, MTU_SCOPE_IP), 0);
	assert_int_equal(mtu_mss(&p, 60, MTU_SCOPE_IP), 0);
	p.epoch = true;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1396);
	p.link_ip6 = true;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1376);
	p.epoch = false;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1380);
	p = gcm();
	p.tcp = true;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1386);
	p.epoch = true;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1382);
	p = gcm();
	p.framing_byte = true;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1399);
	p = gcm();
	p.tun_mtu_extra = 32;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1368);
	p = with_cipher(CIPHER_CHACHA20_POLY1305, DIGEST_NONE);
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1400);
	p = with_cipher(CIPHER_AES_256_CBC, DIGEST_SHA1);
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1379);
	p.digest = DIGEST_SHA256;
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1363);
	p = with_cipher(CIPHER_AES_256_CFB, DIGEST_SHA256);
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1364);
	p = static_key(CIPHER_AES_256_CBC, DIGEST_SHA256);
	assert_int_equal(mtu_mss(&p, 1492, MTU_SCOPE_IP), 1359);
}

static void fragment__rows_of_the_table__agree(void **state)
{
	struct mtu_params p = gcm();

	(void)state;
	p.fragment = true;
	assert_int_equal(mtu_mss(&p, 1300, MTU_SCOPE_IP), 1204);
	assert_int_equal(mtu_fragment(&p, 1300, MTU_SCOPE_PAYLOAD), 1272);
	assert_int_equal(mtu_fragment(&p, 1300, MTU_SCOPE_IP), 1244);
	p.epoch = true;
	assert_int_equal(mtu_fragment(&p, 1300, MTU_SCOPE_PAYLOAD), 1268);
	assert_int_equal(mtu_fragment(&p, 1300, MTU_SCOPE_IP), 1240);
	p = with_cipher(CIPHER_AES_256_CBC, DIGEST_SHA1);
	p.fragment = true;
	assert_int_equal(mtu_mss(&p, 1300, MTU_SCOPE_IP), 1183);
	assert_int_equal(mtu_fragment(&p, 1300, MTU_SCOPE_PAYLOAD), 1239);
	p = static_key(CIPHER_AES_256_CBC, DIGEST_SHA256);
	p.fragment = true;
	assert_int_equal(mtu_mss(&p, 300, MTU_SCOPE_IP), 171);
	assert_int_equal(mtu_fragment(&p, 300, MTU_SCOPE_PAYLOAD), 227);
	assert_int_equal(mtu_mss(&p, 600, MTU_SCOPE_IP), 459);
	p.link_ip6 = true;
	assert_int_equal(mtu_fragment(&p, 600, MTU_SCOPE_IP), 483);
	assert_int_equal(mtu_fragment(&p, 20, MTU_SCOPE_IP), 0);
}

/* 54: the table of spec 02 section 11.4 */
static void link_mtu__rows_of_the_table__agree(void **state)
{
	struct mtu_params p = with_cipher(CIPHER_NONE, DIGEST_SHA1);

	(void)state;
	assert_int_equal(mtu_options_link(&p, 1500, false), 1541);
	assert_int_equal(mtu_options_link(&p, 1400, false), 1441);
	assert_int_equal(mtu_options_link(&p, 1500, true), 1525);
	p.tcp = true;
	assert_int_equal(mtu_options_link(&p, 1500, false), 1543);
	p.tcp = false;
	p.framing_byte = true;
	assert_int_equal(mtu_options_link(&p, 1500, false), 1542);
	p.framing_byte = false;
	p.fragment = true;
	assert_int_equal(mtu_options_link(&p, 1500, false), 1545);
	p.fragment = false;
	p.tun_mtu_extra = 32;
	assert_int_equal(mtu_options_link(&p, 1500, false), 1573);
	p.tun_mtu_extra = 0;
	p.digest = DIGEST_SHA256;
	assert_int_equal(mtu_options_link(&p, 1500, false), 1553);
	p = gcm();
	assert_int_equal(mtu_options_link(&p, 1500, true), 1549);
	p = with_cipher(CIPHER_CHACHA20_POLY1305, DIGEST_NONE);
	assert_int_equal(mtu_options_link(&p, 1500, true), 1534);
	p = with_cipher(CIPHER_AES_256_CBC, DIGEST_SHA1);
	assert_int_equal(mtu_options_link(&p, 1500, true), 1557);
	p.digest = DIGEST_SHA512;
	assert_int_equal(mtu_options_link(&p, 1500, true), 1601);
	p = with_cipher(CIPHER_AES_128_CFB, DIGEST_SHA1);
	assert_int_equal(mtu_options_link(&p, 1500, true), 1561);
	p = static_key(CIPHER_AES_256_CBC, DIGEST_SHA1);
	assert_int_equal(mtu_options_link(&p, 1500, true), 1560);
	p.digest = DIGEST_SHA256;
	assert_int_equal(mtu_options_link(&p, 1500, true), 1572);
	p = static_key(CIPHER_NONE, DIGEST_SHA1);
	assert_int_equal(mtu_options_link(&p, 1500, true), 1528);
	p = (struct mtu_params){.mode = MTU_MODE_CLEAR};
	assert_int_equal(mtu_options_link(&p, 1500, true), 1500);
}

static void buffer__sizes_of_the_spec__agree(void **state)
{
	(void)state;
	assert_int_equal(mtu_buffer_bytes(1500, 1600, 1250, 0), 1768);
	assert_int_equal(mtu_buffer_bytes(1500, 1600, 1250, 32), 1800);
	assert_int_equal(mtu_buffer_bytes(1500, 9000, 1250, 0), 9168);
}

#define SYN_IN                                                                                  \
	"4500003000094000400626ad0a0800020a0800019c40005000001000000000007002faf0c884000002040" \
	"5b401030307"
#define SYN_OUT                                                                                 \
	"4500003000094000400626ad0a0800020a0800019c40005000001000000000007002faf0c8e9000002040" \
	"54f01030307"

static void assert_tcp_checksum(const uint8_t *p, size_t len, size_t ip, size_t pseudo_at,
				size_t pseudo_len)
{
	uint32_t sum = 6 + (uint32_t)(len - ip);

	for (size_t i = 0; i < pseudo_len; i += 2)
		sum += load_be16(p + pseudo_at + i);
	for (size_t i = ip; i < len; i += 2)
		sum += i + 1 < len ? load_be16(p + i) : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void clamp__ip4_syn__as_in_the_vector(void **state)
{
	uint8_t p[64], want[64];
	size_t len = unhex(p, sizeof(p), SYN_IN);

	(void)state;
	unhex(want, sizeof(want), SYN_OUT);
	assert_tcp_checksum(p, len, 20, 12, 8);
	assert_true(mss_clamp(p, len, 1359, 0));
	assert_memory_equal(p, want, len);
	assert_tcp_checksum(p, len, 20, 12, 8);
	assert_false(mss_clamp(p, len, 1359, 0)); /* low enough */
	assert_false(mss_clamp(p, len, 1400, 0)); /* never raised */
	assert_false(mss_clamp(p, len, 0, 1000)); /* of the other family */
}

static void clamp__option_at_odd_offset__checksum_holds(void **state)
{
	uint8_t p[64];
	size_t len = unhex(p, sizeof(p), SYN_IN);

	(void)state;
	/* NOP in front of the option; three bytes of window scale become two NOPs and an end */
	memcpy(p + 40, "\x01\x02\x04\x05\xb4\x01\x01\x00", 8);
	store_be16(p + 36, 0);
	{
		uint32_t sum = 6 + 28;

		for (size_t i = 12; i < len; i += 2)
			sum += load_be16(p + i);
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		store_be16(p + 36, (uint16_t)~sum);
	}
	assert_tcp_checksum(p, len, 20, 12, 8);
	assert_true(mss_clamp(p, len, 1000, 0));
	assert_int_equal(load_be16(p + 43), 1000);
	assert_tcp_checksum(p, len, 20, 12, 8);
}

static size_t make_ip6(uint8_t *p)
{
	uint8_t v4[64];
	size_t len = unhex(v4, sizeof(v4), SYN_IN);

	memset(p, 0, 40);
	p[0] = 0x60;
	store_be16(p + 4, (uint16_t)(len - 20));
	p[6] = 6;
	p[8] = 0xfd;
	p[24] = 0xfd;
	memcpy(p + 40, v4 + 20, len - 20);
	return 40 + len - 20;
}

static void clamp__ip6_and_ethernet__clamped(void **state)
{
	uint8_t p[128], frame[128];
	size_t len = make_ip6(p);

	(void)state;
	memset(frame, 0, sizeof(frame));
	memcpy(frame + 14, p, len);
	assert_true(mss_clamp(p, len, 0, 1200));
	assert_int_equal(load_be16(p + 62), 1200);
	assert_true(mss_clamp_ethernet(frame, 14 + len, 0, 1200));
	assert_int_equal(load_be16(frame + 14 + 62), 1200);
	len = make_ip6(p);
	store_be16(frame + 12, 0x8100);
	memcpy(frame + 18, p, len);
	assert_true(mss_clamp_ethernet(frame, 18 + len, 0, 1200));
	assert_int_equal(load_be16(frame + 18 + 62), 1200);
}

/* 55 */
static void clamp__anything_else__left_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} rows[] = {
		{33, 0x10, "no SYN"},
		{7, 1, "fragment"},
		{6, 1, "fragment"},
		{3, 47, "total length"},
		{9, 17, "not TCP"},
		{0, 0x44, "IP header length"},
		{0, 0x55, "version 5"},
		{41, 3, "kind 2, length 3"},
		{41, 0, "length 0"},
		{41, 9, "beyond the options"},
		{40, 0, "end of options"},
		{32, 0x50, "no options"},
		{32, 0xf0, "TCP header longer than packet"},
	};
	uint8_t good[128], p[128];
	size_t len = unhex(good, sizeof(good), SYN_IN);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memcpy(p, good, len);
		p[rows[i].at] = rows[i].value;
		if (mss_clamp(p, len, 1000, 1000))
			fail_msg("clamped: %s", rows[i].what);
	}
	for (size_t n = 0; n < len; n++) {
		memcpy(p, good, len);
		assert_false(mss_clamp(p, n, 1000, 1000));
		assert_false(mss_clamp_ethernet(p, n, 1000, 1000));
	}
	len = make_ip6(good);
	for (size_t n = 0; n < len; n++)
		assert_false(mss_clamp(good, n, 1000, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mss__rows_of_the_table__agree),
		cmocka_unit_test(fragment__rows_of_the_table__agree),
		cmocka_unit_test(link_mtu__rows_of_the_table__agree),
		cmocka_unit_test(buffer__sizes_of_the_spec__agree),
		cmocka_unit_test(clamp__ip4_syn__as_in_the_vector),
		cmocka_unit_test(clamp__option_at_odd_offset__checksum_holds),
		cmocka_unit_test(clamp__ip6_and_ethernet__clamped),
		cmocka_unit_test(clamp__anything_else__left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
