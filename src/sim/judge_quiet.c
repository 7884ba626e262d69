/* When all is quiet: the stores of nodes that reach each other, through nodes that may have the
 * class, hold the same of it; nothing erased or expired is left anywhere. */
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "record/clock.h"
#include "record/kind.h"
#include "sim/judge_inside.h"

/* Headquarters says the time every hour, and a node looks every ten minutes. */
#define FORGET_MS (75 * 60000ULL)

struct parts {
	size_t of[JUDGE_PLACES_MAX]; /* the lowest place of the part; JUDGE_PLACES_MAX: none */
};

static bool takes_part(const struct judge *j, size_t place, const uint8_t *class_id)
{
	return !j->watched[place]->hostile && judge_may_hold(j, place, class_id) &&
	       members_find(j->members, keys_node(crowd_keys(j->crowd, place))) != NULL;
}

/* May b's part be joined to a's, which has the lower place? */
static bool is_apart(const struct parts *p, size_t a, size_t b)
{
	return p->of[a] != JUDGE_PLACES_MAX && p->of[b] != JUDGE_PLACES_MAX && p->of[a] < p->of[b];
}

/* Join what reaches each other; has anything moved? */
static bool join(const struct judge *j, bool (*reach)(void *context, size_t a, size_t b),
		 void *context, struct parts *p)
{
	bool moved = false;

	for (size_t a = 0; a < j->count; a++) {
		for (size_t b = 0; b < j->count; b++) {
			if (is_apart(p, a, b) && reach(context, a, b)) {
				p->of[b] = p->of[a];
				moved = true;
			}
		}
	}
	return moved;
}

/* Which nodes reach each other through nodes that may have the class? */
static void divide(const struct judge *j, const uint8_t *class_id,
		   bool (*reach)(void *context, size_t a, size_t b), void *context, struct parts *p)
{
	for (size_t i = 0; i < JUDGE_PLACES_MAX; i++) {
		p->of[i] = i < j->count && takes_part(j, i, class_id) ? i : JUDGE_PLACES_MAX;
	}
	while (join(j, reach, context, p)) {
		continue;
	}
}

/* Does it count, or is it about to go anyway? */
static bool counts(const struct judge *j, const struct known *k)
{
	return k->header.expiry_day >= day_of_ms(crowd_now(j->crowd)) && k->erasure == NULL;
}

static void compare(struct judge *j, const struct known *k, const struct parts *p)
{
	size_t holder[JUDGE_PLACES_MAX];

	for (size_t i = 0; i < JUDGE_PLACES_MAX; i++) {
		holder[i] = JUDGE_PLACES_MAX;
	}
	for (size_t i = 0; i < j->count; i++) {
		if (p->of[i] != JUDGE_PLACES_MAX && judge_has(j, i, k)) {
			holder[p->of[i]] = i;
		}
	}
	for (size_t i = 0; i < j->count; i++) {
		if (p->of[i] != JUDGE_PLACES_MAX && holder[p->of[i]] != JUDGE_PLACES_MAX &&
		    !judge_has(j, i, k)) {
			judge_watch_say(j, BREACH_DIVERGENCE, i, k, "here it is missing");
		}
	}
}

/* control: who hears headquarters' word. */
static void check_left(struct judge *j, const struct known *k, const struct parts *control)
{
	uint32_t day = day_of_ms(crowd_now(j->crowd) - FORGET_MS);

	for (size_t i = 0; i < j->count; i++) {
		if (control->of[i] != control->of[j->headquarters] || !judge_has(j, i, k)) {
			continue;
		}
		/* An erasure from the future is not believed yet. */
		if (k->erasure != NULL && judge_has(j, i, k->erasure) &&
		    clock_believable(k->erasure->header.clock, crowd_now(j->crowd))) {
			judge_watch_say(j, BREACH_RESURRECTED, i, k, "erased, and still here");
		}
		if (k->header.expiry_day < day) {
			judge_watch_say(j, BREACH_EXPIRED, i, k,
					"its day has passed, and it is here");
		}
	}
}

/* A check that headquarters has confirmed need not be anywhere else any more. */
static void check_delivered(struct judge *j, const struct known *k)
{
	const struct known *x;

	if (k->header.kind != KIND_RECEIPT || k->author != j->headquarters || !counts(j, k)) {
		return;
	}
	for (x = map_get(&j->tags, k->header.tag); x != NULL; x = x->next) {
		if (x->header.kind == KIND_ENCOUNTER && x->author < j->count &&
		    x->author != j->headquarters && !j->watched[x->author]->hostile &&
		    judge_has(j, x->author, k) && judge_has(j, x->author, x) &&
		    clock_believable(x->header.clock, crowd_now(j->crowd))) {
			judge_watch_say(j, BREACH_EXPIRED, x->author, x,
					"delivered, and the prints are still here");
		}
	}
}

static void each_of(struct judge *j, const uint8_t *class_id, const struct parts *p)
{
	const struct known *k;
	size_t at = 0;

	while ((k = map_next(&j->known, &at)) != NULL && j->finding.breach == BREACH_NONE) {
		if (memcmp(k->header.class_id, class_id, ENTRY_CLASS_BYTES) == 0 && counts(j, k)) {
			compare(j, k, p);
		}
	}
}

void judge_quiet_check(struct judge *j, bool (*reach)(void *context, size_t a, size_t b),
		       void *context)
{
	struct bytes classes = judge_classes(j);
	const struct known *k;
	struct parts parts;
	size_t at = 0;

	divide(j, j->control_class, reach, context, &parts);
	while ((k = map_next(&j->known, &at)) != NULL && j->finding.breach == BREACH_NONE) {
		check_left(j, k, &parts);
		check_delivered(j, k);
	}
	for (size_t i = 0; i < classes.len; i += ENTRY_CLASS_BYTES) {
		divide(j, classes.data + i, reach, context, &parts);
		each_of(j, classes.data + i, &parts);
	}
}
