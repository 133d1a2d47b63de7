/* SPDX-License-Identifier: GPL-2.0-only */
/* The texts of --show-ciphers, --show-digests, --show-engines. Spec 04 section 5.2. */
#pragma once

#include "base/str.h"

/** show_ciphers() ... - append the whole text to @out */
void show_ciphers(struct str *out);
void show_digests(struct str *out);
void show_engines(struct str *out);
