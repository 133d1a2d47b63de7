/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon over a driver of offload that does what a test says: packets are moved by the
 * userspace engine, but the daemon takes it for the kernel. Linked with -Wl,--wrap=dco_backends
 * into openvpn_fake_kernel; the directory $FAKE_KERNEL is how a case talks to it:
 *
 *   requests.log a line for each request, of the fake driver and of the engine after it
 *   fail.REQUEST "ERRNAME": the next such request fails and the file goes; with "always" after it
 *                the file stays
 *   lacks        words "NAME": features (config/features.h) that the driver does not have
 *   absent       there is no driver
 *   events       a FIFO: "gone PEER REASON", "float PEER ADDRESS PORT", "key-limit PEER",
 *                "data-v1 PEER"
 *   deaf         what comes to keys that are installed now is not understood
 *   uncounted    no packet that arrives is counted
 */
#define _GNU_SOURCE /* strerrorname_np() */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/features.h"
#include "daemon/app.h"
#include "dco_backends.h"
#include "net/netlink_linux.h"

const struct dco_backend *const *__wrap_dco_backends(size_t *count);

struct device {
	void *engine;
	const char *who; /* in the log */
	bool fake;	 /* else the engine itself, only watched */
	int fifo, epoll;
	char text[512]; /* events that were read and not yet delivered */
	size_t len;
};

/* ---- the directory ---- */

static const char *path_of(const char *name, char buf[256])
{
	snprintf(buf, 256, "%s/%s", getenv("FAKE_KERNEL"), name);
	return buf;
}

static bool exists(const char *name)
{
	char path[256];

	return access(path_of(name, path), F_OK) == 0;
}

static bool read_file(const char *name, char *buf, size_t cap)
{
	char path[256];
	FILE *f = fopen(path_of(name, path), "re");
	size_t n = f ? fread(buf, 1, cap - 1, f) : 0;

	buf[n] = '\0';
	if (f)
		fclose(f);
	return f;
}

static void note(const struct device *d, const char *fmt, ...) PRINTF_FMT(2, 3);
static void note(const struct device *d, const char *fmt, ...)
{
	char path[256];
	FILE *f = fopen(path_of("requests.log", path), "ae");
	va_list ap;

	if (!f)
		abort();
	fprintf(f, "%s: ", d->who);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static int errno_by_name(const char *name)
{
	for (int e = 1; e < 200; e++)
		if (strerrorname_np(e) && strcmp(strerrorname_np(e), name) == 0)
			return e;
	abort(); /* a mistake of the case */
}

/* Return: 0, or the errno that the case wants of this request. */
static int refused(const struct device *d, const char *request)
{
	char name[64], text[64], path[256], word[32], often[32] = "";

	snprintf(name, sizeof(name), "fail.%s", request);
	if (!d->fake || !read_file(name, text, sizeof(text)))
		return 0;
	if (sscanf(text, "%31s %31s", word, often) < 1)
		abort();
	if (strcmp(often, "always") != 0)
		unlink(path_of(name, path));
	note(d, "%s refused with %s", request, word);
	return errno_by_name(word);
}

static int fail(struct err *err, int errnum, const char *what)
{
	return err_set(err, netlink_errno_code(errnum), "%s: %s (errno=%d)", what, strerror(errnum),
		       errnum);
}

/* ---- the device ---- */

static int open_common(const struct dco_device_config *cfg, const struct log *log, bool fake,
		       void **ctx, struct err *err)
{
	struct device *d = calloc(1, sizeof(*d));
	struct epoll_event watch = {.events = EPOLLIN};
	char path[256];
	int ret;

	if (!d)
		abort();
	d->fake = fake;
	d->who = fake ? "kernel" : "engine";
	ret = refused(d, "device_open");
	ret = ret ? fail(err, ret, "cannot make the interface")
		  : dco_engine.ops->device_open(cfg, log, &d->engine, err);
	if (ret < 0) {
		free(d);
		return ret;
	}
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(d->epoll, EPOLL_CTL_ADD, dco_engine.ops->event_fd(d->engine), &watch);
	d->fifo = fake ? open(path_of("events", path), O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
	if (d->fifo >= 0)
		epoll_ctl(d->epoll, EPOLL_CTL_ADD, d->fifo, &watch);
	note(d, "device_open %s", dco_engine.ops->device_name(d->engine));
	*ctx = d;
	return 0;
}

static int fake_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
		     struct err *err)
{
	return open_common(cfg, log, true, ctx, err);
}

static int engine_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
		       struct err *err)
{
	return open_common(cfg, log, false, ctx, err);
}

static void device_close(void *ctx)
{
	struct device *d = ctx;

	note(d, "device_close");
	dco_engine.ops->device_close(d->engine);
	close(d->epoll);
	if (d->fifo >= 0)
		close(d->fifo);
	free(d);
}

static const char *device_name(void *ctx)
{
	struct device *d = ctx;

	return dco_engine.ops->device_name(d->engine);
}

static int device_ifindex(void *ctx)
{
	struct device *d = ctx;

	return dco_engine.ops->device_ifindex(d->engine);
}

/* ---- transports ---- */

static int transport_attach(void *ctx, int fd, enum dco_transport_proto proto, bool hold_data,
			    struct err *err)
{
	struct device *d = ctx;

	return dco_engine.ops->transport_attach(d->engine, fd, proto, hold_data, err);
}

static int transport_detach(void *ctx, int transport)
{
	struct device *d = ctx;

	return dco_engine.ops->transport_detach(d->engine, transport);
}

static int control_send(void *ctx, int transport, const union sock_addr *to,
			const struct local_addr *from, const uint8_t *packet, size_t len)
{
	struct device *d = ctx;

	return dco_engine.ops->control_send(d->engine, transport, to, from, packet, len);
}

/* ---- peers ---- */

static uint64_t fake_features(struct err *why);

static int peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err)
{
	struct device *d = ctx;
	char text[ADDR_TEXT_MAX];
	int e = refused(d, "peer_add");

	if (e)
		return fail(err, e, "dco_new_peer");
	if (d->fake && cfg->tx_peer_id != cfg->peer_id &&
	    !(fake_features(NULL) & FEAT_ASYM_PEER_ID))
		return err_set(err, ERR_UNSUPPORTED, "cannot send with another peer id");
	note(d, "peer_add %u tx %u remote %s", cfg->peer_id, cfg->tx_peer_id,
	     sock_addr_format(&cfg->remote, text, sizeof(text)));
	return dco_engine.ops->peer_add(d->engine, cfg, err);
}

static int peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params)
{
	struct device *d = ctx;
	int e = refused(d, "peer_set");

	note(d, "peer_set %u %u/%u", peer_id, params->ping_interval_sec, params->ping_timeout_sec);
	return e ? netlink_errno_code(e) : dco_engine.ops->peer_set(d->engine, peer_id, params);
}

static int peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			   const struct local_addr *local)
{
	struct device *d = ctx;
	char text[ADDR_TEXT_MAX];
	int e = refused(d, "peer_set_remote");

	note(d, "peer_set_remote %u %s", peer_id, sock_addr_format(remote, text, sizeof(text)));
	if (e)
		return e == EOPNOTSUPP ? ERR_UNSUPPORTED : netlink_errno_code(e);
	return dco_engine.ops->peer_set_remote(d->engine, peer_id, remote, local);
}

static int peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			   const struct ip_addr *ip6)
{
	struct device *d = ctx;
	int e = refused(d, "peer_set_vpn_ip");

	return e ? netlink_errno_code(e)
		 : dco_engine.ops->peer_set_vpn_ip(d->engine, peer_id, ip4, ip6);
}

static int peer_note_rx(void *ctx, uint32_t peer_id)
{
	struct device *d = ctx;

	return d->fake ? 0 : dco_engine.ops->peer_note_rx(d->engine, peer_id);
}

static int peer_send_exit(void *ctx, uint32_t peer_id)
{
	struct device *d = ctx;

	return d->fake ? ERR_UNSUPPORTED : dco_engine.ops->peer_send_exit(d->engine, peer_id);
}

static void peer_del(void *ctx, uint32_t peer_id)
{
	struct device *d = ctx;

	note(d, "peer_del %u", peer_id);
	dco_engine.ops->peer_del(d->engine, peer_id);
}

static int iroute_add(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	struct device *d = ctx;
	int e = refused(d, "route_add");

	return e ? netlink_errno_code(e) : dco_engine.ops->route_add(d->engine, peer_id, net);
}

static void iroute_del(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	struct device *d = ctx;

	dco_engine.ops->route_del(d->engine, peer_id, net);
}

/* ---- keys ---- */

/* A key that is installed twice starts again with the same packet ids: the log shows it. */
static unsigned int fingerprint(const struct dco_key *key)
{
	unsigned int h = 2166136261u;

	for (size_t i = 0; i < 16; i++)
		h = (h ^ key->seal.cipher[i]) * 16777619u;
	return h;
}

static int key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
		       const struct dco_key *key, struct err *err)
{
	struct device *d = ctx;
	int e = refused(d, slot == DCO_SLOT_PRIMARY ? "key_install" : "key_install_later");
	struct dco_key wrong;

	if (e)
		return fail(err, e, "Impossible to install key material in DCO: dco_new_key");
	if (d->fake && key->format != DCO_FORMAT_V2)
		return err_set(err, ERR_UNSUPPORTED, "no such packet format");
	note(d, "key_install %u slot %d id %u key %08x", peer_id, (int)slot, key->key_id,
	     fingerprint(key));
	if (!d->fake || !exists("deaf"))
		return dco_engine.ops->key_install(d->engine, peer_id, slot, key, err);
	wrong = *key;
	wrong.open.cipher[0] ^= 1;
	return dco_engine.ops->key_install(d->engine, peer_id, slot, &wrong, err);
}

static int key_swap(void *ctx, uint32_t peer_id)
{
	struct device *d = ctx;
	int e = refused(d, "key_swap");

	note(d, "key_swap %u", peer_id);
	return e ? netlink_errno_code(e) : dco_engine.ops->key_swap(d->engine, peer_id);
}

static int key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot)
{
	struct device *d = ctx;
	int e = refused(d, "key_delete");

	note(d, "key_delete %u slot %d", peer_id, (int)slot);
	return e ? netlink_errno_code(e) : dco_engine.ops->key_delete(d->engine, peer_id, slot);
}

/* ---- counters ---- */

static int peer_stats(void *ctx, uint32_t peer_id, struct dco_peer_stats *out)
{
	struct device *d = ctx;
	int e = refused(d, "peer_stats");
	int ret = e ? netlink_errno_code(e) : dco_engine.ops->peer_stats(d->engine, peer_id, out);

	if (d->fake && exists("uncounted"))
		out->link_rx_packets = 0;
	return ret;
}

static int device_stats(void *ctx, struct dco_peer_stats *out)
{
	struct device *d = ctx;
	int e = refused(d, "device_stats");

	return e ? netlink_errno_code(e) : dco_engine.ops->device_stats(d->engine, out);
}

static uint32_t broadcasts_longest(void *ctx)
{
	struct device *d = ctx;

	return dco_engine.ops->broadcasts_longest(d->engine);
}

/* ---- events ---- */

static int event_fd(void *ctx)
{
	struct device *d = ctx;

	return d->epoll;
}

static bool remote_from(const char *address, unsigned int port, union sock_addr *out)
{
	*out = (union sock_addr){.in4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};
	if (inet_pton(AF_INET, address, &out->in4.sin_addr) == 1)
		return true;
	*out = (union sock_addr){
		.in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)}};
	return inet_pton(AF_INET6, address, &out->in6.sin6_addr) == 1;
}

static bool told(struct device *d, const char *line, struct dco_event *ev)
{
	static const char *const reasons[] = {
		[DCO_GONE_EXPIRED] = "expired",
		[DCO_GONE_TRANSPORT_ERROR] = "transport-error",
		[DCO_GONE_TRANSPORT_DISCONNECT] = "transport-disconnect",
		[DCO_GONE_TEARDOWN] = "teardown",
		[DCO_GONE_USER] = "userspace",
	};
	char word[32], arg[64] = "";
	unsigned int port = 0;

	*ev = (struct dco_event){0};
	if (sscanf(line, "%31s %u %63s %u", word, &ev->peer_id, arg, &port) < 2)
		abort();
	note(d, "event %s", line);
	if (strcmp(word, "gone") == 0) {
		ev->type = DCO_EVENT_PEER_GONE;
		while (strcmp(reasons[ev->reason], arg) != 0)
			ev->reason++;
		dco_engine.ops->peer_del(d->engine, ev->peer_id);
		return true;
	}
	if (strcmp(word, "float") == 0) {
		ev->type = DCO_EVENT_PEER_FLOATED;
		return remote_from(arg, port, &ev->remote);
	}
	ev->type = strcmp(word, "data-v1") == 0 ? DCO_EVENT_DATA_V1 : DCO_EVENT_KEY_LIMIT;
	if (ev->type == DCO_EVENT_KEY_LIMIT && strcmp(word, "key-limit") != 0)
		abort();
	return true;
}

static bool next_told(struct device *d, struct dco_event *ev)
{
	char *end;
	ssize_t n = d->fifo < 0 ? 0 : read(d->fifo, d->text + d->len, sizeof(d->text) - 1 - d->len);
	char line[sizeof(d->text)];

	d->len += n > 0 ? (size_t)n : 0;
	end = memchr(d->text, '\n', d->len);
	if (!end)
		return false;
	*end++ = '\0';
	strcpy(line, d->text);
	d->len -= (size_t)(end - d->text);
	memmove(d->text, end, d->len);
	return told(d, line, ev);
}

/* What a kernel has no word for is left out. */
static bool next_event(void *ctx, struct dco_event *ev)
{
	struct device *d = ctx;

	if (d->fake && next_told(d, ev))
		return true;
	while (dco_engine.ops->next_event(d->engine, ev))
		if (!d->fake ||
		    (ev->type != DCO_EVENT_OUT_OF_SYNC && ev->type != DCO_EVENT_FLOAT_COLLISION &&
		     ev->type != DCO_EVENT_PATH_MTU && ev->type != DCO_EVENT_REMOTE_EXIT))
			return true;
	return false;
}

/* ---- backends ---- */

static uint64_t fake_features(struct err *why)
{
	uint64_t features = dco_linux_mainline.offers;
	char text[512] = "", *rest = text;

	if (exists("absent")) {
		(void)err_set(
			why, ERR_NOT_FOUND,
			"Note: Kernel support for ovpn-dco missing, disabling data channel offload.");
		return 0;
	}
	read_file("lacks", text, sizeof(text));
	for (char *word; (word = strtok_r(rest, " \n", &rest));)
		for (int i = 0; i < FEAT_ORDINAL_COUNT; i++)
			if (strcmp(feature_name(UINT64_C(1) << i), word) == 0)
				features &= ~(UINT64_C(1) << i);
	return features;
}

static uint64_t engine_features(struct err *why)
{
	return dco_engine.features(why);
}

static const char *version(char *buf, size_t cap)
{
	snprintf(buf, cap, "fake");
	return buf;
}

#define OPS                                                                                       \
	.device_close = device_close, .device_name = device_name,                                 \
	.device_ifindex = device_ifindex, .transport_attach = transport_attach,                   \
	.transport_detach = transport_detach, .control_send = control_send, .peer_add = peer_add, \
	.peer_set = peer_set, .peer_set_remote = peer_set_remote,                                 \
	.peer_set_vpn_ip = peer_set_vpn_ip, .peer_note_rx = peer_note_rx,                         \
	.peer_send_exit = peer_send_exit, .peer_del = peer_del, .route_add = iroute_add,          \
	.route_del = iroute_del, .key_install = key_install, .key_swap = key_swap,                \
	.key_delete = key_delete, .peer_stats = peer_stats, .device_stats = device_stats,         \
	.broadcasts_longest = broadcasts_longest, .event_fd = event_fd, .next_event = next_event

static const struct dco_ops fake_ops = {.device_open = fake_open, OPS};
static const struct dco_ops watched_ops = {.device_open = engine_open, OPS};

static const struct dco_backend fake_driver = {
	.name = "ovpn",
	.text = "kernel driver ovpn",
	.features = fake_features,
	.version = version,
	.ops = &fake_ops,
};

static const struct dco_backend watched_engine = {
	.name = "engine",
	.text = "userspace engine on a tun device",
	.features = engine_features,
	.version = version,
	.ops = &watched_ops,
};

const struct dco_backend *const *__wrap_dco_backends(size_t *count)
{
	static const struct dco_backend *const all[] = {&fake_driver, &watched_engine};

	*count = 2;
	return all;
}

int main(int argc, char **argv)
{
	if (!getenv("FAKE_KERNEL")) {
		fprintf(stderr, "FAKE_KERNEL is not set\n");
		return 2;
	}
	return app_run(argc, argv);
}
