/* SPDX-License-Identifier: GPL-2.0-only */
/* Building blocks of a configuration: lists, files, enumerations, connection entries, routes, DNS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"

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
	bool listen_own;			  /* `local` was given inside this block */
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
	CONFIG_COMP_NONE,     /* no framing */
	CONFIG_COMP_LZO_STUB, /* comp-lzo no */
	CONFIG_COMP_STUB,     /* compress, compress stub */
	CONFIG_COMP_STUB_V2,  /* compress stub-v2 */
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
