/* SPDX-License-Identifier: GPL-2.0-only */
/* The key-method-2 message, and the data keys that follow from both ends' messages. Spec 01 9, 10.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/static_key.h"
#include "proto/constants.h"
#include "proto/packet.h"

struct session_key_text;

/* One end's random material; pre_master is zero for servers. */
struct key_source {
	uint8_t pre_master[KEY_PRE_MASTER_LEN];
	uint8_t random1[KEY_RANDOM_LEN];
	uint8_t random2[KEY_RANDOM_LEN];
};

/* What the peer sent. Keep it in secret memory and wipe it. */
struct key_method {
	struct key_source source;
	char options[KEY_OPTIONS_MAX + 1];
	bool has_username, has_password, has_peer_info;
	bool credentials_too_long; /* then both are absent */
	char username[KEY_USERPASS_MAX + 1];
	char password[KEY_USERPASS_MAX + 1];
	char peer_info[PLAINTEXT_MAX + 1];
};

/** key_source_random() - fresh material for one key */
void key_source_random(struct key_source *source, const struct rng *rng, bool tls_server);

/**
 * key_method_write() - build our message
 *
 * Return: 0, ERR_LIMIT when a text is too long, ERR_OVERFLOW when the message is.
 */
int key_method_write(struct wr *w, bool tls_server, const struct key_source *source,
		     const struct session_key_text *text) MUST_CHECK;

/**
 * key_method_read() - parse the peer's message
 * @from_server: whether the sender is the TLS server
 * @log: gets the lines of section 9
 *
 * Return: 0 or ERR_KEY_METHOD with @msg wiped.
 */
int key_method_read(struct rd *r, bool from_server, const struct log *log,
		    struct key_method *msg) MUST_CHECK;

/**
 * data_keys_prf() - key block by the TLS 1.0 PRF (10.1)
 *
 * Return: 0 or ERR_CRYPTO with @block wiped.
 */
int data_keys_prf(const struct key_source *client, const struct key_source *server,
		  const struct session_id *client_sid, const struct session_id *server_sid,
		  struct static_key *block) MUST_CHECK;
