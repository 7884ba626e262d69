/* Calendar days and moments as values: nothing here asks what time it is.
 *
 * A moment is milliseconds since 1970-01-01T00:00:00Z; a day counts from 1970-01-01. */
#ifndef BASE_DAY_H
#define BASE_DAY_H

#include <stddef.h>
#include <stdint.h>

#define DAY_MS     86400000ULL
#define DAY_MAX    73048U /* 2169-12-31: no record may live longer */
#define DAY_TEXT   11     /* room for "2026-11-24" and its zero */
#define DAY_MOMENT 21     /* room for "2026-11-24T10:31:00Z" and its zero */

/* The day that a moment falls on. */
uint32_t day_of_ms(uint64_t ms);
/* Proleptic Gregorian date to day; ERR_RANGE if there is no such date from 1970 to DAY_MAX. */
int day_from_date(unsigned year, unsigned month, unsigned mday, uint32_t *day);
/* "2026-11-24"; ERR_MALFORMED or ERR_RANGE otherwise. */
int day_parse(const char *text, uint32_t *day);
void day_format(uint32_t day, char out[DAY_TEXT]);
void day_format_ms(uint64_t ms, char out[DAY_MOMENT]);

#endif
