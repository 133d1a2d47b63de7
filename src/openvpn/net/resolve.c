/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h" /* EAI_NODATA, EAI_ADDRFAMILY */

#include "net/resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
	HOST_MAX = 256,
	PORT_MAX = 64
};

/* One lookup. Literals are answered at once and delivered by the timer, names by the pool. */
struct resolve_request {
	uv_getaddrinfo_t lookup;
	uv_timer_t timer;
	char host[HOST_MAX];
	char port[PORT_MAX];
	struct resolve_query query; /* points into this object */
	resolve_done_fn done;	    /* NULL once cancelled */
	void *ctx;
	struct resolve_result result;
};

static bool is_wildcard(const struct resolve_query *q)
{
	return !q->host || (q->passive && strcmp(q->host, "*") == 0);
}

bool resolve_is_literal(const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *list = NULL;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
}

static bool needs_lookup(const struct resolve_query *q)
{
	return !is_wildcard(q) && !resolve_is_literal(q->host);
}

static struct addrinfo hints_of(const struct resolve_query *q)
{
	struct addrinfo hints = {
		.ai_family = q->family,
		.ai_socktype = q->stream ? SOCK_STREAM : SOCK_DGRAM,
		.ai_flags = q->passive ? AI_PASSIVE : 0,
	};

	if (!needs_lookup(q))
		hints.ai_flags |= AI_NUMERICHOST;
	return hints;
}

static void add_addr(struct resolve_result *r, const struct addrinfo *ai)
{
	union sock_addr a = {0};

	if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) || ai->ai_addrlen > sizeof(a) ||
	    r->n_addrs == RESOLVE_MAX)
		return;
	memcpy(&a, ai->ai_addr, ai->ai_addrlen);
	for (size_t i = 0; i < r->n_addrs; i++)
		if (sock_addr_equal(&r->addrs[i], &a))
			return;
	r->addrs[r->n_addrs++] = a;
}

static void set_failed(struct resolve_result *r, const struct resolve_query *q, int gai_code)
{
	const char *family = q->family == AF_INET    ? "[AF_INET]"
			     : q->family == AF_INET6 ? "[AF_INET6]"
						     : "";

	r->code = ERR_RESOLVE;
	r->gai_code = gai_code;
	err_set(&r->err, ERR_RESOLVE, "RESOLVE: Cannot resolve host address: %s:%s%s (%s)",
		q->host ? q->host : "", q->port ? q->port : "", family, gai_strerror(gai_code));
}

static void set_result(struct resolve_result *r, const struct resolve_query *q, int gai_code,
		       const struct addrinfo *list)
{
	*r = (struct resolve_result){0};
	for (const struct addrinfo *ai = list; gai_code == 0 && ai; ai = ai->ai_next)
		add_addr(r, ai);
	if (gai_code == 0 && r->n_addrs == 0)
		gai_code = EAI_NONAME;
	if (gai_code != 0)
		set_failed(r, q, gai_code);
}

int resolve_wait(const struct resolve_query *query, struct resolve_result *result)
{
	struct addrinfo hints = hints_of(query), *list = NULL;
	/* getaddrinfo() wants at least one of both. */
	const char *port = query->port ? query->port : "0";
	int ret = getaddrinfo(is_wildcard(query) ? NULL : query->host, port, &hints, &list);

	set_result(result, query, ret, list);
	if (ret == 0)
		freeaddrinfo(list);
	return result->code;
}

int resolve_first(const struct resolve_query *query, union sock_addr *out, struct err *err)
{
	struct resolve_result *result = calloc(1, sizeof(*result));
	int ret;

	if (!result)
		return err_set(err, ERR_NOMEM, "out of memory");
	ret = resolve_wait(query, result);
	if (ret < 0)
		err_set(err, ret, "%s", result->err.text);
	else
		*out = result->addrs[0];
	free(result);
	return ret;
}

static void deliver(struct resolve_request *req)
{
	if (req->done)
		req->done(req->ctx, &req->result);
	free(req);
}

static void on_timer_closed(uv_handle_t *h)
{
	deliver(h->data);
}

static void on_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, on_timer_closed);
}

/* libuv reports its own numbers; the text must be the resolver's. */
static int gai_code_of(int uv_code)
{
	static const struct {
		int uv, gai;
	} map[] = {
		{UV_EAI_AGAIN, EAI_AGAIN},	 {UV_EAI_BADFLAGS, EAI_BADFLAGS},
		{UV_EAI_FAIL, EAI_FAIL},	 {UV_EAI_FAMILY, EAI_FAMILY},
		{UV_EAI_MEMORY, EAI_MEMORY},	 {UV_EAI_NODATA, EAI_NODATA},
		{UV_EAI_NONAME, EAI_NONAME},	 {UV_EAI_SERVICE, EAI_SERVICE},
		{UV_EAI_SOCKTYPE, EAI_SOCKTYPE}, {UV_EAI_ADDRFAMILY, EAI_ADDRFAMILY},
	};

	if (uv_code == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].uv == uv_code)
			return map[i].gai;
	return EAI_SYSTEM;
}

static void on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
	struct resolve_request *req = lookup->data;

	set_result(&req->result, &req->query, gai_code_of(status), list);
	uv_freeaddrinfo(list);
	deliver(req);
}

static struct resolve_request *request_new(const struct resolve_query *query, resolve_done_fn done,
					   void *ctx)
{
	struct resolve_request *req;

	if (query->host && strlen(query->host) >= HOST_MAX)
		return NULL;
	if (query->port && strlen(query->port) >= PORT_MAX)
		return NULL;
	req = calloc(1, sizeof(*req));
	if (!req)
		return NULL;
	req->query = *query;
	str_copy(req->host, sizeof(req->host), query->host ? query->host : "");
	str_copy(req->port, sizeof(req->port), query->port ? query->port : "0");
	req->query.host = query->host ? req->host : NULL;
	req->query.port = req->port;
	req->done = done;
	req->ctx = ctx;
	return req;
}

int resolve_start(uv_loop_t *loop, const struct resolve_query *query, resolve_done_fn done,
		  void *ctx, struct resolve_request **out)
{
	struct resolve_request *req = request_new(query, done, ctx);
	struct addrinfo hints;
	int ret;

	*out = NULL;
	if (!req)
		return ERR_INVALID;
	if (!needs_lookup(&req->query)) {
		ret = resolve_wait(&req->query, &req->result);
		(void)ret; /* told through the result, also when it failed */
		ret = uv_timer_init(loop, &req->timer);
		req->timer.data = req;
		if (ret == 0)
			ret = uv_timer_start(&req->timer, on_timer, 0, 0);
	} else {
		hints = hints_of(&req->query);
		req->lookup.data = req;
		ret = uv_getaddrinfo(loop, &req->lookup, on_lookup, req->query.host,
				     req->query.port, &hints);
	}
	if (ret < 0) {
		free(req);
		return ret == UV_ENOMEM ? ERR_NOMEM : ERR_INVALID;
	}
	*out = req;
	return 0;
}

void resolve_cancel(struct resolve_request *req)
{
	if (!req)
		return;
	req->done = NULL;
	/* Still waiting in the queue: ends now. Running: ends unseen. A timer fires and frees. */
	if (req->lookup.data)
		uv_cancel((uv_req_t *)&req->lookup);
}
