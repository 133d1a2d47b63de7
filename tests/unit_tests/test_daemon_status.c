/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "daemon/status_client.h"
#include "daemon/status_file.h"

static const char *const plain_tail = "\nTUN/TAP read bytes,1\nTUN/TAP write bytes,2\n"
				      "TCP/UDP read bytes,3\nTCP/UDP write bytes,4\n"
				      "Auth read bytes,5\nEND\n";

static const struct status_client sample = {
	.tun_read = 1,
	.tun_write = 2,
	.link_read = 3,
	.link_write = 4,
	.auth_read = 5,
	.pre_compress = 6,
	.post_compress = 7,
	.pre_decompress = 8,
	.post_decompress = 18446744073709551615u,
};

static void status_client__no_compression__has_nine_lines(void **state)
{
	struct str out = str_init();

	(void)state;
	status_client_format(&out, &sample, 1795227941);
	assert_int_equal(strncmp(str_text(&out), "OpenVPN STATISTICS\nUpdated,2026-11-", 35), 0);
	assert_string_equal(strstr(str_text(&out), "\nTUN/TAP read"), plain_tail);
	str_fini(&out);
}

static void status_client__compression__adds_four_lines(void **state)
{
	struct status_client s = sample;
	struct str out = str_init();

	(void)state;
	s.compression = true;
	status_client_format(&out, &s, 0);
	assert_non_null(strstr(str_text(&out),
			       "Auth read bytes,5\npre-compress bytes,6\npost-compress bytes,7\n"
			       "pre-decompress bytes,8\n"
			       "post-decompress bytes,18446744073709551615\nEND\n"));
	str_fini(&out);
}

struct fixture {
	struct log_capture cap;
	struct test_dir dir;
	char path[128];
	char content[4096];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 3);
	test_dir_make(&f->dir);
	snprintf(f->path, sizeof(f->path), "%s/status", f->dir.path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	test_dir_remove(&f->dir);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

static void format_counted(void *ctx, struct str *out)
{
	unsigned int *count = ctx;

	++*count;
	str_addf(out, "round %u\n%s", *count, *count == 1 ? "a long line\n" : "");
	str_add(out, "END\n");
}

static void status_file__rewritten__keeps_inode_and_mode_and_shrinks(void **state)
{
	struct fixture *f = *state;
	struct status_file *file = status_file_open(f->path, &f->cap.log);
	struct stat before, after;
	unsigned int count = 0;
	uv_loop_t loop;

	uv_loop_init(&loop);
	assert_non_null(file);
	assert_true(status_file_is(file, f->path));
	assert_false(status_file_is(file, "/other"));
	assert_false(status_file_is(file, NULL));
	assert_int_equal(stat(f->path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	status_file_start(file, &loop, 0, format_counted, &count);
	test_read_file(f->path, f->content, sizeof(f->content));
	assert_string_equal(f->content, "round 1\na long line\nEND\n");
	assert_false(uv_loop_alive(&loop)); /* interval 0: no timer */
	status_file_start(file, &loop, 60, format_counted, &count);
	test_read_file(f->path, f->content, sizeof(f->content));
	assert_string_equal(f->content, "round 2\nEND\n");
	assert_true(uv_loop_alive(&loop));
	assert_int_equal(stat(f->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	status_file_stop(file);
	status_file_close(file);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	test_read_file(f->path, f->content, sizeof(f->content));
	assert_string_equal(f->content, "round 2\nEND\n"); /* not removed at exit */
}

static void status_file__old_content__is_truncated_at_open(void **state)
{
	struct fixture *f = *state;
	struct status_file *file;

	test_dir_file(&f->dir, "status", 0644, "old", 3, f->path);
	file = status_file_open(f->path, &f->cap.log);
	assert_int_equal(test_read_file(f->path, f->content, sizeof(f->content)), 0);
	status_file_close(file);
}

static void status_file__cannot_open__is_a_warning(void **state)
{
	struct fixture *f = *state;

	assert_null(status_file_open("/nonexistent/status", &f->cap.log));
	assert_string_equal(f->cap.last, "Note: cannot open /nonexistent/status for WRITE: No such "
					 "file or directory (errno=2)");
	assert_int_equal(f->cap.klass, LOG_CLASS_WARN);
	status_file_close(NULL);
}

static void status_file__device_full__warns_once(void **state)
{
	struct fixture *f = *state;
	struct status_file *file = status_file_open("/dev/full", &f->cap.log);
	struct str text = str_init();

	str_add(&text, "x\n");
	status_file_write(file, &text);
	status_file_write(file, &text);
	assert_int_equal(f->cap.lines, 1);
	assert_non_null(strstr(f->cap.last, "Failed to write status file: No space left"));
	str_fini(&text);
	status_file_close(file);
}

static void status_log__writes_each_line_at_verb_1(void **state)
{
	struct fixture *f = *state;
	unsigned int count = 0;

	log_sink_set_verb(f->cap.sink, 1);
	status_log(&f->cap.log, format_counted, &count);
	assert_string_equal(f->cap.all, "round 1\na long line\nEND\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		cmocka_unit_test(status_client__no_compression__has_nine_lines),
		cmocka_unit_test(status_client__compression__adds_four_lines),
		T(status_file__rewritten__keeps_inode_and_mode_and_shrinks),
		T(status_file__old_content__is_truncated_at_open),
		T(status_file__cannot_open__is_a_warning),
		T(status_file__device_full__warns_once),
		T(status_log__writes_each_line_at_verb_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
