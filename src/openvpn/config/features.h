/* SPDX-License-Identifier: GPL-2.0-only */
/* What a data plane can do and an option can need: one bit each. Architecture section 4. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* clang-format off: name, text for people */
#define FEAT_MAP(X)                                                         \
	X(CIPHER_AES_128_GCM, "cipher AES-128-GCM")                         \
	X(CIPHER_AES_192_GCM, "cipher AES-192-GCM")                         \
	X(CIPHER_AES_256_GCM, "cipher AES-256-GCM")                         \
	X(CIPHER_CHACHA20_POLY1305, "cipher CHACHA20-POLY1305")             \
	X(CIPHER_NONE, "no encryption (cipher none with auth none)")        \
	X(LEGACY_CIPHER, "ciphers with a separate HMAC (CBC, CFB, OFB)")    \
	X(STATIC_KEY, "a static key or no TLS")                             \
	X(DATA_V1, "data format P_DATA_V1")                                 \
	X(DATA_V2, "data format P_DATA_V2")                                 \
	X(EPOCH, "epoch data keys")                                         \
	X(UDP4, "UDP over IPv4")                                            \
	X(UDP6, "UDP over IPv6")                                            \
	X(TCP, "TCP")                                                       \
	X(SOCKS_UDP, "UDP through a SOCKS proxy")                           \
	X(SOCKS_PROXY, "connections through a SOCKS proxy")                 \
	X(HTTP_PROXY, "connections through an HTTP proxy")                  \
	X(MULTI_PEER, "several peers on one device")                        \
	X(TAP, "tap devices")                                               \
	X(NULL_DEVICE, "the null device")                                   \
	X(UNIX_DEVICE, "a program as the device (dev-node unix:)")          \
	X(PERSIST_NODE, "making and removing persistent devices")           \
	X(OTHER_TOPOLOGY, "servers with topology net30 or p2p")             \
	X(FRAGMENT, "internal fragmentation")                               \
	X(COMPRESS_STUB, "compression framing")                             \
	X(COMPRESS, "decompression")                                        \
	X(MSSFIX, "clamping of the TCP MSS")                                \
	X(INACTIVE_BYTES, "counting of tunnel bytes for --inactive")        \
	X(SHAPER, "limiting of the output rate")                            \
	X(CLIENT_NAT, "address translation inside the tunnel")              \
	X(BLOCK_IPV6, "blocking of IPv6 inside the tunnel")                 \
	X(PASSTOS, "copying of the TOS field")                              \
	X(MTU_TEST, "measuring of the path MTU")                            \
	X(MTU_DISC, "control of path-MTU discovery for data packets")       \
	X(STALE_ROUTES, "seeing which addresses are in use")                \
	X(CLIENT_TO_CLIENT, "forwarding between clients in the data plane") \
	X(REPLAY_WINDOW, "a replay window of chosen size")                  \
	X(RENEG_BY_AMOUNT, "renegotiation after an amount of data")         \
	X(PER_PEER_STATS, "counters of each peer")                          \
	X(FLOAT, "following a peer to another address")                     \
	X(FLOAT_POLICY, "refusing packets from another address")            \
	X(DATA_EXIT_NOTIFY, "exit notices in the data channel")             \
	X(PUSH_UPDATE, "changes of pushed options while connected")         \
	X(ASYM_PEER_ID, "different peer ids in both directions")            \
	X(PING_TIMER_REM, "a receive timer that waits for the peer")        \
	X(QUEUES, "queue limits in the data plane")                         \
	X(PROXY_QUERY, "proxies that are chosen while running")             \
	X(FAULT_INJECTION, "fault injection")                               \
	X(DEVICE_NODE, "opening a device by its node")                      \
	X(DEVICE_QUEUE, "a send queue of the device")                       \
	X(BIND_DEV, "UDP bound to an interface or VRF")                     \
	X(SAME_INTERFACE, "answers by the interface of arrival")            \
	X(SET_PEER, "changing the addresses of a peer")                     \
	X(MULTICAST, "multicast from the device to all peers")              \
	X(EARLY_DATA, "keeping packets that come before their key")         \
	X(OUT_OF_SYNC, "telling of packets under an unknown key")           \
	X(DROP_COUNTER, "counting of dropped packets")                      \
	X(EXACT_COUNTERS, "counting without keepalive packets")             \
	X(FLOAT_CHECK, "telling when addresses of peers collide")           \
	X(INNER_CHECK, "dropping of packets with a cut header")             \
	X(CLIENT_ROUTES, "routes to clients apart from those of the system")
/* clang-format on */

enum feat_ordinal {
#define X(name, text) FEAT_ORDINAL_##name,
	FEAT_MAP(X)
#undef X
	FEAT_ORDINAL_COUNT
};
BUILD_ASSERT(FEAT_ORDINAL_COUNT <= 64);

#define FEAT_BIT(name) (UINT64_C(1) << FEAT_ORDINAL_##name)

/* FEAT_UDP4 and so on: constants usable in tables */
#define FEAT_CIPHER_AES_128_GCM	      FEAT_BIT(CIPHER_AES_128_GCM)
#define FEAT_CIPHER_AES_192_GCM	      FEAT_BIT(CIPHER_AES_192_GCM)
#define FEAT_CIPHER_AES_256_GCM	      FEAT_BIT(CIPHER_AES_256_GCM)
#define FEAT_CIPHER_CHACHA20_POLY1305 FEAT_BIT(CIPHER_CHACHA20_POLY1305)
#define FEAT_CIPHER_NONE	      FEAT_BIT(CIPHER_NONE)
#define FEAT_LEGACY_CIPHER	      FEAT_BIT(LEGACY_CIPHER)
#define FEAT_STATIC_KEY		      FEAT_BIT(STATIC_KEY)
#define FEAT_DATA_V1		      FEAT_BIT(DATA_V1)
#define FEAT_DATA_V2		      FEAT_BIT(DATA_V2)
#define FEAT_EPOCH		      FEAT_BIT(EPOCH)
#define FEAT_UDP4		      FEAT_BIT(UDP4)
#define FEAT_UDP6		      FEAT_BIT(UDP6)
#define FEAT_TCP		      FEAT_BIT(TCP)
#define FEAT_SOCKS_UDP		      FEAT_BIT(SOCKS_UDP)
#define FEAT_SOCKS_PROXY	      FEAT_BIT(SOCKS_PROXY)
#define FEAT_HTTP_PROXY		      FEAT_BIT(HTTP_PROXY)
#define FEAT_MULTI_PEER		      FEAT_BIT(MULTI_PEER)
#define FEAT_TAP		      FEAT_BIT(TAP)
#define FEAT_NULL_DEVICE	      FEAT_BIT(NULL_DEVICE)
#define FEAT_UNIX_DEVICE	      FEAT_BIT(UNIX_DEVICE)
#define FEAT_PERSIST_NODE	      FEAT_BIT(PERSIST_NODE)
#define FEAT_OTHER_TOPOLOGY	      FEAT_BIT(OTHER_TOPOLOGY)
#define FEAT_FRAGMENT		      FEAT_BIT(FRAGMENT)
#define FEAT_COMPRESS_STUB	      FEAT_BIT(COMPRESS_STUB)
#define FEAT_COMPRESS		      FEAT_BIT(COMPRESS)
#define FEAT_MSSFIX		      FEAT_BIT(MSSFIX)
#define FEAT_INACTIVE_BYTES	      FEAT_BIT(INACTIVE_BYTES)
#define FEAT_SHAPER		      FEAT_BIT(SHAPER)
#define FEAT_CLIENT_NAT		      FEAT_BIT(CLIENT_NAT)
#define FEAT_BLOCK_IPV6		      FEAT_BIT(BLOCK_IPV6)
#define FEAT_PASSTOS		      FEAT_BIT(PASSTOS)
#define FEAT_MTU_TEST		      FEAT_BIT(MTU_TEST)
#define FEAT_MTU_DISC		      FEAT_BIT(MTU_DISC)
#define FEAT_STALE_ROUTES	      FEAT_BIT(STALE_ROUTES)
#define FEAT_CLIENT_TO_CLIENT	      FEAT_BIT(CLIENT_TO_CLIENT)
#define FEAT_REPLAY_WINDOW	      FEAT_BIT(REPLAY_WINDOW)
#define FEAT_RENEG_BY_AMOUNT	      FEAT_BIT(RENEG_BY_AMOUNT)
#define FEAT_PER_PEER_STATS	      FEAT_BIT(PER_PEER_STATS)
#define FEAT_FLOAT		      FEAT_BIT(FLOAT)
#define FEAT_FLOAT_POLICY	      FEAT_BIT(FLOAT_POLICY)
#define FEAT_DATA_EXIT_NOTIFY	      FEAT_BIT(DATA_EXIT_NOTIFY)
#define FEAT_PUSH_UPDATE	      FEAT_BIT(PUSH_UPDATE)
#define FEAT_ASYM_PEER_ID	      FEAT_BIT(ASYM_PEER_ID)
#define FEAT_PING_TIMER_REM	      FEAT_BIT(PING_TIMER_REM)
#define FEAT_QUEUES		      FEAT_BIT(QUEUES)
#define FEAT_PROXY_QUERY	      FEAT_BIT(PROXY_QUERY)
#define FEAT_FAULT_INJECTION	      FEAT_BIT(FAULT_INJECTION)
#define FEAT_DEVICE_NODE	      FEAT_BIT(DEVICE_NODE)
#define FEAT_DEVICE_QUEUE	      FEAT_BIT(DEVICE_QUEUE)
#define FEAT_BIND_DEV		      FEAT_BIT(BIND_DEV)
#define FEAT_SAME_INTERFACE	      FEAT_BIT(SAME_INTERFACE)
#define FEAT_CLIENT_ROUTES	      FEAT_BIT(CLIENT_ROUTES)
/* no option needs these; they tell what to expect of dco.h */
#define FEAT_SET_PEER	    FEAT_BIT(SET_PEER)
#define FEAT_MULTICAST	    FEAT_BIT(MULTICAST)
#define FEAT_EARLY_DATA	    FEAT_BIT(EARLY_DATA)
#define FEAT_OUT_OF_SYNC    FEAT_BIT(OUT_OF_SYNC)
#define FEAT_DROP_COUNTER   FEAT_BIT(DROP_COUNTER)
#define FEAT_EXACT_COUNTERS FEAT_BIT(EXACT_COUNTERS)
#define FEAT_INNER_CHECK    FEAT_BIT(INNER_CHECK)
#define FEAT_FLOAT_CHECK    FEAT_BIT(FLOAT_CHECK)

/* The AEAD ciphers of current peers. */
#define FEAT_CIPHERS_AEAD                                                              \
	(FEAT_CIPHER_AES_128_GCM | FEAT_CIPHER_AES_192_GCM | FEAT_CIPHER_AES_256_GCM | \
	 FEAT_CIPHER_CHACHA20_POLY1305)

/** feature_text() - what a single FEAT_* bit means, for people; never NULL */
const char *feature_text(uint64_t bit);

/** feature_name() - the name of a single bit without "FEAT_", for listings; never NULL */
const char *feature_name(uint64_t bit);

/** feature_of_cipher() - the bit that a data cipher (canonical name) needs */
uint64_t feature_of_cipher(const char *name);
