#include "sim/hostile.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/map.h"
#include "channel/link.h"
#include "record/clock.h"
#include "sim/chance.h"
#include "sim/disk.h"
#include "sim/hostile_forge.h"
#include "sync/sync.h"
#include "trust/passport.h"
#include "trust/seal.h"

#define LINKS_MAX   24U
#define PEERS_MAX   16U
#define REDIAL_MS   20000U
#define PROLOGUE    "OP1"
#define LIE_PPM     20000U
#define FLOOD_COUNT 300U

struct contact {
	uint32_t number; /* 0: free */
	bool dialled;
	struct link *link;         /* owned */
	struct sync_session *sync; /* owned */
	uint64_t wake_ms;
};

struct hostile {
	struct region *region; /* borrowed */
	size_t place;
	uint64_t dice;
	unsigned ways; /* enum hostile_way */
	struct hostile_hoard hoard;
	struct buf hello; /* its passport */
	struct link_keys *link_keys;
	struct link_replay replay;
	struct sync_set *set;
	struct contact contacts[LINKS_MAX];
	char peers[PEERS_MAX][CROWD_NAME_MAX];
	size_t peer_count;
	uint32_t greetings;
	uint64_t now_ms;
	struct effects *effects; /* of the step that runs */
};

/* ---- its store ---- */

/* Everything that it has ever held, whatever has been erased, is offered to everybody. */
static void offer(struct hostile *h, const struct hoarded *x)
{
	struct sync_item item = { .bytes = (uint32_t)x->bytes.len, .lane = x->lane };

	memcpy(item.id, x->id, sizeof item.id);
	memcpy(item.class_id, x->class_id, sizeof item.class_id);
	if (sync_set_add(h->set, &item) != ERR_OK) {
		return;
	}
	for (size_t i = 0; i < LINKS_MAX; i++) {
		if (h->contacts[i].sync != NULL) {
			(void)sync_offer(h->contacts[i].sync, &item);
		}
	}
}

static int take(void *context, const struct entry *e)
{
	struct hostile *h = context;
	const struct hoarded *x = hostile_forge_keep(&h->hoard, e);

	if (x != NULL) {
		offer(h, x);
	}
	return ERR_OK;
}

/* ---- its links ---- */

static void hang_up(struct hostile *h, struct contact *c)
{
	(void)effects_add(h->effects, &(struct effect){ .kind = EFFECT_CLOSE, .link = c->number });
	sync_session_free(c->sync);
	link_free(c->link);
	*c = (struct contact){ .number = 0 };
}

static struct contact *find(struct hostile *h, uint32_t number)
{
	for (size_t i = 0; i < LINKS_MAX; i++) {
		if (h->contacts[i].number == number) {
			return &h->contacts[i];
		}
	}
	return NULL;
}

static void send(struct hostile *h, const struct contact *c, struct buf *out)
{
	if (out->len > 0) {
		(void)effects_add(h->effects, &(struct effect){ .kind = EFFECT_SEND,
								.link = c->number,
								.bytes = buf_bytes(out) });
	}
	buf_clear(out);
}

static void say(struct hostile *h, struct contact *c, struct bytes message)
{
	struct buf copy;
	struct buf out;

	buf_init(&copy, 0);
	buf_init(&out, 0);
	buf_put(&copy, message.data, message.len);
	if ((h->ways & HOSTILE_LIE) != 0 && chance_ppm(&h->dice, LIE_PPM) && copy.len > 0) {
		copy.data[chance_below(&h->dice, copy.len)] ^=
		    (uint8_t)(1U << chance_below(&h->dice, 8));
	}
	if (link_send(c->link, buf_bytes(&copy), &out) == ERR_OK) {
		send(h, c, &out);
	}
	buf_done(&copy);
	buf_done(&out);
}

/* Every class of the region, though most are none of its business. */
static int say_classes(struct hostile *h, struct contact *c)
{
	static struct sync_class list[SYNC_CLASSES_MAX];
	struct bytes all = judge_classes(h->region->judge);
	size_t count = 1;

	list[0] = (struct sync_class){ .control = true, .send = true, .take = true };
	memcpy(list[0].class_id, h->hoard.membership.control_class, ENTRY_CLASS_BYTES);
	for (size_t i = 0; i < all.len && count < SYNC_CLASSES_MAX; i += ENTRY_CLASS_BYTES) {
		if (memcmp(all.data + i, list[0].class_id, ENTRY_CLASS_BYTES) != 0) {
			list[count] = (struct sync_class){ .send = true, .take = true };
			memcpy(list[count++].class_id, all.data + i, ENTRY_CLASS_BYTES);
		}
	}
	return sync_classes(c->sync, list, count, h->now_ms);
}

static void receive(struct hostile *h, struct contact *c, const struct sync_out *out)
{
	struct buf copy;
	struct entry e;

	buf_init(&copy, 0);
	buf_put(&copy, out->bytes.data, out->bytes.len);
	if (entry_decode(buf_bytes(&copy), &e, NULL) == ERR_OK) {
		size_t from = crowd_wires_other_end(h->region->crowd, h->place, c->number);
		uint8_t id[ENTRY_ID_BYTES];

		memcpy(id, out->id, sizeof id);
		if (from != SIZE_MAX) {
			judge_received(h->region->judge, h->place, from, &e);
		}
		(void)take(h, &e);
		(void)sync_stored(c->sync, id, ERR_OK);
	}
	buf_done(&copy);
}

static void pump(struct hostile *h, struct contact *c)
{
	struct sync_out out;
	const struct hoarded *x;
	int rc = ERR_OK;

	while (c->sync != NULL && rc == ERR_OK) {
		sync_poll(c->sync, &out);
		switch (out.kind) {
		case SYNC_NOTHING:
			return;
		case SYNC_SEND:
			say(h, c, out.bytes);
			break;
		case SYNC_LOAD:
			x = map_get(&h->hoard.all, out.id);
			rc = sync_loaded(c->sync, out.id,
					 x == NULL ? (struct bytes){ NULL, 0 }
						   : buf_bytes(&x->bytes));
			break;
		case SYNC_STORE:
			receive(h, c, &out);
			break;
		case SYNC_CLASSES:
			rc = say_classes(h, c);
			break;
		case SYNC_WAKE:
			c->wake_ms = out.at_ms;
			break;
		case SYNC_KEPT:
		case SYNC_SETTLED:
			break;
		}
	}
	if (rc != ERR_OK) {
		hang_up(h, c);
	}
}

static void link_up(struct hostile *h, const struct event *event)
{
	struct link_config config = { .initiator = event->dialled,
				      .replay = &h->replay,
				      .stamp_window_ms = LINK_STAMP_ANY,
				      .hello = buf_bytes(&h->hello) };
	struct contact *c = find(h, 0);
	struct buf out;

	if (c == NULL) {
		return;
	}
	*c = (struct contact){ .number = event->link, .dialled = event->dialled };
	config.keys[0] = h->link_keys;
	buf_init(&out, 0);
	if (link_new(&config, &c->link) != ERR_OK ||
	    (c->dialled && link_start(c->link, h->now_ms, ++h->greetings, &out) != ERR_OK)) {
		hang_up(h, c);
	} else {
		send(h, c, &out);
	}
	buf_done(&out);
}

static int begin_session(struct hostile *h, struct contact *c, const uint8_t *salt)
{
	struct sync_config config = { .initiator = c->dialled };
	struct sync_class control = { .control = true, .send = true, .take = true };

	memcpy(config.salt, salt, sizeof config.salt);
	memcpy(control.class_id, h->hoard.membership.control_class, ENTRY_CLASS_BYTES);
	return sync_session_new(h->set, &config, &control, 1, h->now_ms, &c->sync);
}

static void link_bytes(struct hostile *h, const struct event *event)
{
	struct contact *c = find(h, event->link);
	struct link_event *events = NULL;
	struct arena arena;
	struct buf out;
	int rc;

	if (c == NULL || event->link == 0) {
		return;
	}
	arena_init(&arena, 0);
	buf_init(&out, 0);
	rc = link_feed(c->link, event->bytes, h->now_ms, &arena, &events, &out);
	send(h, c, &out);
	for (; events != NULL && rc == ERR_OK; events = events->next) {
		rc = events->kind == LINK_READY ? begin_session(h, c, events->hash)
						: sync_message(c->sync, events->data, h->now_ms);
		if (rc == ERR_OK) {
			pump(h, c);
			rc = c->number == 0 ? ERR_STATE : ERR_OK;
		}
	}
	if (rc != ERR_OK && c->number != 0) {
		hang_up(h, c);
	}
	buf_done(&out);
	arena_done(&arena);
}

/* A flooding one does not keep to the rounds. */
static void wake_sessions(struct hostile *h)
{
	for (size_t i = 0; i < LINKS_MAX; i++) {
		struct contact *c = &h->contacts[i];

		if (c->sync != NULL && c->wake_ms != 0 && c->wake_ms <= h->now_ms) {
			c->wake_ms = 0;
			if (sync_wake(c->sync, h->now_ms) == ERR_OK) {
				pump(h, c);
			}
		}
	}
}

static void wake(struct hostile *h)
{
	if ((h->ways & HOSTILE_FLOOD) == 0 || chance_below(&h->dice, 8) == 0) {
		wake_sessions(h);
	}
	for (size_t i = 0; i < h->peer_count; i++) {
		(void)effects_add(h->effects, &(struct effect){ .kind = EFFECT_DIAL,
								.bytes = bytes_of(h->peers[i]) });
	}
	(void)effects_add(
	    h->effects, &(struct effect){ .kind = EFFECT_WAKE_AT, .at_ms = h->now_ms + REDIAL_MS });
}

/* ---- whoever stands there ---- */

static int step(void *self, const struct event *event, struct effects *effects)
{
	struct hostile *h = self;
	struct contact *c;

	h->effects = effects;
	h->now_ms = event->now_ms;
	switch (event->kind) {
	case EVENT_START:
	case EVENT_WAKE:
		wake(h);
		break;
	case EVENT_PEER_SEEN:
		if (h->peer_count < PEERS_MAX) {
			(void)bytes_text(event->address, h->peers[h->peer_count++], CROWD_NAME_MAX);
		}
		break;
	case EVENT_LINK_UP:
		link_up(h, event);
		break;
	case EVENT_LINK_BYTES:
		link_bytes(h, event);
		break;
	case EVENT_LINK_DOWN:
		c = event->link == 0 ? NULL : find(h, event->link);
		if (c != NULL) {
			hang_up(h, c);
		}
		break;
	case EVENT_LINK_DRAINED:
	case EVENT_ASK:
	case EVENT_EXAMINED:
	case EVENT_FOUND:
	case EVENT_POLICY:
		break;
	}
	return ERR_OK;
}

static void hostile_free(void *self)
{
	struct hostile *h = self;

	for (size_t i = 0; i < LINKS_MAX; i++) {
		sync_session_free(h->contacts[i].sync);
		link_free(h->contacts[i].link);
	}
	link_keys_free(h->link_keys);
	sync_set_free(h->set);
	hostile_forge_done(&h->hoard);
	buf_done(&h->hello);
	free(h);
}

static int prepare_links(struct hostile *h, const struct grant *g, const struct keys *keys)
{
	uint8_t commit[32];
	struct link_keys_config config = { .psk = g->membership.psk,
					   .own_secret = keys_dh_secret(keys),
					   .own_public = keys_dh_public(keys) };
	struct buf prologue;
	int rc;

	seal_epoch(g->membership.psk, commit, (uint8_t[ENTRY_EPOCH_BYTES]){ 0 });
	memcpy(config.id, commit, sizeof config.id);
	buf_init(&prologue, 0);
	buf_put(&prologue, PROLOGUE, strlen(PROLOGUE));
	buf_u8(&prologue, SYNC_VERSION);
	buf_put(&prologue, g->region_public, KEYS_PUBLIC_BYTES);
	config.prologue = buf_bytes(&prologue);
	rc = link_keys_new(&config, &h->link_keys);
	buf_done(&prologue);
	return rc;
}

static int read_grant(struct hostile *h, const char *disk)
{
	struct keys *keys = crowd_keys(h->region->crowd, h->place);
	struct arena arena;
	struct bytes file;
	struct grant g;
	int rc;

	arena_init(&arena, 0);
	rc = keys_unlock(keys, "grant", disk_value(disk, "grant"), &arena, &file);
	if (rc == ERR_OK) {
		rc = passport_open_grant(keys, file, &arena, &g, NULL);
	}
	if (rc == ERR_OK) {
		h->hoard.membership = g.membership;
		h->hoard.membership.issuer = (struct bytes){ NULL, 0 };
		buf_put(&h->hello, g.passport.data, g.passport.len);
		rc = prepare_links(h, &g, keys);
	}
	arena_done(&arena);
	return rc;
}

int hostile_begin(struct region *r, size_t place, uint64_t value)
{
	static const struct crowd_actor actor = { .step = step, .free = hostile_free };
	static const uint8_t seed[SYNC_SEED_BYTES] = "hostile";
	struct hostile *h = calloc(1, sizeof *h);
	const char *disk = crowd_name(r->crowd, place);
	size_t first;
	int rc;

	if (h == NULL) {
		return ERR_NOMEM;
	}
	h->region = r;
	h->place = place;
	h->dice = value;
	h->ways = (unsigned)chance_next(&h->dice) | HOSTILE_GREEDY;
	buf_init(&h->hello, 0);
	link_replay_init(&h->replay);
	hostile_forge_init(&h->hoard, crowd_keys(r->crowd, place), value);
	rc = sync_set_new(seed, &h->set);
	if (rc == ERR_OK) {
		rc = read_grant(h, disk);
	}
	if (rc != ERR_OK) {
		hostile_free(h);
		/* Its disk was full before it became a member. */
		return rc == ERR_NOMEM ? rc : ERR_OK;
	}
	judge_hostile(r->judge, place);
	(void)disk_each(disk, take, h);
	first = h->hoard.all.count;
	for (size_t at = 0; at < first;) {
		struct hoarded *x = map_next(&h->hoard.all, &at);

		if (x == NULL) {
			break;
		}
		hostile_forge_from(&h->hoard, x, h->ways, crowd_now(r->crowd));
	}
	if ((h->ways & HOSTILE_FLOOD) != 0) {
		hostile_forge_flood(&h->hoard, judge_classes(r->judge), FLOOD_COUNT,
				    crowd_now(r->crowd));
	}
	for (size_t i = 0; i < h->hoard.forged_count; i++) {
		struct entry e;

		if (entry_decode(buf_bytes(&h->hoard.forged[i]), &e, NULL) == ERR_OK) {
			(void)take(h, &e);
		}
	}
	return crowd_replace(r->crowd, place, &actor, h);
}
