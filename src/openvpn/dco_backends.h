/* SPDX-License-Identifier: GPL-2.0-only */
/* The backends of the data-plane interface, listed by dco.c. */
#pragma once

#include "dco.h"

extern const struct dco_backend dco_linux_mainline; /* dco_linux.c */
extern const struct dco_backend dco_linux_legacy;   /* dco_linux.c */
extern const struct dco_backend dco_engine;	    /* dco_engine.c */
