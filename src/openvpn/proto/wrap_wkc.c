/* SPDX-License-Identifier: GPL-2.0-only */
/* tls-crypt-v2, server side: the wrapped client key of a packet. Spec 01 6.7. */
#include "proto/wrap_key.h"

#include "base/err.h"

int wrap_wkc_locate(const struct wrap_crypted *pkt, size_t *tail_len)
{
	struct rd r = rd_init(pkt->data, pkt->len);

	rd_skip(&r, 1);
	if (rd_left(&r) < 3) {
		log_warn(pkt->in->log, "Can not read tls-crypt-v2 client key length");
		return ERR_WKC;
	}
	rd_skip(&r, rd_left(&r) - 2);
	*tail_len = rd_u16(&r);
	if (*tail_len > pkt->len - 1) {
		log_warn(pkt->in->log, "Can not locate tls-crypt-v2 client key");
		return ERR_WKC;
	}
	return 0;
}

static int wkc_check_age(const struct wkc_plain *plain, uint32_t max_age_days,
			 const struct wrap_input *in)
{
	struct rd r = rd_init(plain->metadata, plain->metadata_len);
	uint8_t type = rd_u8(&r);
	uint64_t made = rd_u64(&r);

	if (rd_error(&r) < 0) {
		log_warn(in->log,
			 "ERROR: Client key metadata is too small to contain a timestamp.");
		return ERR_WKC;
	}
	if (type != WKC_METADATA_TIMESTAMP) {
		log_warn(in->log, "ERROR: Client key does not have a timestamp.");
		return ERR_WKC;
	}
	if (in->now.unix_sec > made && in->now.unix_sec - made > (uint64_t)max_age_days * 86400) {
		log_warn(in->log, "ERROR: Client key is too old.");
		return ERR_WKC;
	}
	return 0;
}

int wrap_wkc_check(const struct wkc_plain *plain, uint32_t max_age_days,
		   const struct wrap_input *in)
{
	struct rd r = rd_init(plain->metadata, plain->metadata_len);
	int type = plain->metadata_len ? rd_u8(&r) : -1;
	size_t len;
	const uint8_t *value = rd_rest(&r, &len);
	int ret;

	if (max_age_days) {
		ret = wkc_check_age(plain, max_age_days, in);
		if (ret < 0)
			return ret;
	}
	if (!in->metadata)
		return 0;
	ret = in->metadata(in->metadata_user, type, value, len);
	return ret == 0 || ret == ERR_AGAIN ? ret : ERR_WKC;
}
