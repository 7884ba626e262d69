#include "policy/shape.h"

#include <string.h>

#include <lauxlib.h>

#define CODE_BYTES 3
#define CODES_MAX  32

static const struct shape_word groups[] = {
	{ GROUP_CONTROL, "control" },
	{ GROUP_MATCH, "match" },
	{ GROUP_IDENTITY, "identity" },
	{ GROUP_CASE, "case" },
	{ GROUP_MAIL, "mail" },
	{ GROUP_OWN, "own" },
	{ 0, NULL },
};

static const struct shape_word closings[] = {
	{ CLOSED_NOT, "no" },
	{ CLOSED_IDENTITY, "identity" },
	{ CLOSED_ALL, "all" },
	{ 0, NULL },
};

static const struct shape_word purposes[] = {
	{ PURPOSE_LOCATE, "locate" },     { PURPOSE_IDENTIFY, "identify" },
	{ PURPOSE_MISSING, "missing" },   { PURPOSE_BORDER, "border" },
	{ PURPOSE_SECURITY, "security" }, { PURPOSE_CHILD, "child" },
	{ PURPOSE_ASYLUM, "asylum" },     { 0, NULL },
};

static const struct shape_word types[] = {
	{ NOTICE_UNDISCLOSED, "undisclosed" },
	{ NOTICE_RED, "red" },
	{ NOTICE_BLUE, "blue" },
	{ NOTICE_GREEN, "green" },
	{ NOTICE_YELLOW, "yellow" },
	{ NOTICE_BLACK, "black" },
	{ NOTICE_ORANGE, "orange" },
	{ NOTICE_UN_SPECIAL, "un-special" },
	{ NOTICE_DIFFUSION, "diffusion" },
	{ NOTICE_NATIONAL, "national" },
	{ 0, NULL },
};

static const struct shape_word statuses[] = {
	{ STATUS_ACTIVE, "active" },
	{ STATUS_BLOCKED, "blocked" },
	{ STATUS_WITHDRAWN, "withdrawn" },
	{ 0, NULL },
};

const struct shape_word shape_sensitivities[] = {
	{ SENSITIVITY_OPEN, "open" },
	{ SENSITIVITY_RESTRICTED, "restricted" },
	{ SENSITIVITY_CONFIDENTIAL, "confidential" },
	{ 0, NULL },
};

const struct shape_word shape_rights[] = {
	{ RIGHT_NONE, "none" },
	{ RIGHT_RELAY, "relay" },
	{ RIGHT_HOLD, "hold" },
	{ RIGHT_READ, "read" },
	{ 0, NULL },
};

const struct shape_word shape_disclosures[] = {
	{ DISCLOSE_NOTHING, "nothing" },
	{ DISCLOSE_REFERENCE, "reference" },
	{ DISCLOSE_FULL, "full" },
	{ 0, NULL },
};

#define ROW(s, lua_name, t, member, w)                                                             \
	{                                                                                          \
		.name = (lua_name), .type = (t), .offset = offsetof(s, member), .words = (w)       \
	}
#define END_ROW                                                                                    \
	{                                                                                          \
		.name = NULL                                                                       \
	}

const struct shape_field shape_class[] = {
	ROW(struct labels, "group", SHAPE_WORD, group, groups),
	ROW(struct labels, "owner", SHAPE_TEXT, owner, NULL),
	ROW(struct labels, "region", SHAPE_TEXT, region, NULL),
	ROW(struct labels, "purposes", SHAPE_WORDS, purposes, purposes),
	ROW(struct labels, "sensitivity", SHAPE_WORD, sensitivity, shape_sensitivities),
	ROW(struct labels, "exclude", SHAPE_CODES, exclude, NULL),
	ROW(struct labels, "closed", SHAPE_WORD, closed, closings),
	END_ROW,
};

const struct shape_field shape_peer[] = {
	ROW(struct policy_peer, "node", SHAPE_TEXT, node, NULL),
	ROW(struct policy_peer, "role", SHAPE_TEXT, role, NULL),
	ROW(struct policy_peer, "region", SHAPE_TEXT, region, NULL),
	ROW(struct policy_peer, "country", SHAPE_TEXT, country, NULL),
	ROW(struct policy_peer, "owner", SHAPE_TEXT, owner, NULL),
	END_ROW,
};

const struct shape_field shape_encounter[] = {
	ROW(struct policy_encounter, "purpose", SHAPE_WORD, purpose, purposes),
	ROW(struct policy_encounter, "operation", SHAPE_TEXT, operation, NULL),
	ROW(struct policy_encounter, "nationality", SHAPE_TEXT, nationality, NULL),
	ROW(struct policy_encounter, "minor", SHAPE_BOOL, minor, NULL),
	ROW(struct policy_encounter, "protection", SHAPE_BOOL, protection, NULL),
	ROW(struct policy_encounter, "fingers", SHAPE_BOOL, has_fingers, NULL),
	END_ROW,
};

/* No reference, no caveats: a policy decides by what a record is, not by which one. */
#define NOTICE_ROWS                                                                                \
	ROW(struct notice, "owner", SHAPE_TEXT, owner, NULL),                                      \
	    ROW(struct notice, "type", SHAPE_WORD, type, types),                                   \
	    ROW(struct notice, "status", SHAPE_WORD, status, statuses),                            \
	    ROW(struct notice, "purposes", SHAPE_WORDS, purposes, purposes),                       \
	    ROW(struct notice, "minor", SHAPE_FLAG, minor, NULL),                                  \
	    ROW(struct notice, "exclude", SHAPE_CODES, restrictions.exclude, NULL),                \
	    ROW(struct notice, "match_only", SHAPE_FLAG, restrictions.match_only, NULL),           \
	    ROW(struct notice, "relay_only", SHAPE_FLAG, restrictions.relay_only, NULL),           \
	    ROW(struct notice, "reviewers", SHAPE_COUNT, restrictions.reviewers, NULL)

const struct shape_field shape_notice[] = { NOTICE_ROWS, END_ROW };

const struct shape_field shape_written[] = {
	NOTICE_ROWS,
	ROW(struct shape_written, "group", SHAPE_WORD, group, groups),
	ROW(struct shape_written, "region", SHAPE_TEXT, region, NULL),
	END_ROW,
};

const char *shape_name(const struct shape_word *words, uint64_t value)
{
	for (; words->word != NULL; words++) {
		if (words->value == value) {
			return words->word;
		}
	}
	return "unknown";
}

bool shape_value(lua_State *L, int index, const struct shape_word *words, uint64_t *value)
{
	/* Not a number, which lua_tostring would turn into text. */
	const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";

	for (; words->word != NULL; words++) {
		if (strcmp(words->word, text) == 0 && strlen(text) == lua_rawlen(L, index)) {
			*value = words->value;
			return true;
		}
	}
	return false;
}

static void push_codes(lua_State *L, struct bytes codes)
{
	size_t n = codes.len / CODE_BYTES;

	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		(void)lua_pushlstring(L, (const char *)codes.data + i * CODE_BYTES, CODE_BYTES);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void push_words(lua_State *L, const struct shape_word *words, uint64_t bits)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (; words->word != NULL; words++) {
		if ((bits & words->value) != 0) {
			(void)lua_pushstring(L, words->word);
			lua_rawseti(L, -2, ++n);
		}
	}
}

static uint64_t number_at(const void *data, size_t offset)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)data + offset, sizeof v);
	return v;
}

static bool same_field(const struct shape_field *f, const void *a, const void *b)
{
	const uint8_t *x = (const uint8_t *)a + f->offset;
	const uint8_t *y = (const uint8_t *)b + f->offset;
	struct bytes text[2];

	if (f->type == SHAPE_TEXT || f->type == SHAPE_CODES) {
		memcpy(&text[0], x, sizeof text[0]);
		memcpy(&text[1], y, sizeof text[1]);
		return bytes_equal(text[0], text[1]);
	}
	return memcmp(x, y, f->type == SHAPE_BOOL ? sizeof(bool) : sizeof(uint64_t)) == 0;
}

bool shape_same(const struct shape_field *fields, const void *a, const void *b)
{
	for (; fields->name != NULL; fields++) {
		if (!same_field(fields, a, b)) {
			return false;
		}
	}
	return true;
}

static void push_field(lua_State *L, const struct shape_field *f, const void *data)
{
	struct bytes text;

	switch (f->type) {
	case SHAPE_TEXT:
	case SHAPE_CODES:
		memcpy(&text, (const uint8_t *)data + f->offset, sizeof text);
		if (f->type == SHAPE_CODES) {
			push_codes(L, text);
		} else {
			(void)lua_pushlstring(L, text.len > 0 ? (const char *)text.data : "",
					      text.len);
		}
		break;
	case SHAPE_WORD:
		(void)lua_pushstring(L, shape_name(f->words, number_at(data, f->offset)));
		break;
	case SHAPE_WORDS:
		push_words(L, f->words, number_at(data, f->offset));
		break;
	case SHAPE_BOOL:
		lua_pushboolean(L, *((const bool *)data + f->offset));
		break;
	case SHAPE_FLAG:
		lua_pushboolean(L, number_at(data, f->offset) != 0);
		break;
	case SHAPE_COUNT:
	default:
		lua_pushinteger(L, (lua_Integer)number_at(data, f->offset));
		break;
	}
}

void shape_push(lua_State *L, const struct shape_field *fields, const void *data)
{
	int n = 0;

	while (fields[n].name != NULL) {
		n++;
	}
	lua_createtable(L, 0, n);
	for (; fields->name != NULL; fields++) {
		push_field(L, fields, data);
		lua_setfield(L, -2, fields->name);
	}
}

static void wrong(lua_State *L, const char *what, const char *field, const char *wanted)
{
	(void)luaL_error(L, "%s.%s must be %s", what, field, wanted);
}

static struct bytes read_codes(lua_State *L, int index, struct arena *arena, bool *good)
{
	lua_Integer n = lua_type(L, index) == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, index) : -1;
	struct bytes codes = { NULL, 0 };
	uint8_t *out;

	*good = n >= 0 && n <= CODES_MAX;
	out = *good ? (uint8_t *)arena_take(arena, (size_t)n, CODE_BYTES) : NULL;
	*good = out != NULL;
	for (lua_Integer i = 1; *good && i <= n; i++) {
		*good = lua_rawgeti(L, index, i) == LUA_TSTRING && lua_rawlen(L, -1) == CODE_BYTES;
		if (*good) {
			memcpy(out + (i - 1) * CODE_BYTES, lua_tostring(L, -1), CODE_BYTES);
		}
		lua_pop(L, 1);
	}
	if (*good) {
		codes = (struct bytes){ out, (size_t)n * CODE_BYTES };
	}
	return codes;
}

static uint64_t read_words(lua_State *L, int index, const struct shape_word *words, bool *good)
{
	lua_Integer n = lua_type(L, index) == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, index) : -1;
	uint64_t bits = 0;

	*good = n >= 0;
	for (lua_Integer i = 1; *good && i <= n; i++) {
		uint64_t bit = 0;

		(void)lua_rawgeti(L, index, i);
		*good = shape_value(L, lua_gettop(L), words, &bit);
		bits |= bit;
		lua_pop(L, 1);
	}
	return bits;
}

static struct bytes read_text(lua_State *L, int index, struct arena *arena, bool *good)
{
	struct bytes text = { NULL, 0 };

	*good = lua_type(L, index) == LUA_TSTRING;
	if (*good) {
		text.data = (const uint8_t *)lua_tolstring(L, index, &text.len);
		text = arena_copy(arena, text);
	}
	return text;
}

/* The value on top of the stack into the field. */
static void read_field(lua_State *L, const struct shape_field *f, const char *what, void *data,
		       struct arena *arena)
{
	static const char *const wanted[] = { "a text",        "an array of three-letter codes",
					      "a known word",  "an array of known words",
					      "true or false", "true or false",
					      "a whole number" };
	int top = lua_gettop(L);
	uint8_t *at = (uint8_t *)data + f->offset;
	uint64_t number = 0;
	struct bytes text = { NULL, 0 };
	bool good = true;

	switch (f->type) {
	case SHAPE_TEXT:
		text = read_text(L, top, arena, &good);
		memcpy(at, &text, sizeof text);
		break;
	case SHAPE_CODES:
		text = read_codes(L, top, arena, &good);
		memcpy(at, &text, sizeof text);
		break;
	case SHAPE_BOOL:
		good = lua_isboolean(L, top);
		*(bool *)at = lua_toboolean(L, top) != 0;
		break;
	case SHAPE_WORD:
		good = shape_value(L, top, f->words, &number);
		memcpy(at, &number, sizeof number);
		break;
	case SHAPE_WORDS:
		number = read_words(L, top, f->words, &good);
		memcpy(at, &number, sizeof number);
		break;
	case SHAPE_FLAG:
		good = lua_isboolean(L, top);
		number = lua_toboolean(L, top) != 0;
		memcpy(at, &number, sizeof number);
		break;
	case SHAPE_COUNT:
	default:
		good = lua_isinteger(L, top) && lua_tointeger(L, top) >= 0;
		number = (uint64_t)lua_tointeger(L, top);
		memcpy(at, &number, sizeof number);
		break;
	}
	if (!good) {
		wrong(L, what, f->name, wanted[f->type]);
	}
}

static const struct shape_field *find(const struct shape_field *fields, const char *name)
{
	while (fields->name != NULL && strcmp(fields->name, name) != 0) {
		fields++;
	}
	return fields->name != NULL ? fields : NULL;
}

void shape_read(lua_State *L, int index, const struct shape_field *fields, const char *what,
		void *data, struct arena *arena)
{
	if (!lua_istable(L, index)) {
		(void)luaL_error(L, "%s must be a table", what);
	}
	lua_pushnil(L);
	while (lua_next(L, index) != 0) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		const struct shape_field *f = find(fields, name);

		if (f == NULL) {
			wrong(L, what, name, "left out: there is no such field");
		} else {
			read_field(L, f, what, data, arena);
		}
		lua_pop(L, 1);
	}
}
