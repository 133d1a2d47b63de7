/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/auth_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/str.h"

enum {
	PENDING_FILE_MAX = 4096
};

static const char *const variables[] = {"auth_control_file", "auth_pending_file",
					"auth_failed_reason_file"};

int auth_files_create(struct auth_files *f, const char *dir, const struct rng *rng, struct env *env,
		      struct err *err)
{
	int ret;

	f->control[0] = f->pending[0] = f->reason[0] = '\0';
	ret = temp_file_create(dir, "acf", rng, NULL, 0, f->control, err);
	if (ret == 0)
		ret = temp_file_create(dir, "apf", rng, NULL, 0, f->pending, err);
	if (ret == 0)
		ret = temp_file_create(dir, "afr", rng, NULL, 0, f->reason, err);
	if (ret < 0) {
		auth_files_remove(f, NULL);
		return ret;
	}
	env_set(env, variables[0], f->control);
	env_set(env, variables[1], f->pending);
	env_set(env, variables[2], f->reason);
	return 0;
}

void auth_files_remove(struct auth_files *f, struct env *env)
{
	temp_file_remove(f->control);
	temp_file_remove(f->pending);
	temp_file_remove(f->reason);
	for (size_t i = 0; env && i < ARRAY_SIZE(variables); i++)
		env_del(env, variables[i]);
}

void auth_files_remove_named(struct env *env)
{
	char path[TEMP_FILE_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *name = env_get(env, variables[i]);

		if (name && str_copy(path, sizeof(path), name))
			temp_file_remove(path);
		env_del(env, variables[i]);
	}
}

enum auth_files_result auth_files_result(const struct auth_files *f)
{
	char text[2];

	if (temp_file_read(f->control, text, sizeof(text)) < 1)
		return AUTH_FILES_PENDING;
	if (text[0] == '1')
		return AUTH_FILES_SUCCESS;
	return text[0] == '0' ? AUTH_FILES_FAILURE : AUTH_FILES_PENDING;
}

bool auth_files_reason(const struct auth_files *f, char out[AUTH_REASON_MAX])
{
	if (temp_file_read(f->reason, out, AUTH_REASON_MAX) < 1)
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	str_printable(out, '_');
	return out[0] != '\0';
}

/* Cut the next line off. Return: false at the end of the text. */
static bool pending_line(const char **text, char *out, size_t cap)
{
	size_t len = strcspn(*text, "\r\n");

	if (!**text)
		return false;
	snprintf(out, cap, "%.*s", (int)len, *text);
	*text += len;
	if (**text == '\r')
		++*text;
	if (**text == '\n')
		++*text;
	return true;
}

int auth_files_parse_pending(const char *text, struct auth_files_pending *out, struct err *err)
{
	char timeout[32], *end;
	unsigned long sec;

	*out = (struct auth_files_pending){0};
	if (!*text)
		return ERR_NOT_FOUND;
	if (!pending_line(&text, timeout, sizeof(timeout)) ||
	    !pending_line(&text, out->method, sizeof(out->method)) ||
	    !pending_line(&text, out->text, sizeof(out->text)))
		return err_set(err, ERR_INVALID,
			       "auth pending control file is not at least three lines long.");
	sec = strtoul(timeout, &end, 10);
	if (timeout[0] < '0' || timeout[0] > '9' || *end || sec == 0 || sec > UINT32_MAX)
		return err_set(err, ERR_INVALID, "could not parse auth pending file timeout");
	out->timeout_sec = (uint32_t)sec;
	str_printable(out->method, '_');
	str_printable(out->text, '_');
	return 0;
}

int auth_files_pending(const struct auth_files *f, struct auth_files_pending *out, struct err *err)
{
	char text[PENDING_FILE_MAX];

	if (temp_file_read(f->pending, text, sizeof(text)) < 1)
		return ERR_NOT_FOUND;
	return auth_files_parse_pending(text, out, err);
}

/* ---- client-connect ---- */

int connect_files_create(struct connect_files *f, const char *dir, const struct rng *rng,
			 struct env *env, struct err *err)
{
	int ret;

	f->config[0] = f->deferred[0] = '\0';
	ret = temp_file_create(dir, "cc", rng, NULL, 0, f->config, err);
	if (ret == 0)
		ret = temp_file_create(dir, "ccr", rng, NULL, 0, f->deferred, err);
	if (ret < 0) {
		connect_files_remove(f, NULL);
		return ret;
	}
	env_set(env, "client_connect_config_file", f->config);
	env_set(env, "client_connect_deferred_file", f->deferred);
	return 0;
}

void connect_files_remove(struct connect_files *f, struct env *env)
{
	temp_file_remove(f->config);
	temp_file_remove(f->deferred);
	if (!env)
		return;
	env_del(env, "client_connect_config_file");
	env_del(env, "client_connect_deferred_file");
}

enum connect_files_result connect_files_result(const struct connect_files *f)
{
	char text[2];

	if (temp_file_read(f->deferred, text, sizeof(text)) < 1)
		return CONNECT_FILES_EMPTY;
	switch (text[0]) {
	case '0':
		return CONNECT_FILES_FAILURE;
	case '1':
		return CONNECT_FILES_SUCCESS;
	case '2':
		return CONNECT_FILES_DEFERRED;
	default:
		return CONNECT_FILES_UNKNOWN;
	}
}

/* ---- ccd ---- */

bool ccd_file_name(const char *cn, char *out, size_t cap)
{
	if (!str_copy(out, cap, cn))
		return false;
	str_printable(out, '_');
	for (char *p = out; *p; p++)
		if (*p == '/')
			*p = '_';
	return out[0] && strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

static bool ccd_readable(const char *dir, const char *name, char *path, size_t cap)
{
	int len = snprintf(path, cap, "%s/%s", dir, name);

	return len > 0 && (size_t)len < cap && access(path, R_OK) == 0;
}

int ccd_find(const char *dir, const char *cn, bool exclusive, char *path, size_t cap)
{
	char name[256];
	bool usable = ccd_file_name(*cn ? cn : "UNDEF", name, sizeof(name));

	if (exclusive)
		usable = usable && strcmp(name, "DEFAULT") != 0;
	if (usable && ccd_readable(dir, name, path, cap))
		return 0;
	if (!exclusive && ccd_readable(dir, "DEFAULT", path, cap))
		return 0;
	return ERR_NOT_FOUND;
}
