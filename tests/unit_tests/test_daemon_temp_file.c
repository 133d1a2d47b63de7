/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "daemon/temp_file.h"

static int setup(void **state)
{
	struct test_dir *d = calloc(1, sizeof(*d));

	test_dir_make(d);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	test_dir_remove(*state);
	free(*state);
	return 0;
}

static void create__name_mode_and_content(void **state)
{
	struct test_dir *d = *state;
	struct rng rng = rng_system();
	char path[TEMP_FILE_PATH_MAX];
	char text[16];
	struct stat st;
	size_t prefix = strlen(d->path) + strlen("/openvpn_acf_");

	assert_int_equal(temp_file_create(d->path, "acf", &rng, "hello", 5, path, NULL), 0);
	assert_non_null(strstr(path, "/openvpn_acf_"));
	assert_int_equal(strspn(path + prefix, "0123456789abcdef"), 32);
	assert_string_equal(path + prefix + 32, ".tmp");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(temp_file_read(path, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	temp_file_remove(path);
	assert_string_equal(path, "");
	temp_file_remove(path);
}

static void create__name_is_taken__takes_another(void **state)
{
	struct test_dir *d = *state;
	struct rng_seed seed = {.state = 1};
	struct rng_seed same = {.state = 1};
	struct rng a = rng_seeded(&seed);
	struct rng b = rng_seeded(&same);
	char first[TEMP_FILE_PATH_MAX], second[TEMP_FILE_PATH_MAX];

	assert_int_equal(temp_file_create(d->path, "cc", &a, NULL, 0, first, NULL), 0);
	assert_int_equal(temp_file_create(d->path, "cc", &b, NULL, 0, second, NULL), 0);
	assert_string_not_equal(first, second);
}

static void create__no_directory__names_it(void **state)
{
	struct rng rng = rng_system();
	char path[TEMP_FILE_PATH_MAX];
	struct err err;

	(void)state;
	assert_int_equal(temp_file_create("/nonexistent", "cc", &rng, NULL, 0, path, &err),
			 ERR_SYSTEM);
	assert_string_equal(path, "");
	assert_non_null(strstr(err.text, "'/nonexistent' (see --tmp-dir): No such file"));
}

static void create__directory_name_too_long__is_refused(void **state)
{
	struct rng rng = rng_system();
	char path[TEMP_FILE_PATH_MAX];
	char *dir = calloc(1, TEMP_FILE_PATH_MAX);

	(void)state;
	memset(dir, 'd', TEMP_FILE_PATH_MAX - 1);
	assert_int_equal(temp_file_create(dir, "cc", &rng, NULL, 0, path, NULL), ERR_LIMIT);
	free(dir);
}

static void read__long_missing_fifo__never_blocks(void **state)
{
	struct test_dir *d = *state;
	char path[128];
	char text[4];

	test_dir_file(d, "f", 0600, "abcdef", 6, path);
	assert_int_equal(temp_file_read(path, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	unlink(path);
	assert_int_equal(temp_file_read(path, text, sizeof(text)), ERR_NOT_FOUND);
	assert_string_equal(text, "");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(temp_file_read(path, text, sizeof(text)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(create__name_mode_and_content),
		T(create__name_is_taken__takes_another),
		T(create__no_directory__names_it),
		T(create__directory_name_too_long__is_refused),
		T(read__long_missing_fifo__never_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
