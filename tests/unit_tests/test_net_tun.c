/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

static struct tun open_tun(struct fixture *f, const char *name, unsigned int flags)
{
	struct tun_config cfg = {.name = name, .type = TUN_TYPE_TUN, .flags = flags};
	struct err err = {0};
	struct tun tun;

	if (tun_open(&cfg, &f->log, &tun, &err) < 0)
		fail_msg("%s", err.text);
	return tun;
}

static void open__literal_tun__kernel_picks_number(void **state)
{
	FIXTURE(f, state);
	struct tun a = open_tun(f, "tun", 0), b = open_tun(f, "tun", 0);

	assert_string_equal(a.name, "tun0");
	assert_string_equal(b.name, "tun1");
	assert_int_equal(b.ifindex, iface_index("tun1"));
	assert_true(fixture_logged(f, "TUN/TAP device tun1 opened\n"));
	tun_close(&a);
	tun_close(&b);
	assert_int_equal(iface_index("tun0"), ERR_NO_DEVICE);
}

static void open__custom_name__is_nonblocking_cloexec_without_header(void **state)
{
	FIXTURE(f, state);
	struct tun tun = open_tun(f, "my-vpn", 0);
	struct ifreq ifr = {0};
	uint8_t buf[64];

	assert_string_equal(tun.name, "my-vpn");
	assert_true(fcntl(tun.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(tun.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(ioctl(tun.fd, TUNGETIFF, &ifr), 0);
	assert_true(ifr.ifr_flags & IFF_NO_PI);
	assert_true(ifr.ifr_flags & IFF_TUN);
	assert_false(ifr.ifr_flags & IFF_VNET_HDR);
	assert_int_equal(read(tun.fd, buf, sizeof(buf)), -1);
	tun_close(&tun);
	tun_close(&tun);
}

static void open__vnet_hdr_and_queues__given(void **state)
{
	FIXTURE(f, state);
	struct tun tun = open_tun(f, "tun", TUN_MULTI_QUEUE | TUN_VNET_HDR);
	struct ifreq ifr = {0};
	int fd;

	assert_int_equal(tun.flags, TUN_MULTI_QUEUE | TUN_VNET_HDR);
	assert_int_equal(tun_add_queue(&tun, &fd, NULL), 0);
	assert_int_equal(ioctl(fd, TUNGETIFF, &ifr), 0);
	assert_true(ifr.ifr_flags & IFF_VNET_HDR);
	assert_true(ifr.ifr_flags & IFF_MULTI_QUEUE);
	assert_int_equal(tun_set_offload(&tun, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6), 0);
	assert_int_equal(tun_set_offload(&tun, 0x40000000), ERR_UNSUPPORTED);
	close(fd);
	tun_close(&tun);
}

static void add_queue__single_queue_device__refused(void **state)
{
	FIXTURE(f, state);
	struct tun tun = open_tun(f, "tun", 0);
	int fd;

	assert_int_equal(tun_add_queue(&tun, &fd, NULL), ERR_UNSUPPORTED);
	assert_int_equal(fd, -1);
	tun_close(&tun);
}

static void open__in_use__busy(void **state)
{
	static const unsigned int kinds[] = {0, TUN_MULTI_QUEUE};
	FIXTURE(f, state);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct tun first = open_tun(f, "tun7", kinds[i]), second;
		struct tun_config cfg = {.name = "tun7", .flags = kinds[i]};
		struct err err = {0};

		assert_int_equal(tun_open(&cfg, &f->log, &second, &err), ERR_SYSTEM);
		assert_string_equal(
			err.text,
			"ERROR: Cannot ioctl TUNSETIFF tun7: Device or resource busy (errno=16)");
		assert_int_equal(second.fd, -1);
		tun_close(&first);
	}
}

static void open__bad_node_or_name__known_texts(void **state)
{
	FIXTURE(f, state);
	struct tun_config cfg = {.name = "tun", .dev_node = "/dev/nope"};
	struct err err = {0};
	struct tun tun;

	assert_int_equal(tun_open(&cfg, &f->log, &tun, &err), ERR_SYSTEM);
	assert_string_equal(
		err.text,
		"ERROR: Cannot open TUN/TAP dev /dev/nope: No such file or directory (errno=2)");
	cfg = (struct tun_config){.name = "tun/x"};
	assert_int_equal(tun_open(&cfg, &f->log, &tun, &err), ERR_SYSTEM);
	assert_string_equal(err.text,
			    "ERROR: Cannot ioctl TUNSETIFF tun/x: Invalid argument (errno=22)");
	cfg.name = "a-name-that-is-too-long";
	assert_int_equal(tun_open(&cfg, &f->log, &tun, &err), ERR_SYSTEM);
	assert_int_equal(tun.fd, -1);
}

static void persist__made_single_queue__opened_without_queues(void **state)
{
	FIXTURE(f, state);
	struct tun_config cfg = {.name = "tun3", .type = TUN_TYPE_TUN};
	struct tun_owner owner = {.user = "nobody"};
	struct tun tun;

	assert_int_equal(tun_persist(&cfg, true, &owner, &f->log, NULL), 0);
	assert_true(fixture_logged(f, "TUN/TAP device tun3 opened\nPersist state set to: ON\n"));
	assert_true(iface_index("tun3") > 0);

	tun = open_tun(f, "tun3", TUN_MULTI_QUEUE | TUN_VNET_HDR);
	assert_int_equal(tun.flags, TUN_VNET_HDR);
	tun_close(&tun);
	assert_true(iface_index("tun3") > 0);

	assert_int_equal(tun_persist(&cfg, false, NULL, &f->log, NULL), 0);
	assert_true(fixture_logged(f, "Persist state set to: OFF\n"));
	assert_int_equal(iface_index("tun3"), ERR_NO_DEVICE);
}

static void persist__made_multi_queue__opened_single(void **state)
{
	FIXTURE(f, state);
	struct tun_config cfg = {.name = "tun3", .flags = TUN_MULTI_QUEUE};
	struct tun tun;

	assert_int_equal(tun_persist(&cfg, true, NULL, &f->log, NULL), 0);
	tun = open_tun(f, "tun3", 0);
	assert_int_equal(tun.flags, 0);
	tun_close(&tun);
	cfg.flags = 0;
	assert_int_equal(tun_persist(&cfg, false, NULL, &f->log, NULL), 0);
	assert_int_equal(iface_index("tun3"), ERR_NO_DEVICE);
}

static void persist__unknown_user__named(void **state)
{
	FIXTURE(f, state);
	struct tun_config cfg = {.name = "tun3"};
	struct tun_owner owner = {.user = "no-such-user"};
	struct err err = {0};

	assert_int_equal(tun_persist(&cfg, true, &owner, &f->log, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "failed to find UID for user no-such-user");
	assert_int_equal(tun_persist(&cfg, false, NULL, &f->log, &err), 0);
}

static void txqueuelen__given__set(void **state)
{
	FIXTURE(f, state);
	struct tun_config cfg = {.name = "tun", .txqueuelen = 1234};
	struct ifreq ifr = {.ifr_name = "tun0"};
	struct tun tun;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(tun_open(&cfg, &f->log, &tun, NULL), 0);
	assert_int_equal(ioctl(fd, SIOCGIFTXQLEN, &ifr), 0);
	assert_int_equal(ifr.ifr_qlen, 1234);
	close(fd);
	tun_close(&tun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(open__literal_tun__kernel_picks_number),
		NETNS_TEST(open__custom_name__is_nonblocking_cloexec_without_header),
		NETNS_TEST(open__vnet_hdr_and_queues__given),
		NETNS_TEST(add_queue__single_queue_device__refused),
		NETNS_TEST(open__in_use__busy),
		NETNS_TEST(open__bad_node_or_name__known_texts),
		NETNS_TEST(persist__made_single_queue__opened_without_queues),
		NETNS_TEST(persist__made_multi_queue__opened_single),
		NETNS_TEST(persist__unknown_user__named),
		NETNS_TEST(txqueuelen__given__set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
