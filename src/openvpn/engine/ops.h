/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of dco.h as the engine does them: what each does is said there. @ctx is the
 * engine; all are called in the control thread and take the lock themselves. Internal to engine/.
 */
#pragma once

#include "engine/state.h"

/** engine_lock() - take the engine's state from the worker; its clock is read anew */
void engine_lock(struct engine *e);

/** engine_unlock() - give it back */
void engine_unlock(struct engine *e);

/** engine_port() - the port of a transport number, NULL when there is none. Under the lock. */
struct port *engine_port(const struct engine *e, int transport);

int engine_op_peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err);
int engine_op_peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params);
int engine_op_peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			      const struct local_addr *local);
int engine_op_peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			      const struct ip_addr *ip6);
int engine_op_peer_note_rx(void *ctx, uint32_t peer_id);
int engine_op_peer_send_exit(void *ctx, uint32_t peer_id);
void engine_op_peer_del(void *ctx, uint32_t peer_id);
int engine_op_route_add(void *ctx, uint32_t peer_id, const struct ip_net *net);
void engine_op_route_del(void *ctx, uint32_t peer_id, const struct ip_net *net);
void engine_op_mac_decide(void *ctx, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN], bool allow);
int engine_op_mac_idle(void *ctx, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
		       uint64_t *idle_ms);
int engine_op_key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
			  const struct dco_key *key, struct err *err);
int engine_op_key_swap(void *ctx, uint32_t peer_id);
int engine_op_key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot);
