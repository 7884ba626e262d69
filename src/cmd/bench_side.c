#include "cmd/bench_side.h"

#include <stdio.h>
#include <stdlib.h>

#include "intake/worker.h"
#include "io/wall.h"
#include "sim/records.h"

/* A policy under which the post may read everything. */
static const char policy_text[] =
    "return { name = 'bench', version = 1,\n"
    "  entitle = function() return 'read', 'bench' end,\n"
    "  classify = function(r) return { region = 'BENCH', sensitivity = 'restricted',\n"
    "    reason = 'bench' } end }\n";

static int step(struct bench_side *s, struct event *event, struct buf *reply);

static int answer_worker(struct bench_side *s, const struct effect *e, struct buf *reply)
{
	struct event event = { .kind = EVENT_EXAMINED, .job = e->job };
	struct buf out;
	size_t need;
	int rc;

	buf_init(&out, 0);
	rc = records_examine(e->bytes, &out);
	if (rc == ERR_OK) {
		rc = worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &event.bytes, &need);
	}
	if (rc == ERR_OK) {
		rc = step(s, &event, reply);
	}
	buf_done(&out);
	return rc;
}

/* One event within the transaction that is open; the answer to a question goes to reply. */
static int step(struct bench_side *s, struct event *event, struct buf *reply)
{
	struct effects effects;
	int rc;

	event->now_ms = wall_ms();
	effects_init(&effects);
	rc = node_step(s->node, event, &effects);
	for (size_t i = 0; rc == ERR_OK && i < effects.count; i++) {
		const struct effect *e = &effects.list[i];

		if (e->kind == EFFECT_REPLY) {
			buf_clear(reply);
			buf_put(reply, e->bytes.data, e->bytes.len);
		} else if (e->kind == EFFECT_EXAMINE) {
			rc = answer_worker(s, e, reply);
		}
	}
	effects_done(&effects);
	return rc;
}

int bench_side_ask(struct bench_side *s, const char *verb, const void *body, struct arena *arena,
		   void *out)
{
	const struct ask_verb *v = ask_find(bytes_of(verb));
	struct ask a = { .verb = bytes_of(verb), .officer = bytes_of("bench") };
	struct event event = { .kind = EVENT_ASK, .ask = 1 };
	struct answer answer = { .code = 0 };
	struct buf inner;
	struct buf outer;
	struct buf reply;
	int rc;

	buf_init(&inner, 0);
	buf_init(&outer, 0);
	buf_init(&reply, 0);
	rc = v->ask != NULL ? schema_encode(v->ask, body, &inner) : ERR_OK;
	a.body = buf_bytes(&inner);
	if (rc == ERR_OK) {
		rc = schema_encode(&ask_schema, &a, &outer);
	}
	if (rc == ERR_OK) {
		event.bytes = buf_bytes(&outer);
		rc = step(s, &event, &reply);
	}
	if (rc == ERR_OK) {
		struct bytes copy = arena_copy(arena, buf_bytes(&reply));

		rc = schema_decode(&answer_schema, copy, arena, &answer, NULL);
	}
	if (rc == ERR_OK && answer.code != 0) {
		rc = -(int)answer.code;
	}
	if (rc == ERR_OK && out != NULL) {
		rc = schema_decode(v->answer, answer.body, arena, out, NULL);
	}
	buf_done(&inner);
	buf_done(&outer);
	buf_done(&reply);
	return rc;
}

int bench_side_open(struct bench_side *s)
{
	struct node_config config = { .keys = s->keys, .policy = s->policy };
	char url[128];
	int rc;

	(void)snprintf(url, sizeof url, "sqlite:%s/store.db", s->dir);
	rc = store_open(url, &s->store, NULL);
	config.store = s->store;
	if (keys_region_public(s->keys) != NULL) {
		config.founding = (struct founding){
			.region = "BENCH", .country = "UTO", .owner = "UTO-NCB", .label = "hq"
		};
	}
	return rc == ERR_OK ? node_new(&config, &s->node) : rc;
}

void bench_side_close(struct bench_side *s)
{
	node_free(s->node);
	store_close(s->store);
	s->node = NULL;
	s->store = NULL;
}

static int start(struct bench_side *s)
{
	struct event event = { .kind = EVENT_START };
	struct buf reply;
	int rc = bench_side_open(s);

	buf_init(&reply, 0);
	if (rc == ERR_OK) {
		rc = node_begin(s->node);
	}
	if (rc == ERR_OK) {
		rc = step(s, &event, &reply);
	}
	buf_done(&reply);
	return rc;
}

int bench_side_make(struct bench_side *s, bool hq)
{
	char message[128];
	int rc;

	(void)snprintf(s->dir, sizeof s->dir, "/tmp/outpost-bench-XXXXXX");
	if (mkdtemp(s->dir) == NULL) {
		return ERR_IO;
	}
	rc = keys_new(hq, &s->keys);
	if (rc == ERR_OK) {
		rc = policy_new(bytes_of(policy_text), &(struct policy_limits){ .steps = 0 },
				&s->policy, message, sizeof message);
	}
	return rc == ERR_OK ? start(s) : rc;
}

void bench_side_drop(struct bench_side *s)
{
	char command[128];

	bench_side_close(s);
	policy_free(s->policy);
	keys_free(s->keys);
	if (s->dir[0] != '\0') {
		(void)snprintf(command, sizeof command, "rm -rf '%s'", s->dir);
		if (system(command) != 0) { /* NOLINT(cert-env33-c): our own folder's name */
			(void)fprintf(stderr, "left behind: %s\n", s->dir);
		}
	}
}

int bench_side_enrol(struct bench_side *hq, struct bench_side *post)
{
	struct ask_label label = { .label = bytes_of("post") };
	struct ask_sign sign = { .role = bytes_of("post") };
	struct ask_install install;
	struct answer_file file = { .content = { NULL, 0 } };
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = bench_side_ask(post, "passport.request", &label, &arena, &file);
	if (rc == ERR_OK) {
		sign.request = file.content;
		rc = bench_side_ask(hq, "passport.sign", &sign, &arena, &file);
	}
	if (rc == ERR_OK) {
		install.grant = file.content;
		rc = bench_side_ask(post, "passport.install", &install, &arena, NULL);
	}
	arena_done(&arena);
	return rc;
}
