/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/vlan.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
	MACS_LEN = 12,
	HEADER_LEN = MACS_LEN + 2,
	TAGGED_LEN = HEADER_LEN + VLAN_TAG_LEN,
	TYPE_8021Q = 0x8100,
	ID_MASK = 0x0fff,
};

/* Return: 0, or ERR_INVALID for a header which is not whole; @vid is 0 for a priority tag. */
static int read_tag(const uint8_t *frame, size_t len, bool *tagged, uint16_t *vid)
{
	*vid = 0;
	if (len < HEADER_LEN)
		return ERR_INVALID;
	*tagged = load_be16(frame + MACS_LEN) == TYPE_8021Q;
	if (!*tagged)
		return 0;
	if (len < TAGGED_LEN)
		return ERR_INVALID;
	*vid = load_be16(frame + HEADER_LEN) & ID_MASK;
	return 0;
}

int vlan_from_device(const struct dco_vlan *cfg, uint8_t **frame, size_t *len, uint16_t *vid)
{
	bool tagged;
	int ret = read_tag(*frame, *len, &tagged, vid);

	if (ret < 0)
		return ret;
	if (cfg->accept == DCO_VLAN_UNTAGGED && *vid)
		return ERR_INVALID;
	if (cfg->accept == DCO_VLAN_TAGGED && !tagged)
		return ERR_INVALID;
	if (!*vid) {
		*vid = cfg->pvid;
		return 0;
	}
	memmove(*frame + VLAN_TAG_LEN, *frame, MACS_LEN);
	*frame += VLAN_TAG_LEN;
	*len -= VLAN_TAG_LEN;
	return 0;
}

int vlan_from_client(const uint8_t *frame, size_t len)
{
	uint16_t vid;
	bool tagged;
	int ret = read_tag(frame, len, &tagged, &vid);

	return ret < 0 || !vid ? ret : ERR_INVALID;
}

int vlan_to_device(const struct dco_vlan *cfg, uint16_t pvid, uint8_t *frame, size_t *len,
		   size_t cap)
{
	uint16_t vid;
	bool tagged;
	int ret = read_tag(frame, *len, &tagged, &vid);

	if (ret < 0)
		return ret;
	if (cfg->accept == DCO_VLAN_UNTAGGED)
		return pvid == cfg->pvid ? 0 : ERR_INVALID;
	if (cfg->accept == DCO_VLAN_ALL && pvid == cfg->pvid)
		return 0;
	if (tagged) { /* with a priority, which stays */
		store_be16(frame + HEADER_LEN,
			   (uint16_t)((load_be16(frame + HEADER_LEN) & ~ID_MASK) | pvid));
		return 0;
	}
	if (cap < *len || cap - *len < VLAN_TAG_LEN)
		return ERR_OVERFLOW;
	memmove(frame + MACS_LEN + VLAN_TAG_LEN, frame + MACS_LEN, *len - MACS_LEN);
	store_be16(frame + MACS_LEN, TYPE_8021Q);
	store_be16(frame + HEADER_LEN, pvid);
	*len += VLAN_TAG_LEN;
	return 0;
}
