/* SPDX-License-Identifier: GPL-2.0-only */
/* argv -> config -> run -> exit code, nothing else. */
#include "daemon/app.h"

int main(int argc, char **argv)
{
	return app_run(argc, argv);
}
