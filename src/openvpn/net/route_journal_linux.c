/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal's file: locked while its process lives, so that a lock that is free means a death. */
#include "config.h"

#include "net/route_journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FILE_PREFIX "routes-"

struct route_journal {
	int fd;
	int dir_fd; /* for the removal, also after chroot */
	char name[NAME_MAX];
	uint32_t last_id;
	size_t in_force;
	struct log log;
	bool warned;
};

static void get_origin(struct route_journal_origin *o)
{
	auto_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	*o = (struct route_journal_origin){0};
	if (fd >= 0)
		n = read(fd, o->boot, sizeof(o->boot) - 1);
	o->boot[n > 0 ? n : 0] = '\0';
	o->boot[strcspn(o->boot, " \n")] = '\0';
	if (!o->boot[0])
		str_copy(o->boot, sizeof(o->boot), "unknown");
	if (stat("/proc/self/ns/net", &st) == 0)
		o->netns = st.st_ino;
}

/* Return: text to be freed, or NULL. */
static char *read_all(int fd, size_t *len)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0 || st.st_size < 0 || st.st_size > ROUTE_JOURNAL_FILE_MAX)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return NULL;
	n = pread(fd, text, (size_t)st.st_size, 0);
	if (n < 0) {
		free(text);
		return NULL;
	}
	*len = (size_t)n;
	return text;
}

static void undo_ops(const struct route_ops *ops, struct netlink *nl, const struct log *log)
{
	char text[ROUTE_TEXT_MAX];

	for (size_t i = ops->n; i > 0; i--) {
		const struct route_op *op = &ops->op[i - 1];
		bool add = op->kind == ROUTE_OP_ADD;
		struct err err;
		int ret = add ? route_del(nl, &op->route, &err) : route_add(nl, &op->route, &err);

		route_format(&op->route, text, sizeof(text));
		if (ret == 0)
			log_warn(log, "NOTE: %s a route that an ended process left %s: %s",
				 add ? "removed" : "restored", add ? "behind" : "out", text);
		else if (ret != ERR_NOT_FOUND && ret != ERR_EXISTS && ret != ERR_NO_DEVICE)
			log_warn(log, "cannot undo a change of an ended process: %s", err.text);
	}
}

/* Undo what one file tells, if it is of this boot and namespace. Return: whether it is settled. */
static bool recover(int fd, const char *name, struct netlink *nl, const struct log *log)
{
	struct route_journal_origin here, origin;
	struct route_ops ops = {0};
	size_t len = 0;
	auto_free char *text = read_all(fd, &len);
	int ret;

	if (!text)
		return false;
	if (len == 0)
		return true;
	ret = route_journal_parse(text, len, &origin, &ops);
	get_origin(&here);
	/* Of another namespace: a later start there will find it. Of another boot: nothing is left.
	 */
	if (strcmp(origin.boot, here.boot) == 0 && origin.netns != here.netns) {
		route_ops_fini(&ops);
		return false;
	}
	if (ret < 0)
		log_warn(log, "route journal %s: %s", name, err_text(ret));
	if (strcmp(origin.boot, here.boot) == 0)
		undo_ops(&ops, nl, log);
	route_ops_fini(&ops);
	return true;
}

static void recover_file(int dir_fd, const char *name, struct netlink *nl, const struct log *log)
{
	auto_close int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return; /* gone, not ours to read, or its process lives */
	if (!recover(fd, name, nl, log))
		return;
	/* Emptied before the lock is given up: who opened it meanwhile finds nothing to do. */
	if (ftruncate(fd, 0) < 0 || unlinkat(dir_fd, name, 0) < 0)
		log_warn(log, "cannot remove route journal %s: %s", name, strerror(errno));
}

static void recover_all(int dir_fd, struct netlink *nl, const struct log *log)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (str_starts(e->d_name, FILE_PREFIX))
			recover_file(dir_fd, e->d_name, nl, log);
	closedir(dir);
}

/* A new file, locked. Another start may take it for an orphan before we have the lock: try again.
 */
static int create_file(struct route_journal *j, const char *dir, struct err *err)
{
	for (int i = 0; i < 10; i++) {
		struct str path = str_init();
		struct stat st;

		str_addf(&path, "%s/" FILE_PREFIX "XXXXXX", dir);
		if (path.failed)
			return err_set(err, ERR_NOMEM, "out of memory");
		j->fd = mkostemp(path.text, O_CLOEXEC);
		if (j->fd < 0) {
			int e = errno;

			str_fini(&path);
			return err_set_errno(err, e, "cannot make a route journal in %s", dir);
		}
		str_copy(j->name, sizeof(j->name), path.text + strlen(dir) + 1);
		str_fini(&path);
		if (flock(j->fd, LOCK_EX | LOCK_NB) == 0 && fstat(j->fd, &st) == 0 &&
		    st.st_nlink > 0)
			return 0;
		close(j->fd);
		j->fd = -1;
	}
	return err_set(err, ERR_SYSTEM, "cannot lock a route journal in %s", dir);
}

static int append(struct route_journal *j, struct str *s)
{
	ssize_t n = s->failed ? -1 : write(j->fd, s->text, s->len);
	bool ok = n >= 0 && (size_t)n == s->len;

	if (!ok && !j->warned) {
		j->warned = true;
		log_warn(&j->log, "cannot write the route journal: %s", strerror(errno));
	}
	str_fini(s);
	return ok ? 0 : ERR_SYSTEM;
}

static int append_head(struct route_journal *j)
{
	struct route_journal_origin origin;
	struct str s = str_init();

	get_origin(&origin);
	route_journal_write_head(&s, &origin);
	return append(j, &s);
}

int route_journal_open(const char *dir, struct netlink *nl, const struct log *log,
		       struct route_journal **out, struct err *err)
{
	struct route_journal *j;
	int ret;

	*out = NULL;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_set_errno(err, errno, "cannot make directory %s", dir);
	j = calloc(1, sizeof(*j));
	if (!j)
		return err_set(err, ERR_NOMEM, "out of memory");
	j->fd = -1;
	j->log = *log;
	j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir_fd < 0) {
		ret = err_set_errno(err, errno, "cannot open directory %s", dir);
		goto err_free;
	}
	recover_all(j->dir_fd, nl, log);
	ret = create_file(j, dir, err);
	if (ret < 0)
		goto err_close_dir;
	*out = j;
	return 0;

err_close_dir:
	close(j->dir_fd);
err_free:
	free(j);
	return ret;
}

void route_journal_close(struct route_journal *j)
{
	if (!j)
		return;
	/* Without the right to remove it, the empty file is left to the next start. */
	if (j->in_force == 0 && ftruncate(j->fd, 0) == 0)
		(void)unlinkat(j->dir_fd, j->name, 0);
	close(j->fd);
	close(j->dir_fd);
	free(j);
}

uint32_t route_journal_begin(struct route_journal *j, const struct route_op *op)
{
	struct str s = str_init();

	if (!j)
		return 0;
	if (j->in_force == 0 &&
	    (ftruncate(j->fd, 0) < 0 || lseek(j->fd, 0, SEEK_SET) < 0 || append_head(j) < 0))
		return 0;
	j->last_id++;
	route_journal_write_entry(&s, j->last_id, op);
	if (append(j, &s) < 0)
		return 0;
	j->in_force++;
	return j->last_id;
}

void route_journal_end(struct route_journal *j, uint32_t id)
{
	struct str s = str_init();

	if (!j || id == 0)
		return;
	j->in_force--;
	if (j->in_force == 0) {
		(void)!ftruncate(j->fd, 0); /* a stale line would only be undone twice */
		return;
	}
	route_journal_write_done(&s, id);
	(void)append(j, &s);
}
