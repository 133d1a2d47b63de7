/* SPDX-License-Identifier: GPL-2.0-only */
/* The matrix of spec 02 section 13.7: kind of frame, what the device takes, VLAN of the client. */
#include "test.h"

#include <string.h>

#include "base/err.h"
#include "engine/vlan.h"

#define MACS           \
	"020000000001" \
	"020000000002"

/* Frames as hexadecimal text: untagged, with priority 5 only, of VLAN 7 with priority 5. */
static const char untagged[] = MACS "0800"
				    "4500aabb";
static const char priority[] = MACS "8100a000"
				    "0800"
				    "4500aabb";
static const char vlan7[] = MACS "8100a007"
				 "0800"
				 "4500aabb";

enum {
	GLOBAL_PVID = 3,
	CAP = 64
};

struct frame {
	uint8_t bytes[CAP];
	size_t len;
};

static struct frame frame_of(const char *hex)
{
	struct frame f;

	f.len = unhex(f.bytes, sizeof(f.bytes), hex);
	return f;
}

static struct dco_vlan config(enum dco_vlan_accept accept)
{
	return (struct dco_vlan){.tagging = true, .accept = accept, .pvid = GLOBAL_PVID};
}

/* @want: the frame that clients get, NULL: dropped */
static void from_device(enum dco_vlan_accept accept, const char *hex, uint16_t vid,
			const char *want)
{
	struct dco_vlan cfg = config(accept);
	struct frame f = frame_of(hex);
	uint8_t *at = f.bytes;
	uint16_t got;
	int ret = vlan_from_device(&cfg, &at, &f.len, &got);

	if (!want) {
		assert_int_equal(ret, ERR_INVALID);
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(got, vid);
	assert_int_equal(f.len, frame_of(want).len);
	assert_memory_equal(at, frame_of(want).bytes, f.len);
}

static void from_device__matrix(void **state)
{
	(void)state;
	from_device(DCO_VLAN_UNTAGGED, untagged, GLOBAL_PVID, untagged);
	from_device(DCO_VLAN_UNTAGGED, priority, GLOBAL_PVID, priority);
	from_device(DCO_VLAN_UNTAGGED, vlan7, 0, NULL);
	from_device(DCO_VLAN_TAGGED, untagged, 0, NULL);
	from_device(DCO_VLAN_TAGGED, priority, GLOBAL_PVID, priority);
	from_device(DCO_VLAN_TAGGED, vlan7, 7, untagged);
	from_device(DCO_VLAN_ALL, untagged, GLOBAL_PVID, untagged);
	from_device(DCO_VLAN_ALL, priority, GLOBAL_PVID, priority);
	from_device(DCO_VLAN_ALL, vlan7, 7, untagged);
}

static void to_device(enum dco_vlan_accept accept, uint16_t pvid, const char *hex, const char *want)
{
	struct dco_vlan cfg = config(accept);
	struct frame f = frame_of(hex);
	int ret = vlan_to_device(&cfg, pvid, f.bytes, &f.len, sizeof(f.bytes));

	if (!want) {
		assert_int_equal(ret, ERR_INVALID);
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(f.len, frame_of(want).len);
	assert_memory_equal(f.bytes, frame_of(want).bytes, f.len);
}

static void to_device__matrix(void **state)
{
	static const char tagged3[] = MACS "81000003"
					   "0800"
					   "4500aabb";
	static const char tagged9[] = MACS "81000009"
					   "0800"
					   "4500aabb";
	static const char filled3[] = MACS "8100a003"
					   "0800"
					   "4500aabb";
	static const char filled9[] = MACS "8100a009"
					   "0800"
					   "4500aabb";

	(void)state;
	to_device(DCO_VLAN_UNTAGGED, GLOBAL_PVID, untagged, untagged);
	to_device(DCO_VLAN_UNTAGGED, GLOBAL_PVID, priority, priority);
	to_device(DCO_VLAN_UNTAGGED, 9, untagged, NULL);
	to_device(DCO_VLAN_UNTAGGED, 9, priority, NULL);
	to_device(DCO_VLAN_TAGGED, GLOBAL_PVID, untagged, tagged3);
	to_device(DCO_VLAN_TAGGED, 9, untagged, tagged9);
	to_device(DCO_VLAN_TAGGED, GLOBAL_PVID, priority, filled3);
	to_device(DCO_VLAN_TAGGED, 9, priority, filled9);
	to_device(DCO_VLAN_ALL, GLOBAL_PVID, untagged, untagged);
	to_device(DCO_VLAN_ALL, GLOBAL_PVID, priority, priority);
	to_device(DCO_VLAN_ALL, 9, untagged, tagged9);
	to_device(DCO_VLAN_ALL, 9, priority, filled9);
}

static void to_device__no_room__refused(void **state)
{
	struct dco_vlan cfg = config(DCO_VLAN_TAGGED);
	struct frame f = frame_of(untagged);

	(void)state;
	assert_int_equal(vlan_to_device(&cfg, 9, f.bytes, &f.len, f.len + 3), ERR_OVERFLOW);
	assert_int_equal(vlan_to_device(&cfg, 9, f.bytes, &f.len, f.len + 4), 0);
}

static void from_client__names_no_vlan(void **state)
{
	struct frame f = frame_of(untagged);

	(void)state;
	assert_int_equal(vlan_from_client(f.bytes, f.len), 0);
	f = frame_of(priority);
	assert_int_equal(vlan_from_client(f.bytes, f.len), 0);
	f = frame_of(vlan7);
	assert_int_equal(vlan_from_client(f.bytes, f.len), ERR_INVALID);
}

/* 14 to 17 bytes: a whole header without a tag, half of one with. */
static void header__every_prefix__dropped_or_whole(void **state)
{
	struct dco_vlan cfg = config(DCO_VLAN_ALL);

	(void)state;
	for (size_t len = 0; len < 18; len++) {
		struct frame plain = frame_of(untagged), tag = frame_of(vlan7);
		uint8_t *at = tag.bytes;
		size_t n = len;
		uint16_t vid;

		assert_int_equal(vlan_from_client(plain.bytes, len), len < 14 ? ERR_INVALID : 0);
		assert_int_equal(vlan_from_client(tag.bytes, len), ERR_INVALID);
		assert_int_equal(vlan_from_device(&cfg, &at, &n, &vid), ERR_INVALID);
		assert_int_equal(vlan_to_device(&cfg, 9, tag.bytes, &n, CAP), ERR_INVALID);
		assert_int_equal(n, len);
		assert_int_equal(vlan_to_device(&cfg, 9, plain.bytes, &n, CAP),
				 len < 14 ? ERR_INVALID : 0);
		assert_int_equal(n, len < 14 ? len : len + VLAN_TAG_LEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_device__matrix),
		cmocka_unit_test(to_device__matrix),
		cmocka_unit_test(to_device__no_room__refused),
		cmocka_unit_test(from_client__names_no_vlan),
		cmocka_unit_test(header__every_prefix__dropped_or_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
