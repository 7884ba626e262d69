#include "base/err.h"

const char *err_text(int code)
{
	switch (code) {
	case ERR_OK:
		return "ok";
#define ERR__CASE(c, text)                                                                         \
	case c:                                                                                    \
		return text;
		ERR_MAP(ERR__CASE)
#undef ERR__CASE
	default:
		return "unknown error";
	}
}

const char *err_name(int code)
{
	switch (code) {
	case ERR_OK:
		return "OK";
#define ERR__CASE(c, text)                                                                         \
	case c:                                                                                    \
		return #c;
		ERR_MAP(ERR__CASE)
#undef ERR__CASE
	default:
		return "ERR_UNKNOWN";
	}
}

int err_at(struct fault *f, int code, size_t at, const char *what)
{
	if (f != NULL) {
		*f = (struct fault){ .code = code, .at = at, .what = what };
	}
	return code;
}
