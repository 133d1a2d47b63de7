/* SPDX-License-Identifier: GPL-2.0-only */
/* tls-auth: an HMAC over the packet in clear. Spec 01 6.5. */
#include "proto/wrap_key.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/secret.h"

struct wrap_key *wrap_auth_key(const struct static_key *key, enum key_direction dir,
			       enum digest_id digest)
{
	size_t key_len = digest_by_id(digest)->bytes;
	struct wrap_key *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->kind = WRAP_AUTH;
	k->seal_hmac = hmac_new(digest, static_key_send(key, dir).hmac, key_len);
	k->open_hmac = hmac_new(digest, static_key_recv(key, dir).hmac, key_len);
	if (!k->seal_hmac || !k->open_hmac) {
		wrap_key_free(k);
		return NULL;
	}
	return k;
}

/* The authenticated order differs from the order on the wire: the replay id comes first. */
static int auth_digest(struct hmac *hmac, const void *replay_id, const void *header,
		       const void *body, size_t len, uint8_t digest[DIGEST_MAX])
{
	const struct iov_part parts[] = {
		{replay_id, REPLAY_ID_LEN},
		{header, 1 + SID_LEN},
		{body, len},
	};

	return hmac_parts(hmac, parts, ARRAY_SIZE(parts), digest);
}

int wrap_auth_open(const struct wrap_key *key, const struct wrap_crypted *pkt, struct replay_id *id,
		   struct rd *body)
{
	struct rd r = rd_init(pkt->data, pkt->len);
	size_t digest_len = hmac_len(key->open_hmac);
	uint8_t expected[DIGEST_MAX];
	const uint8_t *header = rd_bytes(&r, 1 + SID_LEN);
	const uint8_t *digest = rd_bytes(&r, digest_len);
	const uint8_t *replay = rd_bytes(&r, REPLAY_ID_LEN);
	char addr[ADDR_TEXT_MAX];
	size_t len;
	const uint8_t *rest = rd_rest(&r, &len);
	int ret;

	if (rd_error(&r) < 0) {
		log_warn(pkt->in->log, "TLS Error: cannot locate HMAC in incoming packet from %s",
			 sock_addr_format(pkt->in->from, addr, sizeof(addr)));
		return ERR_WRAP;
	}
	ret = auth_digest(key->open_hmac, replay, header, rest, len, expected);
	if (ret < 0)
		return ret;
	if (!secret_equal(expected, digest, digest_len)) {
		log_info(pkt->in->log, 4,
			 "Authenticate/Decrypt packet error: packet HMAC authentication failed");
		return ERR_WRAP;
	}
	struct rd replay_rd = rd_init(replay, REPLAY_ID_LEN);

	*id = replay_id_read(&replay_rd);
	*body = rd_init(rest, len);
	return 0;
}

int wrap_auth_seal(const struct wrap_key *key, const struct replay_id *id,
		   const struct packet_header *h, const void *body, size_t len, struct wr *out)
{
	size_t digest_len = hmac_len(key->seal_hmac);
	uint8_t header[1 + SID_LEN], replay[REPLAY_ID_LEN], digest[DIGEST_MAX];
	struct wr header_wr = wr_init(header, sizeof(header));
	struct wr replay_wr = wr_init(replay, sizeof(replay));
	int ret;

	packet_header_write(&header_wr, h);
	replay_id_write(&replay_wr, id);
	ret = auth_digest(key->seal_hmac, replay, header, body, len, digest);
	if (ret < 0)
		return ret;
	wr_bytes(out, header, sizeof(header));
	wr_bytes(out, digest, digest_len);
	wr_bytes(out, replay, sizeof(replay));
	wr_bytes(out, body, len);
	return wr_error(out);
}
