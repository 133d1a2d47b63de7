/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Brings about what a daemon meets seldom: things which the kernel or other processes do to it.
 *
 * usage: disturb noise INTERFACE COUNT      that many notifications of peers which nobody knows
 *        disturb limit INTERFACE PEER KEY   what the driver says when that key is used up
 *        disturb claim PID                  make the UDP socket of a process one of L2TP
 *
 * The first two are for the driver ovpn, whose notifications they send to its group.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "dco_linux.h"

enum {
	CMD_PEER_DEL_NTF = 5,
	CMD_KEY_SWAP_NTF = 9,
	TOP_PEER = 2,
	TOP_KEYCONF = 3,
	ID = 1,
	KEY_ID = 3,
	DEL_REASON = 15,
	NOBODY = 0xfffffe, /* a peer id */
};

static int find_family(struct kernel_family *f)
{
	struct log quiet = log_init(NULL, "");
	struct netlink *nl = NULL;
	struct err err = {0};
	int ret = netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, &err);

	if (ret == 0)
		ret = kernel_family_find(nl, &kernel_mainline, f, &err);
	if (ret < 0)
		fprintf(stderr, "disturb: %s\n", err.text);
	netlink_close(nl);
	return ret;
}

static int tell(int fd, const struct kernel_family *f, struct nl_msg *msg)
{
	struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 0};
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	ssize_t n;

	/* only the first have a bit in an address */
	if (f->group > 32)
		return -1;
	group.nl_groups = 1U << (f->group - 1);
	nlh->nlmsg_flags = 0;
	n = sendto(fd, nlh, nlh->nlmsg_len, 0, (struct sockaddr *)(void *)&group, sizeof(group));
	nlmsg_free(msg);
	/* full buffers of those who listen are what is wanted */
	return n >= 0 || errno == ENOBUFS || errno == ECONNREFUSED ? 0 : -1;
}

static struct nl_msg *notification(const struct kernel_family *f, uint8_t cmd, int ifindex, int top,
				   uint32_t id, int attribute, uint32_t value)
{
	struct nl_msg *msg = kernel_request(f, cmd, 0, ifindex);
	struct nlattr *nest = msg ? kernel_nest(msg, top) : NULL;

	if (!nest || nla_put_u32(msg, ID, id) < 0 || nla_put_u32(msg, attribute, value) < 0)
		return NULL;
	nla_nest_end(msg, nest);
	return msg;
}

static int send_all(const char *ifname, unsigned long count, uint8_t cmd, int top, uint32_t id,
		    int attribute, uint32_t value)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	int ifindex = (int)if_nametoindex(ifname);
	struct kernel_family f;

	if (fd < 0 || !ifindex || find_family(&f) < 0)
		return 1;
	for (; count; count--) {
		struct nl_msg *msg = notification(&f, cmd, ifindex, top, id, attribute, value);

		if (!msg || tell(fd, &f, msg) < 0) {
			perror("disturb");
			return 1;
		}
	}
	close(fd);
	return 0;
}

/* Whether it was one and is of L2TP now. */
static bool claim_descriptor(int process, int number)
{
	int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0), type = 0;
	int encap = UDP_ENCAP_L2TPINUDP;
	socklen_t len = sizeof(type);
	bool claimed = false;

	if (fd < 0)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM)
		claimed = setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)) == 0;
	close(fd);
	return claimed;
}

static int claim(long pid)
{
	int process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	char path[64];
	struct dirent *entry;
	bool claimed = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	dir = opendir(path);
	if (process < 0 || !dir) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(dir)) && !claimed)
		if (entry->d_name[0] != '.')
			claimed = claim_descriptor(process, atoi(entry->d_name));
	closedir(dir);
	close(process);
	if (!claimed)
		fprintf(stderr, "disturb: process %ld has no UDP socket\n", pid);
	return claimed ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "noise") == 0)
		return send_all(argv[2], strtoul(argv[3], NULL, 10), CMD_PEER_DEL_NTF, TOP_PEER,
				NOBODY, DEL_REASON, 1);
	if (argc == 5 && strcmp(argv[1], "limit") == 0)
		return send_all(argv[2], 1, CMD_KEY_SWAP_NTF, TOP_KEYCONF,
				(uint32_t)strtoul(argv[3], NULL, 10), KEY_ID,
				(uint32_t)strtoul(argv[4], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "claim") == 0)
		return claim(strtol(argv[2], NULL, 10));
	fprintf(stderr,
		"usage: disturb noise INTERFACE COUNT | limit INTERFACE PEER KEY | claim PID\n");
	return 2;
}
