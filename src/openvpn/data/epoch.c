/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/epoch.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"

void epoch_chain_init(struct epoch_chain *chain, const uint8_t secret[HKDF_SECRET_LEN])
{
	chain->epoch = 1;
	memcpy(chain->secret, secret, HKDF_SECRET_LEN);
}

void epoch_chain_wipe(struct epoch_chain *chain)
{
	secret_wipe(chain, sizeof(*chain));
}

int epoch_chain_advance(struct epoch_chain *chain)
{
	uint8_t next[HKDF_SECRET_LEN];
	int ret;

	if (chain->epoch >= EPOCH_MAX)
		return ERR_RANGE;
	ret = hkdf_expand_label(chain->secret, "datakey upd", next, sizeof(next));
	if (ret < 0)
		return ret;
	memcpy(chain->secret, next, sizeof(next));
	secret_wipe(next, sizeof(next));
	chain->epoch++;
	return 0;
}

int epoch_chain_material(const struct epoch_chain *chain, size_t key_bytes,
			 struct epoch_material *out)
{
	int ret;

	if (key_bytes > sizeof(out->key))
		return ERR_RANGE;
	ret = hkdf_expand_label(chain->secret, "data_key", out->key, key_bytes);
	if (ret < 0)
		return ret;
	return hkdf_expand_label(chain->secret, "data_iv", out->iv, sizeof(out->iv));
}
