/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser asks of the system when its caller has no own answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/internal.h"

enum {
	HOST_FILE_MAX_BYTES = 16 * 1024 * 1024, /* far above any configuration, below /dev/zero */
};

static int read_all(int fd, char **text, size_t *len)
{
	size_t room = 0;
	size_t used = 0;
	char *buf = NULL;

	for (;;) {
		if (used == room) {
			room = room > 0 ? room * 2 : 8192;

			char *more = room > HOST_FILE_MAX_BYTES ? NULL : realloc(buf, room);

			if (!more) {
				free(buf);
				return room > HOST_FILE_MAX_BYTES ? EFBIG : ENOMEM;
			}
			buf = more;
		}

		ssize_t n = read(fd, buf + used, room - used);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int saved = errno;

			free(buf);
			return saved;
		}
		used += (size_t)n;
	}
	*text = buf;
	*len = used;
	return 0;
}

int host_read_file(const struct config_host *host, const char *path, bool is_stdin, char **text,
		   size_t *len)
{
	if (host && host->read_file)
		return host->read_file(host->ctx, path, is_stdin, text, len);
	if (is_stdin)
		return read_all(STDIN_FILENO, text, len);

	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : read_all(fd, text, len);
}

int host_access(const struct config_host *host, const char *path, int mode)
{
	if (host && host->access)
		return host->access(host->ctx, path, mode);
	return access(path, mode) == 0 ? 0 : errno;
}

int host_private_mode(const struct config_host *host, const char *path, bool *others)
{
	struct stat st;

	if (host && host->private_mode)
		return host->private_mode(host->ctx, path, others);
	if (stat(path, &st) < 0)
		return errno;
	*others = (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
	return 0;
}
