/* SPDX-License-Identifier: GPL-2.0-only */
/* The files by which a program that verifies users answers later, and the config file of
 * client-connect with its answer. Spec 03 sections 3.7.4, 3.7.5, 3.8.6. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/random.h"
#include "daemon/temp_file.h"

enum {
	AUTH_REASON_MAX = 1024,
	AUTH_METHOD_MAX = 128,
};

/* auth_control_file, auth_pending_file, auth_failed_reason_file of one key. */
struct auth_files {
	char control[TEMP_FILE_PATH_MAX];
	char pending[TEMP_FILE_PATH_MAX];
	char reason[TEMP_FILE_PATH_MAX];
};

/** auth_files_create() - make them empty and name them in @env. ERR_*: none is left behind. */
int auth_files_create(struct auth_files *f, const char *dir, const struct rng *rng, struct env *env,
		      struct err *err) MUST_CHECK;
/** auth_files_remove() - delete them and their variables (@env may be NULL); idempotent */
void auth_files_remove(struct auth_files *f, struct env *env);
/**
 * auth_files_remove_named() - the same by their variables in @env
 *
 * The files stay until the connection ends, for programs which run later; after the verdict nothing
 * else of them is kept. Only for an @env which auth_files_create() filled.
 */
void auth_files_remove_named(struct env *env);

enum auth_files_result {
	AUTH_FILES_PENDING,
	AUTH_FILES_SUCCESS,
	AUTH_FILES_FAILURE,
};

/** auth_files_result() - what the control file says now */
enum auth_files_result auth_files_result(const struct auth_files *f);

/** auth_files_reason() - the client reason; false when there is none */
bool auth_files_reason(const struct auth_files *f, char out[AUTH_REASON_MAX]);

/* What a program asks for while it takes its time. */
struct auth_files_pending {
	uint32_t timeout_sec;
	char method[AUTH_METHOD_MAX];
	char text[AUTH_REASON_MAX];
};

/**
 * auth_files_pending() - the three lines of the pending file
 *
 * Return: 0; ERR_NOT_FOUND when it is empty; ERR_INVALID with the line in @err.
 */
int auth_files_pending(const struct auth_files *f, struct auth_files_pending *out,
		       struct err *err) MUST_CHECK;

/** auth_files_parse_pending() - the same from its content; for tests and the fuzzer */
int auth_files_parse_pending(const char *text, struct auth_files_pending *out,
			     struct err *err) MUST_CHECK;

/* client_connect_config_file and client_connect_deferred_file. */
struct connect_files {
	char config[TEMP_FILE_PATH_MAX];
	char deferred[TEMP_FILE_PATH_MAX];
};

int connect_files_create(struct connect_files *f, const char *dir, const struct rng *rng,
			 struct env *env, struct err *err) MUST_CHECK;
void connect_files_remove(struct connect_files *f, struct env *env);

enum connect_files_result {
	CONNECT_FILES_EMPTY,
	CONNECT_FILES_DEFERRED, /* "2": still pending */
	CONNECT_FILES_SUCCESS,
	CONNECT_FILES_FAILURE,
	CONNECT_FILES_UNKNOWN, /* logged by the caller, counts as failure */
};

enum connect_files_result connect_files_result(const struct connect_files *f);

/**
 * ccd_file_name() - a name used as file name: '/' and non-printable bytes become '_'
 *
 * Return: false for names that may not be used ("", ".", ".."), or that do not fit.
 */
bool ccd_file_name(const char *cn, char *out, size_t cap);

/**
 * ccd_find() - the file of a client in @dir, or DEFAULT
 * @exclusive: only the client's own file counts, and it may not be called DEFAULT
 *
 * Return: 0 with the path, or ERR_NOT_FOUND.
 */
int ccd_find(const char *dir, const char *cn, bool exclusive, char *path, size_t cap) MUST_CHECK;
