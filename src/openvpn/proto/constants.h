/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of the control channel, spec chapter 1. */
#pragma once

/* 1.3: high five bits of the first byte */
enum opcode {
	OP_CONTROL_HARD_RESET_CLIENT_V1 = 1,
	OP_CONTROL_HARD_RESET_SERVER_V1 = 2,
	OP_CONTROL_SOFT_RESET_V1 = 3,
	OP_CONTROL_V1 = 4,
	OP_ACK_V1 = 5,
	OP_DATA_V1 = 6,
	OP_CONTROL_HARD_RESET_CLIENT_V2 = 7,
	OP_CONTROL_HARD_RESET_SERVER_V2 = 8,
	OP_DATA_V2 = 9,
	OP_CONTROL_HARD_RESET_CLIENT_V3 = 10,
	OP_CONTROL_WKC_V1 = 11,
};

enum {
	OPCODE_SHIFT = 3,
	KEY_ID_MASK = 7,

	/* 2 */
	SID_LEN = 8,
	ACK_IDS_MAX = 8,	/* in one record */
	ACK_IDS_IN_MESSAGE = 4, /* 5.1: in packets other than P_ACK_V1 */

	/* 5.1 */
	SEND_WINDOW = 6,
	RECEIVE_WINDOW = 12,
	FAST_RETRANSMIT_ACKS = 3,

	/* 5.7 */
	MAX_PACKET_SIZE_DEFAULT = 1250,
	MAX_PACKET_SIZE_LOWEST = 154,
	MAX_PACKET_SIZE_HIGHEST = 2048,
	CONTROL_CHUNK_LOWEST = 16,
	IP4_UDP_HEADER = 28,
	IP6_UDP_HEADER = 48,
	/* largest message payload that we store; peers send at most 2048 and their overhead */
	CONTROL_PAYLOAD_MAX = 2304,
	/* largest packet that is looked at: payload, ACK record, any wrap, WKc */
	CONTROL_PACKET_MAX = 4096,

	/* 6.3 */
	REPLAY_ID_LEN = 8,
	REPLAY_WINDOW_DEFAULT = 64,
	REPLAY_WINDOW_HIGHEST = 65536,
	REPLAY_TIME_DEFAULT_SEC = 15,
	REPLAY_EXPIRE_EVERY_SEC = 5,

	/* 6.6 */
	TLS_CRYPT_TAG_LEN = 32,
	TLS_CRYPT_OVERHEAD = REPLAY_ID_LEN + TLS_CRYPT_TAG_LEN,
	TLS_CRYPT_SIZE_SLACK = 16, /* counted by 5.7, never sent */

	/* 7.4 */
	TLV_EARLY_NEG_FLAGS = 1,
	EARLY_NEG_RESEND_WKC = 1,

	/* 8.1, 9, 11 */
	PLAINTEXT_MAX = 2048,
	KEY_METHOD = 2,
	KEY_PRE_MASTER_LEN = 48,
	KEY_RANDOM_LEN = 32,
	KEY_OPTIONS_MAX = 512,	   /* with NUL, receiving; sending one less */
	KEY_USERPASS_MAX = 128,	   /* with NUL */
	KEY_PEER_INFO_SEND = 1536, /* with NUL */
};

/* 6.7: a client that starts here understands early negotiation TLVs */
#define EARLY_NEG_COUNTER_START 0x0F000000U
#define EARLY_NEG_COUNTER_MASK	0x0F000000U

/* 6.8, 10.2 */
#define EXPORTER_DATA_KEYS     "EXPORTER-OpenVPN-datakeys"
#define EXPORTER_DYN_TLS_CRYPT "EXPORTER-OpenVPN-dynamic-tls-crypt"
#define EXPORTER_P2P_PEER_ID   "EXPORTER-OpenVPN-p2p-peerid"
