#include "config.h"

#include "tests/lib/world.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "intake/worker.h"
#include "record/fmr.h"
#include "sim/records.h"
#include "store/store.h"
#include "synth/minutiae.h"
#include "trust/keys.h"

#define LATENCY_MS   5U
#define WIRES_MAX    32U
#define ASK_MS       60000U
#define CANARIES_MAX 256U
#define CANARY_BYTES 12U

struct happening {
	uint64_t at_ms;
	uint64_t order;
	size_t node;
	struct event event;
	uint8_t *bytes; /* owned */
	struct search_result found;
	uint32_t life; /* of the node: what was meant for a dead process is lost */
	char address[16];
};

struct wire {
	bool up;
	size_t end[2];
	uint32_t number; /* the same at both ends; 0: free */
};

struct world_node {
	char name[16];
	struct keys *keys;
	struct node_policy policy;
	char policy_label[NODE_LABEL_MAX];
	char url[128];
	struct store *store;
	struct node *node;
	uint64_t wake_ms;
	int64_t skew_ms;
	uint32_t life;
};

struct world {
	struct world_node node[WORLD_NODES_MAX];
	size_t nodes;
	bool reach[WORLD_NODES_MAX][WORLD_NODES_MAX];
	struct wire wire[WIRES_MAX];
	uint32_t next_wire;
	struct happening *queue; /* owned; unordered, small */
	size_t queued;
	size_t room;
	uint64_t order;
	uint64_t now_ms;
	uint64_t bytes;
	world_tell_fn *on_tell;
	void *context;
	char dir[64];
	uint64_t next_ask;
	uint64_t waiting; /* for this ask */
	struct arena *answer_arena;
	struct answer answer;
	bool answered;
	char refusal[512];
	uint8_t canary[CANARIES_MAX][CANARY_BYTES]; /* pieces of prints */
	size_t canaries;
	const char *leak;
};

/* ---- randomness by seed ---- */

static uint64_t seeded_state;
static uint64_t seeded_count;

static void seeded_buf(void *const buf, const size_t size)
{
	uint8_t seed[32] = { 0 };

	memcpy(seed, &seeded_state, 8);
	seeded_count++;
	memcpy(seed + 8, &seeded_count, 8);
	randombytes_buf_deterministic(buf, size, seed);
}

static uint32_t seeded_random(void)
{
	uint32_t v;

	seeded_buf(&v, sizeof v);
	return v;
}

static const char *seeded_name(void)
{
	return "seeded";
}

static struct randombytes_implementation seeded = {
	.implementation_name = seeded_name,
	.random = seeded_random,
	.buf = seeded_buf,
};

/* ---- the world ---- */

int world_new(uint64_t seed, world_tell_fn *on_tell, void *context, struct world **out)
{
	struct world *w = calloc(1, sizeof *w);

	if (w == NULL) {
		return ERR_NOMEM;
	}
	seeded_state = seed;
	seeded_count = 0;
	(void)randombytes_set_implementation(&seeded);
	if (sodium_init() < 0) {
		free(w);
		return ERR_INTERNAL;
	}
	w->now_ms = WORLD_START_MS;
	w->on_tell = on_tell;
	w->context = context;
	(void)snprintf(w->dir, sizeof w->dir, "/tmp/outpost-world-XXXXXX");
	if (mkdtemp(w->dir) == NULL) {
		free(w);
		return ERR_IO;
	}
	*out = w;
	return ERR_OK;
}

static void drop(struct world *w, size_t i)
{
	free(w->queue[i].bytes);
	w->queue[i] = w->queue[--w->queued];
}

void world_free(struct world *w)
{
	char command[128];

	if (w == NULL) {
		return;
	}
	while (w->queued > 0) {
		drop(w, 0);
	}
	free(w->queue);
	for (size_t i = 0; i < w->nodes; i++) {
		node_free(w->node[i].node);
		store_close(w->node[i].store);
		policy_free(w->node[i].policy.policy);
		keys_free(w->node[i].keys);
	}
	(void)snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
	if (system(command) != 0) {
		(void)fprintf(stderr, "left behind: %s\n", w->dir);
	}
	free(w);
}

uint64_t world_now(const struct world *w)
{
	return w->now_ms;
}

uint64_t world_bytes(const struct world *w)
{
	return w->bytes;
}

const char *world_refusal(const struct world *w)
{
	return w->refusal;
}

/* ---- canaries ---- */

static bool holds_canary(const struct world *w, struct bytes b)
{
	if (b.len == 0) {
		return false;
	}
	if (memmem(b.data, b.len, "CANARY", 6) != NULL) {
		return true;
	}
	for (size_t i = 0; i < w->canaries; i++) {
		if (memmem(b.data, b.len, w->canary[i], CANARY_BYTES) != NULL) {
			return true;
		}
	}
	return false;
}

static void watch(struct world *w, struct bytes b, const char *where)
{
	if (w->leak == NULL && holds_canary(w, b)) {
		w->leak = where;
	}
}

void world_carry(struct world *w, struct bytes file)
{
	watch(w, file, "courier");
}

static void watch_file(struct world *w, const char *url, const char *suffix)
{
	char path[160];
	struct buf all;
	uint8_t piece[65536];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s%s", url + strlen("sqlite:"), suffix);
	f = fopen(path, "rb");
	if (f == NULL) {
		return;
	}
	buf_init(&all, 0);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_put(&all, piece, n);
	}
	(void)fclose(f);
	watch(w, buf_bytes(&all), "disk");
	buf_done(&all);
}

const char *world_leak(struct world *w)
{
	for (size_t i = 0; i < w->nodes; i++) {
		watch_file(w, w->node[i].url, "");
		watch_file(w, w->node[i].url, "-wal");
		watch_file(w, w->node[i].url, "-shm");
	}
	return w->leak;
}

static size_t find(const struct world *w, const char *name)
{
	size_t i = 0;

	while (i < w->nodes && strcmp(w->node[i].name, name) != 0) {
		i++;
	}
	return i;
}

const struct keys *world_keys(const struct world *w, const char *name)
{
	size_t i = find(w, name);

	return i == w->nodes ? NULL : w->node[i].keys;
}

const char *world_name(const struct world *w, const char *hex8)
{
	for (size_t i = 0; i < w->nodes; i++) {
		char hex[9];

		bytes_hex(keys_node(w->node[i].keys), 4, hex);
		if (strncmp(hex, hex8, 8) == 0) {
			return w->node[i].name;
		}
	}
	return hex8;
}

static struct happening *add(struct world *w, size_t node, uint64_t at_ms, const struct event *e)
{
	struct happening *h;

	if (w->queued == w->room) {
		w->room = w->room == 0 ? 64 : w->room * 2;
		w->queue = realloc(w->queue, w->room * sizeof *w->queue);
		if (w->queue == NULL) {
			abort();
		}
	}
	h = &w->queue[w->queued++];
	*h = (struct happening){ .at_ms = at_ms,
				 .order = ++w->order,
				 .node = node,
				 .event = *e,
				 .life = w->node[node].life };
	if (e->bytes.len > 0) {
		h->bytes = malloc(e->bytes.len);
		if (h->bytes == NULL) {
			abort();
		}
		memcpy(h->bytes, e->bytes.data, e->bytes.len);
	}
	if (e->address.len > 0) {
		(void)bytes_text(e->address, h->address, sizeof h->address);
	}
	return h;
}

/* ---- the effects ---- */

static struct wire *wire_of(struct world *w, uint32_t number)
{
	for (size_t i = 0; i < WIRES_MAX; i++) {
		if (w->wire[i].number == number) {
			return &w->wire[i];
		}
	}
	return NULL;
}

static void hang_up(struct world *w, struct wire *x, size_t by)
{
	for (int k = 0; k < 2; k++) {
		if (x->end[k] != by) {
			(void)add(w, x->end[k], w->now_ms + LATENCY_MS,
				  &(struct event){ .kind = EVENT_LINK_DOWN, .link = x->number });
		}
	}
	x->number = 0;
}

static void dial(struct world *w, size_t from, struct bytes address)
{
	char name[16];
	struct wire *x = wire_of(w, 0);
	size_t to;

	(void)bytes_text(address, name, sizeof name);
	to = find(w, name);
	if (x == NULL || to == w->nodes || !w->reach[from][to]) {
		(void)add(w, from, w->now_ms + LATENCY_MS,
			  &(struct event){ .kind = EVENT_LINK_DOWN, .address = address });
		return;
	}
	*x = (struct wire){ .number = ++w->next_wire, .end = { from, to } };
	(void)add(
	    w, from, w->now_ms + LATENCY_MS,
	    &(struct event){
		.kind = EVENT_LINK_UP, .link = x->number, .dialled = true, .address = address });
	(void)add(w, to, w->now_ms + LATENCY_MS,
		  &(struct event){ .kind = EVENT_LINK_UP, .link = x->number });
}

static void send_bytes(struct world *w, size_t from, const struct effect *e)
{
	struct wire *x = wire_of(w, e->link);
	size_t to;

	if (x == NULL) {
		return;
	}
	to = x->end[0] == from ? x->end[1] : x->end[0];
	w->bytes += e->bytes.len;
	watch(w, e->bytes, "wire");
	(void)add(w, to, w->now_ms + LATENCY_MS,
		  &(struct event){ .kind = EVENT_LINK_BYTES, .link = e->link, .bytes = e->bytes });
	(void)add(w, from, w->now_ms + LATENCY_MS,
		  &(struct event){ .kind = EVENT_LINK_DRAINED, .link = e->link });
}

static void do_examine(struct world *w, size_t node, const struct effect *e)
{
	struct event event = { .kind = EVENT_EXAMINED, .job = e->job };
	struct buf out;

	buf_init(&out, 0);
	event.code = records_examine(e->bytes, &out);
	if (event.code == ERR_OK) {
		size_t need;

		event.code = worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &event.bytes, &need);
	}
	(void)add(w, node, w->now_ms + 1, &event);
	buf_done(&out);
}

static void do_search(struct world *w, size_t node, const struct effect *e)
{
	struct happening *h =
	    add(w, node, w->now_ms + 1, &(struct event){ .kind = EVENT_FOUND, .job = e->job });

	if (search_part(e->snapshot, e->probe, e->probes, &e->filter, 0, 1, &h->found) != ERR_OK) {
		h->found.count = 0;
	}
}

static void do_reply(struct world *w, const struct effect *e)
{
	struct bytes copy;

	if (e->ask != w->waiting || w->answer_arena == NULL) {
		return;
	}
	copy = arena_copy(w->answer_arena, e->bytes);
	w->answered =
	    schema_decode(&answer_schema, copy, w->answer_arena, &w->answer, NULL) == ERR_OK;
}

static void do_tell(struct world *w, size_t node, const struct effect *e)
{
	char line[1200];
	char *peer;

	watch(w, e->bytes, "log");
	(void)snprintf(line, sizeof line, "%s %.*s", w->node[node].name, (int)e->bytes.len,
		       (const char *)e->bytes.data);
	peer = strstr(line, "peer=");
	if (peer != NULL && strlen(peer) >= 13) {
		const char *name = world_name(w, peer + 5);

		if (name != peer + 5) {
			char rest[1200];

			(void)snprintf(rest, sizeof rest, "%s%s", name, peer + 13);
			(void)snprintf(peer + 5, sizeof line - (size_t)(peer + 5 - line), "%s",
				       rest);
		}
	}
	if (w->on_tell != NULL) {
		w->on_tell(w->context, line);
	}
}

static void carry_out(struct world *w, size_t node, const struct effects *effects)
{
	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *e = &effects->list[i];
		struct wire *x = wire_of(w, e->link);

		switch (e->kind) {
		case EFFECT_SEND:
			send_bytes(w, node, e);
			break;
		case EFFECT_CLOSE:
			if (x != NULL && e->link != 0) {
				hang_up(w, x, node);
			}
			break;
		case EFFECT_DIAL:
			dial(w, node, e->bytes);
			break;
		case EFFECT_WAKE_AT:
			w->node[node].wake_ms = e->at_ms;
			break;
		case EFFECT_EXAMINE:
			do_examine(w, node, e);
			break;
		case EFFECT_SEARCH:
			do_search(w, node, e);
			break;
		case EFFECT_REPLY:
			do_reply(w, e);
			break;
		case EFFECT_TELL:
			do_tell(w, node, e);
			break;
		}
	}
}

static uint64_t local_now(const struct world *w, size_t node)
{
	return (uint64_t)((int64_t)w->now_ms + w->node[node].skew_ms);
}

static int step(struct world *w, size_t node, struct event *event)
{
	struct world_node *x = &w->node[node];
	struct effects effects;
	int rc = node_begin(x->node);

	event->now_ms = local_now(w, node);
	effects_init(&effects);
	if (rc == ERR_OK) {
		rc = node_step(x->node, event, &effects);
	}
	if (rc == ERR_OK || rc == ERR_MALFORMED || rc == ERR_STATE) {
		if (rc != ERR_OK) {
			(void)fprintf(stderr, "# %s refused %s: %s\n", x->name,
				      node_event_name(event->kind), err_text(rc));
		}
		rc = node_commit(x->node);
	}
	if (rc == ERR_OK) {
		carry_out(w, node, &effects);
	} else {
		(void)fprintf(stderr, "# %s died of %s: %s\n", x->name,
			      node_event_name(event->kind), err_name(rc));
	}
	effects_done(&effects);
	return rc;
}

static int start(struct world *w, size_t i)
{
	struct world_node *x = &w->node[i];
	struct node_config config = { .keys = x->keys,
				      .policy = x->policy.policy,
				      .policy_label = x->policy.label };
	struct event event = { .kind = EVENT_START };
	int rc = store_open(x->url, &x->store, NULL);

	memcpy(config.policy_digest, x->policy.digest, sizeof config.policy_digest);
	config.store = x->store;
	if (keys_region_public(x->keys) != NULL) {
		config.founding = (struct founding){ .region = "UTO-NORTH",
						     .country = "UTO",
						     .owner = "UTO-NCB",
						     .label = x->name };
	}
	x->wake_ms = 0;
	x->life++;
	if (rc == ERR_OK) {
		rc = node_new(&config, &x->node);
	}
	if (rc == ERR_OK) {
		rc = step(w, i, &event);
	}
	for (size_t k = 0; rc == ERR_OK && k < w->nodes; k++) {
		if (w->reach[i][k] && i < k) {
			(void)add(w, i, w->now_ms + 1,
				  &(struct event){ .kind = EVENT_PEER_SEEN,
						   .fixed = true,
						   .address = bytes_of(w->node[k].name) });
		}
	}
	return rc;
}

int world_add(struct world *w, const char *name, const char *role, const char *policy)
{
	struct world_node *x = &w->node[w->nodes];
	char message[256] = "";
	int rc;

	if (w->nodes == WORLD_NODES_MAX) {
		return ERR_FULL;
	}
	(void)snprintf(x->name, sizeof x->name, "%s", name);
	(void)snprintf(x->url, sizeof x->url, "sqlite:%s/%zu.db", w->dir, w->nodes);
	rc = keys_new(strcmp(role, "hq") == 0, &x->keys);
	if (rc == ERR_OK && policy != NULL) {
		rc = policy_new(bytes_of(policy), &(struct policy_limits){ 0 }, &x->policy.policy,
				message, sizeof message);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	w->nodes++;
	return start(w, w->nodes - 1);
}

int world_join(struct world *w, const char *a, const char *b)
{
	size_t i = find(w, a);
	size_t k = find(w, b);

	if (i == w->nodes || k == w->nodes) {
		return ERR_NOTFOUND;
	}
	w->reach[i][k] = true;
	w->reach[k][i] = true;
	(void)add(
	    w, i, w->now_ms + 1,
	    &(struct event){ .kind = EVENT_PEER_SEEN, .fixed = true, .address = bytes_of(b) });
	return ERR_OK;
}

static bool joins(const struct wire *x, size_t i, size_t k)
{
	return x->number != 0 &&
	       ((x->end[0] == i && x->end[1] == k) || (x->end[0] == k && x->end[1] == i));
}

int world_cut(struct world *w, const char *a, const char *b)
{
	size_t i = find(w, a);
	size_t k = find(w, b);

	if (i == w->nodes || k == w->nodes) {
		return ERR_NOTFOUND;
	}
	w->reach[i][k] = false;
	w->reach[k][i] = false;
	for (size_t x = 0; x < WIRES_MAX; x++) {
		if (joins(&w->wire[x], i, k)) {
			hang_up(w, &w->wire[x], SIZE_MAX);
		}
	}
	return ERR_OK;
}

int world_crash(struct world *w, const char *name)
{
	size_t i = find(w, name);

	if (i == w->nodes) {
		return ERR_NOTFOUND;
	}
	for (size_t x = 0; x < WIRES_MAX; x++) {
		if (w->wire[x].number != 0 && (w->wire[x].end[0] == i || w->wire[x].end[1] == i)) {
			hang_up(w, &w->wire[x], i);
		}
	}
	node_free(w->node[i].node);
	store_close(w->node[i].store);
	w->node[i].node = NULL;
	w->node[i].store = NULL;
	return start(w, i);
}

int world_policy(struct world *w, const char *name, const char *policy, bool again)
{
	size_t i = find(w, name);
	struct world_node *x = &w->node[i];
	struct node_policy old;
	struct node_policy next = { .policy = NULL };
	uint8_t hash[KEYS_HASH_BYTES];
	char message[256] = "";
	int rc = i == w->nodes ? ERR_NOTFOUND : ERR_OK;

	if (rc == ERR_OK && policy != NULL) {
		rc = policy_new(bytes_of(policy), &(struct policy_limits){ 0 }, &next.policy,
				message, sizeof message);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (policy != NULL) {
		keys_hash(bytes_of(policy), hash);
		memcpy(next.digest, hash, sizeof next.digest);
		(void)snprintf(x->policy_label, sizeof x->policy_label, "%s version %llu",
			       policy_name(next.policy),
			       (unsigned long long)policy_version(next.policy));
		next.label = x->policy_label;
	}
	old = x->policy;
	x->policy = next;
	rc = again ? world_crash(w, name)
		   : step(w, i, &(struct event){ .kind = EVENT_POLICY, .policy = &next });
	policy_free(old.policy);
	return rc;
}

int world_skew(struct world *w, const char *name, int64_t ms)
{
	size_t i = find(w, name);

	if (i == w->nodes) {
		return ERR_NOTFOUND;
	}
	w->node[i].skew_ms = ms;
	return ERR_OK;
}

/* The next happening: the earliest, in the order in which they were put in. */
static size_t next(const struct world *w)
{
	size_t best = 0;

	for (size_t i = 1; i < w->queued; i++) {
		if (w->queue[i].at_ms < w->queue[best].at_ms ||
		    (w->queue[i].at_ms == w->queue[best].at_ms &&
		     w->queue[i].order < w->queue[best].order)) {
			best = i;
		}
	}
	return best;
}

static size_t next_wake(const struct world *w, uint64_t *at)
{
	size_t best = w->nodes;

	for (size_t i = 0; i < w->nodes; i++) {
		uint64_t wake = w->node[i].wake_ms;
		uint64_t global;

		if (wake == 0) {
			continue;
		}
		global = (uint64_t)((int64_t)wake - w->node[i].skew_ms);
		if (best == w->nodes || global < *at) {
			best = i;
			*at = global;
		}
	}
	return best;
}

/* One thing that happens until then; ERR_NOTFOUND when there is none. */
static int one(struct world *w, uint64_t until_ms)
{
	uint64_t wake_at = 0;
	size_t waker = next_wake(w, &wake_at);
	size_t i = w->queued == 0 ? 0 : next(w);
	struct happening h;
	int rc;

	if (waker < w->nodes && (w->queued == 0 || wake_at < w->queue[i].at_ms)) {
		struct event event = { .kind = EVENT_WAKE };

		if (wake_at > until_ms) {
			return ERR_NOTFOUND;
		}
		w->now_ms = wake_at > w->now_ms ? wake_at : w->now_ms;
		w->node[waker].wake_ms = 0;
		return step(w, waker, &event);
	}
	if (w->queued == 0 || w->queue[i].at_ms > until_ms) {
		return ERR_NOTFOUND;
	}
	h = w->queue[i];
	w->queue[i] = w->queue[--w->queued];
	w->now_ms = h.at_ms > w->now_ms ? h.at_ms : w->now_ms;
	h.event.bytes.data = h.bytes;
	h.event.found = &h.found;
	h.event.address = bytes_of(h.address);
	rc = h.life == w->node[h.node].life ? step(w, h.node, &h.event) : ERR_OK;
	free(h.bytes);
	return rc;
}

int world_run(struct world *w, uint64_t ms)
{
	uint64_t until = w->now_ms + ms;
	int rc;

	do {
		rc = one(w, until);
	} while (rc == ERR_OK);
	if (rc == ERR_NOTFOUND) {
		w->now_ms = until;
		return ERR_OK;
	}
	return rc;
}

int world_ask(struct world *w, const char *name, const char *verb, const char *officer,
	      const void *body, struct arena *arena, void *out)
{
	const struct ask_verb *v = ask_find(bytes_of(verb));
	struct ask ask = { .verb = bytes_of(verb), .officer = bytes_of(officer) };
	size_t node = find(w, name);
	uint64_t until = w->now_ms + ASK_MS;
	struct buf inner;
	struct buf outer;
	int rc = v == NULL || node == w->nodes ? ERR_NOTFOUND : ERR_OK;

	buf_init(&inner, 0);
	buf_init(&outer, 0);
	if (rc == ERR_OK && v->ask != NULL) {
		rc = schema_encode(v->ask, body, &inner);
		ask.body = buf_bytes(&inner);
	}
	if (rc == ERR_OK) {
		rc = schema_encode(&ask_schema, &ask, &outer);
	}
	if (rc == ERR_OK) {
		w->waiting = ++w->next_ask;
		w->answered = false;
		w->answer_arena = arena;
		(void)add(w, node, w->now_ms,
			  &(struct event){
			      .kind = EVENT_ASK, .ask = w->waiting, .bytes = buf_bytes(&outer) });
	}
	while (rc == ERR_OK && !w->answered) {
		rc = one(w, until);
		rc = rc == ERR_NOTFOUND ? ERR_TIMEOUT : rc;
	}
	w->waiting = 0;
	buf_done(&inner);
	buf_done(&outer);
	if (rc != ERR_OK) {
		return rc;
	}
	if (w->answer.code != 0) {
		(void)snprintf(w->refusal, sizeof w->refusal, "%.*s (%.*s)",
			       (int)w->answer.text.len, (const char *)w->answer.text.data,
			       (int)w->answer.place.len, (const char *)w->answer.place.data);
		return -(int)w->answer.code;
	}
	return out != NULL && v->answer != NULL
		   ? schema_decode(v->answer, w->answer.body, arena, out, NULL)
		   : ERR_OK;
}

int world_enrol(struct world *w, const char *name, const char *role, const char *by,
		const char *owner)
{
	struct ask_label label = { .label = bytes_of(name) };
	struct ask_sign sign = { .role = bytes_of(role), .owner = bytes_of(owner) };
	struct ask_install install;
	struct answer_file file;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = world_ask(w, name, "passport.request", "admin", &label, &arena, &file);
	if (rc == ERR_OK) {
		sign.request = file.content;
		rc = world_ask(w, by, "passport.sign", "admin", &sign, &arena, &file);
	}
	if (rc == ERR_OK) {
		install.grant = file.content;
		rc = world_ask(w, name, "passport.install", "admin", &install, &arena, NULL);
	}
	arena_done(&arena);
	return rc;
}

struct bytes world_print(struct world *w, struct arena *arena, uint64_t finger, uint64_t touch)
{
	struct fmr view;
	struct buf iso;
	struct bytes out = { NULL, 0 };

	synth_template(finger, touch, 0.1F, &view, NULL);
	buf_init(&iso, 0);
	if (fmr_write(&view, 1, FMR_ISO_2005, &iso) == ERR_OK) {
		out = arena_copy(arena, buf_bytes(&iso));
	}
	/* Behind the header and some minutiae: bytes that no other print has. */
	if (out.len > 40 + CANARY_BYTES && w->canaries < CANARIES_MAX) {
		memcpy(w->canary[w->canaries++], out.data + 40, CANARY_BYTES);
	}
	buf_done(&iso);
	return out;
}
