#include "tests/lib/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "store/store.h"
#include "tests/lib/store_crowd.h"
#include "tests/lib/store_sample.h"

/* Four writers merge 240 times 60 versions into 400 keys: a version replaces the one before
 * only if it is greater.  Which version stands is a named value for each key; entries and
 * values must agree in the end, and the feed must have shown all that stands. */
#define WRITERS  4U
#define MERGES   240U
#define PER      60U
#define KEYS     400U
#define VERSIONS 1000U
#define SMALL    0U /* size class: 64 bytes */

struct crowd {
	const char *url;
	pthread_mutex_t lock;
	struct store *shared; /* NULL when each has its own */
	unsigned merges_left;
	bool is_over;
};

struct reader {
	bool seen[KEYS][VERSIONS];
	uint8_t cursor[STORE_CURSOR_BYTES];
};

static struct store *enter(struct crowd *c, struct store *own)
{
	if (c->shared != NULL) {
		(void)pthread_mutex_lock(&c->lock);
		return c->shared;
	}
	return own;
}

static void leave(struct crowd *c)
{
	if (c->shared != NULL) {
		(void)pthread_mutex_unlock(&c->lock);
	}
}

static unsigned standing(struct store *s, const char *key, struct arena *arena)
{
	struct bytes value;

	return store_value(s, key, arena, &value) == ERR_OK ? value.data[0] * 256U + value.data[1]
							    : 0;
}

/* Version 0 means none. */
static int merge_one(struct store *s, unsigned key, unsigned version, struct arena *arena)
{
	uint8_t value[2] = { (uint8_t)(version / 256), (uint8_t)version };
	struct entry e = store_sample_entry(arena, (uint64_t)key * VERSIONS + version, SMALL);
	char name[16];
	unsigned before;
	int rc;

	(void)snprintf(name, sizeof name, "key-%u", key);
	before = standing(s, name, arena);
	if (before >= version) {
		return ERR_OK;
	}
	rc = store_put(s, &e, NULL);
	if (rc == ERR_OK && before > 0) {
		struct entry old =
		    store_sample_entry(arena, (uint64_t)key * VERSIONS + before, SMALL);

		rc = store_drop(s, old.id);
	}
	return rc == ERR_OK ? store_set(s, name, (struct bytes){ value, sizeof value }) : rc;
}

static int merge(struct store *s, uint64_t seed)
{
	uint64_t random = seed;
	struct arena arena;
	int rc = store_begin(s);

	arena_init(&arena, 0);
	/* Ascending keys, so that writers that lock rows do not wait for each other in a ring. */
	for (unsigned i = 0; rc == ERR_OK && i < PER; i++) {
		unsigned key = (unsigned)(i * KEYS / PER + store_sample_random(&random) % 6);
		unsigned version = 1 + (unsigned)(store_sample_random(&random) % (VERSIONS - 1));

		rc = merge_one(s, key, version, &arena);
	}
	arena_done(&arena);
	if (rc == ERR_OK && seed % 8 == 3) {
		store_rollback(s); /* now and then in vain */
	} else if (rc == ERR_OK) {
		rc = store_commit(s);
	} else {
		store_rollback(s);
	}
	return rc;
}

/* The next merge to do, 0 when there is none. */
static unsigned next_merge(struct crowd *c)
{
	unsigned merge_number;

	(void)pthread_mutex_lock(&c->lock);
	merge_number = c->merges_left;
	c->merges_left -= merge_number > 0;
	(void)pthread_mutex_unlock(&c->lock);
	return merge_number;
}

/* Threads return what went wrong; cmocka's assertions belong to the main one. */
static void *write_on(void *context)
{
	struct crowd *c = context;
	struct store *own = NULL;
	int rc = c->shared != NULL ? ERR_OK : store_open(c->url, &own, NULL);
	unsigned n;

	while (rc == ERR_OK && (n = next_merge(c)) > 0) {
		do {
			rc = merge(enter(c, own), n);
			leave(c);
		} while (rc == ERR_BUSY);
	}
	store_close(own);
	return (void *)(intptr_t)rc;
}

static int see(void *context, const struct store_entry *found)
{
	struct reader *r = context;
	uint64_t n = found->entry.header.sequence - 1;

	r->seen[n / VERSIONS][n % VERSIONS] = true;
	return ERR_OK;
}

static void *read_on(void *context)
{
	static struct reader reader;
	struct crowd *c = context;
	struct store *own = NULL;
	int rc = c->shared != NULL ? ERR_OK : store_open(c->url, &own, NULL);
	bool is_over = false;

	reader = (struct reader){ .cursor = { 0 } };
	while (rc == ERR_OK && !is_over) {
		(void)pthread_mutex_lock(&c->lock);
		is_over = c->is_over; /* asked before the last reading */
		(void)pthread_mutex_unlock(&c->lock);
		rc = store_changes(enter(c, own), reader.cursor, 500, see, &reader);
		leave(c);
	}
	for (int last = 0; rc == ERR_OK && last < 100; last++) {
		rc = store_changes(enter(c, own), reader.cursor, 500, see, &reader);
		leave(c);
	}
	store_close(own);
	return rc == ERR_OK ? &reader : NULL;
}

/* What must stand follows from the merges that were not taken back. */
static void expect(unsigned greatest[KEYS])
{
	memset(greatest, 0, KEYS * sizeof greatest[0]);
	for (uint64_t seed = 1; seed <= MERGES; seed++) {
		uint64_t random = seed;

		for (unsigned i = 0; seed % 8 != 3 && i < PER; i++) {
			unsigned key =
			    (unsigned)(i * KEYS / PER + store_sample_random(&random) % 6);
			unsigned version =
			    1 + (unsigned)(store_sample_random(&random) % (VERSIONS - 1));

			greatest[key] = version > greatest[key] ? version : greatest[key];
		}
	}
}

static void check(struct store *s, const struct reader *reader)
{
	unsigned greatest[KEYS];
	struct store_counts counts;
	struct arena arena;
	unsigned stand = 0;

	arena_init(&arena, 0);
	expect(greatest);
	for (unsigned key = 0; key < KEYS; key++) {
		char name[16];

		(void)snprintf(name, sizeof name, "key-%u", key);
		assert_int_equal(standing(s, name, &arena), greatest[key]);
		assert_true(greatest[key] == 0 || reader->seen[key][greatest[key]]);
		stand += greatest[key] > 0;
	}
	assert_int_equal(store_count(s, &counts), ERR_OK);
	assert_int_equal(counts.entries, stand);
	assert_true(stand > KEYS * 3 / 4);
	arena_done(&arena);
}

void store_crowd_run(const char *url, bool is_concurrent)
{
	struct crowd c = { .url = url, .merges_left = MERGES };
	pthread_t writers[WRITERS];
	pthread_t reading;
	struct store *s;
	void *result;

	assert_int_equal(store_open(url, &s, NULL), ERR_OK);
	c.shared = is_concurrent ? NULL : s;
	assert_int_equal(pthread_mutex_init(&c.lock, NULL), 0);
	assert_int_equal(pthread_create(&reading, NULL, read_on, &c), 0);
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_create(&writers[i], NULL, write_on, &c), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_join(writers[i], &result), 0);
		assert_null(result); /* ERR_OK */
	}
	(void)pthread_mutex_lock(&c.lock);
	c.is_over = true;
	(void)pthread_mutex_unlock(&c.lock);
	assert_int_equal(pthread_join(reading, &result), 0);
	assert_non_null(result);
	check(s, result);
	store_close(s);
	(void)pthread_mutex_destroy(&c.lock);
}
