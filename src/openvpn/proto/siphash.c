/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/siphash.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t load_le64(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static uint64_t rotl(uint64_t x, unsigned int b)
{
	return x << b | x >> (64 - b);
}

static void sip_rounds(struct sip *s, unsigned int n)
{
	while (n--) {
		s->v0 += s->v1;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v0 = rotl(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v2 = rotl(s->v2, 32);
	}
}

static void sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_rounds(s, 2);
	s->v0 ^= m;
}

void siphash24(const uint8_t key[16], const void *data, size_t len, uint8_t out[8])
{
	const uint8_t *p = data;
	uint64_t k0 = load_le64(key, 8), k1 = load_le64(key + 8, 8), tag;
	struct sip s = {
		k0 ^ 0x736f6d6570736575ULL,
		k1 ^ 0x646f72616e646f6dULL,
		k0 ^ 0x6c7967656e657261ULL,
		k1 ^ 0x7465646279746573ULL,
	};
	size_t whole = len / 8;

	for (size_t i = 0; i < whole; i++)
		sip_word(&s, load_le64(p + 8 * i, 8));
	sip_word(&s, load_le64(p + 8 * whole, len % 8) | (uint64_t)(len & 0xff) << 56);
	s.v2 ^= 0xff;
	sip_rounds(&s, 4);
	tag = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(tag >> (8 * i));
}
