#include "sim/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "record/fmr.h"
#include "sim/disk.h"
#include "synth/minutiae.h"

#define ASK_MS 60000U

static const char rules[] =
    "local function classify(record)\n"
    "  local s = record.type == 'red' and 'confidential' or 'restricted'\n"
    "  return { region = record.region, sensitivity = s, reason = 'by type' }\n"
    "end\n"
    "local rights = {\n"
    "  AAA = { match = 'read', identity = 'read', case = 'read' },\n"
    "  BBB = { match = 'hold', identity = 'none', case = 'read' },\n"
    "  CCC = { match = 'relay', identity = 'relay', case = 'relay' },\n"
    "  DDD = { match = 'none', identity = 'none', case = 'relay' },\n"
    "}\n"
    "local function entitle(class, peer)\n"
    "  if peer.role == 'hq' then return 'read', 'headquarters' end\n"
    "  local r = rights[peer.country] or rights.DDD\n"
    "  return r[class.group] or 'relay', 'by country'\n"
    "end\n"
    "local function match()\n"
    "  return { search = true, fpir = 1e-4, reviewers = 1, headquarters = true, reason = 'all' }\n"
    "end\n"
    "local function disclose() return 'full', 'all' end\n"
    "return { name = 'simulated', version = 1, classify = classify, entitle = entitle,\n"
    "  match = match, disclose = disclose }\n";

/* ---- answers ---- */

static void on_case(struct region *r, const struct region_asked *a, const struct answer *answer)
{
	struct region_case *k = &r->cases[r->case_count % REGION_CASES_MAX];
	struct answer_case out;
	struct arena arena;

	arena_init(&arena, 0);
	if (schema_decode(a->verb->answer, answer->body, &arena, &out, NULL) == ERR_OK) {
		k->place = a->place;
		memcpy(k->encounter, out.encounter, sizeof k->encounter);
		k->candidates = out.candidates.count;
		r->case_count++;
	}
	arena_done(&arena);
}

static void on_reply(void *context, size_t place, uint64_t ask, struct bytes bytes)
{
	struct region *r = context;
	struct answer answer;
	struct arena arena;

	if (ask == r->waiting && ask != 0 && r->answer_arena != NULL) {
		bytes = arena_copy(r->answer_arena, bytes);
		r->answered = schema_decode(&answer_schema, bytes, r->answer_arena, &r->answer,
					    NULL) == ERR_OK;
		return;
	}
	if (ask == 0 || ask > r->asked_count || r->asked[ask - 1].place != place) {
		return;
	}
	arena_init(&arena, 0);
	if (schema_decode(&answer_schema, bytes, &arena, &answer, NULL) == ERR_OK) {
		const struct region_asked *a = &r->asked[ask - 1];

		if (answer.code == 0 && a->kind != 0) {
			judge_promised(r->judge, place, a->kind, a->since_ms);
		}
		if (answer.code == 0 && strcmp(a->verb->name, "check") == 0) {
			on_case(r, a, &answer);
		}
		r->refused += answer.code != 0;
	}
	arena_done(&arena);
}

static void on_tell(void *context, size_t place, struct bytes line)
{
	struct region *r = context;

	if (r->on_tell != NULL) {
		r->on_tell(r->context, place, line);
	}
}

static void on_send(void *context, size_t place, struct bytes bytes)
{
	struct region *r = context;

	if (r->on_send != NULL) {
		r->on_send(r->context, place, bytes);
	}
}

static void on_step(void *context, size_t place, const struct event *event, int code)
{
	struct region *r = context;

	if (r->on_step != NULL) {
		r->on_step(r->context, place, event, code);
	}
}

/* ---- questions ---- */

static int encode(struct region *r, const char *verb, const char *officer, const void *body,
		  struct buf *out, const struct ask_verb **v)
{
	struct ask ask = { .verb = bytes_of(verb), .officer = bytes_of(officer) };
	struct buf inner;
	int rc = ERR_OK;

	(void)r;
	*v = ask_find(bytes_of(verb));
	if (*v == NULL) {
		return ERR_NOTFOUND;
	}
	buf_init(&inner, 0);
	if ((*v)->ask != NULL) {
		rc = schema_encode((*v)->ask, body, &inner);
		ask.body = buf_bytes(&inner);
	}
	if (rc == ERR_OK) {
		rc = schema_encode(&ask_schema, &ask, out);
	}
	buf_done(&inner);
	return rc;
}

static int put(struct region *r, size_t place, const char *verb, const char *officer,
	       const void *body, uint64_t kind)
{
	struct region_asked *a;
	struct buf bytes;
	int rc = ERR_OK;

	if (r->asked_count == r->asked_room) {
		size_t room = r->asked_room == 0 ? 64 : r->asked_room * 2;
		struct region_asked *grown = realloc(r->asked, room * sizeof *grown);

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		r->asked = grown;
		r->asked_room = room;
	}
	a = &r->asked[r->asked_count];
	*a = (struct region_asked){ .place = place, .kind = kind, .since_ms = crowd_now(r->crowd) };
	buf_init(&bytes, 0);
	rc = encode(r, verb, officer, body, &bytes, &a->verb);
	if (rc == ERR_OK) {
		r->asked_count++;
		rc = crowd_ask(r->crowd, place, r->asked_count, buf_bytes(&bytes));
	}
	buf_done(&bytes);
	return rc;
}

int region_put(struct region *r, size_t place, const char *verb, const char *officer,
	       const void *body, uint64_t kind)
{
	return crowd_is_up(r->crowd, place) ? put(r, place, verb, officer, body, kind) : ERR_OK;
}

int region_ask(struct region *r, size_t place, const char *verb, const void *body,
	       struct arena *arena, void *out)
{
	uint64_t until = crowd_now(r->crowd) + ASK_MS;
	const struct ask_verb *v = ask_find(bytes_of(verb));
	int rc = put(r, place, verb, "admin", body, 0);

	r->waiting = r->asked_count;
	r->answered = false;
	r->answer_arena = arena;
	while (rc == ERR_OK && !r->answered) {
		rc = crowd_one(r->crowd, until);
		rc = rc == ERR_NOTFOUND ? ERR_TIMEOUT : rc;
	}
	r->waiting = 0;
	if (rc == ERR_OK && r->answer.code != 0) {
		return -(int)r->answer.code;
	}
	return rc == ERR_OK && out != NULL && v->answer != NULL
		   ? schema_decode(v->answer, r->answer.body, arena, out, NULL)
		   : rc;
}

struct bytes region_print(uint64_t finger, uint64_t touch)
{
	static struct buf prints[REGION_FINGERS_MAX][2];
	struct buf *b = &prints[finger % REGION_FINGERS_MAX][touch % 2];

	if (b->len == 0) {
		struct fmr view;

		synth_template(finger % REGION_FINGERS_MAX, touch % 2, 0.1F, &view, NULL);
		buf_init(b, 0);
		if (fmr_write(&view, 1, FMR_ISO_2005, b) != ERR_OK) {
			buf_clear(b);
		}
	}
	return buf_bytes(b);
}

int region_issue(struct region *r, const char *reference, uint64_t type, uint64_t finger,
		 uint64_t days, bool amend)
{
	struct ask_file files[2] = { { .content = region_print(finger, 0) },
				     { .content = region_print(finger + 1, 0) } };
	struct ask_notice a = { .reference = bytes_of(reference),
				.type = type,
				.family = bytes_of("CANARY"),
				.files = { .items = files, .count = 2 } };

	if (days > 0) {
		a.valid_until = day_of_ms(crowd_now(r->crowd)) + days;
	}
	return region_put(r, 0, amend ? "notice.amend" : "notice.add", "issuer", &a, KIND_NOTICE);
}

/* ---- members ---- */

static int add(struct region *r, bool founds, size_t *place)
{
	size_t next = crowd_count(r->crowd);
	char name[CROWD_NAME_MAX];
	char url[CROWD_URL_MAX];
	int rc;

	(void)snprintf(name, sizeof name, founds ? "HQ" : "P%zu", next);
	(void)snprintf(url, sizeof url, "sim:%s", name);
	rc = judge_watch(r->judge, r->crowd, next, name);
	return rc == ERR_OK ? crowd_add(r->crowd, name, url, founds, &r->rules, place) : rc;
}

int region_add(struct region *r, size_t *place)
{
	return add(r, false, place);
}

int region_enrol(struct region *r, size_t place, const char *role, const char *country,
		 uint64_t days)
{
	struct ask_label label = { .label = bytes_of(crowd_name(r->crowd, place)) };
	struct ask_sign sign = { .role = bytes_of(role),
				 .country = bytes_of(country),
				 .days = days };
	struct ask_install install;
	struct answer_file file;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = region_ask(r, place, "passport.request", &label, &arena, &file);
	if (rc == ERR_OK) {
		sign.request = file.content;
		rc = region_ask(r, 0, "passport.sign", &sign, &arena, &file);
	}
	if (rc == ERR_OK) {
		install.grant = file.content;
		rc = region_ask(r, place, "passport.install", &install, &arena, NULL);
	}
	arena_done(&arena);
	return rc;
}

int region_new(uint64_t seed, struct region **out)
{
	struct region *r = calloc(1, sizeof *r);
	struct crowd_hooks hooks = { .on_tell = on_tell,
				     .on_reply = on_reply,
				     .on_send = on_send,
				     .on_step = on_step,
				     .context = r };
	static bool registered;
	char why[128];
	size_t place;
	int rc = r == NULL ? ERR_NOMEM : ERR_OK;

	if (rc == ERR_OK && !registered) {
		rc = store_register(&disk_backend);
		registered = rc == ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = crowd_new(seed, &hooks, &r->crowd);
	}
	if (rc == ERR_OK) {
		rc = policy_new(bytes_of(rules), &(struct policy_limits){ 0 }, &r->policy, why,
				sizeof why);
	}
	if (rc == ERR_OK) {
		r->rules.policy = r->policy;
		rc = judge_new(&r->judge);
	}
	if (rc == ERR_OK) {
		rc = add(r, true, &place);
	}
	if (rc == ERR_OK) {
		rc = judge_founded(r->judge, 0);
	}
	if (rc != ERR_OK) {
		region_free(r);
		return rc;
	}
	*out = r;
	return ERR_OK;
}

void region_free(struct region *r)
{
	if (r != NULL) {
		crowd_free(r->crowd);
		judge_free(r->judge);
		policy_free(r->policy);
		free(r->asked);
		free(r);
		disk_forget_all();
	}
}
