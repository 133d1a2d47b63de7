/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/data_setup.h"

#include <string.h>

#include "base/err.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "data/mss.h"
#include "proto/peer_info.h"

static enum digest_id digest_of(const char *auth)
{
	const struct digest_info *digest = digest_by_name(auth);

	return digest ? digest->id : DIGEST_NONE;
}

static enum mtu_scope mss_scope(const struct conn_entry *e)
{
	if (e->mssfix_fixed)
		return MTU_SCOPE_FIXED;
	return e->mssfix_counts_outer ? MTU_SCOPE_IP : MTU_SCOPE_PAYLOAD;
}

static enum dco_framing framing_of(enum config_comp comp)
{
	switch (comp) {
	case CONFIG_COMP_LZO_STUB:
		return DCO_FRAMING_LZO_STUB;
	case CONFIG_COMP_STUB:
		return DCO_FRAMING_STUB;
	case CONFIG_COMP_STUB_V2:
		return DCO_FRAMING_STUB_V2;
	case CONFIG_COMP_LZO:
		return DCO_FRAMING_LZO;
	case CONFIG_COMP_LZ4:
		return DCO_FRAMING_LZ4;
	case CONFIG_COMP_LZ4_V2:
		return DCO_FRAMING_LZ4_V2;
	case CONFIG_COMP_NONE:
	case CONFIG_COMP_MIGRATE:
		break;
	}
	return DCO_FRAMING_NONE;
}

static bool framing_adds_byte(enum dco_framing framing)
{
	return framing != DCO_FRAMING_NONE && framing != DCO_FRAMING_STUB_V2 &&
	       framing != DCO_FRAMING_LZ4_V2;
}

static enum mtu_scope fragment_scope(const struct conn_entry *e)
{
	return e->fragment_counts_outer ? MTU_SCOPE_IP : MTU_SCOPE_PAYLOAD;
}

struct dco_peer_params data_setup_params(const struct config *cfg, const struct negotiated *neg,
					 bool tcp, sa_family_t family)
{
	const struct cipher_info *cipher = cipher_by_name(neg->cipher);
	struct mtu_params mtu = {
		.mode = MTU_MODE_TLS,
		.v2 = neg->use_v2,
		.epoch = neg->epoch,
		.cipher = cipher ? cipher->id : CIPHER_NONE,
		.digest = digest_of(cfg->crypto.auth),
		.tcp = tcp,
		.link_ip6 = family == AF_INET6,
		.tun_mtu_extra = cfg->ce.tun_mtu_extra,
		.fragment = cfg->ce.fragment != 0,
		.framing_byte = framing_adds_byte(framing_of(cfg->crypto.comp)),
	};
	uint32_t fragment = cfg->ce.fragment
				    ? mtu_fragment(&mtu, cfg->ce.fragment, fragment_scope(&cfg->ce))
				    : 0;
	struct ip_addr gateway = {0};
	uint16_t mss = mtu_mss(&mtu, cfg->ce.mssfix, mss_scope(&cfg->ce));

	if (cfg->tun.ifconfig6_remote && ip_addr_parse(cfg->tun.ifconfig6_remote, &gateway) < 0)
		gateway = (struct ip_addr){0};
	return (struct dco_peer_params){
		.ping_interval_sec = cfg->timers.ping_sec,
		.ping_timeout_sec = cfg->timers.ping_rec_sec,
		.mss_ip4 = mss,
		.mss_ip6 = mss > 20 ? (uint16_t)(mss - 20) : 0,
		.block_ipv6 = cfg->tun.block_ipv6,
		.block_ipv6_from = gateway,
		.framing = framing_of(cfg->crypto.comp),
		.vlan_pvid = cfg->server.vlan_pvid,
		.dhcp_router = cfg->routing.gateway_dhcp,
		.macs_max = cfg->server.max_routes_per_client,
		.fragment_max = fragment > UINT16_MAX ? UINT16_MAX : (uint16_t)fragment,
	};
}

const char *data_setup_migrate(const char *peer_info, enum config_comp *comp)
{
	/* stub-v2 adds nothing to IP packets; who does not know it gets the stub of old releases */
	bool can_leave = peer_info_number(peer_info, "IV_COMP_STUBv2") == 1;

	*comp = can_leave ? CONFIG_COMP_NONE : CONFIG_COMP_LZO_STUB;
	return can_leave ? "compress stub-v2" : "comp-lzo no";
}

/* One of the two options; the size that counts is that of the IP packet. */
static bool shrink(const char *name, uint32_t *value, bool *counts_outer, uint32_t outer,
		   uint32_t mtu, const struct log *log)
{
	if (!*value || *value + (*counts_outer ? 0 : outer) <= mtu)
		return false;
	log_info(log, 4, "Note adjusting '%s %u%s' to '%s %u mtu' according to path MTU discovery",
		 name, *value, *counts_outer ? " mtu" : "", name, mtu);
	*value = mtu;
	*counts_outer = true;
	return true;
}

bool data_setup_path_mtu(struct conn_entry *e, sa_family_t family, uint32_t mtu,
			 const struct log *log)
{
	struct mtu_params params = {.link_ip6 = family == AF_INET6};
	uint32_t outer = (uint32_t)mtu_ip_bytes(&params);
	bool changed = false;

	if (!e->fragment)
		return false;
	if (!e->mssfix_fixed)
		changed = shrink("mssfix", &e->mssfix, &e->mssfix_counts_outer, outer, mtu, log);
	return shrink("fragment", &e->fragment, &e->fragment_counts_outer, outer, mtu, log) ||
	       changed;
}

uint64_t data_setup_small_blocks(const struct config *cfg, const struct negotiated *neg,
				 const struct log *log)
{
	enum {
		SAFE_BLOCK_BYTES = 16,
		SMALL_BLOCK_RENEG_BYTES = 64 << 20,
	};
	const struct cipher_info *cipher = cipher_by_name(neg->cipher);

	if (cfg->tls.reneg_bytes_set || !cipher || cipher->mode == CIPHER_MODE_AEAD ||
	    cipher->mode == CIPHER_MODE_NONE || cipher->block_bytes >= SAFE_BLOCK_BYTES)
		return 0;
	log_warn(
		log,
		"WARNING: cipher with small block size in use, reducing reneg-bytes to 64MB to mitigate SWEET32 attacks.");
	return SMALL_BLOCK_RENEG_BYTES;
}

static enum dco_data_format data_format(const struct negotiated *n)
{
	if (n->epoch)
		return DCO_FORMAT_EPOCH;
	return n->use_v2 ? DCO_FORMAT_V2 : DCO_FORMAT_V1;
}

int data_setup_key(const struct negotiated *neg, const char *auth, const struct session_event *ev,
		   struct dco_key *out)
{
	const struct cipher_info *cipher = cipher_by_name(neg->cipher);

	if (!cipher)
		return ERR_UNSUPPORTED;
	out->key_id = ev->key_id;
	out->format = data_format(neg);
	out->cipher = cipher->id;
	out->digest = digest_of(auth);
	memcpy(out->seal.cipher, ev->slices.seal_cipher, sizeof(out->seal.cipher));
	memcpy(out->seal.hmac, ev->slices.seal_hmac, sizeof(out->seal.hmac));
	memcpy(out->open.cipher, ev->slices.open_cipher, sizeof(out->open.cipher));
	memcpy(out->open.hmac, ev->slices.open_hmac, sizeof(out->open.hmac));
	return 0;
}
