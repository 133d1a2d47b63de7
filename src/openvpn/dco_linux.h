/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the Linux kernel backends share. Spec 05 sections 2 and 3. */
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/hash_table.h"
#include "base/log.h"
#include "dco.h"
#include "net/netlink_linux.h"

struct nl_msg;
struct nlattr;

enum {
	KERNEL_KEEPALIVE_MAX_SEC = 86400, /* what the mainline driver accepts */
	KERNEL_MULTICAST_MAX = 4,
};

/* ---- messages ---- */

/* A peer as a request makes it. */
struct kernel_peer_new {
	uint32_t id;
	uint32_t tx_id;
	bool has_tx_id; /* the kernel takes an id of its own for sending */
	int fd;
	union sock_addr remote; /* UDP; no IPv4-mapped address */
	union sock_addr local;	/* UDP with multihome, else AF_UNSPEC */
	struct ip_addr vpn_ip4; /* multi-peer only */
	struct ip_addr vpn_ip6;
};

/* A peer as the kernel shows it. */
struct kernel_peer_info {
	uint32_t id;
	union sock_addr remote; /* AF_UNSPEC with TCP */
	struct dco_peer_stats stats;
};

enum kernel_event_type {
	KERNEL_PEER_GONE,
	KERNEL_KEY_LIMIT,
	KERNEL_FLOAT,
};

struct kernel_event {
	enum kernel_event_type type;
	uint32_t ifindex;
	uint32_t peer_id;
	uint32_t reason; /* KERNEL_PEER_GONE: numbers of both families */
	uint8_t key_id;
	union sock_addr remote;
};

/*
 * The two families differ in numbers, widths and manners (spec 05 section 3.7). The put functions
 * append what follows the interface index and return 0 or a negative number when the message is
 * full; the get functions take bytes from outside and return whether they made sense of them.
 */
struct kernel_dialect {
	const char *family; /* also the prefix of modprobe aliases */
	const char *kind;   /* of the link */
	const char *module; /* below /sys/module */

	bool dump_works_p2p;	   /* else ask for the one peer */
	bool keepalive_needs_both; /* zero for one side switches both off; at most 86400 */
	bool tcp_records;	   /* recv() gives whole records, else a stream */
	bool deletion_before_ack;  /* our own deletion is notified before it is acknowledged */
	bool remote_authenticated; /* the address in an answer may be believed */
	bool tells_key_limit;	   /* else compare the counters */
	bool tells_at_socket;	   /* events: in the namespace of the socket, not of the device */
	bool tells_mode;	   /* of an interface; else a request that must fail shows it */

	uint8_t cmd_peer_new, cmd_peer_set, cmd_peer_get, cmd_peer_del;
	uint8_t cmd_key_new, cmd_key_swap, cmd_key_del;

	int (*put_peer_new)(struct nl_msg *msg, const struct kernel_peer_new *peer);
	int (*put_peer_id)(struct nl_msg *msg, uint32_t id, uint8_t cmd); /* get, del */
	int (*put_keepalive)(struct nl_msg *msg, uint32_t id, uint32_t interval, uint32_t timeout);
	/* NULL: the family cannot change them */
	int (*put_remote)(struct nl_msg *msg, uint32_t id, const union sock_addr *remote);
	int (*put_vpn_ip)(struct nl_msg *msg, uint32_t id, const struct ip_addr *ip4,
			  const struct ip_addr *ip6);
	int (*put_key)(struct nl_msg *msg, uint32_t id, enum dco_key_slot slot,
		       const struct dco_key *key);
	int (*put_swap)(struct nl_msg *msg, uint32_t id);
	int (*put_key_del)(struct nl_msg *msg, uint32_t id, enum dco_key_slot slot);

	bool (*get_peer)(const struct nlmsghdr *nlh, struct kernel_peer_info *out);
	bool (*get_event)(const struct nlmsghdr *nlh, struct kernel_event *out);
};

extern const struct kernel_dialect kernel_mainline; /* dco_linux_netlink.c */
extern const struct kernel_dialect kernel_legacy;   /* dco_linux_v2.c */

/* What rtnetlink calls the interfaces of each. */
#define KERNEL_KIND_MAINLINE "ovpn"
#define KERNEL_KIND_LEGACY   "ovpn-dco"

/** kernel_cipher() - number and key length of a cipher, the same for both families; 0: none */
uint32_t kernel_cipher(int cipher, size_t *key_len);

/** kernel_nest() - begin a nested attribute; end it with nla_nest_end(); NULL: no room */
struct nlattr *kernel_nest(struct nl_msg *msg, int type);

/**
 * kernel_put_direction() - one direction of a key, which both families write alike
 * @type: the attribute that holds it
 * @key_len: bytes of the cipher's key
 *
 * Return: 0, negative when there is no room.
 */
int kernel_put_direction(struct nl_msg *msg, int type, const struct dco_key_direction *dir,
			 size_t key_len);

/** kernel_uint() - an integer attribute of whatever width the kernel chose; false: none of them */
bool kernel_uint(const struct nlattr *attr, uint64_t *out);

/**
 * kernel_stats() - the eight counters of a peer
 * @first: where the parsed attributes have VPN_RX_BYTES; the others follow it in both families
 *
 * What is missing or malformed counts as zero.
 */
void kernel_stats(struct nlattr *const first[static 8], struct dco_peer_stats *out);

/* ---- the family ---- */

struct kernel_family {
	uint16_t id;
	uint32_t group; /* of notifications */
	bool tx_id;	/* an own id for sending can be given */
};

/** kernel_request() - a request of a family, without attributes; NULL when out of memory */
struct nl_msg *kernel_request(const struct kernel_family *f, uint8_t cmd, int flags, int ifindex);

/**
 * kernel_family_find() - look a family up by name, which also makes the kernel load its module
 * @nl: a socket of generic netlink
 *
 * Return: 0, or ERR_* with @err set (ERR_NOT_FOUND: no such family).
 */
int kernel_family_find(struct netlink *nl, const struct kernel_dialect *d,
		       struct kernel_family *out, struct err *err) MUST_CHECK;

/* ---- links ---- */

struct kernel_link {
	int ifindex;
	char kind[16];
	int mode; /* DCO_MODE_*, or -1 when the driver does not tell */
};

/** kernel_link_get() - Return: 0, ERR_NO_DEVICE, or another ERR_* with @err set */
int kernel_link_get(struct netlink *rtnl, const char *name, struct kernel_link *out,
		    struct err *err) MUST_CHECK;
/**
 * kernel_link_exists() - false only when the kernel says so
 *
 * The answer waits for a deletion of interfaces which is going on.
 */
bool kernel_link_exists(struct netlink *rtnl, int ifindex);
/** kernel_link_new() - Return: 0, ERR_EXISTS, or another ERR_* with @err set */
int kernel_link_new(struct netlink *rtnl, const char *name, const char *kind, enum dco_mode mode,
		    struct err *err) MUST_CHECK;
int kernel_link_del(struct netlink *rtnl, int ifindex, struct err *err);

/* ---- the device ---- */

struct kernel_queued;
struct kernel_transport;

enum {
	KERNEL_PEER_NAME_MAX = 65 /* a common name's length */
};

struct kernel_peer {
	struct hash_link by_id;
	char name[KERNEL_PEER_NAME_MAX]; /* for the log; longer ones are cut */
	uint32_t id;
	uint32_t tx_id;
	struct kernel_transport *transport;
	union sock_addr remote;
	struct local_addr local;
	struct ip_addr vpn_ip4, vpn_ip6;
	struct dco_peer_params params;
	struct dco_peer_stats stats; /* the last that we saw */
	uint64_t key_packets_base;   /* link_tx_packets when the sending key came */
	bool key_limit_told;
	bool params_wait; /* as long as the kernel does not have the peer */
	bool awaits_key;  /* the kernel gets it together with its first key */
	bool gone;	  /* the kernel has it no more; told, or about to be */
	bool seen;	  /* in the dump that is going on */
};

/* A deletion by us whose notification is still to come (spec 05 section 1.9). */
struct kernel_deletion {
	uint32_t id;
	uint64_t until_ms;
};

enum {
	KERNEL_DELETIONS_MAX = 64
};

/* A route of the system that we set for a peer. */
struct kernel_route {
	struct kernel_route *next;
	uint32_t peer_id;
	struct ip_net net;
	struct ip_addr gateway; /* AF_UNSPEC: on the link */
};

struct dco_linux {
	const struct kernel_dialect *dialect;
	struct kernel_family family;
	struct log log;
	enum dco_mode mode;
	char name[IF_NAMESIZE];
	int ifindex;
	uint32_t max_packet_bytes; /* of a record */
	bool created;		   /* by us, so that we delete it */
	bool device_gone;

	struct netlink *genl, *rtnl;
	int event_fd; /* netlink, notifications of the driver */
	int link_fd;  /* rtnetlink, what happens to interfaces */
	int epoll_fd;
	int wake_fd; /* eventfd: something is queued */
	int timer_fd;
	int retry_fd; /* timer: a stream had no room for a control packet */

	struct hash_table peers;
	struct dco_peer_stats past; /* of peers that were deleted */
	uint64_t dumped_ms;	    /* when the counters of all were taken; 0: never */
	struct kernel_deletion deletions[KERNEL_DELETIONS_MAX];
	struct kernel_route *routes;
	uint32_t route_table; /* as in struct dco_device_config */
	bool route_noexec;

	struct kernel_transport **transports;
	size_t transport_count;

	struct kernel_queued *queue, **queue_end;
};

/** kernel_device_request() - a request about this device */
struct nl_msg *kernel_device_request(const struct dco_linux *d, uint8_t cmd, int flags);
/** kernel_fitting() - @msg, or NULL after freeing it when @ret says that it got too long */
struct nl_msg *kernel_fitting(struct nl_msg *msg, int ret);
/**
 * kernel_command() - an exchange that only needs an acknowledgement
 * @msg: freed in any case; NULL is ERR_NOMEM
 * @what: for the line in @err, which may be NULL
 *
 * Return: 0 or ERR_*. ENODEV is also reported as the loss of the device.
 */
int kernel_command(struct dco_linux *d, struct nl_msg *msg, struct err *err, const char *what);
/** kernel_command_failed() - what kernel_command() says after an exchange that failed */
int kernel_command_failed(struct dco_linux *d, struct err *err, const char *what);

struct kernel_peer *kernel_peer_find(const struct dco_linux *d, uint32_t id);
/**
 * kernel_peer_new_with_key() - give the kernel a peer that awaits its key, and the key, in one go
 * @key: the request for its first key; freed in any case, NULL is ERR_NOMEM
 *
 * It reads the stream as soon as it has the peer, and drops what it finds there without a key.
 *
 * Return: 0, ERR_AGAIN when bytes of a control packet are still on our side, or another ERR_*.
 */
int kernel_peer_new_with_key(struct dco_linux *d, struct kernel_peer *p, struct nl_msg *key,
			     struct err *err) MUST_CHECK;
/** kernel_peer_any() - the peer of a device in point-to-point mode, or NULL */
struct kernel_peer *kernel_peer_any(const struct dco_linux *d);
/** kernel_peer_each() - call @fn for all peers; it must not add or delete any */
void kernel_peer_each(struct dco_linux *d, void (*fn)(struct dco_linux *, struct kernel_peer *));

/**
 * kernel_poll_peers() - counters of all peers; whoever is missing is gone
 *
 * Return: 0 or ERR_*.
 */
int kernel_poll_peers(struct dco_linux *d);

/**
 * kernel_poll_peer() - counters of one peer, if the kernel has it already
 *
 * Return: 0, ERR_NO_PEER (it is marked as gone then), or another ERR_*.
 */
int kernel_poll_peer(struct dco_linux *d, struct kernel_peer *p);

/** kernel_transport_ended() - the stream is at its end, and with it the peer that used it */
void kernel_transport_ended(struct dco_linux *d, const struct kernel_transport *t,
			    enum dco_gone_reason reason);

/* ---- dco_linux_events.c ---- */

int kernel_events_open(struct dco_linux *d, struct err *err) MUST_CHECK;
/** kernel_events_open_socket() - only the socket for notifications of the driver */
int kernel_events_open_socket(struct dco_linux *d, struct err *err) MUST_CHECK;
void kernel_events_close(struct dco_linux *d);
/** kernel_events_retry_soon() - have kernel_transports_retry() called */
void kernel_events_retry_soon(struct dco_linux *d);
/** kernel_events_drain() - take in all notifications that wait; events are queued */
void kernel_events_drain(struct dco_linux *d);
/** kernel_event_put() - queue one; lost when out of memory. A packet is copied. */
void kernel_event_put(struct dco_linux *d, const struct dco_event *ev);
void kernel_events_forget_peer(struct dco_linux *d, uint32_t peer_id);
void kernel_events_forget_transport(struct dco_linux *d, int transport);
/** kernel_peer_gone() - mark, and queue the event, once */
void kernel_peer_gone(struct dco_linux *d, struct kernel_peer *p, enum dco_gone_reason reason);
/** kernel_device_gone() - the interface was deleted by somebody: one event, and no more of its
 * peers */
void kernel_device_gone(struct dco_linux *d);
void kernel_peer_moved(struct dco_linux *d, struct kernel_peer *p, const union sock_addr *remote);
bool kernel_next_event(struct dco_linux *d, struct dco_event *ev);

/* ---- dco_linux_watch.c ---- */

int kernel_links_open(struct dco_linux *d, struct err *err) MUST_CHECK;
/** kernel_links_drain() - notice whether the interface was deleted or moved; follow it if moved */
void kernel_links_drain(struct dco_linux *d);

/* ---- dco_linux_transport.c ---- */

int kernel_transport_attach(struct dco_linux *d, int fd, enum dco_transport_proto proto,
			    bool hold_data, struct err *err) MUST_CHECK;
int kernel_transport_detach(struct dco_linux *d, int transport);
int kernel_control_send(struct dco_linux *d, int transport, const union sock_addr *to,
			const struct local_addr *from, const uint8_t *packet, size_t len);
struct kernel_transport *kernel_transport_find(const struct dco_linux *d, int transport);
bool kernel_transport_is_tcp(const struct kernel_transport *t);
int kernel_transport_fd(const struct kernel_transport *t);
/**
 * kernel_transport_hand_over() - get ready for the kernel to read the stream
 *
 * Return: 0, ERR_AGAIN when bytes of a packet are still on our side, or ERR_SYSTEM.
 */
int kernel_transport_hand_over(struct dco_linux *d, struct kernel_transport *t) MUST_CHECK;
/** kernel_transport_is_between() - whether part of a control packet is on its way */
bool kernel_transport_is_between(const struct kernel_transport *t);
/** kernel_transport_holds_data() - whether the kernel is to have the stream and a key at once */
bool kernel_transport_holds_data(const struct kernel_transport *t);
/**
 * kernel_transport_nudge() - have the kernel look at what waits in a stream
 *
 * The legacy module does so when more arrives, and that may take until the next ping. Whoever sets
 * SO_RCVLOWAT has it told that there is something to read.
 */
void kernel_transport_nudge(const struct kernel_transport *t);
/** kernel_transport_take_back() - the peer is gone, the stream is an ordinary one again */
void kernel_transport_take_back(struct kernel_transport *t);
void kernel_transport_use(struct kernel_transport *t, int by);
/** kernel_transport_event() - epoll says that something can be done. Return: whether it was. */
bool kernel_transport_event(struct dco_linux *d, struct kernel_transport *t, uint32_t epoll_events);
/** kernel_transports_retry() - send what waits for room */
void kernel_transports_retry(struct dco_linux *d);
void kernel_transports_close(struct dco_linux *d);

/* ---- dco_linux_route.c ---- */

int kernel_route_add(struct dco_linux *d, const struct kernel_peer *p, const struct ip_net *net);
void kernel_route_del(struct dco_linux *d, uint32_t peer_id, const struct ip_net *net);
/** kernel_routes_del_peer() - all routes of a peer that no other peer needs */
void kernel_routes_del_peer(struct dco_linux *d, uint32_t peer_id);

/* ---- operations, as struct dco_ops wants them ---- */

/* dco_linux_device.c */
const char *kernel_op_device_name(void *ctx);
int kernel_op_device_ifindex(void *ctx);
int kernel_op_transport_attach(void *ctx, int fd, enum dco_transport_proto proto, bool hold_data,
			       struct err *err);
int kernel_op_transport_detach(void *ctx, int transport);
int kernel_op_control_send(void *ctx, int transport, const union sock_addr *to,
			   const struct local_addr *from, const uint8_t *packet, size_t len);
int kernel_op_event_fd(void *ctx);
bool kernel_op_next_event(void *ctx, struct dco_event *ev);
void kernel_op_device_close(void *ctx);

/* dco_linux_peer.c */
int kernel_op_peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err);
int kernel_op_peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params);
int kernel_op_peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			      const struct local_addr *local);
int kernel_op_peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			      const struct ip_addr *ip6);
int kernel_op_peer_note_rx(void *ctx, uint32_t peer_id);
int kernel_op_peer_send_exit(void *ctx, uint32_t peer_id);
void kernel_op_peer_del(void *ctx, uint32_t peer_id);
int kernel_op_route_add(void *ctx, uint32_t peer_id, const struct ip_net *net);
void kernel_op_route_del(void *ctx, uint32_t peer_id, const struct ip_net *net);
int kernel_op_peer_stats(void *ctx, uint32_t peer_id, struct dco_peer_stats *out);
int kernel_op_device_stats(void *ctx, struct dco_peer_stats *out);

/* dco_linux_key.c */
int kernel_op_key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
			  const struct dco_key *key, struct err *err);
int kernel_op_key_swap(void *ctx, uint32_t peer_id);
int kernel_op_key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot);

/** kernel_device_open() - the operation device_open of both families */
int kernel_device_open(const struct kernel_dialect *dialect, const struct dco_device_config *cfg,
		       const struct log *log, void **ctx, struct err *err) MUST_CHECK;
