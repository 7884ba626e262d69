#include "policy/offer.h"

#include <assert.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "policy/host.h"

#define BYTES_PER_STEP 16U
#define SORT_MAX       4096

/* One list for the environment, the contract and docs/POLICY.md. */
static const char *const names[] = {
	"assert",       "error",           "ipairs",
	"select",       "tonumber",        "tostring",
	"type",         "math.abs",        "math.ceil",
	"math.floor",   "math.max",        "math.maxinteger",
	"math.min",     "math.mininteger", "math.tointeger",
	"math.type",    "string.byte",     "string.len",
	"string.lower", "string.sub",      "string.upper",
	"table.concat", "table.insert",    "table.remove",
	"table.sort",   "table.unpack",    NULL,
};

const char *const *offer_names(void)
{
	return names;
}

/* Without the addresses that Lua's own would give away. */
static int as_text(lua_State *L)
{
	switch (lua_type(L, 1)) {
	case LUA_TNIL:
		lua_pushliteral(L, "nil");
		return 1;
	case LUA_TBOOLEAN:
		lua_pushstring(L, lua_toboolean(L, 1) ? "true" : "false");
		return 1;
	case LUA_TNUMBER:
	case LUA_TSTRING:
		lua_settop(L, 1);
		(void)lua_tostring(L, 1);
		return 1;
	default:
		return luaL_argerror(L, 1, "no text for this type");
	}
}

/* Lua's own select() hands over everything at once, uncounted. */
static int choose(lua_State *L)
{
	int n = lua_gettop(L);
	lua_Integer i;

	if (lua_type(L, 1) == LUA_TSTRING && strcmp(lua_tostring(L, 1), "#") == 0) {
		lua_pushinteger(L, n - 1);
		return 1;
	}
	i = luaL_checkinteger(L, 1);
	if (i < 0) {
		i = n + i;
	}
	luaL_argcheck(L, i >= 1, 1, "out of range");
	host_charge(L, (size_t)n);
	return i >= n ? 0 : n - (int)i;
}

/* ---- string ---- */

static size_t place_from(lua_Integer i, size_t len)
{
	if (i > 0) {
		return (size_t)i;
	}
	return i == 0 || (lua_Unsigned)0 - (lua_Unsigned)i > len ? 1 : len - (size_t)(-i) + 1;
}

static size_t place_to(lua_Integer i, size_t len)
{
	if (i >= 0) {
		return (lua_Unsigned)i > len ? len : (size_t)i;
	}
	return (lua_Unsigned)0 - (lua_Unsigned)i > len ? 0 : len - (size_t)(-i) + 1;
}

static int text_byte(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer first = luaL_optinteger(L, 2, 1);
	size_t from = place_from(first, len);
	size_t to = place_to(luaL_optinteger(L, 3, first), len);

	if (from > to) {
		return 0;
	}
	luaL_argcheck(L, to - from < HOST_VALUES, 3, "too many results");
	host_charge(L, to - from);
	luaL_checkstack(L, HOST_VALUES, "too many results");
	for (size_t i = from; i <= to; i++) {
		lua_pushinteger(L, (unsigned char)s[i - 1]);
	}
	return (int)(to - from + 1);
}

static int text_len(lua_State *L)
{
	size_t len;

	(void)luaL_checklstring(L, 1, &len);
	lua_pushinteger(L, (lua_Integer)len);
	return 1;
}

static int text_sub(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	size_t from = place_from(luaL_checkinteger(L, 2), len);
	size_t to = place_to(luaL_optinteger(L, 3, -1), len);

	if (from > to) {
		lua_pushliteral(L, "");
		return 1;
	}
	(void)lua_pushlstring(L, s + from - 1, to - from + 1);
	return 1;
}

/* ASCII only: other letters depend on the locale, which a decision may not. */
static int recase(lua_State *L, char first, char last, int shift)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	luaL_Buffer b;
	char *out;

	host_charge(L, len / BYTES_PER_STEP);
	out = luaL_buffinitsize(L, &b, len);
	for (size_t i = 0; i < len; i++) {
		out[i] = s[i];
		if (s[i] >= first && s[i] <= last) {
			out[i] = (char)(s[i] + shift);
		}
	}
	luaL_pushresultsize(&b, len);
	return 1;
}

static int text_lower(lua_State *L)
{
	return recase(L, 'A', 'Z', 'a' - 'A');
}

static int text_upper(lua_State *L)
{
	return recase(L, 'a', 'z', 'A' - 'a');
}

/* ---- table ---- */

static lua_Integer array_len(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	return (lua_Integer)lua_rawlen(L, 1);
}

static int array_insert(lua_State *L)
{
	lua_Integer end = array_len(L) + 1;
	lua_Integer at = end;

	if (lua_gettop(L) == 3) {
		at = luaL_checkinteger(L, 2);
		luaL_argcheck(L, at >= 1 && at <= end, 2, "position out of bounds");
	} else if (lua_gettop(L) != 2) {
		return luaL_error(L, "wrong number of arguments to 'insert'");
	}
	host_charge(L, (size_t)(end - at));
	for (lua_Integer i = end; i > at; i--) {
		(void)lua_rawgeti(L, 1, i - 1);
		lua_rawseti(L, 1, i);
	}
	lua_rawseti(L, 1, at);
	return 0;
}

static int array_remove(lua_State *L)
{
	lua_Integer len = array_len(L);
	lua_Integer at = luaL_optinteger(L, 2, len);

	if (len == 0 && (at == 0 || at == 1)) {
		return 0;
	}
	luaL_argcheck(L, at >= 1 && at <= len, 2, "position out of bounds");
	host_charge(L, (size_t)(len - at));
	(void)lua_rawgeti(L, 1, at);
	for (lua_Integer i = at; i < len; i++) {
		(void)lua_rawgeti(L, 1, i + 1);
		lua_rawseti(L, 1, i);
	}
	lua_pushnil(L);
	lua_rawseti(L, 1, len);
	return 1;
}

/* The bounds of table.concat and table.unpack; *n is how many, at most `most`. */
static lua_Integer array_range(lua_State *L, int arg, lua_Integer most, lua_Integer *n)
{
	lua_Integer len = array_len(L);
	lua_Integer from = luaL_optinteger(L, arg, 1);
	lua_Integer to = luaL_optinteger(L, arg + 1, len);

	*n = 0;
	if (from <= to) {
		luaL_argcheck(L, (lua_Unsigned)to - (lua_Unsigned)from < (lua_Unsigned)most,
			      arg + 1, "too many elements");
		*n = to - from + 1;
	}
	host_charge(L, (size_t)*n);
	return from;
}

static void add_element(lua_State *L, luaL_Buffer *b, lua_Integer i)
{
	int type = lua_rawgeti(L, 1, i);

	if (type != LUA_TSTRING && type != LUA_TNUMBER) {
		(void)luaL_error(L, "element %d in table for 'concat' is no text or number",
				 (int)i);
	}
	luaL_addvalue(b);
}

static int array_concat(lua_State *L)
{
	size_t glue_len, total;
	const char *glue = luaL_optlstring(L, 2, "", &glue_len);
	lua_Integer n;
	lua_Integer from = array_range(L, 3, HOST_TEXT_MAX, &n);
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (lua_Integer i = 0; i < n; i++) {
		if (i > 0) {
			luaL_addlstring(&b, glue, glue_len);
		}
		add_element(L, &b, from + i);
		total = luaL_bufflen(&b);
		luaL_argcheck(L, total <= HOST_TEXT_MAX, 1, "the result is too long");
	}
	host_charge(L, luaL_bufflen(&b) / BYTES_PER_STEP);
	luaL_pushresult(&b);
	return 1;
}

static int array_unpack(lua_State *L)
{
	lua_Integer n;
	lua_Integer from = array_range(L, 2, HOST_VALUES, &n);

	luaL_checkstack(L, HOST_VALUES, "too many results");
	for (lua_Integer i = 0; i < n; i++) {
		(void)lua_rawgeti(L, 1, from + i);
	}
	return (int)n;
}

/* Does the second value stand before the first?  Only then may they change places, so that
 * equals keep their order. */
static bool comes_first(lua_State *L, int second, int first)
{
	bool before;

	if (lua_isnoneornil(L, 2)) {
		return lua_compare(L, second, first, LUA_OPLT) != 0;
	}
	lua_pushvalue(L, 2);
	lua_pushvalue(L, second);
	lua_pushvalue(L, first);
	lua_call(L, 2, 1);
	before = lua_toboolean(L, -1) != 0;
	lua_pop(L, 1);
	return before;
}

/* Merge the runs [lo, mid) and [mid, hi), counted from 0, of the table `from` into `to`. */
static void merge_runs(lua_State *L, const int tables[2], const lua_Integer at[3])
{
	lua_Integer a = at[0];
	lua_Integer b = at[1];

	for (lua_Integer k = at[0]; k < at[2]; k++) {
		bool second = a >= at[1];

		if (!second && b < at[2]) {
			int top = lua_gettop(L);

			(void)lua_rawgeti(L, tables[0], a + 1);
			(void)lua_rawgeti(L, tables[0], b + 1);
			second = comes_first(L, top + 2, top + 1);
			lua_settop(L, top);
		}
		(void)lua_rawgeti(L, tables[0], (second ? b++ : a++) + 1);
		lua_rawseti(L, tables[1], k + 1);
	}
}

/* Lua's own sort takes its pivots from the clock, so the order of equals, and what a
 * contradictory comparison gives, would differ from one time to the next.  Merging is stable,
 * and ends whatever the comparison says. */
static int array_sort(lua_State *L)
{
	lua_Integer n = array_len(L);
	int tables[2] = { 1, 3 };

	lua_settop(L, 2);
	if (!lua_isnil(L, 2)) {
		luaL_checktype(L, 2, LUA_TFUNCTION);
	}
	luaL_argcheck(L, n <= SORT_MAX, 1, "too many elements");
	lua_createtable(L, (int)n, 0);
	for (lua_Integer width = 1; width < n; width *= 2) {
		/* Comparing and moving an element takes about as long as four instructions. */
		host_charge(L, 4 * (size_t)n);
		for (lua_Integer lo = 0; lo < n; lo += 2 * width) {
			lua_Integer mid = lo + width < n ? lo + width : n;
			lua_Integer hi = mid + width < n ? mid + width : n;

			merge_runs(L, tables, (lua_Integer[]){ lo, mid, hi });
		}
		tables[0] = 4 - tables[0];
		tables[1] = 4 - tables[1];
	}
	for (lua_Integer i = 1; tables[0] == 3 && i <= n; i++) {
		(void)lua_rawgeti(L, 3, i);
		lua_rawseti(L, 1, i);
	}
	return 0;
}

/* ---- the environment ---- */

static const struct luaL_Reg ours[] = {
	{ "select", choose },
	{ "tostring", as_text },
	{ "string.byte", text_byte },
	{ "string.len", text_len },
	{ "string.lower", text_lower },
	{ "string.sub", text_sub },
	{ "string.upper", text_upper },
	{ "table.concat", array_concat },
	{ "table.insert", array_insert },
	{ "table.remove", array_remove },
	{ "table.sort", array_sort },
	{ "table.unpack", array_unpack },
};

/* Push what stands under the name: ours, or Lua's own if that has no loop; `base` and `math`
 * are the places of Lua's own on the stack. */
static void push_offer(lua_State *L, const char *name, const char *field, int library)
{
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		if (strcmp(ours[i].name, name) == 0) {
			lua_pushcfunction(L, ours[i].func);
			return;
		}
	}
	(void)lua_getfield(L, library, field);
	assert(!lua_isnil(L, -1));
}

/* A table of all offers whose name begins with the prefix, "math." or "". */
static void push_library(lua_State *L, const char *prefix, int library)
{
	size_t n = strlen(prefix);

	lua_createtable(L, 0, 16);
	for (const char *const *name = names; *name != NULL; name++) {
		const char *field = *name + n;

		if (strncmp(*name, prefix, n) == 0 && strchr(field, '.') == NULL) {
			push_offer(L, *name, field, library);
			lua_setfield(L, -2, field);
		}
	}
}

void offer_environment(lua_State *L)
{
	int base, math, environment;

	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	base = lua_gettop(L);
	lua_pushcfunction(L, luaopen_math);
	lua_call(L, 0, 1);
	math = lua_gettop(L);
	push_library(L, "", base);
	environment = lua_gettop(L);
	push_library(L, "math.", math);
	host_freeze(L);
	lua_setfield(L, environment, "math");
	push_library(L, "table.", base);
	host_freeze(L);
	lua_setfield(L, environment, "table");
	push_library(L, "string.", base);
	host_freeze(L);
	/* Methods of strings are these and no others; no metamethods of arithmetic. */
	lua_pushliteral(L, "");
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	(void)lua_setmetatable(L, -2);
	lua_pop(L, 1);
	lua_setfield(L, environment, "string");
	host_freeze(L);
	lua_replace(L, base);
	lua_settop(L, base);
}
