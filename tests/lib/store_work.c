#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/store_sample.h"
#include "tests/lib/store_work.h"

/* Transaction n keeps the entries 3n, 3n + 1 and 3n + 2, erases entry 3(n - 2) with a
 * tombstone, drops entry 3(n - 3) + 1, adds an audit line and a job, settles the job before
 * it, and notes n; it also makes a mess under a mark and takes it back. */
#define PER 3U

static unsigned size_of(uint64_t i)
{
	return i % PER == 2 ? 16 : 4; /* 16 KB: more than one page; 256 bytes */
}

static bool is_erased(uint64_t i, unsigned k)
{
	return i % PER == 0 && i / PER + 2 <= k;
}

static bool is_dropped(uint64_t i, unsigned k)
{
	return i % PER == 1 && i / PER + 3 <= k;
}

static struct bytes text_of(unsigned n, char room[16])
{
	return (struct bytes){ (uint8_t *)room, (size_t)snprintf(room, 16, "%u", n) };
}

static int put(struct store *s, uint64_t i)
{
	struct arena arena;
	struct entry e;
	int rc;

	arena_init(&arena, 0);
	e = store_sample_entry(&arena, i, size_of(i));
	rc = store_put(s, &e, NULL);
	arena_done(&arena);
	return rc;
}

/* Remembered, since they are asked for again and again. */
static void id_of(uint64_t i, uint8_t id[ENTRY_ID_BYTES])
{
	static uint8_t known[256][ENTRY_ID_BYTES];
	static bool is_known[256];
	struct arena arena;
	struct entry e;

	if (i < 256 && is_known[i]) {
		memcpy(id, known[i], ENTRY_ID_BYTES);
		return;
	}
	arena_init(&arena, 0);
	e = store_sample_entry(&arena, i, size_of(i));
	memcpy(id, e.id, ENTRY_ID_BYTES);
	if (i < 256) {
		memcpy(known[i], id, ENTRY_ID_BYTES);
		is_known[i] = true;
	}
	arena_done(&arena);
}

static int make_and_undo_a_mess(struct store *s, unsigned n)
{
	int rc = store_mark(s);

	if (rc == ERR_OK) {
		rc = put(s, 1000000 + n);
	}
	if (rc == ERR_OK) {
		rc = store_audit(s, bytes_of("never"), NULL);
	}
	return rc == ERR_OK ? store_undo(s) : rc;
}

static int remove_old(struct store *s, unsigned n)
{
	uint8_t id[ENTRY_ID_BYTES];
	int rc = ERR_OK;

	if (n > 2) {
		id_of((uint64_t)(n - 2) * PER, id);
		rc = store_erase(s, id, STORE_SAMPLE_DAY + 200);
	}
	if (rc == ERR_OK && n > 3) {
		id_of((uint64_t)(n - 3) * PER + 1, id);
		rc = store_drop(s, id);
	}
	return rc;
}

static int do_jobs(struct store *s, unsigned n, struct bytes text)
{
	int rc = store_enqueue(s, "work", text, text);

	return rc == ERR_OK && n > 1 ? store_settle(s, n - 1) : rc;
}

int store_work_do(struct store *s, unsigned n)
{
	char room[16];
	struct bytes text = text_of(n, room);
	int rc = store_begin(s);

	for (unsigned i = 0; rc == ERR_OK && i < PER; i++) {
		rc = put(s, (uint64_t)n * PER + i);
	}
	if (rc == ERR_OK) {
		rc = make_and_undo_a_mess(s, n);
	}
	if (rc == ERR_OK) {
		rc = remove_old(s, n);
	}
	if (rc == ERR_OK) {
		rc = store_audit(s, text, NULL);
	}
	if (rc == ERR_OK) {
		rc = do_jobs(s, n, text);
	}
	if (rc == ERR_OK) {
		rc = store_set(s, "done", text);
	}
	if (rc == ERR_OK) {
		rc = store_commit(s);
	}
	if (rc != ERR_OK) {
		store_rollback(s);
	}
	return rc;
}

unsigned store_work_done(struct store *s)
{
	struct arena arena;
	struct bytes text = { NULL, 0 };
	unsigned n = 0;
	int rc;

	arena_init(&arena, 0);
	rc = store_value(s, "done", &arena, &text);
	assert_true(rc == ERR_OK || rc == ERR_NOTFOUND);
	for (size_t i = 0; i < text.len; i++) {
		n = n * 10 + text.data[i] - '0';
	}
	arena_done(&arena);
	return n;
}

struct walk {
	unsigned k;
	uint64_t next; /* entry, line */
	uint64_t last_number;
};

static int check_entry(void *context, const struct store_entry *found)
{
	struct walk *w = context;

	while (is_erased(w->next, w->k) || is_dropped(w->next, w->k)) {
		w->next++;
	}
	assert_true(found->number > w->last_number);
	assert_true(store_sample_is(&found->entry, w->next, size_of(w->next)));
	w->last_number = found->number;
	w->next++;
	return ERR_OK;
}

static int check_line(void *context, uint64_t number, struct bytes line)
{
	struct walk *w = context;
	char room[16];

	assert_int_equal(number, ++w->next);
	assert_true(bytes_equal(line, text_of((unsigned)number, room)));
	return ERR_OK;
}

static int check_erased(void *context, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	struct walk *w = context;

	(void)id;
	assert_int_equal(expiry_day, STORE_SAMPLE_DAY + 200);
	w->next++;
	return ERR_OK;
}

static void check_ids(struct store *s, unsigned k)
{
	for (uint64_t i = PER; i < (uint64_t)(k + 2) * PER; i++) {
		uint8_t id[ENTRY_ID_BYTES];
		bool is_kept = i < (uint64_t)(k + 1) * PER && !is_erased(i, k) && !is_dropped(i, k);

		id_of(i, id);
		assert_int_equal(store_has(s, id), is_kept);
		assert_int_equal(store_is_erased(s, id), is_erased(i, k));
	}
}

void store_work_check(struct store *s, unsigned k)
{
	struct walk entries = { .k = k, .next = PER };
	struct walk lines = { .k = k };
	struct walk erased = { .k = k };
	uint8_t cursor[STORE_CURSOR_BYTES] = { 0 };
	unsigned gone = (k > 2 ? k - 2 : 0) + (k > 3 ? k - 3 : 0);
	struct store_counts counts;

	assert_int_equal(store_changes(s, cursor, INT32_MAX, check_entry, &entries), ERR_OK);
	assert_int_equal(entries.next, (uint64_t)(k + 1) * PER);
	assert_int_equal(store_each_audit(s, 0, INT32_MAX, check_line, &lines), ERR_OK);
	assert_int_equal(lines.next, k);
	assert_int_equal(store_each_erased(s, check_erased, &erased), ERR_OK);
	assert_int_equal(erased.next, k > 2 ? k - 2 : 0);
	check_ids(s, k);
	assert_int_equal(store_count(s, &counts), ERR_OK);
	assert_int_equal(counts.entries, k * PER - gone);
	assert_int_equal(counts.erased, k > 2 ? k - 2 : 0);
	assert_int_equal(counts.audit, k);
	assert_int_equal(counts.jobs, k > 0);
	assert_true(counts.bytes > 0);
}
