#include "policy/testcase.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#define NAME_BYTES 200
#define PPM        1000000.0

struct part {
	const char *question;
	const char *name;
	const struct shape_field *fields;
	size_t offset; /* in struct testcase */
};

static const struct part parts[] = {
	{ "classify", "record", shape_written, offsetof(struct testcase, record) },
	{ "entitle", "class", shape_class, offsetof(struct testcase, labels) },
	{ "entitle", "peer", shape_peer, offsetof(struct testcase, peer) },
	{ "entitle", "self", shape_peer, offsetof(struct testcase, self) },
	{ "match", "encounter", shape_encounter, offsetof(struct testcase, encounter) },
	{ "match", "self", shape_peer, offsetof(struct testcase, self) },
	{ "disclose", "candidate", shape_notice, offsetof(struct testcase, candidate) },
	{ "disclose", "encounter", shape_encounter, offsetof(struct testcase, encounter) },
	{ "disclose", "self", shape_peer, offsetof(struct testcase, self) },
};

/* Fields of the answers that are tables, in the order in which they are shown. */
static const char *const shown[] = { "search", "fpir",        "reviewers", "headquarters",
				     "region", "sensitivity", NULL };

/* ---- reading ---- */

static int load_body(lua_State *L)
{
	size_t *count = (size_t *)lua_touserdata(L, 1);

	host_text(L);
	if (!lua_istable(L, 2)) {
		return luaL_error(L, "test.lua does not return an array of cases");
	}
	*count = (size_t)lua_rawlen(L, 2);
	if (*count == 0 || *count > TESTCASE_MAX) {
		return luaL_error(L, "test.lua returns no cases, or more than %d", TESTCASE_MAX);
	}
	host_keep(L, 2);
	return 0;
}

int testcase_load(struct host *h, size_t *count, char *message)
{
	return host_run(h, load_body, count, message);
}

struct reading {
	size_t index;
	struct arena *arena;
	struct testcase *out;
};

/* Leave the case on the stack as its only value above the argument. */
static void push_case(lua_State *L, size_t index)
{
	host_kept(L);
	(void)lua_rawgeti(L, 2, (lua_Integer)index);
	lua_remove(L, 2);
	if (!lua_istable(L, 2)) {
		(void)luaL_error(L, "the case is not a table");
	}
}

/* A text of the case in the arena, without line ends; "" when it may be left out and is. */
static const char *text_field(lua_State *L, const char *name, bool required, struct arena *arena)
{
	int type = lua_getfield(L, 2, name);
	struct bytes text = { NULL, 0 };
	char *out;

	if (type == LUA_TNIL && !required) {
		lua_pop(L, 1);
		return "";
	}
	if (type == LUA_TSTRING) {
		text.data = (const uint8_t *)lua_tolstring(L, -1, &text.len);
	}
	if (text.len == 0 || text.len > NAME_BYTES || !bytes_utf8(text) ||
	    memchr(text.data, '\n', text.len) != NULL) {
		(void)luaL_error(L, "'%s' must be one line of 1 to %d bytes", name, NAME_BYTES);
		return ""; /* not reached */
	}
	out = (char *)arena_take(arena, text.len + 1, 1);
	if (out == NULL) {
		(void)luaL_error(L, "no more memory");
		return ""; /* not reached */
	}
	memcpy(out, text.data, text.len);
	lua_pop(L, 1);
	return out;
}

static void check_fields(lua_State *L)
{
	static const char *const known[] = { "name", "question", "given", "want", "because", "by" };

	lua_pushnil(L);
	while (lua_next(L, 2) != 0) {
		const char *field = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		size_t i = 0;

		while (i < sizeof known / sizeof known[0] && strcmp(known[i], field) != 0) {
			i++;
		}
		if (i == sizeof known / sizeof known[0]) {
			(void)luaL_error(L, "a case has no field '%s'", field);
		}
		lua_pop(L, 1);
	}
}

static const char *question_field(lua_State *L, struct arena *arena)
{
	const char *text = text_field(L, "question", true, arena);
	const char *const *q = policy_questions();

	while (*q != NULL && strcmp(*q, text) != 0) {
		q++;
	}
	if (*q == NULL) {
		(void)luaL_error(L, "there is no question '%s'", text);
	}
	return *q;
}

static const struct part *find_part(const char *question, const char *name)
{
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (strcmp(parts[i].question, question) == 0 && strcmp(parts[i].name, name) == 0) {
			return &parts[i];
		}
	}
	return NULL;
}

/* At 3 on the stack: the table `given`. */
static void read_given(lua_State *L, struct testcase *c, struct arena *arena)
{
	if (lua_getfield(L, 2, "given") != LUA_TTABLE) {
		(void)luaL_error(L, "'given' must be a table");
	}
	lua_pushnil(L);
	while (lua_next(L, 3) != 0) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		const struct part *p = find_part(c->question, name);

		if (p == NULL) {
			(void)luaL_error(L, "'%s' is not asked about '%s'", c->question, name);
		} else {
			shape_read(L, lua_gettop(L), p->fields, p->name, (uint8_t *)c + p->offset,
				   arena);
		}
		lua_pop(L, 1);
	}
}

static int read_body(lua_State *L)
{
	struct reading *r = (struct reading *)lua_touserdata(L, 1);
	struct testcase *c = r->out;

	push_case(L, r->index);
	check_fields(L);
	c->name = text_field(L, "name", true, r->arena);
	c->because = text_field(L, "because", false, r->arena);
	c->question = question_field(L, r->arena);
	read_given(L, c, r->arena);
	return 0;
}

int testcase_read(struct host *h, size_t index, struct arena *arena, struct testcase *out,
		  char *message)
{
	struct reading r = { index, arena, out };

	/* What a case leaves out is empty, except these. */
	*out = (struct testcase){ .labels.sensitivity = SENSITIVITY_RESTRICTED,
				  .peer.role = bytes_of("post"),
				  .self.role = bytes_of("post"),
				  .candidate.status = STATUS_ACTIVE,
				  .record.notice.status = STATUS_ACTIVE };
	return host_run(h, read_body, &r, message);
}

/* ---- asking ---- */

void testcase_ask(const struct testcase *c, struct policy *p, struct testcase_got *out)
{
	struct policy_record record = { .notice = &c->record.notice,
					.group = (enum label_group)c->record.group,
					.home_region = c->record.region };

	*out = (struct testcase_got){ .word = 0 };
	if (strcmp(c->question, "entitle") == 0) {
		out->word = policy_entitle(p, &c->labels, &c->peer, &c->self, &out->why);
	} else if (strcmp(c->question, "match") == 0) {
		policy_match(p, &c->encounter, &c->self, &out->match, &out->why);
	} else if (strcmp(c->question, "disclose") == 0) {
		out->word = policy_disclose(p, &c->candidate, &c->encounter, &c->self, &out->why);
	} else {
		policy_classify(p, &record, &out->labels, out->region, &out->why);
	}
}

/* ---- comparing ---- */

struct comparing {
	size_t index;
	const struct testcase *testcase;
	const struct testcase_got *got;
	struct testcase_judgement *out;
};

const char *testcase_by(const struct policy_reason *why)
{
	return why->by_floor ? "floor" : why->by_default ? "default" : "policy";
}

static void push_got(lua_State *L, const struct testcase *c, const struct testcase_got *got)
{
	if (strcmp(c->question, "entitle") == 0) {
		(void)lua_pushstring(L, shape_name(shape_rights, got->word));
		return;
	}
	if (strcmp(c->question, "disclose") == 0) {
		(void)lua_pushstring(L, shape_name(shape_disclosures, got->word));
		return;
	}
	lua_newtable(L);
	if (strcmp(c->question, "match") == 0) {
		lua_pushboolean(L, got->match.search);
		lua_setfield(L, -2, "search");
		lua_pushboolean(L, got->match.headquarters);
		lua_setfield(L, -2, "headquarters");
		lua_pushinteger(L, (lua_Integer)got->match.reviewers);
		lua_setfield(L, -2, "reviewers");
		lua_pushnumber(L, (double)got->match.fpir_ppm / PPM);
		lua_setfield(L, -2, "fpir");
	} else {
		(void)lua_pushstring(L, got->region);
		lua_setfield(L, -2, "region");
		(void)lua_pushstring(L, shape_name(shape_sensitivities, got->labels.sensitivity));
		lua_setfield(L, -2, "sensitivity");
	}
}

/* The value on top of the stack as text. */
static void put_value(lua_State *L, struct buf *out)
{
	size_t len = 0;
	const char *text = NULL;

	switch (lua_type(L, -1)) {
	case LUA_TBOOLEAN:
		text = lua_toboolean(L, -1) ? "true" : "false";
		len = strlen(text);
		break;
	case LUA_TSTRING:
	case LUA_TNUMBER:
		lua_pushvalue(L, -1);
		text = lua_tolstring(L, -1, &len);
		lua_pop(L, 1);
		break;
	default:
		text = "?";
		len = 1;
		break;
	}
	buf_put(out, text, len);
}

static void describe(lua_State *L, int index, struct buf *out)
{
	if (!lua_istable(L, index)) {
		lua_pushvalue(L, index);
		put_value(L, out);
		lua_pop(L, 1);
		return;
	}
	for (const char *const *name = shown; *name != NULL; name++) {
		if (lua_getfield(L, index, *name) != LUA_TNIL) {
			if (out->len > 0) {
				buf_put(out, " ", 1);
			}
			buf_put(out, *name, strlen(*name));
			buf_put(out, "=", 1);
			put_value(L, out);
		}
		lua_pop(L, 1);
	}
}

/* Of a table only the fields that are wanted are compared; want at 3, got at 4. */
static bool tables_fit(lua_State *L)
{
	bool fits = true;

	lua_pushnil(L);
	while (lua_next(L, 3) != 0) {
		lua_pushvalue(L, -2);
		if (lua_gettable(L, 4) == LUA_TNIL) {
			(void)luaL_error(L, "'want' has a field that no answer has");
		}
		fits = fits && lua_compare(L, -1, -2, LUA_OPEQ) != 0;
		lua_pop(L, 2);
	}
	return fits;
}

static bool by_fits(lua_State *L, const struct policy_reason *why)
{
	static const struct shape_word by[] = {
		{ 0, "policy" }, { 1, "floor" }, { 2, "default" }, { 0, NULL }
	};
	uint64_t value;

	if (lua_getfield(L, 2, "by") == LUA_TNIL) {
		return true;
	}
	if (!shape_value(L, lua_gettop(L), by, &value)) {
		(void)luaL_error(L, "'by' must be policy, floor or default");
	}
	return strcmp(lua_tostring(L, -1), testcase_by(why)) == 0;
}

static int compare_body(lua_State *L)
{
	struct comparing *c = (struct comparing *)lua_touserdata(L, 1);

	push_case(L, c->index);
	(void)lua_getfield(L, 2, "want");
	push_got(L, c->testcase, c->got);
	if (lua_type(L, 3) != lua_type(L, 4)) {
		return luaL_error(L, "'want' must be a %s", lua_typename(L, lua_type(L, 4)));
	}
	c->out->fits = lua_istable(L, 3) ? tables_fit(L) : lua_rawequal(L, 3, 4) != 0;
	describe(L, 3, &c->out->wanted);
	describe(L, 4, &c->out->answered);
	if (!by_fits(L, &c->got->why)) {
		c->out->fits = false;
		buf_put(&c->out->wanted, " by ", 4);
		put_value(L, &c->out->wanted);
	}
	return 0;
}

int testcase_compare(struct host *h, size_t index, const struct testcase *c,
		     const struct testcase_got *got, struct testcase_judgement *out, char *message)
{
	struct comparing k = { index, c, got, out };

	int rc = host_run(h, compare_body, &k, message);

	out->fits = out->fits && rc == ERR_OK;
	return rc;
}
