/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "daemon/auth_files.h"

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void auth_files__life(void **state)
{
	struct rng rng = rng_system();
	struct env *env = env_new();
	struct auth_files f;
	struct test_dir dir;
	char reason[AUTH_REASON_MAX];
	struct err err;

	(void)state;
	test_dir_make(&dir);
	assert_int_equal(auth_files_create(&f, dir.path, &rng, env, &err), 0);
	assert_non_null(strstr(f.control, "/openvpn_acf_"));
	assert_string_equal(env_get(env, "auth_pending_file"), f.pending);
	assert_string_equal(env_get(env, "auth_failed_reason_file"), f.reason);
	assert_int_equal(auth_files_result(&f), AUTH_FILES_PENDING);
	put(f.control, "1\n");
	assert_int_equal(auth_files_result(&f), AUTH_FILES_SUCCESS);
	put(f.control, "0");
	assert_int_equal(auth_files_result(&f), AUTH_FILES_FAILURE);
	put(f.control, "x");
	assert_int_equal(auth_files_result(&f), AUTH_FILES_PENDING);
	assert_false(auth_files_reason(&f, reason));
	put(f.reason, "CRV1:R:a:b:c\nsecond");
	assert_true(auth_files_reason(&f, reason));
	assert_string_equal(reason, "CRV1:R:a:b:c");
	auth_files_remove(&f, env);
	assert_null(env_get(env, "auth_control_file"));
	assert_int_equal(auth_files_result(&f), AUTH_FILES_PENDING);
	auth_files_remove(&f, env);
	assert_int_equal(auth_files_create(&f, dir.path, &rng, env, &err), 0);
	auth_files_remove_named(env);
	assert_int_equal(env_count(env), 0);
	auth_files_remove_named(env);
	assert_int_equal(rmdir(dir.path), 0); /* nothing is left */
	assert_true(auth_files_create(&f, dir.path, &rng, env, &err) < 0);
	env_free(env);
}

static void pending_file__three_lines(void **state)
{
	static const struct {
		const char *text;
		int ret;
		const char *line;
	} rows[] = {
		{"", ERR_NOT_FOUND, ""},
		{"30\nwebauth\n", ERR_INVALID,
		 "auth pending control file is not at least three lines long."},
		{"30", ERR_INVALID, "auth pending control file is not at least three lines long."},
		{"0\nwebauth\nx\n", ERR_INVALID, "could not parse auth pending file timeout"},
		{"-1\nwebauth\nx\n", ERR_INVALID, "could not parse auth pending file timeout"},
		{"30s\nwebauth\nx\n", ERR_INVALID, "could not parse auth pending file timeout"},
		{"99999999999\nwebauth\nx", ERR_INVALID,
		 "could not parse auth pending file timeout"},
	};
	struct auth_files_pending p;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err.text[0] = '\0';
		assert_int_equal(auth_files_parse_pending(rows[i].text, &p, &err), rows[i].ret);
		assert_string_equal(err.text, rows[i].line);
	}
	assert_int_equal(auth_files_parse_pending("30\r\nwebauth\nWEB_AUTH::u\nmore\n", &p, &err),
			 0);
	assert_int_equal(p.timeout_sec, 30);
	assert_string_equal(p.method, "webauth");
	assert_string_equal(p.text, "WEB_AUTH::u");
}

static void connect_files__answers(void **state)
{
	struct rng rng = rng_system();
	struct env *env = env_new();
	struct connect_files f;
	struct test_dir dir;
	struct err err;

	(void)state;
	test_dir_make(&dir);
	assert_int_equal(connect_files_create(&f, dir.path, &rng, env, &err), 0);
	assert_string_equal(env_get(env, "client_connect_config_file"), f.config);
	assert_int_equal(connect_files_result(&f), CONNECT_FILES_EMPTY);
	put(f.deferred, "2");
	assert_int_equal(connect_files_result(&f), CONNECT_FILES_DEFERRED);
	put(f.deferred, "1");
	assert_int_equal(connect_files_result(&f), CONNECT_FILES_SUCCESS);
	put(f.deferred, "0");
	assert_int_equal(connect_files_result(&f), CONNECT_FILES_FAILURE);
	put(f.deferred, "?");
	assert_int_equal(connect_files_result(&f), CONNECT_FILES_UNKNOWN);
	connect_files_remove(&f, env);
	assert_null(env_get(env, "client_connect_deferred_file"));
	assert_int_equal(rmdir(dir.path), 0);
	env_free(env);
}

static void ccd__names(void **state)
{
	char out[64];

	(void)state;
	assert_true(ccd_file_name("we ird\"$(x)/\xc3\xa9;1", out, sizeof(out)));
	assert_string_equal(out, "we ird\"$(x)_\xc3\xa9;1");
	assert_true(ccd_file_name("a\nb\x7f", out, sizeof(out)));
	assert_string_equal(out, "a_b_");
	assert_true(ccd_file_name("../x", out, sizeof(out)));
	assert_string_equal(out, ".._x");
	assert_false(ccd_file_name("..", out, sizeof(out)));
	assert_false(ccd_file_name(".", out, sizeof(out)));
	assert_false(ccd_file_name("", out, sizeof(out)));
	assert_false(ccd_file_name("abcdefgh", out, 8));
}

static void ccd__lookup(void **state)
{
	char path[256], file[128];
	struct test_dir dir;

	(void)state;
	test_dir_make(&dir);
	assert_int_equal(ccd_find(dir.path, "one", false, path, sizeof(path)), ERR_NOT_FOUND);
	test_dir_file(&dir, "DEFAULT", 0600, "", 0, file);
	assert_int_equal(ccd_find(dir.path, "one", false, path, sizeof(path)), 0);
	assert_string_equal(path, file);
	assert_int_equal(ccd_find(dir.path, "..", false, path, sizeof(path)), 0);
	assert_string_equal(path, file);
	assert_int_equal(ccd_find(dir.path, "one", true, path, sizeof(path)), ERR_NOT_FOUND);
	assert_int_equal(ccd_find(dir.path, "DEFAULT", true, path, sizeof(path)), ERR_NOT_FOUND);
	test_dir_file(&dir, "UNDEF", 0600, "", 0, file);
	assert_int_equal(ccd_find(dir.path, "", false, path, sizeof(path)), 0);
	assert_string_equal(path, file);
	test_dir_file(&dir, "one", 0600, "", 0, file);
	assert_int_equal(ccd_find(dir.path, "one", true, path, sizeof(path)), 0);
	assert_string_equal(path, file);
	assert_int_equal(ccd_find(dir.path, "one", true, path, 10), ERR_NOT_FOUND);
	test_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auth_files__life),
		cmocka_unit_test(pending_file__three_lines),
		cmocka_unit_test(connect_files__answers),
		cmocka_unit_test(ccd__names),
		cmocka_unit_test(ccd__lookup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
