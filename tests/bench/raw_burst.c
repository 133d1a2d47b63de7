/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "raw_burst.h"

#include <string.h>

#include "base/bytes.h"
#include "engine/checksum.h"

enum {
	IP_LEN = 20,
};

void udp4_headers(uint8_t *packet, uint16_t len, const struct sockaddr_in *from,
		  const struct sockaddr_in *to)
{
	struct wr w = wr_init(packet, UDP4_HEADERS);

	wr_u16(&w, 0x4500);
	wr_u16(&w, len);
	wr_u32(&w, 0);
	wr_u32(&w, 0x40110000); /* 64 hops, UDP */
	wr_u32(&w, ntohl(from->sin_addr.s_addr));
	wr_u32(&w, ntohl(to->sin_addr.s_addr));
	wr_u16(&w, ntohs(from->sin_port));
	wr_u16(&w, ntohs(to->sin_port));
	wr_u16(&w, (uint16_t)(len - IP_LEN));
	wr_u16(&w, 0);
	checksum_ip4_header(packet, IP_LEN);
}

int raw_burst_open(struct raw_burst *b)
{
	b->count = 0;
	b->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	return b->fd < 0 ? -1 : 0;
}

uint8_t *raw_burst_payload(struct raw_burst *b)
{
	return b->bytes[b->count] + UDP4_HEADERS;
}

void raw_burst_add(struct raw_burst *b, size_t len, const struct sockaddr_in *from,
		   const struct sockaddr_in *to)
{
	unsigned int i = b->count++;

	udp4_headers(b->bytes[i], (uint16_t)(UDP4_HEADERS + len), from, to);
	b->to[i] = *to;
	b->parts[i] = (struct iovec){.iov_base = b->bytes[i], .iov_len = UDP4_HEADERS + len};
	b->messages[i] = (struct mmsghdr){.msg_hdr = {
						  .msg_name = &b->to[i],
						  .msg_namelen = sizeof(b->to[i]),
						  .msg_iov = &b->parts[i],
						  .msg_iovlen = 1,
					  }};
}

unsigned int raw_burst_send(struct raw_burst *b)
{
	unsigned int done = 0, sent = 0;

	while (done < b->count) {
		int n = sendmmsg(b->fd, b->messages + done, b->count - done, MSG_DONTWAIT);

		sent += n > 0 ? (unsigned int)n : 0;
		done += n > 0 ? (unsigned int)n : 1; /* one that the kernel does not want is lost */
	}
	b->count = 0;
	return sent;
}
