/* SPDX-License-Identifier: GPL-2.0-only */
/* The drivers of the Linux kernel as backends: what each can do on this machine. Spec 05
 * sections 1.4, 1.18. */
#include "dco_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <netlink/msg.h>

#include "config/features.h"
#include "dco_backends.h"

enum {
	PROBE_IFINDEX = 0x7fffffff, /* no such interface */
};

#define OFFERED_BY_BOTH                                                                          \
	(FEAT_CIPHERS_AEAD | FEAT_DATA_V2 | FEAT_UDP4 | FEAT_UDP6 | FEAT_TCP | FEAT_MULTI_PEER | \
	 FEAT_INACTIVE_BYTES | FEAT_PER_PEER_STATS | FEAT_FLOAT)
#define OFFERED_BY_MAINLINE \
	(OFFERED_BY_BOTH | FEAT_SET_PEER | FEAT_EXACT_COUNTERS | FEAT_INNER_CHECK)

/* Spec 05 problem 24: commands are refused to root of an unprivileged container. */
static int probe_permission(struct netlink *nl, const struct kernel_dialect *dialect,
			    const struct kernel_family *f, struct err *why)
{
	struct nl_msg *msg = kernel_request(f, dialect->cmd_peer_get, 0, PROBE_IFINDEX);

	msg = kernel_fitting(msg, msg ? dialect->put_peer_id(msg, 0, dialect->cmd_peer_get) : -1);
	switch (netlink_exchange(nl, msg, NULL, NULL)) {
	case EPERM:
	case EACCES:
		return netlink_fail(
			nl, why,
			"Note: no permission to use the %s kernel module (CAP_NET_ADMIN in the initial user namespace is needed), disabling data channel offload",
			dialect->family);
	default:
		return 0;
	}
}

static int probe(const struct kernel_dialect *dialect, struct kernel_family *f, struct err *why)
{
	struct log quiet = log_init(NULL, "");
	struct netlink *nl = NULL;
	int ret = netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, why);

	if (ret == 0)
		ret = kernel_family_find(nl, dialect, f, why);
	if (ret == 0)
		ret = probe_permission(nl, dialect, f, why);
	netlink_close(nl);
	return ret;
}

static uint64_t mainline_features(struct err *why)
{
	struct kernel_family f, legacy;
	int ret = probe(&kernel_mainline, &f, why);

	if (ret == 0)
		return OFFERED_BY_MAINLINE | (f.tx_id ? FEAT_ASYM_PEER_ID : 0);
	if (ret == ERR_NOT_FOUND && probe(&kernel_legacy, &legacy, NULL) == 0)
		(void)err_set(why, ret, "Note: using legacy ovpn-dco-v2 kernel module");
	else if (ret == ERR_NOT_FOUND)
		(void)err_set(
			why, ret,
			"Note: Kernel support for ovpn-dco missing, disabling data channel offload.");
	return 0;
}

static uint64_t legacy_features(struct err *why)
{
	struct kernel_family f;
	int ret = probe(&kernel_legacy, &f, why);

	if (ret == 0)
		return OFFERED_BY_BOTH;
	if (ret == ERR_NOT_FOUND)
		(void)err_set(
			why, ret,
			"Note: Kernel support for ovpn interfaces missing, disabling data channel offload. Use Linux 6.16.0 or newer with ovpn support or use ovpn-backports for interface support.");
	return 0;
}

static const char *module_version(const struct kernel_dialect *dialect, char *buf, size_t cap)
{
	char path[64];
	struct utsname uts;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/module/%s", dialect->module);
	if (access(path, F_OK) != 0) {
		snprintf(buf, cap, "N/A");
		return buf;
	}
	snprintf(path, sizeof(path), "/sys/module/%s/version", dialect->module);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, cap - 1);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (!buf[0] && uname(&uts) == 0)
		snprintf(buf, cap, "%s %s", uts.release, uts.version);
	return buf;
}

static const char *mainline_version(char *buf, size_t cap)
{
	return module_version(&kernel_mainline, buf, cap);
}

static const char *legacy_version(char *buf, size_t cap)
{
	return module_version(&kernel_legacy, buf, cap);
}

static int mainline_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
			 struct err *err)
{
	return kernel_device_open(&kernel_mainline, cfg, log, ctx, err);
}

static int legacy_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
		       struct err *err)
{
	return kernel_device_open(&kernel_legacy, cfg, log, ctx, err);
}

#define COMMON_OPS                                                                              \
	.device_close = kernel_op_device_close, .device_name = kernel_op_device_name,           \
	.device_ifindex = kernel_op_device_ifindex,                                             \
	.transport_attach = kernel_op_transport_attach,                                         \
	.transport_detach = kernel_op_transport_detach, .control_send = kernel_op_control_send, \
	.peer_add = kernel_op_peer_add, .peer_set = kernel_op_peer_set,                         \
	.peer_set_remote = kernel_op_peer_set_remote,                                           \
	.peer_set_vpn_ip = kernel_op_peer_set_vpn_ip, .peer_note_rx = kernel_op_peer_note_rx,   \
	.peer_send_exit = kernel_op_peer_send_exit, .peer_del = kernel_op_peer_del,             \
	.route_add = kernel_op_route_add, .route_del = kernel_op_route_del,                     \
	.key_install = kernel_op_key_install, .key_swap = kernel_op_key_swap,                   \
	.key_delete = kernel_op_key_delete, .peer_stats = kernel_op_peer_stats,                 \
	.device_stats = kernel_op_device_stats, .event_fd = kernel_op_event_fd,                 \
	.next_event = kernel_op_next_event

static const struct dco_ops mainline_ops = {.device_open = mainline_open, COMMON_OPS};
static const struct dco_ops legacy_ops = {.device_open = legacy_open, COMMON_OPS};

const struct dco_backend dco_linux_mainline = {
	.name = "ovpn",
	.text = "kernel driver ovpn",
	.link_kind = KERNEL_KIND_MAINLINE,
	.offers = OFFERED_BY_MAINLINE | FEAT_ASYM_PEER_ID,
	.features = mainline_features,
	.version = mainline_version,
	.how_to_get =
		"use Linux 6.16 or newer, or install ovpn-backports; load it with 'modprobe ovpn'",
	.ops = &mainline_ops,
};

const struct dco_backend dco_linux_legacy = {
	.name = "ovpn-dco-v2",
	.text = "legacy kernel module ovpn-dco-v2",
	.link_kind = KERNEL_KIND_LEGACY,
	.offers = OFFERED_BY_BOTH,
	.features = legacy_features,
	.version = legacy_version,
	.how_to_get =
		"for older kernels install openvpn-dco-dkms (Debian) or kmod-ovpn-dco; load it with 'modprobe ovpn-dco-v2'",
	.holds_sockets = true,
	.ops = &legacy_ops,
};
