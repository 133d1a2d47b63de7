/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/negotiation_setup.h"

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "crypto/library.h"
#include "net/iface.h"
#include "net/route.h"

enum {
	TUN_MTU_MAX_DEFAULT = 1600
};

static bool is_p2p(const struct config *cfg)
{
	return cfg->mode == CONFIG_MODE_P2P && !cfg->pull;
}

static enum occ_dev occ_dev(enum config_dev_type type)
{
	switch (type) {
	case CONFIG_DEV_TAP:
		return OCC_DEV_TAP;
	case CONFIG_DEV_NULL:
		return OCC_DEV_NULL;
	case CONFIG_DEV_TUN:
	case CONFIG_DEV_UNDEFINED:
		break;
	}
	return OCC_DEV_TUN;
}

static enum occ_proto occ_proto(enum config_proto_kind kind)
{
	switch (kind) {
	case CONFIG_PROTO_TCP_SERVER:
		return OCC_TCP_SERVER;
	case CONFIG_PROTO_TCP_CLIENT:
	case CONFIG_PROTO_TCP:
		return OCC_TCP_CLIENT;
	case CONFIG_PROTO_UDP:
		break;
	}
	return OCC_UDP;
}

int occ_setup(const struct config *cfg, enum config_comp comp, struct occ_strings *out,
	      struct err *err)
{
	const struct conn_entry *e = &cfg->ce;
	struct occ_input in = {
		.dev = occ_dev(cfg->tun.type),
		.tun_mtu = e->tun_mtu,
		.occ_mtu = e->occ_mtu,
		.link_base_mtu = e->link_mtu_set ? 1500 : 0,
		.tun_mtu_extra = e->tun_mtu_extra,
		.proto = occ_proto(e->proto.kind),
		.socks_udp = e->socks_proxy.host && e->proto.kind == CONFIG_PROTO_UDP,
		.p2p = is_p2p(cfg),
		.has_ifconfig_ipv6 = cfg->tun.ifconfig6_local != NULL,
		.has_ifconfig = cfg->tun.ifconfig_local && !cfg->tun.ifconfig_nowarn,
		.ifconfig_network = cfg->tun.type == CONFIG_DEV_TAP ||
				    cfg->tun.topology == CONFIG_TOPOLOGY_SUBNET,
		.ifconfig_local = cfg->tun.ifconfig_local,
		.ifconfig_remote = cfg->tun.ifconfig_remote,
		.comp_framing = comp != CONFIG_COMP_NONE && comp != CONFIG_COMP_MIGRATE,
		.comp_adds_byte = comp == CONFIG_COMP_LZO_STUB || comp == CONFIG_COMP_STUB ||
				  comp == CONFIG_COMP_LZO || comp == CONFIG_COMP_LZ4,
		.fragment = e->fragment != 0,
		.key_direction = e->key_direction,
		.cipher = cfg->crypto.cipher_set ? cfg->crypto.cipher : NULL,
		.data_ciphers = cfg->crypto.data_ciphers,
		.auth = cfg->crypto.auth,
		.crypto = OCC_CRYPTO_TLS,
		.tls_auth = config_file_is_set(&e->tls_auth),
		.tls_server = cfg->tls.server,
	};
	int ret = occ_local(&in, out->local, sizeof(out->local));

	if (ret == 0)
		ret = occ_expected(&in, out->expected, sizeof(out->expected));
	if (ret < 0)
		return err_set(err, ret, "cannot build the options string: %s", err_text(ret));
	return 0;
}

void occ_log_differences(const struct log *log, const char *expected, const char *received)
{
	struct str lines = str_init();

	if (!log_enabled(log, 7))
		return;
	occ_compare(expected, received, &lines);
	log_lines(log, 7, str_text(&lines));
	str_fini(&lines);
}

void peer_info_export(const struct log *log, struct env *env, const char *text)
{
	struct peer_info_line line;

	while (peer_info_next(&text, &line)) {
		if (!line.valid) {
			log_warn(log, "%s", PEER_INFO_INVALID_TEXT);
			continue;
		}
		log_info(log, 1, "peer info: %s=%s", line.name, line.value);
		env_set(env, line.name, line.value);
	}
}

/* Spec 02 section 8.2: a stub in the configuration asks the server for nothing more. */
static bool announces_compression(const struct config_crypto *c)
{
	return !c->comp_stub_only && !c->comp_none_only && c->comp != CONFIG_COMP_STUB &&
	       c->comp != CONFIG_COMP_STUB_V2;
}

static void fill_peer_info(const struct config *cfg, const struct peer_info_features *features,
			   struct peer_info_input *in)
{
	uint32_t max_mtu = TUN_MTU_MAX_DEFAULT;

	max_mtu = cfg->ce.tun_mtu > max_mtu ? cfg->ce.tun_mtu : max_mtu;
	max_mtu = cfg->ce.tun_mtu_max > max_mtu ? cfg->ce.tun_mtu_max : max_mtu;
	if (cfg->mode == CONFIG_MODE_SERVER)
		in->level = PEER_INFO_NOTHING;
	else if (cfg->push_peer_info)
		in->level = PEER_INFO_FULL;
	else
		in->level = cfg->pull ? PEER_INFO_PULL : PEER_INFO_P2P;
	in->pull = cfg->pull;
	in->server = cfg->mode == CONFIG_MODE_SERVER;
	in->version = PACKAGE_VERSION;
	in->platform = "linux";
	in->max_tun_mtu = max_mtu;
	in->data_ciphers = features->data_ciphers;
	in->epoch = features->epoch;
	in->push_update = features->push_update;
	in->dns_v2 = true;
	in->comp_stub = features->framing && !cfg->crypto.comp_none_only;
	in->comp_lzo = in->comp_lz4 = announces_compression(&cfg->crypto);
}

/* MAC of the interface that the default route leaves by (spec 03 section 3.2.1). */
static const char *default_hwaddr(struct netlink *nl, char buf[3 * IFACE_LLADDR_LEN])
{
	struct route route;
	struct iface_info info;

	if (route_default(nl, AF_INET, 0, &route) < 0 ||
	    iface_get(nl, route.ifindex, &info, NULL) < 0 || !info.has_lladdr)
		return NULL;
	str_hex(buf, (size_t)3 * IFACE_LLADDR_LEN, info.lladdr, sizeof(info.lladdr), ':');
	return buf;
}

int peer_info_setup(const struct config *cfg, const struct peer_info_features *features,
		    const struct env *env, struct netlink *nl, char out[PEER_INFO_MAX],
		    struct err *err)
{
	struct peer_info_input in = {.env = env_list(env), .n_env = env_count(env)};
	char hwaddr[3 * IFACE_LLADDR_LEN];
	struct utsname uts;
	int ret;

	fill_peer_info(cfg, features, &in);
	if (in.level == PEER_INFO_FULL) {
		in.hwaddr = default_hwaddr(nl, hwaddr);
		in.ssl_version = crypto_library_version();
		in.plat_version = uname(&uts) == 0 ? uts.release : NULL;
	}
	ret = peer_info_build(&in, out, PEER_INFO_MAX);
	if (ret < 0)
		return err_set(err, ret, "cannot build the peer info: %s", err_text(ret));
	return 0;
}

int crypto_setup_check(const struct config *cfg, struct err *err)
{
	const struct cipher_info *cipher;
	const struct digest_info *digest = digest_by_name(cfg->crypto.auth);

	if (!digest || !digest_available(digest))
		return err_set(err, ERR_UNSUPPORTED, "Message hash algorithm '%s' not found",
			       cfg->crypto.auth);
	if (!cfg->crypto.cipher_set || strcmp(cfg->crypto.cipher, "none") == 0)
		return 0;
	cipher = cipher_by_name(cfg->crypto.cipher);
	if (!cipher || !cipher_available(cipher))
		return err_set(err, ERR_UNSUPPORTED, "Cipher %s not supported", cfg->crypto.cipher);
	return 0;
}

void session_setup(const struct config *cfg, struct session_config *out)
{
	*out = (struct session_config){
		.transport = cfg->ce.proto.kind == CONFIG_PROTO_UDP ? SESSION_UDP : SESSION_TCP,
		.tls_server = cfg->tls.server,
		.single_session = cfg->tls.single_session,
		.mute_replay_warnings = cfg->crypto.mute_replay_warnings,
		.hand_window_sec = cfg->tls.hand_window_sec,
		.tran_window_sec = cfg->tls.tran_window_sec,
		.tls_timeout_sec = cfg->tls.timeout_sec,
		.reneg_sec = cfg->tls.reneg_sec,
		.reneg_min_sec = cfg->tls.reneg_min_set ? cfg->tls.reneg_min_sec : 0,
		.reneg_bytes = cfg->tls.reneg_bytes_set ? cfg->tls.reneg_bytes : 0,
		.reneg_packets = cfg->tls.reneg_pkts,
		.max_packet_size = session_clamp_size(cfg->ce.max_packet_size),
		.replay_window = cfg->crypto.replay_window,
		.replay_time_sec = cfg->crypto.replay_time_sec,
		.replay_strict = cfg->crypto.replay_window == 0,
	};
}

void negotiated_log(const struct negotiated *neg, const struct config *cfg, const struct log *log)
{
	const struct config_timers *t = &cfg->timers;
	const struct cipher_info *cipher = cipher_by_name(neg->cipher);
	struct str s = str_init();

	str_addf(&s, "Data Channel: cipher '%s'", neg->cipher);
	if (!cipher || cipher->mode != CIPHER_MODE_AEAD)
		str_addf(&s, ", auth '%s'", cfg->crypto.auth);
	if (neg->use_v2)
		str_addf(&s, ", peer-id: %u", neg->peer_id);
	log_info(log, 2, "%s", str_text(&s));
	str_clear(&s);
	if (t->ping_sec)
		str_addf(&s, ", ping %u", t->ping_sec);
	if (t->ping_rec_sec)
		str_addf(&s, ", ping-%s %u", t->ping_rec_exits ? "exit" : "restart",
			 t->ping_rec_sec);
	if (t->inactive_sec && t->inactive_bytes)
		str_addf(&s, ", inactive %u %llu", t->inactive_sec,
			 (unsigned long long)t->inactive_bytes);
	else if (t->inactive_sec)
		str_addf(&s, ", inactive %u", t->inactive_sec);
	if (t->session_sec)
		str_addf(&s, ", session-timeout %u", t->session_sec);
	if (s.len)
		log_info(log, 2, "Timers: %s", str_text(&s) + 2);
	str_clear(&s);
	if (cfg->ce.explicit_exit_notify)
		str_addf(&s, ", explicit-exit-notify %u", cfg->ce.explicit_exit_notify);
	if (neg->cc_exit || neg->tls_ekm || neg->dyn_tls_crypt || neg->epoch)
		str_addf(&s, ", protocol-flags%s%s%s%s", neg->cc_exit ? " cc-exit" : "",
			 neg->tls_ekm ? " tls-ekm" : "", neg->dyn_tls_crypt ? " dyn-tls-crypt" : "",
			 neg->epoch ? " aead-epoch" : "");
	if (s.len)
		log_info(log, 2, "Protocol options: %s", str_text(&s) + 2);
	str_fini(&s);
}
