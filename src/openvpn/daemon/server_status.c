/* SPDX-License-Identifier: GPL-2.0-only */
/* What a server tells of its clients and routes for --status and SIGUSR2. Spec 07 section 2. */
#include "daemon/server_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/thread.h"
#include "daemon/app.h"
#include "daemon/commands.h"
#include "daemon/status_server.h"

enum {
	COMPAT_2_7 = 20700,
};

/* Versions before 2.7 show no protocol. */
static const char *shown_address(const struct server_peer *p)
{
	const char *address = peer_address(p);
	unsigned int compat = p->server->cfg->process.compat_version;

	return compat && compat < COMPAT_2_7 ? strchr(address, ':') + 1 : address;
}

static void fill_client(struct server_peer *p, struct status_server_client *row)
{
	struct dco_peer_stats stats;

	peer_data_stats(p, &stats);
	*row = (struct status_server_client){
		.cn = p->cn,
		.user = p->user,
		.real = strdup(shown_address(p)),
		.ip4 = p->ip4,
		.ip6 = p->ip6,
		.rx_bytes = stats.link_rx_bytes + p->control_rx,
		.tx_bytes = stats.link_tx_bytes + p->control_tx,
		.since_unix_sec = p->created.unix_sec,
		.cid = p->entry.cid,
		.peer_id = p->entry.peer_id,
		.cipher = p->negotiated ? p->neg.cipher : p->server->cfg->crypto.cipher,
	};
}

static size_t fill_clients(struct server *s, struct status_server_client *rows)
{
	struct client_entry *e = NULL;
	size_t n = 0;

	while ((e = client_table_next(s->clients, e)))
		fill_client(peer_of(e), &rows[n++]);
	return n;
}

static size_t fill_routes(struct server *s, struct status_server_route *rows, size_t max)
{
	const struct learn_row *row = NULL;
	size_t n = 0;

	while (n < max && (row = learn_table_next(s->learned, row))) {
		char text[ADDR_TEXT_MAX];

		rows[n++] = (struct status_server_route){
			.address = strdup(learn_net_format(&row->net, text, sizeof(text))),
			.cn = peer_of(row->owner)->cn,
			.real = strdup(shown_address(peer_of(row->owner))),
			.last_unix_sec = row->last_unix_sec,
		};
	}
	return n;
}

static unsigned int queue_max(const struct server *s)
{
	assume_control_thread();
	return tunnel_is_open(s->tunnel) ? dco_broadcasts_longest(tunnel_device(s->tunnel)) : 0;
}

void server_status(struct server *s, unsigned int version, struct str *out)
{
	struct now now = clock_now();
	size_t n_clients = client_table_count(s->clients), n_routes = learn_table_count(s->learned);
	struct status_server_client *clients = calloc(n_clients + 1, sizeof(*clients));
	struct status_server_route *routes = calloc(n_routes + 1, sizeof(*routes));
	struct str title = str_init();
	struct status_server status = {
		.version = version ? version : s->cfg->process.status_version,
		.now_unix_sec = now.unix_sec,
		.clients = clients,
		.routes = routes,
		.dco_enabled = s->app->offload,
		.queue_max = queue_max(s),
	};

	server_learn_refresh(s, now.unix_sec);
	if (clients && routes) {
		version_title(&title);
		status.title = str_text(&title);
		status.n_clients = fill_clients(s, clients);
		status.n_routes = fill_routes(s, routes, n_routes);
		status_server_format(out, &status);
	}
	for (size_t i = 0; i < status.n_clients; i++)
		free((char *)clients[i].real);
	for (size_t i = 0; i < status.n_routes; i++) {
		free((char *)routes[i].address);
		free((char *)routes[i].real);
	}
	free(clients);
	free(routes);
	str_fini(&title);
}
