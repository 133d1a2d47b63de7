/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration as plain values: what every other part reads. Spec 04. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"

/*
 * All strings and lists belong to the configuration (struct config_pool) and live until
 * config_free(); they are never changed in place. A copy made by config_clone() shares what it
 * does not change, so a copy for each connection attempt or client is cheap.
 *
 * "set" flags tell "given by the user" apart from "default"; everything else holds the value in
 * force. Until config_finish() has run, some values still say "default" (see there).
 */
struct config_pool;

enum {
	CONFIG_LINE_MAX = 256,	  /* bytes of a line with its newline, and of a pushed item */
	CONFIG_TOKENS_MAX = 16,	  /* option name and 15 parameters */
	CONFIG_NESTING_MAX = 10,  /* files inside files */
	CONFIG_DNS_ADDRS_MAX = 8, /* addresses of one dns server */
	CONFIG_DHCP_MAX = 4,	  /* addresses of one kind in dhcp-option */
	CONFIG_DOMAIN_SEARCH_MAX = 10,
};

/* A list: use `.at[i]` for i < `.count`; grown by the config layer only. */
struct config_list {
	void *items;
	size_t count;
	size_t room;
	const void *owner;
};
#define CONFIG_LIST(type)                \
	union {                          \
		struct config_list list; \
		struct {                 \
			type *at;        \
			size_t count;    \
		};                       \
	}

/* A file name, or the text which would be in the file. Both NULL: not given. */
struct config_file {
	const char *path; /* as written; NULL when inline */
	const char *text; /* content when inline, or when read ahead (control-channel keys) */
};

static inline bool config_file_is_set(const struct config_file *f)
{
	return f->path != NULL || f->text != NULL;
}
static inline bool config_file_is_inline(const struct config_file *f)
{
	return f->path == NULL && f->text != NULL;
}

enum config_mode {
	CONFIG_MODE_P2P, /* also clients */
	CONFIG_MODE_SERVER,
};

enum config_proto_kind {
	CONFIG_PROTO_UDP,
	CONFIG_PROTO_TCP, /* "tcp": resolved to one of the next two by config_finish() */
	CONFIG_PROTO_TCP_SERVER,
	CONFIG_PROTO_TCP_CLIENT,
};

struct config_proto {
	enum config_proto_kind kind;
	sa_family_t family; /* AF_UNSPEC unless "udp4", "tcp6-client" ... */
};

enum config_dev_type {
	CONFIG_DEV_UNDEFINED,
	CONFIG_DEV_TUN,
	CONFIG_DEV_TAP,
	CONFIG_DEV_NULL,
};

enum config_topology {
	CONFIG_TOPOLOGY_UNDEFINED,
	CONFIG_TOPOLOGY_NET30,
	CONFIG_TOPOLOGY_P2P,
	CONFIG_TOPOLOGY_SUBNET,
};

enum config_signal {
	CONFIG_SIGNAL_NONE,
	CONFIG_SIGHUP,
	CONFIG_SIGTERM,
};

enum config_mtu_disc {
	CONFIG_MTU_DISC_DEFAULT,
	CONFIG_MTU_DISC_NO,
	CONFIG_MTU_DISC_MAYBE,
	CONFIG_MTU_DISC_YES,
};

enum config_key_direction {
	CONFIG_KEY_BIDIRECTIONAL = -1,
	CONFIG_KEY_NORMAL = 0,
	CONFIG_KEY_INVERSE = 1,
};

enum config_auth_retry {
	CONFIG_AUTH_RETRY_NONE,
	CONFIG_AUTH_RETRY_NOINTERACT,
	CONFIG_AUTH_RETRY_INTERACT,
};

/* One thing to listen on (or to bind to). */
struct config_listen {
	const char *host; /* NULL: any address */
	const char *port; /* NULL: the global local port */
	struct config_proto proto;
	bool proto_set;
};

struct config_http_header {
	const char *name;
	const char *value; /* may be NULL */
};

struct config_http_proxy {
	const char *host;
	const char *port;
	const char *auth_file; /* also "auto", "auto-nct", "stdin" */
	const char *method;    /* "none", "basic" ...; NULL: default */
	const char *http_version;
	const char *user_agent;
	CONFIG_LIST(struct config_http_header) headers;
	bool options_set; /* http-proxy-option was given */
};

struct config_socks_proxy {
	const char *host;
	const char *port;
	const char *auth_file;
};

/* A `remote` line outside of connection blocks. */
struct config_remote {
	const char *host;
	const char *port; /* NULL: rport */
	struct config_proto proto;
	bool proto_set;
};

/*
 * Per-connection options (letter C in spec 04 section 2). config.ce holds the defaults while
 * parsing and, in a work copy, the entry that is in use (config_select_entry()).
 */
struct conn_entry {
	const char *remote; /* host name or address; NULL: none, we listen */
	const char *remote_port;
	struct config_proto proto;
	bool disabled; /* by proto-force or http-proxy-override: never try it */

	/* binding; after config_finish() only bind_local counts */
	const char *local_port;
	bool local_port_set; /* lport given with a value other than 0 */
	bool bind_set;
	bool bind_ipv6_only;
	bool nobind;
	bool bind_local;
	bool listen_own;			  /* `local` was given inside this block (FIX-5a) */
	CONFIG_LIST(struct config_listen) listen; /* where to bind; filled by config_finish() */

	bool float_ok;
	bool float_set;
	uint32_t connect_retry_sec;
	uint32_t connect_retry_max_sec;
	uint32_t connect_timeout_sec;  /* until the first reply; 0: none */
	uint32_t explicit_exit_notify; /* 0: off; server: 2 adds "next server" */
	struct config_http_proxy http_proxy;
	struct config_socks_proxy socks_proxy;

	uint32_t tun_mtu; /* bytes */
	bool tun_mtu_set;
	uint32_t occ_mtu; /* 0: as tun_mtu */
	uint32_t tun_mtu_max;
	uint32_t tun_mtu_extra;
	bool tun_mtu_extra_set;
	uint32_t link_mtu;
	bool link_mtu_set;
	uint32_t fragment;	    /* 0: off */
	bool fragment_counts_outer; /* "mtu" */
	uint32_t mssfix;	    /* 0: off */
	bool mssfix_set;
	bool mssfix_default;	  /* no number given: rule of 3.2 */
	bool mssfix_counts_outer; /* "mtu" */
	bool mssfix_fixed;	  /* "fixed" */
	uint32_t max_packet_size; /* control packets, 154..2048 */
	enum config_mtu_disc mtu_disc;

	struct config_file tls_auth;
	enum config_key_direction key_direction;
	struct config_file tls_crypt;
	struct config_file tls_crypt_v2;
	bool tls_crypt_v2_force_cookie;
	bool wrap_set; /* a key was set inside this block */
};

struct config_route {
	const char *network; /* dotted quad, name or special word */
	const char *netmask; /* NULL: host mask */
	const char *gateway; /* NULL: default */
	const char *metric;  /* NULL: route-metric */
	uint32_t table;	     /* route-table in force at this line; 0: main */
};

struct config_route6 {
	const char *prefix; /* "addr/bits" */
	const char *gateway;
	const char *metric;
	uint32_t table;
};

enum config_redirect_flags {
	CONFIG_REDIRECT = 1 << 0, /* replace the default route of IPv4 */
	CONFIG_REDIRECT_PRIVATE = 1 << 1,
	CONFIG_REDIRECT_LOCAL = 1 << 2,
	CONFIG_REDIRECT_AUTOLOCAL = 1 << 3,
	CONFIG_REDIRECT_DEF1 = 1 << 4,
	CONFIG_REDIRECT_BYPASS_DHCP = 1 << 5,
	CONFIG_REDIRECT_BYPASS_DNS = 1 << 6,
	CONFIG_REDIRECT_BLOCK_LOCAL = 1 << 7,
	CONFIG_REDIRECT_IPV6 = 1 << 8,
	CONFIG_REDIRECT_NOT_IPV4 = 1 << 9,
};

struct config_net4 {
	struct in_addr network; /* network byte order */
	struct in_addr netmask;
};

struct config_net6 {
	struct in6_addr addr;
	uint8_t bits;
};

struct config_client_nat {
	bool dnat; /* else snat */
	struct in_addr network, netmask, foreign;
};

enum config_dnssec {
	CONFIG_DNSSEC_UNSET,
	CONFIG_DNSSEC_YES,
	CONFIG_DNSSEC_NO,
	CONFIG_DNSSEC_OPTIONAL,
};

enum config_dns_transport {
	CONFIG_DNS_TRANSPORT_UNSET,
	CONFIG_DNS_PLAIN,
	CONFIG_DNS_DOH,
	CONFIG_DNS_DOT,
};

struct config_dns_addr {
	struct ip_addr ip;
	uint16_t port; /* 0: not given */
};

struct config_dns_server {
	int priority; /* -128..127, smaller first */
	struct config_dns_addr addr[CONFIG_DNS_ADDRS_MAX];
	size_t addr_count;
	CONFIG_LIST(const char *) resolve_domains;
	enum config_dnssec dnssec;
	enum config_dns_transport transport;
	const char *sni;
};

struct config_dns {
	CONFIG_LIST(const char *) search_domains;
	CONFIG_LIST(struct config_dns_server) servers; /* sorted by priority */
	const char *updown;			       /* program, NULL: built-in default */
	bool updown_user;			       /* the user named it */
	bool updown_force;
	bool updown_disabled;
};

/* One `dhcp-option` line: type and values joined by blanks, e.g. "DNS 10.8.0.1". */
struct config_dhcp {
	const char *domain;
	CONFIG_LIST(const char *) domain_search;
	CONFIG_LIST(struct ip_addr) dns4;
	CONFIG_LIST(struct ip_addr) dns6;
	CONFIG_LIST(const char *) foreign; /* "dhcp-option TYPE VALUE...": foreign_option_N */
};

enum config_filter_action {
	CONFIG_FILTER_ACCEPT,
	CONFIG_FILTER_IGNORE,
	CONFIG_FILTER_REJECT,
};

struct config_pull_filter {
	enum config_filter_action action;
	const char *prefix;
};

struct config_setenv {
	const char *name;
	const char *value; /* "" when none was given */
};

struct config_plugin {
	const char *path;
	size_t argc; /* arguments after the path */
	const char *const *argv;
};

enum config_comp {
	CONFIG_COMP_NONE,    /* no framing */
	CONFIG_COMP_STUB,    /* comp-lzo no, compress, compress stub */
	CONFIG_COMP_STUB_V2, /* compress stub-v2 */
	CONFIG_COMP_LZO,
	CONFIG_COMP_LZ4,
	CONFIG_COMP_LZ4_V2,
	CONFIG_COMP_MIGRATE, /* server: no framing until an old client comes */
};

enum config_allow_comp {
	CONFIG_ALLOW_COMP_UNSET,
	CONFIG_ALLOW_COMP_NO,
	CONFIG_ALLOW_COMP_ASYM,
	CONFIG_ALLOW_COMP_YES, /* acts as asym */
};

enum config_verify_client {
	CONFIG_VERIFY_CLIENT_REQUIRE,
	CONFIG_VERIFY_CLIENT_OPTIONAL,
	CONFIG_VERIFY_CLIENT_NONE,
};

enum config_x509_name {
	CONFIG_X509_NAME_NONE,
	CONFIG_X509_NAME_SUBJECT,
	CONFIG_X509_NAME_NAME,
	CONFIG_X509_NAME_PREFIX,
};

enum config_tls_version {
	CONFIG_TLS_UNSET,
	CONFIG_TLS_1_0,
	CONFIG_TLS_1_1,
	CONFIG_TLS_1_2,
	CONFIG_TLS_1_3,
};

enum config_hash {
	CONFIG_HASH_SHA1,
	CONFIG_HASH_SHA256,
};

enum config_fingerprints {
	CONFIG_FP_NONE,
	CONFIG_FP_VERIFY_HASH, /* level-1 certificate */
	CONFIG_FP_PEER,	       /* leaf certificate, always SHA-256 */
};

struct config_fingerprint {
	uint8_t bytes[32]; /* 20 of them with SHA-1 */
};

enum config_vlan_accept {
	CONFIG_VLAN_ALL,
	CONFIG_VLAN_TAGGED,
	CONFIG_VLAN_UNTAGGED,
};

enum config_ns_cert_type {
	CONFIG_NS_CERT_ANY,
	CONFIG_NS_CERT_CLIENT,
	CONFIG_NS_CERT_SERVER,
};

/* protocol-flags, key-derivation */
enum config_protocol_flags {
	CONFIG_PROTO_CC_EXIT = 1 << 0,
	CONFIG_PROTO_TLS_EKM = 1 << 1,
	CONFIG_PROTO_DYN_TLS_CRYPT = 1 << 2,
	CONFIG_PROTO_AEAD_EPOCH = 1 << 3,
};

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
	const char *data_ciphers; /* normalised by config_finish() */
	bool data_ciphers_set;
	const char *auth; /* digest name or "none" */
	struct config_file secret;
	uint32_t replay_window; /* packets */
	uint32_t replay_time_sec;
	bool replay_window_set;
	bool mute_replay_warnings;
	const char *replay_persist;
	bool allow_static; /* allow-deprecated-insecure-static-crypto */
	const char *engine;
	CONFIG_LIST(const char *) providers;
	enum config_comp comp;
	bool comp_set;
	bool comp_adaptive_or_yes;	   /* comp-lzo with a real algorithm */
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
	bool persist;
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
	bool push_reset;
	CONFIG_LIST(const char *) push_remove; /* prefixes */
	bool push_ifconfig_blocked;	       /* push-remove ifconfig */
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

const char *config_strdup_printf(struct config *cfg, const char *fmt, ...) MUST_CHECK
	PRINTF_FMT(2, 3);

/** config_proto_name() - "udp4", "tcp-client" ... as users write it */
const char *config_proto_name(struct config_proto proto);
