/* SPDX-License-Identifier: GPL-2.0-only */
/* The bits of IV_PROTO, by which a peer announces protocol features. Spec 03 section 3.2.2. */
#pragma once

enum iv_proto {
	IV_PROTO_DATA_V2 = 1 << 1,	  /* P_DATA_V2 with a peer-id */
	IV_PROTO_REQUEST_PUSH = 1 << 2,	  /* takes a PUSH_REPLY without having asked */
	IV_PROTO_TLS_EKM = 1 << 3,	  /* data keys by the TLS exporter */
	IV_PROTO_AUTH_PENDING = 1 << 4,	  /* keywords after AUTH_PENDING */
	IV_PROTO_NCP_P2P = 1 << 5,	  /* negotiates ciphers as p2p peer */
	IV_PROTO_DNS_V1 = 1 << 6,	  /* first form of the dns option; 2.6 only */
	IV_PROTO_CC_EXIT = 1 << 7,	  /* EXIT message and the protocol-flags option */
	IV_PROTO_AUTH_FAIL_TEMP = 1 << 8, /* AUTH_FAILED,TEMP */
	IV_PROTO_DYN_TLS_CRYPT = 1 << 9,  /* dynamic tls-crypt for renegotiations */
	IV_PROTO_DATA_EPOCH = 1 << 10,	  /* epoch data keys */
	IV_PROTO_DNS_V2 = 1 << 11,	  /* second form of the dns option */
	IV_PROTO_PUSH_UPDATE = 1 << 12,	  /* takes PUSH_UPDATE */
};
