// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/genkey.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/str.h"
#include "crypto/key_file.h"
#include "crypto/static_key.h"

int genkey_type_parse(const char *text, enum genkey_type *type, struct err *err)
{
	static const struct {
		const char *name;
		enum genkey_type type;
	} names[] = {
		{"secret", GENKEY_SECRET},
		{"tls-auth", GENKEY_SECRET},
		{"tls-crypt", GENKEY_SECRET},
		{"tls-crypt-v2-server", GENKEY_CRYPT_V2_SERVER},
		{"tls-crypt-v2-client", GENKEY_CRYPT_V2_CLIENT},
		{"auth-token", GENKEY_AUTH_TOKEN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].name, text) == 0) {
			*type = names[i].type;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "unknown --genkey type: %s", text);
}

const char *genkey_write_failed_text(enum genkey_type type)
{
	switch (type) {
	case GENKEY_SECRET:
		return "Failed to write key file";
	case GENKEY_CRYPT_V2_CLIENT:
		return "ERROR: could not write client key file";
	case GENKEY_CRYPT_V2_SERVER:
	case GENKEY_AUTH_TOKEN:
		break;
	}
	return "ERROR: could not write key file";
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SYSTEM;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_file(const char *path, const char *text, size_t len, struct err *err)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
	int ret = 0;

	if (fd < 0)
		return err_set_errno(err, errno, "Cannot open file '%s' for write", path);
	/* an existing file may have been readable by others; a terminal or /dev/stdout cannot be
	 * changed and need not */
	if (fchmod(fd, S_IRUSR | S_IWUSR) < 0 && errno != EPERM && errno != EINVAL)
		ret = err_set_errno(err, errno, "Cannot set the mode of file '%s'", path);
	else if (write_all(fd, text, len) < 0)
		ret = err_set_errno(err, errno, "Cannot write to file '%s'", path);
	if (close(fd) < 0 && ret == 0)
		ret = err_set_errno(err, errno, "Cannot write to file '%s'", path);
	return ret;
}

static void make_secret(const struct rng *rng, struct str *out)
{
	struct static_key key;
	char text[STATIC_KEY_TEXT_LEN + 1];

	static_key_generate(rng, &key);
	static_key_format(&key, text);
	str_add(out, text);
	secret_wipe(&key, sizeof(key));
	secret_wipe(text, sizeof(text));
}

static int make_pem(const struct rng *rng, const char *label, size_t len, struct str *out)
{
	uint8_t bytes[CRYPT_V2_SERVER_KEY_LEN];
	int ret;

	BUILD_ASSERT(sizeof(bytes) >= AUTH_TOKEN_KEY_LEN);
	rng_fill(rng, bytes, len);
	ret = key_pem_encode(label, bytes, len, out);
	secret_wipe(bytes, sizeof(bytes));
	return ret;
}

static int make_metadata(const struct genkey_request *req, uint8_t out[WKC_METADATA_MAX],
			 size_t *len, struct err *err)
{
	uint8_t value[2 * WKC_METADATA_MAX];
	struct wr w = wr_init(out, WKC_METADATA_MAX);
	long n;

	if (!req->metadata_base64) {
		wr_u8(&w, WKC_METADATA_TIMESTAMP);
		wr_u64(&w, req->unix_sec);
		*len = w.len;
		return wr_error(&w);
	}
	n = str_base64_decode(req->metadata_base64, value, sizeof(value));
	if (n < 0 && n != ERR_OVERFLOW)
		return err_set(err, ERR_OPTION, "ERROR: failed to base64 decode provided metadata");
	wr_u8(&w, WKC_METADATA_USER);
	if (n >= 0)
		wr_bytes(&w, value, (size_t)n);
	if (n < 0 || wr_error(&w) < 0) /* the exact count costs nothing but strlen */
		return err_set(err, ERR_OPTION,
			       "ERROR: metadata too long (%zu bytes, max %d bytes)",
			       n < 0 ? strlen(req->metadata_base64) / 4 * 3 : (size_t)n,
			       WKC_METADATA_MAX - 1);
	*len = w.len;
	return 0;
}

static int make_client(const struct genkey_request *req, const struct rng *rng,
		       const struct crypt_v2_server_key *server, struct str *out, struct err *err)
{
	uint8_t metadata[WKC_METADATA_MAX], bytes[STATIC_KEY_LEN + WKC_MAX];
	size_t metadata_len = 0, wkc_len;
	struct static_key kc;
	int ret = make_metadata(req, metadata, &metadata_len, err);

	if (ret < 0)
		return ret;
	static_key_generate(rng, &kc);
	memcpy(bytes, kc.k, STATIC_KEY_LEN);
	ret = wkc_wrap(server, &kc, metadata, metadata_len, bytes + STATIC_KEY_LEN, &wkc_len);
	if (ret == 0)
		ret = key_pem_encode(KEY_PEM_CRYPT_V2_CLIENT, bytes, STATIC_KEY_LEN + wkc_len, out);
	secret_wipe(&kc, sizeof(kc));
	secret_wipe(bytes, sizeof(bytes));
	return ret == 0 ? 0 : err_set(err, ret, "ERROR: could not generate client key");
}

/* A client key goes to somebody else: make sure that what was written can be used. */
static int check_client(const struct text_source *written, const struct crypt_v2_server_key *server,
			struct err *err)
{
	struct crypt_v2_client_key client;
	struct wkc_plain plain;
	int ret = crypt_v2_client_key_load(written, &client, err);

	if (ret < 0)
		return ret;
	ret = wkc_unwrap(server, client.wkc, client.wkc_len, &plain);
	if (ret == 0 && memcmp(&plain.kc, &client.kc, sizeof(client.kc)) != 0)
		ret = ERR_WKC;
	secret_wipe(&client, sizeof(client));
	secret_wipe(&plain, sizeof(plain));
	if (ret < 0)
		return err_set(err, ret,
			       "ERROR: the client key in '%s' does not pass its self-test",
			       source_name(written));
	return 0;
}

static int make(const struct genkey_request *req, const struct rng *rng,
		const struct crypt_v2_server_key *server, struct str *out, struct err *err)
{
	switch (req->type) {
	case GENKEY_SECRET:
		make_secret(rng, out);
		break;
	case GENKEY_CRYPT_V2_SERVER:
		return make_pem(rng, KEY_PEM_CRYPT_V2_SERVER, CRYPT_V2_SERVER_KEY_LEN, out);
	case GENKEY_AUTH_TOKEN:
		return make_pem(rng, KEY_PEM_AUTH_TOKEN, AUTH_TOKEN_KEY_LEN, out);
	case GENKEY_CRYPT_V2_CLIENT:
		return make_client(req, rng, server, out, err);
	}
	return 0;
}

static int deliver(const struct genkey_request *req, const struct crypt_v2_server_key *server,
		   struct str *text, struct err *err)
{
	const bool to_file = req->path && req->path[0];
	int ret;

	if (to_file)
		ret = write_file(req->path, text->text, text->len, err);
	else if (write_all(STDOUT_FILENO, text->text, text->len) < 0)
		ret = err_set_errno(err, errno, "Cannot write to standard output");
	else
		ret = 0;
	if (ret == 0 && req->type == GENKEY_CRYPT_V2_CLIENT) {
		const struct text_source written = {.path = to_file ? req->path : NULL,
						    .text = to_file ? NULL : text->text};

		ret = check_client(&written, server, err);
	}
	return ret;
}

int genkey_run(const struct genkey_request *req, const struct rng *rng, struct err *err)
{
	const bool to_file = req->path && req->path[0];
	struct crypt_v2_server_key server = {0};
	struct str text = str_init();
	int ret = 0;

	if (req->type == GENKEY_CRYPT_V2_CLIENT) {
		if (!source_given(&req->server_key))
			return err_set(
				err, ERR_USAGE,
				"--genkey tls-crypt-v2-client requires a server key to be set via --tls-crypt-v2 to create a client key");
		ret = crypt_v2_server_key_load(&req->server_key, &server, err);
	}
	if (ret == 0)
		ret = make(req, rng, &server, &text, err);
	if (ret == 0 && !to_file &&
	    (req->type == GENKEY_SECRET || req->type == GENKEY_CRYPT_V2_CLIENT))
		str_add(&text, "\n");
	if (ret == 0 && text.failed)
		ret = err_set(err, ERR_NOMEM, "out of memory");
	if (ret == 0)
		ret = deliver(req, &server, &text, err);
	if (text.text)
		secret_wipe(text.text, text.len);
	str_fini(&text);
	secret_wipe(&server, sizeof(server));
	return ret;
}
