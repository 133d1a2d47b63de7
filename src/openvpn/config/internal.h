/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of config/ share: the shape of the table and of one option being applied. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "config/built.h"
#include "config/config.h"
#include "config/features.h"
#include "config/options.h"
#include "config/parse.h"
#include "config/pool.h"
#include "config/push.h"

enum source_kind {
	SOURCE_COMMAND_LINE,
	SOURCE_FILE,
	SOURCE_CONNECTION,
	SOURCE_CLIENT,
	SOURCE_PUSH,
};

/* Where options come from, and what is allowed there (spec 04 sections 1.1 and 1.9). */
struct config_source {
	enum source_kind kind;
	const char *name;
	unsigned int line;
	unsigned int groups; /* enum config_group bits that are accepted */
	unsigned int depth;  /* of nested files */
	bool fatal;	     /* an error ends the parse; else the option is skipped */
	/* SOURCE_CONNECTION: where the block stands */
	const char *block_file;
	unsigned int block_line;
};

/* What all options of one parse have in common. */
struct parse {
	struct config *cfg;
	struct conn_entry *ce; /* per-connection options go here */
	const struct config_host *host;
	struct config_report *report;
	struct err *err;
	unsigned int *found;   /* push: groups that were changed */
	unsigned int *cleared; /* PUSH_UPDATE: kinds that were emptied; else NULL */
};

/* Kinds which the first item of a PUSH_UPDATE sequence replaces; later items add to them. */
enum update_kind {
	UPDATE_ROUTE = 1 << 0,
	UPDATE_ROUTE6 = 1 << 1,
	UPDATE_REDIRECT = 1 << 2,
	UPDATE_DNS = 1 << 3,
	UPDATE_DHCP = 1 << 4,
};

struct option_row;

/* One option on its way into the configuration. */
struct opt {
	struct parse *p;
	struct config *cfg;
	struct conn_entry *ce;
	const struct config_source *src;
	const struct option_row *row;
	const char *name;	/* as written, for messages */
	const char *const *arg; /* parameters, after the name */
	size_t argc;
	bool is_inline; /* arg[0] is the content of a block */
	bool soft;	/* "setenv opt": an unknown name is only a warning */
};

enum option_kind {
	KIND_NONE, /* accepted, nothing to store */
	KIND_FUNCTION,
	KIND_FLAG, /* bool := true */
	KIND_U31,
	KIND_I32,
	KIND_U63,
	KIND_RANGE, /* uint32_t, lo..hi */
	KIND_TEXT,
	KIND_FILE, /* struct config_file */
	KIND_SCRIPT,
	KIND_REMOVED, /* refused: .label is the line */
	KIND_IGNORED, /* accepted: .label is a warning */
};

enum option_flags {
	F_CONN = 1 << 0,   /* legal in <connection>; the offset is one of struct conn_entry */
	F_UPDATE = 1 << 1, /* legal in PUSH_UPDATE */
	F_INLINE = 1 << 2,
	F_SERVER = 1 << 3, /* only with mode server */
	F_TLS = 1 << 4,	   /* only in TLS mode */
	F_CHROOT = 1 << 5, /* KIND_SCRIPT: tested inside the chroot directory */
	F_COMMAS = 1 << 6, /* KIND_SCRIPT: commas become blanks */
	F_LATE = 1 << 7,   /* when not built: refused by config_finish(), for commands may use it */
};

struct option_row {
	const char *name;
	const char *args;
	const char *help;
	uint32_t groups;
	uint16_t flags;
	uint8_t min_args, max_args;
	enum option_status status;
	enum option_kind kind;
	size_t offset;
	int64_t lo, hi;
	const char *label; /* KIND_RANGE, KIND_U63: as shown in messages */
	int (*apply)(struct opt *o);
	uint64_t needs;
	struct offload_note offload;
};

struct option_table {
	const char *topic;
	const struct option_row *row;
	size_t count;
};

extern const struct option_table table_general, table_transport, table_proxy, table_mtu,
	table_timers, table_device, table_routing, table_server, table_server_access, table_client,
	table_scripts, table_crypto, table_tls, table_management, table_pkcs11, table_windows,
	table_commands;

/* ---- words of table rows --------------------------------------------------------------------- */

/* Offset of a member whose type must be as said: a wrong kind does not compile. */
#define OFFSET_OF(type, member, member_type)                                           \
	(offsetof(type, member) +                                                      \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), \
						      member_type)                     \
				 ? 1                                                   \
				 : -1]))

#define ARGS(min, max) .min_args = min, .max_args = max
#define MANY	       (CONFIG_TOKENS_MAX - 1)
#define IF_BUILT(what) .status = BUILT_##what ? OPTION_BUILT : OPTION_NOT_BUILT
#define NO_OP	       .status = OPTION_NO_OP, APART
#define REMOVED	       .status = OPTION_REMOVED, REFUSED

/* Every row says what offload to the kernel means for it; each word must fit to .needs. */
#define REFUSED		       .offload = {.kind = OFFLOAD_REFUSED}
#define APART		       .offload = {.kind = OFFLOAD_APART}
#define WORKS(how)	       .offload = {.kind = OFFLOAD_WORKS, .why = how}
#define PART_OF(option)	       .offload = {.kind = OFFLOAD_PART_OF, .why = option}
#define IDLE(reason, cure)     .offload = {OFFLOAD_IDLE, reason, cure}
#define OBSTACLE(reason, cure) .offload = {OFFLOAD_OBSTACLE, reason, cure}

#define FLAG(m) ARGS(0, 0), .kind = KIND_FLAG, .offset = OFFSET_OF(struct config, m, bool)
#define U31(m)	ARGS(1, 1), .kind = KIND_U31, .offset = OFFSET_OF(struct config, m, uint32_t)
#define U63(m)	ARGS(1, 1), .kind = KIND_U63, .offset = OFFSET_OF(struct config, m, uint64_t)
#define TEXT(m) ARGS(1, 1), .kind = KIND_TEXT, .offset = OFFSET_OF(struct config, m, const char *)
#define SCRIPT(m) \
	ARGS(1, MANY), .kind = KIND_SCRIPT, .offset = OFFSET_OF(struct config, m, const char *)
#define FILE_ARG(m) \
	ARGS(1, 1), .kind = KIND_FILE, .offset = OFFSET_OF(struct config, m, struct config_file)
#define RANGE(m, l, h, text)                                                                      \
	ARGS(1, 1), .kind = KIND_RANGE, .offset = OFFSET_OF(struct config, m, uint32_t), .lo = l, \
		    .hi = h, .label = text
#define CONN_U31(m) \
	ARGS(1, 1), .kind = KIND_U31, .offset = OFFSET_OF(struct conn_entry, m, uint32_t)
#define FN(min, max, f) ARGS(min, max), .kind = KIND_FUNCTION, .apply = f

/* ---- errors and notes (option.c) ------------------------------------------------------------- */

/** opt_error() - usage error: "Options error: " is put in front. Return: ERR_USAGE. */
int opt_error(const struct opt *o, const char *fmt, ...) PRINTF_FMT(2, 3);
/** opt_fatal() - fatal line without prefix. Return: ERR_OPTION. */
int opt_fatal(const struct opt *o, const char *fmt, ...) PRINTF_FMT(2, 3);
void opt_warn(const struct opt *o, const char *fmt, ...) PRINTF_FMT(2, 3);
void opt_info(const struct opt *o, const char *fmt, ...) PRINTF_FMT(2, 3);
/** opt_unrecognised() - the one message for a wrong name and a wrong number of parameters */
int opt_unrecognised(const struct opt *o, const char *name);
/** opt_not_built() - what = "--fragment", "--dev tap" ...; 0 when the host takes unbuilt options */
int opt_not_built(const struct opt *o, bool built, const char *what);
static inline bool opt_is_pushed(const struct opt *o)
{
	return o->src->kind == SOURCE_PUSH;
}
/** opt_clear_once() - PUSH_UPDATE: true when old values of @kind must be dropped now */
bool opt_clear_once(const struct opt *o, enum update_kind kind);

/** option_apply() - look up, check and apply one option; words[0] is its name */
int option_apply(struct parse *p, const struct config_source *src, const char *const *words,
		 size_t count, bool is_inline);
/** option_index() - index of a name in the table, or option_count() */
size_t option_index(const char *name);
const struct option_row *option_row(size_t index);

/** option_groups() - what a source accepts (spec 04 section 1.9) */
unsigned int option_groups(enum source_kind kind, const struct config *cfg);
/** opt_check_script() - the program of a command exists and may be executed (scripts.c) */
int opt_check_script(const struct opt *o, const char *command, bool in_chroot);

/* ---- values (value.c) ------------------------------------------------------------------------ */

int value_u31(const struct opt *o, const char *text, uint32_t *out);
int value_i32(const struct opt *o, const char *text, int32_t *out);
int value_u63(const struct opt *o, const char *label, const char *text, uint64_t *out);
int value_range(const struct opt *o, const char *label, const char *text, int64_t lo, int64_t hi,
		uint32_t *out);
/** value_text() - store a copy of @text; *out is unchanged when out of memory (noted by the pool)
 */
int value_text(const struct opt *o, const char *text, const char **out);
/** value_file() - store arg[0]: a name, or the content of an inline block */
int value_file(const struct opt *o, struct config_file *out);
/** value_port() - number 1..65535 (or 0 when @zero) or a service name */
int value_port(const struct opt *o, const char *text, bool zero, const char **out);
/** value_proto() - false: unknown name */
bool value_proto(const char *text, struct config_proto *out);
/** value_proto_names() - "[udp] [tcp-server] ..." */
const char *value_proto_names(void);

/** value_dotted_quad() - exactly four decimal groups */
bool value_dotted_quad(const char *text, struct in_addr *out);
/** value_quad_or_name() - dotted quad, or a host name when @names */
bool value_quad_or_name(const char *text, bool names);
bool value_ip4(const struct opt *o, const char *text, struct in_addr *out);
bool value_ip6(const char *text, struct in6_addr *out);
/**
 * value_net6() - "addr[/bits]", bits 64 when absent
 *
 * Return: 0; ERR_USAGE with the text for bad bits; ERR_INVALID for a bad address (no text).
 */
int value_net6(const struct opt *o, const char *text, struct config_net6 *out);
/** value_special_route() - vpn_gateway, net_gateway, remote_host, default */
bool value_special_route(const char *text);

/* ---- shared between the tables and post-processing ------------------------------------------- */

int dns_apply(struct opt *o);	      /* dns.c */
int dhcp_option_apply(struct opt *o); /* dns.c */
/** dns_check() - every server has an address. Return: 0 or ERR_OPTION with the line. */
int dns_check(const struct config_dns *dns, struct err *err);
int block_apply(struct opt *o);	      /* parse.c: <connection> */
int include_apply(struct opt *o);     /* parse.c: config FILE */
int fingerprint_apply(struct opt *o); /* fingerprint.c */

/** parse_report() - note a non-fatal error that stands in p->err */
void parse_note_error(struct parse *p, const struct config_source *src);

/** ciphers_normalise() - normalise a --data-ciphers list; NULL: refused, lines are in the report
 */
const char *ciphers_normalise(struct parse *p, const char *list);

/* ---- post-processing (each may set p->err; same return values as config_finish()) ------------ */

int finish_error(struct parse *p, const char *fmt, ...) PRINTF_FMT(2, 3);
/** finish_fatal() - fatal line without prefix. Return: ERR_OPTION. */
int finish_fatal(struct parse *p, const char *fmt, ...) PRINTF_FMT(2, 3);
void finish_warn(struct parse *p, const char *fmt, ...) PRINTF_FMT(2, 3);
void finish_info(struct parse *p, const char *fmt, ...) PRINTF_FMT(2, 3);
int finish_helpers(struct parse *p);	 /* helpers.c, 3.1 */
int finish_crypto(struct parse *p);	 /* ciphers.c, 3.2 steps 6-10, 3.4 */
int finish_connections(struct parse *p); /* connections.c, 3.2 steps 11, 12 */
int finish_checks(struct parse *p);	 /* checks.c, 3.3 */
int finish_files(struct parse *p);	 /* files.c, 3.5 */

/** cipher_list_has() - whether @name is an item of a colon-separated list */
bool cipher_list_has(const char *list, const char *name);

/* what a host offers, with the defaults of parse.h (host.c) */
int host_read_file(const struct config_host *host, const char *path, bool is_stdin, char **text,
		   size_t *len);
int host_access(const struct config_host *host, const char *path, int mode);
int host_private_mode(const struct config_host *host, const char *path, bool *others);
