#include "tests/lib/unit.h"

#include "tests/lib/store_fixture.h"
#include "tests/lib/store_sample.h"

static unsigned next_number;

void store_fixture_url(const struct store_contract *backend, char url[STORE_FIXTURE_URL])
{
	backend->url(next_number++, url, STORE_FIXTURE_URL);
}

void store_fixture_open_new(struct fixture *f, void **state)
{
	*f = (struct fixture){ .backend = *state };
	store_fixture_url(f->backend, f->url);
	arena_init(&f->arena, 0);
	assert_int_equal(store_open(f->url, &f->s, NULL), ERR_OK);
}

void store_fixture_reopen(struct fixture *f)
{
	if (f->backend->is_durable) {
		store_close(f->s);
		assert_int_equal(store_open(f->url, &f->s, NULL), ERR_OK);
	}
}

void store_fixture_close_it(struct fixture *f)
{
	store_close(f->s);
	arena_done(&f->arena);
}

void store_fixture_begin(struct fixture *f)
{
	assert_int_equal(store_begin(f->s), ERR_OK);
}

void store_fixture_commit(struct fixture *f)
{
	assert_int_equal(store_commit(f->s), ERR_OK);
}

struct entry store_fixture_sample(struct fixture *f, uint64_t n)
{
	return store_sample_entry(&f->arena, n, STORE_FIXTURE_SIZE);
}

int store_fixture_put(struct fixture *f, uint64_t n)
{
	struct entry e = store_fixture_sample(f, n);

	return store_put(f->s, &e, NULL);
}

bool store_fixture_has(struct fixture *f, uint64_t n)
{
	return store_has(f->s, store_fixture_sample(f, n).id);
}

int store_fixture_drop(struct fixture *f, uint64_t n)
{
	return store_drop(f->s, store_fixture_sample(f, n).id);
}

int store_fixture_erase(struct fixture *f, uint64_t n, uint32_t day)
{
	return store_erase(f->s, store_fixture_sample(f, n).id, day);
}

void store_fixture_put_committed(struct fixture *f, uint64_t from, uint64_t to)
{
	store_fixture_begin(f);
	for (uint64_t n = from; n < to; n++) {
		assert_int_equal(store_fixture_put(f, n), ERR_OK);
	}
	store_fixture_commit(f);
}

struct store_counts store_fixture_count(struct fixture *f)
{
	struct store_counts counts;

	assert_int_equal(store_count(f->s, &counts), ERR_OK);
	return counts;
}
