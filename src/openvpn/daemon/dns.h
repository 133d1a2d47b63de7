/* SPDX-License-Identifier: GPL-2.0-only */
/* DNS settings of the tunnel: what is in force, what scripts are told, and the program that applies
 * them. Spec 03 section 3.13. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "base/random.h"
#include "config/config.h"
#include "net/process.h"

/* The settings in force; made from the configuration with pulled options applied. */
struct dns_settings;

/**
 * dns_settings_new() - merge `dns` and `dhcp-option` by the rules of section 3.13.3
 * @cfg: borrowed for the life of the result
 *
 * Return: NULL when out of memory.
 */
struct dns_settings *dns_settings_new(const struct config *cfg) MUST_CHECK;
void dns_settings_free(struct dns_settings *dns);

size_t dns_server_count(const struct dns_settings *dns);

/** dns_export_foreign() - foreign_option_N, with what was converted added or removed */
void dns_export_foreign(const struct dns_settings *dns, struct env *env);

/** dns_export_servers() - dns_search_domain_N, dns_server_N_... */
void dns_export_servers(const struct dns_settings *dns, struct env *env);

/** dns_warn_unreachable() - one line per server whose family the tunnel is not configured for */
void dns_warn_unreachable(const struct dns_settings *dns, bool has_ipv4, bool has_ipv6,
			  const struct log *log);

/** dns_updown_wanted() - whether dns-updown is to run for these settings */
bool dns_updown_wanted(const struct dns_settings *dns);

/**
 * dns_recover() - undo what processes left behind that were killed
 * @program: NULL: the program that comes with the package; others do not know how
 *
 * To be called at start, before names are resolved: name servers inside a tunnel that is gone
 * answer nobody. A failure is logged at verb 3 only.
 */
void dns_recover(const char *program, struct process_policy *policy, const struct log *log);

/* Runs the dns-updown program, by itself or in a helper process that keeps its privileges. */
struct dns_runner;

/**
 * dns_runner_new() - nothing runs yet
 * @cfg: for the program and script-security; borrowed during the call
 * @policy: borrowed for the life of the runner
 */
struct dns_runner *dns_runner_new(const struct config *cfg, struct process_policy *policy,
				  const struct log *log, const struct rng *rng) MUST_CHECK;

/**
 * dns_runner_keep_privileges() - fork the helper; call when --user is given, before the change of
 * identity
 *
 * Return: 0 (also when there is no program to run), or ERR_SYSTEM.
 */
int dns_runner_keep_privileges(struct dns_runner *r, struct err *err) MUST_CHECK;

/** dns_runner_is_privileged() - whether the helper runs; then keep the runner over SIGHUP */
bool dns_runner_is_privileged(const struct dns_runner *r);

/** dns_runner_up() - run it for @dev unless not wanted; an earlier "up" is undone first */
void dns_runner_up(struct dns_runner *r, const struct dns_settings *dns, const char *dev);

/** dns_runner_down() - undo the last "up" with the same variables; nothing when there was none */
void dns_runner_down(struct dns_runner *r);

/** dns_runner_free() - the helper ends; NULL is fine. Call dns_runner_down() before. */
void dns_runner_free(struct dns_runner *r);
