/* What stands on outpostctl's command line: options, numbers, purposes, dates. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ctl.h"

int ctl_fail(int code, const char *format, ...)
{
	va_list ap;

	(void)fputs("outpostctl: ", stderr);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return code;
}

static const struct ctl_option *find_option(const struct ctl_option *options, size_t count,
					    const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0) {
			return &options[i];
		}
	}
	return NULL;
}

int ctl_options(int argc, char *argv[], const struct ctl_option *options, size_t count, int *rest)
{
	int at = 1;

	while (at < argc && strncmp(argv[at], "--", 2) == 0) {
		const char *name = argv[at] + 2;
		const char *equals = strchr(name, '=');
		size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
		const struct ctl_option *o = find_option(options, count, name, len);

		at++;
		if (len == 0) {
			break; /* "--" ends the options */
		}
		if (o == NULL) {
			return ctl_fail(CTL_USAGE, "%s: there is no option --%.*s", argv[0],
					(int)len, name);
		}
		if (o->value == NULL) {
			*o->flag = true;
		} else if (equals != NULL) {
			*o->value = equals + 1;
		} else if (at < argc) {
			*o->value = argv[at++];
		} else {
			return ctl_fail(CTL_USAGE, "%s: --%s needs a value", argv[0], o->name);
		}
	}
	*rest = at;
	return CTL_OK;
}

int ctl_only_options(int argc, char *argv[], const struct ctl_option *options, size_t count)
{
	int rest = argc;
	int rc = ctl_options(argc, argv, options, count, &rest);

	return rc != CTL_OK || rest >= argc
		   ? rc
		   : ctl_fail(CTL_USAGE, "%s: \"%s\" is one word too many", argv[0], argv[rest]);
}

int ctl_number(const char *name, const char *text, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long v;

	if (text == NULL) {
		return CTL_OK;
	}
	errno = 0;
	v = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || v > max) {
		return ctl_fail(CTL_USAGE, "%s is a number from 0 to %llu, not \"%s\"", name,
				(unsigned long long)max, text);
	}
	*out = v;
	return CTL_OK;
}

int ctl_purposes(const char *words, uint64_t *out)
{
	static const char *const names[] = { "locate",   "identify", "missing", "border",
					     "security", "child",    "asylum" };

	*out = 0;
	while (*words != '\0') {
		size_t len = strcspn(words, ",");
		size_t i = 0;

		while (i < sizeof names / sizeof names[0] &&
		       (strlen(names[i]) != len || strncmp(names[i], words, len) != 0)) {
			i++;
		}
		if (i == sizeof names / sizeof names[0]) {
			return ctl_fail(
			    CTL_USAGE,
			    "purpose is one of locate, identify, missing, border, security, "
			    "child, asylum");
		}
		*out |= 1ULL << i;
		words += len + (words[len] == ',');
	}
	return CTL_OK;
}

/* 0 when there is no such month. */
static unsigned long days_of(unsigned long year, unsigned long month)
{
	static const uint8_t days[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= sizeof days ? 0 : days[month] + (unsigned long)(month == 2 && leap);
}

/* Two digits behind a hyphen. */
static bool read_part(const char **p, unsigned long *out)
{
	if ((*p)[0] != '-' || !isdigit((unsigned char)(*p)[1]) ||
	    !isdigit((unsigned char)(*p)[2])) {
		return false;
	}
	*out = (unsigned long)((*p)[1] - '0') * 10 + (unsigned long)((*p)[2] - '0');
	*p += 3;
	return true;
}

int ctl_birth(const char *text, uint64_t *from, uint64_t *to)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long year = digits == 4 ? strtoul(text, NULL, 10) : 0;
	unsigned long month = 0;
	unsigned long day = 0;
	const char *p = text + digits;
	bool has_month = read_part(&p, &month);
	bool has_day = has_month && read_part(&p, &day);

	if (*p != '\0' || year < 1850 || year > 2169 || (has_month && days_of(year, month) == 0) ||
	    (has_day && (day == 0 || day > days_of(year, month)))) {
		return ctl_fail(CTL_USAGE, "%s: a date is 1985-03-12, 1985-03 or 1985", text);
	}
	*from = year * 10000 + (has_month ? month : 1) * 100 + (has_day ? day : 1);
	*to = year * 10000 + (has_month ? month : 12) * 100 +
	      (has_day ? day : days_of(year, has_month ? month : 12));
	return CTL_OK;
}
