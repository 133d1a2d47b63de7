/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of a session, shared by session*.c and nobody else. Spec 01 sections 3, 4 and 9 - 11. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/static_key.h"
#include "proto/key_method.h"
#include "proto/packet.h"
#include "proto/reliable.h"
#include "proto/session.h"
#include "proto/wrap.h"

/* What a key state waits for; 3.5. */
enum key_phase {
	KEY_INITIAL,	    /* the peer's address */
	KEY_PRE_START_SKIP, /* the first packet after a valid cookie */
	KEY_PRE_START,	    /* the acknowledgement of our reset */
	KEY_START,	    /* TLS; at servers the peer's key method */
	KEY_SENT_KEY,	    /* client: the peer's key method; server: acknowledgements */
	KEY_GOT_KEY,	    /* client: acknowledgements; server: passes at once */
	KEY_ACTIVE,	    /* authentication and the option exchange */
	KEY_GENERATED,	    /* nothing: the data key is in use */
	KEY_DEAD,	    /* to be released */
	KEY_PHASES
};

/* Random material of both ends until the data key is made. Secret memory. */
struct key_exchange {
	struct key_source own, peer;
};

struct key_state {
	enum key_phase phase;
	uint8_t key_id;
	uint8_t initial_opcode;
	uint32_t serial;
	bool has_remote_sid;
	bool got_peer_key; /* the peer's key method arrived */
	bool owe_wkc;	   /* message 1 must carry the wrapped client key (7.4) */
	bool wkc_queued;
	bool verify_kept; /* session.first_verify owns verify */
	enum session_auth auth;
	struct session_id remote_sid;
	union sock_addr remote;
	struct reliable *rel; /* NULL before the start and after retirement; likewise tls */
	struct tls_conn *tls;
	struct verify *verify;	     /* or NULL */
	struct key_exchange *secret; /* NULL when not needed any more */
	uint64_t active_by_ms;	     /* handshake window; TIME_NEVER once active */
	uint64_t auth_by_ms;	     /* end of pending authentication */
	uint64_t promote_ms;	     /* 3.6 key promotion time */
	uint64_t established_ms;     /* TIME_NEVER until active */
	uint64_t expiry_ms;	     /* of retired ones, else TIME_NEVER */
	uint64_t data_bytes, data_packets;
};

/* A session in the sense of the protocol: two ends' ids, and a sequence of keys. */
struct tls_slot {
	struct session_id sid;
	struct wrap wrap;
	struct key_state *primary; /* never NULL */
	struct key_state *lame;	   /* or NULL */
	uint8_t next_key_id;
	bool hold;	   /* 5.5 */
	bool burst_done;   /* 5.5 */
	bool cookie_first; /* the next packet is the one that proved a cookie */
	bool options_done;
	struct session_negotiated negotiated;
};

struct event_node;

/* A complete packet whose session may be gone already: alerts (8.4). */
struct parting_packet {
	struct parting_packet *next;
	union sock_addr to;
	size_t len;
	uint8_t data[];
};

/* A control message that waits for an active key. */
struct control_text {
	struct control_text *next;
	char text[];
};

struct session {
	const struct session_config *cfg;
	struct session_hooks hooks;
	struct log log;
	struct rng rng;
	struct tls_slot active;	   /* the trusted session */
	struct tls_slot untrusted; /* under negotiation */
	struct key_state *lame;	   /* lame duck session: only its data key is left; or NULL */
	union sock_addr remote;	   /* AF_UNSPEC: not known */
	bool failed;
	bool refuse_new;
	bool was_established; /* options have been exchanged with some session of the peer */
	unsigned int begun;   /* sessions that the peer began */
	unsigned int soft_errors, hard_errors;
	bool warned_packet_size;
	uint32_t next_serial;
	uint32_t reneg_sec; /* drawn; 0: off */
	uint64_t reneg_bytes;
	struct event_node *events, **events_tail, *lent;
	struct parting_packet *parting, **parting_tail;
	struct control_text *control, **control_tail;
	/* data keys as the layer above knows them */
	struct {
		uint32_t serial;
		uint8_t key_id;
	} reported[SESSION_DATA_KEYS_MAX];
	size_t n_reported;
	uint32_t reported_sending; /* serial, 0: none */
	uint64_t pumped_ms;	   /* when session_pump() ran last */
	char *peer_info;
	char *common_name;
	struct verify *first_verify;
};

/* session.c */

/** session_pump() - advance everything as far as it goes now */
void session_pump(struct session *s, struct now now);
/** session_fail() - the end: one FAILED event */
void session_fail(struct session *s, const char *reason);
/** session_soft_error() - count; ends the session on TCP (12.1). Return: @code. */
int session_soft_error(struct session *s, int code);
void slot_init(struct session *s, struct tls_slot *slot);
void slot_fini(struct session *s, struct tls_slot *slot);
bool sock_addr_known(const union sock_addr *a);

/* session_key.c */

struct key_state *key_state_new(struct session *s, uint8_t key_id, uint8_t initial_opcode);
void key_state_free(struct session *s, struct key_state *ks);
const char *key_phase_name(enum key_phase phase);
void key_set_phase(struct session *s, struct key_state *ks, enum key_phase to);
/** key_is_active() - ACTIVE or GENERATED: control messages flow */
bool key_is_active(const struct key_state *ks);
/** key_start() - leave INITIAL: TLS object, timers, own reset (or none after a cookie) */
int key_start(struct session *s, struct tls_slot *slot, struct now now, bool from_cookie);
/** key_advance() - deliver messages, drive TLS, change phases. Return: 0 or why the key failed. */
int key_advance(struct session *s, struct tls_slot *slot, struct now now);
/** key_fail() - 3.9; @slot gets a new key state */
void key_fail(struct session *s, struct tls_slot *slot, struct now now);
/** key_retire() - becomes the lame key: only its data key is needed any more */
void key_retire(struct key_state *ks, uint64_t expiry_ms);

/* session_data.c */

/** data_key_usable() - generated and authenticated */
bool data_key_usable(const struct key_state *ks);
int data_key_generate(struct session *s, struct tls_slot *slot, struct now now);
/** data_keys_report() - events for keys which are gone, and for a change of the sending one */
void data_keys_report(struct session *s, struct now now);
/** data_keys_deadline() - when the sending key changes by itself */
uint64_t data_keys_deadline(const struct session *s);
/** soft_reset() - retire the primary key of @slot and begin the next one (3.8) */
int soft_reset(struct session *s, struct tls_slot *slot, struct now now);
/** reneg_check() - soft reset when a limit is reached */
void reneg_check(struct session *s, struct now now);
uint64_t reneg_deadline(const struct session *s);

/* session_route.c */

int session_route(struct session *s, struct now now, const union sock_addr *from, bool may_move,
		  const void *data, size_t len);

/* session_send.c */

/** send_tls_output() - cut waiting TLS bytes into messages */
int send_tls_output(struct session *s, struct tls_slot *slot, struct now now);
/** send_parting() - whatever a failing key still has to say, as finished packets */
void send_parting(struct session *s, struct tls_slot *slot, struct now now);
bool session_build_packet(struct session *s, struct now now, struct session_packet *out);
bool slot_may_send(const struct tls_slot *slot);

/* session_control.c */

/** control_read() - plaintext after the key method, as events */
int control_read(struct session *s, struct key_state *ks);
/** control_flush() - write queued messages to the active key */
int control_flush(struct session *s);
void control_free(struct session *s);

/* session_event.c */

void event_push(struct session *s, const struct session_event *ev);
/** event_push_key_method() - @msg in secret memory, taken over */
void event_push_key_method(struct session *s, const struct key_state *ks, struct key_method *msg);
void event_push_key_ready(struct session *s, const struct key_state *ks,
			  const struct static_key *block);
void event_push_message(struct session *s, const char *text);
void events_free(struct session *s);
