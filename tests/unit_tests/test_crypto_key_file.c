// SPDX-License-Identifier: GPL-2.0-only
/* tls-crypt-v2 and auth-token keys, and --genkey. */
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>

#include "crypto/ctr.h"
#include "crypto/digest.h"
#include "crypto/genkey.h"
#include "crypto/key_file.h"

static struct crypt_v2_server_key server;
static struct static_key kc;
static char dir[] = "/tmp/test_crypto_key_file.XXXXXX";

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(server.s); i++)
		server.s[i] = (uint8_t)(3 * i + 7);
	for (size_t i = 0; i < sizeof(kc.k); i++)
		kc.k[i] = (uint8_t)i;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

static const char *in_dir(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void assert_hex_at(const uint8_t *bytes, const char *hex)
{
	uint8_t expected[512];

	assert_memory_equal(bytes, expected, unhex(expected, sizeof(expected), hex));
}

static void wkc_wrap__vectors__match_and_unwrap(void **state)
{
	static const struct {
		const char *metadata;
		size_t len;
		const char *tag, *last16;
	} cases[] = {
		{"010000000066000000", 299,
		 "43fb7dc851555a4f0db70bdc84731949ad1e640431d701074e0734815863cb3d",
		 "41ce2ccd639bd3abb4667649dc3c9ed7cfc1012b" + 8},
		{"0075736572", 295,
		 "7accdb2f191d332d620321f177974d9b39e353f5f713f4ca636a685cb0103233",
		 "8b8e364a0afd4ee56721bbf789680127"},
		{"", 290, "cf1f3d017d5a4e73bc613251222a4e8f0edbbd10c7f1a21f7c807c3897718142",
		 "0e6846cc2e10efd7c121f90ebb840122"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t metadata[16], wkc[WKC_MAX];
		const size_t n = unhex(metadata, sizeof(metadata), cases[i].metadata);
		struct wkc_plain plain;
		size_t len;

		assert_int_equal(wkc_wrap(&server, &kc, metadata, n, wkc, &len), 0);
		assert_int_equal(len, cases[i].len);
		assert_hex_at(wkc, cases[i].tag);
		assert_hex_at(wkc + len - 16, cases[i].last16);
		assert_int_equal(wkc_unwrap(&server, wkc, len, &plain), 0);
		assert_memory_equal(&plain.kc, &kc, sizeof(kc));
		assert_int_equal(plain.metadata_len, n);
		assert_memory_equal(plain.metadata, metadata, n);
	}
}

static void wkc_unwrap__any_bit_or_prefix__is_refused(void **state)
{
	uint8_t wkc[WKC_MAX], metadata[9] = {1};
	struct wkc_plain plain;
	size_t len;

	(void)state;
	assert_int_equal(wkc_wrap(&server, &kc, metadata, sizeof(metadata), wkc, &len), 0);
	for (size_t i = 0; i < len; i++) {
		wkc[i] ^= 0x10;
		assert_int_equal(wkc_unwrap(&server, wkc, len, &plain), ERR_WKC);
		wkc[i] ^= 0x10;
	}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(wkc_unwrap(&server, wkc, n, &plain), ERR_WKC);
	assert_int_equal(wkc_unwrap(&server, wkc, len, &plain), 0);
}

static void wkc__longest_metadata__is_1024_bytes(void **state)
{
	uint8_t wkc[WKC_MAX], metadata[WKC_METADATA_MAX + 1] = {0};
	struct wkc_plain plain;
	size_t len;

	(void)state;
	assert_int_equal(wkc_wrap(&server, &kc, metadata, WKC_METADATA_MAX, wkc, &len), 0);
	assert_int_equal(len, 1024);
	assert_int_equal(wkc_unwrap(&server, wkc, len, &plain), 0);
	assert_int_equal(plain.metadata_len, WKC_METADATA_MAX);
	assert_int_equal(wkc_wrap(&server, &kc, metadata, sizeof(metadata), wkc, &len), ERR_LIMIT);
}

/* T and length are right, but there is no room for a key: made here from the primitives. */
static void wkc_unwrap__authentic_but_short__is_refused(void **state)
{
	uint8_t wkc[WKC_MAX], plain_bytes[STATIC_KEY_LEN - 1] = {0};
	const size_t total = WKC_TAG_LEN + sizeof(plain_bytes) + 2;
	const uint8_t len_be[2] = {(uint8_t)(total >> 8), (uint8_t)total};
	const struct iov_part parts[] = {{len_be, 2}, {plain_bytes, sizeof(plain_bytes)}};
	struct wkc_plain plain;

	(void)state;
	assert_int_equal(hmac_once(DIGEST_SHA256, server.s + 64, 32, parts, 2, wkc), 0);
	assert_int_equal(
		aes256_ctr(server.s, wkc, plain_bytes, wkc + WKC_TAG_LEN, sizeof(plain_bytes)), 0);
	memcpy(wkc + total - 2, len_be, 2);
	assert_int_equal(wkc_unwrap(&server, wkc, total, &plain), ERR_WKC);
}

static void wkc_unwrap__key_of_another_server__is_refused(void **state)
{
	struct crypt_v2_server_key other = server;
	uint8_t wkc[WKC_MAX];
	struct wkc_plain plain;
	size_t len;

	(void)state;
	other.s[64] ^= 1;
	assert_int_equal(wkc_wrap(&server, &kc, NULL, 0, wkc, &len), 0);
	assert_int_equal(wkc_unwrap(&other, wkc, len, &plain), ERR_WKC);
}

/* ---- PEM --------------------------------------------------------------------------------- */

static void key_pem__round_trip__any_length(void **state)
{
	uint8_t bytes[200], out[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct str text = str_init();
		size_t len;

		str_add(&text, "text before\n");
		assert_int_equal(key_pem_encode("A label", bytes, n, &text), 0);
		assert_int_equal(key_pem_decode(text.text, "A label", out, sizeof(out), &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(out, bytes, n);
		assert_int_equal(key_pem_decode(text.text, "A labe", out, sizeof(out), &len),
				 ERR_KEY_FILE);
		if (n > 0)
			assert_int_equal(key_pem_decode(text.text, "A label", out, n - 1, &len),
					 ERR_OVERFLOW);
		str_fini(&text);
	}
}

static void key_pem_decode__malformed__is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"-----BEGIN L-----",
		"-----BEGIN L-----\nAAAA\n",
		"-----BEGIN L-----\nAAAA\n-----END M-----\n",
		"-----BEGIN L-----\nAA!A\n-----END L-----\n",
		"-----BEGIN L-----\nAAA\n-----END L-----\n",
		"-----BEGIN L-----\nAA==AA==\n-----END L-----\n",
		" -----BEGIN L-----\nAAAA\n-----END L-----\n",
		"-----BEGIN L-----x\nAAAA\n-----END L-----\n",
		"-----BEGIN L-----\nAAAA\n-----END L-----x\n",
		"-----END L-----\nAAAA\n-----BEGIN L-----\n",
	};
	uint8_t out[8];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (key_pem_decode(bad[i], "L", out, sizeof(out), &len) != ERR_KEY_FILE)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(key_pem_decode("-----BEGIN L-----\r\nAAAA\r\n-----END L-----\r\n", "L",
					out, 8, &len),
			 0);
	assert_int_equal(len, 3);
}

static void load_text(const char *label, size_t len, const char *expected_error)
{
	static const uint8_t zeros[2000];
	struct str text = str_init();
	struct text_source src;
	struct crypt_v2_client_key client;
	struct crypt_v2_server_key srv;
	uint8_t token[AUTH_TOKEN_KEY_LEN];
	struct err err = {0};
	int ret;

	assert_int_equal(key_pem_encode(label, zeros, len, &text), 0);
	src = (struct text_source){.text = text.text};
	if (strcmp(label, KEY_PEM_CRYPT_V2_CLIENT) == 0)
		ret = crypt_v2_client_key_load(&src, &client, &err);
	else if (strcmp(label, KEY_PEM_CRYPT_V2_SERVER) == 0)
		ret = crypt_v2_server_key_load(&src, &srv, &err);
	else
		ret = auth_token_key_load(&src, token, &err);
	assert_int_equal(ret, expected_error ? ERR_KEY_FILE : 0);
	if (expected_error)
		assert_string_equal(err.text, expected_error);
	str_fini(&text);
}

static void key_load__lengths__as_told(void **state)
{
	const char srv[] = "ERROR: invalid tls-crypt-v2 server key format";
	const char client[] = "ERROR: invalid tls-crypt-v2 client key format";

	(void)state;
	load_text(KEY_PEM_CRYPT_V2_SERVER, 127, srv);
	load_text(KEY_PEM_CRYPT_V2_SERVER, 128, NULL);
	load_text(KEY_PEM_CRYPT_V2_SERVER, 129, srv);
	load_text(KEY_PEM_CRYPT_V2_SERVER, 256, srv);
	load_text(KEY_PEM_CRYPT_V2_CLIENT, 255,
		  "ERROR: not enough data in tls-crypt-v2 client key");
	load_text(KEY_PEM_CRYPT_V2_CLIENT, 256 + 289, client);
	load_text(KEY_PEM_CRYPT_V2_CLIENT, 256 + 290, NULL);
	load_text(KEY_PEM_CRYPT_V2_CLIENT, 256 + 1024, NULL);
	load_text(KEY_PEM_CRYPT_V2_CLIENT, 256 + 1025, client);
	load_text(KEY_PEM_AUTH_TOKEN, 127, "ERROR: not enough data in auth-token secret");
	load_text(KEY_PEM_AUTH_TOKEN, 128, NULL);
}

/* ---- genkey ------------------------------------------------------------------------------ */

static int generate(struct genkey_request *req, const char *name, struct err *err)
{
	struct rng_seed seed = {.state = 7};
	struct rng rng = rng_seeded(&seed);

	req->path = in_dir(name);
	return genkey_run(req, &rng, err);
}

static void genkey__every_type__is_a_file_of_mode_0600_that_loads(void **state)
{
	struct genkey_request req = {.type = GENKEY_SECRET, .unix_sec = 0x66000000};
	struct text_source src;
	struct static_key key;
	struct crypt_v2_server_key srv;
	struct crypt_v2_client_key client;
	struct wkc_plain plain;
	uint8_t token[AUTH_TOKEN_KEY_LEN];
	char server_path[96];
	struct stat st;
	FILE *old;

	(void)state;
	old = fopen(in_dir("k"), "w"); /* an existing file that others may read */
	assert_non_null(old);
	assert_int_equal(fclose(old), 0);
	assert_int_equal(chmod(in_dir("k"), 0644), 0);
	assert_int_equal(generate(&req, "k", NULL), 0);
	src = (struct text_source){.path = in_dir("k")};
	assert_int_equal(static_key_load(&src, &key, NULL), 0);
	assert_int_equal(stat(in_dir("k"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, STATIC_KEY_TEXT_LEN);

	req.type = GENKEY_AUTH_TOKEN;
	assert_int_equal(generate(&req, "k", NULL), 0);
	assert_int_equal(auth_token_key_load(&src, token, NULL), 0);

	req.type = GENKEY_CRYPT_V2_SERVER;
	assert_int_equal(generate(&req, "s", NULL), 0);
	snprintf(server_path, sizeof(server_path), "%s", in_dir("s"));
	src = (struct text_source){.path = server_path};
	assert_int_equal(crypt_v2_server_key_load(&src, &srv, NULL), 0);

	req.type = GENKEY_CRYPT_V2_CLIENT;
	req.server_key.path = server_path;
	assert_int_equal(generate(&req, "k", NULL), 0);
	src = (struct text_source){.path = in_dir("k")};
	assert_int_equal(crypt_v2_client_key_load(&src, &client, NULL), 0);
	assert_int_equal(client.wkc_len, 299);
	assert_int_equal(wkc_unwrap(&srv, client.wkc, client.wkc_len, &plain), 0);
	assert_hex_at(plain.metadata, "010000000066000000");

	req.metadata_base64 = "dXNlcg==";
	assert_int_equal(generate(&req, "k", NULL), 0);
	assert_int_equal(crypt_v2_client_key_load(&src, &client, NULL), 0);
	assert_int_equal(wkc_unwrap(&srv, client.wkc, client.wkc_len, &plain), 0);
	assert_int_equal(plain.metadata_len, 5);
	assert_hex_at(plain.metadata, "0075736572");
	assert_int_equal(unlink(in_dir("k")), 0);
	assert_int_equal(unlink(server_path), 0);
}

static void genkey__metadata_limits__733_bytes_pass(void **state)
{
	static const uint8_t zeros[2000];
	struct str server_text = str_init();
	struct genkey_request req = {.type = GENKEY_CRYPT_V2_CLIENT};
	struct err err;
	char *b64;

	(void)state;
	assert_int_equal(key_pem_encode(KEY_PEM_CRYPT_V2_SERVER, server.s, 128, &server_text), 0);
	req.server_key.text = server_text.text;
	b64 = str_base64_encode(zeros, 733);
	req.metadata_base64 = b64;
	assert_int_equal(generate(&req, "m", &err), 0);
	assert_int_equal(unlink(in_dir("m")), 0);
	free(b64);
	b64 = str_base64_encode(zeros, 734);
	req.metadata_base64 = b64;
	assert_int_equal(generate(&req, "m", &err), ERR_OPTION);
	assert_string_equal(err.text, "ERROR: metadata too long (734 bytes, max 733 bytes)");
	free(b64);
	b64 = str_base64_encode(zeros, 1998);
	req.metadata_base64 = b64;
	assert_int_equal(generate(&req, "m", &err), ERR_OPTION);
	assert_string_equal(err.text, "ERROR: metadata too long (1998 bytes, max 733 bytes)");
	free(b64);
	req.metadata_base64 = "!!!";
	assert_int_equal(generate(&req, "m", &err), ERR_OPTION);
	assert_string_equal(err.text, "ERROR: failed to base64 decode provided metadata");
	req.server_key.text = "no key";
	assert_int_equal(generate(&req, "m", &err), ERR_KEY_FILE);
	assert_string_equal(err.text, "ERROR: invalid tls-crypt-v2 server key format");
	req.server_key.text = NULL;
	assert_int_equal(generate(&req, "m", &err), ERR_USAGE);
	str_fini(&server_text);
}

static void genkey__cannot_write__names_the_file(void **state)
{
	struct genkey_request req = {.type = GENKEY_SECRET};
	struct err err;

	(void)state;
	assert_int_equal(generate(&req, "no/such", &err), ERR_SYSTEM);
	assert_non_null(strstr(err.text, "Cannot open file '/tmp/test_crypto_key_file."));
	assert_non_null(
		strstr(err.text, "no/such' for write: No such file or directory (errno=2)"));
}

static void genkey_type_parse__names__as_told(void **state)
{
	enum genkey_type type;
	struct err err;

	(void)state;
	assert_int_equal(genkey_type_parse("tls-auth", &type, NULL), 0);
	assert_int_equal(type, GENKEY_SECRET);
	assert_int_equal(genkey_type_parse("tls-crypt-v2-client", &type, NULL), 0);
	assert_int_equal(type, GENKEY_CRYPT_V2_CLIENT);
	assert_int_equal(genkey_type_parse("foo", &type, &err), ERR_USAGE);
	assert_string_equal(err.text, "unknown --genkey type: foo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wkc_wrap__vectors__match_and_unwrap),
		cmocka_unit_test(wkc_unwrap__any_bit_or_prefix__is_refused),
		cmocka_unit_test(wkc__longest_metadata__is_1024_bytes),
		cmocka_unit_test(wkc_unwrap__authentic_but_short__is_refused),
		cmocka_unit_test(wkc_unwrap__key_of_another_server__is_refused),
		cmocka_unit_test(key_pem__round_trip__any_length),
		cmocka_unit_test(key_pem_decode__malformed__is_refused),
		cmocka_unit_test(key_load__lengths__as_told),
		cmocka_unit_test(genkey__every_type__is_a_file_of_mode_0600_that_loads),
		cmocka_unit_test(genkey__metadata_limits__733_bytes_pass),
		cmocka_unit_test(genkey__cannot_write__names_the_file),
		cmocka_unit_test(genkey_type_parse__names__as_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
