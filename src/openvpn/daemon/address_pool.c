/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/address_pool.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/hash_table.h"

struct address_pool_unit {
	struct hash_link by_name;
	char *name; /* of the present or last holder; NULL for none */
	uint64_t released_sec;
	bool taken;
	bool fixed;
};

struct address_pool {
	struct address_pool_config cfg;
	uint32_t base4; /* host order */
	struct in6_addr base6;
	size_t size;
	struct address_pool_unit *units;
	struct hash_table by_name; /* units with a name */
	size_t unused_from;	   /* no unit below is unused, see pool_unit_is_unused() */
};

static uint32_t pool_ip4_value(const struct ip_addr *ip)
{
	return ntohl(ip->u.in4.s_addr);
}

static struct ip_addr pool_ip4(uint32_t value)
{
	return (struct ip_addr){.family = AF_INET, .u.in4.s_addr = htonl(value)};
}

/* The low half suffices: prefixes are 64 bits or longer. */
static struct ip_addr pool_ip6(const struct address_pool *pool, size_t unit)
{
	struct ip_addr ip = {.family = AF_INET6, .u.in6 = pool->base6};

	store_be64(ip.u.in6.s6_addr + 8, load_be64(ip.u.in6.s6_addr + 8) + unit);
	return ip;
}

static int pool_init_ip4(struct address_pool *pool, size_t *size, struct str *lines,
			 struct err *err)
{
	uint32_t start = pool_ip4_value(&pool->cfg.start), end = pool_ip4_value(&pool->cfg.end);
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];
	struct ip_addr base;

	ip_addr_format(&pool->cfg.start, a, sizeof(a));
	ip_addr_format(&pool->cfg.end, b, sizeof(b));
	if (start > end)
		return err_set(err, ERR_RANGE,
			       "--ifconfig-pool start IP [%s] is greater than end IP [%s]", a, b);
	if (end - start >= ADDRESS_POOL_MAX)
		return err_set(
			err, ERR_RANGE,
			"--ifconfig-pool address range is too large [%s -> %s].  Current maximum is %d addresses, as defined by IFCONFIG_POOL_MAX variable.",
			a, b, ADDRESS_POOL_MAX);
	pool->base4 = pool->cfg.net30 ? start & ~3u : start;
	*size = pool->cfg.net30 ? (end >> 2) + 1 - (start >> 2) : end - start + 1;
	if (*size < 2)
		return err_set(err, ERR_RANGE,
			       "IPv4 pool size is too small (%zu), must be at least 2", *size);
	base = pool_ip4(pool->base4);
	str_addf(lines, "IFCONFIG POOL IPv4: base=%s size=%zu\n",
		 ip_addr_format(&base, a, sizeof(a)), *size);
	return 0;
}

static int pool_init_ip6(struct address_pool *pool, size_t *size, struct str *lines,
			 struct err *err)
{
	uint8_t bits = pool->cfg.ip6.bits;
	uint32_t low = load_be32(pool->cfg.ip6.addr.u.in6.s6_addr + 12);
	char text[ADDR_TEXT_MAX];
	struct ip_addr base;

	pool->base6 = pool->cfg.ip6.addr.u.in6;
	if (bits < 112) {
		*size = ADDRESS_POOL_MAX;
	} else {
		uint32_t mask = (uint32_t)((1u << (128 - bits)) - 1);

		*size = (size_t)mask + 1 - (low & mask);
	}
	/* never give out the subnet-router anycast address */
	if ((bits >= 96 ? low & (uint32_t)((1ull << (128 - bits)) - 1) : low) == 0) {
		store_be32(pool->base6.s6_addr + 12, low + 1);
		*size -= bits >= 112;
	}
	if (*size < 2)
		return err_set(err, ERR_RANGE,
			       "IPv6 pool size is too small (%zu), must be at least 2", *size);
	base = (struct ip_addr){.family = AF_INET6, .u.in6 = pool->base6};
	str_addf(lines, "IFCONFIG POOL IPv6: base=%s size=%zu netbits=%u\n",
		 ip_addr_format(&base, text, sizeof(text)), *size, bits);
	return 0;
}

static void pool_note_sizes(size_t size4, size_t size6, struct str *lines)
{
	if (size4 < size6)
		str_addf(
			lines,
			"NOTE: IPv4 pool size is %zu, IPv6 pool size is %zu. IPv4 pool size limits the number of clients that can be served from the pool\n",
			size4, size6);
	else if (size6 < size4)
		str_addf(
			lines,
			"WARNING: IPv4 pool size is %zu, IPv6 pool size is %zu. IPv6 pool size limits the number of clients that can be served from the pool. This is likely a MISTAKE - please check your configuration\n",
			size4, size6);
}

int address_pool_new(const struct address_pool_config *cfg, struct address_pool **out,
		     struct str *lines, struct err *err)
{
	struct address_pool *pool = calloc(1, sizeof(*pool));
	size_t size4 = 0, size6 = 0;
	int ret = 0;

	*out = NULL;
	if (!pool)
		return err_set(err, ERR_NOMEM, "ifconfig-pool: out of memory");
	pool->cfg = *cfg;
	if (cfg->has_ip4)
		ret = pool_init_ip4(pool, &size4, lines, err);
	if (ret == 0 && cfg->has_ip6)
		ret = pool_init_ip6(pool, &size6, lines, err);
	if (ret < 0)
		goto err_free;
	if (cfg->has_ip4 && cfg->has_ip6)
		pool_note_sizes(size4, size6, lines);
	pool->size = !cfg->has_ip6 || (cfg->has_ip4 && size4 < size6) ? size4 : size6;
	pool->units = calloc(pool->size ? pool->size : 1, sizeof(*pool->units));
	if (!pool->units || hash_table_init(&pool->by_name, cfg->seed) < 0) {
		ret = err_set(err, ERR_NOMEM, "ifconfig-pool: out of memory");
		goto err_free;
	}
	*out = pool;
	return 0;

err_free:
	free(pool->units);
	free(pool);
	return ret;
}

void address_pool_free(struct address_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->size; i++)
		free(pool->units[i].name);
	hash_table_fini(&pool->by_name);
	free(pool->units);
	free(pool);
}

size_t address_pool_size(const struct address_pool *pool)
{
	return pool->size;
}

static uint32_t pool_hash(const struct address_pool *pool, const char *name)
{
	return hash_table_hash(&pool->by_name, 0, name, strlen(name));
}

/* @name: taken over; NULL for none */
static void pool_unit_rename(struct address_pool *pool, struct address_pool_unit *u, char *name)
{
	if (u->name)
		hash_table_del(&pool->by_name, &u->by_name);
	free(u->name);
	u->name = name;
	if (name)
		hash_table_add(&pool->by_name, &u->by_name, pool_hash(pool, name));
}

static bool pool_unit_is_of(const struct address_pool_unit *u, const char *name)
{
	return u->name && strcmp(u->name, name) == 0;
}

/* Free, and nobody had it before whom we would rather give it to. */
static bool pool_unit_is_unused(const struct address_pool *pool, const struct address_pool_unit *u)
{
	return !u->taken && (pool->cfg.duplicate_cn || (!u->fixed && u->released_sec == 0));
}

static struct address_pool_unit *pool_unit_of_name(struct address_pool *pool, const char *name)
{
	struct hash_link *link = hash_table_first(&pool->by_name, pool_hash(pool, name));
	struct address_pool_unit *first = NULL;

	for (; link; link = hash_table_next(link)) {
		struct address_pool_unit *u = container_of(link, struct address_pool_unit, by_name);

		if (!u->taken && pool_unit_is_of(u, name) && (!first || u < first))
			first = u;
	}
	return first;
}

static struct address_pool_unit *pool_unused(struct address_pool *pool)
{
	while (pool->unused_from < pool->size) {
		struct address_pool_unit *u = &pool->units[pool->unused_from];

		if (pool_unit_is_unused(pool, u))
			return u;
		pool->unused_from++;
	}
	return NULL;
}

static struct address_pool_unit *pool_longest_released(struct address_pool *pool)
{
	struct address_pool_unit *best = NULL;

	for (size_t i = 0; i < pool->size; i++) {
		struct address_pool_unit *u = &pool->units[i];

		if (!u->taken && !u->fixed && (!best || u->released_sec < best->released_sec))
			best = u;
	}
	return best;
}

/* Which free unit: the first; that of the name; the one that is unused for longest. */
static struct address_pool_unit *pool_choose(struct address_pool *pool, const char *name)
{
	struct address_pool_unit *u;

	if (pool->cfg.duplicate_cn)
		return pool_unused(pool);
	u = pool_unit_of_name(pool, name);
	if (!u)
		u = pool_unused(pool);
	return u ? u : pool_longest_released(pool);
}

static void pool_fill(const struct address_pool *pool, unsigned int unit,
		      struct address_pool_lease *out)
{
	*out = (struct address_pool_lease){.unit = unit};
	if (pool->cfg.has_ip4 && pool->cfg.net30) {
		out->ip4 = pool_ip4(pool->base4 + 4 * unit + 2);
		out->ip4_peer = pool_ip4(pool->base4 + 4 * unit + 1);
	} else if (pool->cfg.has_ip4) {
		out->ip4 = pool_ip4(pool->base4 + unit);
	}
	if (pool->cfg.has_ip6)
		out->ip6 = pool_ip6(pool, unit);
}

int address_pool_take(struct address_pool *pool, const char *name, struct address_pool_lease *out)
{
	struct address_pool_unit *u = pool_choose(pool, name);
	char *copy = NULL;

	if (!u)
		return ERR_NOT_FOUND;
	if (!pool->cfg.duplicate_cn && !pool_unit_is_of(u, name)) {
		copy = strdup(name);
		if (!copy)
			return ERR_NOMEM;
		pool_unit_rename(pool, u, copy);
	}
	u->taken = true;
	pool_fill(pool, (unsigned int)(u - pool->units), out);
	return 0;
}

void address_pool_release(struct address_pool *pool, unsigned int unit, uint64_t unix_sec,
			  bool forget)
{
	struct address_pool_unit *u;

	if (unit >= pool->size || !pool->units[unit].taken)
		return;
	u = &pool->units[unit];
	u->taken = false;
	if (!forget)
		u->released_sec = unix_sec;
	else if (!u->fixed)
		pool_unit_rename(pool, u, NULL);
	if (pool_unit_is_unused(pool, u) && unit < pool->unused_from)
		pool->unused_from = unit;
}

/* ---- the file ---- */

/* Cut the next field off. Return: its text, "" when there is none. */
static char *pool_field(char **line)
{
	char *start = *line, *comma = strchr(start, ',');

	if (!comma) {
		*line = start + strlen(start);
		return start;
	}
	*comma = '\0';
	*line = comma + 1;
	return start;
}

/* Return: unit, or -1 for a missing or bad address (the latter with a line). */
static long pool_unit_of_ip4(const struct address_pool *pool, const char *text, const char *name,
			     struct str *lines)
{
	struct ip_addr ip;
	uint32_t offset;

	if (!*text || !pool->cfg.has_ip4)
		return -1;
	if (ip_addr_parse_family(text, AF_INET, &ip) < 0) {
		str_addf(lines, "pool: invalid IPv4 (%s) for CN=%s\n", text, name);
		return -1;
	}
	offset = pool_ip4_value(&ip) - pool->base4;
	if (pool->cfg.net30)
		offset >>= 2;
	if (pool_ip4_value(&ip) < pool->base4 || offset >= pool->size) {
		str_addf(lines, "pool: IPv4 (%s) out of pool range for CN=%s\n", text, name);
		return -1;
	}
	return (long)offset;
}

static long pool_unit_of_ip6(const struct address_pool *pool, const char *text, const char *name,
			     struct str *lines)
{
	struct ip_addr ip;
	uint32_t offset;

	if (!*text || !pool->cfg.has_ip6)
		return -1;
	if (ip_addr_parse_family(text, AF_INET6, &ip) < 0) {
		str_addf(lines, "pool: invalid IPv6 (%s) for CN=%s\n", text, name);
		return -1;
	}
	offset = load_be32(ip.u.in6.s6_addr + 12) - load_be32(pool->base6.s6_addr + 12);
	if (offset < pool->size) {
		struct ip_addr want = pool_ip6(pool, offset);

		if (ip_addr_equal(&want, &ip))
			return (long)offset;
	}
	str_addf(lines, "pool: IPv6 (%s) out of pool range for CN=%s\n", text, name);
	return -1;
}

static void pool_remember(struct address_pool *pool, size_t unit, const char *name, bool fixed,
			  uint64_t unix_sec)
{
	struct address_pool_unit *u = &pool->units[unit];
	char *copy = strdup(name);

	if (!copy)
		return; /* it is only a hint */
	pool_unit_rename(pool, u, copy);
	u->fixed = fixed;
	u->released_sec = unix_sec;
}

static void pool_read_line(struct address_pool *pool, char *line, bool fixed, uint64_t unix_sec,
			   struct str *lines)
{
	char *name = pool_field(&line), *ip4 = pool_field(&line), *ip6 = pool_field(&line);
	long unit, unit6;

	if (strlen(name) >= ADDRESS_POOL_NAME_MAX)
		name[ADDRESS_POOL_NAME_MAX - 1] = '\0';
	unit = pool_unit_of_ip4(pool, ip4, name, lines);
	unit6 = pool_unit_of_ip6(pool, ip6, name, lines);
	if (unit >= 0 && unit6 >= 0 && unit != unit6)
		str_addf(lines,
			 "pool: IPv4 (%s) and IPv6 (%s) have different offsets! Relying on IPv4\n",
			 ip4, ip6);
	if (unit < 0)
		unit = unit6;
	if (unit < 0 || !*name)
		return;
	str_addf(lines, "succeeded -> ifconfig_pool_set(hand=%ld)\n", unit);
	pool_remember(pool, (size_t)unit, name, fixed, unix_sec);
}

void address_pool_read(struct address_pool *pool, const char *text, bool fixed, uint64_t unix_sec,
		       struct str *lines)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");
		char *line = strndup(text, len);

		if (line && *line && *line != '#' && *line != ';') {
			str_printable(line, '_');
			str_addf(lines, "ifconfig_pool_read(), in='%s'\n", line);
			pool_read_line(pool, line, fixed, unix_sec, lines);
		}
		free(line);
		text += len + (text[len] != '\0');
	}
}

void address_pool_write(const struct address_pool *pool, struct str *out)
{
	for (size_t i = 0; i < pool->size; i++) {
		char text[ADDR_TEXT_MAX];

		if (!pool->units[i].name || !pool->units[i].name[0])
			continue;
		str_addf(out, "%s,", pool->units[i].name);
		if (pool->cfg.has_ip4) {
			struct ip_addr ip =
				pool_ip4(pool->base4 + (uint32_t)(pool->cfg.net30 ? 4 * i : i));

			str_add(out, ip_addr_format(&ip, text, sizeof(text)));
		}
		str_add(out, ",");
		if (pool->cfg.has_ip6) {
			struct ip_addr ip = pool_ip6(pool, i);

			str_add(out, ip_addr_format(&ip, text, sizeof(text)));
		}
		str_add(out, "\n");
	}
}
