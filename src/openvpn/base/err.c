/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[ERR_ORDINAL_COUNT] = {[ERR_ORDINAL_NONE] = "success",
#define X(name, text) [ERR_ORDINAL_##name] = text,
						     ERR_MAP(X)
#undef X
};

const char *err_text(int code)
{
	if (code > 0 || code <= -ERR_ORDINAL_COUNT)
		return "unknown error";
	return texts[-code];
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

int err_set_errno(struct err *err, int errnum, const char *fmt, ...)
{
	int code = errnum == EPERM || errnum == EACCES ? ERR_PERMISSION : ERR_SYSTEM;
	va_list ap;
	size_t len;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s (errno=%d)", strerror(errnum),
		 errnum);
	return code;
}
