/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/data_slots.h"

#include <string.h>

#include "base/err.h"
#include "base/thread.h"

void data_slots_init(struct data_slots *slots)
{
	memset(slots, 0, sizeof(*slots));
}

void data_slots_skip(struct data_slots *slots, uint32_t serial)
{
	if (slots->oldest <= serial)
		slots->oldest = serial + 1;
}

void data_slots_move(struct data_slots *slots)
{
	if (slots->primary.used)
		data_slots_skip(slots, slots->primary.serial);
	if (slots->secondary.used)
		data_slots_skip(slots, slots->secondary.serial);
	memset(&slots->primary, 0, sizeof(slots->primary));
	memset(&slots->secondary, 0, sizeof(slots->secondary));
}

int data_slots_install(struct data_slots *slots, struct dco_device *dev, uint32_t peer_id,
		       uint32_t serial, const struct dco_key *key, struct err *err)
{
	assume_control_thread();
	struct data_slot filled = {.used = true, .serial = serial, .key_id = key->key_id};
	bool first = !slots->primary.used;
	int ret = dco_key_install(dev, peer_id, first ? DCO_SLOT_PRIMARY : DCO_SLOT_SECONDARY, key,
				  err);

	if (ret < 0)
		return ret;
	*(first ? &slots->primary : &slots->secondary) = filled;
	return 0;
}

static bool holds(const struct data_slot *slot, uint32_t serial)
{
	return slot->used && slot->serial == serial;
}

static bool is_usable(const struct session_data_key *keys, size_t count,
		      const struct data_slot *slot)
{
	for (size_t i = 0; i < count; i++)
		if (holds(slot, keys[i].key_serial))
			return true;
	return false;
}

/* The session does not know that old keys were left behind: the newest of the others sends then. */
static const struct session_data_key *sender(const struct data_slots *slots,
					     const struct session_data_key *keys, size_t count)
{
	const struct session_data_key *newest = NULL;

	for (size_t i = 0; i < count; i++) {
		if (keys[i].key_serial < slots->oldest)
			continue;
		if (keys[i].sends)
			return &keys[i];
		if (!newest || newest->key_serial < keys[i].key_serial)
			newest = &keys[i];
	}
	return newest;
}

static int delete_slot(struct data_slot *slot, struct dco_device *dev, uint32_t peer_id,
		       enum dco_key_slot which)
{
	assume_control_thread();
	int ret = 0;

	if (slot->used)
		ret = dco_key_delete(dev, peer_id, which);
	memset(slot, 0, sizeof(*slot));
	return ret;
}

int data_slots_sync(struct data_slots *slots, struct dco_device *dev, uint32_t peer_id,
		    const struct session_data_key *keys, size_t count)
{
	assume_control_thread();
	const struct session_data_key *send = sender(slots, keys, count);
	int ret;

	if (!slots->primary.used)
		return 0;
	if (!send) {
		/* Data stops rather than being sent with a key that has expired. */
		ret = delete_slot(&slots->primary, dev, peer_id, DCO_SLOT_PRIMARY);
		if (ret == 0)
			ret = delete_slot(&slots->secondary, dev, peer_id, DCO_SLOT_SECONDARY);
		return ret;
	}
	if (holds(&slots->secondary, send->key_serial)) {
		struct data_slot old = slots->primary;

		ret = dco_key_swap(dev, peer_id);
		if (ret < 0)
			return ret;
		slots->primary = slots->secondary;
		slots->secondary = old;
	} else if (!holds(&slots->primary, send->key_serial)) {
		return ERR_STATE;
	}
	if (slots->secondary.used && !is_usable(keys, count, &slots->secondary))
		return delete_slot(&slots->secondary, dev, peer_id, DCO_SLOT_SECONDARY);
	return 0;
}
