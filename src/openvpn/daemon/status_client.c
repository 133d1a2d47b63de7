/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/status_client.h"

#include <inttypes.h>

#include "base/clock.h"

void status_client_format(struct str *out, const struct status_client *s, uint64_t unix_sec)
{
	char when[32];

	clock_format_local(unix_sec, when, sizeof(when));
	str_addf(out, "OpenVPN STATISTICS\nUpdated,%s\n", when);
	str_addf(out, "TUN/TAP read bytes,%" PRIu64 "\n", s->tun_read);
	str_addf(out, "TUN/TAP write bytes,%" PRIu64 "\n", s->tun_write);
	str_addf(out, "TCP/UDP read bytes,%" PRIu64 "\n", s->link_read);
	str_addf(out, "TCP/UDP write bytes,%" PRIu64 "\n", s->link_write);
	str_addf(out, "Auth read bytes,%" PRIu64 "\n", s->auth_read);
	if (s->compression) {
		str_addf(out, "pre-compress bytes,%" PRIu64 "\n", s->pre_compress);
		str_addf(out, "post-compress bytes,%" PRIu64 "\n", s->post_compress);
		str_addf(out, "pre-decompress bytes,%" PRIu64 "\n", s->pre_decompress);
		str_addf(out, "post-decompress bytes,%" PRIu64 "\n", s->post_decompress);
	}
	str_add(out, "END\n");
}
