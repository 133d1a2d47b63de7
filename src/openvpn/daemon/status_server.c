/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/status_server.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum {
	STATUS_VALUE_MAX = 512
};

/* There is no quoting in these formats: nothing printed may look like a separator. */
static void status_add_value(struct str *out, const char *value, char sep)
{
	char safe[STATUS_VALUE_MAX];

	str_copy(safe, sizeof(safe), value ? value : "");
	str_printable(safe, '_');
	for (char *p = safe; *p; p++)
		if (*p == sep)
			*p = '_';
	str_add(out, safe);
}

static void status_add_name(struct str *out, const char *name, char sep)
{
	status_add_value(out, name && *name ? name : "UNDEF", sep);
}

static void status_add_ip(struct str *out, const struct ip_addr *ip)
{
	char text[ADDR_TEXT_MAX];

	if (ip_addr_is_set(ip))
		str_add(out, ip_addr_format(ip, text, sizeof(text)));
}

static void status_add_time(struct str *out, uint64_t unix_sec)
{
	char text[32];

	clock_format_local(unix_sec, text, sizeof(text));
	str_add(out, text);
}

/* ---- version 1 ---- */

static void status_v1_client(struct str *out, const struct status_server_client *c)
{
	status_add_name(out, c->cn, ',');
	str_add(out, ",");
	status_add_value(out, c->real, ',');
	str_addf(out, ",%llu,%llu,", (unsigned long long)c->rx_bytes,
		 (unsigned long long)c->tx_bytes);
	status_add_time(out, c->since_unix_sec);
	str_add(out, "\n");
}

static void status_v1_route(struct str *out, const struct status_server_route *r)
{
	status_add_value(out, r->address, ',');
	str_add(out, ",");
	status_add_name(out, r->cn, ',');
	str_add(out, ",");
	status_add_value(out, r->real, ',');
	str_add(out, ",");
	status_add_time(out, r->last_unix_sec);
	str_add(out, "\n");
}

static void status_v1(struct str *out, const struct status_server *s)
{
	str_add(out, "OpenVPN CLIENT LIST\nUpdated,");
	status_add_time(out, s->now_unix_sec);
	str_add(out, "\nCommon Name,Real Address,Bytes Received,Bytes Sent,Connected Since\n");
	for (size_t i = 0; i < s->n_clients; i++)
		status_v1_client(out, &s->clients[i]);
	str_add(out, "ROUTING TABLE\nVirtual Address,Common Name,Real Address,Last Ref\n");
	for (size_t i = 0; i < s->n_routes; i++)
		status_v1_route(out, &s->routes[i]);
	str_addf(out, "GLOBAL STATS\nMax bcast/mcast queue length,%u\nEND\n", s->queue_max);
}

/* ---- versions 2 and 3 ---- */

static void status_v2_header(struct str *out, const char *fields, char sep)
{
	for (; *fields; fields++)
		str_add_len(out, *fields == ',' ? &sep : fields, 1);
	str_add(out, "\n");
}

static void status_v2_client(struct str *out, const struct status_server_client *c, char sep)
{
	str_addf(out, "CLIENT_LIST%c", sep);
	status_add_name(out, c->cn, sep);
	str_add_len(out, &sep, 1);
	status_add_value(out, c->real, sep);
	str_add_len(out, &sep, 1);
	status_add_ip(out, &c->ip4);
	str_add_len(out, &sep, 1);
	status_add_ip(out, &c->ip6);
	str_addf(out, "%c%llu%c%llu%c", sep, (unsigned long long)c->rx_bytes, sep,
		 (unsigned long long)c->tx_bytes, sep);
	status_add_time(out, c->since_unix_sec);
	str_addf(out, "%c%llu%c", sep, (unsigned long long)c->since_unix_sec, sep);
	status_add_name(out, c->user, sep);
	str_addf(out, "%c%u%c%u%c", sep, c->cid, sep, c->peer_id, sep);
	status_add_value(out, c->cipher, sep);
	str_add(out, "\n");
}

static void status_v2_route(struct str *out, const struct status_server_route *r, char sep)
{
	str_addf(out, "ROUTING_TABLE%c", sep);
	status_add_value(out, r->address, sep);
	str_add_len(out, &sep, 1);
	status_add_name(out, r->cn, sep);
	str_add_len(out, &sep, 1);
	status_add_value(out, r->real, sep);
	str_add_len(out, &sep, 1);
	status_add_time(out, r->last_unix_sec);
	str_addf(out, "%c%llu\n", sep, (unsigned long long)r->last_unix_sec);
}

static void status_v2(struct str *out, const struct status_server *s, char sep)
{
	str_addf(out, "TITLE%c", sep);
	status_add_value(out, s->title, sep);
	str_addf(out, "\nTIME%c", sep);
	status_add_time(out, s->now_unix_sec);
	str_addf(out, "%c%llu\n", sep, (unsigned long long)s->now_unix_sec);
	status_v2_header(
		out,
		"HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,Bytes Received,Bytes Sent,Connected Since,Connected Since (time_t),Username,Client ID,Peer ID,Data Channel Cipher",
		sep);
	for (size_t i = 0; i < s->n_clients; i++)
		status_v2_client(out, &s->clients[i], sep);
	status_v2_header(
		out,
		"HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)",
		sep);
	for (size_t i = 0; i < s->n_routes; i++)
		status_v2_route(out, &s->routes[i], sep);
	str_addf(out, "GLOBAL_STATS%cMax bcast/mcast queue length%c%u\n", sep, sep, s->queue_max);
	str_addf(out, "GLOBAL_STATS%cdco_enabled%c%d\nEND\n", sep, sep, s->dco_enabled);
}

void status_server_format(struct str *out, const struct status_server *s)
{
	if (s->version == 1)
		status_v1(out, s);
	else
		status_v2(out, s, s->version == 3 ? '\t' : ',');
}

const char *server_real_address(const union sock_addr *addr, bool tcp, sa_family_t socket_family,
				char *buf, size_t cap)
{
	char plain[ADDR_TEXT_MAX];

	snprintf(buf, cap, "%s%s:%s", tcp ? "tcp" : "udp",
		 socket_family == AF_INET6 ? (tcp ? "6-server" : "6") : (tcp ? "4-server" : "4"),
		 sock_addr_format_plain(addr, plain, sizeof(plain)));
	return buf;
}
