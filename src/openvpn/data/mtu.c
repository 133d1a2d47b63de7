/* SPDX-License-Identifier: GPL-2.0-only */
/* The arithmetic of spec 02 sections 11.2 to 11.5. */
#include "data/mss.h"

enum {
	SOCKS_UDP_BYTES = 10,
	TCP_LENGTH_BYTES = 2,
	FRAGMENT_BYTES = 4,
	INNER_IP4_TCP_BYTES = 40,
	BUFFER_HEADROOM = 136,
	BUFFER_MTU_MIN = 1600,
	BUFFER_EXTRA = 32,
};

static size_t mtu_packet_id_bytes(const struct mtu_params *p)
{
	if (p->epoch)
		return 8;
	return p->mode == MTU_MODE_TLS ? 4 : 8;
}

static size_t mtu_crypto_bytes(const struct mtu_params *p)
{
	const struct cipher_info *cipher = cipher_by_id(p->cipher);
	size_t hmac = digest_by_id(p->digest)->bytes;

	if (p->mode == MTU_MODE_CLEAR)
		return 0;
	switch (cipher->mode) {
	case CIPHER_MODE_AEAD:
		return mtu_packet_id_bytes(p) + AEAD_TAG_LEN;
	case CIPHER_MODE_CBC:
		return cipher->iv_bytes + hmac;
	case CIPHER_MODE_CFB:
	case CIPHER_MODE_OFB:
		/* The long packet id is counted although it lies inside the IV. */
		return 8 + cipher->iv_bytes + hmac;
	case CIPHER_MODE_NONE:
		break;
	}
	return mtu_packet_id_bytes(p) + hmac;
}

size_t mtu_header_bytes(const struct mtu_params *p)
{
	size_t n = mtu_crypto_bytes(p);

	if (p->socks_udp)
		n += SOCKS_UDP_BYTES;
	if (p->tcp)
		n += TCP_LENGTH_BYTES;
	if (p->mode == MTU_MODE_TLS)
		n += p->v2 ? 4 : 1;
	return n;
}

static bool mtu_is_cbc(const struct mtu_params *p)
{
	return p->mode != MTU_MODE_CLEAR && cipher_by_id(p->cipher)->mode == CIPHER_MODE_CBC;
}

size_t mtu_payload_bytes(const struct mtu_params *p)
{
	size_t n = p->tun_mtu_extra;

	if (p->framing_byte)
		n += 1;
	if (p->fragment)
		n += FRAGMENT_BYTES;
	if (mtu_is_cbc(p))
		n += mtu_packet_id_bytes(p);
	return n;
}

size_t mtu_ip_bytes(const struct mtu_params *p)
{
	return (p->link_ip6 ? 40u : 20u) + (p->tcp ? 20u : 8u);
}

/* How much plaintext a datagram of @size takes; negative when not even the header fits. */
static int64_t mtu_usable(const struct mtu_params *p, uint32_t size, enum mtu_scope scope)
{
	int64_t n = (int64_t)size - (int64_t)mtu_header_bytes(p);

	if (scope == MTU_SCOPE_IP)
		n -= (int64_t)mtu_ip_bytes(p);
	if (n < 0 || !mtu_is_cbc(p))
		return n;
	return n - n % cipher_by_id(p->cipher)->block_bytes - 1;
}

uint16_t mtu_mss(const struct mtu_params *p, uint32_t mssfix, enum mtu_scope scope)
{
	int64_t n;

	if (!mssfix)
		return 0;
	if (scope == MTU_SCOPE_FIXED)
		n = (int64_t)mssfix - INNER_IP4_TCP_BYTES;
	else
		n = mtu_usable(p, mssfix, scope) - (int64_t)mtu_payload_bytes(p) -
		    INNER_IP4_TCP_BYTES;
	if (n <= 0)
		return 0;
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

uint32_t mtu_fragment(const struct mtu_params *p, uint32_t fragment, enum mtu_scope scope)
{
	int64_t n = mtu_usable(p, fragment, scope) - FRAGMENT_BYTES;

	if (mtu_is_cbc(p))
		n -= (int64_t)mtu_packet_id_bytes(p);
	return n > 0 ? (uint32_t)n : 0;
}

uint32_t mtu_options_link(const struct mtu_params *p, uint32_t tun_mtu, bool cipher_given)
{
	struct mtu_params v1 = *p;
	const struct cipher_info *cipher;
	size_t n;

	v1.v2 = false;
	v1.epoch = false;
	if (!cipher_given)
		v1.cipher = CIPHER_NONE;
	cipher = cipher_by_id(v1.cipher);
	n = tun_mtu + mtu_payload_bytes(&v1) + mtu_header_bytes(&v1);
	if (v1.mode == MTU_MODE_CLEAR)
		return (uint32_t)n;
	/* The unset cipher counts as none plus 16; the others were once estimated generously. */
	if (!cipher_given)
		n += 16;
	else if (cipher->mode == CIPHER_MODE_AEAD)
		n += cipher->iv_bytes + (size_t)cipher->block_bytes;
	else if (cipher->mode != CIPHER_MODE_NONE)
		n += cipher->block_bytes;
	return (uint32_t)n;
}

uint32_t mtu_buffer_bytes(uint32_t tun_mtu, uint32_t tun_mtu_max, uint32_t max_packet_size,
			  uint32_t tun_mtu_extra)
{
	uint32_t n = BUFFER_MTU_MIN;

	n = tun_mtu > n ? tun_mtu : n;
	n = tun_mtu_max > n ? tun_mtu_max : n;
	n = max_packet_size > n ? max_packet_size : n;
	return n + tun_mtu_extra + BUFFER_EXTRA + BUFFER_HEADROOM;
}
