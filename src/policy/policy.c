#include "policy/policy.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "policy/answer.h"
#include "policy/floor.h"
#include "policy/host.h"
#include "policy/offer.h"
#include "policy/shape.h"

#define NAME_MAX_BYTES 32

enum question { ASK_CLASSIFY, ASK_ENTITLE, ASK_MATCH, ASK_DISCLOSE, ASK_COUNT };

static const char *const questions[ASK_COUNT + 1] = { "classify", "entitle", "match", "disclose",
						      NULL };

struct policy {
	struct host *host; /* owned */
	char name[NAME_MAX_BYTES + 1];
	uint64_t version;
	bool answers[ASK_COUNT]; /* which questions it has a function for */
};

const char *const *policy_questions(void)
{
	return questions;
}

const char *const *policy_offers(void)
{
	return offer_names();
}

/* ---- loading ---- */

static void check_name(lua_State *L, struct policy *p)
{
	struct bytes text = { NULL, 0 };

	if (lua_type(L, -1) == LUA_TSTRING) {
		text.data = (const uint8_t *)lua_tolstring(L, -1, &text.len);
	}
	if (text.len == 0 || !bytes_utf8(text) ||
	    bytes_text(text, p->name, sizeof p->name) != ERR_OK) {
		(void)luaL_error(L, "'name' is not a text of 1 to 32 bytes");
	}
}

static void check_version(lua_State *L, struct policy *p)
{
	if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0) {
		(void)luaL_error(L, "'version' is not a whole number");
	}
	p->version = (uint64_t)lua_tointeger(L, -1);
}

static int question_of(const char *name)
{
	int q = 0;

	while (q < ASK_COUNT && strcmp(questions[q], name) != 0) {
		q++;
	}
	return q;
}

/* A misspelt question would silently get its default: refuse the policy. */
static void check_field(lua_State *L, struct policy *p)
{
	const char *field = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
	int q = question_of(field);

	if (strcmp(field, "name") == 0) {
		check_name(L, p);
	} else if (strcmp(field, "version") == 0) {
		check_version(L, p);
	} else if (q < ASK_COUNT && lua_isfunction(L, -1)) {
		p->answers[q] = true;
	} else if (q < ASK_COUNT) {
		(void)luaL_error(L, "'%s' is not a function", field);
	} else {
		(void)luaL_error(L, "the policy has a field '%s' that is not known", field);
	}
}

static int check_policy(lua_State *L)
{
	struct policy *p = (struct policy *)lua_touserdata(L, 1);

	host_text(L);
	if (!lua_istable(L, 2)) {
		return luaL_error(L, "the policy does not return a table");
	}
	lua_pushnil(L);
	while (lua_next(L, 2) != 0) {
		check_field(L, p);
		lua_pop(L, 1);
	}
	return 0;
}

int policy_new(struct bytes source, const struct policy_limits *limits, struct policy **out,
	       char *message, size_t size)
{
	struct policy *p = (struct policy *)calloc(1, sizeof *p);
	char why[HOST_MESSAGE] = "out of memory";
	int rc = ERR_NOMEM;

	assert(out != NULL && message != NULL && size > 0);
	if (p == NULL) {
		goto err;
	}
	memcpy(p->name, "unnamed", sizeof "unnamed");
	rc = host_new(source, "=policy", limits, &p->host, why);
	if (rc != ERR_OK) {
		goto err;
	}
	rc = host_run(p->host, check_policy, p, why);
	if (rc != ERR_OK) {
		goto err;
	}
	*out = p;
	return ERR_OK;
err:
	(void)snprintf(message, size, "%s", why);
	policy_free(p);
	return rc;
}

void policy_free(struct policy *p)
{
	if (p == NULL) {
		return;
	}
	host_free(p->host);
	free(p);
}

const char *policy_name(const struct policy *p)
{
	return p->name;
}

uint64_t policy_version(const struct policy *p)
{
	return p->version;
}

struct policy_cost policy_last_cost(const struct policy *p)
{
	return host_cost(p->host);
}

/* ---- asking ---- */

struct given {
	const struct shape_field *fields;
	const void *data;
};

struct ask {
	enum question question;
	struct given given[3]; /* ends early where fields is NULL */
	void (*take)(lua_State *L, int first, struct answer *out);
	struct answer *answer;
};

static int ask_body(lua_State *L)
{
	const struct ask *a = (const struct ask *)lua_touserdata(L, 1);
	int n = 0;

	host_text(L);
	(void)lua_getfield(L, 2, questions[a->question]);
	for (; n < 3 && a->given[n].fields != NULL; n++) {
		shape_push(L, a->given[n].fields, a->given[n].data);
	}
	lua_call(L, n, 2);
	a->take(L, 3, a->answer);
	return 0;
}

__attribute__((format(printf, 2, 3))) static void say(struct policy_reason *why, const char *format,
						      ...)
{
	va_list list;
	size_t end;

	va_start(list, format);
	(void)vsnprintf(why->text, sizeof why->text, format, list);
	va_end(list);
	/* A text that was cut must not end inside a character. */
	end = strlen(why->text);
	if (end + 1 == sizeof why->text) {
		while (end > 0 && ((unsigned char)why->text[end - 1] & 0xc0) == 0x80) {
			end--;
		}
		if (end > 0 && ((unsigned char)why->text[end - 1] & 0x80) != 0) {
			end--;
		}
		why->text[end] = '\0';
	}
}

/* Ask, or leave the default that stands in *a->answer and say why it is the default. */
static void ask(struct policy *p, struct ask *a, struct policy_reason *why)
{
	const char *name = questions[a->question];
	struct answer closed = *a->answer;
	char message[HOST_MESSAGE] = "";

	*why = (struct policy_reason){ .by_default = true };
	if (p == NULL) {
		say(why, "there is no policy");
		return;
	}
	if (!p->answers[a->question]) {
		say(why, "the policy does not say (no function '%s')", name);
		return;
	}
	if (host_run(p->host, ask_body, a, message) != ERR_OK) {
		*a->answer = closed;
		say(why, "%s failed: %s", name, message);
		return;
	}
	why->by_default = false;
	say(why, "%s", a->answer->reason[0] != '\0' ? a->answer->reason : "no reason given");
}

static void floor_said(struct policy_reason *why, const char *rule)
{
	struct policy_reason before = *why;

	why->by_floor = true;
	say(why, "%s (policy: %s)", rule, before.text);
}

void policy_classify(struct policy *p, const struct policy_record *record, struct labels *out,
		     char region[33], struct policy_reason *why)
{
	struct answer answer = { .sensitivity = SENSITIVITY_CONFIDENTIAL };
	struct shape_written written = { .group = record->group, .region = record->home_region };
	struct ask a = {
		.question = ASK_CLASSIFY,
		.given = { { shape_written, &written } },
		.take = answer_classify,
		.answer = &answer,
	};
	enum sensitivity least;
	const char *rule;

	assert(record->notice != NULL && record->home_region.len < sizeof answer.region);
	written.notice = *record->notice;
	(void)bytes_text(record->home_region, answer.region, sizeof answer.region);
	ask(p, &a, why);
	*out = (struct labels){ .sensitivity = answer.sensitivity };
	least = floor_classify(record, out, &rule);
	if (answer.sensitivity < least) {
		out->sensitivity = least;
		floor_said(why, rule);
	}
	memcpy(region, answer.region, sizeof answer.region);
	out->region = bytes_of(region);
}

enum right policy_entitle(struct policy *p, const struct labels *labels,
			  const struct policy_peer *peer, const struct policy_peer *self,
			  struct policy_reason *why)
{
	struct floor_rights bounds = floor_entitle(labels, peer, self);
	struct answer answer = { .word = RIGHT_NONE };
	struct ask a = {
		.question = ASK_ENTITLE,
		.given = { { shape_class, labels }, { shape_peer, peer }, { shape_peer, self } },
		.take = answer_entitle,
		.answer = &answer,
	};

	if (bounds.least == bounds.most) {
		*why = (struct policy_reason){ .by_floor = true };
		say(why, "%s", bounds.why_most);
		return bounds.most;
	}
	ask(p, &a, why);
	if (answer.word > bounds.most) {
		floor_said(why, bounds.why_most);
		return bounds.most;
	}
	return (enum right)answer.word;
}

void policy_match(struct policy *p, const struct policy_encounter *e,
		  const struct policy_peer *self, struct policy_match *out,
		  struct policy_reason *why)
{
	bool ordinary = !floor_is_special(e);
	struct answer answer = {
		.match = { .search = ordinary,
			   .headquarters = ordinary,
			   .fpir_ppm = 1000,
			   .reviewers = 2 },
	};
	struct ask a = {
		.question = ASK_MATCH,
		.given = { { shape_encounter, e }, { shape_peer, self } },
		.take = answer_match,
		.answer = &answer,
	};
	const char *rule;

	ask(p, &a, why);
	rule = floor_match(e, &answer.match);
	if (rule != NULL) {
		floor_said(why, rule);
	}
	*out = answer.match;
}

enum disclosure policy_disclose(struct policy *p, const struct notice *candidate,
				const struct policy_encounter *e, const struct policy_peer *self,
				struct policy_reason *why)
{
	const char *rule;
	enum disclosure most = floor_disclose(candidate, e, self, &rule);
	struct answer answer = { .word = DISCLOSE_REFERENCE };
	struct ask a = {
		.question = ASK_DISCLOSE,
		.given = { { shape_notice, candidate },
			   { shape_encounter, e },
			   { shape_peer, self } },
		.take = answer_disclose,
		.answer = &answer,
	};

	if (most == DISCLOSE_NOTHING) {
		*why = (struct policy_reason){ .by_floor = true };
		say(why, "%s", rule);
		return most;
	}
	ask(p, &a, why);
	if (answer.word > most) {
		floor_said(why, rule);
		return most;
	}
	return (enum disclosure)answer.word;
}

bool policy_sees_same(const struct notice *a, const struct notice *b)
{
	return shape_same(shape_notice, a, b);
}
