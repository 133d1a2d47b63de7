/* SPDX-License-Identifier: GPL-2.0-only */
/* The userspace engine as a backend. */
#include "dco_backends.h"

#include <stdio.h>

#include "config/features.h"
#include "engine/engine.h"

static uint64_t engine_features(struct err *why)
{
	(void)why;
	return FEAT_CIPHERS_AEAD | FEAT_LEGACY_CIPHER | FEAT_CIPHER_NONE | FEAT_DATA_V1 |
	       FEAT_DATA_V2 | FEAT_EPOCH | FEAT_UDP4 | FEAT_UDP6 | FEAT_TCP | FEAT_HTTP_PROXY |
	       FEAT_SOCKS_PROXY | FEAT_MULTI_PEER | FEAT_TAP | FEAT_FRAGMENT | FEAT_COMPRESS_STUB |
	       FEAT_COMPRESS | FEAT_NULL_DEVICE | FEAT_PERSIST_NODE | FEAT_OTHER_TOPOLOGY |
	       FEAT_MSSFIX | FEAT_CLIENT_TO_CLIENT | FEAT_REPLAY_WINDOW | FEAT_RENEG_BY_AMOUNT |
	       FEAT_INACTIVE_BYTES | FEAT_PER_PEER_STATS | FEAT_FLOAT | FEAT_DATA_EXIT_NOTIFY |
	       FEAT_PUSH_UPDATE | FEAT_ASYM_PEER_ID | FEAT_MTU_DISC | FEAT_BLOCK_IPV6 |
	       FEAT_STALE_ROUTES | FEAT_DEVICE_NODE | FEAT_DEVICE_QUEUE | FEAT_BIND_DEV |
	       FEAT_SAME_INTERFACE | FEAT_CLIENT_ROUTES | FEAT_SET_PEER | FEAT_MULTICAST |
	       FEAT_EARLY_DATA | FEAT_OUT_OF_SYNC | FEAT_DROP_COUNTER | FEAT_EXACT_COUNTERS |
	       FEAT_FLOAT_CHECK | FEAT_INNER_CHECK;
}

static const char *engine_version(char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "userspace");
	return buf;
}

const struct dco_backend dco_engine = {
	.name = "engine",
	.text = "userspace engine on a tun device",
	.features = engine_features,
	.version = engine_version,
	.ops = &engine_ops,
};
