#include "match/search.h"

#include <assert.h>
#include <string.h>

#include "finger/code.h"
#include "match/chance.h"
#include "match/snapshot.h"

/* People go on from the first look to the full comparison cell by cell: the GO_ON best of
 * each.  A cell is as many blocks as make a tenth of the gallery, at most CELL_BLOCKS, so
 * that about 200 people go on from small galleries and one in 200 from large ones.  A cell
 * is never divided: so the answer does not depend on the number of parts.  Small galleries
 * are compared in full. */
#define GO_ON       20U
#define CELLS       10U
#define CELL_BLOCKS 16U
#define ALL_BELOW   64U

struct ranked {
	unsigned look; /* sum over the probe's fingers */
	const struct gallery_person *person;
};

struct shortlist {
	unsigned count;
	struct ranked best[GO_ON];
};

/* One search as its functions see it. */
struct search {
	struct finger_template *const *probe;
	struct code_probe *code[SEARCH_PROBES_MAX]; /* owned */
	size_t n;
	struct search_result *out;
};

static bool may_be(const struct finger_template *probe, uint8_t position)
{
	uint8_t p = finger_template_position(probe);

	return p == position || p == 0 || position == 0;
}

/* How much each person of a block looks like the probe. */
static void first_look(const struct search *s, const struct gallery_block *b,
		       unsigned look[GALLERY_BLOCK])
{
	memset(look, 0, GALLERY_BLOCK * sizeof(*look));
	for (size_t i = 0; i < s->n; i++) {
		unsigned best[GALLERY_BLOCK] = { 0 };

		for (unsigned k = 0; k < b->codes; k++) {
			unsigned who = b->owner[k].person;

			if (may_be(s->probe[i], b->owner[k].position)) {
				unsigned v = code_alike(s->code[i], &b->code[k]);

				best[who] = v > best[who] ? v : best[who];
				s->out->looked++;
			}
		}
		for (unsigned k = 0; k < b->count; k++) {
			look[k] += best[k];
		}
	}
}

/* Does a stand before b in the list?  Equal scores stand in the order of the ids. */
static bool before(const struct search_candidate *a, const struct search_candidate *b)
{
	if (a->score != b->score) {
		return a->score > b->score;
	}
	return memcmp(a->person, b->person, GALLERY_PERSON_BYTES) < 0;
}

static void insert(struct search_result *r, const struct search_candidate *c)
{
	size_t k;

	if (r->count == SEARCH_CANDIDATES_MAX &&
	    !before(c, &r->candidate[SEARCH_CANDIDATES_MAX - 1])) {
		return;
	}
	k = r->count < SEARCH_CANDIDATES_MAX ? r->count++ : SEARCH_CANDIDATES_MAX - 1;
	for (; k > 0 && before(c, &r->candidate[k - 1]); k--) {
		r->candidate[k] = r->candidate[k - 1];
	}
	r->candidate[k] = *c;
}

static int compare_person(const struct search *s, const struct gallery_person *person)
{
	struct search_candidate c = { 0 };
	int best[SEARCH_PROBES_MAX] = { 0 };
	bool any[SEARCH_PROBES_MAX] = { false };

	memcpy(c.person, person->id, GALLERY_PERSON_BYTES);
	for (unsigned k = 0; k < person->count; k++) {
		struct finger_template *t = NULL;

		for (size_t i = 0; i < s->n; i++) {
			int score;

			if (!may_be(s->probe[i], finger_card_position(person->finger[k]))) {
				continue;
			}
			if (t == NULL && finger_card_open(person->finger[k], &t) != ERR_OK) {
				return ERR_NOMEM;
			}
			score = finger_compare(s->probe[i], t);
			best[i] = !any[i] || score > best[i] ? score : best[i];
			any[i] = true;
			s->out->compared++;
		}
		finger_template_unref(t);
	}
	for (size_t i = 0; i < s->n; i++) {
		c.score += best[i];
		c.fingers = (uint8_t)(c.fingers + any[i]);
	}
	if (c.fingers > 0) {
		insert(s->out, &c);
	}
	return ERR_OK;
}

/* Equal looks go by id, because places in the gallery change. */
static bool looks_better(const struct ranked *a, const struct ranked *b)
{
	if (a->look != b->look) {
		return a->look > b->look;
	}
	return memcmp(a->person->id, b->person->id, GALLERY_PERSON_BYTES) < 0;
}

static void rank(struct shortlist *list, struct ranked r)
{
	unsigned k;

	if (list->count == GO_ON && !looks_better(&r, &list->best[GO_ON - 1])) {
		return;
	}
	k = list->count < GO_ON ? list->count++ : GO_ON - 1;
	for (; k > 0 && looks_better(&r, &list->best[k - 1]); k--) {
		list->best[k] = list->best[k - 1];
	}
	list->best[k] = r;
}

static int search_cell(const struct search *s, struct gallery_block *const *block, size_t blocks)
{
	struct shortlist list = { .count = 0 };
	int err = ERR_OK;

	for (size_t k = 0; k < blocks; k++) {
		unsigned look[GALLERY_BLOCK];

		first_look(s, block[k], look);
		for (unsigned i = 0; i < block[k]->count; i++) {
			rank(&list, (struct ranked){ look[i], block[k]->person[i] });
		}
		s->out->people += block[k]->count;
	}
	for (unsigned i = 0; i < list.count && err == ERR_OK; i++) {
		err = compare_person(s, list.best[i].person);
	}
	return err;
}

static int search_all(const struct search *s, const struct gallery_block *b)
{
	int err = ERR_OK;

	for (unsigned i = 0; i < b->count && err == ERR_OK; i++) {
		err = compare_person(s, b->person[i]);
	}
	s->out->people += b->count;
	return err;
}

static int search_cells(struct search *s, const struct gallery_snapshot *snapshot, unsigned part,
			unsigned parts)
{
	size_t size = snapshot->blocks / CELLS;
	int err = ERR_OK;

	size = size < 1 ? 1 : size > CELL_BLOCKS ? CELL_BLOCKS : size;
	for (size_t i = 0; i < s->n && err == ERR_OK; i++) {
		struct finger_code code;

		code_make(s->probe[i], &code);
		err = code_probe_new(&code, &s->code[i]);
	}
	for (size_t i = part * size; i < snapshot->blocks && err == ERR_OK; i += parts * size) {
		size_t left = snapshot->blocks - i;

		err = search_cell(s, &snapshot->block[i], left < size ? left : size);
	}
	for (size_t i = 0; i < s->n; i++) {
		code_probe_free(s->code[i]);
	}
	return err;
}

int search_part(const struct gallery_snapshot *s, struct finger_template *const *probe, size_t n,
		unsigned part, unsigned parts, struct search_result *out)
{
	struct search search = { .probe = probe, .n = n, .out = out };
	int err = ERR_OK;

	if (n == 0 || n > SEARCH_PROBES_MAX || parts == 0 || part >= parts) {
		return ERR_RANGE;
	}
	memset(out, 0, sizeof(*out));
	if (s->people > ALL_BELOW) {
		return search_cells(&search, s, part, parts);
	}
	for (size_t i = part; i < s->blocks && err == ERR_OK; i += parts) {
		err = search_all(&search, s->block[i]);
	}
	return err;
}

void search_merge(struct search_result *a, const struct search_result *b)
{
	for (size_t i = 0; i < b->count; i++) {
		insert(a, &b->candidate[i]);
	}
	a->people += b->people;
	a->looked += b->looked;
	a->compared += b->compared;
}

int search_threshold(uint64_t people, unsigned probe_fingers, double fpir)
{
	double n = people > 1 ? (double)people : 1.0;
	double rate = fpir > 1e-9 ? (fpir < 1.0 ? fpir : 1.0) : 1e-9;
	unsigned fingers = probe_fingers > 1 ? probe_fingers : 1;

	return chance_threshold(fingers < CHANCE_FINGERS_MAX ? fingers : CHANCE_FINGERS_MAX,
				rate / n);
}

bool search_reaches(const struct search_candidate *c, uint64_t people, double fpir)
{
	return c->fingers > 0 && c->score >= search_threshold(people, c->fingers, fpir);
}
