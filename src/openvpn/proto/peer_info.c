/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/peer_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "proto/iv_proto.h"
#include "proto/ncp.h"

uint32_t peer_info_iv_proto(const struct peer_info_input *in)
{
	uint32_t bits =
		IV_PROTO_DATA_V2 | IV_PROTO_TLS_EKM | IV_PROTO_CC_EXIT | IV_PROTO_DYN_TLS_CRYPT;

	if (in->pull)
		bits |= IV_PROTO_REQUEST_PUSH | IV_PROTO_AUTH_PENDING | IV_PROTO_AUTH_FAIL_TEMP;
	else if (!in->server)
		bits |= IV_PROTO_NCP_P2P;
	if (in->epoch)
		bits |= IV_PROTO_DATA_EPOCH;
	if (in->dns_v2)
		bits |= IV_PROTO_DNS_V2;
	if (in->push_update)
		bits |= IV_PROTO_PUSH_UPDATE;
	return bits;
}

static void peer_info_add(struct str *s, const char *name, const char *value)
{
	if (value)
		str_addf(s, "%s=%s\n", name, value);
}

static void peer_info_add_who(const struct peer_info_input *in, struct str *s)
{
	peer_info_add(s, "IV_VER", in->version);
	peer_info_add(s, "IV_PLAT", in->platform);
	str_add(s, "IV_TCPNL=1\n");
}

static void peer_info_add_compression(const struct peer_info_input *in, struct str *s)
{
	if (!in->comp_stub)
		return;
	if (in->comp_lz4)
		str_add(s, "IV_LZ4=1\nIV_LZ4v2=1\n");
	str_add(s, in->comp_lzo ? "IV_LZO=1\n" : "IV_LZO_STUB=1\n");
	str_add(s, "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\n");
}

static bool peer_info_wants_env(const char *env, enum peer_info_level level)
{
	if (level < PEER_INFO_PULL)
		return false;
	if (str_starts(env, "IV_GUI_VER=") || str_starts(env, "IV_SSO="))
		return true;
	return level >= PEER_INFO_FULL &&
	       (str_starts(env, "UV_") || str_starts(env, "IV_PLAT_VER="));
}

/* Newest first; what does not fit is left out, the rest still goes. */
static void peer_info_add_env(const struct peer_info_input *in, struct str *s, size_t cap)
{
	for (size_t i = in->n_env; i-- > 0;) {
		const char *env = in->env[i];

		if (!peer_info_wants_env(env, in->level) || strchr(env, '\n'))
			continue;
		if (s->len + strlen(env) + 2 > cap)
			continue;
		str_addf(s, "%s\n", env);
	}
}

int peer_info_build(const struct peer_info_input *in, char *out, size_t cap)
{
	struct str s = str_init();
	int ret = 0;

	if (in->level >= PEER_INFO_PULL)
		peer_info_add_who(in, &s);
	if (in->level > PEER_INFO_NOTHING) {
		if (in->pull && in->max_tun_mtu)
			str_addf(&s, "IV_MTU=%u\n", in->max_tun_mtu);
		if ((in->pull || in->server) && in->data_ciphers &&
		    ncp_list_announces_ncp2(in->data_ciphers))
			str_add(&s, "IV_NCP=2\n");
		peer_info_add(&s, "IV_CIPHERS", in->data_ciphers);
		str_addf(&s, "IV_PROTO=%u\n", peer_info_iv_proto(in));
	}
	if (in->level >= PEER_INFO_PULL)
		peer_info_add_compression(in, &s);
	if (in->level >= PEER_INFO_FULL) {
		peer_info_add(&s, "IV_HWADDR", in->hwaddr);
		peer_info_add(&s, "IV_SSL", in->ssl_version);
		peer_info_add(&s, "IV_PLAT_VER", in->plat_version);
	}
	peer_info_add_env(in, &s, cap);
	if (s.failed)
		ret = ERR_NOMEM;
	else if (!str_copy(out, cap, str_text(&s)))
		ret = ERR_OVERFLOW;
	str_fini(&s);
	return ret;
}

/* The value of the first line that begins with "NAME=", or NULL; @len gets its length. */
static const char *peer_info_find(const char *text, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	for (const char *line = text; line && *line;) {
		size_t line_len = strcspn(line, "\n");

		if (line_len > name_len && line[name_len] == '=' &&
		    strncmp(line, name, name_len) == 0) {
			*len = line_len - name_len - 1;
			return line + name_len + 1;
		}
		line += line_len + (line[line_len] == '\n');
	}
	return NULL;
}

bool peer_info_get(const char *text, const char *name, char *out, size_t cap)
{
	size_t len = 0;
	const char *value = peer_info_find(text, name, &len);

	if (cap)
		out[0] = '\0';
	if (!value || len >= cap)
		return false;
	memcpy(out, value, len);
	out[len] = '\0';
	return true;
}

uint32_t peer_info_number(const char *text, const char *name)
{
	char value[24], *end;
	unsigned long n;

	if (!peer_info_get(text, name, value, sizeof(value)) || value[0] < '0' || value[0] > '9')
		return 0;
	errno = 0;
	n = strtoul(value, &end, 10);
	if (errno || n > UINT32_MAX || (*end && *end != '\r'))
		return 0;
	return (uint32_t)n;
}

bool peer_info_has_item(const char *text, const char *name, const char *item)
{
	size_t left = 0, item_len = strlen(item);
	const char *value = peer_info_find(text, name, &left);

	while (value && left > 0) {
		const char *comma = memchr(value, ',', left);
		size_t len = comma ? (size_t)(comma - value) : left;

		if (len == item_len && memcmp(value, item, len) == 0)
			return true;
		if (!comma)
			break;
		value += len + 1;
		left -= len + 1;
	}
	return false;
}

static bool peer_info_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static char peer_info_safe_char(char c)
{
	if ((unsigned char)c <= 32 || (unsigned char)c >= 127 || strchr("$(`", c))
		return '_';
	return c;
}

static void peer_info_read_line(const char *piece, size_t len, struct peer_info_line *line)
{
	size_t name_len = 0;

	*line = (struct peer_info_line){0};
	while (name_len < len && peer_info_name_char(piece[name_len]))
		name_len++;
	if (name_len < 3 || name_len == len || piece[name_len] != '=')
		return;
	if (strncmp(piece, "IV_", 3) != 0 && strncmp(piece, "UV_", 3) != 0)
		return;
	line->valid = true;
	memcpy(line->name, piece, name_len);
	for (size_t i = name_len + 1; i < len; i++)
		line->value[i - name_len - 1] = peer_info_safe_char(piece[i]);
}

bool peer_info_next(const char **pos, struct peer_info_line *line)
{
	const char *piece = *pos;
	size_t len;

	if (!piece || !*piece)
		return false;
	len = strcspn(piece, "\n");
	if (len > sizeof(line->value) - 1)
		len = sizeof(line->value) - 1;
	peer_info_read_line(piece, len, line);
	*pos = piece + len + (piece[len] == '\n');
	return true;
}
