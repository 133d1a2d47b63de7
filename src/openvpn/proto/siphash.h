/* SPDX-License-Identifier: GPL-2.0-only */
/* SipHash-2-4: a keyed hash for short inputs (Aumasson, Bernstein 2012). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * siphash24() - 64-bit tag of @len bytes
 * @out: little-endian as in the paper
 *
 * Cheap enough for every packet of an attacker, unlike an HMAC by the crypto library.
 */
void siphash24(const uint8_t key[16], const void *data, size_t len, uint8_t out[8]);
