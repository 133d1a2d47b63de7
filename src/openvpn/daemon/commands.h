/* SPDX-License-Identifier: GPL-2.0-only */
/* Modes that print or make something and end. Spec 04 section 5. */
#pragma once

#include "base/attr.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"

/** version_title() - "OpenVPN 2.7.0-dco x86_64-pc-linux-gnu [SSL (OpenSSL)] ...", without line end
 */
void version_title(struct str *out);
/** version_libraries() - "library versions: OpenSSL ..., LZO ..." */
void version_libraries(struct str *out);
/** version_dco() - "DCO version: N/A", or what the kernel offers */
void version_dco(struct str *out);
/** version_block() - the whole text of --version */
void version_block(struct str *out);
/** version_log() - the three lines, as every start logs them */
void version_log(const struct log *log);

/**
 * command_run() - do what cfg->command says, unless it needs config_finish()
 * @cfg: parsed, not finished
 *
 * Return: the exit status, or -1 for CONFIG_RUN and the two commands below (go on with the start).
 */
int command_run(const struct config *cfg, const struct log *log) MUST_CHECK;

/** command_test_crypto() - --test-crypto, after config_finish(). Return: the exit status. */
int command_test_crypto(const struct config *cfg, const struct log *log) MUST_CHECK;

/** command_dco_check() - --dco-check, after config_finish(). Return: enum dco_check_result. */
int command_dco_check(const struct config *cfg, const struct log *log) MUST_CHECK;
