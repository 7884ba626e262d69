/* Which seeds a randomised test runs: its own, or those of SEEDS=A-B (make sim). */
#ifndef TESTS_SEEDS_H
#define TESTS_SEEDS_H

#include <stdint.h>
#include <stdlib.h>

struct seeds {
	uint64_t first, last; /* both inclusive */
};

static inline struct seeds seeds_asked(uint64_t first, uint64_t last)
{
	const char *asked = getenv("SEEDS");
	char *end;

	if (asked == NULL || *asked == '\0') {
		return (struct seeds){ first, last };
	}
	first = strtoull(asked, &end, 10);
	last = *end == '-' ? strtoull(end + 1, &end, 10) : first;
	/* No seeds would be a test that cannot fail. */
	if (*end != '\0' || last < first) {
		abort();
	}
	return (struct seeds){ first, last };
}

#endif
