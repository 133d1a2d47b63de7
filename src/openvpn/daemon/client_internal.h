/* SPDX-License-Identifier: GPL-2.0-only */
/* State of a client, shared by the files client*.c only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/clock.h"
#include "config/config.h"
#include "config/push.h"
#include "daemon/backend_choice.h"
#include "daemon/client.h"
#include "daemon/data_slots.h"
#include "daemon/dns.h"
#include "daemon/key_renewal.h"
#include "daemon/link.h"
#include "daemon/negotiation_setup.h"
#include "daemon/remote_list.h"
#include "daemon/tls_setup.h"
#include "daemon/tunnel.h"
#include "net/resolve.h"
#include "net/socket.h"
#include "proto/negotiated.h"
#include "proto/peer_info.h"
#include "proto/push.h"
#include "proto/session.h"
#include "proto/wrap.h"

/* What is awaited. The only writer is client_set_state(). */
enum client_state {
	CLIENT_IDLE,	   /* just made */
	CLIENT_PAUSE,	   /* the time before the next attempt */
	CLIENT_RESOLVE,	   /* addresses of the entry's remote */
	CLIENT_CONNECT,	   /* the TCP connection */
	CLIENT_WAIT,	   /* the first packet of the server */
	CLIENT_AUTH,	   /* the TLS handshake */
	CLIENT_GET_CONFIG, /* the push reply */
	CLIENT_REOPEN,	   /* one second between closing and opening the device again */
	CLIENT_ROUTES,	   /* --route-delay */
	CLIENT_CONNECTED,
	CLIENT_EXIT_NOTIFY, /* the peer is told that we leave */
	CLIENT_ENDED,
	CLIENT_STATE_COUNT,
};

struct listener;

struct client {
	struct app *app;
	const struct config *base; /* as configured */
	struct config *cfg;	   /* of this attempt: base, and what was pulled */

	bool pull;
	struct log log;

	enum client_state state;
	uv_timer_t timer;
	bool timer_open;
	bool pump_wanted;
	bool ending; /* client_free() runs */

	/* where to, and the way there */
	struct remote_list *remotes;
	size_t *order; /* of the entries: shuffled with --remote-random */
	struct resolve_request *resolving;
	unsigned int resolve_tries;
	union sock_addr local; /* AF_UNSPEC: any address, but see local_port */
	uint16_t local_port;
	struct listener *listener; /* p2p, TCP: until the peer has come */
	struct link *link;
	struct local_addr heard_at;  /* --multihome: our end that the peer uses, else AF_UNSPEC */
	struct ip_addr dhcp_gateway; /* --route-gateway dhcp: known since the device is open */
	bool no_pause;		     /* the next attempt follows at once (server poll timeout) */
	bool first_attempt;

	/* control channel */
	struct tls_ctx *tls;
	struct verify_setup *verify;
	struct wrap_config *wrap; /* of the present attempt's entry */
	struct session_config session_cfg;
	struct session *session;
	struct occ_strings occ;
	char occ_peer_cipher[NEGOTIATED_CIPHER_MAX];
	char peer_info[PEER_INFO_MAX];
	bool credentials_sent;	      /* in a key message that was not answered yet */
	struct session_packet packet; /* scratch */

	/* negotiation */
	struct negotiated neg;
	bool pushed_crypto;
	struct config_push push;
	struct config_report push_report;
	bool push_begun;	       /* a part of a reply was taken */
	bool update_begun, update_any; /* a part of an update was taken; it had options */
	struct push_digest *digest;
	uint8_t tunnel_digest[PUSH_DIGEST_LEN]; /* of the options the open device was made from */
	bool tunnel_digest_known;
	char ciphers[BACKEND_CIPHERS_MAX]; /* as announced */
	uint64_t active_at_ms;		   /* the control channel came up */

	/* data plane */
	struct tunnel *tunnel;
	uv_poll_t *device_poll;
	struct data_slots slots;
	bool peer_added;
	uint32_t peer_id;
	bool finish_pending; /* the tunnel is there, its first key is not */
	bool routes_done;    /* --route-delay has passed */
	bool tunnel_fresh;   /* opened in this attempt, before the peer was there */
	bool device_gone;
	bool moving;	   /* another data plane takes over, in place */
	bool updating;	   /* the same data plane does, with other options; moving is set too */
	bool update_again; /* meanwhile they changed once more */
	bool avoid_kernel; /* until the next attempt: it refused a key */
	bool deaf; /* nothing came through the kernel: the engine shall tell whether it hears */
	struct key_renewal renewal;
	struct dns_settings *dns; /* of this attempt */
	bool verb_pulled;	  /* put back at the next attempt */
	bool initialised;	  /* "Initialization Sequence Completed" was said in this attempt */
	struct dco_peer_stats stats_before;	 /* of devices that are closed */
	struct dco_peer_stats stats_last;	 /* of the open one, as it told them last */
	uint64_t link_rx_before, link_tx_before; /* of links that are closed */

	/* deadlines in mono_ms, TIME_NEVER when off */
	uint64_t pause_until;
	uint64_t connect_until; /* --connect-timeout */
	uint64_t push_next;
	uint64_t push_until;
	uint64_t silence_until; /* ping-restart before the data plane watches */
	uint64_t session_end;	/* --session-timeout */
	uint64_t inactive_until;
	uint64_t inactive_bytes_seen;
	uint64_t reopen_at;
	uint64_t attach_at;
	uint64_t hear_at;
	uint64_t routes_at;
	uint64_t gateway_at; /* try to set routes by dhcp_gateway */
	uint64_t gateway_until;
	uint64_t stats_next; /* look at the counters for --reneg-bytes and -pkts */
	uint64_t exit_until;
	uint64_t exit_next; /* next OCC exit packet */
	uint64_t resolve_at;
};

/* whether the present attempt goes over TCP */
static inline bool client_is_tcp(const struct client *c)
{
	return c->cfg->ce.proto.kind != CONFIG_PROTO_UDP;
}

/* client.c */
void client_set_state(struct client *c, enum client_state to);
void client_wake(struct client *c);
void client_raise(struct client *c, int signum, const char *text);
/* the silence timer of the time before the data plane watches the peer */
/* nothing came for the time of --ping-restart or --ping-exit */
void client_silent(struct client *c);
void client_watch_silence(struct client *c, uint64_t now_ms);
void client_fatal(struct client *c, const char *fmt, ...) PRINTF_FMT(2, 3);

/* client_connect.c: from the list of remotes to a link */
int client_connect_init(struct client *c, struct err *err) MUST_CHECK;
void client_connect_next(struct client *c, uint64_t now_ms);
void client_connect_timer(struct client *c, uint64_t now_ms);
void client_connect_stop(struct client *c);
/* takes @fd */
void client_connect_accepted(struct client *c, int fd, const union sock_addr *remote);

/* client_listen.c */
int client_listen_start(struct client *c, const struct socket_config *socket,
			struct err *err) MUST_CHECK;
void client_listen_stop(struct client *c);

/* client_session.c: control channel */
int client_session_init(struct client *c, struct err *err) MUST_CHECK;
void client_session_start(struct client *c, const struct now *now);
void client_session_packet(struct client *c, const union sock_addr *from,
			   const struct local_addr *local, const uint8_t *bytes, size_t len);
void client_session_pump(struct client *c, const struct now *now);
void client_session_stop(struct client *c);
void client_session_fini(struct client *c);

/* client_push.c: control messages and the option exchange */
void client_push_start(struct client *c, uint64_t now_ms);
void client_push_timer(struct client *c, const struct now *now);
/* no pull: both ends compute the same result */
void client_push_p2p(struct client *c, const struct now *now);
void client_push_message(struct client *c, const struct now *now, const char *text);

/* client_tunnel.c: the device, from the option exchange to "connected" */
int client_tunnel_init(struct client *c, struct err *err) MUST_CHECK;
int client_tunnel_open_early(struct client *c, struct err *err) MUST_CHECK;
void client_tunnel_up(struct client *c, const struct now *now);
void client_tunnel_timer(struct client *c, const struct now *now);
/** client_tunnel_tell_usage() - tell the session what its data key has carried */
void client_tunnel_tell_usage(struct client *c, const struct now *now);
void client_tunnel_connection_initiated(struct client *c);
/* the first key is in */
void client_tunnel_finished(struct client *c, const struct now *now);
/* the kernel refuses the first peer or key with @code: the next attempt may have to go without it
 */
void client_tunnel_refused(struct client *c, int code);
void client_tunnel_detach(struct client *c);
/** client_tunnel_may_update() - whether options of a connection that is up can change in place */
bool client_tunnel_may_update(const struct client *c);
/** client_tunnel_gateway() - DHCP named the gateway of --route-gateway dhcp: routes go there */
void client_tunnel_gateway(struct client *c, const struct ip_addr *gateway);

/** client_tunnel_update() - close the device and open it again a second later as c->cfg says now */
void client_tunnel_update(struct client *c, const struct now *now);
void client_tunnel_close(struct client *c);
void client_tunnel_stats(struct client *c, struct dco_peer_stats *out);

/* client_data.c: the peer in the data plane */
int client_data_watch(struct client *c);
int client_data_add_peer(struct client *c, struct err *err) MUST_CHECK;
void client_data_key(struct client *c, const struct now *now, const struct session_event *ev);
void client_data_sync_keys(struct client *c, const struct now *now);
/* go on with the fallback in place, or start again with @text */
void client_data_leave(struct client *c, const struct now *now, const char *text);

/* what the options and the negotiation say of the peer, for the data plane */
struct dco_peer_params client_data_params(const struct client *c);

/* client_hear.c: does anything come through the data plane? */
/* there is a peer with a key */
void client_hear_start(struct client *c, const struct now *now);
/* something says that the kernel cannot take what the peer sends: if nothing came yet, leave it */
void client_hear_doubt(struct client *c, const struct now *now);
/* the driver ended the peer of a TCP stream that goes on: the next connection is without it, unless
 * it had time to hear something */
void client_hear_none(struct client *c);
void client_hear_timer(struct client *c, const struct now *now);
