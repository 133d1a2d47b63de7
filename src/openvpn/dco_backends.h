/* SPDX-License-Identifier: GPL-2.0-only */
/* The backends of the data-plane interface: one file each, listed by dco.c. */
#pragma once

#include "dco.h"

extern const struct dco_backend dco_engine; /* dco_engine.c */
