#include "tests/lib/schemas.h"

#include <stdlib.h>
#include <string.h>

#include "intake/worker.h"
#include "node/ask.h"
#include "node/ledger.h"
#include "node/parcel.h"
#include "record/kinds.h"
#include "trust/audit.h"
#include "trust/keys.h"
#include "trust/passport.h"

static const struct schema *const others[] = {
	&passport_schema,        &passport_request_schema, &passport_membership_schema,
	&passport_signed_schema, &passport_grant_schema,   &keys_file_schema,
	&keys_secrets_schema,    &audit_line_schema,       &ask_schema,
	&answer_schema,          &parcel_head_schema,      &parcel_receipt_schema,
	&parcel_end_schema,      &ledger_schema,
};

static const char *const verbs[] = {
	"status",        "passport.request",
	"passport.sign", "passport.install",
	"notice.add",    "notice.amend",
	"notice.block",  "notice.withdraw",
	"gallery",       "check",
	"case",          "queue",
	"review",        "action",
	"peers",         "audit",
	"bundle.export", "bundle.next",
	"bundle.import", "bundle.piece",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct schema *of_verb(size_t i)
{
	for (size_t v = 0; v < COUNT(verbs); v++) {
		const struct ask_verb *verb = ask_find(bytes_of(verbs[v]));
		const struct schema *both[2] = { NULL, NULL };

		if (verb == NULL) {
			abort();
		}
		both[0] = verb->ask;
		both[1] = verb->answer;
		for (size_t k = 0; k < 2; k++) {
			if (both[k] != NULL && i-- == 0) {
				return both[k];
			}
		}
	}
	return NULL;
}

const struct schema *schemas_at(size_t i)
{
	const struct schema *const *all = kinds_all();

	while (*all != NULL) {
		if (i-- == 0) {
			return *all;
		}
		all++;
	}
	return i < COUNT(others) ? others[i] : of_verb(i - COUNT(others));
}

uint64_t schemas_dice(uint64_t *dice)
{
	uint64_t z = *dice += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t *dice, uint64_t n)
{
	return schemas_dice(dice) % n;
}

/* Of all magnitudes, from 1. */
static uint64_t roll_number(uint64_t *dice, uint64_t max)
{
	uint64_t v = schemas_dice(dice) >> below(dice, 64);

	if (below(dice, 8) == 0) {
		return max;
	}
	return v > max || v == 0 ? 1 + (max > 1 ? below(dice, max) : 0) : v;
}

static struct bytes roll_bytes(const struct field *f, uint64_t *dice, struct arena *arena)
{
	uint64_t short_max = f->max < 40 ? f->max : 40;
	size_t len =
	    (size_t)(below(dice, 16) == 0 && f->max <= 8192 ? f->max : 1 + below(dice, short_max));
	uint8_t *p = arena_take(arena, len, 1);

	if (p == NULL) {
		abort();
	}
	for (size_t i = 0; i < len; i++) {
		p[i] = (uint8_t)schemas_dice(dice);
		if (f->type == FIELD_TEXT) {
			p[i] = (uint8_t)(' ' + p[i] % 95);
		}
	}
	return (struct bytes){ p, len };
}

static void roll_field(const struct field *f, uint64_t *dice, struct arena *arena, void *object);

static struct list roll_list(const struct field *f, uint64_t *dice, struct arena *arena)
{
	struct list list = { .count = (size_t)(1 + below(dice, f->max < 3 ? f->max : 3)) };

	list.items = arena_take(arena, list.count, f->of->size);
	if (list.items == NULL) {
		abort();
	}
	for (size_t i = 0; i < list.count; i++) {
		schemas_roll(f->of, dice, arena, (uint8_t *)list.items + i * f->of->size);
	}
	return list;
}

static void roll_field(const struct field *f, uint64_t *dice, struct arena *arena, void *object)
{
	uint8_t *p = (uint8_t *)object + f->offset;
	struct bytes b;
	struct list list;
	uint64_t v;

	switch (f->type) {
	case FIELD_UINT:
		v = roll_number(dice, f->max);
		v = v < f->min ? f->min : v;
		memcpy(p, &v, sizeof v);
		break;
	case FIELD_FIXED:
		for (size_t i = 0; i < f->max; i++) {
			p[i] = (uint8_t)schemas_dice(dice);
		}
		break;
	case FIELD_BYTES:
	case FIELD_TEXT:
		b = roll_bytes(f, dice, arena);
		memcpy(p, &b, sizeof b);
		break;
	case FIELD_STRUCT:
		schemas_roll(f->of, dice, arena, p);
		break;
	case FIELD_LIST:
		list = roll_list(f, dice, arena);
		memcpy(p, &list, sizeof list);
		break;
	}
}

/* Calls itself as deep as schemas are nested, at most SCHEMA_DEPTH_MAX. */
void schemas_roll(const struct schema *s, uint64_t *dice, struct arena *arena, void *object)
{
	memset(object, 0, s->size);
	for (size_t i = 0; i < s->count; i++) {
		if (s->fields[i].required || below(dice, 4) != 0) {
			roll_field(&s->fields[i], dice, arena, object);
		}
	}
}
