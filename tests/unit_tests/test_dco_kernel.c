/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backends for the kernel's drivers over a kernel of our own: every exchange ends here, is
 * taken down, and may fail. Notifications come through a pair of sockets.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include "config/features.h"
#include "dco_backends.h"
#include "dco_linux.h"

enum {
	FAMILY = 0x55,
	GROUP = 16, /* that of the controller itself, so that it can be joined */
	PEERS_MAX = 8,
	POLICY_INDEX = 1,
};

ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
int __wrap_netlink_exchange(struct netlink *nl, struct nl_msg *msg, netlink_msg_fn on_msg,
			    void *ctx);
int __wrap_netlink_exchange_pair(struct netlink *nl, struct nl_msg *first, struct nl_msg *second,
				 bool *first_done);

/* ---- the kernel ---- */

struct fake_peer {
	bool known;
	uint32_t id;
	union sock_addr remote;
	uint64_t tx_packets, rx_bytes;
};

static struct {
	bool mainline, legacy;	/* families that are registered */
	bool forbidden;		/* commands need a right that nobody has */
	uint32_t policy_max;	/* largest attribute of a peer */
	bool old;		/* the device is one of the legacy module */
	bool notify_before_ack; /* deletions by request */
	int fail_cmd, fail_errno;
	const char *fail_reason; /* the kernel's own words */
	bool lose_notifications; /* the next read says so */
	bool peer_vanished;	 /* the next read of a stream says so */
	void (*between)(void);	 /* the parts of a dump */
	struct fake_peer peers[PEERS_MAX];
	char done[4096]; /* the requests, in order */
	uint32_t table;	 /* of the last route */
	int to_events;	 /* our end of the notifications */
	int events;
} k;

static const struct kernel_dialect *dialect(void)
{
	return k.old ? &kernel_legacy : &kernel_mainline;
}

static void note(const char *fmt, ...) PRINTF_FMT(1, 2);

static void note(const char *fmt, ...)
{
	size_t len = strlen(k.done);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k.done + len, sizeof(k.done) - len, fmt, ap);
	va_end(ap);
}

static struct fake_peer *find(uint32_t id)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (k.peers[i].known && k.peers[i].id == id)
			return &k.peers[i];
	return NULL;
}

static uint64_t number(const struct nlattr *attr)
{
	uint64_t v = 0;

	if (attr && nla_len(attr) <= (int)sizeof(v))
		memcpy(&v, nla_data(attr), (size_t)nla_len(attr)); /* little endian */
	return v;
}

static void send_event(struct nl_msg *msg)
{
	nlmsg_hdr(msg)->nlmsg_type = FAMILY;
	assert_true(send(k.to_events, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0) > 0);
	nlmsg_free(msg);
}

static void notify_gone(int ifindex, uint32_t id, uint32_t reason)
{
	struct kernel_family f = {.id = FAMILY};
	struct nl_msg *msg = kernel_request(&f, k.old ? 3 : 5, 0, ifindex);
	struct nlattr *nest = nla_nest_start(msg, (k.old ? 4 : 2) | NLA_F_NESTED);

	nla_put_u32(msg, k.old ? 2 : 1, id);
	if (k.old)
		nla_put_u8(msg, 1, (uint8_t)reason);
	else
		nla_put_u32(msg, 15, reason);
	nla_nest_end(msg, nest);
	send_event(msg);
}

static void notify_key_limit(int ifindex, uint32_t id)
{
	struct kernel_family f = {.id = FAMILY};
	struct nl_msg *msg = kernel_request(&f, 9, 0, ifindex);
	struct nlattr *nest = nla_nest_start(msg, 3 | NLA_F_NESTED);

	nla_put_u32(msg, 1, id);
	nla_put_u16(msg, 3, 2);
	nla_nest_end(msg, nest);
	send_event(msg);
}

static void notify_float(int ifindex, uint32_t id, const union sock_addr *to)
{
	struct kernel_family f = {.id = FAMILY};
	struct nl_msg *msg = kernel_request(&f, 11, 0, ifindex);
	struct nlattr *nest = nla_nest_start(msg, 2 | NLA_F_NESTED);

	nla_put_u32(msg, 1, id);
	nla_put(msg, 2, 4, &to->in4.sin_addr);
	nla_put_u16(msg, 5, to->in4.sin_port);
	nla_nest_end(msg, nest);
	send_event(msg);
}

static void answer_peer(const struct fake_peer *p, netlink_msg_fn on_msg, void *ctx)
{
	struct kernel_family f = {.id = FAMILY};
	struct nl_msg *msg = kernel_request(&f, k.old ? 7 : 3, 0, 0);
	struct nlattr *nest = nla_nest_start(msg, (k.old ? 8 : 2) | NLA_F_NESTED);

	nla_put_u32(msg, 1, p->id);
	if (k.old) {
		nla_put(msg, 2, sizeof(p->remote.in4), &p->remote.in4);
		nla_put_u64(msg, 9, p->rx_bytes);
		nla_put_u32(msg, 16, (uint32_t)p->tx_packets);
	} else {
		nla_put(msg, 2, 4, &p->remote.in4.sin_addr);
		nla_put_u16(msg, 5, p->remote.in4.sin_port);
		nla_put_u64(msg, 16, p->rx_bytes);
		nla_put_u64(msg, 23, p->tx_packets);
	}
	nla_nest_end(msg, nest);
	if (on_msg)
		on_msg(ctx, nlmsg_hdr(msg));
	nlmsg_free(msg);
}

static int get_peers(const struct nlmsghdr *hdr, uint32_t id, netlink_msg_fn on_msg, void *ctx)
{
	struct fake_peer *p = find(id);

	if (!(hdr->nlmsg_flags & NLM_F_DUMP)) {
		note("get %u\n", id);
		if (!p)
			return ENOENT;
		answer_peer(p, on_msg, ctx);
		return 0;
	}
	note("dump\n");
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (!k.peers[i].known)
			continue;
		answer_peer(&k.peers[i], on_msg, ctx);
		if (k.between)
			k.between();
	}
	return 0;
}

static int new_peer(uint32_t id, struct nlattr **tb)
{
	if (find(id))
		return EEXIST;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct fake_peer *p = &k.peers[i];

		if (p->known)
			continue;
		*p = (struct fake_peer){.known = true, .id = id};
		p->remote.in4.sin_family = AF_INET;
		if (k.old && tb[2]) {
			memcpy(&p->remote.in4, nla_data(tb[2]), sizeof(p->remote.in4));
		} else if (tb[2] && tb[5]) {
			memcpy(&p->remote.in4.sin_addr, nla_data(tb[2]), 4);
			p->remote.in4.sin_port = (uint16_t)number(tb[5]);
		}
		note("new %u\n", id);
		return 0;
	}
	return ENOMEM;
}

/* One of the drivers: what a request does. */
static int driver(const struct nlmsghdr *hdr, netlink_msg_fn on_msg, void *ctx)
{
	const struct genlmsghdr *genl = nlmsg_data(hdr);
	const struct kernel_dialect *d = dialect();
	struct nlattr *top[16] = {0}, *tb[64] = {0}, *nest = NULL;
	uint32_t id;
	int ret = 0;

	assert_int_equal(nlmsg_parse((struct nlmsghdr *)hdr, GENL_HDRLEN, top, 15, NULL), 0);
	if (!top[1])
		return EINVAL;
	if (k.forbidden)
		return EPERM;
	if (number(top[1]) == 0x7fffffff)
		return ENODEV;
	if (k.fail_cmd == genl->cmd) {
		k.fail_cmd = 0;
		return k.fail_errno;
	}
	for (int i = 2; i < 16; i++)
		nest = top[i] ? top[i] : nest;
	if (nest)
		assert_int_equal(nla_parse_nested(tb, 63, nest, NULL), 0);
	id = (uint32_t)number(k.old && genl->cmd == d->cmd_peer_del ? tb[2] : tb[1]);
	if (genl->cmd == d->cmd_peer_get)
		return get_peers(hdr, id, on_msg, ctx);
	if (genl->cmd == d->cmd_peer_new)
		return new_peer(id, tb);
	if (!find(id))
		return ENOENT;
	if (genl->cmd == d->cmd_peer_del) {
		note("del %u\n", id);
		find(id)->known = false;
		if (k.notify_before_ack)
			notify_gone((int)number(top[1]), id, 1);
	} else if (genl->cmd == d->cmd_peer_set) {
		note("set %u %u/%u\n", id, (unsigned int)number(tb[k.old ? 2 : 13]),
		     (unsigned int)number(tb[k.old ? 3 : 14]));
	} else if (genl->cmd == d->cmd_key_new) {
		note("key %u slot %u id %u\n", id, (unsigned int)number(tb[2]),
		     (unsigned int)number(tb[3]));
	} else if (genl->cmd == d->cmd_key_swap) {
		note("swap %u\n", id);
	} else if (genl->cmd == d->cmd_key_del) {
		note("unkey %u slot %u\n", id, (unsigned int)number(tb[2]));
	} else {
		ret = EOPNOTSUPP;
	}
	return ret;
}

static void answer_family(netlink_msg_fn on_msg, void *ctx)
{
	struct kernel_family f = {.id = GENL_ID_CTRL};
	struct nl_msg *msg = kernel_request(&f, CTRL_CMD_NEWFAMILY, 0, 0);
	struct nlattr *groups, *group;

	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, FAMILY);
	groups = nla_nest_start(msg, CTRL_ATTR_MCAST_GROUPS);
	group = nla_nest_start(msg, 1);
	nla_put_string(msg, CTRL_ATTR_MCAST_GRP_NAME, "peers");
	nla_put_u32(msg, CTRL_ATTR_MCAST_GRP_ID, GROUP);
	nla_nest_end(msg, group);
	nla_nest_end(msg, groups);
	on_msg(ctx, nlmsg_hdr(msg));
	nlmsg_free(msg);
}

static void answer_policy(netlink_msg_fn on_msg, void *ctx)
{
	struct kernel_family f = {.id = GENL_ID_CTRL};
	struct nl_msg *msg = kernel_request(&f, CTRL_CMD_GETPOLICY, 0, 0);
	struct nlattr *ops = nla_nest_start(msg, CTRL_ATTR_OP_POLICY), *a, *b;

	a = nla_nest_start(msg, 1);
	nla_put_u32(msg, CTRL_ATTR_POLICY_DO, POLICY_INDEX);
	nla_nest_end(msg, a);
	nla_nest_end(msg, ops);
	ops = nla_nest_start(msg, CTRL_ATTR_POLICY);
	a = nla_nest_start(msg, POLICY_INDEX);
	b = nla_nest_start(msg, 2);
	nla_put_u32(msg, NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE, k.policy_max);
	nla_nest_end(msg, b);
	nla_nest_end(msg, a);
	nla_nest_end(msg, ops);
	on_msg(ctx, nlmsg_hdr(msg));
	nlmsg_free(msg);
}

static int controller(const struct nlmsghdr *hdr, netlink_msg_fn on_msg, void *ctx)
{
	const struct genlmsghdr *genl = nlmsg_data(hdr);
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	assert_int_equal(nlmsg_parse((struct nlmsghdr *)hdr, GENL_HDRLEN, tb, CTRL_ATTR_MAX, NULL),
			 0);
	if (genl->cmd == CTRL_CMD_GETPOLICY) {
		answer_policy(on_msg, ctx);
		return 0;
	}
	if (strcmp(nla_get_string(tb[CTRL_ATTR_FAMILY_NAME]), "ovpn") == 0 ? !k.mainline
									   : !k.legacy)
		return ENOENT;
	answer_family(on_msg, ctx);
	return 0;
}

/* Links and routes are made and deleted without ado. */
static int system_request(const struct nlmsghdr *hdr)
{
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rt;

	if (hdr->nlmsg_type != RTM_NEWROUTE && hdr->nlmsg_type != RTM_DELROUTE)
		return 0;
	rt = nlmsg_data(hdr);
	assert_int_equal(nlmsg_parse((struct nlmsghdr *)hdr, sizeof(*rt), tb, RTA_MAX, NULL), 0);
	k.table = tb[RTA_TABLE] ? (uint32_t)number(tb[RTA_TABLE]) : rt->rtm_table;
	note("%s /%u metric %u\n", hdr->nlmsg_type == RTM_NEWROUTE ? "route" : "unroute",
	     rt->rtm_dst_len, (unsigned int)number(tb[RTA_PRIORITY]));
	return 0;
}

/* Some numbers mean one thing to rtnetlink and another one to the controller. */
static bool is_generic(const struct netlink *nl)
{
	int protocol = -1;
	socklen_t len = sizeof(protocol);

	assert_int_equal(
		getsockopt(nl_socket_get_fd(nl->sock), SOL_SOCKET, SO_PROTOCOL, &protocol, &len),
		0);
	return protocol == NETLINK_GENERIC;
}

int __wrap_netlink_exchange(struct netlink *nl, struct nl_msg *msg, netlink_msg_fn on_msg,
			    void *ctx)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	nl->reason[0] = '\0';
	if (!is_generic(nl))
		nl->errnum = system_request(hdr); /* links and routes */
	else if (hdr->nlmsg_type == GENL_ID_CTRL)
		nl->errnum = controller(hdr, on_msg, ctx);
	else
		nl->errnum = driver(hdr, on_msg, ctx);
	if (nl->errnum && k.fail_reason)
		snprintf(nl->reason, sizeof(nl->reason), "%s", k.fail_reason);
	nlmsg_free(msg);
	return nl->errnum;
}

int __wrap_netlink_exchange_pair(struct netlink *nl, struct nl_msg *first, struct nl_msg *second,
				 bool *first_done)
{
	int errnum = __wrap_netlink_exchange(nl, first, NULL, NULL), second_errnum;

	note("and ");
	second_errnum = __wrap_netlink_exchange(nl, second, NULL, NULL);
	*first_done = errnum == 0;
	nl->errnum = errnum ? errnum : second_errnum;
	return nl->errnum;
}

ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
	if (fd == k.events && k.lose_notifications) {
		k.lose_notifications = false;
		errno = ENOBUFS;
		return -1;
	}
	if (fd != k.events && k.peer_vanished) {
		k.peer_vanished = false;
		errno = EBADF;
		return -1;
	}
	return __real_recv(fd, buf, len, flags);
}

/* ---- a device with a socket ---- */

struct fixture {
	struct dco_linux *d;
	const struct dco_ops *ops;
	struct log_sink *sink;
	struct log log;
	int fd;
	int transport;
	char lines[4096];
};

static void observe(void *ctx, const struct log_line *line)
{
	struct fixture *f = ctx;
	size_t len = strlen(f->lines);

	snprintf(f->lines + len, sizeof(f->lines) - len, "%s\n", line->text);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	memset(&k, 0, sizeof(k));
	k.mainline = k.legacy = k.notify_before_ack = true;
	k.policy_max = 24;
	k.events = k.to_events = -1;
	f->fd = -1;
	f->sink = log_sink_new();
	log_sink_set_verb(f->sink, 4);
	log_sink_set_observer(f->sink, observe, f);
	f->log = log_init(f->sink, "");
	*state = f;
	return 0;
}

/* The link is "lo", for a link of that name has an index. */
static void open_device_with(struct fixture *f, const struct dco_backend *backend,
			     const struct dco_device_config *cfg)
{
	struct err err = {0};
	void *ctx = NULL;
	int pair[2];

	k.old = backend == &dco_linux_legacy;
	k.notify_before_ack = !k.old;
	f->ops = backend->ops;
	if (f->ops->device_open(cfg, &f->log, &ctx, &err) < 0)
		fail_msg("%s", err.text);
	f->d = ctx;
	f->d->created = false; /* it is not ours to delete */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	k.to_events = pair[0];
	k.events = f->d->event_fd;
	assert_int_equal(dup2(pair[1], f->d->event_fd), f->d->event_fd);
	close(pair[1]);
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(f->fd >= 0);
	f->transport = f->ops->transport_attach(f->d, f->fd, DCO_UDP, false, &err);
	assert_true(f->transport >= 0);
}

static void open_device(struct fixture *f, const struct dco_backend *backend, enum dco_mode mode)
{
	const struct dco_device_config cfg = {.name = "lo", .mode = mode};

	open_device_with(f, backend, &cfg);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->d)
		f->ops->device_close(f->d);
	if (f->fd >= 0)
		close(f->fd);
	if (k.to_events >= 0)
		close(k.to_events);
	log_sink_free(f->sink);
	free(f);
	return 0;
}

static union sock_addr address(uint8_t last)
{
	union sock_addr a = {.in4 = {.sin_family = AF_INET, .sin_port = htons(1194)}};

	a.in4.sin_addr.s_addr = htonl(0xc0000200u | last);
	return a;
}

static int add_peer(struct fixture *f, uint32_t id)
{
	struct dco_peer_config cfg = {.peer_id = id,
				      .tx_peer_id = id,
				      .transport = f->transport,
				      .remote = address((uint8_t)id),
				      .log = f->log};
	struct err err = {0};

	cfg.vpn_ip4 = sock_addr_ip(&cfg.remote);
	return f->ops->peer_add(f->d, &cfg, &err);
}

static int set_keepalive(struct fixture *f, uint32_t ping, uint32_t timeout)
{
	const struct dco_peer_params params = {.ping_interval_sec = ping,
					       .ping_timeout_sec = timeout};

	return f->ops->peer_set(f->d, 1, &params);
}

/* The next event that the notifications so far make. */
static bool next(struct fixture *f, struct dco_event *ev)
{
	kernel_events_drain(f->d);
	return kernel_next_event(f->d, ev);
}

static void expect_nothing(struct fixture *f)
{
	struct dco_event ev;

	if (next(f, &ev))
		fail_msg("event %d of peer %u", (int)ev.type, ev.peer_id);
}

static void expect_gone(struct fixture *f, uint32_t id, enum dco_gone_reason reason)
{
	struct dco_event ev;

	assert_true(next(f, &ev));
	assert_int_equal(ev.type, DCO_EVENT_PEER_GONE);
	assert_int_equal(ev.peer_id, id);
	assert_int_equal(ev.reason, reason);
}

/* ---- what the machine offers ---- */

static void probe__families__best_one_and_the_known_lines(void **state)
{
	struct err why = {0};

	(void)state;
	assert_true(dco_linux_mainline.features(&why) & FEAT_TCP);
	k.mainline = false;
	assert_int_equal(dco_linux_mainline.features(&why), 0);
	assert_string_equal(why.text, "Note: using legacy ovpn-dco-v2 kernel module");
	assert_true(dco_linux_legacy.features(&why) & FEAT_TCP);
	k.legacy = false;
	assert_int_equal(dco_linux_mainline.features(&why), 0);
	assert_string_equal(
		why.text,
		"Note: Kernel support for ovpn-dco missing, disabling data channel offload.");
	assert_int_equal(why.code, ERR_NOT_FOUND);
	assert_int_equal(dco_linux_legacy.features(&why), 0);
}

/* Root of an unprivileged container: links may be made, commands are refused. */
static void probe__commands_forbidden__unusable_with_reason(void **state)
{
	struct err why = {0};

	(void)state;
	k.forbidden = true;
	assert_int_equal(dco_linux_mainline.features(&why), 0);
	assert_non_null(strstr(why.text, "no permission to use the ovpn kernel module"));
	assert_int_equal(why.code, ERR_PERMISSION);
	k.old = true;
	assert_int_equal(dco_linux_legacy.features(&why), 0);
}

static void probe__policy__tells_of_ids_for_sending(void **state)
{
	struct err why = {0};

	(void)state;
	k.policy_max = 24;
	assert_true(dco_linux_mainline.features(&why) & FEAT_ASYM_PEER_ID);
	k.policy_max = 23;
	assert_false(dco_linux_mainline.features(&why) & FEAT_ASYM_PEER_ID);
	assert_false(dco_linux_legacy.features(&why) & FEAT_ASYM_PEER_ID);
}

/* ---- keepalive ---- */

static void keepalive__one_side_or_too_long__is_made_acceptable(void **state)
{
	struct fixture *f = *state;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(set_keepalive(f, 10, 0), 0);
	assert_int_equal(set_keepalive(f, 0, 60), 0);
	assert_int_equal(set_keepalive(f, 100000, 200000), 0);
	assert_int_equal(set_keepalive(f, 0, 0), 0);
	assert_string_equal(k.done, "new 1\nset 1 10/86400\nset 1 86400/60\n"
				    "set 1 86400/86400\nset 1 0/0\n");
	assert_non_null(strstr(f->lines, "Note: DCO keepalive 100000 clamped to 86400\n"));
}

static void keepalive__legacy__as_given(void **state)
{
	struct fixture *f = *state;

	open_device(f, &dco_linux_legacy, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(set_keepalive(f, 10, 0), 0);
	assert_int_equal(set_keepalive(f, 100000, 200000), 0);
	assert_string_equal(k.done, "new 1\nset 1 10/0\nset 1 100000/200000\n");
}

/* ---- the end of a peer ---- */

static void gone__each_reason__told_once(void **state)
{
	static const enum dco_gone_reason reasons[] = {
		DCO_GONE_TEARDOWN,
		DCO_GONE_USER,
		DCO_GONE_EXPIRED,
		DCO_GONE_TRANSPORT_ERROR,
		DCO_GONE_TRANSPORT_DISCONNECT,
	};
	struct fixture *f = *state;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(add_peer(f, 1), 0);
		notify_gone(f->d->ifindex, 1, i);
		notify_gone(f->d->ifindex, 1, i);
		find(1)->known = false;
		expect_gone(f, 1, reasons[i]);
		expect_nothing(f);
		f->ops->peer_del(f->d, 1);
	}
}

static void gone__foreign_device_or_unknown_peer__ignored(void **state)
{
	struct fixture *f = *state;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	notify_gone(f->d->ifindex + 1, 1, 2);
	notify_gone(f->d->ifindex, 2, 2);
	notify_key_limit(f->d->ifindex + 1, 1);
	expect_nothing(f);
	assert_null(strstr(f->lines, "unknown peer")); /* nobody is told at verb 4 */
}

/* Our own deletion is no event, and must not end a new peer with the same id. */
static void gone__by_request__not_told_and_id_free_at_once(void **state)
{
	struct fixture *f = *state;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	f->ops->peer_del(f->d, 1);
	assert_int_equal(add_peer(f, 1), 0);
	expect_nothing(f);
	notify_gone(f->d->ifindex, 1, 2);
	expect_gone(f, 1, DCO_GONE_EXPIRED);
}

/* The module tells late, when the id may be in use again. */
static void gone__legacy_tells_late__counts_for_the_old_peer(void **state)
{
	struct fixture *f = *state;

	open_device(f, &dco_linux_legacy, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	f->ops->peer_del(f->d, 1);
	assert_int_equal(add_peer(f, 1), 0);
	notify_gone(f->d->ifindex, 1, 1);
	expect_nothing(f);
	notify_gone(f->d->ifindex, 1, 2);
	expect_gone(f, 1, DCO_GONE_EXPIRED);
}

static void lost__notifications__all_peers_are_asked_for(void **state)
{
	struct fixture *f = *state;
	struct dco_event ev;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(add_peer(f, 2), 0);
	find(1)->known = false;
	find(2)->remote = address(99);
	k.lose_notifications = true;
	k.done[0] = '\0';
	assert_true(next(f, &ev));
	assert_true(strncmp(k.done, "dump\n", 5) == 0);
	assert_int_equal(ev.type, DCO_EVENT_PEER_FLOATED);
	assert_int_equal(ev.peer_id, 2);
	expect_gone(f, 1, DCO_GONE_EXPIRED);
	expect_nothing(f);
}

static struct fixture *during_dump;

static void gone_during_dump(void)
{
	k.between = NULL;
	notify_gone(during_dump->d->ifindex, 1, 2);
	notify_gone(during_dump->d->ifindex, 2, 3);
	notify_key_limit(during_dump->d->ifindex, 3);
}

/* Problem 1 of spec 05: what comes between the parts of an answer is neither lost nor mixed up. */
static void dump__notifications_between_its_parts__none_is_lost(void **state)
{
	struct fixture *f = *state;
	struct dco_peer_stats stats;
	struct dco_event ev;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	for (uint32_t id = 1; id <= 3; id++)
		assert_int_equal(add_peer(f, id), 0);
	find(3)->rx_bytes = 77;
	during_dump = f;
	k.between = gone_during_dump;
	assert_int_equal(f->ops->peer_stats(f->d, 3, &stats), 0);
	assert_int_equal(stats.vpn_rx_bytes, 77);
	expect_gone(f, 1, DCO_GONE_EXPIRED);
	expect_gone(f, 2, DCO_GONE_TRANSPORT_ERROR);
	assert_true(next(f, &ev));
	assert_int_equal(ev.type, DCO_EVENT_KEY_LIMIT);
	assert_int_equal(ev.peer_id, 3);
	expect_nothing(f);
}

/* ---- float ---- */

static void float__told_or_seen_in_an_answer__event_with_the_address(void **state)
{
	struct fixture *f = *state;
	union sock_addr to = address(50);
	struct dco_peer_stats stats;
	struct dco_event ev;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	notify_float(f->d->ifindex, 1, &to);
	assert_true(next(f, &ev));
	assert_int_equal(ev.type, DCO_EVENT_PEER_FLOATED);
	assert_true(sock_addr_equal(&ev.remote, &to));
	/* kernels that do not tell: the answer shows it, once */
	find(1)->remote = address(51);
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	to = address(51);
	assert_true(next(f, &ev));
	assert_true(sock_addr_equal(&ev.remote, &to));
	expect_nothing(f);
}

/* The module moves before it has authenticated the packet. */
static void float__seen_in_an_answer_of_the_module__not_believed(void **state)
{
	struct fixture *f = *state;
	struct dco_peer_stats stats;

	open_device(f, &dco_linux_legacy, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	find(1)->remote = address(51);
	find(1)->rx_bytes = 5;
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	assert_int_equal(stats.vpn_rx_bytes, 5);
	expect_nothing(f);
}

/* ---- counters and keys ---- */

static void stats__no_peer__zeros_and_no_question(void **state)
{
	struct fixture *f = *state;
	struct dco_peer_stats stats;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	assert_int_equal(stats.vpn_rx_bytes, 0);
	assert_int_equal(f->ops->device_stats(f->d, &stats), 0);
	assert_string_equal(k.done, "");
	assert_int_equal(add_peer(f, 1), 0);
	find(1)->rx_bytes = 1000;
	f->ops->peer_del(f->d, 1); /* its last counters are asked for before */
	assert_string_equal(k.done, "new 1\nget 1\ndel 1\n");
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	assert_int_equal(stats.vpn_rx_bytes, 0);
	assert_int_equal(f->ops->device_stats(f->d, &stats), 0);
	assert_int_equal(stats.vpn_rx_bytes, 1000);
	expect_nothing(f);
}

static struct dco_key key_of(uint8_t id)
{
	return (struct dco_key){.key_id = id, .format = DCO_FORMAT_V2, .cipher = 0};
}

static int install(struct fixture *f, enum dco_key_slot slot, uint8_t id)
{
	struct dco_key key = key_of(id);
	struct err err = {0};

	key.cipher = 1;
	for (size_t len = 0; !kernel_cipher(key.cipher, &len);)
		key.cipher++;
	return f->ops->key_install(f->d, 1, slot, &key, &err);
}

/* The whole life of a peer, in the order in which the kernel hears of it. */
static void life(struct fixture *f, const struct dco_backend *backend)
{
	char want[256];

	open_device(f, backend, DCO_MODE_P2P);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(set_keepalive(f, 10, 60), 0);
	assert_int_equal(install(f, DCO_SLOT_PRIMARY, 0), 0);
	assert_string_equal(k.done, "new 1\nset 1 10/60\nkey 1 slot 0 id 0\n");
	for (uint8_t id = 1; id <= 3; id++) {
		k.done[0] = '\0';
		assert_int_equal(install(f, DCO_SLOT_SECONDARY, id), 0);
		assert_int_equal(f->ops->key_swap(f->d, 1), 0);
		assert_int_equal(f->ops->key_delete(f->d, 1, DCO_SLOT_SECONDARY), 0);
		(void)snprintf(want, sizeof(want), "key 1 slot 1 id %u\nswap 1\nunkey 1 slot 1\n",
			       id);
		assert_string_equal(k.done, want);
	}
	k.done[0] = '\0';
	f->ops->peer_del(f->d, 1);
	f->ops->peer_del(f->d, 1);
	assert_string_equal(k.done, "get 1\ndel 1\n"); /* its last counters first */
	expect_nothing(f);
}

static void life__three_renegotiations__in_this_order(void **state)
{
	life(*state, &dco_linux_mainline);
}

static void life__three_renegotiations_of_the_module__in_this_order(void **state)
{
	life(*state, &dco_linux_legacy);
}

/* The module does not tell when its packet numbers end, so the counters are compared. */
static void key_limit__legacy__found_by_its_counters_once(void **state)
{
	struct fixture *f = *state;
	struct dco_peer_stats stats;
	struct dco_event ev;

	open_device(f, &dco_linux_legacy, DCO_MODE_P2P);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(install(f, DCO_SLOT_PRIMARY, 0), 0);
	find(1)->tx_packets = 0xdfffffff;
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	expect_nothing(f);
	find(1)->tx_packets = 0xe0000000;
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	assert_true(next(f, &ev));
	assert_int_equal(ev.type, DCO_EVENT_KEY_LIMIT);
	expect_nothing(f);
	/* a new key counts from here */
	assert_int_equal(install(f, DCO_SLOT_SECONDARY, 1), 0);
	assert_int_equal(f->ops->key_swap(f->d, 1), 0);
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	expect_nothing(f);
}

/* ---- control packets over TCP ---- */

enum {
	RECORDS = 45, /* more than the socket takes, less than what may wait */
	RECORD_LEN = 20000,
};

/* Two ends of a connection; the other one takes little at a time. */
static void tcp_pair(int ends[2])
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	int small = 4096, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);

	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(listener, (struct sockaddr *)(void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)(void *)&addr, &len), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)(void *)&addr, sizeof(addr)), 0);
	ends[1] = accept(listener, NULL, NULL);
	assert_true(ends[1] >= 0);
	close(listener);
}

/* What arrives must be whole records in their order. Return: how many bytes there are now. */
static size_t take_stream(int fd, size_t at)
{
	uint8_t bytes[8192];
	ssize_t n = __real_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++, at++) {
		size_t record = at / (2 + RECORD_LEN), in_record = at % (2 + RECORD_LEN);
		uint8_t want = in_record == 0	? RECORD_LEN >> 8
			       : in_record == 1 ? RECORD_LEN & 0xff
						: (uint8_t)record;

		if (bytes[i] != want)
			fail_msg("byte %zu is %u, not %u", at, bytes[i], want);
	}
	return at;
}

static void tcp__socket_is_full__records_wait_and_arrive_whole(void **state)
{
	static uint8_t packet[RECORD_LEN];
	struct fixture *f = *state;
	struct dco_event ev;
	struct err err = {0};
	int ends[2], transport;
	size_t at = 0;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	tcp_pair(ends);
	transport = f->ops->transport_attach(f->d, ends[0], DCO_TCP, false, &err);
	assert_true(transport >= 0);
	for (int i = 0; i < RECORDS; i++) {
		memset(packet, i, sizeof(packet));
		assert_true(f->ops->control_send(f->d, transport, NULL, NULL, packet,
						 sizeof(packet)) >= 0);
	}
	for (int round = 0; at < (size_t)RECORDS * (2 + RECORD_LEN); round++) {
		assert_true(round < 1000000);
		assert_false(kernel_next_event(f->d, &ev));
		at = take_stream(ends[1], at);
	}
	assert_int_equal(f->ops->transport_detach(f->d, transport), 0);
	close(ends[0]);
	close(ends[1]);
}

/* ---- a stream goes to the kernel ---- */

/* A device with one end of a connection, whose data waits for a key. Return: the other end. */
static int open_stream(struct fixture *f, const struct dco_backend *backend)
{
	const struct dco_device_config cfg = {
		.name = "lo", .mode = DCO_MODE_P2P, .max_packet_bytes = 1768};
	struct err err = {0};
	int ends[2];

	open_device_with(f, backend, &cfg);
	tcp_pair(ends);
	assert_int_equal(f->ops->transport_detach(f->d, f->transport), 0);
	close(f->fd);
	f->fd = ends[0];
	f->transport = f->ops->transport_attach(f->d, ends[0], DCO_TCP, true, &err);
	assert_true(f->transport >= 0);
	k.done[0] = '\0';
	return ends[1];
}

static void hand_over(struct fixture *f, const struct dco_backend *backend)
{
	static const uint8_t control[] = {0, 2, 0x20, 1}, data[] = {0, 5, 0x48, 0, 0, 0, 1};
	int other = open_stream(f, backend);
	struct dco_peer_stats stats;
	struct dco_event ev;

	assert_int_equal(write(other, control, sizeof(control)), sizeof(control));
	assert_int_equal(write(other, data, sizeof(data)), sizeof(data));
	assert_int_equal(write(other, control, sizeof(control)), sizeof(control));
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(set_keepalive(f, 10, 60), 0);
	assert_int_equal(f->ops->peer_stats(f->d, 1, &stats), 0);
	assert_string_equal(k.done, ""); /* the kernel would read the data and have no key for it */
	assert_true(f->ops->next_event(f->d, &ev));
	assert_int_equal(ev.type, DCO_EVENT_CONTROL);
	assert_false(f->ops->next_event(f->d, &ev));
	assert_int_equal(install(f, DCO_SLOT_PRIMARY, 0), 0);
	assert_string_equal(k.done, "new 1\nand key 1 slot 0 id 0\nset 1 10/60\n");
	assert_int_equal(install(f, DCO_SLOT_SECONDARY, 1), 0);
	f->ops->peer_del(f->d, 1);
	assert_string_equal(k.done, "new 1\nand key 1 slot 0 id 0\nset 1 10/60\n"
				    "key 1 slot 1 id 1\nget 1\ndel 1\n");
	close(other);
}

static void hand_over__tcp__peer_and_key_in_one_go(void **state)
{
	hand_over(*state, &dco_linux_mainline);
}

static void hand_over__tcp_to_the_module__peer_and_key_in_one_go(void **state)
{
	hand_over(*state, &dco_linux_legacy);
}

static void hand_over__peer_deleted_before_its_key__the_kernel_never_hears_of_it(void **state)
{
	struct fixture *f = *state;
	int other = open_stream(f, &dco_linux_mainline);

	assert_int_equal(add_peer(f, 1), 0);
	f->ops->peer_del(f->d, 1);
	assert_string_equal(k.done, "");
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(install(f, DCO_SLOT_PRIMARY, 0), 0);
	assert_non_null(find(1));
	close(other);
}

static void hand_over__peer_refused__told_and_the_stream_is_ours_again(void **state)
{
	static const uint8_t control[] = {0, 2, 0x20, 1};
	struct fixture *f = *state;
	int other = open_stream(f, &dco_linux_mainline);
	struct dco_event ev;

	assert_int_equal(add_peer(f, 1), 0);
	k.fail_cmd = kernel_mainline.cmd_peer_new;
	k.fail_errno = ENOTSOCK;
	k.fail_reason = "cannot encapsulate socket: -16";
	assert_true(install(f, DCO_SLOT_PRIMARY, 0) < 0);
	assert_non_null(strstr(f->lines, "cannot encapsulate socket: -16"));
	assert_non_null(strstr(f->lines, "Cannot add peer to DCO for ?: "));
	assert_null(find(1));
	f->ops->peer_del(f->d, 1);
	assert_int_equal(write(other, control, sizeof(control)), sizeof(control));
	assert_true(f->ops->next_event(f->d, &ev));
	assert_int_equal(ev.type, DCO_EVENT_CONTROL);
	close(other);
}

static void hand_over__key_refused__the_peer_is_taken_back(void **state)
{
	struct fixture *f = *state;
	int other = open_stream(f, &dco_linux_mainline);

	assert_int_equal(add_peer(f, 1), 0);
	k.fail_cmd = kernel_mainline.cmd_key_new;
	k.fail_errno = EOPNOTSUPP;
	assert_true(install(f, DCO_SLOT_PRIMARY, 0) < 0);
	assert_non_null(find(1));
	f->ops->peer_del(f->d, 1);
	assert_null(find(1));
	close(other);
}

static void hand_over__the_stream_ends_while_data_waits__told_once(void **state)
{
	static const uint8_t data[] = {0, 5, 0x48, 0, 0, 0, 1};
	struct fixture *f = *state;
	int other = open_stream(f, &dco_linux_mainline);
	struct dco_event ev;

	assert_int_equal(write(other, data, sizeof(data)), sizeof(data));
	assert_int_equal(add_peer(f, 1), 0);
	assert_false(f->ops->next_event(f->d, &ev));
	close(other);
	assert_true(f->ops->next_event(f->d, &ev));
	assert_int_equal(ev.type, DCO_EVENT_TRANSPORT_CLOSED);
	assert_int_equal(ev.err, 0);
	assert_false(f->ops->next_event(f->d, &ev));
}

/* Spec 05 section 2.6: once, and then it is a plain socket. */
static void stream__peer_just_vanished__goes_on(void **state)
{
	static const uint8_t control[] = {0, 2, 0x20, 1};
	struct fixture *f = *state;
	int other = open_stream(f, &dco_linux_mainline);
	struct dco_event ev;

	assert_int_equal(write(other, control, sizeof(control)), sizeof(control));
	k.peer_vanished = true;
	assert_true(f->ops->next_event(f->d, &ev));
	assert_int_equal(ev.type, DCO_EVENT_CONTROL);
	assert_false(k.peer_vanished);
	close(other);
}

/* ---- packets that no driver takes ---- */

/* It goes with its transport, and not with the peer 0. */
static void data_v1__arrives__told_once_for_the_transport(void **state)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	const uint8_t packet[] = {6 << 3, 1, 2, 3, 4, 5, 6, 7};
	struct fixture *f = *state;
	socklen_t len = sizeof(own);
	struct dco_event ev;

	open_device(f, &dco_linux_legacy, DCO_MODE_P2P);
	assert_int_equal(bind(f->fd, (struct sockaddr *)(void *)&own, sizeof(own)), 0);
	assert_int_equal(getsockname(f->fd, (struct sockaddr *)(void *)&own, &len), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(sendto(f->fd, packet, sizeof(packet), 0,
					(struct sockaddr *)(void *)&own, sizeof(own)),
				 sizeof(packet));
	assert_true(f->ops->next_event(f->d, &ev));
	assert_int_equal(ev.type, DCO_EVENT_DATA_V1);
	assert_int_equal(ev.transport, f->transport);
	assert_int_equal(ev.remote.in4.sin_port, own.sin_port);
	assert_false(f->ops->next_event(f->d, &ev));
	assert_non_null(strstr(f->lines, "Data Channel Offload doesn't support DATA_V1 packets."));
}

/* ---- routes ---- */

static void routes__table_as_told__metric_below_that_of_others(void **state)
{
	const struct dco_device_config cfg = {
		.name = "lo", .mode = DCO_MODE_MULTI_PEER, .route_table = 77};
	struct ip_net net = {.bits = 24};
	struct fixture *f = *state;

	assert_int_equal(ip_addr_parse("172.16.5.0", &net.addr), 0);
	open_device_with(f, &dco_linux_mainline, &cfg);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(f->ops->route_add(f->d, 1, &net), 0);
	assert_int_equal(k.table, 77);
	f->ops->peer_del(f->d, 1);
	assert_string_equal(k.done, "new 1\nroute /24 metric 100\n"
				    "unroute /24 metric 100\nget 1\ndel 1\n");
}

static void routes__somebody_else_makes_them__none(void **state)
{
	const struct dco_device_config cfg = {
		.name = "lo", .mode = DCO_MODE_MULTI_PEER, .route_noexec = true};
	struct ip_net net = {.bits = 24};
	struct fixture *f = *state;

	assert_int_equal(ip_addr_parse("172.16.5.0", &net.addr), 0);
	open_device_with(f, &dco_linux_mainline, &cfg);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(f->ops->route_add(f->d, 1, &net), 0);
	f->ops->peer_del(f->d, 1);
	assert_string_equal(k.done, "new 1\nget 1\ndel 1\n");
}

/* ---- every command fails ---- */

static int do_command(struct fixture *f, int which)
{
	switch (which) {
	case 0:
		return add_peer(f, 2);
	case 1:
		return set_keepalive(f, 10, 60);
	case 2:
		return install(f, DCO_SLOT_SECONDARY, 1);
	case 3:
		return f->ops->key_swap(f->d, 1);
	default:
		return f->ops->key_delete(f->d, 1, DCO_SLOT_SECONDARY);
	}
}

static void commands__each_fails_in_each_way__error_and_life_goes_on(void **state)
{
	static const int numbers[] = {EPERM,  ENOENT, EINVAL,	  ENOMEM, ENOTSOCK,
				      EEXIST, EBUSY,  EADDRINUSE, EAGAIN};
	struct fixture *f = *state;
	const struct kernel_dialect *d = &kernel_mainline;
	const uint8_t commands[] = {d->cmd_peer_new, d->cmd_peer_set, d->cmd_key_new,
				    d->cmd_key_swap, d->cmd_key_del};

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	assert_int_equal(install(f, DCO_SLOT_PRIMARY, 0), 0);
	for (int which = 0; which < 5; which++)
		for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
			k.fail_cmd = commands[which];
			k.fail_errno = numbers[i];
			if (do_command(f, which) >= 0)
				fail_msg("command %d: errno %d is not noticed", which, numbers[i]);
			assert_int_equal(k.fail_cmd, 0);
			if (do_command(f, which) < 0)
				fail_msg("command %d: no life after errno %d", which, numbers[i]);
			f->ops->peer_del(f->d, 2);
		}
	expect_nothing(f);
}

/* What the kernel says besides a number reaches the log and the line of the error. */
static void commands__kernel_gives_a_reason__it_is_told(void **state)
{
	struct fixture *f = *state;
	struct dco_key key = key_of(0);
	struct err err = {0};
	size_t len;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	k.fail_cmd = kernel_mainline.cmd_key_new;
	k.fail_errno = ENOENT;
	k.fail_reason = "cannot install new key for peer 1";
	while (!kernel_cipher(key.cipher, &len))
		key.cipher++;
	assert_true(f->ops->key_install(f->d, 1, DCO_SLOT_PRIMARY, &key, &err) < 0);
	assert_non_null(strstr(f->lines, "kernel error: cannot install new key for peer 1\n"));
	assert_non_null(strstr(err.text, "Impossible to install key material in DCO: "));
	assert_non_null(strstr(err.text, "cannot install new key for peer 1"));
}

/* The device went: one event for all, and nobody is asked any more. */
static void commands__device_gone__told_once(void **state)
{
	struct fixture *f = *state;
	struct dco_event ev;

	open_device(f, &dco_linux_mainline, DCO_MODE_MULTI_PEER);
	assert_int_equal(add_peer(f, 1), 0);
	k.fail_cmd = kernel_mainline.cmd_key_swap;
	k.fail_errno = ENODEV;
	assert_true(f->ops->key_swap(f->d, 1) < 0);
	assert_true(next(f, &ev));
	assert_int_equal(ev.type, DCO_EVENT_DEVICE_GONE);
	expect_nothing(f);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(probe__families__best_one_and_the_known_lines),
		T(probe__commands_forbidden__unusable_with_reason),
		T(probe__policy__tells_of_ids_for_sending),
		T(keepalive__one_side_or_too_long__is_made_acceptable),
		T(keepalive__legacy__as_given),
		T(gone__each_reason__told_once),
		T(gone__foreign_device_or_unknown_peer__ignored),
		T(gone__by_request__not_told_and_id_free_at_once),
		T(gone__legacy_tells_late__counts_for_the_old_peer),
		T(lost__notifications__all_peers_are_asked_for),
		T(dump__notifications_between_its_parts__none_is_lost),
		T(float__told_or_seen_in_an_answer__event_with_the_address),
		T(float__seen_in_an_answer_of_the_module__not_believed),
		T(stats__no_peer__zeros_and_no_question),
		T(life__three_renegotiations__in_this_order),
		T(life__three_renegotiations_of_the_module__in_this_order),
		T(key_limit__legacy__found_by_its_counters_once),
		T(tcp__socket_is_full__records_wait_and_arrive_whole),
		T(hand_over__tcp__peer_and_key_in_one_go),
		T(hand_over__tcp_to_the_module__peer_and_key_in_one_go),
		T(hand_over__peer_deleted_before_its_key__the_kernel_never_hears_of_it),
		T(hand_over__peer_refused__told_and_the_stream_is_ours_again),
		T(hand_over__key_refused__the_peer_is_taken_back),
		T(hand_over__the_stream_ends_while_data_waits__told_once),
		T(stream__peer_just_vanished__goes_on),
		T(data_v1__arrives__told_once_for_the_transport),
		T(routes__table_as_told__metric_below_that_of_others),
		T(routes__somebody_else_makes_them__none),
		T(commands__each_fails_in_each_way__error_and_life_goes_on),
		T(commands__kernel_gives_a_reason__it_is_told),
		T(commands__device_gone__told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
