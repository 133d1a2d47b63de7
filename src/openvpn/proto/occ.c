/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/occ.h"

#include <string.h>

#include "base/err.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "proto/ncp.h"

enum {
	OCC_ITEM_MAX = 512, /* an item is never longer than the string */
};

/* What the cipher and digest contribute. */
struct occ_algorithms {
	const char *cipher; /* as printed */
	const char *auth;
	unsigned int key_bits;
	uint32_t overhead; /* bytes in link-mtu */
};

static int occ_digest(const char *name, struct occ_algorithms *out)
{
	const struct digest_info *digest = digest_by_name(name ? name : "SHA1");

	if (!digest)
		return ERR_UNSUPPORTED;
	out->auth = digest->id == DIGEST_NONE ? "[null-digest]" : digest->name;
	out->overhead += digest->bytes;
	return 0;
}

/* The historic arithmetic: AEAD counts IV and block although neither is sent (02 section 11.4). */
static int occ_algorithms(const struct occ_input *in, struct occ_algorithms *out)
{
	const struct cipher_info *cipher = cipher_by_name(in->cipher ? in->cipher : "BF-CBC");
	uint32_t packet_id = in->crypto == OCC_CRYPTO_STATIC ? 8 : 4;

	*out = (struct occ_algorithms){0};
	if (!cipher)
		return ERR_UNSUPPORTED;
	out->cipher = cipher->id == CIPHER_NONE ? "[null-cipher]" : cipher->name;
	out->key_bits = 8u * cipher->key_bytes;
	if (cipher->mode == CIPHER_MODE_AEAD) {
		out->auth = "[null-digest]";
		out->overhead = 4u + AEAD_TAG_LEN + cipher->iv_bytes + cipher->block_bytes;
		return 0;
	}
	/* BF-CBC counts the same with every library, also with those that lack it. */
	if (cipher->id == CIPHER_BF_CBC)
		out->overhead = packet_id + 16;
	else if (cipher->mode == CIPHER_MODE_CFB || cipher->mode == CIPHER_MODE_OFB)
		out->overhead = 8u + cipher->iv_bytes + cipher->block_bytes;
	else if (cipher->mode == CIPHER_MODE_CBC)
		out->overhead = packet_id + cipher->iv_bytes + cipher->block_bytes;
	else
		out->overhead = packet_id;
	return occ_digest(in->auth, out);
}

static uint32_t occ_link_mtu(const struct occ_input *in, const struct occ_algorithms *alg)
{
	uint32_t mtu = in->link_base_mtu ? in->link_base_mtu : in->tun_mtu;

	mtu += in->tun_mtu_extra;
	mtu += in->comp_framing && in->comp_adds_byte ? 1 : 0;
	mtu += in->fragment ? 4 : 0;
	mtu += in->proto == OCC_UDP ? (in->socks_udp ? 10 : 0) : 2;
	mtu += in->crypto == OCC_CRYPTO_TLS ? 1 : 0;
	return mtu + alg->overhead;
}

static const char *occ_proto_name(enum occ_proto proto, bool expected)
{
	if (proto == OCC_UDP)
		return "UDPv4";
	return (proto == OCC_TCP_SERVER) != expected ? "TCPv4_SERVER" : "TCPv4_CLIENT";
}

/* Our own string names the peer's address first, the one that we expect is the mirror. */
static void occ_add_ifconfig(const struct occ_input *in, bool expected, struct str *s)
{
	const char *a = in->ifconfig_local, *b = in->ifconfig_remote;

	if (!a || !b)
		str_add(s, ",ifconfig [undef]");
	else if (in->ifconfig_network || expected)
		str_addf(s, ",ifconfig %s %s", a, b);
	else
		str_addf(s, ",ifconfig %s %s", b, a);
}

static void occ_add_crypto(const struct occ_input *in, bool expected,
			   const struct occ_algorithms *alg, struct str *s)
{
	const char *list_name = strcmp(alg->cipher, "[null-cipher]") == 0 ? "none" : alg->cipher;

	if (in->p2p || (in->data_ciphers && ncp_list_has(in->data_ciphers, list_name)))
		str_addf(s, ",cipher %s", alg->cipher);
	str_addf(s, ",auth %s,keysize %u", alg->auth, alg->key_bits);
	if (in->crypto == OCC_CRYPTO_STATIC)
		str_add(s, ",secret");
	if (in->tls_auth)
		str_add(s, ",tls-auth");
	if (in->crypto == OCC_CRYPTO_TLS)
		str_addf(s, ",key-method 2,%s",
			 in->tls_server != expected ? "tls-server" : "tls-client");
}

static int occ_build(const struct occ_input *in, bool expected, char *out, size_t cap)
{
	static const char *const dev_names[] = {
		[OCC_DEV_TUN] = "tun", [OCC_DEV_TAP] = "tap", [OCC_DEV_NULL] = "null"};
	struct occ_algorithms alg = {0};
	struct str s = str_init();
	int ret = 0;

	if (in->crypto != OCC_CRYPTO_NONE)
		ret = occ_algorithms(in, &alg);
	if (ret < 0)
		return ret;
	str_addf(&s, "V4,dev-type %s,link-mtu %u,tun-mtu %u,proto %s", dev_names[in->dev],
		 occ_link_mtu(in, &alg), in->occ_mtu ? in->occ_mtu : in->tun_mtu,
		 occ_proto_name(in->proto, expected));
	if (in->p2p && in->has_ifconfig_ipv6)
		str_add(&s, ",tun-ipv6");
	if (in->p2p && in->has_ifconfig)
		occ_add_ifconfig(in, expected, &s);
	if (in->comp_framing)
		str_add(&s, ",comp-lzo");
	if (in->fragment)
		str_add(&s, ",mtu-dynamic");
	if (in->key_direction >= 0)
		str_addf(&s, ",keydir %d", expected ? !in->key_direction : in->key_direction);
	if (in->crypto != OCC_CRYPTO_NONE)
		occ_add_crypto(in, expected, &alg, &s);
	if (s.failed)
		ret = ERR_NOMEM;
	else if (!str_copy(out, cap, str_text(&s)))
		ret = ERR_OVERFLOW;
	str_fini(&s);
	return ret;
}

int occ_local(const struct occ_input *in, char *out, size_t cap)
{
	return occ_build(in, false, out, cap);
}

int occ_expected(const struct occ_input *in, char *out, size_t cap)
{
	return occ_build(in, true, out, cap);
}

/* Walk over items; the first one is compared under the name "version". */
static bool occ_next_item(const char **pos, bool first, char item[OCC_ITEM_MAX + 8])
{
	const char *start = *pos;
	size_t len;

	if (!start)
		return false;
	len = strcspn(start, ",");
	*pos = start[len] ? start + len + 1 : NULL;
	if (len > OCC_ITEM_MAX - 1)
		len = OCC_ITEM_MAX - 1;
	str_copy(item, OCC_ITEM_MAX + 8, first ? "version " : "");
	strncat(item, start, len);
	str_printable(item, '.');
	return true;
}

static bool occ_same_first_word(const char *a, const char *b)
{
	size_t len = strcspn(a, " ");

	return len == strcspn(b, " ") && strncmp(a, b, len) == 0;
}

/* These differ between versions of correct peers, or are negotiated otherwise. */
static bool occ_item_is_silent(const char *item)
{
	static const char *const prefixes[] = {"key-method ", "keydir ", "proto ", "tun-ipv6",
					       "cipher "};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(item, prefixes[i]))
			return true;
	return strcmp(item, "tls-auth") == 0;
}

enum occ_match {
	OCC_MISSING,
	OCC_DIFFERENT,
	OCC_EQUAL,
};

static enum occ_match occ_find(const char *item, const char *list, char found[OCC_ITEM_MAX + 8])
{
	enum occ_match best = OCC_MISSING;
	char other[OCC_ITEM_MAX + 8];
	bool first = true;

	while (occ_next_item(&list, first, other)) {
		first = false;
		if (strcmp(item, other) == 0)
			return OCC_EQUAL;
		if (best == OCC_MISSING && occ_same_first_word(item, other)) {
			best = OCC_DIFFERENT;
			str_copy(found, OCC_ITEM_MAX + 8, other);
		}
	}
	return best;
}

static void occ_name(const char *item, char *name, size_t cap)
{
	str_copy(name, cap, item);
	name[strcspn(name, " ")] = '\0';
}

static void occ_compare_ours(const char *expected, const char *received, struct str *lines)
{
	char item[OCC_ITEM_MAX + 8], other[OCC_ITEM_MAX + 8], name[OCC_ITEM_MAX + 8];
	bool first = true;

	for (const char *pos = expected; occ_next_item(&pos, first, item); first = false) {
		if (occ_item_is_silent(item))
			continue;
		occ_name(item, name, sizeof(name));
		switch (occ_find(item, received, other)) {
		case OCC_EQUAL:
			break;
		case OCC_DIFFERENT:
			str_addf(lines,
				 "WARNING: '%s' is used inconsistently, local='%s', remote='%s'\n",
				 name, item, other);
			break;
		case OCC_MISSING:
			str_addf(
				lines,
				"WARNING: '%s' is present in local config but missing in remote config, local='%s'\n",
				name, item);
			break;
		}
	}
}

static void occ_compare_theirs(const char *expected, const char *received, struct str *lines)
{
	char item[OCC_ITEM_MAX + 8], other[OCC_ITEM_MAX + 8], name[OCC_ITEM_MAX + 8];
	bool first = true;

	for (const char *pos = received; occ_next_item(&pos, first, item); first = false) {
		if (occ_item_is_silent(item) || occ_find(item, expected, other) != OCC_MISSING)
			continue;
		occ_name(item, name, sizeof(name));
		str_addf(
			lines,
			"WARNING: '%s' is present in remote config but missing in local config, remote='%s'\n",
			name, item);
	}
}

void occ_compare(const char *expected, const char *received, struct str *lines)
{
	if (strcmp(expected, received) == 0)
		return;
	if (strlen(expected) < 2 || strlen(received) < 2 || strncmp(expected, received, 2) != 0)
		str_add(lines,
			"NOTE: Options consistency check may be skewed by version differences\n");
	occ_compare_ours(expected, received, lines);
	occ_compare_theirs(expected, received, lines);
}

bool occ_peer_cipher(const char *received, char *out, size_t cap)
{
	char item[OCC_ITEM_MAX + 8];

	str_copy(out, cap, "");
	while (occ_next_item(&received, false, item)) {
		const char *name = item + strlen("cipher ");

		if (!str_starts(item, "cipher "))
			continue;
		if (strcmp(name, "[null-cipher]") == 0)
			name = "none";
		if (*name && str_copy(out, cap, name))
			return true;
		str_copy(out, cap, "");
		return false;
	}
	return false;
}

bool occ_has_comp_lzo(const char *received)
{
	return strstr(received, ",comp-lzo,") != NULL;
}
