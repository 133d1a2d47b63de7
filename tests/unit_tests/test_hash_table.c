/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/hash_table.h"

struct item {
	struct hash_link link;
	uint32_t key;
};

static struct item *find(const struct hash_table *t, uint32_t key)
{
	struct hash_link *l = hash_table_first(t, hash_table_hash(t, 0, &key, sizeof(key)));

	for (; l; l = hash_table_next(l))
		if (container_of(l, struct item, link)->key == key)
			return container_of(l, struct item, link);
	return NULL;
}

static void table__many_items__all_are_found_until_deleted(void **state)
{
	static struct item items[1000];
	struct hash_table t;

	(void)state;
	assert_int_equal(hash_table_init(&t, 42), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(items); i++) {
		items[i].key = i * 7;
		hash_table_add(&t, &items[i].link,
			       hash_table_hash(&t, 0, &items[i].key, sizeof(uint32_t)));
	}
	assert_int_equal(t.count, ARRAY_SIZE(items));
	for (uint32_t i = 0; i < ARRAY_SIZE(items); i += 2)
		hash_table_del(&t, &items[i].link);
	for (uint32_t i = 0; i < ARRAY_SIZE(items); i++)
		assert_ptr_equal(find(&t, i * 7), i % 2 ? &items[i] : NULL);
	assert_null(find(&t, 1));
	assert_int_equal(t.count, ARRAY_SIZE(items) / 2);
	hash_table_fini(&t);
}

static void table__equal_hashes__are_walked(void **state)
{
	struct hash_table t;
	struct item a = {.key = 1}, b = {.key = 2};

	(void)state;
	assert_int_equal(hash_table_init(&t, 0), 0);
	hash_table_add(&t, &a.link, 5);
	hash_table_add(&t, &b.link, 5);
	assert_ptr_equal(hash_table_first(&t, 5), &b.link);
	assert_ptr_equal(hash_table_next(&b.link), &a.link);
	assert_null(hash_table_next(&a.link));
	assert_null(hash_table_first(&t, 5 + 64)); /* same bucket, other hash */
	hash_table_del(&t, &a.link);
	hash_table_del(&t, &a.link); /* harmless */
	assert_int_equal(t.count, 1);
	hash_table_fini(&t);
}

static void hash__seed_and_parts__matter(void **state)
{
	struct hash_table a = {.seed = 1}, b = {.seed = 2};

	(void)state;
	assert_int_not_equal(hash_table_hash(&a, 0, "x", 1), hash_table_hash(&b, 0, "x", 1));
	assert_int_not_equal(hash_table_hash(&a, 0, "xy", 2), hash_table_hash(&a, 0, "yx", 2));
	assert_int_equal(hash_table_hash(&a, hash_table_hash(&a, 0, "x", 1), "y", 1),
			 hash_table_hash(&a, hash_table_hash(&a, 0, "x", 1), "y", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__many_items__all_are_found_until_deleted),
		cmocka_unit_test(table__equal_hashes__are_walked),
		cmocka_unit_test(hash__seed_and_parts__matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
