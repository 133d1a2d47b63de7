/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "daemon/client_table.h"
#include "daemon/learn_table.h"

static union sock_addr addr(unsigned int n)
{
	struct ip_addr ip = {.family = AF_INET, .u.in4.s_addr = htonl(0x0a000000 + n)};

	return sock_addr_make(&ip, 1194);
}

static int add(struct client_table *t, struct client_entry *e, unsigned int n)
{
	union sock_addr a = addr(n);

	return client_table_add(t, e, &a, false, 0);
}

static void table__lowest_peer_id__is_given_again(void **state)
{
	struct client_table *t = client_table_new(4, 1);
	struct client_entry e[5] = {0};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(add(t, &e[i], i), 0);
		assert_int_equal(e[i].peer_id, i);
		assert_int_equal(e[i].cid, i);
	}
	assert_true(client_table_full(t));
	assert_int_equal(add(t, &e[4], 4), ERR_LIMIT);
	client_table_del(t, &e[1]);
	client_table_del(t, &e[1]);
	assert_int_equal(client_table_count(t), 3);
	assert_int_equal(add(t, &e[4], 3), ERR_EXISTS);
	assert_int_equal(add(t, &e[4], 4), 0);
	assert_int_equal(e[4].peer_id, 1);
	assert_int_equal(e[4].cid, 4); /* never again 1 */
	assert_ptr_equal(client_table_by_cid(t, 4), &e[4]);
	assert_null(client_table_by_cid(t, 1));
	assert_ptr_equal(client_table_by_peer_id(t, 1), &e[4]);
	assert_null(client_table_by_peer_id(t, 4000));
	client_table_free(t);
	client_table_free(NULL);
}

static void table__walk__in_order_of_peer_ids(void **state)
{
	struct client_table *t = client_table_new(100, 1);
	struct client_entry e[40] = {0}, *p = NULL;
	unsigned int n = 0;

	(void)state;
	assert_null(client_table_next(t, NULL));
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(add(t, &e[i], i), 0);
	client_table_del(t, &e[0]);
	client_table_del(t, &e[39]);
	while ((p = client_table_next(t, p)))
		assert_int_equal(p->peer_id, ++n);
	assert_int_equal(n, 38);
	client_table_free(t);
}

static void table__transport_and_listener__are_part_of_the_address(void **state)
{
	struct client_table *t = client_table_new(100, 1);
	struct client_entry e[3] = {0};
	union sock_addr a = addr(1);

	(void)state;
	assert_int_equal(client_table_add(t, &e[0], &a, false, 0), 0);
	assert_int_equal(client_table_add(t, &e[1], &a, true, 0), 0);
	assert_int_equal(client_table_add(t, &e[2], &a, false, 1), 0);
	assert_ptr_equal(client_table_by_addr(t, &a, false, 0), &e[0]);
	assert_ptr_equal(client_table_by_addr(t, &a, true, 7), &e[1]);
	assert_ptr_equal(client_table_by_addr(t, &a, false, 1), &e[2]);
	sock_addr_set_port(&a, 1195);
	assert_null(client_table_by_addr(t, &a, false, 0));
	client_table_free(t);
}

static bool same_user(const struct client_entry *a, const struct client_entry *b)
{
	return a->cid / 2 == b->cid / 2;
}

static void float__decisions(void **state)
{
	struct client_table *t = client_table_new(100, 1);
	struct client_entry e[3] = {0}, *other;
	union sock_addr a = addr(0), b = addr(1), c = addr(2), d = addr(3);

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(add(t, &e[i], i), 0);
	assert_int_equal(client_table_float(t, &e[0], &d, same_user, &other), FLOAT_OK);
	assert_int_equal(client_table_float(t, &e[0], &a, same_user, &other), FLOAT_SELF);
	assert_int_equal(client_table_float(t, &e[0], &c, same_user, &other), FLOAT_REFUSED);
	assert_int_equal(client_table_float(t, &e[0], &b, same_user, &other), FLOAT_REPLACES);
	assert_ptr_equal(other, &e[1]);
	client_table_move(t, &e[0], &d);
	assert_ptr_equal(client_table_by_addr(t, &d, false, 0), &e[0]);
	assert_null(client_table_by_addr(t, &a, false, 0));
	client_table_free(t);
}

static void freq__limit_in_each_period(void **state)
{
	struct freq_limit f = {.max = 2, .period_sec = 10}, off = {0};

	(void)state;
	assert_true(freq_limit_take(&f, 1000));
	assert_true(freq_limit_take(&f, 1001));
	assert_false(freq_limit_take(&f, 9999));
	assert_true(freq_limit_take(&f, 20000));
	assert_true(freq_limit_take(&f, 20000));
	assert_false(freq_limit_take(&f, 29999));
	assert_true(freq_limit_take(&f, 30000));
	for (int i = 0; i < 100; i++)
		assert_true(freq_limit_take(&off, 0));
}

/* ---- learn table ---- */

static struct ip_net net(const char *text, uint8_t bits)
{
	struct ip_net n = {.bits = bits};

	assert_int_equal(ip_addr_parse(text, &n.addr), 0);
	return n;
}

static enum learn_step check(struct learn_table *t, const char *text, uint8_t bits,
			     const struct client_entry *owner)
{
	struct ip_net n = net(text, bits), own = net("10.8.0.1", 32);

	return learn_table_check(t, &n, owner, 3, &own.addr, 100);
}

static void learn(struct learn_table *t, const char *text, uint8_t bits, struct client_entry *owner)
{
	struct ip_net n = net(text, bits);

	assert_int_equal(learn_table_set(t, &n, owner, 100), 0);
}

static void learn__steps(void **state)
{
	struct learn_table *t = learn_table_new(1);
	struct client_entry a = {0}, b = {0};
	struct ip_net n = net("10.8.0.2", 32);

	(void)state;
	assert_int_equal(check(t, "10.8.0.2", 32, &a), LEARN_ADD);
	learn(t, "10.8.0.2", 32, &a);
	assert_int_equal(check(t, "10.8.0.2", 32, &a), LEARN_KNOWN);
	assert_int_equal(check(t, "10.8.0.2", 32, &b), LEARN_UPDATE);
	assert_int_equal(check(t, "10.8.0.2", 31, &b), LEARN_ADD); /* another network */
	learn(t, "10.8.0.2", 32, &b);
	assert_ptr_equal(learn_table_owner(t, &n), &b);
	assert_int_equal(learn_table_count(t), 1);
	learn(t, "10.1.0.0", 16, &a);
	learn(t, "fd00::", 64, &a);
	learn(t, "fd00::2", 128, &a);
	assert_int_equal(check(t, "10.8.0.9", 32, &a), LEARN_QUOTA);
	assert_int_equal(check(t, "fd00::2", 128, &a), LEARN_KNOWN);
	learn_table_free(t);
	learn_table_free(NULL);
}

static void learn__addresses_for_nobody(void **state)
{
	struct learn_table *t = learn_table_new(1);
	struct client_entry a = {0};

	(void)state;
	assert_int_equal(check(t, "10.8.0.1", 32, &a), LEARN_REFUSED);
	assert_int_equal(check(t, "0.0.0.0", 32, &a), LEARN_REFUSED);
	assert_int_equal(check(t, "0.0.0.0", 8, &a), LEARN_REFUSED);
	assert_int_equal(check(t, "0.0.0.0", 0, &a), LEARN_ADD);
	assert_int_equal(check(t, "255.255.255.255", 32, &a), LEARN_REFUSED);
	assert_int_equal(check(t, "::", 128, &a), LEARN_REFUSED);
	assert_int_equal(check(t, "::", 0, &a), LEARN_ADD);
	learn_table_free(t);
}

static void learn__ethernet_addresses__beside_the_others(void **state)
{
	static const uint8_t one[] = {2, 0x11, 0x22, 0x33, 0x44, 0x55, 0, 0};
	static const uint8_t two[] = {2, 0x11, 0x22, 0x33, 0x44, 0x55, 1, 2};
	struct ip_net n1 = learn_mac(one), n2 = learn_mac(two);
	struct learn_table *t = learn_table_new(1);
	struct client_entry a = {0}, b = {0};
	struct ip_addr none = {0};
	struct learn_row row;
	char text[64];

	(void)state;
	assert_string_equal(learn_net_format(&n1, text, sizeof(text)), "02:11:22:33:44:55@0");
	assert_string_equal(learn_net_format(&n2, text, sizeof(text)), "02:11:22:33:44:55@258");
	assert_memory_equal(learn_mac_bytes(&n1), one, sizeof(one));
	assert_int_equal(learn_table_check(t, &n1, &a, 2, &none, 100), LEARN_ADD);
	assert_int_equal(learn_table_set(t, &n1, &a, 100), 0);
	assert_int_equal(learn_table_set(t, &n2, &a, 100), 0);
	assert_int_equal(learn_table_check(t, &n1, &a, 2, &none, 100), LEARN_KNOWN);
	assert_int_equal(learn_table_check(t, &n1, &b, 2, &none, 100), LEARN_UPDATE);
	assert_int_equal(learn_table_set(t, &n1, &b, 100), 0);
	assert_ptr_equal(learn_table_owner(t, &n1), &b);
	assert_ptr_equal(learn_table_owner(t, &n2), &a);
	learn_table_refresh_one(t, &n2, 200);
	assert_true(learn_table_forget(t, NULL, 150, &row));
	assert_memory_equal(learn_mac_bytes(&row.net), one, sizeof(one));
	assert_false(learn_table_forget(t, NULL, 150, &row));
	learn_table_free(t);
}

static void learn__forget_and_walk(void **state)
{
	struct learn_table *t = learn_table_new(1);
	struct client_entry a = {0}, b = {0};
	struct ip_net n = net("10.8.0.3", 32);
	const struct learn_row *at;
	struct learn_row row;
	char text[ADDR_TEXT_MAX];

	(void)state;
	learn(t, "10.8.0.2", 32, &a);
	learn(t, "10.8.0.3", 32, &b);
	learn(t, "10.1.0.0", 16, &a);
	at = learn_table_next(t, NULL);
	assert_string_equal(learn_net_format(&at->net, text, sizeof(text)), "10.8.0.2");
	at = learn_table_next(t, at);
	at = learn_table_next(t, at);
	assert_string_equal(learn_net_format(&at->net, text, sizeof(text)), "10.1.0.0/16");
	assert_null(learn_table_next(t, at));
	assert_true(learn_table_forget(t, &a, 0, &row));
	assert_string_equal(learn_net_format(&row.net, text, sizeof(text)), "10.8.0.2");
	assert_true(learn_table_forget(t, &a, 0, &row));
	assert_false(learn_table_forget(t, &a, 0, &row));
	assert_int_equal(learn_table_set(t, &n, &b, 500), 0);
	assert_false(learn_table_forget(t, NULL, 500, &row));
	learn_table_refresh(&b, 600);
	assert_false(learn_table_forget(t, NULL, 600, &row));
	learn_table_refresh(&b, 500);
	assert_true(learn_table_forget(t, NULL, 501, &row));
	assert_int_equal(learn_table_count(t), 0);
	learn_table_free(t);
}

static void learn__another_owner__counts_for_the_new_one(void **state)
{
	struct learn_table *t = learn_table_new(1);
	struct client_entry a = {0}, b = {0};
	struct learn_row row;

	(void)state;
	learn(t, "10.8.0.2", 32, &a);
	learn(t, "10.8.0.3", 32, &a);
	learn(t, "10.8.0.4", 32, &a);
	learn(t, "10.8.0.3", 32, &b);
	assert_int_equal(a.learned.count, 2);
	assert_int_equal(b.learned.count, 1);
	assert_true(learn_table_forget(t, &b, 0, &row));
	assert_false(learn_table_forget(t, &b, 0, &row));
	assert_true(learn_table_forget(t, NULL, UINT64_MAX, &row));
	assert_int_equal(a.learned.count, 1);
	assert_true(learn_table_forget(t, &a, 0, &row));
	assert_false(learn_table_forget(t, &a, 0, &row));
	assert_int_equal(learn_table_count(t), 0);
	learn_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__lowest_peer_id__is_given_again),
		cmocka_unit_test(table__walk__in_order_of_peer_ids),
		cmocka_unit_test(table__transport_and_listener__are_part_of_the_address),
		cmocka_unit_test(float__decisions),
		cmocka_unit_test(freq__limit_in_each_period),
		cmocka_unit_test(learn__steps),
		cmocka_unit_test(learn__addresses_for_nobody),
		cmocka_unit_test(learn__ethernet_addresses__beside_the_others),
		cmocka_unit_test(learn__forget_and_walk),
		cmocka_unit_test(learn__another_owner__counts_for_the_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
