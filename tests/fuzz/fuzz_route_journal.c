/* SPDX-License-Identifier: GPL-2.0-only */
/* A route journal as found in the state directory. What was read must survive writing again. */
#include <stdlib.h>

#include "net/route_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct route_journal_origin origin, again_origin;
	struct route_ops ops = {0}, again = {0};
	struct str s = str_init();
	int ret = route_journal_parse((const char *)data, size, &origin, &ops);

	if (ret == 0 || ops.n > 0) {
		route_journal_write_head(&s, &origin);
		for (size_t i = 0; i < ops.n; i++)
			route_journal_write_entry(&s, (uint32_t)i + 1, &ops.op[i]);
		if (route_journal_parse(s.text, s.len, &again_origin, &again) != 0 ||
		    again.n != ops.n)
			abort();
		for (size_t i = 0; i < ops.n; i++)
			if (!route_equal(&ops.op[i].route, &again.op[i].route))
				abort();
	}
	str_fini(&s);
	route_ops_fini(&ops);
	route_ops_fini(&again);
	return 0;
}
