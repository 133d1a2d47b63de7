/* SPDX-License-Identifier: GPL-2.0-only */
/* The ends of the harness with a kernel driver: real interfaces in a namespace of their own. */
#include "config.h"

#include "dco_harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attr.h"

enum {
	MTU = 1900,
	RCVBUF_BYTES = 4 << 20,
	IPV4_HEADER_LEN = 20,
	IPV6_HEADER_LEN = 40,
};

static void PRINTF_FMT(1, 2) shell(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	assert_in_range(vsnprintf(line, sizeof(line), fmt, ap), 1, sizeof(line) - 1);
	va_end(ap);
	if (system(line) != 0)
		fail_msg("'%s' failed", line);
}

/*
 * What comes out of a device is seen by the test's packet socket and goes no further, so that the
 * system answers nothing.
 */
void kernel_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		fail_msg("cannot make a network namespace: %s", strerror(errno));
	shell("ip link set lo up");
	shell("nft 'add table inet harness; "
	      "add chain inet harness in { type filter hook prerouting priority -400; }; "
	      "add rule inet harness in iifname != lo drop'");
}

static int raw_socket(int family, const char *device)
{
	int on = 1, fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	assert_true(fd >= 0);
	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1),
		0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	return fd;
}

void kernel_end_open(struct end *end, const struct dco_device_config *cfg)
{
	const char *name = dco_device_name(end->dev);
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int on = 1, size = RCVBUF_BYTES;

	end->ifindex = at.sll_ifindex = dco_device_ifindex(end->dev);
	/* no packets of the system's own */
	if (cfg->mode == DCO_MODE_P2P) {
		shell("echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6; exec ip link set %s mtu %d up",
		      name, name, MTU);
	} else {
		shell("ip link set %s addrgenmode none && ip link set %s mtu %d up && "
		      "ip addr add 10.8.0.1/16 dev %s && ip addr add fd00:8::1/64 dev %s nodad",
		      name, name, MTU, name, name);
		end->raw4 = raw_socket(AF_INET, name);
		end->raw6 = raw_socket(AF_INET6, name);
	}
	end->inner = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(end->inner >= 0);
	assert_int_equal(
		setsockopt(end->inner, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(end->inner, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)),
			 0);
	assert_int_equal(bind(end->inner, (const struct sockaddr *)(const void *)&at, sizeof(at)),
			 0);
}

/* The carrier of a point-to-point device follows its peer, a moment later. */
void kernel_end_ready(const struct end *end)
{
	struct ifreq req = {0};

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", dco_device_name(end->dev));
	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		assert_int_equal(ioctl(end->inner, SIOCGIFFLAGS, &req), 0);
		if (req.ifr_flags & IFF_RUNNING)
			return;
		(void)poll(NULL, 0, 5);
	}
	fail_msg("%s has no carrier", req.ifr_name);
}

/* With several peers the route leads to the peer, so the packet has to pass the routing. */
static bool put_routed(const struct end *end, const uint8_t *packet, size_t len)
{
	union sock_addr to = {0};
	int fd = packet[0] >> 4 == 6 ? end->raw6 : end->raw4;

	if (fd < 0 || len < IPV6_HEADER_LEN)
		return false;
	if (fd == end->raw6) {
		to.in6.sin6_family = AF_INET6;
		memcpy(&to.in6.sin6_addr, packet + 24, 16);
		to.in6.sin6_scope_id = (uint32_t)end->ifindex;
	} else {
		to.in4.sin_family = AF_INET;
		memcpy(&to.in4.sin_addr, packet + 16, 4);
	}
	/* what has no route goes nowhere, as the tests want it */
	(void)!sendto(fd, packet, len, 0, &to.sa, sock_addr_len(&to));
	return true;
}

void kernel_inner_put(const struct end *end, const void *packet, size_t len)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = end->ifindex};
	const uint8_t *first = packet;

	if (put_routed(end, packet, len))
		return;
	to.sll_protocol = htons(first[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	/* what is no packet at all may be refused already here */
	if (sendto(end->inner, packet, len, 0, (const struct sockaddr *)(const void *)&to,
		   sizeof(to)) < 0)
		assert_true(len < IPV4_HEADER_LEN || (first[0] >> 4 != 4 && first[0] >> 4 != 6) ||
			    (first[0] >> 4 == 6 && len < IPV6_HEADER_LEN));
}
