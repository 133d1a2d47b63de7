/* SPDX-License-Identifier: GPL-2.0-only */
/* The variables that scripts and plugins see, by the moment at which they become known. Spec 03
 * section 3.11.3, spec 04 section 6.2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/env.h"
#include "config/config.h"

/**
 * environment_add_start() - config, verb, daemon..., remote_N..., proto_N, local_N, proxies, setenv
 * @cfg: after config_finish()
 * @pid: of the process at the end of start-up (after forking)
 * @unix_sec: daemon_start_time
 */
void environment_add_start(struct env *env, const struct config *cfg, pid_t pid, uint64_t unix_sec);

/**
 * environment_add_device() - dev, dev_type, tun_mtu, ifconfig_*
 * @cfg: with pulled options applied
 * @dev: the real name of the device
 *
 * Variables of an earlier device that do not apply any more are removed.
 */
void environment_add_device(struct env *env, const struct config *cfg, const char *dev,
			    unsigned int mtu);

/** environment_add_setenv() - the setenv and setenv-safe lines of @cfg, pulled ones included */
void environment_add_setenv(struct env *env, const struct config *cfg);

/**
 * environment_set_address() - PREFIX_ip or PREFIX_ip6, and PREFIX_port
 * @prefix: "trusted" or "untrusted"
 * @addr: v4-mapped counts as IPv4; family AF_UNSPEC removes all three
 */
void environment_set_address(struct env *env, const char *prefix, const union sock_addr *addr);

/** environment_set_foreign() - foreign_option_1 ... @n; earlier ones are removed */
void environment_set_foreign(struct env *env, const char *const *options, size_t n);

/** environment_add_redirect() - route_redirect_gateway_ipv4, _ipv6: "1", "2" with block-local */
void environment_add_redirect(struct env *env, unsigned int redirect);
