// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/err.h"
#include "crypto/cipher.h"
#include "crypto/ctr.h"
#include "crypto/library.h"
#include "crypto/show.h"

/* Key block 00 .. ff, client to server: cipher key 00.., implicit IV 40.. */
static uint8_t key_block[256];
static const char packet_p[] =
	"4500002900014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c"
	"2074756e6e656c";

struct aead_vector {
	enum cipher_id id;
	const char *nonce;
	const char *ad;
	const char *tag_and_text; /* as on the wire: tag first */
};

static const struct aead_vector vectors[] = {
	{CIPHER_AES_128_GCM, "000000014041424344454647", "4a01020300000001",
	 "e9f87d14067b8910b735905223a796b59703fccedcd27a90c2cc0f1c12bf7aafce1f4a0b079eb8e4605b6d16b6"
	 "9483da766b0db75bd52f1707"},
	{CIPHER_AES_192_GCM, "000000014041424344454647", "4a01020300000001",
	 "1a8b476ac071f5da7570bd986e7205a8a976ba48dc11f07d08fb67c99b695ace58befb4d66871e3212c60fe2d8"
	 "be88590ffab8affa25cf1458"},
	{CIPHER_AES_256_GCM, "000000014041424344454647", "4a01020300000001",
	 "d648cb963d50cde32952d97f4f55bef18ecb7b946bb7e6c955af72c67e3e0821f96539a033998c2cf359b20094"
	 "11663cdf7dfc72a3ae6f6725"},
	{CIPHER_CHACHA20_POLY1305, "000000014041424344454647", "4a01020300000001",
	 "94faa46f7aca59e9a027dd504f4731914b8432edf3ad233ed3a7c1424cc0fde8607f55d7685fbb0f48963038a6"
	 "4bfd70e1ffa6e13a78145596"},
	{CIPHER_AES_256_GCM, "000000014041424344454647", "00000001",
	 "0cfa8f445f7532a7f458ee46367a990d8ecb7b946bb7e6c955af72c67e3e0821f96539a033998c2cf359b20094"
	 "11663cdf7dfc72a3ae6f6725"},
};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(key_block); i++)
		key_block[i] = (uint8_t)i;
	return 0;
}

static void aead__wire_vectors__seal_and_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct aead_vector *v = &vectors[i];
		struct aead *seal = aead_new(v->id, key_block, CIPHER_SEAL);
		struct aead *open = aead_new(v->id, key_block, CIPHER_OPEN);
		uint8_t nonce[12], ad[8], wire[80], plain[64], out[64], tag[16];
		const size_t len = unhex(plain, sizeof(plain), packet_p);
		const size_t ad_len = unhex(ad, sizeof(ad), v->ad);

		unhex(nonce, sizeof(nonce), v->nonce);
		assert_int_equal(unhex(wire, sizeof(wire), v->tag_and_text), len + 16);
		assert_non_null(seal);
		assert_non_null(open);
		for (int twice = 0; twice < 2; twice++) { /* the object is good for many packets */
			assert_int_equal(aead_seal(seal, nonce, ad, ad_len, plain, out, len, tag),
					 0);
			assert_memory_equal(tag, wire, 16);
			assert_memory_equal(out, wire + 16, len);
			assert_int_equal(aead_open(open, nonce, ad, ad_len, out, out, len, tag), 0);
			assert_memory_equal(out, plain, len);
		}
		aead_free(seal);
		aead_free(open);
	}
}

static void aead__any_byte_changed__is_refused(void **state)
{
	struct aead *seal = aead_new(CIPHER_AES_256_GCM, key_block, CIPHER_SEAL);
	struct aead *open = aead_new(CIPHER_AES_256_GCM, key_block, CIPHER_OPEN);
	uint8_t nonce[12] = {1}, ad[4] = {2}, text[9] = "sixpence", out[9], tag[16];
	uint8_t *parts[] = {nonce, ad, text, tag};
	const size_t lens[] = {sizeof(nonce), sizeof(ad), sizeof(text), sizeof(tag)};

	(void)state;
	assert_int_equal(aead_seal(seal, nonce, ad, 4, text, text, 9, tag), 0);
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		for (size_t i = 0; i < lens[p]; i++) {
			parts[p][i] ^= 0x40;
			assert_int_equal(aead_open(open, nonce, ad, 4, text, out, 9, tag),
					 ERR_AUTH);
			parts[p][i] ^= 0x40;
		}
	}
	assert_int_equal(aead_open(open, nonce, ad, 4, text, out, 9, tag), 0);
	assert_string_equal((char *)out, "sixpence");
	aead_free(seal);
	aead_free(open);
}

static void aead__empty_text_or_ad__round_trips(void **state)
{
	const enum cipher_id ids[] = {CIPHER_AES_128_GCM, CIPHER_CHACHA20_POLY1305};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct aead *seal = aead_new(ids[i], key_block, CIPHER_SEAL);
		struct aead *open = aead_new(ids[i], key_block, CIPHER_OPEN);
		uint8_t nonce[12] = {0}, ad[4] = {9}, text[3] = "ab", tag[16];

		assert_int_equal(aead_seal(seal, nonce, ad, 4, NULL, NULL, 0, tag), 0);
		assert_int_equal(aead_open(open, nonce, ad, 4, NULL, NULL, 0, tag), 0);
		ad[0]++;
		assert_int_equal(aead_open(open, nonce, ad, 4, NULL, NULL, 0, tag), ERR_AUTH);
		assert_int_equal(aead_seal(seal, nonce, NULL, 0, text, text, 3, tag), 0);
		assert_int_equal(aead_open(open, nonce, NULL, 0, text, text, 3, tag), 0);
		assert_string_equal((char *)text, "ab");
		aead_free(seal);
		aead_free(open);
	}
}

static void aead__cipher_of_another_mode__is_refused(void **state)
{
	(void)state;
	assert_null(aead_new(CIPHER_AES_128_CBC, key_block, CIPHER_SEAL));
	assert_null(aead_new(CIPHER_NONE, key_block, CIPHER_SEAL));
	assert_null(cipher_ctx_new(CIPHER_AES_128_GCM, key_block, CIPHER_SEAL));
	assert_null(cipher_ctx_new(CIPHER_NONE, key_block, CIPHER_SEAL));
	aead_free(NULL);
	cipher_ctx_free(NULL);
}

/* NIST SP 800-38A F.2.1, F.3.13, F.4.1, first block */
static void cipher_ctx__nist_first_blocks__match(void **state)
{
	static const struct {
		enum cipher_id id;
		const char *expected;
		size_t len;
	} cases[] = {
		{CIPHER_AES_128_CBC, "7649abac8119b246cee98e9b12e9197d", 32},
		{CIPHER_AES_128_CFB, "3b3fd92eb72dad20333449f8e83cfb4a", 16},
		{CIPHER_AES_128_OFB, "3b3fd92eb72dad20333449f8e83cfb4a", 16},
	};
	uint8_t key[16], iv[16], plain[16], expected[16], out[48];

	(void)state;
	unhex(key, sizeof(key), "2b7e151628aed2a6abf7158809cf4f3c");
	unhex(iv, sizeof(iv), "000102030405060708090a0b0c0d0e0f");
	unhex(plain, sizeof(plain), "6bc1bee22e409f96e93d7e117393172a");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cipher_ctx *seal = cipher_ctx_new(cases[i].id, key, CIPHER_SEAL);
		struct cipher_ctx *open = cipher_ctx_new(cases[i].id, key, CIPHER_OPEN);
		size_t len;

		unhex(expected, sizeof(expected), cases[i].expected);
		assert_int_equal(cipher_ctx_crypt(seal, iv, plain, 16, out, &len), 0);
		assert_int_equal(len, cases[i].len);
		assert_memory_equal(out, expected, 16);
		assert_int_equal(cipher_ctx_crypt(open, iv, out, len, out, &len), 0);
		assert_int_equal(len, 16);
		assert_memory_equal(out, plain, 16);
		cipher_ctx_free(seal);
		cipher_ctx_free(open);
	}
}

static void cipher_ctx__every_offered_cipher_and_length__round_trips_in_place(void **state)
{
	(void)state;
	for (unsigned int id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++) {
		const struct cipher_info *info = cipher_by_id((enum cipher_id)id);
		struct cipher_ctx *seal, *open;

		assert_int_equal(info->id, id);
		if (info->mode == CIPHER_MODE_AEAD || !cipher_available(info))
			continue;
		seal = cipher_ctx_new(info->id, key_block, CIPHER_SEAL);
		open = cipher_ctx_new(info->id, key_block, CIPHER_OPEN);
		assert_non_null(seal);
		assert_non_null(open);
		for (size_t n = 0; n < 50; n++) {
			uint8_t buf[50 + CIPHER_BLOCK_MAX];
			size_t len;

			memcpy(buf, key_block, n);
			assert_int_equal(cipher_ctx_crypt(seal, key_block, buf, n, buf, &len), 0);
			assert_int_equal(len,
					 info->mode == CIPHER_MODE_CBC
						 ? n + info->block_bytes - n % info->block_bytes
						 : n);
			assert_int_equal(cipher_ctx_crypt(open, key_block, buf, len, buf, &len), 0);
			assert_int_equal(len, n);
			assert_memory_equal(buf, key_block, n);
		}
		cipher_ctx_free(seal);
		cipher_ctx_free(open);
	}
}

static void cipher_ctx__cbc_with_wrong_length_or_padding__is_refused(void **state)
{
	struct cipher_ctx *open = cipher_ctx_new(CIPHER_AES_256_CBC, key_block, CIPHER_OPEN);
	uint8_t in[48] = {0}, out[64];
	size_t len;

	(void)state;
	for (size_t n = 0; n < sizeof(in); n++) {
		if (n % 16 == 0 && n > 0)
			continue;
		assert_int_equal(cipher_ctx_crypt(open, key_block, in, n, out, &len), ERR_CRYPTO);
		assert_int_equal(len, 0);
	}
	assert_int_equal(cipher_ctx_crypt(open, key_block, in, 48, out, &len), ERR_CRYPTO);
	cipher_ctx_free(open);
}

static void cipher_by_name__any_case_alias_and_unknown__as_told(void **state)
{
	(void)state;
	assert_int_equal(cipher_by_name("aes-256-gcm")->id, CIPHER_AES_256_GCM);
	assert_int_equal(cipher_by_name("ChaCha20-Poly1305")->id, CIPHER_CHACHA20_POLY1305);
	assert_string_equal(cipher_by_name("chacha20-poly1305")->name, "CHACHA20-POLY1305");
	assert_int_equal(cipher_by_name("id-aes128-GCM")->id, CIPHER_AES_128_GCM);
	assert_int_equal(cipher_by_name("AES256")->id, CIPHER_AES_256_CBC);
	assert_int_equal(cipher_by_name("NONE")->id, CIPHER_NONE);
	assert_int_equal(cipher_by_name("bf-cbc")->id, CIPHER_BF_CBC);
	assert_null(cipher_by_name("FOO"));
	assert_null(cipher_by_name(""));
	assert_null(cipher_by_name("AES-256-CTR"));
	assert_null(cipher_by_name("AES-128-CCM"));
}

static void cipher_info__block_below_128_bits__is_insecure(void **state)
{
	(void)state;
	assert_true(cipher_by_id(CIPHER_BF_CBC)->insecure);
	assert_true(cipher_by_id(CIPHER_DES_EDE3_CFB8)->insecure);
	assert_false(cipher_by_id(CIPHER_CHACHA20_POLY1305)->insecure);
	assert_false(cipher_by_id(CIPHER_AES_128_GCM)->insecure);
	assert_false(cipher_by_id(CIPHER_NONE)->insecure);
	assert_int_equal(cipher_by_id(CIPHER_CAMELLIA_192_OFB)->key_bytes, 24);
	assert_null(cipher_by_id(CIPHER_COUNT));
}

/* NIST SP 800-38A F.5.5 */
static void ctr__nist_blocks__match_and_counter_carries(void **state)
{
	uint8_t key[32], iv[16], in[32], expected[32], out[32];
	struct ctr *ctr;

	(void)state;
	unhex(key, 32, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
	unhex(iv, 16, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
	unhex(in, 32, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
	unhex(expected, 32, "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
	assert_int_equal(aes256_ctr(key, iv, in, out, 32), 0);
	assert_memory_equal(out, expected, 32);
	ctr = ctr_new(key);
	assert_non_null(ctr);
	for (size_t n = 0; n <= 32; n++) {
		memcpy(out, in, n);
		assert_int_equal(ctr_crypt(ctr, iv, out, out, n), 0);
		assert_memory_equal(out, expected, n);
	}
	ctr_free(ctr);
	ctr_free(NULL);
}

static void crypto_library__unknown_provider__is_named(void **state)
{
	static const char *const names[] = {"default", "no-such-provider", NULL};
	struct crypto_library *lib;
	struct err err;

	(void)state;
	assert_int_equal(crypto_library_load(names, &lib, &err), ERR_CRYPTO);
	assert_null(lib);
	assert_true(str_starts(err.text, "failed to load provider 'no-such-provider': error:"));
	crypto_library_free(NULL);
	assert_non_null(strstr(crypto_library_version(), "OpenSSL 3."));
}

/* The legacy provider is a module which a distribution may leave out. */
static void crypto_library__legacy_provider__brings_old_ciphers(void **state)
{
	static const char *const names[] = {"default", "legacy", NULL};
	const struct cipher_info *bf = cipher_by_id(CIPHER_BF_CBC);
	struct crypto_library *lib;
	struct err err;

	if (cipher_available(bf)) /* the system's configuration loads it already */
		return;
	if (crypto_library_load(names, &lib, &err) < 0) {
		print_message("no legacy provider on this system: %s\n", err.text);
		skip();
	}
	assert_true(cipher_available(bf));
	cipher_ctx__every_offered_cipher_and_length__round_trips_in_place(state);
	crypto_library_free(lib);
	assert_false(cipher_available(bf));
}

static void show_ciphers__text__has_the_known_form(void **state)
{
	struct str text = str_init();
	const char *weak;

	(void)state;
	show_ciphers(&text);
	assert_true(str_starts(text.text, "The following ciphers and cipher modes are available"));
	assert_non_null(strstr(text.text, "\n\nAES-128-CBC  (128 bit key, 128 bit block)\n"));
	assert_non_null(strstr(text.text, "\nAES-256-GCM  (256 bit key, 128 bit block, "
					  "TLS client/server mode only)\n"));
	assert_non_null(strstr(text.text, "\nCHACHA20-POLY1305  (256 bit key, stream cipher, "
					  "TLS client/server mode only)\n"));
	weak = strstr(text.text,
		      "\nThe following ciphers have a block size of less than 128 bits, \n");
	if (weak)
		assert_true(strstr(text.text, "DES-EDE3-CBC") > weak);
	str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aead__wire_vectors__seal_and_open),
		cmocka_unit_test(aead__any_byte_changed__is_refused),
		cmocka_unit_test(aead__empty_text_or_ad__round_trips),
		cmocka_unit_test(aead__cipher_of_another_mode__is_refused),
		cmocka_unit_test(cipher_ctx__nist_first_blocks__match),
		cmocka_unit_test(cipher_ctx__every_offered_cipher_and_length__round_trips_in_place),
		cmocka_unit_test(cipher_ctx__cbc_with_wrong_length_or_padding__is_refused),
		cmocka_unit_test(cipher_by_name__any_case_alias_and_unknown__as_told),
		cmocka_unit_test(cipher_info__block_below_128_bits__is_insecure),
		cmocka_unit_test(ctr__nist_blocks__match_and_counter_carries),
		cmocka_unit_test(crypto_library__unknown_provider__is_named),
		cmocka_unit_test(crypto_library__legacy_provider__brings_old_ciphers),
		cmocka_unit_test(show_ciphers__text__has_the_known_form),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
