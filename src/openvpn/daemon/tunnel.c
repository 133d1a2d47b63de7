/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/backend_choice.h"
#include "net/iface.h"
#include "net/route.h"

enum {
	OFFLOAD_ROUTE_METRIC = 200 /* spec 04 section 4.6 */
};

struct tunnel {
	struct netlink *nl;
	struct route_journal *journal;
	struct env *env;
	struct tunnel_hooks hooks;
	void *ctx;
	struct log log;

	struct dco_device *dev; /* NULL: closed */
	char name[IF_NAMESIZE]; /* stays after the end, for down */
	struct iface_addr addrs[2];
	size_t n_addrs;
	struct route_list *routes;
	bool route_noexec;
	bool routes_installed;
	bool watch_recursion; /* the data plane does not look for it itself */
	struct ip_addr peer;  /* of the socket; AF_UNSPEC: none or not known */
	bool route_error;
	bool down_pre;
	bool up_ran;
	bool dns_ran;
};

struct tunnel *tunnel_new(struct netlink *nl, struct route_journal *journal, struct env *env,
			  const struct tunnel_hooks *hooks, void *ctx, const struct log *log)
{
	struct tunnel *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nl = nl;
	t->journal = journal;
	t->env = env;
	t->hooks = *hooks;
	t->ctx = ctx;
	t->log = *log;
	return t;
}

void tunnel_free(struct tunnel *t)
{
	if (!t)
		return;
	tunnel_close(t);
	free(t);
}

static int add_addr(struct tunnel *t, int ifindex, const struct iface_addr *addr, struct err *err)
{
	int ret = iface_add_addr(t->nl, ifindex, addr, err);

	if (ret < 0 && ret != ERR_EXISTS)
		return ret;
	t->addrs[t->n_addrs++] = *addr;
	return 0;
}

static int configure_iface(struct tunnel *t, const struct iface_settings *s, struct err *err)
{
	int ifindex = dco_device_ifindex(t->dev), ret;
	struct iface_addr addr4 = {.local = s->local4, .peer = s->remote4, .bits = s->bits4};
	struct iface_addr addr6 = {.local = s->local6, .bits = s->bits6};

	t->n_addrs = 0;
	if (ifindex <= 0 || s->noexec)
		return 0;
	if (s->has_lladdr) {
		ret = iface_set_lladdr(t->nl, ifindex, s->lladdr, err);
		if (ret < 0)
			return ret;
	}
	ret = iface_set_mtu(t->nl, ifindex, s->mtu, err);
	if (ret == 0)
		ret = iface_set_up(t->nl, ifindex, true, err);
	if (ret == 0 && ip_addr_is_set(&s->local4))
		ret = add_addr(t, ifindex, &addr4, err);
	if (ret == 0 && ip_addr_is_set(&s->local6))
		ret = add_addr(t, ifindex, &addr6, err);
	return ret;
}

static int prepare_routes(struct tunnel *t, const struct tunnel_settings *s)
{
	struct route_list_config cfg = s->routes;
	int ret;

	cfg.tun_ifindex = dco_device_ifindex(t->dev);
	cfg.tun_has_ip4 = ip_addr_is_set(&s->iface.local4);
	cfg.tun_has_ip6 = ip_addr_is_set(&s->iface.local6);
	cfg.tap = s->device.type == DCO_TAP;
	/* Behind those to networks of clients, which are routes of the system then (metric 100). */
	if (cfg.metric < 0 && tunnel_is_offloaded(t))
		cfg.metric = OFFLOAD_ROUTE_METRIC;
	ret = route_list_new(&cfg, t->nl, t->journal, &t->log, &t->routes);
	if (ret == 0)
		route_list_set_env(t->routes, t->env);
	return ret;
}

static int run_up_hooks(struct tunnel *t, struct err *err)
{
	if (t->hooks.dns_up) {
		(void)t->hooks.dns_up(t->ctx); /* a failure only warns */
		t->dns_ran = true;
	}
	if (t->hooks.up) {
		t->up_ran = true;
		if (t->hooks.up(t->ctx, "init") < 0)
			return err_set(err, ERR_SCRIPT, "the --up script failed");
	}
	return 0;
}

/* Another data plane can always take its place as long as there is no key (spec 05 1.19). */
static int open_device(struct tunnel *t, const struct tunnel_settings *s, struct err *err)
{
	int ret;

	assume_control_thread();
	ret = dco_device_open(s->backend, &s->device, &t->log, &t->dev, err);
	if (ret >= 0 || !backend_is_kernel(s->backend))
		return ret;
	log_error(&t->log, "%s", err->text);
	log_info(
		&t->log, 1,
		"Note: the kernel cannot make the tunnel interface, continuing without data channel offload.");
	return dco_device_open(backend_fallback(), &s->device, &t->log, &t->dev, err);
}

int tunnel_open(struct tunnel *t, const struct tunnel_settings *s, struct err *err)
{
	assume_control_thread();
	int ret = open_device(t, s, err);

	if (ret < 0)
		return ret;
	str_copy(t->name, sizeof(t->name), dco_device_name(t->dev));
	t->route_noexec = s->route_noexec;
	t->down_pre = s->down_pre;
	t->route_error = false;
	t->routes_installed = false;
	t->watch_recursion = tunnel_is_offloaded(t) && !s->device.allow_recursive_routing;
	t->peer = s->routes.peer;
	if (t->hooks.opened)
		t->hooks.opened(t->ctx);
	/* A persistent device may still have the routes of a process that was killed. */
	if (dco_device_ifindex(t->dev) > 0)
		(void)route_flush_stale(t->nl, dco_device_ifindex(t->dev));
	ret = configure_iface(t, &s->iface, err);
	if (ret < 0)
		goto err_close;
	ret = prepare_routes(t, s);
	if (ret < 0)
		goto err_close;
	ret = run_up_hooks(t, err);
	if (ret < 0)
		goto err_close;
	if (!s->route_delayed)
		tunnel_install_routes(t);
	return 0;

err_close:
	t->up_ran = false; /* what did not come up is not taken down */
	tunnel_close(t);
	return ret;
}

/* The engine drops encrypted packets that come back into the tunnel; the kernel would loop. */
static void warn_of_recursion(struct tunnel *t)
{
	char addr[ADDR_TEXT_MAX];
	struct route rt;

	if (!t->watch_recursion || !ip_addr_is_set(&t->peer) ||
	    route_get(t->nl, &t->peer, &rt) < 0 || rt.ifindex != dco_device_ifindex(t->dev))
		return;
	log_warn(
		&t->log,
		"WARNING: Recursive routing: the system routes packets to the peer %s into the tunnel itself, nothing will arrive -- check --route and --redirect-gateway, or give a host route to the peer",
		ip_addr_format(&t->peer, addr, sizeof(addr)));
}

void tunnel_install_routes(struct tunnel *t)
{
	if (!t->dev || t->routes_installed)
		return;
	t->routes_installed = true;
	if (!t->route_noexec && route_list_install(t->routes, t->env) < 0)
		t->route_error = true;
	warn_of_recursion(t);
	if (t->hooks.route_up)
		(void)t->hooks.route_up(t->ctx); /* a failure only warns */
}

bool tunnel_gateway_usable(const struct tunnel *t, const struct ip_addr *gateway)
{
	struct route rt;

	return !t->routes_installed ||
	       (route_get(t->nl, gateway, &rt) == 0 && !ip_addr_is_set(&rt.gateway) &&
		rt.ifindex == dco_device_ifindex(t->dev));
}

int tunnel_renew_routes(struct tunnel *t, const struct tunnel_settings *s)
{
	int ret;

	/* First, as the default gateway is looked up anew. */
	route_list_free(t->routes);
	t->routes = NULL;
	ret = prepare_routes(t, s);
	if (ret < 0)
		t->routes_installed = false;
	else if (t->routes_installed && !t->route_noexec &&
		 route_list_install(t->routes, t->env) < 0)
		t->route_error = true;
	return ret;
}

bool tunnel_route_error(const struct tunnel *t)
{
	return t->route_error;
}

static int run_down(struct tunnel *t)
{
	bool ran = t->up_ran;

	t->up_ran = false;
	return ran && t->hooks.down ? t->hooks.down(t->ctx, "init") : 0;
}

static void remove_addresses(struct tunnel *t)
{
	int ifindex = dco_device_ifindex(t->dev);

	for (size_t i = 0; i < t->n_addrs; i++)
		(void)iface_del_addr(t->nl, ifindex, &t->addrs[i], NULL);
	t->n_addrs = 0;
}

int tunnel_close(struct tunnel *t)
{
	assume_control_thread();
	int ret = 0, down = 0;

	if (!t->dev)
		return 0;
	if (t->dns_ran && t->hooks.dns_down)
		(void)t->hooks.dns_down(t->ctx);
	t->dns_ran = false;
	if (t->routes_installed && !route_list_is_empty(t->routes) && t->hooks.route_pre_down)
		ret = t->hooks.route_pre_down(t->ctx);
	route_list_free(t->routes);
	t->routes = NULL;
	if (t->down_pre)
		down = run_down(t);
	log_info(&t->log, 2, "Closing %s interface",
		 tunnel_is_offloaded(t) ? "ovpn-dco" : "tun/tap");
	remove_addresses(t);
	dco_device_close(t->dev);
	t->dev = NULL;
	if (!t->down_pre)
		down = run_down(t);
	return ret < 0 || down < 0 ? ERR_SCRIPT : 0;
}

int tunnel_suspend(struct tunnel *t, bool down)
{
	if (!t->dev)
		return 0;
	if (t->dns_ran && t->hooks.dns_down)
		(void)t->hooks.dns_down(t->ctx);
	t->dns_ran = false;
	return down && t->hooks.down ? t->hooks.down(t->ctx, "restart") : 0;
}

int tunnel_resume(struct tunnel *t, bool up)
{
	if (!t->dev)
		return 0;
	if (t->hooks.dns_up) {
		(void)t->hooks.dns_up(t->ctx);
		t->dns_ran = true;
	}
	return up && t->hooks.up ? t->hooks.up(t->ctx, "restart") : 0;
}

bool tunnel_is_open(const struct tunnel *t)
{
	return t->dev != NULL;
}

struct dco_device *tunnel_device(const struct tunnel *t)
{
	return t->dev;
}

bool tunnel_is_offloaded(const struct tunnel *t)
{
	return t->dev && backend_is_kernel(dco_device_backend(t->dev));
}

const char *tunnel_name(const struct tunnel *t)
{
	return t->name;
}
