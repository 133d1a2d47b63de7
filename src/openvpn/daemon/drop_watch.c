/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/drop_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"

enum {
	LOOK_MS = 5000,
	TELL_MS = 60000,
};

void drop_watch_count(struct drop_watch *w, const char *name, uint64_t dropped, uint64_t now_ms,
		      const struct log *log)
{
	if (!w->known || dropped < w->told) { /* another device */
		w->known = true;
		w->told = dropped;
		return;
	}
	if (dropped == w->told || now_ms < w->tell_at_ms)
		return;
	log_info(
		log, 4,
		"%s dropped %llu packets that it received: the route to their source does not lead to the client they came from -- missing --iroute?",
		name, (unsigned long long)(dropped - w->told));
	w->told = dropped;
	w->tell_at_ms = time_after(now_ms, TELL_MS);
}

void drop_watch_look(struct drop_watch *w, const char *name, uint64_t now_ms, const struct log *log)
{
	char path[96], text[32];
	ssize_t n;

	if (now_ms < w->look_at_ms || !log_enabled(log, 4))
		return;
	w->look_at_ms = time_after(now_ms, LOOK_MS);
	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_dropped", name);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return;
	text[n] = '\0';
	drop_watch_count(w, name, strtoull(text, NULL, 10), now_ms, log);
}
