/* What the words of a scenario share; for tests/scenario alone. */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/world.h"

extern struct world *world;

/* A line of the trace. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Of the line that is played: the value of word=value, "" when it is not there; the same as a
 * number; is the word there? */
const char *value(const char *key);
uint64_t number(const char *key);
bool flag(const char *name);
/* A refusal is part of the trace. */
void refused(const char *who, const char *what, int rc);

/* ---- run_bundle.c ---- */
/* bundle.export, bundle.import, bundle.show; ERR_UNSUPPORTED for other words. */
int run_bundle(struct arena *arena, const char *what, const char *who);
void run_bundle_done(void);

#endif
