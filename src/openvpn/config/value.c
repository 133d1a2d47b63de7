/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of options: numbers, ports, protocols, addresses. Spec 04, conventions and section 2.5. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

/* The conventions' integer: strtoll() which must take all of the text; saturates outside 64 bits.
 */
static bool parse_integer(const char *text, long long *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (*text == '\0') {
		*out = 0;
		return true;
	}
	return end != text && *end == '\0';
}

int value_u31(const struct opt *o, const char *text, uint32_t *out)
{
	long long n;

	if (!parse_integer(text, &n) || n < 0 || n > INT32_MAX)
		return opt_error(o, "Cannot parse argument '%s' as non-negative integer", text);
	*out = (uint32_t)n;
	return 0;
}

int value_i32(const struct opt *o, const char *text, int32_t *out)
{
	long long n;

	if (!parse_integer(text, &n) || n < INT32_MIN || n > INT32_MAX)
		return opt_error(o, "Cannot parse argument '%s' as integer", text);
	*out = (int32_t)n;
	return 0;
}

int value_u63(const struct opt *o, const char *label, const char *text, uint64_t *out)
{
	long long n;

	if (!parse_integer(text, &n) || n < 0 || (n == INT64_MAX && errno == ERANGE))
		return opt_error(o, "%s: Cannot parse '%s' as non-negative integer", label, text);
	*out = (uint64_t)n;
	return 0;
}

static int check_range(const struct opt *o, const char *label, const char *text, int64_t lo,
		       int64_t hi, int64_t *out)
{
	long long n;

	if (!parse_integer(text, &n) || n < INT32_MIN || n > INT32_MAX)
		return opt_error(o, "%s: Cannot parse '%s' as integer", label, text);
	if (n < lo || n > hi) {
		if (hi == INT32_MAX)
			return opt_error(o, "%s: Must be an integer >= %lld, not %lld", label,
					 (long long)lo, n);
		return opt_error(o, "%s: Must be an integer between %lld and %lld, not %lld", label,
				 (long long)lo, (long long)hi, n);
	}
	*out = n;
	return 0;
}

int value_range(const struct opt *o, const char *label, const char *text, int64_t lo, int64_t hi,
		uint32_t *out)
{
	int64_t n = 0;
	int ret = check_range(o, label, text, lo, hi, &n);

	if (ret == 0)
		*out = (uint32_t)n;
	return ret;
}

int value_text(const struct opt *o, const char *text, const char **out)
{
	const char *copy = pool_strdup(o->cfg->pool, text);

	if (!copy)
		return ERR_NOMEM;
	*out = copy;
	return 0;
}

int value_file(const struct opt *o, struct config_file *out)
{
	struct config_file f = {0};
	int ret = value_text(o, o->arg[0], o->is_inline ? &f.text : &f.path);

	if (ret == 0)
		*out = f;
	return ret;
}

int value_port(const struct opt *o, const char *text, bool zero, const char **out)
{
	long long n;

	/* a service name is resolved with the socket */
	if (*text == '\0' || (parse_integer(text, &n) && (n < 0 || n > 65535 || (n == 0 && !zero))))
		return opt_error(o, "Invalid port number: %s", text);
	return value_text(o, text, out);
}

static const struct {
	const char *name;
	struct config_proto proto;
} protocols[] = {
	{"udp", {CONFIG_PROTO_UDP, AF_UNSPEC}},
	{"tcp-server", {CONFIG_PROTO_TCP_SERVER, AF_UNSPEC}},
	{"tcp-client", {CONFIG_PROTO_TCP_CLIENT, AF_UNSPEC}},
	{"tcp", {CONFIG_PROTO_TCP, AF_UNSPEC}},
	{"udp4", {CONFIG_PROTO_UDP, AF_INET}},
	{"tcp4-server", {CONFIG_PROTO_TCP_SERVER, AF_INET}},
	{"tcp4-client", {CONFIG_PROTO_TCP_CLIENT, AF_INET}},
	{"tcp4", {CONFIG_PROTO_TCP, AF_INET}},
	{"udp6", {CONFIG_PROTO_UDP, AF_INET6}},
	{"tcp6-server", {CONFIG_PROTO_TCP_SERVER, AF_INET6}},
	{"tcp6-client", {CONFIG_PROTO_TCP_CLIENT, AF_INET6}},
	{"tcp6", {CONFIG_PROTO_TCP, AF_INET6}},
};

bool value_proto(const char *text, struct config_proto *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcmp(protocols[i].name, text) == 0) {
			*out = protocols[i].proto;
			return true;
		}
	}
	return false;
}

const char *value_proto_names(void)
{
	return "[udp] [tcp-server] [tcp-client] [tcp] [udp4] [tcp4-server] [tcp4-client] [tcp4] [udp6] [tcp6-server] [tcp6-client] [tcp6]";
}

const char *config_proto_name(struct config_proto proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].proto.kind == proto.kind &&
		    protocols[i].proto.family == proto.family)
			return protocols[i].name;
	return "?";
}

bool value_dotted_quad(const char *text, struct in_addr *out)
{
	uint32_t addr = 0;

	for (int group = 0; group < 4; group++) {
		unsigned int n = 0;
		size_t digits = 0;

		while (isdigit((unsigned char)text[digits]) && digits < 4)
			n = n * 10 + (unsigned int)(text[digits++] - '0');
		if (digits == 0 || digits > 3 || n > 255 ||
		    text[digits] != (group < 3 ? '.' : '\0'))
			return false;
		addr = addr << 8 | n;
		text += digits + 1;
	}
	if (out)
		out->s_addr = htonl(addr);
	return true;
}

static bool is_host_name(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 255)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '.')
			return false;
	return true;
}

bool value_quad_or_name(const char *text, bool names)
{
	return value_dotted_quad(text, NULL) || (names && is_host_name(text));
}

bool value_ip4(const struct opt *o, const char *text, struct in_addr *out)
{
	if (value_dotted_quad(text, out))
		return true;
	config_report_add(o->p->report, LOG_CLASS_ERROR, 1,
			  "RESOLVE: Cannot parse IP address: %s: (Name or service not known)",
			  text);
	return false;
}

bool value_ip6(const char *text, struct in6_addr *out)
{
	struct in6_addr scratch;

	return inet_pton(AF_INET6, text, out ? out : &scratch) == 1;
}

int value_net6(const struct opt *o, const char *text, struct config_net6 *out)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct config_net6 net = {.bits = 64};
	char addr[256];

	if (len >= sizeof(addr))
		return ERR_INVALID;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (slash) {
		char *end;
		long bits = strtol(slash + 1, &end, 10);

		if (end == slash + 1 || *end != '\0' || bits < 0 || bits > 128)
			return opt_error(o, "IP prefix '%s': invalid '/bits' spec (%s)", text,
					 slash + 1);
		net.bits = (uint8_t)bits;
	}
	if (!value_ip6(addr, &net.addr)) {
		struct ip_addr ip;

		if (opt_is_pushed(o) || !o->p->host || !o->p->host->resolve ||
		    !is_host_name(addr) ||
		    !o->p->host->resolve(o->p->host->ctx, addr, AF_INET6, &ip))
			return ERR_INVALID;
		net.addr = ip.u.in6;
	}
	*out = net;
	return 0;
}

bool value_special_route(const char *text)
{
	return strcmp(text, "vpn_gateway") == 0 || strcmp(text, "net_gateway") == 0 ||
	       strcmp(text, "remote_host") == 0 || strcmp(text, "default") == 0;
}
