/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/err.h"
#include "base/secret.h"
#include "daemon/data_setup.h"

int data_setup_install(const struct negotiated *neg, const char *auth,
		       const struct session_event *ev, struct data_slots *slots,
		       struct dco_device *dev, uint32_t peer_id, struct err *err)
{
	struct dco_key *key = secret_alloc(sizeof(*key));
	int ret = key ? data_setup_key(neg, auth, ev, key) : ERR_NOMEM;

	if (ret < 0)
		err_set(err, ret, "%s", err_text(ret));
	else
		ret = data_slots_install(slots, dev, peer_id, ev->key_serial, key, err);
	secret_free(key);
	return ret;
}
