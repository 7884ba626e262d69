/* Lines for people who look after the node: logfmt on stderr, one write a line.
 *
 * Under journald each line is preceded by its level as <N>, elsewhere by the time.  Never a
 * name, an image, a template or a full identifier: whoever writes a line sees to that; here
 * only control characters are replaced, so that nobody can forge a second line. */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "base/bytes.h"

#define LOG_LINE_MAX 2048U

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* level=... at=... and what the format makes. */
void log_write(enum log_level level, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A whole line that begins with level=, as the node tells it. */
void log_line(struct bytes line);
/* The bytes that log_line() writes: preceded by the level (journal) or by the time; returns
 * the length, with the line's end.  For tests. */
size_t log_format(struct bytes line, bool journal, uint64_t now_ms, char out[LOG_LINE_MAX]);

#endif
