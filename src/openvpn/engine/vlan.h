/* SPDX-License-Identifier: GPL-2.0-only */
/* VLAN tags of frames between a TAP device and its clients, whose ports are untagged. Spec 02
 * section 13.7. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dco.h"

enum {
	VLAN_TAG_LEN = 4,
	VLAN_ID_MAX = 4094,
};

/**
 * vlan_from_device() - which VLAN a frame read from the device belongs to
 * @frame: in: the frame; out: the same as clients get it, which may begin a tag later
 *
 * Return: 0, or ERR_INVALID when such a frame is not taken.
 */
int vlan_from_device(const struct dco_vlan *cfg, uint8_t **frame, size_t *len,
		     uint16_t *vid) MUST_CHECK;

/** vlan_from_client() - Return: 0, or ERR_INVALID: its frames must not name a VLAN */
int vlan_from_client(const uint8_t *frame, size_t len) MUST_CHECK;

/**
 * vlan_to_device() - make a client's frame one for the device
 * @pvid: the client's VLAN
 * @len: in and out
 * @cap: room at @frame
 *
 * Return: 0; ERR_INVALID when it must not go there; ERR_OVERFLOW when it does not fit.
 */
int vlan_to_device(const struct dco_vlan *cfg, uint16_t pvid, uint8_t *frame, size_t *len,
		   size_t cap) MUST_CHECK;
