/* SPDX-License-Identifier: GPL-2.0-only */
/* The control session with one peer: packets and times in; packets, events and a deadline out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

struct env;
struct session;
struct session_id;
struct stateless_verdict;
struct tls_conn;
struct tls_ctx;
struct verify;
struct verify_config;
struct verify_hooks;
struct wrap_config;

/* What the peer at the other end is to us; spec 01 section 4. */
enum session_mode {
	SESSION_PULL_CLIENT, /* TLS client that fetches its options from the server */
	SESSION_P2MP_SERVER, /* one client instance of a multi-client server, TLS server */
	SESSION_P2P,	     /* the only peer, TLS role of either kind */
};

enum session_transport {
	SESSION_UDP,
	SESSION_TCP,
};

/* How a TLS server treats the user name and password of its peer; spec 01 section 9. */
enum session_userpass {
	SESSION_USERPASS_UNUSED,   /* not verified; the certificate must have been */
	SESSION_USERPASS_REQUIRED, /* a peer without them fails the handshake */
	SESSION_USERPASS_OPTIONAL,
};

/*
 * What all sessions of one configuration share. The session borrows it for its whole life. Zeroed
 * timers and limits mean the value given in brackets.
 */
struct session_config {
	enum session_mode mode;
	enum session_transport transport;
	bool tls_server;
	bool single_session;	   /* --single-session */
	bool mute_replay_warnings; /* --mute-replay-warnings */
	enum session_userpass userpass;
	const struct wrap_config *wrap; /* NULL: packets are not wrapped */
	struct tls_ctx *tls;
	uint32_t hand_window_sec; /* [60] */
	uint32_t tran_window_sec; /* [3600] */
	uint32_t tls_timeout_sec; /* [2] first retransmission */
	uint32_t reneg_sec;	  /* 0: no renegotiation by time */
	uint32_t reneg_min_sec;	  /* second argument of --reneg-sec; 0: none was given */
	uint64_t reneg_bytes;	  /* 0: off */
	uint64_t reneg_packets;	  /* 0: off */
	uint32_t max_packet_size; /* [1250] with IP and UDP header; clamp with session_clamp_size()
				   */
	uint32_t replay_window;	  /* [64] packets; see replay_strict */
	uint32_t replay_time_sec; /* [15] */
	bool replay_strict;	  /* --replay-window 0: no reordering at all */
};

/* The texts of our key-method-2 message. NULL is an absent string. */
struct session_key_text {
	const char *options;  /* at most 511 characters */
	const char *username; /* set together with password, or neither */
	const char *password;
	const char *peer_info; /* lines NAME=value */
};

/*
 * Questions that only the layer above can answer. Called inside the session's functions, which must
 * not be entered again from there.
 */
struct session_hooks {
	/*
	 * TLS servers: the peer's options string ("" when absent) has come, and key_text is going
	 * to be asked next, so our string can depend on it. May be NULL. The event follows.
	 */
	void (*peer_options)(void *ctx, const char *options);
	/*
	 * Our key-method-2 message for a new key is about to be written. The strings are borrowed
	 * until the session function that called returns. 0, or a negative code, which fails the
	 * key.
	 */
	int (*key_text)(void *ctx, uint8_t key_id, struct session_key_text *text);
	/*
	 * Metadata of a tls-crypt-v2 client key after the age check, without its type byte. 0
	 * accepts, ERR_AGAIN drops this packet only (the peer repeats it: for programs that take
	 * their time), other codes refuse. NULL accepts. @metadata_len is 0 for a key without
	 * metadata, then
	 * @type is -1.
	 */
	int (*verify_client_key)(void *ctx, int type, const uint8_t *metadata, size_t metadata_len);
	/*
	 * The peer's certificates: passed to verify_new() for each key, with ctx as its user. All
	 * borrowed for the session's life. verify NULL: only the TLS library checks.
	 */
	const struct verify_config *verify;
	const struct verify_hooks *verify_hooks;
	struct env *env;
	void *ctx; /* of all hooks */
};

/* What the option exchange decided; spec 01 sections 6.8 and 10.2. */
struct session_negotiated {
	bool tls_ekm;	    /* data keys by TLS exporter, else by TLS 1.0 PRF */
	bool dyn_tls_crypt; /* renegotiations are wrapped by keys from the first TLS session */
};

enum session_auth {
	SESSION_AUTH_UNASKED, /* the peer's message has not arrived or was not answered yet */
	SESSION_AUTH_PENDING,
	SESSION_AUTH_OK,
	SESSION_AUTH_FAILED,
};

enum session_event_type {
	/* TLS: Initial packet: the peer answers. Once for each new session of the peer. */
	SESSION_EV_INITIAL_PACKET,
	/* TLS servers must answer with session_auth(). For TLS clients it is information only. */
	SESSION_EV_PEER_KEY_METHOD,
	/* The authentication was still pending at the end of its time; the key counts as failed. */
	SESSION_EV_AUTH_TIMEOUT,
	/* A key state became ACTIVE. For key id 0 the option exchange begins. */
	SESSION_EV_ACTIVE,
	SESSION_EV_CONTROL_MESSAGE,
	/* Install this data key for receiving. */
	SESSION_EV_KEY_READY,
	/* From now on send with this data key. */
	SESSION_EV_KEY_SEND,
	/* Delete this data key. */
	SESSION_EV_KEY_EXPIRED,
	/* The end: send what session_output() still has, raise the signal, free the session. */
	SESSION_EV_FAILED,
};

enum {
	SESSION_ID_LEN = 8,
	SESSION_KEY_BLOCK_LEN = 256,
	SESSION_KEY_SLOT_LEN = 64,
	SESSION_PACKET_MAX = 4096, /* largest packet that session_output() makes */
	SESSION_DATA_KEYS_MAX = 3,
};

/* Four slots of SESSION_KEY_SLOT_LEN bytes, ciphers take the leading bytes they need (10.3). */
struct session_key_slices {
	const uint8_t *seal_cipher, *seal_hmac;
	const uint8_t *open_cipher, *open_hmac;
};

/*
 * Pointers are borrowed until the next call of session_next_event() or session_free(). Secrets are
 * wiped then.
 */
struct session_event {
	enum session_event_type type;
	uint8_t key_id;	     /* 0 .. 7, as on the wire */
	uint32_t key_serial; /* names the key state; never used again in this session object */
	bool reconnect; /* ACTIVE: a new session replaced one whose options had been exchanged */
	union sock_addr from; /* INITIAL_PACKET */
	struct {
		const char *options;	   /* "" when absent */
		const char *username;	   /* NULL when absent */
		const char *password;	   /* NULL when absent */
		const char *peer_info;	   /* NULL when absent; NUL-free, not otherwise cleaned */
		bool credentials_too_long; /* refuse, with the reason of section 9 */
	} peer;
	const char *message;		  /* CONTROL_MESSAGE: printable, without line end */
	const uint8_t *key_block;	  /* KEY_READY: SESSION_KEY_BLOCK_LEN bytes */
	struct session_key_slices slices; /* KEY_READY: parts of key_block */
	const char *reason;		  /* FAILED: text for the signal, "tls-error" */
};

/* One packet to send as one datagram (on TCP the sender adds the length prefix). */
struct session_packet {
	uint8_t data[SESSION_PACKET_MAX];
	size_t len;
	union sock_addr to; /* family AF_UNSPEC: the stream's peer */
};

/* A usable data key, in the scan order of section 3.7. */
struct session_data_key {
	uint8_t key_id;
	uint32_t key_serial;
	bool sends; /* exactly one of them */
};

/**
 * session_new() - a session in which nothing happened yet
 * @cfg: borrowed for the session's life
 * @hooks: copied; its ctx is borrowed
 * @log: copied; see session_set_log_prefix()
 * @rng: copied
 *
 * Return: the session, or NULL when out of memory.
 */
struct session *session_new(const struct session_config *cfg, const struct session_hooks *hooks,
			    const struct log *log, const struct rng *rng,
			    struct now now) MUST_CHECK;

/**
 * session_new_from_cookie() - a server's session for a peer that proved its address (7.6)
 * @verdict: of stateless_input() for the packet, which must be given to session_input() next
 */
struct session *session_new_from_cookie(const struct session_config *cfg,
					const struct session_hooks *hooks, const struct log *log,
					const struct rng *rng, struct now now,
					const struct stateless_verdict *verdict) MUST_CHECK;

/** session_free() - wipe and release everything; NULL is fine */
void session_free(struct session *s);

/** session_set_log_prefix() - what stands before each of this session's lines from now on */
void session_set_log_prefix(struct session *s, const char *prefix);

/**
 * session_start() - the peer's address is known: begin by ourselves (section 4)
 *
 * For clients, for p2p nodes with a remote, and for both ends of TCP connections (a TCP server
 * holds its packets until the client spoke). Not for instances of a UDP server.
 */
void session_start(struct session *s, struct now now, const union sock_addr *remote);

/**
 * session_input() - process one received control packet
 * @data: packet without TCP length prefix; only borrowed
 *
 * Return: 0 when the packet was authentic and processed (restart the ping-restart timer), else the
 * reason why it was dropped, which has been logged. ERR_STATE after SESSION_EV_FAILED.
 */
int session_input(struct session *s, struct now now, const union sock_addr *from, const void *data,
		  size_t len);

/**
 * session_has_peer() - whether a control packet's sender names itself the peer of this session
 *
 * It proves nothing: who saw one of the peer's packets can do so.
 */
bool session_has_peer(const struct session *s, const struct session_id *sid);

/**
 * session_input_moved() - as session_input(), for a packet which names the peer but comes from an
 * address that is not the peer's
 *
 * It has to be authentic by keys of the control channel (tls-auth, tls-crypt, dynamic), else it is
 * dropped. When it is, session_remote() is @from afterwards. Spec 05 section 1.12.
 */
int session_input_moved(struct session *s, struct now now, const union sock_addr *from,
			const void *data, size_t len);

/** session_output() - the next packet to transmit now. Return: false when there is none. */
bool session_output(struct session *s, struct now now, struct session_packet *out);

/** session_deadline() - mono_ms at which session_timer() must run, TIME_NEVER for none */
uint64_t session_deadline(const struct session *s);

/** session_timer() - do what time made due; harmless at any time. Call session_output() after. */
void session_timer(struct session *s, struct now now);

/** session_next_event() - take the oldest event. Return: false when there is none. */
bool session_next_event(struct session *s, struct session_event *ev);

/**
 * session_auth() - a TLS server's decision about a SESSION_EV_PEER_KEY_METHOD
 *
 * PENDING may be followed by OK or FAILED. A serial that is gone is ignored.
 */
void session_auth(struct session *s, struct now now, uint32_t key_serial,
		  enum session_auth verdict);

/**
 * session_extend_auth() - how long a PENDING decision may take; preset is the key promotion time
 * @deadline_ms: mono_ms
 */
void session_extend_auth(struct session *s, uint32_t key_serial, uint64_t deadline_ms);

/**
 * session_options_done() - the option exchange of the session's first key is finished
 *
 * Data keys of key id 0 are made only after this (3.5), once per SESSION_EV_ACTIVE with key id 0:
 * client after the push reply, server after the connect phase, p2p at once.
 */
void session_options_done(struct session *s, struct now now, const struct session_negotiated *neg);

/**
 * session_send_control() - send one control message; waits until the session is active
 * @text: without NUL inside; copied
 *
 * Return: 0, ERR_LIMIT when longer than 2047 characters, ERR_NOMEM, ERR_STATE after the failure.
 */
int session_send_control(struct session *s, struct now now, const char *text) MUST_CHECK;

/** session_control_pending() - whether control messages or key packets still wait for the peer */
bool session_control_pending(const struct session *s);

/**
 * session_renegotiate() - start a soft reset now: exhausted key, management, tests
 * @why: for the log line, e.g. "packet id limit"; NULL for none
 *
 * Return: 0, or ERR_STATE when the newest key is not in use yet (a renegotiation is under way).
 */
int session_renegotiate(struct session *s, struct now now, const char *why);

/**
 * session_note_data() - how much a data key has carried so far (both directions, totals)
 *
 * Starts a soft reset when --reneg-bytes or --reneg-pkts is reached.
 */
void session_note_data(struct session *s, struct now now, uint32_t key_serial, uint64_t bytes,
		       uint64_t packets);

/** session_set_reneg_bytes() - another limit for this session, e.g. for small-block ciphers */
void session_set_reneg_bytes(struct session *s, uint64_t bytes);

/** session_refuse_new() - as --single-session from now on: an exit is scheduled (3.11) */
void session_refuse_new(struct session *s);

/** session_set_remote() - the peer floated to another address */
void session_set_remote(struct session *s, const union sock_addr *remote);

/** session_remote() - the peer's address; family AF_UNSPEC while unknown */
const union sock_addr *session_remote(const struct session *s);

/**
 * session_data_keys() - the data keys that may be used now, in scan order (3.7)
 *
 * Return: how many of @out are filled.
 */
size_t session_data_keys(const struct session *s, struct now now,
			 struct session_data_key out[SESSION_DATA_KEYS_MAX]);

/** session_tls() - TLS of the newest key of the trusted session, e.g. for certificates; or NULL */
struct tls_conn *session_tls(const struct session *s);

/**
 * session_verify() - what the certificate checks of a key found out, for comparisons
 * @key_serial: of an event; 0 for the first key that was accepted in this session object
 *
 * Return: borrowed until the next call of another function, or NULL.
 */
const struct verify *session_verify(const struct session *s, uint32_t key_serial);

/** session_common_name() - the peer's, "" while unknown; borrowed until the next call of others */
const char *session_common_name(const struct session *s);

/** session_peer_info() - the peer's newest text, NULL for none; borrowed likewise */
const char *session_peer_info(const struct session *s);

/** session_is_active() - whether control messages flow */
bool session_is_active(const struct session *s);

/** session_has_initial_packet() - whether the peer has been heard since the start */
bool session_has_initial_packet(const struct session *s);

/**
 * session_export() - keying material from the trusted session's newest TLS connection (RFC 5705)
 *
 * Return: 0, ERR_STATE without such a connection, or the TLS layer's error.
 */
int session_export(struct session *s, const char *label, void *out, size_t len) MUST_CHECK;

/**
 * session_key_list() - text of the known key states as in out-of-sync messages; returns @buf
 */
const char *session_key_list(const struct session *s, char *buf, size_t cap);

/** session_log_unknown_key() - a data packet came with a key id that nobody has (1.4) */
void session_log_unknown_key(struct session *s, const union sock_addr *from, uint8_t key_id);

/** session_soft_errors() - refused packets and failed key states so far, for statistics and tests
 */
unsigned int session_soft_errors(const struct session *s);

/** session_clamp_size() - --max-packet-size within its bounds (5.7) */
uint32_t session_clamp_size(uint32_t max_packet_size);
