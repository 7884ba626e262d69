/* How the structs of a question look in Lua: one list of fields for both directions.
 *
 * Questions push structs; tests of policies read them.  Numbers of the format become plain
 * words: notice type "red", group "match", purposes { "locate", "border" }. */
#ifndef POLICY_SHAPE_H
#define POLICY_SHAPE_H

#include <lua.h>

#include "base/arena.h"
#include "policy/policy.h"

/* A number and its word; {0, NULL} at the end. */
struct shape_word {
	uint64_t value;
	const char *word;
};

enum shape_type {
	SHAPE_TEXT,  /* struct bytes */
	SHAPE_CODES, /* struct bytes of alpha-3 codes, one after the other; in Lua an array */
	SHAPE_WORD,  /* uint64_t with words; 0 without a word is left out */
	SHAPE_WORDS, /* uint64_t of bits with words; in Lua an array */
	SHAPE_BOOL,  /* bool */
	SHAPE_FLAG,  /* uint64_t, 0 or 1 */
	SHAPE_COUNT, /* uint64_t */
};

struct shape_field {
	const char *name;
	enum shape_type type;
	size_t offset;
	const struct shape_word *words;
};

/* A record as classify() sees it; the notice stands first, so its fields fit both. */
struct shape_written {
	struct notice notice;
	uint64_t group; /* enum label_group */
	struct bytes region;
};

/* Each ends with a field whose name is NULL. */
extern const struct shape_field shape_class[], shape_peer[], shape_encounter[];
extern const struct shape_field shape_notice[], shape_written[];
extern const struct shape_word shape_rights[], shape_disclosures[], shape_sensitivities[];

/* The word of a value; "unknown" when there is none. */
const char *shape_name(const struct shape_word *words, uint64_t value);
/* The value of the word at the index; false when it is none. */
bool shape_value(lua_State *L, int index, const struct shape_word *words, uint64_t *value);
/* Do two structs have the same in all fields? */
bool shape_same(const struct shape_field *fields, const void *a, const void *b);
/* Push a table with the fields of the struct. */
void shape_push(lua_State *L, const struct shape_field *fields, const void *data);
/* Fill in what the table at the index names; raises an error that names `what` and the field
 * when one is unknown or of another type.  Texts are copied to the arena. */
void shape_read(lua_State *L, int index, const struct shape_field *fields, const char *what,
		void *data, struct arena *arena);

#endif
