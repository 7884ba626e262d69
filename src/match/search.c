#include "match/search.h"

#include <assert.h>
#include <string.h>

#include "finger/code.h"
#include "match/chance.h"
#include "match/snapshot.h"

/* People go on from the first look to the full comparison cell by cell: the GO_ON best of
 * each.  A cell is a tenth of the people who may be searched, in the gallery's order, but
 * CELL_MIN to CELL_MAX: so about 200 people go on from small galleries and one in 200 from
 * large ones.  A cell is never divided: so the answer does not depend on the number of
 * parts; whom the filter leaves out is in no cell: so it does not depend on them either.
 * Where few may be searched, all of them are compared in full. */
#define GO_ON     20U
#define CELLS     10U
#define CELL_MIN  256U
#define CELL_MAX  4096U
#define ALL_BELOW 64U

struct ranked {
	unsigned look; /* sum over the probe's fingers */
	const struct gallery_person *person;
};

struct shortlist {
	unsigned count;
	struct ranked best[GO_ON];
};

/* People of a block, one bit each. */
struct people {
	uint64_t word[GALLERY_BLOCK / 64];
};

/* People counted into cells. */
struct cells {
	uint64_t size;
	uint64_t people; /* counted so far */
	uint64_t cell;
	uint64_t end; /* of this cell */
};

/* One search as its functions see it. */
struct search {
	const struct search_filter *filter; /* or NULL */
	uint64_t at;                        /* the cell that list is of */
	struct shortlist list;
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

static bool among(const struct people *p, unsigned i)
{
	return (p->word[i / 64] >> i % 64 & 1) != 0;
}

static unsigned count(const struct people *p)
{
	unsigned n = 0;

	for (unsigned k = 0; k < GALLERY_BLOCK / 64; k++) {
		n += (unsigned)__builtin_popcountll(p->word[k]);
	}
	return n;
}

/* Whom of a block the filter lets through. */
static void let_through(const struct search_filter *f, const struct gallery_block *b,
			struct people *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < b->count; i++) {
		const struct gallery_label *l = &b->label[i];
		uint64_t may = f == NULL || (l->until >= f->today &&
					     (f->group[l->group / 8] >> l->group % 8 & 1) != 0);

		out->word[i / 64] |= may << i % 64;
	}
}

static uint64_t let_through_all(const struct search_filter *f, const struct gallery_snapshot *s)
{
	struct people in;
	uint64_t n = 0;

	for (size_t i = 0; i < s->blocks; i++) {
		let_through(f, s->block[i], &in);
		n += count(&in);
	}
	return n;
}

/* The best look of each person with the codes of one position. */
static void look_at(const struct search *s, const struct code_probe *probe,
		    const struct gallery_block *b, unsigned position, const struct people *in,
		    unsigned best[GALLERY_BLOCK])
{
	for (unsigned k = b->begin[position]; k < b->begin[position + 1]; k++) {
		unsigned who = b->owner[k];

		if (among(in, who)) {
			unsigned v = code_alike(probe, &b->code[k]);

			best[who] = v > best[who] ? v : best[who];
			s->out->looked++;
		}
	}
}

/* How much each of these people of a block looks like the probe. */
static void first_look(const struct search *s, const struct gallery_block *b,
		       const struct people *in, unsigned look[GALLERY_BLOCK])
{
	memset(look, 0, GALLERY_BLOCK * sizeof(*look));
	for (size_t i = 0; i < s->n; i++) {
		unsigned best[GALLERY_BLOCK] = { 0 };

		for (unsigned p = 0; p < GALLERY_POSITIONS; p++) {
			if (may_be(s->probe[i], (uint8_t)p)) {
				look_at(s, s->code[i], b, p, in, best);
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

/* The cell is complete: compare its best in full. */
static int end_cell(struct search *s)
{
	int err = ERR_OK;

	for (unsigned i = 0; i < s->list.count && err == ERR_OK; i++) {
		err = compare_person(s, s->list.best[i].person);
	}
	s->list.count = 0;
	return err;
}

/* The cell of the next one. */
static uint64_t next_cell(struct cells *c)
{
	if (c->people++ == c->end) {
		c->cell++;
		c->end += c->size;
	}
	return c->cell;
}

/* Leave of the people of a block those in this part's cells. */
static void ours(struct cells *cells, unsigned part, unsigned parts, struct people *in)
{
	for (unsigned i = 0; i < GALLERY_BLOCK; i++) {
		if (among(in, i) && next_cell(cells) % parts != part) {
			in->word[i / 64] &= ~(UINT64_C(1) << i % 64);
		}
	}
}

/* Of all who may be searched, those in this part. */
static int search_block(struct search *s, const struct gallery_block *b, struct cells cells,
			const struct people *all, const struct people *in)
{
	unsigned look[GALLERY_BLOCK];
	int err = ERR_OK;

	first_look(s, b, in, look);
	for (unsigned i = 0; i < b->count && err == ERR_OK; i++) {
		uint64_t cell = among(all, i) ? next_cell(&cells) : 0;

		if (!among(in, i)) {
			continue;
		}
		if (cell != s->at) {
			err = end_cell(s);
			s->at = cell;
		}
		rank(&s->list, (struct ranked){ look[i], b->person[i] });
	}
	return err;
}

static int search_blocks(struct search *s, const struct gallery_snapshot *snapshot, uint64_t size,
			 unsigned part, unsigned parts)
{
	struct cells cells = { .size = size, .end = size };
	int err = ERR_OK;

	for (size_t i = 0; i < snapshot->blocks && err == ERR_OK; i++) {
		struct cells start = cells;
		struct people all;
		struct people in;

		let_through(s->filter, snapshot->block[i], &all);
		in = all;
		ours(&cells, part, parts, &in);
		if (count(&in) > 0) {
			err = search_block(s, snapshot->block[i], start, &all, &in);
		}
		s->out->people += count(&in);
	}
	return err == ERR_OK ? end_cell(s) : err;
}

static int search_cells(struct search *s, const struct gallery_snapshot *snapshot, uint64_t people,
			unsigned part, unsigned parts)
{
	uint64_t size = (people + CELLS - 1) / CELLS;
	int err = ERR_OK;

	size = size < CELL_MIN ? CELL_MIN : size > CELL_MAX ? CELL_MAX : size;
	for (size_t i = 0; i < s->n && err == ERR_OK; i++) {
		struct finger_code code;

		code_make(s->probe[i], &code);
		err = code_probe_new(&code, &s->code[i]);
	}
	if (err == ERR_OK) {
		err = search_blocks(s, snapshot, size, part, parts);
	}
	for (size_t i = 0; i < s->n; i++) {
		code_probe_free(s->code[i]);
	}
	return err;
}

/* Everybody, one after the other in turn. */
static int search_all(const struct search *s, const struct gallery_snapshot *snapshot,
		      unsigned part, unsigned parts)
{
	uint64_t before = 0;
	int err = ERR_OK;

	for (size_t k = 0; k < snapshot->blocks; k++) {
		const struct gallery_block *b = snapshot->block[k];
		struct people in;

		let_through(s->filter, b, &in);
		for (unsigned i = 0; i < b->count && err == ERR_OK; i++) {
			if (among(&in, i) && before++ % parts == part) {
				err = compare_person(s, b->person[i]);
				s->out->people++;
			}
		}
	}
	return err;
}

int search_part(const struct gallery_snapshot *s, struct finger_template *const *probe, size_t n,
		const struct search_filter *filter, unsigned part, unsigned parts,
		struct search_result *out)
{
	struct search search = { .filter = filter, .probe = probe, .n = n, .out = out };
	uint64_t people;

	if (n == 0 || n > SEARCH_PROBES_MAX || parts == 0 || part >= parts) {
		return ERR_RANGE;
	}
	memset(out, 0, sizeof(*out));
	people = filter != NULL ? let_through_all(filter, s) : s->people;
	return people <= ALL_BELOW ? search_all(&search, s, part, parts)
				   : search_cells(&search, s, people, part, parts);
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
