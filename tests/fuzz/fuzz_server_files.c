/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that others write for a server: the address pool, the answer of a program that takes its
 * time, and names that become file names. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/address_pool.h"
#include "daemon/auth_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pool_file(const char *text)
{
	struct address_pool_config cfg = {.has_ip4 = true, .has_ip6 = true, .ip6.bits = 120};
	struct str lines = str_init(), again = str_init(), once = str_init();
	struct address_pool *a, *b;
	struct err err;

	if (ip_addr_parse("10.8.0.2", &cfg.start) < 0 || ip_addr_parse("10.8.0.99", &cfg.end) < 0 ||
	    ip_addr_parse("fd00:8::10", &cfg.ip6.addr) < 0 ||
	    address_pool_new(&cfg, &a, &lines, &err) < 0 ||
	    address_pool_new(&cfg, &b, &lines, &err) < 0)
		abort();
	address_pool_read(a, text, false, 1, &lines);
	address_pool_write(a, &once);
	/* what we write we read again as it was */
	address_pool_read(b, str_text(&once), false, 1, &lines);
	address_pool_write(b, &again);
	if (strcmp(str_text(&once), str_text(&again)) != 0)
		abort();
	address_pool_free(a);
	address_pool_free(b);
	str_fini(&once);
	str_fini(&again);
	str_fini(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), name[64];
	struct auth_files_pending pending;
	struct err err;

	if (!text)
		abort();
	pool_file(text);
	if (auth_files_parse_pending(text, &pending, &err) == 0 && pending.timeout_sec == 0)
		abort();
	if (ccd_file_name(text, name, sizeof(name)) && (strchr(name, '/') || !strcmp(name, "..")))
		abort();
	free(text);
	return 0;
}
