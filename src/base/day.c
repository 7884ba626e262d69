#include "base/day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

uint32_t day_of_ms(uint64_t ms)
{
	uint64_t day = ms / DAY_MS;

	return day > DAY_MAX ? DAY_MAX : (uint32_t)day;
}

/* Days from 1970-01-01 to the first of March of the shifted year, then the months from
 * March on have a regular length: the usual calendar arithmetic with leap day last. */
int day_from_date(unsigned year, unsigned month, unsigned mday, uint32_t *day)
{
	static const unsigned lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	unsigned y;
	unsigned m;

	if (year < 1970 || year > 2169 || month < 1 || month > 12 || mday < 1 ||
	    mday > lengths[month - 1] + (month == 2 ? leap : 0)) {
		return ERR_RANGE;
	}
	y = month > 2 ? year : year - 1;
	m = month > 2 ? month - 3 : month + 9;
	*day = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + mday - 1 - 719468;
	return ERR_OK;
}

int day_parse(const char *text, uint32_t *day)
{
	unsigned part[3] = { 0, 0, 0 };
	static const size_t digits[] = { 4, 2, 2 };
	size_t at = 0;

	if (strlen(text) != DAY_TEXT - 1) {
		return ERR_MALFORMED;
	}
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < digits[i]; k++, at++) {
			if (text[at] < '0' || text[at] > '9') {
				return ERR_MALFORMED;
			}
			part[i] = part[i] * 10 + (unsigned)(text[at] - '0');
		}
		if (i < 2 && text[at++] != '-') {
			return ERR_MALFORMED;
		}
	}
	return day_from_date(part[0], part[1], part[2], day);
}

static void civil(uint32_t day, unsigned *year, unsigned *month, unsigned *mday)
{
	uint32_t z = day + 719468;
	uint32_t era = z / 146097;
	uint32_t doe = z % 146097;
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t m = (5 * doy + 2) / 153;

	*mday = doy - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

void day_format(uint32_t day, char out[DAY_TEXT])
{
	unsigned y;
	unsigned m;
	unsigned d;
	char text[48];

	civil(day > DAY_MAX ? DAY_MAX : day, &y, &m, &d);
	(void)snprintf(text, sizeof text, "%04u-%02u-%02u", y, m, d);
	memcpy(out, text, DAY_TEXT - 1);
	out[DAY_TEXT - 1] = '\0';
}

void day_format_ms(uint64_t ms, char out[DAY_MOMENT])
{
	unsigned s = (unsigned)(ms % DAY_MS / 1000);
	char text[48];
	char date[DAY_TEXT];

	day_format(day_of_ms(ms), date);
	(void)snprintf(text, sizeof text, "%sT%02u:%02u:%02uZ", date, s / 3600, s / 60 % 60,
		       s % 60);
	memcpy(out, text, DAY_MOMENT - 1);
	out[DAY_MOMENT - 1] = '\0';
}
