#include "sync/sketch.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define CHECK_BITS 16U
#define CHECK_MASK 0xffffU
#define BEYOND     65534U /* no cell; (j + 1) * (j + 2) stays below 2^32 */
#define GUESS_MAX  (1U << 20)
#define GUESS_STEP 256U
#define EMPTY_MIN  4U
#define MIXTURES   64U

/* ---- where a name goes ---- */

struct walk {
	uint64_t state;
	uint32_t at;
};

static uint64_t hash(const uint8_t key[SIPHASH_KEY_BYTES], uint64_t name)
{
	uint8_t bytes[SKETCH_NAME_BYTES];

	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = (uint8_t)(name >> (40 - 8 * i));
	}
	return siphash_24(key, bytes, sizeof bytes);
}

/* From cell i the next is beyond j with probability (i+1)(i+2) / (j+1)(j+2), which is the
 * product of 1 - 1 / (1 + k/2) for k from i + 1 to j.  The smallest j for which that is below
 * a uniform u is guessed in floating point and made exact in integers, so that all machines
 * come to the same. */
static void walk_on(struct walk *w)
{
	uint64_t low = ((uint64_t)w->at + 1) * ((uint64_t)w->at + 2);
	uint64_t u, j;
	float guess;

	w->state = w->state * 6364136223846793005U + 1442695040888963407U;
	u = (w->state >> 32) + 1;
	guess = sqrtf((float)(int64_t)(low << 32) / (float)(int64_t)u) - 0.5F;
	if (guess >= (float)(BEYOND - 1)) {
		w->at = BEYOND;
		return;
	}
	j = (uint64_t)guess;
	while ((j + 1) * (j + 2) * u <= low << 32) {
		j++;
	}
	while (j > w->at + 1 && j * (j + 1) * u > low << 32) {
		j--;
	}
	w->at = (uint32_t)j;
}

static uint64_t cell_of(uint64_t name, uint64_t h)
{
	return name << CHECK_BITS | (h & CHECK_MASK);
}

uint64_t sketch_name(const uint8_t *id)
{
	uint64_t name = 0;

	for (size_t i = 0; i < SKETCH_NAME_BYTES; i++) {
		name = name << 8 | id[i];
	}
	return name;
}

void sketch_put(struct sketch *s, const uint8_t key[SIPHASH_KEY_BYTES], uint64_t name, int times)
{
	uint64_t h = hash(key, name);
	uint64_t cell = cell_of(name, h);

	s->cells[0] ^= cell;
	for (struct walk w = { h, 0 }; walk_on(&w), w.at < SKETCH_CELLS;) {
		s->cells[w.at] ^= cell;
		if (w.at <= SKETCH_COUNTS) {
			s->counts[w.at - 1] += (uint32_t)times;
		}
	}
}

void sketch_cells(uint64_t *cells, size_t from, size_t to, const uint8_t key[SIPHASH_KEY_BYTES],
		  uint64_t name)
{
	uint64_t h = hash(key, name);
	uint64_t cell = cell_of(name, h);

	for (struct walk w = { h, 0 }; w.at < to; walk_on(&w)) {
		if (w.at >= from) {
			cells[w.at - from] ^= cell;
		}
	}
}

void sketch_count(uint32_t counts[SKETCH_COUNTS], const uint8_t key[SIPHASH_KEY_BYTES],
		  uint64_t name)
{
	for (struct walk w = { hash(key, name), 0 }; walk_on(&w), w.at <= SKETCH_COUNTS;) {
		counts[w.at - 1]++;
	}
}

/* ---- what a difference says ---- */

/* Does the cell hold one name?  Its check fits, and the name goes there. */
static bool is_single(const uint8_t key[SIPHASH_KEY_BYTES], uint64_t cell, size_t at, uint64_t *h)
{
	struct walk w;

	*h = hash(key, cell >> CHECK_BITS);
	if (((*h ^ cell) & CHECK_MASK) != 0) {
		return false;
	}
	for (w = (struct walk){ *h, 0 }; w.at < at; walk_on(&w)) {
		continue;
	}
	return w.at == at;
}

struct peeling {
	uint64_t *cells;
	bool *looked; /* at this cell since it changed last */
	uint64_t *names;
	size_t n, found;
};

/* Does cell i hold one name?  Then take it out of all its cells. */
static bool take_out(struct peeling *p, const uint8_t key[SIPHASH_KEY_BYTES], size_t i)
{
	uint64_t cell = p->cells[i];
	uint64_t h;

	if (cell == 0 || p->looked[i]) {
		return false;
	}
	p->looked[i] = true;
	if (p->found >= p->n || !is_single(key, cell, i, &h)) {
		return false;
	}
	p->names[p->found++] = cell >> CHECK_BITS;
	for (struct walk w = { h, 0 }; w.at < p->n; walk_on(&w)) {
		p->cells[w.at] ^= cell;
		p->looked[w.at] = false;
	}
	return true;
}

/* From the last cell to the first: a name is in few of the late cells, so a cell there that
 * seems to hold one does.  The first cells are mixtures to the end, and a mixture seems to be
 * one name once in 65,536 looks: they are looked at when nothing else is left, one by one. */
static bool peel(struct peeling *p, const uint8_t key[SIPHASH_KEY_BYTES])
{
	bool any = false;

	for (size_t i = p->n; i-- > MIXTURES;) {
		any |= take_out(p, key, i);
	}
	for (size_t i = p->n < MIXTURES ? p->n : MIXTURES; !any && i-- > 0;) {
		any = take_out(p, key, i);
	}
	return any;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nothing is left, and no name came twice, as it can in cells that were made up. */
static bool is_whole(struct peeling *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->cells[i] != 0) {
			return false;
		}
	}
	qsort(p->names, p->found, sizeof *p->names, by_value);
	for (size_t i = 1; i < p->found; i++) {
		if (p->names[i] == p->names[i - 1]) {
			return false;
		}
	}
	return true;
}

int sketch_decode(const uint8_t key[SIPHASH_KEY_BYTES], const uint64_t *cells, size_t n,
		  uint64_t **names, size_t *n_names)
{
	struct peeling p = { .n = n };
	int rc = ERR_NOMEM;

	p.cells = calloc(n + 1, sizeof *p.cells);
	p.looked = calloc(n + 1, sizeof *p.looked);
	p.names = calloc(n + 1, sizeof *p.names);
	if (p.cells != NULL && p.looked != NULL && p.names != NULL) {
		memcpy(p.cells, cells, n * sizeof *cells);
		while (peel(&p, key)) {
			continue;
		}
		rc = is_whole(&p) ? ERR_OK : ERR_NOTFOUND;
	}
	free(p.cells);
	free(p.looked);
	if (rc == ERR_OK) {
		*names = p.names;
		*n_names = p.found;
	} else {
		free(p.names);
	}
	return rc;
}

/* ---- how large a difference ---- */

/* Of a names more there and b more here, cell i has a - b more in the mean, and the variance
 * of that is (a + b) p (1 - p). */
size_t sketch_guess(const uint32_t ours[SKETCH_COUNTS], const uint32_t theirs[SKETCH_COUNTS],
		    size_t from, size_t to, int64_t larger)
{
	double sum = 0;
	double least = fabs((double)larger);

	for (size_t i = from; i < to; i++) {
		double p = 1 / (1 + (double)(i + 1) / 2);
		int64_t expected = llround((double)larger * p);
		int8_t off = (int8_t)(uint8_t)((uint64_t)theirs[i] - ours[i] - (uint64_t)expected);

		sum += (double)off * off / (p * (1 - p));
	}
	sum /= (double)(to - from);
	return (size_t)(sum > least ? sum : least);
}

/* How many of n cells are empty when d names differ? */
static double empty_cells(double d, size_t n)
{
	size_t step = n / GUESS_STEP + 1;
	double sum = 0;

	for (size_t i = 0; i < n; i += step) {
		sum += exp(-d / (1 + (double)i / 2)) * (double)(n - i < step ? n - i : step);
	}
	return sum;
}

size_t sketch_guess_cells(const uint64_t *cells, size_t n)
{
	size_t low = 1, high = GUESS_MAX;
	double empty = 0;

	for (size_t i = 0; i < n; i++) {
		empty += cells[i] == 0;
	}
	if (empty < EMPTY_MIN) {
		return 0;
	}
	while (high - low > 1 + low / 64) {
		size_t mid = (low + high) / 2;

		if (empty_cells((double)mid, n) > empty) {
			low = mid;
		} else {
			high = mid;
		}
	}
	return low;
}
