// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

enum {
	SOURCE_FIRST_BYTES = 16 * 1024,
};

const char *source_name(const struct text_source *src)
{
	return src->text ? "[[INLINE]]" : src->path;
}

static int grow(char **text, size_t *cap)
{
	char *bigger = secret_alloc(*cap * 2 + 1);

	if (!bigger)
		return ERR_NOMEM;
	memcpy(bigger, *text, *cap);
	secret_free(*text);
	*text = bigger;
	*cap *= 2;
	return 0;
}

/* Not by fstat(): the file may be a pipe, as in `--key <(...)`. */
static int read_all(int fd, const char *path, char **text, size_t *len, struct err *err)
{
	size_t cap = SOURCE_FIRST_BYTES;
	int ret;

	*len = 0;
	*text = secret_alloc(cap + 1);
	if (!*text)
		return err_set(err, ERR_NOMEM, "Cannot read '%s': out of memory", path);
	for (;;) {
		ssize_t n = read(fd, *text + *len, cap - *len);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ret = err_set_errno(err, errno, "Cannot read '%s'", path);
			break;
		}
		*len += (size_t)n;
		if (*len < cap)
			continue;
		if (cap >= SOURCE_MAX_BYTES) {
			ret = err_set(err, ERR_LIMIT, "Cannot read '%s': longer than %d bytes",
				      path, SOURCE_MAX_BYTES);
			break;
		}
		ret = grow(text, &cap);
		if (ret < 0) {
			err_set(err, ret, "Cannot read '%s': out of memory", path);
			break;
		}
	}
	secret_free(*text);
	*text = NULL;
	return ret;
}

int source_read(const struct text_source *src, char **text, size_t *len, struct err *err)
{
	size_t ignored;
	int fd, ret;

	*text = NULL;
	if (!len)
		len = &ignored;
	if (!source_given(src))
		return err_set(err, ERR_NOT_FOUND, "no file given");
	if (src->text) {
		*len = strlen(src->text);
		*text = secret_strdup(src->text);
		return *text ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	}
	fd = open(src->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, errno, "Cannot open '%s'", src->path);
	ret = read_all(fd, src->path, text, len, err);
	close(fd);
	return ret;
}
