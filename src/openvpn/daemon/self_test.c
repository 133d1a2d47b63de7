/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/commands.h"

#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "crypto/static_key.h"
#include "data/key.h"

enum {
	PAYLOAD_BEYOND_MTU = 268, /* the known self-test goes up to 1768 bytes at an MTU of 1500 */
	PAYLOAD_MAX = 65535
};

static int load_key(const struct config *cfg, struct static_key *key, struct err *err)
{
	const struct text_source source = {
		.path = cfg->crypto.secret.path,
		.text = cfg->crypto.secret.text,
	};
	struct rng rng = rng_system();

	if (source_given(&source))
		return static_key_load(&source, key, err);
	static_key_generate(&rng, key);
	return 0;
}

static uint64_t unix_sec(void *ctx)
{
	(void)ctx;
	return clock_wall_us() / 1000000;
}

/* Both directions with the same half of the key, so that we can open what we sealed. */
static int make_data_key(const struct config *cfg, const struct static_key *key,
			 struct data_key **out, struct err *err)
{
	const char *cipher = cfg->crypto.cipher ? cfg->crypto.cipher : "BF-CBC";
	const struct cipher_info *info = cipher_by_name(cipher);
	const struct digest_info *digest = digest_by_name(cfg->crypto.auth);
	struct key_slice slice = static_key_send(key, KEY_DIR_BIDIRECTIONAL);
	struct data_key_config config;
	int rc;

	if (!info || !cipher_available(info))
		return err_set(err, ERR_UNSUPPORTED, "Cipher %s not supported", cipher);
	if (!digest)
		return err_set(err, ERR_UNSUPPORTED, "Message hash algorithm '%s' not found",
			       cfg->crypto.auth);
	memset(&config, 0, sizeof(config));
	config.format = DATA_FORMAT_V1;
	config.cipher = info->id;
	config.digest = digest->id;
	config.replay_window = cfg->crypto.replay_window;
	config.limits.aead_usage = UINT64_MAX;
	config.rng = rng_system();
	config.clock.unix_sec = unix_sec;
	memcpy(config.seal.cipher, slice.cipher, DATA_KEY_FIELD_LEN);
	memcpy(config.seal.hmac, slice.hmac, DATA_KEY_FIELD_LEN);
	config.open = config.seal;
	rc = data_key_new(&config, out, err);
	secret_wipe(&config, sizeof(config));
	return rc;
}

static int try_length(struct data_key *key, size_t len, const uint8_t *plain, uint8_t *sealed,
		      uint8_t *opened, struct err *err)
{
	struct wr w = wr_init(sealed, PAYLOAD_MAX + DATA_KEY_OVERHEAD_MAX);
	size_t opened_len = 0;
	int rc = data_key_seal(key, plain, len, &w);

	if (rc == 0)
		rc = data_key_open(key, sealed, w.len, opened, PAYLOAD_MAX + DATA_KEY_OVERHEAD_MAX,
				   &opened_len, 0);
	if (rc < 0)
		return err_set(err, rc, "SELF TEST FAILED, packet of length %zu: %s", len,
			       err_text(rc));
	if (opened_len != len || memcmp(opened, plain, len) != 0)
		return err_set(err, ERR_CRYPTO, "SELF TEST FAILED, src.len=%zu buf.len=%zu", len,
			       opened_len);
	return 0;
}

static int try_all(const struct config *cfg, struct data_key *key, const struct log *log,
		   struct err *err)
{
	size_t longest = cfg->ce.tun_mtu + PAYLOAD_BEYOND_MTU;
	size_t room = PAYLOAD_MAX + DATA_KEY_OVERHEAD_MAX;
	struct rng rng = rng_system();
	auto_free uint8_t *plain = malloc(room);
	auto_free uint8_t *sealed = malloc(room);
	auto_free uint8_t *opened = malloc(room);
	int rc = 0;

	if (!plain || !sealed || !opened)
		return err_set(err, ERR_NOMEM, "SELF TEST FAILED, %s", err_text(ERR_NOMEM));
	rng_fill(&rng, plain, room);
	for (size_t len = 1; rc == 0 && len <= longest && len <= PAYLOAD_MAX; len++) {
		log_info(log, 1, "TESTING ENCRYPT/DECRYPT of packet length=%zu", len);
		rc = try_length(key, len, plain, sealed, opened, err);
	}
	return rc;
}

int command_test_crypto(const struct config *cfg, const struct log *log)
{
	struct str title = str_init();
	struct static_key key;
	struct data_key *data_key = NULL;
	struct err err;
	int rc;

	version_title(&title);
	log_info(log, 1, "%s", str_text(&title));
	str_fini(&title);
	rc = load_key(cfg, &key, &err);
	if (rc == 0)
		rc = make_data_key(cfg, &key, &data_key, &err);
	secret_wipe(&key, sizeof(key));
	if (rc == 0) {
		log_info(log, 1, "Entering OpenVPN crypto self-test mode.");
		rc = try_all(cfg, data_key, log, &err);
	}
	data_key_free(data_key);
	if (rc < 0) {
		log_fatal(log, "%s", err.text);
		log_fatal(log, "Exiting due to fatal error");
		return 1;
	}
	log_info(log, 1, "OpenVPN crypto self-test mode SUCCEEDED.");
	return 0;
}
