/* SPDX-License-Identifier: GPL-2.0-only */
/* argv -> config -> run -> exit code, nothing else. */
#include "config.h"

#include <stdio.h>

int main(void)
{
	fprintf(stderr, "OpenVPN " PACKAGE_VERSION "-dco: nothing is built in yet\n");
	return 1;
}
