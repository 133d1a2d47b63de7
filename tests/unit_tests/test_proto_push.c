/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "base/str.h"
#include "proto/push.h"

/* Messages as they were emitted, one a line. */
struct sent {
	struct str text;
	int count;
	size_t longest;
};

static int collect(void *ctx, const char *message)
{
	struct sent *sent = ctx;

	str_addf(&sent->text, "%s\n", message);
	sent->count++;
	if (strlen(message) > sent->longest)
		sent->longest = strlen(message);
	return 0;
}

static int refuse(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
	return ERR_STATE;
}

static void add(struct push_list *list, const char *option)
{
	struct err err;

	assert_int_equal(push_list_add(list, option, &err), 0);
}

static void check_reply(const struct push_list *list, const struct push_computed *c,
			const char *want)
{
	struct sent sent = {0};

	assert_int_equal(push_reply_compose(list, c, collect, &sent), 0);
	assert_string_equal(str_text(&sent.text), want);
	str_fini(&sent.text);
}

static void reply__order__is_list_then_computed(void **state)
{
	struct push_list *list = push_list_new();
	struct negotiated n = negotiated_init();
	struct push_computed c = {.ifconfig_ipv6 = "fd66::1000/64 fd66::1",
				  .ifconfig = "10.66.0.2 255.255.255.0",
				  .negotiated = &n};

	(void)state;
	strcpy(n.cipher, "AES-256-GCM");
	n.push_cipher = n.use_v2 = n.cc_exit = n.tls_ekm = n.dyn_tls_crypt = true;
	n.peer_id = 0;
	n.tun_mtu = 1500;
	add(list, "route 10.77.0.0 255.255.0.0");
	add(list, "dhcp-option DNS 10.66.0.1");
	add(list, "redirect-gateway def1");
	add(list, "tun-ipv6");
	add(list, "route-gateway 10.66.0.1");
	add(list, "topology subnet");
	add(list, "ping 10");
	add(list, "ping-restart 60");
	check_reply(list, &c,
		    "PUSH_REPLY,route 10.77.0.0 255.255.0.0,dhcp-option DNS 10.66.0.1,"
		    "redirect-gateway def1,tun-ipv6,route-gateway 10.66.0.1,topology subnet,"
		    "ping 10,ping-restart 60,ifconfig-ipv6 fd66::1000/64 fd66::1,ifconfig "
		    "10.66.0.2 255.255.255.0,peer-id 0,cipher AES-256-GCM,protocol-flags cc-exit "
		    "tls-ekm dyn-tls-crypt,tun-mtu 1500\n");
	push_list_reset(list);
	push_list_remove(list, "ifconfig-ipv6");
	c.auth_token = "SESS_ID_AT_x";
	c.auth_token_user = "dXNlcg==";
	n.cc_exit = n.dyn_tls_crypt = n.push_cipher = false;
	n.tun_mtu = 0;
	check_reply(list, &c,
		    "PUSH_REPLY,ifconfig 10.66.0.2 255.255.255.0,peer-id 0,auth-token "
		    "SESS_ID_AT_x,auth-token-user dXNlcg==,key-derivation tls-ekm\n");
	n.epoch = n.cc_exit = true;
	push_list_remove(list, "ifconfig");
	c.auth_token = NULL;
	check_reply(list, &c, "PUSH_REPLY,peer-id 0,protocol-flags cc-exit tls-ekm aead-epoch\n");
	push_list_free(list);
}

static void reply__nothing__is_bare(void **state)
{
	struct push_list *list = push_list_new();
	struct push_computed c = {0};

	(void)state;
	check_reply(list, &c, "PUSH_REPLY\n");
	push_list_free(list);
}

/* Sixty routes of 31 bytes split as existing servers split them. */
static void reply__sixty_routes__three_parts(void **state)
{
	struct push_list *list = push_list_new();
	struct push_computed c = {0};
	struct sent sent = {0};
	char *second, *third;

	(void)state;
	for (int i = 0; i < 60; i++) {
		char option[64];

		snprintf(option, sizeof(option), "route 10.100.%03d.0 255.255.255.0", 100 + i);
		assert_int_equal(strlen(option), 32);
		memmove(option + 20, option + 21, strlen(option + 21) + 1); /* 31 bytes */
		add(list, option);
	}
	assert_int_equal(push_reply_compose(list, &c, collect, &sent), 0);
	assert_int_equal(sent.count, 3);
	assert_true(sent.longest < PUSH_BUNDLE_MAX);
	second = strchr(sent.text.text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_true(strncmp(second - 21, ",push-continuation 2\n", 21) == 0);
	assert_true(strncmp(third - 21, ",push-continuation 2\n", 21) == 0);
	assert_true(strcmp(third + strlen(third) - 21, ",push-continuation 1\n") == 0);
	/* 10 + 29 * 32 = 938: the 29th still fits by 938 - 32 + 31 < 940, the 30th does not */
	assert_int_equal(second - sent.text.text, 10 + 29 * 32 + 21);
	str_fini(&sent.text);
	push_list_free(list);
}

static void reply__limits(void **state)
{
	struct push_list *list = push_list_new();
	struct push_computed c = {0};
	struct sent sent = {0};
	char big[1001];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[929] = '\0'; /* 10 + 929 = 939 < 940 */
	add(list, big);
	assert_int_equal(push_reply_compose(list, &c, collect, &sent), 0);
	assert_int_equal(sent.count, 1);
	assert_int_equal(push_reply_compose(list, &c, refuse, NULL), ERR_STATE);
	push_list_reset(list);
	big[929] = 'x';
	big[930] = '\0';
	add(list, "first");
	add(list, big);
	assert_int_equal(push_reply_compose(list, &c, collect, &sent), ERR_OVERFLOW);
	assert_int_equal(sent.count, 1);
	str_fini(&sent.text);
	push_list_free(list);
}

static void list__prefix_removal(void **state)
{
	struct push_list *list = push_list_new(), *copy;
	struct push_computed c = {.ifconfig = "a b", .ifconfig_ipv6 = "c"};
	struct err err;

	(void)state;
	add(list, "ping 10");
	add(list, "route-gateway 1.2.3.4");
	add(list, "ping-restart 60");
	copy = push_list_clone(list);
	push_list_remove(copy, "ping");
	push_list_remove(copy, "ifconfig ");
	assert_string_equal(push_list_at(copy, 0), "route-gateway 1.2.3.4");
	assert_null(push_list_at(copy, 1));
	check_reply(copy, &c, "PUSH_REPLY,route-gateway 1.2.3.4,ifconfig-ipv6 c,ifconfig a b\n");
	assert_string_equal(push_list_at(list, 2), "ping-restart 60"); /* the original is whole */
	assert_int_equal(push_list_add(copy, "a,b", &err), ERR_INVALID);
	assert_string_equal(err.text, "PUSH OPTION FAILED (illegal comma (',') in string): 'a,b'");
	push_list_free(copy);
	push_list_free(list);
	push_list_free(NULL);
}

static void count_removed(void *ctx, const char *option)
{
	assert_true(str_starts(option, "route"));
	++*(int *)ctx;
}

static void list__routes_equal_to_an_iroute__are_removed(void **state)
{
	struct push_list *list = push_list_new();
	struct ip_net v4 = {.bits = 24}, v6 = {.bits = 64};
	int removed = 0;

	(void)state;
	assert_int_equal(ip_addr_parse("10.9.0.0", &v4.addr), 0);
	assert_int_equal(ip_addr_parse("fd09::", &v6.addr), 0);
	add(list, "route 10.9.0.0 255.255.255.0 10.1.1.1"); /* has a gateway */
	add(list, "route 10.9.0.0 255.255.0.0");
	add(list, "route 10.9.0.0");
	add(list, "route vpn 255.255.255.0");
	add(list, "route 10.9.0.0 255.255.255.0");
	add(list, "route-ipv6 fd09::/48");
	add(list, "route-ipv6 fd09::/64 fd00::1");
	add(list, "route-ipv6 fd09:0::/64");
	add(list, "route");
	push_list_remove_route(list, &v4, count_removed, &removed);
	assert_int_equal(removed, 1);
	push_list_remove_route(list, &v6, count_removed, &removed);
	assert_int_equal(removed, 2);
	push_list_remove_route(list, &v6, NULL, NULL);
	assert_string_equal(push_list_at(list, 4), "route-ipv6 fd09::/48");
	assert_string_equal(push_list_at(list, 6), "route");
	assert_null(push_list_at(list, 7));
	push_list_free(list);
}

static void update__short__is_one_message(void **state)
{
	struct sent sent = {0};

	(void)state;
	assert_int_equal(push_update_compose("route 10.0.0.0 255.0.0.0,-dns", collect, &sent), 0);
	assert_string_equal(str_text(&sent.text), "PUSH_UPDATE,route 10.0.0.0 255.0.0.0,-dns\n");
	str_fini(&sent.text);
}

static void update__long__is_split_at_commas(void **state)
{
	struct sent sent = {0};
	char text[2001] = "";

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(text, i ? ",route 10.100.10.0 255.255.255.0" : "route 10.0.0.0");
	assert_int_equal(push_update_compose(text, collect, &sent), 0);
	assert_int_equal(sent.count, 3);
	assert_true(sent.longest < PUSH_BUNDLE_MAX);
	assert_non_null(strstr(str_text(&sent.text), ",push-continuation 2\nPUSH_UPDATE,route"));
	assert_string_equal(sent.text.text + sent.text.len - 21, ",push-continuation 1\n");
	str_fini(&sent.text);
	sent = (struct sent){0};
	memset(text, 'x', 929);
	text[929] = '\0';
	assert_int_equal(push_update_compose(text, collect, &sent), ERR_OVERFLOW);
	memset(text + 929, 'y', 900);
	text[10] = ',';
	text[1829] = '\0';
	assert_int_equal(push_update_compose(text, collect, &sent), ERR_OVERFLOW);
	assert_int_equal(sent.count, 0); /* nothing, although the first part would fit */
	text[928] = '\0';
	assert_int_equal(push_update_compose(text, collect, &sent), 0);
	assert_int_equal(sent.count, 1);
	str_fini(&sent.text);
}

static void classify__every_form(void **state)
{
	const char *items;

	(void)state;
	assert_int_equal(push_classify("PUSH_REQUEST", &items), PUSH_REQUEST);
	assert_int_equal(push_classify("PUSH_REQUESTX", &items), PUSH_REQUEST);
	assert_int_equal(push_classify("PUSH_REPLY", &items), PUSH_REPLY);
	assert_string_equal(items, "");
	assert_int_equal(push_classify("PUSH_REPLY,a b,c", &items), PUSH_REPLY);
	assert_string_equal(items, "a b,c");
	assert_int_equal(push_classify("PUSH_UPDATE,-a", &items), PUSH_UPDATE);
	assert_int_equal(push_classify("PUSH_REPLYx", &items), PUSH_BAD);
	assert_int_equal(push_classify("PUSH_FOO", &items), PUSH_BAD);
	assert_int_equal(push_classify("PUSH_", &items), PUSH_BAD);
}

static void items__are_cut_at_commas(void **state)
{
	char item[PUSH_ITEM_MAX], big[402];
	const char *pos = ",, a b ,\tc,,d";

	(void)state;
	assert_true(push_next_item(&pos, item));
	assert_string_equal(item, "a b ");
	assert_true(push_next_item(&pos, item));
	assert_string_equal(item, "c");
	assert_true(push_next_item(&pos, item));
	assert_string_equal(item, "d");
	assert_false(push_next_item(&pos, item));
	memset(big, 'x', sizeof(big));
	big[400] = ',';
	big[401] = '\0';
	pos = big;
	assert_true(push_next_item(&pos, item));
	assert_int_equal(strlen(item), 255);
	assert_false(push_next_item(&pos, item));
}

static void items__continuation(void **state)
{
	(void)state;
	assert_int_equal(push_continuation("push-continuation 2"), 2);
	assert_int_equal(push_continuation("push-continuation 0"), 0);
	assert_int_equal(push_continuation("push-continuation 3"), -2);
	assert_int_equal(push_continuation("push-continuation 22"), -2);
	assert_int_equal(push_continuation("push-continuation "), -2);
	assert_int_equal(push_continuation("route"), -1);
}

static void update_items__prefixes(void **state)
{
	static const char *const bad[] = {"?-route", "-", "?", "-?", "-?-x", ""};
	struct push_update_item it;

	(void)state;
	assert_int_equal(push_update_item_parse("route 1.2.3.4", &it), 0);
	assert_false(it.remove || it.optional);
	assert_int_equal(push_update_item_parse("-dns", &it), 0);
	assert_true(it.remove && !it.optional);
	assert_int_equal(push_update_item_parse("?verb 3", &it), 0);
	assert_true(!it.remove && it.optional);
	assert_string_equal(it.option, "verb 3");
	assert_false(push_update_item_updatable(it.option));
	assert_int_equal(push_update_item_parse("-?route", &it), 0);
	assert_true(it.remove && it.optional);
	assert_true(push_update_item_updatable(it.option));
	assert_true(push_update_item_updatable("route 1.2.3.4"));
	assert_false(push_update_item_updatable("routes 1.2.3.4"));
	assert_false(push_update_item_updatable("rout"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(push_update_item_parse(bad[i], &it), ERR_INVALID);
}

static void digest__ignores_what_may_change(void **state)
{
	static const char *const skipped[] = {
		"peer-id 4",
		"auth-token X",
		"auth-token-user Y",
		"protocol-flags cc-exit",
		"key-derivation tls-ekm",
		"explicit-exit-notify 1",
		"ping 10",
		"ping-restart 60",
		"ping-timer rem",
	};
	struct push_digest *d = push_digest_new();
	uint8_t a[PUSH_DIGEST_LEN], b[PUSH_DIGEST_LEN], want[PUSH_DIGEST_LEN];

	(void)state;
	push_digest_add(d, "a", true);
	push_digest_add(d, "b", true);
	assert_int_equal(push_digest_get(d, a), 0);
	/* SHA-256 of "a\0b\0" */
	unhex(want, sizeof(want),
	      "8fb20ef63ced4145fc2e983ffe597d1dcff39154c3bf21f0fa9dde6a0c50fdc9");
	assert_memory_equal(a, want, sizeof(a));
	push_digest_add(d, "a", true);
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		push_digest_add(d, skipped[i], true);
	push_digest_add(d, "cipher X", true);
	push_digest_add(d, "b", true);
	assert_int_equal(push_digest_get(d, b), 0);
	assert_memory_equal(a, b, sizeof(a));
	push_digest_add(d, "ab", true); /* the terminating NUL separates items */
	assert_int_equal(push_digest_get(d, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	push_digest_add(d, "junk", true);
	push_digest_reset(d);
	push_digest_add(d, "a", true);
	push_digest_add(d, "b", true);
	push_digest_add(d, "cipher X", false);
	assert_int_equal(push_digest_get(d, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	push_digest_free(d);
	push_digest_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply__order__is_list_then_computed),
		cmocka_unit_test(reply__nothing__is_bare),
		cmocka_unit_test(reply__sixty_routes__three_parts),
		cmocka_unit_test(reply__limits),
		cmocka_unit_test(list__prefix_removal),
		cmocka_unit_test(list__routes_equal_to_an_iroute__are_removed),
		cmocka_unit_test(update__short__is_one_message),
		cmocka_unit_test(update__long__is_split_at_commas),
		cmocka_unit_test(classify__every_form),
		cmocka_unit_test(items__are_cut_at_commas),
		cmocka_unit_test(items__continuation),
		cmocka_unit_test(update_items__prefixes),
		cmocka_unit_test(digest__ignores_what_may_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
