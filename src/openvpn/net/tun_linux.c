/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include <netlink/attr.h>

#include "base/str.h"
#include "net/netlink_linux.h"

#define TUN_NODE_DEFAULT "/dev/net/tun"

static short wanted_ifr_flags(enum tun_type type, unsigned int flags)
{
	int f = IFF_NO_PI | (type == TUN_TYPE_TAP ? IFF_TAP : IFF_TUN);

	if (flags & TUN_MULTI_QUEUE)
		f |= IFF_MULTI_QUEUE;
	if (flags & TUN_VNET_HDR)
		f |= IFF_VNET_HDR;
	return (short)f;
}

static int open_node(const char *node, struct err *err)
{
	int fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_set_errno(err, errno, "ERROR: Cannot open TUN/TAP dev %s", node);
	return fd;
}

static bool is_dynamic(const char *name)
{
	return strcmp(name, "tun") == 0 || strcmp(name, "tap") == 0;
}

/* TUNSETIFF; the name that the kernel chose ends up in @out. Return: 0 or an errno. */
static int attach(int fd, const char *name, enum tun_type type, unsigned int flags, struct tun *out)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	if (!str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), is_dynamic(name) ? "" : name))
		return EINVAL;
	ifr.ifr_flags = wanted_ifr_flags(type, flags);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return errno;
	str_copy(out->name, sizeof(out->name), ifr.ifr_name);
	out->flags = flags;
	return 0;
}

/*
 * Whether a persistent device has one queue or several is fixed when it is made: asking for the
 * other kind is refused with EINVAL, so both are tried.
 */
static int attach_either(int fd, const struct tun_config *cfg, struct tun *out)
{
	int errnum = attach(fd, cfg->name, cfg->type, cfg->flags, out);

	if (errnum != EINVAL || is_dynamic(cfg->name) || if_nametoindex(cfg->name) == 0)
		return errnum;
	if (attach(fd, cfg->name, cfg->type, cfg->flags ^ TUN_MULTI_QUEUE, out) != 0)
		return errnum;
	out->flags = cfg->flags & ~(unsigned int)TUN_MULTI_QUEUE;
	return 0;
}

static void on_link(void *ctx, struct nlmsghdr *nlh)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_TUN_MAX + 1];
	uint32_t *queues = ctx;

	if (nlmsg_parse(nlh, sizeof(struct ifinfomsg), tb, IFLA_MAX, NULL) < 0 ||
	    !tb[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) < 0 ||
	    !info[IFLA_INFO_DATA] ||
	    nla_parse_nested(data, IFLA_TUN_MAX, info[IFLA_INFO_DATA], NULL) < 0)
		return;
	if (data[IFLA_TUN_NUM_QUEUES] && nla_len(data[IFLA_TUN_NUM_QUEUES]) >= 4)
		*queues = nla_get_u32(data[IFLA_TUN_NUM_QUEUES]);
}

/*
 * A device without multiple queues is busy while another process has it open. With multiple queues
 * the kernel would let us in as one more queue, and both would lose packets: look and refuse.
 */
static int check_not_shared(const struct tun *tun, const struct log *log, struct err *err)
{
	struct ifinfomsg ifi = {.ifi_index = tun->ifindex};
	struct nl_msg *msg;
	struct netlink *nl;
	uint32_t queues = 0;
	int ret = netlink_open(log, &nl, err);

	if (ret < 0)
		return ret;
	msg = nlmsg_alloc_simple(RTM_GETLINK, 0);
	if (msg && nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_exchange(nl, msg, on_link, &queues))
		ret = netlink_fail(nl, err, "cannot look up interface %s", tun->name);
	else if (queues > 1)
		ret = err_set_errno(err, EBUSY, "ERROR: Cannot ioctl TUNSETIFF %s", tun->name);
	netlink_close(nl);
	return ret;
}

static void set_txqueuelen(const char *name, unsigned int len, const struct log *log)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	ifr.ifr_qlen = (int)len;
	if (fd < 0 || ioctl(fd, SIOCSIFTXQLEN, &ifr) < 0)
		log_warn(log, "Note: Cannot set tx queue length on %s: %s (errno=%d)", name,
			 strerror(errno), errno);
	else
		log_info(log, 3, "TUN/TAP TX queue length set to %u", len);
}

int tun_open(const struct tun_config *cfg, const struct log *log, struct tun *out, struct err *err)
{
	int errnum, ret;

	*out = (struct tun){.fd = -1, .type = cfg->type};
	if (!str_copy(out->node, sizeof(out->node),
		      cfg->dev_node ? cfg->dev_node : TUN_NODE_DEFAULT))
		return err_set_errno(err, ENAMETOOLONG, "ERROR: Cannot open TUN/TAP dev %s",
				     cfg->dev_node);
	out->fd = open_node(out->node, err);
	if (out->fd < 0)
		return out->fd;
	errnum = attach_either(out->fd, cfg, out);
	if (errnum) {
		ret = err_set_errno(err, errnum, "ERROR: Cannot ioctl TUNSETIFF %s", cfg->name);
		goto err_close;
	}
	out->ifindex = (int)if_nametoindex(out->name);
	if (out->ifindex == 0) {
		ret = err_set_errno(err, errno, "ERROR: Cannot find interface %s", out->name);
		goto err_close;
	}
	if ((out->flags & TUN_MULTI_QUEUE) && !is_dynamic(cfg->name)) {
		ret = check_not_shared(out, log, err);
		if (ret < 0)
			goto err_close;
	}
	log_info(log, 1, "TUN/TAP device %s opened", out->name);
	if (cfg->txqueuelen > 0)
		set_txqueuelen(out->name, cfg->txqueuelen, log);
	return 0;

err_close:
	tun_close(out);
	return ret;
}

int tun_add_queue(const struct tun *tun, int *fd, struct err *err)
{
	struct tun queue = {0};
	int errnum;

	*fd = -1;
	if (!(tun->flags & TUN_MULTI_QUEUE))
		return err_set(err, ERR_UNSUPPORTED, "device %s has only one queue", tun->name);
	queue.fd = open_node(tun->node, err);
	if (queue.fd < 0)
		return queue.fd;
	errnum = attach(queue.fd, tun->name, tun->type, tun->flags, &queue);
	if (errnum) {
		close(queue.fd);
		return err_set_errno(err, errnum, "ERROR: Cannot ioctl TUNSETIFF %s", tun->name);
	}
	*fd = queue.fd;
	return 0;
}

int tun_set_offload(const struct tun *tun, unsigned int tun_f)
{
	return ioctl(tun->fd, TUNSETOFFLOAD, (unsigned long)tun_f) < 0 ? ERR_UNSUPPORTED : 0;
}

void tun_close(struct tun *tun)
{
	if (tun->fd >= 0)
		close(tun->fd);
	tun->fd = -1;
}

static int set_owner(const struct tun *tun, const struct tun_owner *owner, struct err *err)
{
	if (owner->user) {
		const struct passwd *pw = getpwnam(owner->user);

		if (!pw)
			return err_set(err, ERR_NOT_FOUND, "failed to find UID for user %s",
				       owner->user);
		if (ioctl(tun->fd, TUNSETOWNER, (unsigned long)pw->pw_uid) < 0)
			return err_set_errno(err, errno, "Cannot ioctl TUNSETOWNER(%s) %s",
					     owner->user, tun->name);
	}
	if (owner->group) {
		const struct group *gr = getgrnam(owner->group);

		if (!gr)
			return err_set(err, ERR_NOT_FOUND, "failed to find GID for group %s",
				       owner->group);
		if (ioctl(tun->fd, TUNSETGROUP, (unsigned long)gr->gr_gid) < 0)
			return err_set_errno(err, errno, "Cannot ioctl TUNSETGROUP(%s) %s",
					     owner->group, tun->name);
	}
	return 0;
}

int tun_persist(const struct tun_config *cfg, bool on, const struct tun_owner *owner,
		const struct log *log, struct err *err)
{
	struct tun tun;
	int ret = tun_open(cfg, log, &tun, err);

	if (ret < 0)
		return ret;
	if (ioctl(tun.fd, TUNSETPERSIST, on ? 1UL : 0UL) < 0)
		ret = err_set_errno(err, errno, "Cannot ioctl TUNSETPERSIST(%d) %s", on, tun.name);
	else if (on && owner)
		ret = set_owner(&tun, owner, err);
	if (ret == 0)
		log_info(log, 1, "Persist state set to: %s", on ? "ON" : "OFF");
	tun_close(&tun);
	return ret;
}
