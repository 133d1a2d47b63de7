/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/port_share.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/str.h"
#include "net/socket.h"

enum {
	BUFFER_LEN = 16 * 1024,
	EVENTS_MAX = 64,
	RESET_V2 = 7 << 3,  /* first byte of a record: the opcode of a client's first packet, */
	RESET_V3 = 10 << 3, /* key id 0 */
	RESET_V2_MIN = 14,  /* lengths of such records */
	RESET_V2_MAX = 255,
	RESET_V3_MIN = 14 + 322, /* with the shortest wrapped key */
	RESET_V3_END = 1279,
};

enum {
	CLIENT,
	SERVER,
	SIDES
};

struct pair;

/* One of the two connections, and what came from it and is not sent on yet. */
struct half {
	struct pair *pair;
	int fd;
	uint32_t watched; /* events of epoll */
	uint8_t *buf;
	size_t at, end;
	bool off;  /* broken or closed both ways: epoll would tell so for ever */
	bool eof;  /* nothing more comes from it */
	bool shut; /* the other side was told so */
};

struct pair {
	struct pair *next;
	struct pair **prev;
	struct half half[SIDES];
	bool connecting;
	bool dead; /* in the list of those to free */
	struct pair *dead_next;
	union sock_addr client;
	char *file; /* in the directory, NULL for none */
};

/* Connections handed over which the thread has not seen yet. */
struct arrival {
	struct arrival *next;
	int fd;
	union sock_addr client;
};

struct port_share {
	struct log log;
	union sock_addr server;
	int dir_fd; /* -1: none */
	int epoll_fd, wake_fd;
	pthread_t thread;

	pthread_mutex_t lock; /* the arrivals and stopping */
	struct arrival *arrivals, **arrivals_end;
	size_t waiting;
	bool stopping;

	struct pair *pairs; /* of the thread, as all below */
	struct pair *dead;
	size_t count;
	bool file_warned;
};

bool port_share_is_vpn(const uint8_t *bytes, size_t len)
{
	size_t record;

	if (len < 2)
		return true;
	record = load_be16(bytes);
	if (len == 2 || bytes[2] == RESET_V2)
		return record >= RESET_V2_MIN && record <= RESET_V2_MAX;
	return bytes[2] == RESET_V3 && record >= RESET_V3_MIN && record < RESET_V3_END;
}

/* ---- one connection ---- */

/* Name: whence the other server sees the connection; text: who it is. */
static void write_file(struct port_share *s, struct pair *p)
{
	char name[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX];
	union sock_addr local;
	size_t len;
	int fd;

	if (s->dir_fd < 0)
		return;
	socket_local_addr(p->half[SERVER].fd, &local);
	sock_addr_format(&local, name, sizeof(name));
	sock_addr_format(&p->client, text, sizeof(text));
	len = strlen(text);
	fd = openat(s->dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
		p->file = strdup(name);
	else if (!s->file_warned)
		log_warn(&s->log,
			 "PORT SHARE: cannot write %s into the directory of --port-share: %s", name,
			 strerror(errno));
	s->file_warned = s->file_warned || !p->file;
	if (fd >= 0)
		close(fd);
}

static void pair_free(struct port_share *s, struct pair *p)
{
	for (int i = 0; i < SIDES; i++) {
		if (p->half[i].fd >= 0)
			close(p->half[i].fd);
		free(p->half[i].buf);
	}
	if (p->file && unlinkat(s->dir_fd, p->file, 0) < 0 && errno != ENOENT)
		log_warn(&s->log, "PORT SHARE: cannot remove %s: %s", p->file, strerror(errno));
	free(p->file);
	free(p);
}

/* Its events may be in the batch at hand, so the memory goes at its end. */
static void pair_end(struct port_share *s, struct pair *p)
{
	if (p->dead)
		return;
	p->dead = true;
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->dead_next = s->dead;
	s->dead = p;
	s->count--;
}

static void free_dead(struct port_share *s)
{
	while (s->dead) {
		struct pair *p = s->dead;

		s->dead = p->dead_next;
		pair_free(s, p);
	}
}

static bool half_watch(struct port_share *s, struct half *h, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = h};

	if (h->off || events == h->watched)
		return true;
	h->watched = events;
	return epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, h->fd, &ev) == 0;
}

static void half_unwatch(struct port_share *s, struct half *h)
{
	struct epoll_event ev = {0};

	if (!h->off)
		(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, h->fd, &ev);
	h->off = true;
}

/* Read from where there is room, write to where something waits. */
static void pair_watch(struct port_share *s, struct pair *p)
{
	for (int i = 0; i < SIDES; i++) {
		struct half *h = &p->half[i];
		const struct half *other = &p->half[!i];
		bool reads = !h->eof && h->at == h->end && !p->connecting;
		bool writes = other->end > other->at || (i == SERVER && p->connecting);

		if (!half_watch(s, h,
				(reads ? (uint32_t)EPOLLIN : 0u) |
					(writes ? (uint32_t)EPOLLOUT : 0u))) {
			pair_end(s, p);
			return;
		}
	}
}

/* Return: false when the connection is broken. */
static bool half_read(struct half *h)
{
	ssize_t n;

	if (h->eof || h->at < h->end)
		return true;
	n = recv(h->fd, h->buf, BUFFER_LEN, MSG_DONTWAIT);
	if (n < 0)
		return !h->off && (errno == EAGAIN || errno == EINTR);
	h->eof = n == 0;
	h->at = 0;
	h->end = (size_t)n;
	return true;
}

/* Send on what came from @h. Return: false when the connection is broken. */
static bool half_pass(struct half *h, struct half *to)
{
	while (h->at < h->end) {
		ssize_t n =
			send(to->fd, h->buf + h->at, h->end - h->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		h->at += (size_t)n;
	}
	if (h->eof && !h->shut) {
		h->shut = true;
		(void)shutdown(to->fd, SHUT_WR); /* a reset is seen at the next read */
	}
	return true;
}

static bool half_move(struct half *h, struct half *to)
{
	do {
		if (!half_read(h) || !half_pass(h, to))
			return false;
	} while (h->off && !h->eof && h->at == h->end);
	return true;
}

static bool half_is_over(const struct half *h)
{
	return h->off && h->eof && h->at == h->end;
}

/* Return: false when nothing is left to do for it. */
static bool pair_move(struct pair *p)
{
	struct half *c = &p->half[CLIENT], *s = &p->half[SERVER];

	return half_move(c, s) && half_move(s, c) && !(c->shut && s->shut) && !half_is_over(c) &&
	       !half_is_over(s);
}

static bool pair_connected(struct port_share *s, struct pair *p)
{
	struct err err = {0};
	int ret = socket_tcp_connected(p->half[SERVER].fd, &s->server, &(struct log){0}, &err);

	if (ret == ERR_AGAIN)
		return true;
	if (ret < 0) {
		log_warn(&s->log, "PORT SHARE: %s", err.text);
		return false;
	}
	p->connecting = false;
	write_file(s, p);
	return true;
}

static void pair_event(struct port_share *s, struct half *h, uint32_t events)
{
	struct pair *p = h->pair;
	bool good = true;

	if (p->dead)
		return;
	if (p->connecting && h == &p->half[CLIENT])
		good = !(events & (EPOLLERR | EPOLLHUP)); /* the client did not wait */
	else if (p->connecting)
		good = pair_connected(s, p);
	if (good && !p->connecting && events & (EPOLLERR | EPOLLHUP))
		half_unwatch(s, h);
	if (good && !p->connecting)
		good = pair_move(p);
	if (good)
		pair_watch(s, p);
	else
		pair_end(s, p);
}

/* ---- arrivals ---- */

static int pair_open(struct port_share *s, struct pair *p)
{
	struct socket_config cfg = {.family = s->server.sa.sa_family};
	struct err err = {0};
	int ret = socket_tcp_connect(&cfg, &s->server, &(struct log){0}, &p->half[SERVER].fd, &err);

	if (ret < 0) {
		log_warn(&s->log, "PORT SHARE: %s", err.text);
		return ret;
	}
	for (int i = 0; i < SIDES; i++) {
		struct half *h = &p->half[i];
		struct epoll_event ev = {.data.ptr = h};
		int on = 1;

		/* Who vanished without a word is found in the end. */
		(void)setsockopt(h->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		h->buf = malloc(BUFFER_LEN);
		if (!h->buf)
			return ERR_NOMEM;
		if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, h->fd, &ev) < 0)
			return ERR_SYSTEM;
	}
	return 0;
}

static void arrive(struct port_share *s, int fd, const union sock_addr *client)
{
	struct pair *p = s->count < PORT_SHARE_CONNECTIONS_MAX ? calloc(1, sizeof(*p)) : NULL;

	if (!p) {
		log_info(&s->log, 3, "PORT SHARE: too many connections (%d), one more is closed",
			 PORT_SHARE_CONNECTIONS_MAX);
		close(fd);
		return;
	}
	for (int i = 0; i < SIDES; i++)
		p->half[i] = (struct half){.pair = p, .fd = -1};
	p->half[CLIENT].fd = fd;
	p->client = *client;
	p->connecting = true;
	if (pair_open(s, p) < 0) {
		pair_free(s, p);
		return;
	}
	p->next = s->pairs;
	p->prev = &s->pairs;
	if (p->next)
		p->next->prev = &p->next;
	s->pairs = p;
	s->count++;
	pair_watch(s, p);
}

/* Return: false when the thread shall end. */
static bool take_arrivals(struct port_share *s)
{
	struct arrival *list;
	uint64_t count;
	bool go_on;

	(void)!read(s->wake_fd, &count, sizeof(count));
	pthread_mutex_lock(&s->lock);
	list = s->arrivals;
	s->arrivals = NULL;
	s->arrivals_end = &s->arrivals;
	s->waiting = 0;
	go_on = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	while (list) {
		struct arrival *a = list;

		list = a->next;
		if (go_on)
			arrive(s, a->fd, &a->client);
		else
			close(a->fd);
		free(a);
	}
	return go_on;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct port_share *s = arg;
	struct epoll_event events[EVENTS_MAX];
	bool go_on = true;

	while (go_on) {
		int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				pair_event(s, events[i].data.ptr, events[i].events);
			else
				go_on = take_arrivals(s) && go_on;
		}
		free_dead(s);
	}
	while (s->pairs)
		pair_end(s, s->pairs);
	free_dead(s);
	return NULL;
}

static void wake(struct port_share *s)
{
	uint64_t one = 1;

	(void)!write(s->wake_fd, &one, sizeof(one));
}

static int start(struct port_share *s, struct err *err)
{
	struct epoll_event ev = {.events = EPOLLIN};
	sigset_t all, old;
	int ret;

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->epoll_fd < 0 || s->wake_fd < 0 ||
	    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &ev) < 0)
		return err_set_errno(err, errno, "--port-share: cannot make an event loop");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret ? err_set_errno(err, ret, "--port-share: cannot start a thread") : 0;
}

static void close_all(struct port_share *s)
{
	const int fds[] = {s->dir_fd, s->epoll_fd, s->wake_fd};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int port_share_new(const struct port_share_config *cfg, const struct log *log,
		   struct port_share **out, struct err *err)
{
	struct port_share *s = calloc(1, sizeof(*s));
	int ret = 0;

	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->log = *log;
	s->server = cfg->server;
	s->dir_fd = s->epoll_fd = s->wake_fd = -1;
	s->arrivals_end = &s->arrivals;
	pthread_mutex_init(&s->lock, NULL);
	if (cfg->dir) {
		s->dir_fd = open(cfg->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->dir_fd < 0)
			ret = err_set_errno(err, errno, "--port-share: directory %s", cfg->dir);
	}
	if (ret == 0)
		ret = start(s, err);
	if (ret < 0) {
		close_all(s);
		return ret;
	}
	*out = s;
	return 0;
}

void port_share_take(struct port_share *s, int fd, const union sock_addr *client)
{
	struct arrival *a = calloc(1, sizeof(*a));
	bool taken = false;

	if (a) {
		*a = (struct arrival){.fd = fd, .client = *client};
		pthread_mutex_lock(&s->lock);
		taken = s->waiting < PORT_SHARE_CONNECTIONS_MAX;
		if (taken) {
			s->waiting++;
			*s->arrivals_end = a;
			s->arrivals_end = &a->next;
		}
		pthread_mutex_unlock(&s->lock);
	}
	if (taken) {
		wake(s);
		return;
	}
	free(a);
	close(fd);
}

void port_share_free(struct port_share *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	wake(s);
	pthread_join(s->thread, NULL);
	close_all(s);
}
