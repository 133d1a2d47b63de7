/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration as plain values: what every other part reads. Spec 04. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "config/values.h"

/*
 * All strings and lists belong to the configuration (struct config_pool) and live until
 * config_free(); they are never changed in place. A copy made by config_clone() shares what it
 * does not change, so a copy for each connection attempt or client is cheap.
 *
 * "set" flags tell "given by the user" apart from "default"; everything else holds the value in
 * force. Until config_finish() has run, some values still say "default" (see there).
 */
struct config_pool;

/* Scripts: the command string, NULL when not given. */
struct config_scripts {
	const char *up;
	const char *down;
	const char *route_up;
	const char *route_pre_down;
	const char *ipchange;
	const char *tls_verify;
	const char *tls_crypt_v2_verify;
	const char *auth_user_pass_verify;
	const char *client_connect;
	const char *client_disconnect;
	const char *client_crresponse;
	const char *learn_address;
	const char *tls_export_cert_dir;
	bool auth_user_pass_via_file;
	bool up_delay;
	bool up_restart;
	bool down_pre;
	unsigned int security; /* 0..3 */
};

struct config_timers {
	uint32_t ping_sec;     /* 0: send none */
	uint32_t ping_rec_sec; /* silence after which to act; 0: never */
	bool ping_rec_exits;   /* ping-exit, else ping-restart */
	bool ping_rec_set;
	bool ping_timer_rem;
	uint32_t keepalive_ping_sec; /* of the helper, 0: not given */
	uint32_t keepalive_timeout_sec;
	uint32_t inactive_sec;	 /* 0: off */
	uint64_t inactive_bytes; /* 0: any packet counts */
	uint32_t session_sec;	 /* 0: off */
};

struct config_tls {
	bool server;
	bool client;
	struct config_file ca;
	const char *capath;
	struct config_file cert;
	struct config_file key;
	struct config_file extra_certs;
	struct config_file pkcs12; /* text: base64 of the DER file */
	struct config_file dh;
	struct config_file crl;
	bool crl_is_dir;
	bool askpass;
	const char *askpass_file; /* NULL: prompt */
	const char *cipher_list;
	const char *ciphersuites;
	const char *groups;
	const char *cert_profile;
	const char *ecdh_curve;
	enum config_tls_version version_min; /* UNSET until config_finish() */
	bool version_min_or_highest;
	enum config_tls_version version_max; /* UNSET: highest */
	enum config_x509_name verify_name_type;
	const char *verify_name;
	CONFIG_LIST(const char *) username_fields; /* empty: CN */
	CONFIG_LIST(const char *) track;
	bool remote_cert_ku_set;
	CONFIG_LIST(unsigned int) remote_cert_ku; /* empty: just present */
	const char *remote_cert_eku;
	enum config_ns_cert_type ns_cert_type;
	enum config_fingerprints fingerprint_kind;
	enum config_hash fingerprint_hash;
	CONFIG_LIST(struct config_fingerprint) fingerprints;
	bool without_ca; /* fingerprints only; set by config_finish() */
	uint32_t timeout_sec;
	uint32_t hand_window_sec;
	uint32_t tran_window_sec;
	uint32_t reneg_sec; /* 0: never */
	uint32_t reneg_min_sec;
	bool reneg_min_set;
	uint64_t reneg_bytes;
	bool reneg_bytes_set;
	uint64_t reneg_pkts;
	bool single_session;
	bool exit_on_failure;
	uint32_t crypt_v2_max_age_days; /* 0: any */
	const char *exporter_label;
	uint32_t exporter_len;
};

struct config_crypto {
	const char *cipher; /* canonical; NULL until config_finish() when not given */
	bool cipher_set;
	bool cipher_is_fallback;  /* data-ciphers-fallback, compat-mode, p2p */
	const char *fallback;	  /* that cipher, whatever is pushed later; NULL: none */
	const char *data_ciphers; /* normalised by config_finish() */
	/* ChaCha20-Poly1305 is in it by default only: a data plane without it is good enough */
	bool chacha_by_default;
	bool data_ciphers_set;
	const char *auth; /* digest name or "none" */
	struct config_file secret;
	uint32_t replay_window; /* packets */
	uint32_t replay_time_sec;
	bool replay_window_set;
	bool mute_replay_warnings;
	const char *replay_persist;
	bool allow_static; /* allow-deprecated-insecure-static-crypto */
	CONFIG_LIST(const char *) providers;
	enum config_comp comp;
	bool comp_set;
	enum config_allow_comp allow_comp; /* UNSET: only framing, see config_finish() */
	bool comp_stub_only;		   /* real algorithms refused */
	bool comp_none_only;		   /* framing refused too (data-channel offload) */
	bool disable_occ;
};

struct config_tun {
	const char *dev;	   /* as written */
	enum config_dev_type type; /* from dev-type, else from the name */
	const char *type_text;	   /* dev-type as written */
	const char *dev_node;
	const char *lladdr;
	enum config_topology topology;
	const char *ifconfig_local;
	const char *ifconfig_remote; /* or netmask */
	const char *ifconfig6_local; /* address without bits */
	uint8_t ifconfig6_bits;
	const char *ifconfig6_remote;
	bool ifconfig_noexec;
	bool ifconfig_nowarn;
	uint32_t txqueuelen; /* 0: leave */
	bool block_ipv6;
	bool disable_dco;
	bool mtu_test;
};

struct config_routing {
	CONFIG_LIST(struct config_route) routes;
	CONFIG_LIST(struct config_route6) routes6;
	const char *gateway; /* route-gateway */
	bool gateway_dhcp;
	const char *gateway6;
	uint32_t metric; /* 0: default */
	bool metric_set;
	uint32_t table; /* for the lines that follow; see the routes */
	uint32_t delay_sec;
	bool delay_set;
	uint32_t delay_window_sec;
	bool noexec;
	bool nopull;
	unsigned int redirect; /* enum config_redirect_flags */
	CONFIG_LIST(struct config_client_nat) client_nat;
	bool allow_pull_fqdn;
	bool allow_recursive_routing;
};

struct config_pool4 {
	bool defined;
	struct in_addr start, end;
	struct in_addr netmask; /* 0.0.0.0: none */
};

/* iroute, ifconfig-push and friends: set by per-client files only, except where global. */
struct config_per_client {
	CONFIG_LIST(struct ip_net) iroutes; /* both families */
	bool ifconfig_push_set;
	struct in_addr ifconfig_push_local, ifconfig_push_remote;
	struct in_addr ifconfig_push_alias;
	bool ifconfig_push_alias_set;
	bool ifconfig6_push_set;
	struct config_net6 ifconfig6_push;
	struct in6_addr ifconfig6_push_remote;
	bool push_ifconfig_blocked; /* push-remove ifconfig */
	bool push_ifconfig6_blocked;
	bool disable;
	const char *override_username;
};

struct config_server {
	bool helper_server, helper_server6, helper_bridge, helper_bridge_proxy;
	bool helper_server_nopool, helper_bridge_nogw;
	struct config_net4 net4;
	struct config_net6 net6;
	struct {
		struct in_addr gateway, netmask, start, end;
	} bridge;
	struct config_pool4 pool4;
	bool pool4_by_user;
	bool pool6_defined;
	struct config_net6 pool6;
	const char *pool_persist;
	uint32_t pool_persist_sec;
	bool push_constraint_set;
	struct config_net4 push_constraint;
	CONFIG_LIST(const char *) push; /* in the order of sending */
	bool client_to_client;
	bool duplicate_cn;
	const char *client_config_dir;
	bool ccd_exclusive;
	uint32_t max_clients;
	uint32_t max_routes_per_client;
	uint32_t stale_routes_age_sec, stale_routes_interval_sec; /* 0: off */
	uint32_t hash_real, hash_virtual;			  /* 0 until config_finish() */
	uint32_t bcast_buffers;
	uint32_t tcp_queue_limit;
	uint32_t connect_freq_max, connect_freq_sec; /* 0: off */
	uint32_t connect_freq_initial_max, connect_freq_initial_sec;
	const char *port_share_host, *port_share_port, *port_share_dir;
	bool auth_token;
	uint32_t auth_token_lifetime_sec; /* 0: no limit */
	uint32_t auth_token_renewal_sec;
	bool auth_token_renewal_set;
	bool auth_token_external;
	struct config_file auth_token_secret;
	bool auth_optional;
	bool username_as_cn;
	enum config_verify_client verify_client;
	bool force_key_export;
	bool tcp_nodelay;
	bool vlan_tagging;
	enum config_vlan_accept vlan_accept;
	uint16_t vlan_pvid; /* 1..4094 */
};

struct config_auth {
	bool user_pass;
	struct config_file user_pass_file; /* neither: prompt */
	bool username_only;
	enum config_auth_retry retry;
	bool nocache;
	const char *token;
	const char *token_user; /* base64 */
	const char *challenge;	/* static-challenge text */
	bool challenge_echo;
	bool challenge_concat; /* else scrv1 */
};

/* Pushed protocol items. */
struct config_negotiated {
	bool peer_id_set;
	uint32_t peer_id;
	unsigned int flags;    /* enum config_protocol_flags */
	int push_continuation; /* of the last message */
};

struct config_management {
	const char *addr;
	const char *port; /* or "unix" */
	const char *password_file;
	const char *client_user, *client_group;
	bool client, query_passwords, query_proxy, query_remote, hold, signal;
	bool forget_disconnect, up_down, client_auth;
	bool modifier_set; /* an option that modifies --management */
	uint32_t log_cache;
	bool external_key;
	const char *external_key_flags;
	const char *external_cert;
};

struct config_log {
	uint32_t verb;
	uint32_t mute;
	bool verb_set;
	const char *file;
	bool file_append;
	bool syslog;
	bool suppress_timestamps;
	bool machine_readable;
	bool errors_to_stderr;
};

struct config_process {
	const char *cd;
	const char *chroot_dir;
	const char *user;
	const char *group;
	bool daemon;
	const char *progname; /* syslog ident */
	const char *writepid;
	bool nice_set;
	int nice;
	bool mlock;
	const char *status_file;
	uint32_t status_sec;	     /* 0: only on demand */
	unsigned int status_version; /* 1..3 */
	const char *tmp_dir;
	enum config_signal remap_usr1;
	uint32_t gremlin;
	bool persist_tun;
	bool persist_local_ip;
	bool persist_remote_ip;
	bool from_stdin;	     /* configuration was read from standard input */
	unsigned int compat_version; /* major*10000 + minor*100 + patch; 0: newest behaviour */
};

/* Command-only modes (spec 04 section 5). */
enum config_command_kind {
	CONFIG_RUN, /* none: run the tunnel */
	CONFIG_HELP,
	CONFIG_VERSION,
	CONFIG_SHOW_GATEWAY,
	CONFIG_SHOW_LISTS, /* see the show flags */
	CONFIG_GENKEY,
	CONFIG_MKTUN,
	CONFIG_RMTUN,
	CONFIG_TEST_CRYPTO, /* after config_finish() */
	CONFIG_DCO_CHECK,   /* after config_finish() */
};

enum config_show {
	CONFIG_SHOW_CIPHERS = 1 << 0,
	CONFIG_SHOW_DIGESTS = 1 << 1,
	CONFIG_SHOW_ENGINES = 1 << 2,
	CONFIG_SHOW_TLS = 1 << 3,
	CONFIG_SHOW_CURVES = 1 << 4,
};

struct config_command {
	enum config_command_kind kind; /* the one to execute */
	bool immediate;		       /* parsing stopped at it */
	unsigned int show;	       /* enum config_show */
	const char *show_gateway_addr; /* NULL: default */
	bool genkey;
	const char *genkey_type; /* NULL: static key */
	const char *genkey_file;
	const char *genkey_metadata;
	bool mktun, rmtun, test_crypto, dco_check;
};

/* Where an option was given. */
struct config_origin {
	const char *file; /* "[CMD-LINE]", a file name, "[PUSH-OPTIONS]" ... */
	unsigned int line;
};

struct config {
	struct config_pool *pool;

	enum config_mode mode;
	bool mode_set;
	bool pull;
	bool client_helper; /* `client` */
	struct config_command command;
	struct config_log log;
	struct config_process process;

	/* transport */
	struct conn_entry ce;			/* defaults; in a work copy the entry in use */
	CONFIG_LIST(struct conn_entry) entries; /* connection entries; config_finish() fills it */
	CONFIG_LIST(struct config_remote) remotes; /* `remote` lines outside blocks */
	bool entries_are_blocks;		   /* from <connection> */
	CONFIG_LIST(struct config_listen) locals;  /* global `local` lines */
	CONFIG_LIST(struct config_listen) listen;  /* what to listen on, after config_finish() */
	bool remote_random;
	bool remote_random_hostname;
	bool proto_force_set;
	struct config_proto proto_force;
	uint32_t connect_retry_max; /* rounds; 0: unlimited */
	uint32_t resolv_retry_sec;  /* UINT32_MAX: infinite */
	bool preresolve;
	const char *ip_remote_hint;
	struct {
		const char *host, *port;
		bool nct;
	} http_proxy_override;
	struct config_file http_proxy_user_pass;
	bool multihome;
	bool multihome_same_interface;
	uint32_t sndbuf, rcvbuf; /* bytes; 0: leave */
	uint32_t mark;
	const char *bind_dev;
	bool passtos;
	uint32_t shaper; /* bytes a second, 0: off */

	struct config_tun tun;
	struct config_routing routing;
	struct config_dns dns;
	struct config_dhcp dhcp;
	struct config_timers timers;
	struct config_crypto crypto;
	struct config_tls tls;
	struct config_auth auth;
	struct config_server server;
	struct config_per_client per_client;
	struct config_negotiated negotiated;
	struct config_scripts scripts;
	struct config_management management;
	bool push_peer_info;
	CONFIG_LIST(struct config_setenv)
	setenv; /* names already sanitised; setenv-safe with prefix */
	CONFIG_LIST(struct config_plugin) plugins;
	CONFIG_LIST(struct config_pull_filter) pull_filters;
	CONFIG_LIST(const char *) ignore_unknown;
	CONFIG_LIST(const char *) echo; /* text of echo lines, for management */
	bool forward_compatible;
	const char *config_name; /* first `config` value */

	/* which option was given where: by index of the option table */
	CONFIG_LIST(struct config_origin) origins;
};

/** config_new() - all values at their defaults; NULL when out of memory. Free: config_free(). */
struct config *config_new(void) MUST_CHECK;

/**
 * config_clone() - an independent copy
 *
 * This is also the snapshot of spec 04 section 1.12: make a copy for each connection attempt (or
 * client), apply pushed (or per-client) options to it, and free it afterwards. Nothing of them
 * can then be left over.
 *
 * Return: NULL when out of memory.
 */
struct config *config_clone(const struct config *cfg) MUST_CHECK;

/** config_free() - wipes all texts, which may be keys; NULL is fine */
void config_free(struct config *cfg);

/**
 * config_select_entry() - make entries.at[@index] the entry in use (config.ce) of a work copy
 *
 * Also sets what depends on the entry: clients over UDP restart after 120 s of silence by default.
 */
void config_select_entry(struct config *cfg, size_t index);

/**
 * config_origin() - where an option was given last
 * @name: without dashes
 *
 * Return: borrowed; NULL when it was not given.
 */
const struct config_origin *config_origin(const struct config *cfg, const char *name);

/** config_origin_text() - "file:line", or "" when not given; returns @buf */
const char *config_origin_text(const struct config *cfg, const char *name, char *buf, size_t cap);

/** config_given() - whether the option was given by anybody */
static inline bool config_given(const struct config *cfg, const char *name)
{
	return config_origin(cfg, name) != NULL;
}

/** config_strdup() - a copy of @text that lives as long as @cfg; NULL when out of memory */
const char *config_strdup(struct config *cfg, const char *text) MUST_CHECK;

/** config_add_push() - one more option for the client(s) of @cfg, copied. Return: 0, ERR_NOMEM. */
int config_add_push(struct config *cfg, const char *option) MUST_CHECK;

const char *config_strdup_printf(struct config *cfg, const char *fmt, ...) MUST_CHECK
	PRINTF_FMT(2, 3);

/** config_proto_name() - "udp4", "tcp-client" ... as users write it */
const char *config_proto_name(struct config_proto proto);
