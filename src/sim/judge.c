#include "sim/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "record/clock.h"
#include "record/kind.h"
#include "sim/judge_inside.h"
#include "trust/passport.h"
#include "trust/seal.h"

#define MINUTE_MS 60000ULL
#define ASTRAY_MS                                                                                  \
	(30 * MINUTE_MS)           /* headquarters is 7 off, and two steps of ten towards others   \
				    */
#define LEAP_MAX_MS  (31 * DAY_MS) /* of stamps: what a wrong clock may do before it is caught */
#define IN_FLIGHT_MS (10 * MINUTE_MS)

/* ---- findings ---- */

const char *judge_breach_name(enum breach breach)
{
	static const char *const names[] = { "none",    "divergence", "lost",    "resurrected",
					     "outside", "forged",     "expired", "clock",
					     "late",    "stuck" };

	return names[breach];
}

void judge_found(struct judge *j, enum breach breach, size_t place, const char *text)
{
	if (j->finding.breach == BREACH_NONE) {
		j->finding.breach = breach;
		j->finding.place = place;
		j->finding.at_ms = crowd_now(j->crowd);
		(void)snprintf(j->finding.text, sizeof j->finding.text, "%s", text);
	}
}

void judge_watch_say(struct judge *j, enum breach breach, size_t place, const struct known *k,
		     const char *text)
{
	char line[160];
	char hex[9];

	bytes_hex(k->id, 4, hex);
	(void)snprintf(line, sizeof line, "%s %s of %s: %s", kind_name(k->header.kind), hex,
		       k->author < j->count ? crowd_name(j->crowd, k->author) : "nobody", text);
	judge_found(j, breach, place, line);
}

const struct judge_finding *judge_finding(const struct judge *j)
{
	return &j->finding;
}

/* ---- what everybody may know ---- */

static const uint8_t *node_at(const struct judge *j, size_t place)
{
	return keys_node(crowd_keys(j->crowd, place));
}

static size_t place_of(const struct judge *j, const uint8_t node[ENTRY_NODE_BYTES])
{
	for (size_t i = 0; i < crowd_count(j->crowd); i++) {
		if (memcmp(node_at(j, i), node, ENTRY_NODE_BYTES) == 0) {
			return i;
		}
	}
	return JUDGE_PLACES_MAX;
}

bool judge_may_hold(const struct judge *j, size_t place, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	uint8_t key[MAP_KEY_BYTES];

	judge_control_key(node_at(j, place), class_id, key);
	return memcmp(class_id, j->control_class, ENTRY_CLASS_BYTES) == 0 ||
	       map_get(&j->rights, key) != NULL;
}

static bool is_class(const struct judge *j, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	return memcmp(class_id, j->control_class, ENTRY_CLASS_BYTES) == 0 ||
	       members_labels(j->members, class_id, &(struct labels){ .group = 0 }) == ERR_OK;
}

struct bytes judge_classes(const struct judge *j)
{
	return buf_bytes(&j->classes);
}

/* The judge's own reading of the specification: who may write what, where. */
static const char *may_not_write(const struct judge *j, const struct known *k)
{
	const struct entry_header *h = &k->header;
	bool hq = k->author == j->headquarters;
	struct labels labels;

	if (memcmp(h->class_id, j->control_class, ENTRY_CLASS_BYTES) == 0) {
		return hq || h->kind == KIND_ERASURE ? NULL
						     : "only headquarters writes such control";
	}
	if (members_labels(j->members, h->class_id, &labels) != ERR_OK) {
		return k->author < j->count ? NULL : "a class that nobody has";
	}
	switch (h->kind) {
	case KIND_NOTICE:
	case KIND_SUBJECT:
	case KIND_TEMPLATE:
		return hq && (labels.group == GROUP_MATCH || labels.group == GROUP_IDENTITY)
			   ? NULL
			   : "only the owner writes it";
	case KIND_DECISION:
	case KIND_ACTION:
		return labels.group == GROUP_CASE ? NULL : "not in this class";
	case KIND_ENCOUNTER:
		return labels.group == GROUP_MAIL ? NULL : "not in this class";
	case KIND_VERDICT:
	case KIND_RECEIPT:
		return hq && labels.group == GROUP_MAIL ? NULL : "only headquarters answers";
	default:
		return "a kind that has no place here";
	}
}

/* ---- one change ---- */

static struct known *find(const struct judge *j, const uint8_t id[ENTRY_ID_BYTES])
{
	return map_get(&j->known, id);
}

bool judge_has(const struct judge *j, size_t place, const struct known *k)
{
	return disk_has(j->watched[place]->disk, k->id);
}

const struct known *judge_newer(const struct judge *j, size_t place, const struct known *k)
{
	const struct known *x = map_get(&j->tags, k->header.tag);

	for (; k->header.revision > 0 && x != NULL; x = x->next) {
		if (x != k && x->header.kind == k->header.kind &&
		    x->header.revision >= k->header.revision &&
		    memcmp(x->header.class_id, k->header.class_id, ENTRY_CLASS_BYTES) == 0 &&
		    judge_has(j, place, x)) {
			return x;
		}
	}
	return NULL;
}

static struct known *learn(struct judge *j, const struct entry *e)
{
	struct known *k = find(j, e->id);

	if (k != NULL) {
		return k;
	}
	k = calloc(1, sizeof *k);
	if (k == NULL || (k->arrived_ms = calloc(JUDGE_PLACES_MAX, sizeof(uint64_t))) == NULL ||
	    map_put(&j->known, e->id, k) != ERR_OK) {
		abort(); /* the simulator itself has no memory: nothing it says would hold */
	}
	memcpy(k->id, e->id, sizeof k->id);
	k->header = e->header;
	k->author = place_of(j, e->header.author);
	k->born_ms = crowd_now(j->crowd);
	k->next = map_get(&j->tags, e->header.tag);
	if (map_put(&j->tags, e->header.tag, k) != ERR_OK) {
		abort();
	}
	return k;
}

/* Checked once for each entry: whoever holds it was wrong to take it. */
static void check_first(struct judge *j, size_t place, const struct known *k, const struct entry *e)
{
	const struct passport *author = members_find(j->members, k->header.author);
	const char *wrong;

	if (!is_class(j, k->header.class_id)) {
		if (k->author != place) {
			judge_watch_say(j, BREACH_OUTSIDE, place, k, "of somebody's own class");
		}
		return;
	}
	if (author == NULL) {
		judge_watch_say(j, BREACH_FORGED, place, k, "its author is no member");
		return;
	}
	if (seal_verify(e, author->sign_public) != ERR_OK) {
		judge_watch_say(j, BREACH_FORGED, place, k, "its author has not signed it");
	}
	if (!passport_valid(author, day_of_ms(clock_ms(k->header.clock)))) {
		judge_watch_say(j, BREACH_OUTSIDE, place, k, "its author was no member then");
	}
	wrong = may_not_write(j, k);
	if (wrong != NULL) {
		judge_watch_say(j, BREACH_OUTSIDE, place, k, wrong);
	}
}

/* Stamps of an honest author: close to the time, whatever strangers stamp; and never years
 * ahead, whatever its own clock says. */
static void check_stamp(struct judge *j, size_t place, const struct known *k)
{
	uint64_t ms = clock_ms(k->header.clock);
	const struct watched *w = j->watched[place];
	uint64_t now = crowd_now(j->crowd);

	if (k->author != place || w->hostile) {
		return;
	}
	if (!w->clock_was_wrong && ms > now + ASTRAY_MS) {
		judge_watch_say(j, BREACH_CLOCK, place, k, "stamped ahead by a right clock");
	}
	if (ms > now + LEAP_MAX_MS) {
		judge_watch_say(j, BREACH_CLOCK, place, k, "stamped weeks ahead");
	}
	/* An answer to what comes from the future: it was to be kept, not believed. */
	if (k->header.kind == KIND_RECEIPT || k->header.kind == KIND_VERDICT) {
		for (const struct known *x = map_get(&j->tags, k->header.tag); x != NULL;
		     x = x->next) {
			if (x->header.kind == KIND_ENCOUNTER &&
			    clock_ms(x->header.clock) > now + CLOCK_AHEAD_MAX_MS + MINUTE_MS) {
				judge_watch_say(j, BREACH_CLOCK, place, x,
						"from the future, and answered");
			}
		}
	}
}

/* Of what only one version counts the older one is gone. */
static void check_versions(struct judge *j, size_t place, const struct known *k)
{
	const struct known *x;

	if (k->header.kind != KIND_TEMPLATE && k->header.kind != KIND_SUBJECT &&
	    k->header.kind != KIND_BEACON) {
		return;
	}
	for (x = map_get(&j->tags, k->header.tag); x != NULL; x = x->next) {
		if (x->header.kind == k->header.kind && x->header.revision != k->header.revision &&
		    memcmp(x->header.class_id, k->header.class_id, ENTRY_CLASS_BYTES) == 0 &&
		    judge_has(j, place, x) && judge_has(j, place, k)) {
			judge_watch_say(j, BREACH_DIVERGENCE, place, k,
					"two revisions side by side");
		}
	}
}

static void on_put(struct judge *j, size_t place, const struct entry *e)
{
	struct watched *w = j->watched[place];
	bool news = find(j, e->id) == NULL;
	struct known *k = learn(j, e);
	uint32_t today = day_of_ms(crowd_now(j->crowd));

	if (k->author == place) {
		w->last_put_ms[k->header.kind % JUDGE_KINDS] = crowd_now(j->crowd);
	}
	if (k->arrived_ms[place] == 0) {
		k->arrived_ms[place] = crowd_now(j->crowd);
	}
	if (news && memcmp(k->header.class_id, j->control_class, ENTRY_CLASS_BYTES) == 0) {
		judge_control_open(j, k, e);
	}
	if (news) {
		check_first(j, place, k, e);
		check_stamp(j, place, k);
	}
	if (is_class(j, k->header.class_id) && !judge_may_hold(j, place, k->header.class_id)) {
		judge_watch_say(j, BREACH_OUTSIDE, place, k, "kept without a right to it");
	}
	if (k->header.expiry_day < today && !w->clock_wrong) {
		judge_watch_say(j, BREACH_EXPIRED, place, k, "taken after its day");
	}
	if (k->erasure != NULL && judge_has(j, place, k->erasure) && judge_has(j, place, k) &&
	    crowd_now(j->crowd) > k->erased_ms) {
		judge_watch_say(j, BREACH_RESURRECTED, place, k, "taken after its erasure");
	}
	check_versions(j, place, k);
}

static void on_ended(struct judge *j, size_t place, const struct entry *e)
{
	struct known *k = learn(j, e);

	k->arrived_ms[place] = 0;
	if (k->header.expiry_day < day_of_ms(crowd_now(j->crowd)) || k->erasure != NULL ||
	    judge_newer(j, place, k) != NULL) {
		return;
	}
	judge_watch_say(j, BREACH_LOST, place, k, "dropped before its day");
}

static void on_change(void *context, const struct disk_change *change)
{
	struct watched *w = context;
	struct judge *j = w->judge;

	if (!j->founded || w->hostile) {
		return;
	}
	if (change->kind == DISK_PUT) {
		on_put(j, w->place, change->entry);
	} else if (change->kind == DISK_ENDED) {
		on_ended(j, w->place, change->entry);
	}
}

void judge_received(struct judge *j, size_t by, size_t from, const struct entry *e)
{
	struct known *k = find(j, e->id);
	const struct passport *member = members_find(j->members, node_at(j, by));

	if (k == NULL || from >= j->count || j->watched[from]->hostile) {
		return;
	}
	/* A day for links that were up when it ended. */
	if (member == NULL || !passport_valid(member, day_of_ms(crowd_now(j->crowd) - DAY_MS))) {
		judge_watch_say(j, BREACH_OUTSIDE, from, k, "sent to who is no member any more");
	}
	if (!judge_may_hold(j, by, k->header.class_id)) {
		judge_watch_say(j, BREACH_OUTSIDE, from, k, "sent to who has no right to it");
	}
	if (k->erasure != NULL && judge_has(j, from, k->erasure) &&
	    crowd_now(j->crowd) > k->erased_ms + IN_FLIGHT_MS) {
		judge_watch_say(j, BREACH_RESURRECTED, from, k, "sent after its erasure");
	}
}

void judge_promised(struct judge *j, size_t place, uint64_t kind, uint64_t since_ms)
{
	char text[80];

	if (j->watched[place]->last_put_ms[kind % JUDGE_KINDS] < since_ms) {
		(void)snprintf(text, sizeof text, "%s acknowledged, not on disk", kind_name(kind));
		judge_found(j, BREACH_LOST, place, text);
	}
}

/* ---- making and ending ---- */

int judge_new(struct judge **out)
{
	struct judge *j = calloc(1, sizeof *j);

	if (j == NULL) {
		return ERR_NOMEM;
	}
	map_init(&j->known, 1);
	map_init(&j->tags, 2);
	map_init(&j->rights, 3);
	buf_init(&j->classes, 0);
	*out = j;
	return ERR_OK;
}

void judge_free(struct judge *j)
{
	struct known *k;
	size_t at = 0;

	if (j == NULL) {
		return;
	}
	while ((k = map_next(&j->known, &at)) != NULL) {
		free(k->arrived_ms);
		free(k);
	}
	map_done(&j->known);
	map_done(&j->tags);
	map_done(&j->rights);
	buf_done(&j->classes);
	for (size_t i = 0; i < j->count; i++) {
		free(j->watched[i]);
	}
	members_free(j->members);
	free(j);
}

int judge_watch(struct judge *j, struct crowd *c, size_t place, const char *disk)
{
	struct watched *w = calloc(1, sizeof *w);

	if (w == NULL || place >= JUDGE_PLACES_MAX) {
		free(w);
		return w == NULL ? ERR_NOMEM : ERR_LIMIT;
	}
	j->crowd = c;
	w->judge = j;
	w->place = place;
	(void)bytes_text(bytes_of(disk), w->disk, sizeof w->disk);
	j->watched[place] = w;
	j->count = place + 1;
	return disk_watch(disk, on_change, w);
}

static int learn_all(void *context, const struct entry *e)
{
	const struct watched *w = context;

	on_put(w->judge, w->place, e);
	return ERR_OK;
}

int judge_founded(struct judge *j, size_t place)
{
	const char *disk = j->watched[place]->disk;
	struct keys *keys = crowd_keys(j->crowd, place);
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
		rc = members_new(g.region_public, &j->members);
	}
	if (rc == ERR_OK) {
		rc = members_passport(j->members, g.passport, NULL);
	}
	if (rc == ERR_OK) {
		memcpy(j->control_class, g.membership.control_class, sizeof j->control_class);
		memcpy(j->control_key, g.membership.control_key, sizeof j->control_key);
		j->headquarters = place;
		j->founded = true;
		rc = disk_each(disk, learn_all, j->watched[place]);
	}
	arena_done(&arena);
	return rc;
}

void judge_hostile(struct judge *j, size_t place)
{
	j->watched[place]->hostile = true;
}

void judge_clock(struct judge *j, size_t place, bool right)
{
	j->watched[place]->clock_wrong = !right;
	j->watched[place]->clock_was_wrong = j->watched[place]->clock_was_wrong || !right;
}

size_t judge_entries(const struct judge *j)
{
	return j->known.count;
}

uint64_t judge_arrival(const struct judge *j, const uint8_t id[ENTRY_ID_BYTES], size_t place)
{
	const struct known *k = find(j, id);

	return k == NULL ? 0 : k->arrived_ms[place];
}
