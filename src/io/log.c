#include "io/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/day.h"
#include "io/wall.h"

static const struct {
	const char *word;
	enum log_level level;
} levels[] = {
	{ "error", LOG_LEVEL_ERROR }, { "warn", LOG_LEVEL_WARN },   { "notice", LOG_LEVEL_NOTICE },
	{ "info", LOG_LEVEL_INFO },   { "debug", LOG_LEVEL_DEBUG },
};

#define LEVELS (sizeof levels / sizeof levels[0])

/* Is stderr the stream that systemd has named?  It may have been redirected since. */
static bool to_journal(void)
{
	const char *named = getenv("JOURNAL_STREAM");
	struct stat st;
	char own[64];

	if (named == NULL || fstat(STDERR_FILENO, &st) != 0) {
		return false;
	}
	(void)snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	return strcmp(own, named) == 0;
}

static enum log_level level_of(struct bytes line)
{
	for (size_t i = 0; i < LEVELS; i++) {
		size_t len = strlen(levels[i].word);

		if (line.len > 6 + len && memcmp(line.data, "level=", 6) == 0 &&
		    memcmp(line.data + 6, levels[i].word, len) == 0 && line.data[6 + len] == ' ') {
			return levels[i].level;
		}
	}
	return LOG_LEVEL_INFO;
}

size_t log_format(struct bytes line, bool journal, uint64_t now_ms, char out[LOG_LINE_MAX])
{
	size_t at;

	if (journal) {
		at = (size_t)snprintf(out, LOG_LINE_MAX, "<%d>", (int)level_of(line));
	} else {
		char moment[DAY_MOMENT];

		day_format_ms(now_ms, moment);
		at = (size_t)snprintf(out, LOG_LINE_MAX, "time=%.19s.%03uZ ", moment,
				      (unsigned)(now_ms % 1000));
	}
	for (size_t i = 0; i < line.len && at < LOG_LINE_MAX - 1; i++) {
		uint8_t c = line.data[i];

		out[at++] = '?';
		if (c >= 0x20 && c != 0x7f) {
			memcpy(&out[at - 1], &c, 1);
		}
	}
	out[at++] = '\n';
	return at;
}

void log_line(struct bytes line)
{
	char out[LOG_LINE_MAX];
	size_t len = log_format(line, to_journal(), wall_ms(), out);

	/* There is nobody to tell that telling failed. */
	if (write(STDERR_FILENO, out, len) < 0) {
		return;
	}
}

void log_write(enum log_level level, const char *at, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	const char *word = "info";
	va_list ap;
	int len;

	for (size_t i = 0; i < LEVELS; i++) {
		word = levels[i].level == level ? levels[i].word : word;
	}
	len = snprintf(line, sizeof line, "level=%s at=%s ", word, at);
	va_start(ap, format);
	(void)vsnprintf(line + len, sizeof line - (size_t)len, format, ap);
	va_end(ap);
	log_line(bytes_of(line));
}
