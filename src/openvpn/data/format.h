/* SPDX-License-Identifier: GPL-2.0-only */
/* What a wire format provides to data/key.c. Internal to data/. */
#pragma once

#include "data/key.h"

/* How a refusal of open() is logged. */
struct data_error_text {
	int error;
	unsigned int verb;
	const char *text;
};

struct data_format_ops {
	const char *error_prefix;
	const struct data_error_text *errors; /* ends with error 0 */
	/* @state gets the format's own object; limits are filled in */
	int (*state_new)(const struct data_key_config *cfg, void **state, struct err *err);
	void (*state_free)(void *state);
	size_t (*prefix)(const void *state);
	size_t (*overhead)(const void *state);
	int (*seal)(void *state, const uint8_t *plain, size_t len, struct wr *out);
	/* @r stands behind the header @hdr, which began at @packet; @out has room for all of it */
	int (*open)(void *state, const struct data_header *hdr, const uint8_t *packet, struct rd *r,
		    uint8_t *out, size_t *out_len, uint64_t now_sec);
	bool (*renewal_due)(const void *state);
	void (*usage)(const void *state, struct data_key_usage *out);
	/* the memory that a packet will touch now; may be NULL */
	void (*touches)(const void *state, enum cipher_dir dir, struct footprint *f);
};

extern const struct data_format_ops data_format_aead;
extern const struct data_format_ops data_format_epoch;
extern const struct data_format_ops data_format_hmac;
extern const struct data_error_text data_aead_errors[];
