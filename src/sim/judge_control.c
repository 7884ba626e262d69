/* What the judge learns from the entries that all members read: rights, members, erasures. */
#include "sim/judge_inside.h"
#include "trust/passport.h"
#include "trust/seal.h"

void judge_control_key(const uint8_t node[ENTRY_NODE_BYTES],
		       const uint8_t class_id[ENTRY_CLASS_BYTES], uint8_t key[MAP_KEY_BYTES])
{
	for (size_t i = 0; i < MAP_KEY_BYTES; i++) {
		key[i] = node[i] ^ class_id[i];
	}
}

static void note_rights(struct judge *j)
{
	buf_clear(&j->classes);
	for (size_t i = 0; i < members_class_count(j->members); i++) {
		const uint8_t *id = members_class(j->members, i, NULL);

		buf_put(&j->classes, id, ENTRY_CLASS_BYTES);
		for (size_t k = 0; k < members_count(j->members); k++) {
			const struct passport *p = members_at(j->members, k);
			uint8_t key[MAP_KEY_BYTES];

			judge_control_key(p->node, id, key);
			if (members_right(j->members, p->node, id) >= RIGHT_RELAY) {
				(void)map_put(&j->rights, key, j);
			}
		}
	}
}

static void note_erasure(struct judge *j, struct known *by, const struct erasure *erasure)
{
	const struct erased *x = erasure->erased.items;

	for (size_t i = 0; i < erasure->erased.count; i++) {
		struct known *k = map_get(&j->known, x[i].id);

		if (k != NULL && k->erasure == NULL &&
		    (by->author == j->headquarters ||
		     (by->author < j->count && by->author == k->author))) {
			k->erased_ms = crowd_now(j->crowd);
			k->erasure = by;
		}
	}
}

void judge_control_open(struct judge *j, struct known *k, const struct entry *e)
{
	struct passport_entry passport;
	struct roster roster;
	struct erasure erasure;
	struct arena arena;
	struct bytes body;
	bool hq = k->author == j->headquarters;

	arena_init(&arena, 0);
	if (seal_open_class(e, j->control_key, &arena, &body) != ERR_OK) {
		arena_done(&arena);
		return;
	}
	if (hq && e->header.kind == KIND_PASSPORT &&
	    schema_decode(&kinds_passport, body, &arena, &passport, NULL) == ERR_OK) {
		(void)members_passport(j->members, passport.signed_passport, NULL);
	} else if (hq && e->header.kind == KIND_ROSTER &&
		   schema_decode(&kinds_roster, body, &arena, &roster, NULL) == ERR_OK) {
		(void)members_roster(j->members, &roster);
		note_rights(j);
	} else if (e->header.kind == KIND_ERASURE &&
		   schema_decode(&kinds_erasure, body, &arena, &erasure, NULL) == ERR_OK) {
		note_erasure(j, k, &erasure);
	}
	arena_done(&arena);
}
