/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's drivers say: notifications and peers, of both families. */
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "dco_linux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kernel_dialect *const both[] = {&kernel_mainline, &kernel_legacy};
	struct nlmsghdr *nlh = malloc(NLMSG_HDRLEN + size); /* exact, so that a sanitizer sees */
	struct kernel_peer_info info;
	struct kernel_event ev;

	if (!nlh)
		abort();
	memset(nlh, 0, NLMSG_HDRLEN);
	nlh->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size);
	memcpy(nlh + 1, data, size);
	for (size_t i = 0; i < 2; i++) {
		if (both[i]->get_event(nlh, &ev) && ev.key_id > 7)
			abort();
		(void)both[i]->get_peer(nlh, &info);
	}
	free(nlh);
	return 0;
}
