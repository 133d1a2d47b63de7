/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"

enum {
	NAME_RANDOM_BYTES = 16,
	NAME_TRIES = 8 /* a second one means that somebody guesses 128 random bits */
};

static int write_all(int fd, const void *bytes, size_t len)
{
	ssize_t n = len ? write(fd, bytes, len) : 0;

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -ENOSPC;
}

int temp_file_create(const char *dir, const char *prefix, const struct rng *rng, const void *bytes,
		     size_t len, char *path, struct err *err)
{
	int fd = -1;
	int failed;

	for (int i = 0; fd < 0 && i < NAME_TRIES; i++) {
		uint8_t random[NAME_RANDOM_BYTES];
		char hex[2 * NAME_RANDOM_BYTES + 1];
		int n;

		rng_fill(rng, random, sizeof(random));
		str_hex(hex, sizeof(hex), random, sizeof(random), 0);
		n = snprintf(path, TEMP_FILE_PATH_MAX, "%s/openvpn_%s_%s.tmp", dir, prefix, hex);
		if (n < 0 || n >= TEMP_FILE_PATH_MAX) {
			path[0] = '\0';
			return err_set(err, ERR_LIMIT, "temporary directory name is too long: %s",
				       dir);
		}
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		failed = errno;
		path[0] = '\0';
		return err_set_errno(err, failed,
				     "Could not create temporary file in '%s' (see --tmp-dir)",
				     dir);
	}
	failed = -write_all(fd, bytes, len);
	if (close(fd) != 0 && !failed)
		failed = errno;
	if (failed) {
		err_set_errno(err, failed, "Could not write temporary file '%s'", path);
		temp_file_remove(path);
		return ERR_SYSTEM;
	}
	return 0;
}

void temp_file_remove(char *path)
{
	if (path[0])
		unlink(path);
	path[0] = '\0';
}

long temp_file_read(const char *path, char *out, size_t cap)
{
	/* a script may have put a FIFO in its place: never wait for a writer */
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 0;

	out[0] = '\0';
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM;
	while (len < cap - 1 && (n = read(fd, out + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	out[n < 0 ? 0 : len] = '\0';
	return n < 0 ? ERR_SYSTEM : (long)len;
}
