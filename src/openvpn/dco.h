/* SPDX-License-Identifier: GPL-2.0-only */
/* The data-plane interface: every way to move tunnel packets stands behind it. Architecture §4. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/thread.h"

/*
 * One object (struct dco_device) is one tunnel interface with its peers. All functions are
 * called by the control thread and never block for long. Things that happen in the data plane
 * come back as events: wait until dco_event_fd() is readable, then call dco_next_event() until
 * it returns false.
 *
 * Contract, the same for every backend and tested by one conformance suite:
 *  - installing a key is atomic with regard to traffic; a key is used for receiving from the
 *    moment it is installed until it is deleted or replaced;
 *  - dco_key_swap() makes the key of the secondary slot the one that sends;
 *  - deleting a peer is idempotent and no event of it is delivered afterwards;
 *  - a peer that goes by itself is reported by exactly one DCO_EVENT_PEER_GONE;
 *  - counters never go backwards.
 */

enum dco_device_type {
	DCO_TUN,
	DCO_TAP,
	DCO_NULL, /* discards everything, no interface */
};

enum dco_mode {
	DCO_MODE_P2P, /* one peer: client and point-to-point */
	DCO_MODE_MULTI_PEER,
};

enum dco_transport_proto {
	DCO_UDP,
	DCO_TCP,
};

/* How a data packet is laid out (spec 02 sections 4 to 6). */
enum dco_data_format {
	DCO_FORMAT_V1,	  /* P_DATA_V1, old AEAD layout */
	DCO_FORMAT_V2,	  /* P_DATA_V2, old AEAD layout */
	DCO_FORMAT_EPOCH, /* P_DATA_V2, epoch layout */
};

enum dco_key_slot {
	DCO_SLOT_PRIMARY,   /* sends and receives */
	DCO_SLOT_SECONDARY, /* receives only */
};

#define DCO_PEER_ID_UNDEF 0xffffffu

enum {
	DCO_MAC_LEN = 8 /* an Ethernet address, and its VLAN in network order or 0 */
};

enum dco_vlan_accept {
	DCO_VLAN_ALL,
	DCO_VLAN_TAGGED,
	DCO_VLAN_UNTAGGED,
};

/* A TAP device with several peers as an 802.1Q switch (spec 02 section 13.7). */
struct dco_vlan {
	bool tagging;
	enum dco_vlan_accept accept; /* of frames from the device */
	uint16_t pvid;		     /* of untagged ones */
};

struct dco_device_config {
	const char *name;     /* "tun", "tun7", "foo" ...; borrowed during the call */
	const char *dev_node; /* NULL: the system's default */
	enum dco_device_type type;
	enum dco_mode mode;
	unsigned int workers;	      /* engine only; 0: one per CPU */
	unsigned int txqueuelen;      /* 0: leave */
	uint32_t tun_mtu;	      /* for buffers; the interface's own MTU is set through net/ */
	uint32_t max_packet_bytes;    /* largest inner packet taken, spec 02 section 11.5 */
	unsigned int replay_window;   /* packets, 0..65536 */
	unsigned int replay_time_sec; /* 0: no limit */
	bool mute_replay_warnings;
	bool allow_recursive_routing;
	bool client_to_client;
	uint32_t max_peers;
	uint32_t max_routes_per_peer; /* learnt MAC addresses of one peer; 0: 256 */
	struct dco_vlan vlan;
	bool ask_macs;		  /* frames from a new address wait for dco_mac_decide() */
	uint32_t broadcasts_max;  /* packets for all peers that wait; 0: 256 */
	uint32_t tcp_queue_limit; /* data packets that wait for one peer's socket; 0: 64 */
	/* backends whose dco_route_add() makes routes of the system */
	uint32_t route_table; /* 0: main */
	bool route_noexec;    /* make none */
};

struct dco_peer_config {
	uint32_t
		peer_id; /* 24 bits, how the peer is found; clients use 0 when nothing was pushed */
	uint32_t tx_peer_id;	 /* written into what is sent; DCO_PEER_ID_UNDEF with V1 */
	int transport;		 /* as returned by dco_transport_attach() */
	union sock_addr remote;	 /* UDP: where the peer is */
	struct local_addr local; /* UDP with --multihome: the address it talks to; else AF_UNSPEC */
	struct ip_addr vpn_ip4;	 /* multi-peer: addresses of the peer inside the tunnel */
	struct ip_addr vpn_ip6;
	const char *name; /* for log lines, borrowed during the call */
	/* Options string that the peer is told when it asks in the data channel, copied; NULL: "".
	 * Kernels do not answer. */
	const char *options;
	struct log log; /* copied */
};

/* Compression framing of plaintexts; nothing is compressed on sending (spec 02 section 8). */
enum dco_framing {
	DCO_FRAMING_NONE,
	DCO_FRAMING_LZO_STUB, /* comp-lzo no */
	DCO_FRAMING_LZO,      /* comp-lzo, compress lzo */
	DCO_FRAMING_STUB,     /* compress, compress stub */
	DCO_FRAMING_LZ4,
	DCO_FRAMING_STUB_V2,
	DCO_FRAMING_LZ4_V2,
};

/* What may change later. Everything is set at once. */
struct dco_peer_params {
	uint32_t ping_interval_sec; /* 0: send no pings */
	uint32_t ping_timeout_sec;  /* 0: never report the peer as gone for silence */
	uint16_t mss_ip4;	    /* clamp of TCP MSS inside; 0: none (spec 02 section 11.3) */
	uint16_t mss_ip6;
	bool block_ipv6;		/* answer IPv6 from the device instead of sending it */
	struct ip_addr block_ipv6_from; /* who answers; AF_UNSPEC: fe80::7 */
	enum dco_framing framing;	/* set it before the first key */
	/* --fragment, UDP only: largest plaintext of one datagram without the fragment header
	 * (data/mss.h: mtu_fragment()); 0: no fragment headers at all */
	uint16_t fragment_max;
	uint16_t vlan_pvid; /* the peer's VLAN, with tagging */
	bool dhcp_router;   /* TAP, point to point: answers of DHCP lose their router, which is told
			     */
	uint32_t macs_max;  /* TAP: Ethernet addresses it may have; 0: max_routes_per_peer */
};

/* One data key in both directions. The fields hold the leading bytes that the cipher needs. */
struct dco_key {
	uint8_t key_id; /* 0..7, as on the wire */
	enum dco_data_format format;
	int cipher; /* enum cipher_id of crypto/cipher.h */
	int digest; /* enum digest_id, for non-AEAD ciphers */
	struct dco_key_direction {
		uint8_t cipher[64];
		uint8_t hmac[64]; /* AEAD: the first 8 bytes are the implicit IV */
	} seal, open;
};

struct dco_peer_stats {
	uint64_t link_rx_bytes; /* data packets on the wire, opcode to tag */
	uint64_t link_tx_bytes;
	uint64_t link_rx_packets;
	uint64_t link_tx_packets;
	uint64_t vpn_rx_bytes; /* inner packets written to the device; no pings,
				* if FEAT_EXACT_COUNTERS */
	uint64_t vpn_tx_bytes; /* inner packets read from the device; no pings */
	uint64_t vpn_rx_packets;
	uint64_t vpn_tx_packets;
	/* payloads that the peer had compressed, as they came and as they became; 0 without
	 * FEAT_COMPRESS */
	uint64_t packed_rx_bytes;
	uint64_t unpacked_rx_bytes;
	uint64_t dropped; /* by any check, both directions; 0 without FEAT_DROP_COUNTER */
	/* of the key in the primary slot, for renegotiation limits (spec 01 section 3.6);
	 * 0 without FEAT_RENEG_BY_AMOUNT */
	uint64_t key_bytes;   /* both directions, encrypted size */
	uint64_t key_packets; /* both directions */
};

/** dco_stats_add() - @sum grows by the counters of @s, but for those of the key */
static inline void dco_stats_add(struct dco_peer_stats *sum, const struct dco_peer_stats *s)
{
	sum->link_rx_bytes += s->link_rx_bytes;
	sum->link_tx_bytes += s->link_tx_bytes;
	sum->link_rx_packets += s->link_rx_packets;
	sum->link_tx_packets += s->link_tx_packets;
	sum->vpn_rx_bytes += s->vpn_rx_bytes;
	sum->vpn_tx_bytes += s->vpn_tx_bytes;
	sum->vpn_rx_packets += s->vpn_rx_packets;
	sum->vpn_tx_packets += s->vpn_tx_packets;
	sum->packed_rx_bytes += s->packed_rx_bytes;
	sum->unpacked_rx_bytes += s->unpacked_rx_bytes;
	sum->dropped += s->dropped;
}

enum dco_event_type {
	DCO_EVENT_CONTROL,	    /* a control packet arrived (opcodes other than data) */
	DCO_EVENT_TRANSPORT_CLOSED, /* TCP: end of stream or error; spec text in err */
	DCO_EVENT_PEER_GONE,
	DCO_EVENT_PEER_FLOATED, /* remote holds the new address, already in use by the data plane */
	DCO_EVENT_FLOAT_COLLISION, /* an authentic packet came from remote, which another peer of
				    * the transport has; it was dropped. Delete that peer to let
				    * this one move with its next packet (spec 02 section 14.1).
				    * Comes from backends with FEAT_FLOAT_CHECK. */
	DCO_EVENT_KEY_LIMIT,	   /* renegotiate now: packet ids or AEAD usage nearly exhausted */
	DCO_EVENT_REMOTE_EXIT,	   /* OCC exit message inside the data channel */
	DCO_EVENT_OUT_OF_SYNC, /* data packet with an unknown key id; rate-limited to one a second.
				* Only with FEAT_OUT_OF_SYNC */
	DCO_EVENT_MAC,	       /* TAP: frames come from mac at this peer, or would with ask_macs */
	DCO_EVENT_PATH_MTU, /* UDP, the only peer, with fragment_max: no larger IP packets pass */
	DCO_EVENT_DHCP_ROUTER, /* with dhcp_router: an acknowledgement came */
	DCO_EVENT_DATA_V1,     /* the first packet of this kind on the transport, from anybody: of
				* backends without FEAT_DATA_V1 which see it */
	DCO_EVENT_DEVICE_GONE, /* the interface was deleted, and its peers went with it: no events
				* of theirs, and the device can only be closed */
};

enum dco_gone_reason {
	DCO_GONE_EXPIRED, /* nothing authenticated within ping_timeout_sec */
	DCO_GONE_TRANSPORT_ERROR,
	DCO_GONE_TRANSPORT_DISCONNECT,
	DCO_GONE_TEARDOWN,	/* the data plane ended it: device removed or peer replaced */
	DCO_GONE_USER,		/* deleted by another program */
	DCO_GONE_DECRYPT_ERROR, /* TCP: a packet did not authenticate or was replayed */
};

struct dco_event {
	enum dco_event_type type;
	int transport;		     /* CONTROL, TRANSPORT_CLOSED, DATA_V1 */
	uint32_t peer_id;	     /* all others but DEVICE_GONE */
	enum dco_gone_reason reason; /* PEER_GONE */
	uint8_t key_id;		     /* KEY_LIMIT, OUT_OF_SYNC */
	union sock_addr remote;	 /* CONTROL, PEER_FLOATED, FLOAT_COLLISION, OUT_OF_SYNC, DATA_V1 */
	struct local_addr local; /* CONTROL, PEER_FLOATED: where it arrived, else AF_UNSPEC */
	const uint8_t *packet;	 /* CONTROL: borrowed until the next call of any dco function */
	size_t packet_len;
	int err; /* TRANSPORT_CLOSED: 0 for end of stream, else errno; -1: bad record length */
	uint32_t bad_length;	  /* with err -1 */
	uint8_t mac[DCO_MAC_LEN]; /* MAC */
	uint32_t path_mtu;	  /* PATH_MTU */
	struct ip_addr router;	  /* DHCP_ROUTER */
};

struct dco_backend; /* const description, see dco_backends() */
struct dco_device;

/**
 * struct dco_ops - what a backend provides
 *
 * Names and contracts are those of the dco_*() functions below; @ctx is the backend's own
 * object. A backend has no knowledge of clients, servers or configuration files.
 */
struct dco_ops {
	int (*device_open)(const struct dco_device_config *cfg, const struct log *log, void **ctx,
			   struct err *err);
	void (*device_close)(void *ctx);
	const char *(*device_name)(void *ctx);
	int (*device_ifindex)(void *ctx);

	int (*transport_attach)(void *ctx, int fd, enum dco_transport_proto proto, bool hold_data,
				struct err *err);
	int (*transport_detach)(void *ctx, int transport);
	int (*control_send)(void *ctx, int transport, const union sock_addr *to,
			    const struct local_addr *from, const uint8_t *packet, size_t len);

	int (*peer_add)(void *ctx, const struct dco_peer_config *cfg, struct err *err);
	int (*peer_set)(void *ctx, uint32_t peer_id, const struct dco_peer_params *params);
	int (*peer_set_remote)(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			       const struct local_addr *local);
	int (*peer_set_vpn_ip)(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			       const struct ip_addr *ip6);
	int (*peer_note_rx)(void *ctx, uint32_t peer_id);
	int (*peer_send_exit)(void *ctx, uint32_t peer_id);
	void (*peer_del)(void *ctx, uint32_t peer_id);
	int (*route_add)(void *ctx, uint32_t peer_id, const struct ip_net *net);
	void (*route_del)(void *ctx, uint32_t peer_id, const struct ip_net *net);

	/* NULL: no Ethernet */
	void (*mac_decide)(void *ctx, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN], bool allow);
	int (*mac_idle)(void *ctx, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
			uint64_t *idle_ms);

	int (*key_install)(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
			   const struct dco_key *key, struct err *err);
	int (*key_swap)(void *ctx, uint32_t peer_id);
	int (*key_delete)(void *ctx, uint32_t peer_id, enum dco_key_slot slot);

	int (*peer_stats)(void *ctx, uint32_t peer_id, struct dco_peer_stats *out);
	int (*device_stats)(void *ctx, struct dco_peer_stats *out);
	uint32_t (*broadcasts_longest)(void *ctx); /* NULL: has no such queue */

	int (*event_fd)(void *ctx);
	bool (*next_event)(void *ctx, struct dco_event *ev);
};

struct dco_backend {
	const char *name; /* "engine", "ovpn", "ovpn-dco-v2" */
	const char *text; /* for people: "userspace engine on a tun device" */
	uint64_t offers;  /* FEAT_* at best, on the right machine; 0: ask features() */
	/* what it can do on this machine now; 0 when unusable, with the reason in @why */
	uint64_t (*features)(struct err *why);
	const char *(*version)(char *buf, size_t cap);
	const char *how_to_get; /* for people, when the machine does not have it; may be NULL */
	const char *link_kind;	/* of its interfaces, to rtnetlink; NULL: not a driver's */
	/* the device keeps the ports of transports busy for a while after they were detached and
	 * closed: whoever wants to bind them again closes the device, too */
	bool holds_sockets;
	const struct dco_ops *ops;
};

/** dco_backends() - all backends of this build, best first; the engine is the last */
const struct dco_backend *const *dco_backends(size_t *count);

/**
 * dco_device_open() - create the tunnel interface
 * @backend: one of dco_backends()
 * @out: gets the device; close it with dco_device_close()
 *
 * The interface exists and has an index on return; addresses, MTU and "up" are the caller's
 * work through net/.
 *
 * Return: 0, or ERR_* with the line for the user in @err (permission, missing /dev/net/tun ...).
 */
int dco_device_open(const struct dco_backend *backend, const struct dco_device_config *cfg,
		    const struct log *log, struct dco_device **out, struct err *err) MUST_CHECK
	REQUIRES(control_thread);

/** dco_device_close() - delete all peers, give back transports (closed by the caller), remove the
 * interface */
void dco_device_close(struct dco_device *dev) REQUIRES(control_thread);
const struct dco_backend *dco_device_backend(const struct dco_device *dev);
const char *dco_device_name(const struct dco_device *dev);
int dco_device_ifindex(const struct dco_device *dev);

/**
 * dco_transport_attach() - let the data plane read a connected or bound socket
 * @fd: non-blocking; stays the caller's to close, after dco_transport_detach()
 * @hold_data: TCP: data packets, and what is behind the first of them, wait in the stream until a
 * peer of the transport gets its first key, so that none is lost between the two. Else those that
 * come earlier are dropped.
 *
 * From now on the caller must not read @fd: control packets arrive as DCO_EVENT_CONTROL.
 *
 * Return: a transport number >= 0 or ERR_*.
 */
int dco_transport_attach(struct dco_device *dev, int fd, enum dco_transport_proto proto,
			 bool hold_data, struct err *err) MUST_CHECK REQUIRES(control_thread);

/** dco_transport_detach() - stop using the socket; peers that use it must have been deleted */
int dco_transport_detach(struct dco_device *dev, int transport) REQUIRES(control_thread);

/**
 * dco_control_send() - send one control packet
 * @to: UDP: destination; TCP: ignored
 * @from: UDP: source address and interface (multihome), or NULL
 * @packet: without the TCP length, which is added here
 *
 * TCP records are never interleaved or cut: what the socket does not take at once is queued.
 *
 * Return: 0, ERR_AGAIN when the queue is full (UDP: when the socket is), or ERR_SYSTEM with errno.
 */
int dco_control_send(struct dco_device *dev, int transport, const union sock_addr *to,
		     const struct local_addr *from, const uint8_t *packet, size_t len)
	REQUIRES(control_thread);

/**
 * dco_peer_add() - make a peer known; it has no key and moves no data yet
 *
 * Return: 0, ERR_EXISTS if it is known, ERR_AGAIN while part of a control packet is on its way
 * through a TCP socket which the data plane needs at the start of one: come back a moment later;
 * or another ERR_* with @err set.
 */
int dco_peer_add(struct dco_device *dev, const struct dco_peer_config *cfg,
		 struct err *err) MUST_CHECK REQUIRES(control_thread);
int dco_peer_set(struct dco_device *dev, uint32_t peer_id, const struct dco_peer_params *params)
	REQUIRES(control_thread);
/**
 * dco_peer_set_remote() - the peer moved (or a float is refused and undone)
 * @local: where it is answered from now on, or NULL: as before
 */
int dco_peer_set_remote(struct dco_device *dev, uint32_t peer_id, const union sock_addr *remote,
			const struct local_addr *local) REQUIRES(control_thread);
int dco_peer_set_vpn_ip(struct dco_device *dev, uint32_t peer_id, const struct ip_addr *ip4,
			const struct ip_addr *ip6) REQUIRES(control_thread);
/** dco_peer_note_rx() - an authenticated control packet came: the silence timer starts again */
int dco_peer_note_rx(struct dco_device *dev, uint32_t peer_id) REQUIRES(control_thread);
/** dco_peer_send_exit() - one OCC exit packet on the data channel (spec 02 section 10.5) */
int dco_peer_send_exit(struct dco_device *dev, uint32_t peer_id) REQUIRES(control_thread);
/** dco_peer_del() - idempotent; keys are wiped, routes of the peer go with it */
void dco_peer_del(struct dco_device *dev, uint32_t peer_id) REQUIRES(control_thread);

/** dco_route_add() - inner network behind a peer (iroute), for backends which route themselves */
int dco_route_add(struct dco_device *dev, uint32_t peer_id, const struct ip_net *net)
	REQUIRES(control_thread);
void dco_route_del(struct dco_device *dev, uint32_t peer_id, const struct ip_net *net)
	REQUIRES(control_thread);

/** dco_mac_decide() - may the peer have the address of a DCO_EVENT_MAC? A refused or forgotten one
 * is asked about again with the next frame from it. */
void dco_mac_decide(struct dco_device *dev, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
		    bool allow) REQUIRES(control_thread);
/** dco_mac_idle() - time since the last frame from the address. Return: 0, or ERR_* if unknown. */
int dco_mac_idle(struct dco_device *dev, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
		 uint64_t *idle_ms) REQUIRES(control_thread);

/** dco_key_install() - put a key into a slot, replacing what is there; @key is copied */
int dco_key_install(struct dco_device *dev, uint32_t peer_id, enum dco_key_slot slot,
		    const struct dco_key *key, struct err *err) MUST_CHECK REQUIRES(control_thread);
int dco_key_swap(struct dco_device *dev, uint32_t peer_id) REQUIRES(control_thread);
int dco_key_delete(struct dco_device *dev, uint32_t peer_id, enum dco_key_slot slot)
	REQUIRES(control_thread);

/** dco_peer_stats() - counters of one peer; zero counters before it exists is not an error */
int dco_peer_stats(struct dco_device *dev, uint32_t peer_id, struct dco_peer_stats *out)
	REQUIRES(control_thread);
/** dco_device_stats() - sums over all peers, also those that are gone */
int dco_device_stats(struct dco_device *dev, struct dco_peer_stats *out) REQUIRES(control_thread);

/** dco_broadcasts_longest() - how many packets for all peers have ever waited at once */
uint32_t dco_broadcasts_longest(struct dco_device *dev) REQUIRES(control_thread);

/** dco_event_fd() - readable as long as dco_next_event() may have something: a caller may stop
 * early and come back when its loop has turned */
int dco_event_fd(const struct dco_device *dev);
/** dco_next_event() - Return: true with *@ev filled, false when nothing is waiting */
bool dco_next_event(struct dco_device *dev, struct dco_event *ev) REQUIRES(control_thread);
