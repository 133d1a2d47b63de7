/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "proto/packet.h"

static const struct session_id client_sid = {{0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8}};

static void opcode_name__defined_and_undefined__as_in_logs(void **state)
{
	(void)state;
	assert_string_equal(opcode_name(4), "P_CONTROL_V1");
	assert_string_equal(opcode_name(11), "P_CONTROL_WKC_V1");
	assert_string_equal(opcode_name(0), "P_???");
	assert_string_equal(opcode_name(12), "P_???");
	assert_string_equal(opcode_name(31), "P_???");
}

static void session_id_format__two_groups(void **state)
{
	char text[SESSION_ID_TEXT_LEN];

	(void)state;
	assert_string_equal(session_id_format(&client_sid, text), "c1c2c3c4 c5c6c7c8");
}

/* The bytes of a packet without wrap are header, ACK record, id, payload (vectors of 15.1). */
static void body__vectors_without_wrap__encode_and_decode(void **state)
{
	static const struct {
		const char *hex;
		uint8_t opcode, key_id, server;
		struct ack_record ack;
		bool has_id;
		uint32_t id;
		const char *payload;
	} v[] = {
		{"38c1c2c3c4c5c6c7c80000000000", 7, 0, 0, {.count = 0}, true, 0, ""},
		{"4051525354555657580100000000c1c2c3c4c5c6c7c800000000",
		 8,
		 0,
		 1,
		 {.count = 1, .id = {0}},
		 true,
		 0,
		 ""},
		{"20c1c2c3c4c5c6c7c8010000000051525354555657580000000116030100015a",
		 4,
		 0,
		 0,
		 {.count = 1, .id = {0}},
		 true,
		 1,
		 "16030100015a"},
		{"28c1c2c3c4c5c6c7c8030000000200000001000000005152535455565758",
		 5,
		 0,
		 0,
		 {.count = 3, .id = {2, 1, 0}},
		 false,
		 0,
		 ""},
	};
	static const struct session_id server_sid = {
		{0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		const struct session_id *own = v[i].server ? &server_sid : &client_sid;
		const struct session_id *other = v[i].server ? &client_sid : &server_sid;
		uint8_t want[64], got[64], payload[16];
		size_t want_len = unhex(want, sizeof(want), v[i].hex);
		size_t payload_len = unhex(payload, sizeof(payload), v[i].payload);
		struct packet_header h = {v[i].opcode, v[i].key_id, *own};
		struct ack_record ack = v[i].ack;
		struct wr w = wr_init(got, sizeof(got));

		ack.addressee = *other;
		packet_header_write(&w, &h);
		ack_record_write(&w, &ack);
		if (v[i].has_id)
			wr_u32(&w, v[i].id);
		wr_bytes(&w, payload, payload_len);
		assert_int_equal(wr_error(&w), 0);
		assert_int_equal(w.len, want_len);
		assert_memory_equal(got, want, want_len);

		struct rd r = rd_init(want, want_len);
		size_t rest;

		assert_int_equal(packet_header_read(&r, &h), 0);
		assert_int_equal(h.opcode, v[i].opcode);
		assert_true(session_id_equal(&h.sid, own));
		assert_int_equal(ack_record_read(&r, &ack), 0);
		assert_int_equal(ack.count, v[i].ack.count);
		assert_memory_equal(ack.id, v[i].ack.id, ack.count * sizeof(ack.id[0]));
		if (ack.count)
			assert_true(session_id_equal(&ack.addressee, other));
		if (v[i].has_id)
			assert_int_equal(rd_u32(&r), v[i].id);
		assert_memory_equal(rd_rest(&r, &rest), payload, payload_len);
		assert_int_equal(rest, payload_len);
		assert_int_equal(rd_error(&r), 0);
	}
}

static void packet_header_read__every_prefix__is_refused(void **state)
{
	const uint8_t good[9] = {0x20, 1, 2, 3, 4, 5, 6, 7, 8};
	struct packet_header h;

	(void)state;
	for (size_t n = 0; n < sizeof(good); n++) {
		struct rd r = rd_init(good, n);

		assert_int_equal(packet_header_read(&r, &h), n ? ERR_SESSION_ID : ERR_SHORT);
	}
}

static void packet_header_read__zero_session_id__is_refused(void **state)
{
	const uint8_t zero[9] = {0x23};
	struct packet_header h;
	struct rd r = rd_init(zero, sizeof(zero));

	(void)state;
	assert_int_equal(packet_header_read(&r, &h), ERR_SESSION_ID);
	assert_int_equal(h.opcode, 4);
	assert_int_equal(h.key_id, 3);
}

static void ack_record_read__every_prefix__is_short(void **state)
{
	const uint8_t good[] = {2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
	struct ack_record ack;

	(void)state;
	for (size_t n = 0; n < sizeof(good); n++) {
		struct rd r = rd_init(good, n);

		assert_int_equal(ack_record_read(&r, &ack), ERR_SHORT);
	}
	struct rd r = rd_init(good, sizeof(good));

	assert_int_equal(ack_record_read(&r, &ack), 0);
	assert_int_equal(ack.id[1], 2);
}

static void ack_record_read__eight_ids_pass__nine_are_refused(void **state)
{
	uint8_t bytes[1 + 9 * 4 + 8];
	struct ack_record ack;
	struct rd r;

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	bytes[0] = 8;
	r = rd_init(bytes, sizeof(bytes));
	assert_int_equal(ack_record_read(&r, &ack), 0);
	assert_int_equal(rd_left(&r), 4);
	bytes[0] = 9;
	r = rd_init(bytes, sizeof(bytes));
	assert_int_equal(ack_record_read(&r, &ack), ERR_ACK_COUNT);
}

static void ack_record_read__zero_addressee__is_refused(void **state)
{
	const uint8_t bytes[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct ack_record ack;
	struct rd r = rd_init(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(ack_record_read(&r, &ack), ERR_SESSION_ID);
}

static int read_tlv(const char *hex, struct early_neg *neg)
{
	uint8_t bytes[64];
	struct rd r = rd_init(bytes, unhex(bytes, sizeof(bytes), hex));

	return early_neg_read(&r, neg);
}

static void early_neg__resend_wkc__round_trip(void **state)
{
	uint8_t out[16], want[] = {0, 1, 0, 2, 0, 1};
	struct wr w = wr_init(out, sizeof(out));
	struct early_neg neg = {.resend_wkc = true};
	struct rd r;

	(void)state;
	early_neg_write(&w, &neg);
	assert_int_equal(w.len, sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	r = rd_init(out, w.len);
	neg.resend_wkc = false;
	assert_int_equal(early_neg_read(&r, &neg), 0);
	assert_true(neg.resend_wkc);
}

static void early_neg__unknown_types__are_skipped(void **state)
{
	struct early_neg neg;

	(void)state;
	assert_int_equal(read_tlv("", &neg), 0);
	assert_false(neg.resend_wkc);
	assert_int_equal(read_tlv("0007 0003 aabbcc  0001 0002 8001  ffff 0000", &neg), 0);
	assert_true(neg.resend_wkc);
	assert_int_equal(read_tlv("0001 0002 fffe", &neg), 0);
	assert_false(neg.resend_wkc);
}

static void early_neg__malformed__is_refused(void **state)
{
	static const char *const bad[] = {
		"00",
		"0001",
		"000100",
		"0001 0002",
		"0001 0002 00", /* cut short */
		"0001 0001 01",
		"0001 0004 00000001",
		"0001 0000",	    /* flags of a wrong length */
		"0007 0004 aabbcc", /* beyond the end */
		"0001 0002 0001 00",
	};
	struct early_neg neg;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(read_tlv(bad[i], &neg), ERR_TLV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opcode_name__defined_and_undefined__as_in_logs),
		cmocka_unit_test(session_id_format__two_groups),
		cmocka_unit_test(body__vectors_without_wrap__encode_and_decode),
		cmocka_unit_test(packet_header_read__every_prefix__is_refused),
		cmocka_unit_test(packet_header_read__zero_session_id__is_refused),
		cmocka_unit_test(ack_record_read__every_prefix__is_short),
		cmocka_unit_test(ack_record_read__eight_ids_pass__nine_are_refused),
		cmocka_unit_test(ack_record_read__zero_addressee__is_refused),
		cmocka_unit_test(early_neg__resend_wkc__round_trip),
		cmocka_unit_test(early_neg__unknown_types__are_skipped),
		cmocka_unit_test(early_neg__malformed__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
