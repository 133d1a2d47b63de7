/* SPDX-License-Identifier: GPL-2.0-only */
/* The chain of epoch secrets of one direction. Spec 02 section 6.3. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "crypto/cipher.h"
#include "crypto/kdf.h"

enum {
	EPOCH_MAX = 65535,
};

/* Stands at one epoch and can only go forward. */
struct epoch_chain {
	uint32_t epoch; /* 1..EPOCH_MAX */
	uint8_t secret[HKDF_SECRET_LEN];
};

/* What packets of one epoch are protected with. */
struct epoch_material {
	uint8_t key[CIPHER_KEY_MAX];
	uint8_t iv[AEAD_NONCE_LEN];
};

/** epoch_chain_init() - stand at epoch 1 */
void epoch_chain_init(struct epoch_chain *chain, const uint8_t secret[HKDF_SECRET_LEN]);
void epoch_chain_wipe(struct epoch_chain *chain);

/** epoch_chain_advance() - go to the next epoch. Return: 0, ERR_RANGE after the last, ERR_CRYPTO */
int epoch_chain_advance(struct epoch_chain *chain) MUST_CHECK;

/** epoch_chain_material() - key (@key_bytes long) and IV of the epoch where the chain stands */
int epoch_chain_material(const struct epoch_chain *chain, size_t key_bytes,
			 struct epoch_material *out) MUST_CHECK;
