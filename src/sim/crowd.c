#include "sim/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/rule.h"
#include "sim/chance.h"
#include "sim/crowd_inside.h"

#define RESTART_MS 1000U /* a process that stopped on an error is started again */

static const uint8_t hash_key[SIPHASH_KEY_BYTES] = "events of crowd";

/* ---- the agenda ---- */

int crowd_later(struct crowd *c, size_t place, uint64_t at_ms, const struct event *event)
{
	struct happening *h = calloc(1, sizeof *h);

	if (h == NULL) {
		return ERR_NOMEM;
	}
	h->at_ms = at_ms;
	h->kind = HAPPENING_EVENT;
	h->node = place;
	h->life = c->places[place].life;
	h->event = *event;
	if (event->bytes.len > 0) {
		h->bytes = malloc(event->bytes.len);
		if (h->bytes == NULL) {
			agenda_free(h);
			return ERR_NOMEM;
		}
		memcpy(h->bytes, event->bytes.data, event->bytes.len);
		h->event.bytes.data = h->bytes;
	}
	if (event->address.len > 0) {
		(void)bytes_text(event->address, h->address, sizeof h->address);
		h->event.address = bytes_of(h->address);
	}
	if (event->found != NULL) {
		h->found = *event->found;
		h->event.found = &h->found;
	}
	return agenda_put(&c->agenda, h);
}

int crowd_note(struct crowd *c, enum happening_kind kind, size_t place, uint64_t at_ms,
	       uint64_t number)
{
	struct happening *h = calloc(1, sizeof *h);

	if (h == NULL) {
		return ERR_NOMEM;
	}
	h->at_ms = at_ms;
	h->kind = kind;
	h->node = place;
	h->life = place < c->place_count ? c->places[place].life : 0;
	h->number = number;
	return agenda_put(&c->agenda, h);
}

int crowd_act(struct crowd *c, uint64_t at_ms, uint64_t number)
{
	return crowd_note(c, HAPPENING_ACT, SIZE_MAX, at_ms, number);
}

int crowd_ask(struct crowd *c, size_t place, uint64_t ask, struct bytes bytes)
{
	return crowd_later(c, place, c->now_ms,
			   &(struct event){ .kind = EVENT_ASK, .ask = ask, .bytes = bytes });
}

/* ---- steps ---- */

static uint64_t to_local(uint64_t ms, int64_t skew_ms)
{
	int64_t local = (int64_t)ms + skew_ms;

	return local < 1 ? 1 : (uint64_t)local;
}

uint64_t crowd_local(const struct crowd *c, size_t place)
{
	return to_local(c->now_ms, c->places[place].skew_ms);
}

static void add_to_hash(struct crowd *c, size_t place, const struct event *e)
{
	uint64_t words[6] = {
		c->hash, c->now_ms, place,
		e->kind, e->link,   siphash_24(hash_key, e->bytes.data, e->bytes.len),
	};

	c->hash = siphash_24(hash_key, words, sizeof words);
}

/* What the step said when all is well, ERR_STORE when the process must stop. */
static int step_node(struct node *n, const struct event *event, struct effects *effects)
{
	int rc;

	if (node_begin(n) != ERR_OK) {
		return ERR_STORE;
	}
	rc = node_step(n, event, effects);
	/* Refused without a change is logged, and goes on. */
	if (rc != ERR_OK && rc != ERR_MALFORMED && rc != ERR_STATE) {
		return ERR_STORE;
	}
	return node_commit(n) == ERR_OK ? rc : ERR_STORE;
}

static int step(struct crowd *c, size_t place, struct event *event)
{
	struct place *p = &c->places[place];
	struct effects effects;
	int code;
	int rc = ERR_OK;

	if (p->node == NULL && p->actor == NULL) {
		return ERR_OK;
	}
	event->now_ms = crowd_local(c, place);
	add_to_hash(c, place, event);
	c->steps++;
	(void)chance_use(&p->stream);
	effects_init(&effects);
	code = p->actor != NULL ? p->actor->step(p->self, event, &effects)
				: step_node(p->node, event, &effects);
	if (!RULE(answer_durable, code == ERR_STORE)) {
		rc = crowd_effects_carry_out(c, place, &effects);
	}
	if (rc == ERR_OK && code == ERR_STORE) {
		c->stops++;
		rc = crowd_crash(c, place, RESTART_MS, false);
	}
	effects_done(&effects);
	(void)chance_use(&c->stream);
	if (c->hooks.on_step != NULL) {
		c->hooks.on_step(c->hooks.context, place, event, code);
	}
	return rc;
}

static int start(struct crowd *c, size_t place)
{
	struct place *p = &c->places[place];
	struct node_config config = { .keys = p->keys,
				      .policy = p->policy.policy,
				      .policy_label = p->policy.label };
	int rc;

	if (p->node != NULL || p->actor != NULL) {
		return ERR_OK;
	}
	(void)chance_use(&p->stream);
	memcpy(config.policy_digest, p->policy.digest, sizeof config.policy_digest);
	rc = store_open(p->url, &p->store, NULL);
	if (rc == ERR_OK) {
		config.store = p->store;
		if (p->founds) {
			config.founding = (struct founding){ .region = "UTO-NORTH",
							     .country = "UTO",
							     .owner = "UTO-NCB",
							     .label = p->name };
		}
		rc = node_new(&config, &p->node);
	}
	(void)chance_use(&c->stream);
	if (rc == ERR_OK) {
		p->wake_ms = 0;
		p->queued_ms = 0;
		rc = step(c, place, &(struct event){ .kind = EVENT_START });
	}
	/* A restarted process reads its peers from its settings again. */
	for (size_t i = 0; rc == ERR_OK && i < c->way_count; i++) {
		const struct way *w = &c->ways[i];
		struct event seen = { .kind = EVENT_PEER_SEEN, .fixed = true };

		if (w->end[0] == place || w->end[1] == place) {
			seen.address = bytes_of(c->places[w->end[w->end[0] == place ? 1 : 0]].name);
			rc = crowd_later(c, place, c->now_ms + 1, &seen);
		}
	}
	return rc;
}

int crowd_crash(struct crowd *c, size_t place, uint64_t down_ms, bool silent)
{
	struct place *p = &c->places[place];
	int rc;

	if (p->node == NULL) {
		return ERR_OK;
	}
	rc = crowd_wires_crash(c, place, silent);
	p->life++;
	node_free(p->node);
	store_close(p->store);
	p->node = NULL;
	p->store = NULL;
	return rc == ERR_OK ? crowd_note(c, HAPPENING_START, place, c->now_ms + down_ms, 0) : rc;
}

int crowd_policy(struct crowd *c, size_t place, const struct node_policy *policy, bool again)
{
	struct place *p = &c->places[place];
	int rc;

	p->policy = *policy;
	if (!again) {
		return step(c, place, &(struct event){ .kind = EVENT_POLICY, .policy = policy });
	}
	rc = crowd_crash(c, place, 0, false);
	return rc == ERR_OK ? start(c, place) : rc;
}

void crowd_skew(struct crowd *c, size_t place, int64_t ms)
{
	c->places[place].skew_ms = ms;
}

/* ---- time ---- */

static int wake(struct crowd *c, size_t place)
{
	struct place *p = &c->places[place];

	p->queued_ms = 0;
	if (p->wake_ms == 0) {
		return ERR_OK;
	}
	if (p->wake_ms > c->now_ms) {
		p->queued_ms = p->wake_ms;
		return crowd_note(c, HAPPENING_WAKE, place, p->wake_ms, 0);
	}
	p->wake_ms = 0;
	return step(c, place, &(struct event){ .kind = EVENT_WAKE });
}

static int happen(struct crowd *c, struct happening *h)
{
	if (h->kind == HAPPENING_ACT) {
		if (c->hooks.on_act != NULL) {
			c->hooks.on_act(c->hooks.context, h->number);
		}
		return ERR_OK;
	}
	if (h->kind != HAPPENING_START && h->life != c->places[h->node].life) {
		return ERR_OK;
	}
	switch (h->kind) {
	case HAPPENING_WAKE:
		/* Of several under way the earliest counts; a later one has been asked for anew. */
		return c->places[h->node].queued_ms == h->at_ms ? wake(c, h->node) : ERR_OK;
	case HAPPENING_DRAINED:
		return crowd_wires_drained(c, h->node, (uint32_t)h->number);
	case HAPPENING_START:
		return start(c, h->node);
	case HAPPENING_EVENT:
		return step(c, h->node, &h->event);
	case HAPPENING_ACT:
		break; /* above */
	}
	return ERR_INTERNAL;
}

int crowd_one(struct crowd *c, uint64_t until_ms)
{
	struct happening *h = agenda_take(&c->agenda, until_ms);
	int rc;

	if (h == NULL) {
		return ERR_NOTFOUND;
	}
	c->now_ms = h->at_ms > c->now_ms ? h->at_ms : c->now_ms;
	rc = happen(c, h);
	agenda_free(h);
	return rc;
}

int crowd_run(struct crowd *c, uint64_t until_ms)
{
	int rc;

	do {
		rc = crowd_one(c, until_ms);
	} while (rc == ERR_OK);
	if (rc != ERR_NOTFOUND) {
		return rc;
	}
	c->now_ms = until_ms > c->now_ms ? until_ms : c->now_ms;
	return ERR_OK;
}

/* ---- making and ending ---- */

int crowd_new(uint64_t seed, const struct crowd_hooks *hooks, struct crowd **out)
{
	struct crowd *c = calloc(1, sizeof *c);

	if (c == NULL) {
		return ERR_NOMEM;
	}
	c->hooks = *hooks;
	c->seed = seed;
	c->stream = chance_stream(seed, 0);
	c->now_ms = CROWD_START_MS;
	if (!chance_use(&c->stream)) {
		free(c);
		return ERR_INTERNAL;
	}
	*out = c;
	return ERR_OK;
}

void crowd_free(struct crowd *c)
{
	if (c == NULL) {
		return;
	}
	for (size_t i = 0; i < c->place_count; i++) {
		struct place *p = &c->places[i];

		if (p->actor != NULL) {
			p->actor->free(p->self);
		}
		node_free(p->node);
		store_close(p->store);
		keys_free(p->keys);
	}
	for (size_t i = 0; i < c->wire_count; i++) {
		free(c->wires[i]);
	}
	agenda_done(&c->agenda);
	free(c->wires);
	free(c->ways);
	free(c->places);
	free(c);
}

int crowd_add(struct crowd *c, const char *name, const char *url, bool founds,
	      const struct node_policy *policy, size_t *place)
{
	struct place *p;
	int rc;

	if (c->place_count == c->place_room) {
		size_t room = c->place_room == 0 ? 16 : c->place_room * 2;
		struct place *grown = realloc(c->places, room * sizeof *grown);

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		c->places = grown;
		c->place_room = room;
	}
	p = &c->places[c->place_count];
	*p = (struct place){ .founds = founds,
			     .stream = chance_stream(c->seed, c->place_count + 1) };
	if (bytes_text(bytes_of(name), p->name, sizeof p->name) != ERR_OK ||
	    bytes_text(bytes_of(url), p->url, sizeof p->url) != ERR_OK) {
		return ERR_RANGE;
	}
	if (policy != NULL) {
		p->policy = *policy;
	}
	(void)chance_use(&p->stream);
	rc = keys_new(founds, &p->keys);
	(void)chance_use(&c->stream);
	if (rc != ERR_OK) {
		return rc;
	}
	if (place != NULL) {
		*place = c->place_count;
	}
	return start(c, c->place_count++);
}

int crowd_replace(struct crowd *c, size_t place, const struct crowd_actor *actor, void *self)
{
	struct place *p = &c->places[place];
	int rc = crowd_crash(c, place, 0, false);

	if (rc == ERR_OK) {
		p->actor = actor;
		p->self = self;
		rc = step(c, place, &(struct event){ .kind = EVENT_START });
	}
	return rc;
}

/* ---- questions ---- */

uint64_t crowd_now(const struct crowd *c)
{
	return c->now_ms;
}

size_t crowd_count(const struct crowd *c)
{
	return c->place_count;
}

const char *crowd_name(const struct crowd *c, size_t place)
{
	return c->places[place].name;
}

size_t crowd_find(const struct crowd *c, const char *name)
{
	size_t i = 0;

	while (i < c->place_count && strcmp(c->places[i].name, name) != 0) {
		i++;
	}
	return i;
}

struct keys *crowd_keys(const struct crowd *c, size_t place)
{
	return c->places[place].keys;
}

bool crowd_is_up(const struct crowd *c, size_t place)
{
	return c->places[place].node != NULL || c->places[place].actor != NULL;
}

uint64_t crowd_steps(const struct crowd *c)
{
	return c->steps;
}

uint64_t crowd_bytes(const struct crowd *c)
{
	return c->bytes;
}

uint64_t crowd_stops(const struct crowd *c)
{
	return c->stops;
}

uint64_t crowd_hash(const struct crowd *c)
{
	return c->hash;
}
