#include "policy/answer.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "policy/shape.h"

#define PPM 1000000.0

/* A reason goes to logs and screens: clean text, cut where a character ends. */
static void take_reason(lua_State *L, int index, struct answer *out)
{
	struct bytes text;

	if (lua_isnoneornil(L, index)) {
		return;
	}
	if (lua_type(L, index) != LUA_TSTRING) {
		(void)luaL_error(L, "the reason is not a text");
	}
	text.data = (const uint8_t *)lua_tolstring(L, index, &text.len);
	if (!bytes_utf8(text)) {
		(void)luaL_error(L, "the reason is not plain text");
	}
	if (text.len >= sizeof out->reason) {
		text.len = sizeof out->reason - 1;
		while (text.len > 0 && (text.data[text.len] & 0xc0) == 0x80) {
			text.len--;
		}
	}
	(void)bytes_text(text, out->reason, sizeof out->reason);
	for (char *c = out->reason; *c != '\0'; c++) {
		if (*c == '\n' || *c == '\t') {
			*c = ' ';
		}
	}
}

static void take_word(lua_State *L, int first, const struct shape_word *words, struct answer *out)
{
	uint64_t word = 0;

	if (lua_gettop(L) < first || !shape_value(L, first, words, &word)) {
		(void)luaL_error(L, "the answer is none of the fixed words");
	}
	out->word = word;
	take_reason(L, first + 1, out);
}

void answer_entitle(lua_State *L, int first, struct answer *out)
{
	take_word(L, first, shape_rights, out);
}

void answer_disclose(lua_State *L, int first, struct answer *out)
{
	take_word(L, first, shape_disclosures, out);
}

static bool is_one_of(const char *name, const char *const *known)
{
	while (*known != NULL && strcmp(*known, name) != 0) {
		known++;
	}
	return *known != NULL;
}

/* A misspelt field would silently keep its default: refuse the whole answer. */
static void check_fields(lua_State *L, int index, const char *const *known)
{
	if (lua_gettop(L) < index || !lua_istable(L, index)) {
		(void)luaL_error(L, "the answer is not a table");
	}
	lua_pushnil(L);
	while (lua_next(L, index) != 0) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING || !is_one_of(lua_tostring(L, -1), known)) {
			(void)luaL_error(L, "the answer has a field that is not known");
		}
	}
}

/* Push the field; false, and nothing pushed, when it is left out. */
static bool has_field(lua_State *L, int index, const char *name)
{
	if (lua_getfield(L, index, name) != LUA_TNIL) {
		return true;
	}
	lua_pop(L, 1);
	return false;
}

static void take_flag(lua_State *L, int index, const char *name, bool *out)
{
	if (!has_field(L, index, name)) {
		return;
	}
	if (!lua_isboolean(L, -1)) {
		(void)luaL_error(L, "'%s' is not true or false", name);
	}
	*out = lua_toboolean(L, -1) != 0;
	lua_pop(L, 1);
}

static void take_fpir(lua_State *L, int index, uint64_t *ppm)
{
	double rate;

	if (!has_field(L, index, "fpir")) {
		return;
	}
	rate = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1.0;
	/* Also false for what is not a number. */
	if (!(rate >= 1.0 / PPM && rate <= 1.0)) {
		(void)luaL_error(L, "'fpir' is not a number from 0.000001 to 1");
	}
	*ppm = (uint64_t)floor(rate * PPM + 0.5);
	lua_pop(L, 1);
}

static void take_reviewers(lua_State *L, int index, uint64_t *reviewers)
{
	lua_Integer n;
	int whole = 0;

	if (!has_field(L, index, "reviewers")) {
		return;
	}
	n = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : 0;
	if (whole == 0 || n < 0 || n > ANSWER_REVIEWERS_MAX) {
		(void)luaL_error(L, "'reviewers' is not a whole number from 0 to 3");
	}
	*reviewers = (uint64_t)n;
	lua_pop(L, 1);
}

static void take_reason_field(lua_State *L, int index, struct answer *out)
{
	(void)lua_getfield(L, index, "reason");
	take_reason(L, lua_gettop(L), out);
	lua_pop(L, 1);
}

void answer_match(lua_State *L, int first, struct answer *out)
{
	static const char *const known[] = { "search",       "fpir",   "reviewers",
					     "headquarters", "reason", NULL };

	check_fields(L, first, known);
	take_flag(L, first, "search", &out->match.search);
	take_flag(L, first, "headquarters", &out->match.headquarters);
	take_fpir(L, first, &out->match.fpir_ppm);
	take_reviewers(L, first, &out->match.reviewers);
	take_reason_field(L, first, out);
}

static bool is_region(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-') {
			return false;
		}
	}
	return text.len > 0 && text.len <= ANSWER_REGION_MAX;
}

void answer_classify(lua_State *L, int first, struct answer *out)
{
	static const char *const known[] = { "region", "sensitivity", "reason", NULL };

	check_fields(L, first, known);
	if (has_field(L, first, "region")) {
		struct bytes text = { NULL, 0 };

		if (lua_type(L, -1) == LUA_TSTRING) {
			text.data = (const uint8_t *)lua_tolstring(L, -1, &text.len);
		}
		if (!is_region(text)) {
			(void)luaL_error(L, "'region' is not 1 to 32 capitals, digits and -");
		}
		(void)bytes_text(text, out->region, sizeof out->region);
		lua_pop(L, 1);
	}
	if (has_field(L, first, "sensitivity")) {
		uint64_t value = 0;

		if (!shape_value(L, lua_gettop(L), shape_sensitivities, &value)) {
			(void)luaL_error(L, "'sensitivity' is none of the fixed words");
		}
		out->sensitivity = value;
		lua_pop(L, 1);
	}
	take_reason_field(L, first, out);
}
