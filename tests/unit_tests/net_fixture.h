/* SPDX-License-Identifier: GPL-2.0-only */
/* A network namespace of its own for each test, a tap device "eth0" in it, and captured log lines.
 */
#pragma once

#include "config.h" /* _GNU_SOURCE */

#include "test.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/str.h"
#include "net/iface.h"
#include "net/netlink.h"
#include "net/route.h"
#include "net/tun.h"

struct fixture {
	struct log_sink *sink;
	struct log log;
	struct str lines; /* all log lines, each ended by a newline */
	struct netlink *nl;
	struct tun eth;
};

static inline void UNUSED fixture_on_line(void *ctx, const struct log_line *line)
{
	struct fixture *f = ctx;

	str_addf(&f->lines, "%s\n", line->text);
}

static inline void UNUSED fixture_log_init(struct fixture *f)
{
	f->sink = log_sink_new();
	assert_non_null(f->sink);
	log_sink_set_verb(f->sink, 4);
	log_sink_set_observer(f->sink, fixture_on_line, f);
	f->log = log_init(f->sink, "");
	f->lines = str_init();
}

static inline bool UNUSED fixture_logged(const struct fixture *f, const char *line)
{
	if (strstr(str_text(&f->lines), line))
		return true;
	fprintf(stderr, "missing line: %s\nlogged:\n%s", line, str_text(&f->lines));
	return false;
}

static inline struct ip_addr UNUSED ip(const char *text)
{
	struct ip_addr a = {0};

	if (text)
		assert_int_equal(ip_addr_parse(text, &a), 0);
	return a;
}

static inline struct ip_net UNUSED net(const char *text, uint8_t bits)
{
	return (struct ip_net){.addr = ip(text), .bits = bits};
}

static inline void UNUSED fixture_tap(struct fixture *f, const char *name, struct tun *out)
{
	struct tun_config cfg = {.name = name, .type = TUN_TYPE_TAP};
	struct err err = {0};

	if (tun_open(&cfg, &f->log, out, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(iface_set_up(f->nl, out->ifindex, true, NULL), 0);
}

static inline void UNUSED fixture_addr(struct fixture *f, int ifindex, const char *addr,
				       uint8_t bits)
{
	struct iface_addr a = {.local = ip(addr), .bits = bits};
	struct err err = {0};

	if (iface_add_addr(f->nl, ifindex, &a, &err) < 0)
		fail_msg("%s", err.text);
}

/* eth0 is 192.0.2.2/24 and 2001:db8::2/64; there is no default route. */
static inline int UNUSED fixture_setup(void **state)
{
	struct fixture *f;

	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "needs root and a network namespace: %s\n", strerror(errno));
		return 0;
	}
	f = calloc(1, sizeof(*f));
	assert_non_null(f);
	fixture_log_init(f);
	assert_int_equal(netlink_open(&f->log, &f->nl, NULL), 0);
	assert_int_equal(iface_set_up(f->nl, iface_index("lo"), true, NULL), 0);
	fixture_tap(f, "eth0", &f->eth);
	fixture_addr(f, f->eth.ifindex, "192.0.2.2", 24);
	fixture_addr(f, f->eth.ifindex, "2001:db8::2", 64);
	str_clear(&f->lines);
	*state = f;
	return 0;
}

static inline int UNUSED fixture_teardown(void **state)
{
	struct fixture *f = *state;

	if (!f)
		return 0;
	tun_close(&f->eth);
	netlink_close(f->nl);
	str_fini(&f->lines);
	log_sink_free(f->sink);
	free(f);
	return 0;
}

#define FIXTURE(f, state)             \
	struct fixture *f = *(state); \
	if (!f)                       \
	skip()

#define NETNS_TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
