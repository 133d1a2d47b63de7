/* SPDX-License-Identifier: GPL-2.0-only */
/* State of a server and of one of its clients, shared by the files server*.c only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/env.h"
#include "config/config.h"
#include "daemon/auth_files.h"
#include "daemon/client_table.h"
#include "daemon/connect_phase.h"
#include "daemon/data_slots.h"
#include "daemon/drop_watch.h"
#include "daemon/key_renewal.h"
#include "daemon/learn_table.h"
#include "daemon/link.h"
#include "daemon/negotiation_setup.h"
#include "daemon/address_pool.h"
#include "daemon/server.h"
#include "daemon/signals.h"
#include "daemon/tls_setup.h"
#include "daemon/tunnel.h"
#include "daemon/script.h"
#include "daemon/script_queue.h"
#include "net/socket.h"
#include "proto/auth_token.h"
#include "proto/negotiated.h"
#include "proto/session.h"
#include "proto/stateless.h"
#include "proto/wrap.h"

enum {
	SERVER_CN_MAX = 64 + 1,
	SERVER_NAME_MAX = 158,	      /* with a blank behind it must fit a log prefix */
	SERVER_EXIT_DELAY_MS = 5000,  /* between a fatal control message and the end */
	SERVER_POLL_MS = 500,	      /* looking at files of deferred answers */
	SERVER_MOVED_PER_SEC = 50,    /* a search of all clients each */
	SERVER_FLOAT_LINE_MS = 1000,  /* no second line about the same collision before */
	SERVER_USAGE_MS = 1000,	      /* counters of keys with a limit by amount */
	SERVER_PUSH_AGAIN_MS = 30000, /* no second reply before */
	SERVER_PUSH_TAKEN_MS = 2000,  /* a client has taken the reply by then, or asks again */
};

/* What differs between clients that come by UDP and by TCP. */
struct server_profile {
	struct session_config session;
	struct occ_strings occ;
	struct occ_strings occ_migrated; /* for clients which "compress migrate" moves */
};

/* One thing to listen on. */
struct server_listener {
	struct server *server;
	unsigned int index;
	bool tcp;
	sa_family_t family;
	struct socket_config socket;
	struct server_profile profile;
	struct link *link;	     /* UDP */
	struct stateless *stateless; /* UDP */
	int fd;			     /* TCP: the listening socket, else -1 */
	uv_poll_t *poll;
};

/* How late the timer of the house-keeping ran: what everything on this loop waits when it is busy.
 */
struct server_lateness {
	uint64_t due_ms;
	uint64_t minute_end_ms;
	uint64_t minute_worst_ms;
	uint64_t worst_ms; /* since it was last shown */
};

struct server {
	struct app *app;
	const struct config *cfg;
	struct log log;
	uv_timer_t timer; /* each second: house-keeping */
	bool timer_open;
	struct server_lateness lateness;
	struct drop_watch drops;
	bool ended;	  /* app_finished() was called */
	bool ending;	  /* server_free() runs */
	bool leaving;	  /* clients were told that we leave: nobody is admitted */
	uint64_t obey_at; /* when the signal takes effect then */

	struct tls_ctx *tls;
	struct verify_setup *verify;
	struct wrap_config *wrap;
	struct server_listener *listeners;
	size_t n_listeners;
	struct server_share *share; /* --port-share, else NULL */

	struct tunnel *tunnel;
	uv_poll_t *device_poll;
	struct link **by_transport; /* index: number of the data plane */
	size_t n_transports;
	uint64_t features;	   /* FEAT_* of the data plane in use */
	bool offload_proven;	   /* the kernel has taken a client with a key */
	struct ip_addr own4, own6; /* addresses of the server inside the tunnel */

	struct client_table *clients;
	struct learn_table *learned;
	struct script_queue *queue; /* client-disconnect and learn-address, in order */
	struct address_pool *pool;  /* NULL: none */
	uint64_t pool_write_at;
	uint64_t stale_at;
	struct freq_limit connect_freq;
	struct freq_limit moved_freq; /* searches for the client that a packet names */
	bool has_userpass;	      /* some method verifies user names and passwords */
	struct auth_token_config tokens;
	struct session_packet packet; /* scratch */
};

/* What is awaited. The only writer is peer_set_state(). */
enum peer_state {
	PEER_HANDSHAKE,	 /* key exchange and authentication of the first key */
	PEER_CONNECTING, /* the sources of its configuration */
	PEER_CONNECTED,
	PEER_FAILED, /* refused: told so, or about to be */
	PEER_CLOSED,
	PEER_STATES /* their number */
};

/* Certificates of the newest handshake that --tls-verify has to judge. */
struct peer_verify {
	struct peer_verify_cert {
		unsigned int depth;
		char *subject;
		struct env *env;
	} cert[VERIFY_DEPTH_MAX];
	size_t count, at;
	struct script_wait *process;
};

/* The judgement of --tls-crypt-v2-verify about the client's wrapped key. */
struct peer_client_key {
	enum client_key_verdict {
		CLIENT_KEY_UNASKED,
		CLIENT_KEY_ASKED,
		CLIENT_KEY_GOOD,
		CLIENT_KEY_BAD,
	} verdict;
	struct script_wait *process;
	char *file;
	uint8_t *packet; /* to be given to the session again */
	size_t packet_len;
};

/* The verification of the credentials of one key. */
struct peer_auth {
	bool used;
	uint32_t serial;
	uint64_t begun_ms; /* about when the key exchange began */
	enum session_auth verdict;
	/* what the peer sent, until the methods are asked; secret memory, NULL for absent */
	char *sent_user, *sent_password;
	bool too_long;
	struct auth_files *files; /* NULL: none */
	bool files_named;	  /* they outlive the verdict, by their variables in env */
	char *password_file;
	struct script_wait *process; /* auth-user-pass-verify that runs */
	char *user;		     /* as it will be locked */
};

struct server_peer {
	struct client_entry entry;
	struct server *server;
	struct server_listener *listener;
	struct link *link;	 /* TCP: its own; UDP: of the listener */
	struct local_addr local; /* --multihome: our address that it uses, else AF_UNSPEC */
	struct session *session;
	struct log log;
	char name[SERVER_NAME_MAX]; /* "CN/udp4:1.2.3.4:5678" */
	struct env *env;
	uv_timer_t timer;
	bool pump_wanted;
	enum peer_state state;
	struct signal_state signals;
	struct now created;
	uint64_t control_rx, control_tx; /* bytes */

	/* who it is */
	char cn[SERVER_CN_MAX]; /* locked when the connect phase begins; "" before */
	char *user;		/* locked user name, NULL for none */
	char *client_user;	/* what the client sends, when override-username changed it */
	struct peer_client_key client_key;
	struct peer_verify verify;
	struct peer_auth auth;
	bool session_active;
	bool first_auth_done;
	char reason[AUTH_REASON_MAX]; /* for AUTH_FAILED; "" for none */
	bool told_failed;
	struct auth_token_session token_session;
	char token[AUTH_TOKEN_LEN + 1]; /* "" for none */

	struct script_wait *response_process; /* --client-crresponse */
	char *response_file;

	/* connect phase */
	struct connect_phase connect;
	struct connect_files *connect_files; /* NULL: none */
	struct script_wait *connect_process;
	struct config *cfg; /* its own options */
	char occ_cipher[NEGOTIATED_CIPHER_MAX];
	bool migrated; /* it uses compression framing, and "compress migrate" is set */
	struct negotiated neg;
	bool negotiated;
	bool disconnect_due; /* client-disconnect must run */

	/* addresses */
	struct address_pool_lease lease;
	bool has_lease;
	struct ip_addr ip4, ip4_second; /* what is pushed: address, and remote or netmask */
	struct ip_addr ip4_alias;	/* pushed instead of ip4 */
	struct ip_addr ip6, ip6_remote;
	uint8_t ip6_bits;
	struct ip_addr learned4, learned6; /* in use by the data plane */
	uint64_t stale_packets;		   /* seen at the last look for stale routes */
	unsigned int learn_left;	   /* questions to learn-address that are open */

	/* option exchange */
	bool push_requested;
	bool may_push;	       /* addresses are learnt */
	uint64_t push_sent_at; /* 0: not yet */

	/* data plane */
	bool dco_added;
	struct data_slots slots;
	struct dco_peer_stats last_stats;
	uint64_t float_told_ms;		    /* no line about a refused float before */
	struct dco_peer_stats stats_before; /* of data planes that it was in */
	bool moving;			    /* from one data plane to another */
	struct key_renewal renewal;

	/* deadlines in mono_ms, TIME_NEVER when off */
	uint64_t exit_at;
	uint64_t poll_at;
	uint64_t token_at;
	uint64_t silence_at;
	uint64_t session_end_at;
	uint64_t inactive_at;
	uint64_t usage_at;
	uint64_t inactive_bytes_seen;
};

static inline struct server_peer *peer_of(struct client_entry *e)
{
	return e ? container_of(e, struct server_peer, entry) : NULL;
}

/* server.c */
int server_open_tunnel(struct server *s, struct err *err) MUST_CHECK;
void server_fatal(struct server *s, const char *fmt, ...) PRINTF_FMT(2, 3);

/* server_listen.c: sockets, and packets to clients */
int server_listen_open(struct server *s, struct err *err) MUST_CHECK;
int server_listen_attach(struct server *s, struct err *err) MUST_CHECK;
void server_listen_close(struct server *s);
/* a TCP connection of a VPN client; the descriptor is taken */
void server_accepted(struct server_listener *l, int fd, const union sock_addr *remote);
/* the device goes, the sockets stay */
void server_listen_detach(struct server *s);
void server_transport_set(struct server *s, int transport, struct link *link);
void server_transport_event(struct server *s, const struct dco_event *ev);

/* server_share.c: --port-share */
/* stays over restarts: the directory may be out of reach then, and others' connections go on */
int server_share_open(struct server *s, struct err *err) MUST_CHECK;
/* close what waits: the listeners go */
void server_share_empty(struct server *s);
void server_share_close(struct server *s);
void server_share_wait(struct server_share *s, struct server_listener *l, int fd,
		       const union sock_addr *remote);

/* server_data.c: the data plane */
/* the client has shown that it is at another address now */
void peer_floated(struct server_peer *p, const union sock_addr *to);
int server_device_watch(struct server *s, struct err *err) MUST_CHECK;
void server_device_unwatch(struct server *s);
int peer_data_add(struct server_peer *p, struct err *err) MUST_CHECK;
/* the data plane is lost; peer_data_add() puts the client into another */
void peer_data_leave(struct server_peer *p);
void peer_data_del(struct server_peer *p);
void peer_data_key(struct server_peer *p, const struct session_event *ev);
void peer_data_sync(struct server_peer *p, const struct now *now);
void peer_data_stats(struct server_peer *p, struct dco_peer_stats *out);

/* server_pool.c: the addresses to give */
int server_pool_setup(struct server *s, struct err *err) MUST_CHECK;
void server_pool_save(struct server *s);

/* server_move.c: another data plane */
void server_device_gone(struct server *s);
/*
 * The kernel refused a client or its first key with @code. Return: whether all were moved to
 * another data plane, so that it can be tried again; only done before the kernel has served
 * anybody.
 */
bool server_offload_refused(struct server *s, const struct server_peer *by, int code);

/* server_learn.c: addresses inside the tunnel */
void peer_learn(struct server_peer *p);
/* tell another data plane what has been learnt */
void server_learn_again(struct server *s);
void server_forget(struct server *s, struct client_entry *owner);
/* TAP: frames come from that address at this client */
void peer_mac_seen(struct server_peer *p, const uint8_t mac[LEARN_MAC_LEN]);
/* TAP: when each address was last used */
void server_learn_refresh(struct server *s, uint64_t unix_sec);
void server_forget_stale(struct server *s, uint64_t unix_sec);

/* server_peer.c: life of a client */
struct server_peer *peer_new(struct server_listener *l, const union sock_addr *from,
			     struct link *link, const struct stateless_verdict *verdict,
			     const struct now *now);
void peer_packet(struct server_peer *p, const union sock_addr *from, const struct local_addr *local,
		 const uint8_t *bytes, size_t len);
/* the same from an address that is not the client's: followed if it is proven */
void peer_packet_moved(struct server_peer *p, const union sock_addr *from,
		       const struct local_addr *local, const uint8_t *bytes, size_t len);
void peer_wake(struct server_peer *p);
void peer_set_state(struct server_peer *p, enum peer_state to);
void peer_update_name(struct server_peer *p);
const char *peer_name(const struct server_peer *p);
/* "udp4:1.2.3.4:5678" */
const char *peer_address(const struct server_peer *p);
/* close as by a signal to this instance, silently without @text; the memory goes with the loop's
 * next turns */
void peer_close(struct server_peer *p, int signum, const char *text);
/* refuse new sessions and close in five seconds */
void peer_schedule_exit(struct server_peer *p, uint64_t now_ms);
void peer_send(struct server_peer *p, const struct now *now, const char *text);

/* server_verify.c: --tls-verify */
extern const struct verify_hooks server_verify_hooks;
void peer_verify_begin(struct server_peer *p);
void peer_verify_stop(struct server_peer *p);

/* server_client_key.c: --tls-crypt-v2-verify and --client-crresponse */
int peer_verify_client_key(void *ctx, int type, const uint8_t *metadata, size_t len);
void peer_client_key_hold(struct server_peer *p, const uint8_t *packet, size_t len);
void peer_client_key_stop(struct server_peer *p);
void peer_response(struct server_peer *p, const char *text);
void peer_response_stop(struct server_peer *p);

/* server_auth.c: who may come in */
void peer_auth_begin(struct server_peer *p, const struct now *now, const struct session_event *ev);
/* the certificates are good */
void peer_auth_go_on(struct server_peer *p, const struct now *now);
void peer_auth_timer(struct server_peer *p, const struct now *now);
void peer_auth_stop(struct server_peer *p);
/* the client's options string has come; ours can depend on it */
void peer_take_options(struct server_peer *p, const char *options);
/* the options strings that suit this client */
const struct occ_strings *peer_occ(const struct server_peer *p);
/* refuse the client: AUTH_FAILED with @reason (may be NULL), then close */
void peer_refuse(struct server_peer *p, const struct now *now, const char *reason);

/* server_connect.c: the connect phase */
void peer_connect_begin(struct server_peer *p, const struct now *now);
void peer_connect_again(struct server_peer *p, const struct now *now);
void peer_connect_timer(struct server_peer *p, const struct now *now);
/* all its addresses are learnt or refused */
void peer_learned(struct server_peer *p);
void peer_connect_stop(struct server_peer *p);
void peer_disconnect_script(struct server_peer *p);

/* server_push.c: what a client is told */
void peer_push_request(struct server_peer *p, const struct now *now);
void peer_push_token(struct server_peer *p, const struct now *now);
void peer_message(struct server_peer *p, const struct now *now, const char *text);

/* server_address.c: which addresses a client gets */
void peer_address_select(struct server_peer *p);
void peer_address_export(struct server_peer *p);
void peer_address_release(struct server_peer *p);
