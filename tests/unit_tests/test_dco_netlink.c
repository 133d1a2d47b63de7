/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of both kernel drivers, byte by byte, and what must not break their decoders. */
#include "test.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include <netlink/msg.h>

#include "base/addr.h"
#include "crypto/cipher.h"
#include "dco_linux.h"

enum {
	IFINDEX = 5,
	FAMILY_ID = 0x1c,
	MESSAGE_CAP = 1024,
};

static const struct kernel_family family = {.id = FAMILY_ID, .group = 7};

static struct nl_msg *begin(uint8_t cmd, int flags)
{
	struct nl_msg *msg = kernel_request(&family, cmd, flags, IFINDEX);

	assert_non_null(msg);
	return msg;
}

/* The whole message without its first header; the interface index comes first. */
static void expect(struct nl_msg *msg, int put, const char *hex)
{
	const struct nlmsghdr *hdr = nlmsg_hdr(msg);
	uint8_t want[MESSAGE_CAP];
	size_t len = unhex(want, sizeof(want), hex);

	assert_int_equal(put, 0);
	assert_int_equal(hdr->nlmsg_type, FAMILY_ID);
	assert_int_equal(hdr->nlmsg_len - NLMSG_HDRLEN, len);
	assert_memory_equal((const uint8_t *)hdr + NLMSG_HDRLEN, want, len);
	nlmsg_free(msg);
}

static union sock_addr address(const char *text, uint16_t port)
{
	struct ip_addr ip;

	assert_int_equal(ip_addr_parse(text, &ip), 0);
	return sock_addr_make(&ip, port);
}

static struct ip_addr ip(const char *text)
{
	struct ip_addr out;

	assert_int_equal(ip_addr_parse(text, &out), 0);
	return out;
}

/* ---- the driver of the kernel ---- */

static void expect_new(const struct kernel_peer_new *peer, const char *hex)
{
	struct nl_msg *msg = begin(kernel_mainline.cmd_peer_new, 0);

	expect(msg, kernel_mainline.put_peer_new(msg, peer), hex);
}

static void mainline_peer_new__each_transport__exact_bytes(void **state)
{
	struct kernel_peer_new peer = {.id = 0x123456, .fd = 7};

	(void)state;
	peer.remote = address("192.0.2.1", 1194);
	expect_new(&peer, "01010000 0800010005000000"
			  "24000280 0800010056341200 08000200c0000201 0600050004aa0000"
			  "0800060007000000");

	/* IPv6, link-local with its scope */
	peer.remote = address("2001:db8::1", 1194);
	expect_new(&peer, "01010000 0800010005000000"
			  "30000280 0800010056341200 1400030020010db8000000000000000000000001"
			  "0600050004aa0000 0800060007000000");
	peer.remote = address("fe80::1", 1194);
	peer.remote.in6.sin6_scope_id = 3;
	expect_new(&peer, "01010000 0800010005000000"
			  "38000280 0800010056341200 14000300fe800000000000000000000000000001"
			  "0800040003000000 0600050004aa0000 0800060007000000");

	/* multihome: an address, never a port */
	peer.remote = address("192.0.2.1", 1194);
	peer.local = address("192.0.2.9", 1194);
	expect_new(&peer, "01010000 0800010005000000"
			  "2c000280 0800010056341200 08000200c0000201 0600050004aa0000"
			  "08000a00c0000209 0800060007000000");
	peer.remote = address("2001:db8::1", 1194);
	peer.local = address("2001:db8::9", 0);
	expect_new(&peer, "01010000 0800010005000000"
			  "44000280 0800010056341200 1400030020010db8000000000000000000000001"
			  "0600050004aa0000 14000b0020010db8000000000000000000000009"
			  "0800060007000000");

	/* TCP: the socket only; of a server: addresses in the tunnel */
	peer.remote = peer.local = (union sock_addr){0};
	expect_new(&peer, "01010000 0800010005000000"
			  "14000280 0800010056341200 0800060007000000");
	peer.vpn_ip4 = ip("10.8.0.2");
	peer.vpn_ip6 = ip("fd00:8::2");
	expect_new(&peer, "01010000 0800010005000000"
			  "30000280 0800010056341200 0800060007000000 080008000a080002"
			  "14000900fd000008000000000000000000000002");
}

static void mainline_peer_new__own_id_for_sending__only_where_the_kernel_has_it(void **state)
{
	struct kernel_peer_new peer = {.id = 1, .tx_id = 2, .fd = 7};

	(void)state;
	expect_new(&peer, "01010000 0800010005000000"
			  "14000280 0800010001000000 0800060007000000");
	peer.has_tx_id = true;
	expect_new(&peer, "01010000 0800010005000000"
			  "1c000280 0800010001000000 0800060007000000 0800180002000000");
}

/* A dump must not carry a peer: strict kernels refuse it. */
static void mainline_get_and_del__dump_names_the_interface_only(void **state)
{
	const struct kernel_dialect *k = &kernel_mainline;
	struct nl_msg *msg = begin(k->cmd_peer_get, NLM_F_DUMP);

	(void)state;
	assert_int_equal(nlmsg_hdr(msg)->nlmsg_len, 28);
	assert_int_equal(nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
	expect(msg, 0, "03010000 0800010005000000");
	msg = begin(k->cmd_peer_get, 0);
	expect(msg, k->put_peer_id(msg, 9, k->cmd_peer_get),
	       "03010000 0800010005000000 0c000280 0800010009000000");
	msg = begin(k->cmd_peer_del, 0);
	expect(msg, k->put_peer_id(msg, 9, k->cmd_peer_del),
	       "04010000 0800010005000000 0c000280 0800010009000000");
}

static void mainline_peer_set__each_property__exact_bytes(void **state)
{
	const struct kernel_dialect *k = &kernel_mainline;
	union sock_addr remote = address("192.0.2.1", 1194);
	struct ip_addr ip4 = ip("10.8.0.2"), none = {0};
	struct nl_msg *msg = begin(k->cmd_peer_set, 0);

	(void)state;
	expect(msg, k->put_keepalive(msg, 9, 10, 60),
	       "02010000 0800010005000000 1c000280 0800010009000000"
	       "08000d000a000000 08000e003c000000");
	msg = begin(k->cmd_peer_set, 0);
	expect(msg, k->put_remote(msg, 9, &remote),
	       "02010000 0800010005000000 1c000280 0800010009000000"
	       "08000200c0000201 0600050004aa0000");
	msg = begin(k->cmd_peer_set, 0);
	expect(msg, k->put_vpn_ip(msg, 9, &ip4, &none),
	       "02010000 0800010005000000 14000280 0800010009000000 080008000a080002");
}

/* ---- keys of both ---- */

/* The key of one end; for the other the directions are exchanged. */
static struct dco_key make_key(int cipher, bool other_end)
{
	struct dco_key key = {.key_id = 3, .format = DCO_FORMAT_V2, .cipher = cipher};
	struct dco_key_direction *one = other_end ? &key.open : &key.seal;
	struct dco_key_direction *two = other_end ? &key.seal : &key.open;

	memset(one->cipher, 0xaa, sizeof(one->cipher));
	memset(one->hmac, 0xa0, sizeof(one->hmac));
	memset(two->cipher, 0xbb, sizeof(two->cipher));
	memset(two->hmac, 0xb0, sizeof(two->hmac));
	return key;
}

static void add_direction(char *hex, int type, size_t key_len, int key_byte, int tail_byte)
{
	size_t at = strlen(hex);

	/* nest { key, nonce tail of 8 bytes } */
	at += (size_t)sprintf(hex + at, "%02zx00%02x80 %02zx000100", 4 + 4 + key_len + 12, type,
			      4 + key_len);
	for (size_t i = 0; i < key_len; i++)
		at += (size_t)sprintf(hex + at, "%02x", key_byte);
	at += (size_t)sprintf(hex + at, " 0c000200");
	for (size_t i = 0; i < 8; i++)
		at += (size_t)sprintf(hex + at, "%02x", tail_byte);
}

static void expect_key(const struct kernel_dialect *k, int cipher, size_t key_len, int alg,
		       bool other_end)
{
	bool mainline = k == &kernel_mainline;
	struct dco_key key = make_key(cipher, other_end);
	struct nl_msg *msg = begin(k->cmd_key_new, 0);
	size_t nest = 4 + 8 + 3 * 8 + 2 * (4 + 4 + key_len + 12);
	char hex[1024];

	sprintf(hex, "%02x010000 0800010005000000 %02zx00%02x80 0800010009000000 ",
		mainline ? 6 : 4, nest, mainline ? 3 : 5);
	sprintf(hex + strlen(hex),
		mainline ? "0800020001000000 0800030003000000 08000400%02x000000 "
			 : "0500020001000000 0500030003000000 06000400%02x000000 ",
		alg);
	add_direction(hex, 5, key_len, other_end ? 0xbb : 0xaa, other_end ? 0xb0 : 0xa0);
	add_direction(hex, 6, key_len, other_end ? 0xaa : 0xbb, other_end ? 0xa0 : 0xb0);
	if (mainline && key_len == 32)
		assert_int_equal(NLMSG_HDRLEN + 4 + 8 + nest, 168);
	expect(msg, k->put_key(msg, 9, DCO_SLOT_SECONDARY, &key), hex);
}

static void keys__four_ciphers_both_ends_both_drivers__exact_bytes(void **state)
{
	static const struct {
		int cipher;
		size_t key_len;
		int alg;
	} ciphers[] = {
		{CIPHER_AES_128_GCM, 16, 1},
		{CIPHER_AES_192_GCM, 24, 1},
		{CIPHER_AES_256_GCM, 32, 1},
		{CIPHER_CHACHA20_POLY1305, 32, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++)
		for (int end = 0; end < 2; end++) {
			expect_key(&kernel_mainline, ciphers[i].cipher, ciphers[i].key_len,
				   ciphers[i].alg, end);
			expect_key(&kernel_legacy, ciphers[i].cipher, ciphers[i].key_len,
				   ciphers[i].alg, end);
		}
}

static void keys__swap_and_delete__exact_bytes(void **state)
{
	const struct kernel_dialect *k = &kernel_mainline;
	struct nl_msg *msg = begin(k->cmd_key_swap, 0);

	(void)state;
	expect(msg, k->put_swap(msg, 9), "08010000 0800010005000000 0c000380 0800010009000000");
	msg = begin(k->cmd_key_del, 0);
	expect(msg, k->put_key_del(msg, 9, DCO_SLOT_SECONDARY),
	       "0a010000 0800010005000000 14000380 0800010009000000 0800020001000000");
	k = &kernel_legacy;
	msg = begin(k->cmd_key_swap, 0);
	expect(msg, k->put_swap(msg, 9), "05010000 0800010005000000 0c000680 0800010009000000");
	msg = begin(k->cmd_key_del, 0);
	expect(msg, k->put_key_del(msg, 9, DCO_SLOT_SECONDARY),
	       "06010000 0800010005000000 14000780 0800010009000000 0500020001000000");
}

/* ---- the other module ---- */

static void expect_old(const struct kernel_peer_new *peer, const char *hex)
{
	struct nl_msg *msg = begin(kernel_legacy.cmd_peer_new, 0);

	expect(msg, kernel_legacy.put_peer_new(msg, peer), hex);
}

static void legacy_peer__socket_addresses_and_nests__exact_bytes(void **state)
{
	const struct kernel_dialect *k = &kernel_legacy;
	struct kernel_peer_new peer = {.id = 9, .fd = 7};
	struct nl_msg *msg;

	(void)state;
	peer.remote = address("192.0.2.1", 1194);
	expect_old(&peer, "01010000 0800010005000000"
			  "28000280 0800010009000000 14000200020004aac00002010000000000000000"
			  "0800030007000000");
	peer.local = address("192.0.2.9", 0);
	peer.vpn_ip4 = ip("10.8.0.2");
	expect_old(&peer, "01010000 0800010005000000"
			  "38000280 0800010009000000 14000200020004aac00002010000000000000000"
			  "0800030007000000 080004000a080002 08000600c0000209");
	peer.remote = address("2001:db8::1", 1194);
	peer.local = address("2001:db8::9", 0);
	peer.vpn_ip4 = (struct ip_addr){0};
	peer.vpn_ip6 = ip("fd00:8::2");
	expect_old(&peer, "01010000 0800010005000000"
			  "5c000280 0800010009000000"
			  "200002000a0004aa0000000020010db800000000000000000000000100000000"
			  "0800030007000000 14000500fd000008000000000000000000000002"
			  "1400060020010db8000000000000000000000009");
	msg = begin(k->cmd_peer_set, 0);
	expect(msg, k->put_keepalive(msg, 9, 10, 0),
	       "02010000 0800010005000000 1c000380 0800010009000000"
	       "080002000a000000 0800030000000000");
	msg = begin(k->cmd_peer_get, 0);
	expect(msg, k->put_peer_id(msg, 9, k->cmd_peer_get),
	       "07010000 0800010005000000 0c000880 0800010009000000");
	msg = begin(k->cmd_peer_del, 0);
	expect(msg, k->put_peer_id(msg, 9, k->cmd_peer_del),
	       "03010000 0800010005000000 0c000480 0800020009000000");
}

/* ---- what the kernel says ---- */

struct message {
	union {
		struct nlmsghdr hdr;
		uint8_t bytes[MESSAGE_CAP];
	};
};

static void message(struct message *m, const char *hex)
{
	memset(m, 0, sizeof(*m));
	m->hdr.nlmsg_type = FAMILY_ID;
	m->hdr.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + unhex(m->bytes + NLMSG_HDRLEN,
							   MESSAGE_CAP - NLMSG_HDRLEN, hex));
}

static bool event(const struct kernel_dialect *k, const char *hex, struct kernel_event *ev)
{
	struct message m;

	message(&m, hex);
	return k->get_event(&m.hdr, ev);
}

static void events__of_the_kernels_driver__are_read(void **state)
{
	struct kernel_event ev;
	char text[ADDR_TEXT_MAX];

	(void)state;
	assert_true(event(&kernel_mainline,
			  "05010000 0800010005000000 14000280 08000f0002000000 0800010009000000",
			  &ev));
	assert_int_equal(ev.type, KERNEL_PEER_GONE);
	assert_int_equal(ev.ifindex, IFINDEX);
	assert_int_equal(ev.peer_id, 9);
	assert_int_equal(ev.reason, 2);

	assert_true(event(&kernel_mainline,
			  "0b010000 0800010005000000 1c000280 0800010009000000"
			  "08000200c0000201 0600050004aa0000",
			  &ev));
	assert_int_equal(ev.type, KERNEL_FLOAT);
	assert_string_equal(sock_addr_format(&ev.remote, text, sizeof(text)),
			    "[AF_INET]192.0.2.1:1194");
	assert_true(event(&kernel_mainline,
			  "0b010000 0800010005000000 30000280 0800010009000000"
			  "14000300fe800000000000000000000000000001 0800040003000000"
			  "0600050004aa0000",
			  &ev));
	assert_int_equal(ev.remote.in6.sin6_scope_id, 3);

	/* the number of a key in one, two and four bytes */
	for (int i = 0; i < 3; i++) {
		static const char *const widths[] = {
			"14000380 0800010009000000 0500030006000000",
			"14000380 0800010009000000 0600030006000000",
			"14000380 0800010009000000 0800030006000000",
		};
		char hex[128];

		snprintf(hex, sizeof(hex), "09010000 0800010005000000 %s", widths[i]);
		assert_true(event(&kernel_mainline, hex, &ev));
		assert_int_equal(ev.type, KERNEL_KEY_LIMIT);
		assert_int_equal(ev.key_id, 6);
	}
}

static void events__unknown_or_incomplete__are_ignored(void **state)
{
	static const char *const bad[] = {
		"0c010000 0800010005000000 0c000280 0800010009000000", /* command */
		"05010000 14000280 08000f0002000000 0800010009000000", /* no interface */
		"05010000 0800010005000000",			       /* no peer */
		"05010000 0800010005000000 0c000280 0800010009000000", /* no reason */
		"05010000 0800010005000000 0c000280 08000f0002000000", /* no id */
		"0b010000 0800010005000000 14000280 0800010009000000 08000200c0000201",
		"0b010000 0800010005000000 14000280 0800010009000000 0600050004aa0000",
		"09010000 0800010005000000 14000380 0800010009000000 0800030008000000",
		"09010000 0800010005000000 0c000380 0800010009000000",
	};
	struct kernel_event ev;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (event(&kernel_mainline, bad[i], &ev))
			fail_msg("accepted: %s", bad[i]);
	assert_false(
		event(&kernel_legacy, "04010000 0800010005000000 0c000480 0800020009000000", &ev));
	assert_false(event(&kernel_legacy, "03010000 0800010005000000 0c000480 0800020009000000",
			   &ev)); /* no reason */
	/* an attribute that nobody knows does not matter */
	assert_true(event(&kernel_mainline,
			  "05010000 0800010005000000 1c000280 08000f0002000000 0800010009000000"
			  "08006300ffffffff",
			  &ev));
	assert_int_equal(ev.peer_id, 9);
}

static void events__of_the_module__deletion_only(void **state)
{
	struct kernel_event ev;

	(void)state;
	assert_true(event(&kernel_legacy,
			  "03010000 0800010005000000 14000480 0500010004000000 0800020009000000",
			  &ev));
	assert_int_equal(ev.type, KERNEL_PEER_GONE);
	assert_int_equal(ev.peer_id, 9);
	assert_int_equal(ev.reason, 4);
}

static void peer(const struct kernel_dialect *k, const char *hex, struct kernel_peer_info *out)
{
	struct message m;

	message(&m, hex);
	assert_true(k->get_peer(&m.hdr, out));
}

static void counters__four_and_eight_bytes__are_the_same(void **state)
{
	struct kernel_peer_info narrow, wide, large;

	(void)state;
	peer(&kernel_mainline,
	     "03010000 24000280 0800010009000000 0800100001000000 0800150002000000"
	     "0800160003000000",
	     &narrow);
	peer(&kernel_mainline,
	     "03010000 30000280 0800010009000000 0c0010000100000000000000"
	     "0c0015000200000000000000 0c0016000300000000000000",
	     &wide);
	assert_memory_equal(&narrow, &wide, sizeof(wide));
	assert_int_equal(wide.id, 9);
	assert_int_equal(wide.stats.vpn_rx_bytes, 1);
	assert_int_equal(wide.stats.link_tx_bytes, 2);
	assert_int_equal(wide.stats.link_rx_packets, 3);
	assert_int_equal(wide.remote.sa.sa_family, AF_UNSPEC); /* TCP */
	peer(&kernel_mainline, "03010000 18000280 0800010009000000 0c0010000000000001000000",
	     &large);
	assert_true(large.stats.vpn_rx_bytes == UINT64_C(1) << 32);

	/* the module: padding of type 0 before what is to be aligned */
	peer(&kernel_legacy,
	     "07010000 3c000880 0800010009000000 14000200020004aac00002010000000000000000"
	     "04000000 0c0009000100000000000000 08000b0007000000 04000000",
	     &wide);
	assert_int_equal(wide.stats.vpn_rx_bytes, 1);
	assert_int_equal(wide.stats.vpn_rx_packets, 7);
	assert_int_equal(sock_addr_port(&wide.remote), 1194);
}

/* An address as IPv6 that is really IPv4 is taken for what it is. */
static void peer_info__mapped_address__is_unmapped(void **state)
{
	struct kernel_peer_info info;
	char text[ADDR_TEXT_MAX];

	(void)state;
	peer(&kernel_mainline,
	     "03010000 28000280 0800010009000000 1400030000000000000000000000ffffc0000201"
	     "0600050004aa0000",
	     &info);
	assert_string_equal(sock_addr_format(&info.remote, text, sizeof(text)),
			    "[AF_INET]192.0.2.1:1194");
}

/* Each prefix, and each byte changed: no harm, whatever is answered. */
static void decoders__cut_and_changed__do_no_harm(void **state)
{
	static const char *const good[] = {
		"05010000 0800010005000000 14000280 08000f0002000000 0800010009000000",
		"0b010000 0800010005000000 30000280 0800010009000000"
		"14000300fe800000000000000000000000000001 0800040003000000 0600050004aa0000",
		"09010000 0800010005000000 14000380 0800010009000000 0600030006000000",
		"03010000 0800010005000000 14000480 0500010004000000 0800020009000000",
		"07010000 3c000880 0800010009000000 14000200020004aac00002010000000000000000"
		"04000000 0c0009000100000000000000 08000b0007000000 04000000",
	};
	static const struct kernel_dialect *const both[] = {&kernel_mainline, &kernel_legacy};
	struct kernel_peer_info info;
	struct kernel_event ev;
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		uint32_t len;

		message(&m, good[i]);
		len = m.hdr.nlmsg_len;
		for (size_t d = 0; d < 2; d++) {
			for (uint32_t n = NLMSG_HDRLEN; n <= len; n++) {
				m.hdr.nlmsg_len = n;
				(void)both[d]->get_event(&m.hdr, &ev);
				(void)both[d]->get_peer(&m.hdr, &info);
			}
			for (uint32_t at = NLMSG_HDRLEN; at < len; at++)
				for (int bit = 0; bit < 8; bit++) {
					m.bytes[at] ^= (uint8_t)(1 << bit);
					(void)both[d]->get_event(&m.hdr, &ev);
					(void)both[d]->get_peer(&m.hdr, &info);
					m.bytes[at] ^= (uint8_t)(1 << bit);
				}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mainline_peer_new__each_transport__exact_bytes),
		cmocka_unit_test(
			mainline_peer_new__own_id_for_sending__only_where_the_kernel_has_it),
		cmocka_unit_test(mainline_get_and_del__dump_names_the_interface_only),
		cmocka_unit_test(mainline_peer_set__each_property__exact_bytes),
		cmocka_unit_test(keys__four_ciphers_both_ends_both_drivers__exact_bytes),
		cmocka_unit_test(keys__swap_and_delete__exact_bytes),
		cmocka_unit_test(legacy_peer__socket_addresses_and_nests__exact_bytes),
		cmocka_unit_test(events__of_the_kernels_driver__are_read),
		cmocka_unit_test(events__unknown_or_incomplete__are_ignored),
		cmocka_unit_test(events__of_the_module__deletion_only),
		cmocka_unit_test(counters__four_and_eight_bytes__are_the_same),
		cmocka_unit_test(peer_info__mapped_address__is_unmapped),
		cmocka_unit_test(decoders__cut_and_changed__do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
