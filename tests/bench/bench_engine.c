/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a tunnel with fixed keys and no control channel, to measure the engine alone.
 *
 *   bench_engine DEVICE udp|tcp listen|connect LOCAL PORT REMOTE PORT AES-256-GCM|...
 *
 * Runs until it is killed; prints the device's counters at SIGTERM. tests/bench/engine uses it.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/cipher.h"
#include "data/mss.h"
#include "dco.h"

static NORETURN void die(const char *what)
{
	fprintf(stderr, "bench_engine: %s (%s)\n", what, strerror(errno));
	exit(1);
}

static union sock_addr address(const char *ip, const char *port)
{
	struct ip_addr a;

	if (ip_addr_parse(ip, &a) < 0)
		die("bad address");
	return sock_addr_make(&a, (uint16_t)atoi(port));
}

static int open_socket(bool tcp, bool listener, const union sock_addr *local,
		       const union sock_addr *remote)
{
	int type = tcp ? SOCK_STREAM : SOCK_DGRAM, one = 1, size = 4 << 20;
	int fd = socket(local->sa.sa_family, type | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &local->sa, sock_addr_len(local)) < 0)
		die("bind");
	if (tcp && listener) {
		int listen_fd = fd;

		if (listen(listen_fd, 1) < 0 || (fd = accept(listen_fd, NULL, NULL)) < 0)
			die("accept");
		close(listen_fd);
	} else if (tcp) {
		if (connect(fd, &remote->sa, sock_addr_len(remote)) < 0)
			die("connect");
	} else {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		die("fcntl");
	return fd;
}

static void install_key(struct dco_device *dev, const char *cipher, bool listener)
{
	struct dco_key key = {.format = DCO_FORMAT_V2};
	const struct cipher_info *info = cipher_by_name(cipher);
	struct err err;

	if (!info)
		die("unknown cipher");
	key.cipher = (int)info->id;
	memset(listener ? &key.open : &key.seal, 1, sizeof(key.seal));
	memset(listener ? &key.seal : &key.open, 2, sizeof(key.seal));
	if (dco_key_install(dev, 0, DCO_SLOT_PRIMARY, &key, &err) < 0)
		die(err.text);
}

static void run(struct dco_device *dev)
{
	struct pollfd fds[2] = {{.fd = dco_event_fd(dev), .events = POLLIN}, {.events = POLLIN}};
	struct dco_peer_stats st;
	struct dco_event ev;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		while (dco_next_event(dev, &ev))
			printf("event %d reason %d err %d\n", (int)ev.type, (int)ev.reason, ev.err);
	(void)dco_device_stats(dev, &st);
	printf("rx %llu packets %llu bytes, tx %llu packets %llu bytes, dropped %llu\n",
	       (unsigned long long)st.vpn_rx_packets, (unsigned long long)st.vpn_rx_bytes,
	       (unsigned long long)st.vpn_tx_packets, (unsigned long long)st.vpn_tx_bytes,
	       (unsigned long long)st.dropped);
}

int main(int argc, char **argv)
{
	struct dco_device_config cfg = {.type = DCO_TUN,
					.mode = DCO_MODE_P2P,
					.tun_mtu = 1500,
					.max_packet_bytes = 1768,
					.replay_window = 64,
					.replay_time_sec = 15,
					.max_peers = 1};
	struct log_sink *sink = log_sink_new();
	struct log log = log_init(sink, "");
	struct dco_peer_config peer = {.log = log, .name = "bench"};
	struct dco_peer_params params = {.mss_ip4 = 1400, .mss_ip6 = 1380};
	const struct dco_backend *const *all;
	union sock_addr local, remote;
	struct dco_device *dev;
	bool tcp, listener;
	struct err err;
	size_t count;

	if (argc != 9) {
		fprintf(stderr, "usage: see the head of tests/bench/bench_engine.c\n");
		return 2;
	}
	cfg.name = argv[1];
	tcp = !strcmp(argv[2], "tcp");
	listener = !strcmp(argv[3], "listen");
	local = address(argv[4], argv[5]);
	remote = address(argv[6], argv[7]);
	all = dco_backends(&count);
	if (dco_device_open(all[count - 1], &cfg, &log, &dev, &err) < 0)
		die(err.text);
	peer.remote = remote;
	peer.transport = dco_transport_attach(dev, open_socket(tcp, listener, &local, &remote),
					      tcp ? DCO_TCP : DCO_UDP, false, &err);
	if (peer.transport < 0 || dco_peer_add(dev, &peer, &err) < 0 ||
	    dco_peer_set(dev, 0, &params) < 0)
		die(err.text);
	install_key(dev, argv[8], listener);
	run(dev);
	dco_device_close(dev);
	log_sink_free(sink);
	return 0;
}
