#include "policy/host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "policy/offer.h"

/* The hook runs every so many instructions; reading the CPU clock costs about as much as
 * fifty of them. */
#define HOOK_EVERY 100

#define DEFAULT_MEMORY ((size_t)8 * 1024 * 1024)
#define DEFAULT_STEPS  1000000U
#define DEFAULT_CPU_US 20000U

/* Strings beyond this are copied whole by the instruction that makes them, so their bytes
 * count as steps; shorter ones are shared. */
#define TEXT_FREE      40U
#define TEXT_HEAD      32U /* what Lua adds to the bytes of a string */
#define BYTES_PER_STEP 16U

enum stop { STOP_NONE, STOP_STEPS, STOP_CPU, STOP_MEMORY, STOP_BLOCK, STOP_TEXT };

struct host {
	lua_State *state; /* owned; the compiled text is in its registry */
	struct policy_limits limits;
	size_t used; /* bytes, of at most limits.memory_bytes */
	struct policy_cost cost;
	uint64_t began_us;
	enum stop stop; /* which limit ended the call */
};

static const char chunk_key, kept_key;

static struct host *host_of(lua_State *L)
{
	return *(struct host **)lua_getextraspace(L);
}

/* For a new object Lua says its type in place of the old size. */
static enum stop refusal(const struct host *h, bool fresh, size_t old_size, size_t size)
{
	size_t before = fresh ? 0 : old_size;

	if (fresh && old_size == LUA_TSTRING && size > HOST_TEXT_MAX + TEXT_HEAD) {
		return STOP_TEXT;
	}
	if (size > HOST_BLOCK_MAX) {
		return STOP_BLOCK;
	}
	return h->used - before + size > h->limits.memory_bytes ? STOP_MEMORY : STOP_NONE;
}

static void *on_memory(void *context, void *block, size_t old_size, size_t size)
{
	struct host *h = (struct host *)context;
	bool fresh = block == NULL;
	size_t before = fresh ? 0 : old_size;
	void *moved;

	if (size == 0) {
		free(block);
		h->used -= before;
		return NULL;
	}
	/* Lua relies on shrinking never to fail. */
	if (size > before) {
		enum stop stop = refusal(h, fresh, old_size, size);

		if (stop != STOP_NONE) {
			h->stop = stop;
			return NULL;
		}
	}
	moved = realloc(block, size);
	if (moved == NULL && size > before) {
		h->stop = STOP_MEMORY;
		return NULL;
	}
	if (fresh && old_size == LUA_TSTRING && size > TEXT_FREE + TEXT_HEAD) {
		h->cost.steps += size / BYTES_PER_STEP;
	}
	h->used += size - before;
	if (h->used > h->cost.peak_bytes) {
		h->cost.peak_bytes = h->used;
	}
	if (moved == NULL) {
		moved = block; /* it was to shrink, and has kept its size */
	}
	return moved;
}

static const char *stop_text(const struct host *h, char *out, size_t size)
{
	switch (h->stop) {
	case STOP_STEPS:
		(void)snprintf(out, size, "it takes more than %llu steps",
			       (unsigned long long)h->limits.steps);
		break;
	case STOP_CPU:
		(void)snprintf(out, size, "it takes more than %llu microseconds of CPU time",
			       (unsigned long long)h->limits.cpu_us);
		break;
	case STOP_MEMORY:
		(void)snprintf(out, size, "it takes more than %zu bytes of memory",
			       h->limits.memory_bytes);
		break;
	case STOP_BLOCK:
		(void)snprintf(out, size, "a table or the depth of calls is beyond its limit");
		break;
	case STOP_TEXT:
		(void)snprintf(out, size, "a string is longer than %zu bytes", HOST_TEXT_MAX);
		break;
	case STOP_NONE:
	default:
		(void)snprintf(out, size, "no more memory");
		break;
	}
	return out;
}

static void stop_now(lua_State *L, enum stop stop);

static void on_count(lua_State *L, lua_Debug *unused)
{
	struct host *h = host_of(L);
	const struct policy_limits *l = &h->limits;

	(void)unused;
	h->cost.steps += HOOK_EVERY;
	if (h->cost.steps > l->steps) {
		stop_now(L, STOP_STEPS);
	}
	if (l->cpu_clock != NULL) {
		h->cost.cpu_us = l->cpu_clock(l->context) - h->began_us;
		if (h->cost.cpu_us > l->cpu_us) {
			stop_now(L, STOP_CPU);
		}
	}
}

/* From here on the hook runs at every instruction, so that nothing can go on. */
static void stop_now(lua_State *L, enum stop stop)
{
	struct host *h = host_of(L);
	char text[96];

	h->stop = stop;
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
	(void)luaL_error(L, "%s", stop_text(h, text, sizeof text));
}

void host_charge(lua_State *L, size_t steps)
{
	struct host *h = host_of(L);

	h->cost.steps += steps;
	if (h->cost.steps > h->limits.steps) {
		stop_now(L, STOP_STEPS);
	}
}

static int refuse_change(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

	return luaL_error(L, "'%s' cannot be set here: use local", name);
}

/* As userdata, since offered functions that write to tables write past metatables. */
void host_freeze(lua_State *L)
{
	(void)lua_newuserdatauv(L, 0, 0);
	lua_createtable(L, 0, 2);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_change);
	lua_setfield(L, -2, "__newindex");
	(void)lua_setmetatable(L, -2);
	lua_remove(L, -2);
}

struct compile {
	struct bytes source;
	const char *name;
};

/* The global table of the registry is replaced too: nothing in the state leads elsewhere. */
static int compile(lua_State *L)
{
	const struct compile *c = (const struct compile *)lua_touserdata(L, 1);

	offer_environment(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	if (luaL_loadbufferx(L, (const char *)c->source.data, c->source.len, c->name, "t") !=
	    LUA_OK) {
		return lua_error(L);
	}
	lua_rawsetp(L, LUA_REGISTRYINDEX, &chunk_key);
	return 0;
}

void host_text(lua_State *L)
{
	(void)lua_rawgetp(L, LUA_REGISTRYINDEX, &chunk_key);
	lua_call(L, 0, 1);
}

void host_keep(lua_State *L, int index)
{
	lua_pushvalue(L, index);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &kept_key);
}

void host_kept(lua_State *L)
{
	(void)lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_key);
}

/* Wall between Lua's message and a reason: one line of clean text. */
static void tell(char *message, const char *text)
{
	size_t i = 0;

	for (; text[i] != '\0' && i + 1 < HOST_MESSAGE; i++) {
		unsigned char c = (unsigned char)text[i];

		message[i] = text[i];
		if (c < 0x20 || c == 0x7f) {
			message[i] = ' ';
		}
	}
	/* Do not end inside a character. */
	while (i > 0 && text[i] != '\0' && ((unsigned char)text[i] & 0xc0) == 0x80) {
		i--;
	}
	message[i] = '\0';
	/* Lua quotes single bytes of the text, and a policy may raise any. */
	if (!bytes_utf8(bytes_of(message))) {
		for (i = 0; message[i] != '\0'; i++) {
			message[i] = (char)((unsigned char)message[i] < 0x80 ? message[i] : '?');
		}
	}
}

static int outcome(struct host *h, int status, char *message)
{
	lua_State *state = h->state;
	char text[96];

	if (status == LUA_OK) {
		return ERR_OK;
	}
	if (status == LUA_ERRMEM) {
		tell(message, stop_text(h, text, sizeof text));
		return ERR_NOMEM;
	}
	if (lua_type(state, -1) == LUA_TSTRING) {
		tell(message, lua_tostring(state, -1));
	} else {
		tell(message, "the error is not a text");
	}
	return h->stop == STOP_STEPS || h->stop == STOP_CPU ? ERR_LIMIT : ERR_POLICY;
}

int host_run(struct host *h, lua_CFunction body, void *arg, char *message)
{
	const struct policy_limits *l = &h->limits;
	lua_State *state = h->state;
	int rc;

	h->cost = (struct policy_cost){ .peak_bytes = h->used };
	h->stop = STOP_NONE;
	h->began_us = l->cpu_clock != NULL ? l->cpu_clock(l->context) : 0;
	lua_sethook(state, on_count, LUA_MASKCOUNT, HOOK_EVERY);
	lua_pushcfunction(state, body);
	lua_pushlightuserdata(state, arg);
	rc = outcome(h, lua_pcall(state, 1, 0, 0), message);
	lua_settop(state, 0);
	if (rc != ERR_OK) {
		(void)lua_gc(state, LUA_GCCOLLECT);
	}
	return rc;
}

static bool stands_at(struct bytes source, size_t at, const char *word)
{
	size_t n = strlen(word);

	return at + n <= source.len && memcmp(source.data + at, word, n) == 0;
}

/* Lua 5.4.4 makes wrong code for a constant _ENV; and a text that could set it would change
 * its globals for the next call, since it is a variable of the compiled text.  A
 * <close> without a metatable can do nothing, so what a comment hides here does no harm. */
static const char *unfit(struct bytes source)
{
	bool bracket = false;

	if (!bytes_utf8(source)) {
		return "the text must be UTF-8 without control characters (plain line ends)";
	}
	for (size_t i = 0; i < source.len; i++) {
		if (stands_at(source, i, "_ENV")) {
			return "the word _ENV may not stand in it";
		}
		if (bracket && stands_at(source, i, "close")) {
			return "variables with <close> are not offered";
		}
		bracket = source.data[i] == '<' || (bracket && source.data[i] == ' ');
	}
	return NULL;
}

static struct policy_limits limits_or_default(const struct policy_limits *given)
{
	struct policy_limits l = { 0 };

	if (given != NULL) {
		l = *given;
	}
	l.memory_bytes = l.memory_bytes != 0 ? l.memory_bytes : DEFAULT_MEMORY;
	l.steps = l.steps != 0 ? l.steps : DEFAULT_STEPS;
	l.cpu_us = l.cpu_us != 0 ? l.cpu_us : DEFAULT_CPU_US;
	return l;
}

int host_new(struct bytes source, const char *name, const struct policy_limits *limits,
	     struct host **out, char *message)
{
	struct compile c = { .source = source, .name = name };
	const char *why;
	struct host *h;
	int rc;

	if (source.len > POLICY_SOURCE_MAX) {
		tell(message, "the text is longer than 65536 bytes");
		return ERR_LIMIT;
	}
	why = unfit(source);
	if (why != NULL) {
		tell(message, why);
		return ERR_MALFORMED;
	}
	h = (struct host *)calloc(1, sizeof *h);
	if (h == NULL) {
		tell(message, err_text(ERR_NOMEM));
		return ERR_NOMEM;
	}
	h->limits = limits_or_default(limits);
	h->state = lua_newstate(on_memory, h);
	if (h->state == NULL) {
		tell(message, err_text(ERR_NOMEM));
		rc = ERR_NOMEM;
		goto err;
	}
	*(struct host **)lua_getextraspace(h->state) = h;
	/* Lua 5.4.4 has a fault in generational mode. */
	(void)lua_gc(h->state, LUA_GCINC, 0, 0, 0);
	rc = host_run(h, compile, &c, message);
	if (rc != ERR_OK) {
		rc = rc == ERR_POLICY ? ERR_MALFORMED : rc;
		goto err;
	}
	*out = h;
	return ERR_OK;
err:
	host_free(h);
	return rc;
}

void host_free(struct host *h)
{
	if (h == NULL) {
		return;
	}
	if (h->state != NULL) {
		lua_close(h->state);
	}
	assert(h->used == 0);
	free(h);
}

struct policy_cost host_cost(const struct host *h)
{
	return h->cost;
}
