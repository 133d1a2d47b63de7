// SPDX-License-Identifier: GPL-2.0-only
/* Digests, HMAC, and the derivations of chapters 1 and 2 with their vectors. */
#include "test.h"

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/show.h"
#include "crypto/static_key.h"

static void fill_from(uint8_t *out, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

static void assert_hex(const uint8_t *bytes, const char *hex)
{
	uint8_t expected[256];
	const size_t n = unhex(expected, sizeof(expected), hex);

	assert_memory_equal(bytes, expected, n);
}

/* ---- digests ----------------------------------------------------------------------------- */

static void digest_by_name__any_case_alias_and_unknown__as_told(void **state)
{
	(void)state;
	assert_int_equal(digest_by_name("sha256")->id, DIGEST_SHA256);
	assert_int_equal(digest_by_name("SHA1")->bytes, 20);
	assert_int_equal(digest_by_name("sha-512")->id, DIGEST_SHA512);
	assert_int_equal(digest_by_name("SHA2-256")->id, DIGEST_SHA256);
	assert_int_equal(digest_by_name("none")->id, DIGEST_NONE);
	assert_null(digest_by_name("FOO"));
	assert_null(digest_by_name("SHAKE256"));
	assert_null(digest_by_id(DIGEST_COUNT));
}

static void sha256__rfc_text__matches(void **state)
{
	const struct iov_part parts[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};
	const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct hash *hash = hash_new(DIGEST_SHA256);
	uint8_t out[32];

	(void)state;
	assert_int_equal(sha256("abc", 3, out), 0);
	assert_hex(out, abc);
	assert_int_equal(hash_once(DIGEST_SHA256, parts, 3, out), 0);
	assert_hex(out, abc);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(hash_update(hash, "ab", 2), 0);
		assert_int_equal(hash_update(hash, "c", 1), 0);
		assert_int_equal(hash_final(hash, out), 0);
		assert_hex(out, abc);
	}
	hash_free(hash);
	assert_null(hash_new(DIGEST_NONE));
}

/* RFC 4231 case 2, RFC 2202 case 2 for SHA-1 */
static void hmac__rfc_cases__match_also_when_scattered_and_reused(void **state)
{
	const struct iov_part parts[] = {{"what do ya want ", 16}, {"for nothing?", 12}};
	const uint8_t *key = (const uint8_t *)"Jefe";
	struct hmac *hmac = hmac_new(DIGEST_SHA256, key, 4);
	uint8_t out[64];

	(void)state;
	assert_int_equal(hmac_len(hmac), 32);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(hmac_parts(hmac, parts, 2, out), 0);
		assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	}
	hmac_free(hmac);
	assert_int_equal(hmac_once(DIGEST_SHA1, key, 4, parts, 2, out), 0);
	assert_hex(out, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	assert_null(hmac_new(DIGEST_NONE, key, 4));
	assert_int_equal(hmac_once(DIGEST_NONE, key, 4, parts, 2, out), ERR_CRYPTO);
	hmac_free(NULL);
}

static void digest__every_offered_one__has_the_length_of_the_table(void **state)
{
	const struct iov_part part = {"x", 1};

	(void)state;
	for (unsigned int id = DIGEST_NONE + 1; id < DIGEST_COUNT; id++) {
		const struct digest_info *info = digest_by_id((enum digest_id)id);
		uint8_t out[DIGEST_MAX + 1];
		size_t n;

		if (!digest_available(info))
			continue;
		memset(out, 0xa5, sizeof(out));
		assert_int_equal(hmac_once(info->id, (const uint8_t *)"k", 1, &part, 1, out), 0);
		for (n = sizeof(out); n > 0 && out[n - 1] == 0xa5; n--)
			;
		assert_int_equal(n, info->bytes);
	}
}

static void show_digests__text__has_the_known_form(void **state)
{
	struct str text = str_init();

	(void)state;
	show_digests(&text);
	assert_true(str_starts(text.text, "The following message digests are available for use"));
	assert_non_null(strstr(text.text, "\nSHA256 256 bit digest size\n"));
	assert_string_equal(text.text + text.len - 2, "\n\n");
	str_fini(&text);
}

/* ---- TLS 1.0 PRF ------------------------------------------------------------------------- */

static void tls1_prf__self_test__passes(void **state)
{
	(void)state;
	assert_int_equal(tls1_prf_self_test(), 0);
}

static void tls1_prf__key_exchange_vector__master_and_key_block(void **state)
{
	uint8_t pre_master[48], cr1[32], cr2[32], sr1[32], sr2[32], csid[8], ssid[8];
	uint8_t master[48], x[256];
	const struct iov_part for_master[] = {
		{"OpenVPN master secret", 21}, {cr1, sizeof(cr1)}, {sr1, sizeof(sr1)}};
	const struct iov_part for_keys[] = {{"OpenVPN key expansion", 21},
					    {cr2, sizeof(cr2)},
					    {sr2, sizeof(sr2)},
					    {csid, sizeof(csid)},
					    {ssid, sizeof(ssid)}};

	(void)state;
	fill_from(pre_master, sizeof(pre_master), 0x00);
	fill_from(cr1, sizeof(cr1), 0x40);
	fill_from(cr2, sizeof(cr2), 0x60);
	fill_from(sr1, sizeof(sr1), 0x80);
	fill_from(sr2, sizeof(sr2), 0xa0);
	unhex(csid, sizeof(csid), "c1c2c3c4c5c6c7c8");
	unhex(ssid, sizeof(ssid), "5152535455565758");
	assert_int_equal(tls1_prf(pre_master, 48, for_master, 3, master, sizeof(master)), 0);
	assert_hex(master, "9999e37f41b205a8183ce835da7daacfd52553e542564d04e4292100b00f5f1f"
			   "e967f9d4f3888f285a5f119aff451e0d");
	assert_int_equal(tls1_prf(master, sizeof(master), for_keys, 5, x, sizeof(x)), 0);
	assert_hex(x, "e19b9863dc8d695bdd6f89fb2cc74ee915c1f513baf35f295b4c029af54f21a7"
		      "f501aef8bca6ddd38cd4cbb92beb67cb30e7acfef67e51ddea19360795a5a0a1"
		      "d93fac9bb1ee8aac7649bfd449bc9987e761afaf1b3895a90a28b66c6fd920e4"
		      "f6f088192554031d6ce3506c0b06b7f2d1551af3c780932589b7a515ca0de773"
		      "78d8321fa01f6e7927eb56f223275c2f64ee962f5c994d1a2b616b9dd8686c20"
		      "2bf69403e6971a34a6015969f68a364d5790655aae1c623caf120a91fe71ecf5"
		      "2c8ca29692294ddc08dc2709fe83d240a8d9334d637f5dfbf6d8fd67025f7fb2"
		      "5e9e4ebb36420d99432dd4bc59dd7b52406e09b707a8a8ecd13f3d653e1560ba");
}

static void tls1_prf__too_many_seed_parts__are_refused_and_output_wiped(void **state)
{
	const struct iov_part seed[9] = {{"a", 1}};
	uint8_t out[4] = {1, 2, 3, 4};

	(void)state;
	assert_int_equal(tls1_prf((const uint8_t *)"s", 1, seed, 9, out, 4), ERR_LIMIT);
	assert_hex(out, "00000000");
}

/* ---- HKDF -------------------------------------------------------------------------------- */

struct epoch_vector {
	const char *secret, *k16, *k24, *k32, *iv;
};

static const struct epoch_vector epochs[2][3] = {
	{
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "c0b015350de890ee8e1849d2c29a1b94",
		 "50aebc98a415672f5b86b9d782a6d970b30e37a45a550b11",
		 "ebbbf838a8658beb56f2324d691351bd4c8c230fb271ada8f67de830b7ee3192",
		 "568de14f8f744bfb0b721f66"},
		{"e35bffa31e2723bf09e8d394fa9171ca4e534553bffa1d3482de4c9b3bc639d7",
		 "2586116e6e44094e7e8659d311948333",
		 "d95c7f31a5962683039eccd234b4d4d7bf41d5f5b9bc6f57",
		 "4010426e3e169cd80289883d7f38d7eee445ead5fa21812fabebe155a4408ee5",
		 "9caaa619cb6277bbb0e90c48"},
		{"f42019f62ea8cd6a2dc9e3e0778903253a1320d2c87f27e15e0494b796665101",
		 "4254f2a6c4ab003f3857ab2e4c25bf53",
		 "fc28786cde031ddf491d4f911ab7ce7907ca8d6610ffd873",
		 "97262f79e388a314377b63881143f2490755d3396aa5c4fe98ab8384318cc859",
		 "cd8fc5d76f8d9e1d521e6401"},
	},
	{
		{"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", NULL, NULL,
		 "8ae19b0628b1b54235ff66ade5f84cd12705df61a91fc1dad99f9556bd76adc5",
		 "43800676e2d157ed47e4b116"},
		{"1541028717ce58a2f883e974bd96ce6794e071dc9cfa953df615cfb4a134f433", NULL, NULL,
		 "4af7aa34bc4622828a1c1430637da7da845aa705e39412e763b674df60711ea9",
		 "445bfe1e7f375c229490c9be"},
		{"9b3e1c5ce7f2e90b018c5c3f7b85db884026fbb03adef36f01f3207466f6bd95", NULL, NULL,
		 "1ff9943568e6ab4172a227a88a25d275f3e1fc5139321dbd5d154e95fbe4f495",
		 "8032875bae11bec5752834bc"},
	},
};

static void expect_label(const uint8_t secret[32], const char *label, const char *expected)
{
	uint8_t out[32];

	if (!expected)
		return;
	assert_int_equal(hkdf_expand_label(secret, label, out, strlen(expected) / 2), 0);
	assert_hex(out, expected);
}

static void hkdf_expand_label__epoch_vectors__keys_ivs_and_next_secrets(void **state)
{
	(void)state;
	for (size_t dir = 0; dir < 2; dir++) {
		for (size_t e = 0; e < 3; e++) {
			const struct epoch_vector *v = &epochs[dir][e];
			uint8_t secret[32];

			unhex(secret, sizeof(secret), v->secret);
			expect_label(secret, "data_key", v->k16);
			expect_label(secret, "data_key", v->k24);
			expect_label(secret, "data_key", v->k32);
			expect_label(secret, "data_iv", v->iv);
			expect_label(secret, "datakey upd",
				     e < 2 ? epochs[dir][e + 1].secret : NULL);
		}
	}
}

static void hkdf_expand_label__label_too_long__is_refused(void **state)
{
	uint8_t secret[32] = {0}, out[8] = {1};
	char label[252];

	(void)state;
	memset(label, 'a', 251);
	label[251] = '\0';
	assert_int_equal(hkdf_expand_label(secret, label, out, 8), ERR_RANGE);
	assert_int_equal(out[0], 0);
	label[250] = '\0';
	assert_int_equal(hkdf_expand_label(secret, label, out, 8), 0);
}

/* RFC 5869 case 1 (its PRK) */
static void hkdf_expand__rfc5869_case_1__matches(void **state)
{
	uint8_t prk[32], info[10], out[42];

	(void)state;
	unhex(prk, 32, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	unhex(info, 10, "f0f1f2f3f4f5f6f7f8f9");
	assert_int_equal(hkdf_expand_sha256(prk, info, 10, out, 42), 0);
	assert_hex(out,
		   "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8"
		   "87185865");
}

/* ---- the exporter, as RFC 8446 7.5 and RFC 5705 define it; our TLS library computes the same --
 */

static void expand_label_sha256(const uint8_t secret[32], const char *label,
				const uint8_t context[32], uint8_t *out, size_t len)
{
	uint8_t info[300];
	struct wr w = wr_init(info, sizeof(info));

	wr_u16(&w, (uint16_t)len);
	wr_u8(&w, (uint8_t)(6 + strlen(label)));
	wr_bytes(&w, "tls13 ", 6);
	wr_bytes(&w, label, strlen(label));
	wr_u8(&w, 32);
	wr_bytes(&w, context, 32);
	assert_int_equal(wr_error(&w), 0);
	assert_int_equal(hkdf_expand_sha256(secret, info, w.len, out, len), 0);
}

static void tls13_exporter(const char *label, uint8_t *out, size_t len)
{
	uint8_t secret[32], derived[32], empty[32];

	fill_from(secret, 32, 0);
	assert_int_equal(sha256(NULL, 0, empty), 0);
	expand_label_sha256(secret, label, empty, derived, 32);
	expand_label_sha256(derived, "exporter", empty, out, len);
}

static void exporter__tls13_vectors__data_keys_and_peer_id(void **state)
{
	uint8_t x[256], id[3];

	(void)state;
	tls13_exporter("EXPORTER-OpenVPN-datakeys", x, sizeof(x));
	assert_hex(x, "52136bc4eb6ceec2083fb937ae96a5fd5486ea3de6ad7bfca21e5c65a936627f");
	assert_hex(x + 64, "ebc1e0c1a46f6d71");
	assert_hex(x + 128, "c7c20d303220145a");
	assert_hex(x + 192, "6056ab48947f3a27");
	assert_hex(x + 245, "91fc282b6fbdc3d4a0e80b");
	tls13_exporter("EXPORTER-OpenVPN-p2p-peerid", id, sizeof(id));
	assert_hex(id, "c48474");
}

static void exporter__tls12_vector__has_no_context_length(void **state)
{
	static const char label[] = "EXPORTER-OpenVPN-datakeys";
	uint8_t master[48], cr[32], sr[32], a[32], x[256];
	struct iov_part seed[] = {{label, sizeof(label) - 1}, {cr, 32}, {sr, 32}};
	struct iov_part round[] = {{a, 32}, seed[0], seed[1], seed[2]};

	(void)state;
	fill_from(master, 48, 0);
	fill_from(cr, 32, 0x20);
	fill_from(sr, 32, 0x60);
	assert_int_equal(hmac_once(DIGEST_SHA256, master, 48, seed, 3, a), 0);
	for (size_t i = 0; i < sizeof(x); i += 32) {
		assert_int_equal(hmac_once(DIGEST_SHA256, master, 48, round, 4, x + i), 0);
		assert_int_equal(hmac_once(DIGEST_SHA256, master, 48, round, 1, a), 0);
	}
	assert_hex(x, "914d3f523657215bfd8db1c5f37b53f9f144b599b4318ad0eb51d6d07444f29e");
	assert_hex(x + 224, "47e7b60b1dac32425a2007ba812350586d331a4333733ccc0185f541aa66bfee");
}

static void exporter__dynamic_tls_crypt_vector__xor_with_the_static_key(void **state)
{
	struct static_key d;

	(void)state;
	tls13_exporter("EXPORTER-OpenVPN-dynamic-tls-crypt", d.k, sizeof(d.k));
	assert_hex(d.k, "b3de59a6a3f104f810f39d89d2718fb6dc2f24620508fab3a1ed0e154677e462");
	assert_hex(d.k + 224, "de073af8aa174d7d773e3cde372a0cfb76de5ccb43c8fffed3c7c2e58d24c553");
	for (size_t i = 0; i < sizeof(d.k); i++)
		d.k[i] ^= (uint8_t)i;
	/* the client sends with key 1, the server with key 0 */
	assert_hex(static_key_send(&d, KEY_DIR_INVERSE).cipher,
		   "250424e1f22963a392c34a3c05b17f01ee0d99598527ad11374ddddf6ab7e5d9");
	assert_hex(static_key_send(&d, KEY_DIR_INVERSE).hmac,
		   "c0609682aea7741ef28a78f95df4ec3d63e365775e1fd5a26d87812e4d400fe9");
	assert_hex(static_key_send(&d, KEY_DIR_NORMAL).cipher,
		   "b3df5ba5a7f402ff18fa9782de7c81b9cc3e3671111deca4b9f4140e5a6afa7d");
	assert_hex(static_key_send(&d, KEY_DIR_NORMAL).hmac,
		   "6ea049cac19cb79f134b6d16354a21234a37b07ed1aa53c69ada11f681f948f3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_by_name__any_case_alias_and_unknown__as_told),
		cmocka_unit_test(sha256__rfc_text__matches),
		cmocka_unit_test(hmac__rfc_cases__match_also_when_scattered_and_reused),
		cmocka_unit_test(digest__every_offered_one__has_the_length_of_the_table),
		cmocka_unit_test(show_digests__text__has_the_known_form),
		cmocka_unit_test(tls1_prf__self_test__passes),
		cmocka_unit_test(tls1_prf__key_exchange_vector__master_and_key_block),
		cmocka_unit_test(tls1_prf__too_many_seed_parts__are_refused_and_output_wiped),
		cmocka_unit_test(hkdf_expand_label__epoch_vectors__keys_ivs_and_next_secrets),
		cmocka_unit_test(hkdf_expand_label__label_too_long__is_refused),
		cmocka_unit_test(hkdf_expand__rfc5869_case_1__matches),
		cmocka_unit_test(exporter__tls13_vectors__data_keys_and_peer_id),
		cmocka_unit_test(exporter__tls12_vector__has_no_context_length),
		cmocka_unit_test(exporter__dynamic_tls_crypt_vector__xor_with_the_static_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
