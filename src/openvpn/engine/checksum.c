/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/checksum.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"

enum {
	IP4_AT_CHECKSUM = 10,
	IP4_AT_ADDRESSES = 12,
	IP6_AT_ADDRESSES = 8,
};

static uint64_t load_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One's complement addition: the carry comes back in at the other end. */
static uint64_t add_carry(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

/*
 * One's complement sums do not care in which byte order or width the words are added, as long as
 * the result is swapped once; so this adds native 64-bit words in four independent chains.
 */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t len)
{
	uint64_t a = sum, b = 0, c = 0, d = 0;
	uint8_t tail[8] = {0};

	for (; len >= 32; len -= 32, bytes += 32) {
		a = add_carry(a, load_u64(bytes));
		b = add_carry(b, load_u64(bytes + 8));
		c = add_carry(c, load_u64(bytes + 16));
		d = add_carry(d, load_u64(bytes + 24));
	}
	for (; len >= 8; len -= 8, bytes += 8)
		a = add_carry(a, load_u64(bytes));
	if (len) {
		memcpy(tail, bytes, len);
		b = add_carry(b, load_u64(tail));
	}
	return add_carry(add_carry(a, b), add_carry(c, d));
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ntohs((uint16_t)sum);
}

uint64_t checksum_pseudo(const uint8_t *ip, uint8_t proto, size_t l4_len)
{
	uint8_t words[8];

	store_be32(words, (uint32_t)l4_len);
	store_be32(words + 4, proto);
	if (ip[0] >> 4 == 4)
		return checksum_add(checksum_add(0, words, sizeof(words)), ip + IP4_AT_ADDRESSES,
				    8);
	return checksum_add(checksum_add(0, words, sizeof(words)), ip + IP6_AT_ADDRESSES, 32);
}

void checksum_ip4_header(uint8_t *ip, size_t header_len)
{
	store_be16(ip + IP4_AT_CHECKSUM, 0);
	store_be16(ip + IP4_AT_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, header_len)));
}
