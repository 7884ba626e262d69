#include "sim/play.h"

#include <string.h>

#include "base/day.h"
#include "sim/chance.h"
#include "sim/disk.h"
#include "sim/hostile.h"
#include "sim/region.h"

#define MINUTE_MS 60000ULL
#define SETTLE_MS (2 * MINUTE_MS)
/* Long enough for headquarters' hourly word and for a look at what has expired. */
#define HEAL_MS   (100 * MINUTE_MS)
#define PEOPLE    8U
#define STOPS_MAX 200U

struct play {
	const struct plan *plan;
	struct region *region; /* owned */
	FILE *trace;
	uint64_t nights_ms;
	bool hostile[PLAN_PLACES_MAX];
	bool member[PLAN_PLACES_MAX];
};

static struct crowd *crowd(struct play *p)
{
	return p->region->crowd;
}

/* ---- the trace ---- */

static void on_tell(void *context, size_t place, struct bytes line)
{
	struct play *p = context;

	(void)fprintf(p->trace, "%llu %s %.*s\n",
		      (unsigned long long)(crowd_now(crowd(p)) - CROWD_START_MS),
		      crowd_name(crowd(p), place), (int)line.len, (const char *)line.data);
}

static void on_step(void *context, size_t place, const struct event *event, int code)
{
	struct play *p = context;

	(void)fprintf(p->trace, "%llu %s %s link=%u bytes=%zu code=%d hash=%016llx\n",
		      (unsigned long long)(crowd_now(crowd(p)) - CROWD_START_MS),
		      crowd_name(crowd(p), place), node_event_name(event->kind), event->link,
		      event->bytes.len, code, (unsigned long long)crowd_hash(crowd(p)));
}

static void note_act(struct play *p, const struct act *a)
{
	if (p->trace != NULL) {
		(void)fprintf(p->trace, "%llu %s act=%s value=%llu other=%llu\n",
			      (unsigned long long)(crowd_now(crowd(p)) - CROWD_START_MS),
			      crowd_name(crowd(p), a->place), plan_act_name(a->kind),
			      (unsigned long long)a->value, (unsigned long long)a->other);
	}
}

/* ---- acts of people ---- */

static int standing(struct play *p, const struct act *a)
{
	const char *verb = a->kind == ACT_BLOCK ? "notice.block" : "notice.withdraw";
	char reference[16];
	struct ask_standing s;

	(void)snprintf(reference, sizeof reference, "R-%u", (unsigned)(a->value % PEOPLE));
	s = (struct ask_standing){ .reference = bytes_of(reference) };
	return region_put(p->region, 0, verb, "issuer", &s, KIND_NOTICE);
}

static int issue(struct play *p, const struct act *a)
{
	static const uint64_t types[] = { NOTICE_RED, NOTICE_YELLOW, NOTICE_BLACK };
	uint64_t days = a->other % 4 == 0 ? 0 : a->other % 4;
	char reference[16];

	(void)snprintf(reference, sizeof reference, "R-%u", (unsigned)(a->value % PEOPLE));
	return region_issue(p->region, reference, types[a->other / 4 % 3], 2 * (a->value % PEOPLE),
			    days, a->kind == ACT_AMEND);
}

static int check(struct play *p, const struct act *a)
{
	uint64_t finger = 2 * (a->value % (PEOPLE + 4));
	struct ask_file files[2] = { { .content = region_print(finger, 1) },
				     { .content = region_print(finger + 1, 1) } };
	struct ask_check c = { .purpose = PURPOSE_BORDER,
			       .legal_basis = bytes_of("Act 12"),
			       .files = { .items = files, .count = 2 } };

	if (!p->member[a->place]) {
		return ERR_OK;
	}
	return region_put(p->region, a->place, "check", "K. Officer", &c, KIND_SEARCH);
}

static int on_case(struct play *p, const struct act *a)
{
	static const char *const people[] = { "K", "L", "M" };
	struct ask_review review = { .candidate = 1, .outcome = 1 + a->other % 3 };
	struct ask_action action = { .text = bytes_of("seen") };
	const struct region *r = p->region;
	size_t cases = r->case_count < REGION_CASES_MAX ? r->case_count : REGION_CASES_MAX;
	const struct region_case *k = cases == 0 ? NULL : &r->cases[a->value % cases];

	if (k == NULL || (a->kind == ACT_REVIEW && k->candidates == 0)) {
		return ERR_OK;
	}
	memcpy(review.encounter, k->encounter, sizeof review.encounter);
	memcpy(action.encounter, k->encounter, sizeof action.encounter);
	return a->kind == ACT_REVIEW
		   ? region_put(p->region, k->place, "review", people[a->other / 3 % 3], &review,
				KIND_DECISION)
		   : region_put(p->region, k->place, "action", "K", &action, KIND_ACTION);
}

/* ---- acts of the world ---- */

static int night(struct play *p, const struct act *a)
{
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < p->plan->places; i++) {
		rc = crowd_crash(crowd(p), i, a->value, false);
	}
	p->nights_ms += a->value;
	return rc;
}

static int enrol(struct play *p, size_t place)
{
	int rc = region_enrol(p->region, place, p->plan->role[place], p->plan->country[place],
			      p->plan->days[place]);

	p->member[place] = p->member[place] || rc == ERR_OK;
	/* Somebody is down or the disk is full: it is tried again at the end. */
	return rc == ERR_NOMEM || rc == ERR_INTERNAL ? rc : ERR_OK;
}

static int skew(struct play *p, const struct act *a)
{
	bool right = a->kind == ACT_RIGHT;

	judge_clock(p->region->judge, a->place, right);
	crowd_skew(crowd(p), a->place, right ? 0 : plan_skew_ms(a->value));
	return ERR_OK;
}

static int go_over(struct play *p, const struct act *a)
{
	if (!p->member[a->place]) {
		return ERR_OK;
	}
	p->hostile[a->place] = true;
	return hostile_begin(p->region, a->place, a->value);
}

static int enrol_act(struct play *p, const struct act *a)
{
	return enrol(p, a->place);
}

static int crash(struct play *p, const struct act *a)
{
	return crowd_crash(crowd(p), a->place, 1 + a->value % MINUTE_MS, a->other % 2 == 0);
}

static int down(struct play *p, const struct act *a)
{
	return crowd_wires_set(crowd(p), (size_t)(a->value % p->plan->ways), a->kind == ACT_UP,
			       a->other % 2 == 0);
}

static int cut(struct play *p, const struct act *a)
{
	return crowd_wires_cut(crowd(p), (size_t)(a->value % p->plan->ways), a->other % 2,
			       a->kind == ACT_CUT);
}

static int quality(struct play *p, const struct act *a)
{
	crowd_wires_quality(crowd(p), (size_t)(a->value % p->plan->ways), plan_line(a->other));
	return ERR_OK;
}

static int on_disk(struct play *p, const struct act *a)
{
	const char *disk = crowd_name(crowd(p), a->place);

	if (a->kind == ACT_FULL) {
		(void)disk_break(disk, DISK_FULL, 1 + a->value % 60);
	} else if (a->kind == ACT_READ) {
		(void)disk_break(disk, DISK_READ, 1 + a->value % 20);
	} else {
		(void)disk_break(disk, a->other % 2 == 0 ? DISK_COMMIT_LOST : DISK_COMMIT_KEPT,
				 1 + a->value % 40);
	}
	return ERR_OK;
}

static int act(struct play *p, const struct act *a)
{
	static int (*const does[ACT_KINDS])(struct play * p, const struct act *a) = {
		[ACT_ISSUE] = issue,       [ACT_AMEND] = issue,     [ACT_BLOCK] = standing,
		[ACT_WITHDRAW] = standing, [ACT_CHECK] = check,     [ACT_REVIEW] = on_case,
		[ACT_ACTION] = on_case,    [ACT_ENROL] = enrol_act, [ACT_CRASH] = crash,
		[ACT_DOWN] = down,         [ACT_UP] = down,         [ACT_CUT] = cut,
		[ACT_MEND] = cut,          [ACT_SKEW] = skew,       [ACT_RIGHT] = skew,
		[ACT_FULL] = on_disk,      [ACT_FAIL] = on_disk,    [ACT_READ] = on_disk,
		[ACT_HOSTILE] = go_over,   [ACT_NIGHT] = night,     [ACT_QUALITY] = quality,
	};

	note_act(p, a);
	return p->hostile[a->place] ? ERR_OK : does[a->kind](p, a);
}

/* ---- from beginning to end ---- */

static int set_up(struct play *p)
{
	const struct plan *plan = p->plan;
	int rc = region_new(plan->seed, &p->region);
	size_t place;

	if (rc == ERR_OK && p->trace != NULL) {
		p->region->on_tell = on_tell;
		p->region->on_step = on_step;
		p->region->context = p;
	}
	for (size_t i = 1; rc == ERR_OK && i < plan->places; i++) {
		rc = region_add(p->region, &place);
	}
	for (size_t i = 0; rc == ERR_OK && i < plan->places; i++) {
		p->member[i] = i == 0;
		if (i > 0 && !plan->late[i]) {
			rc = enrol(p, i);
		}
	}
	for (size_t i = 0; rc == ERR_OK && i < plan->ways; i++) {
		rc = crowd_wires_join(crowd(p), plan->end[i][0], plan->end[i][1], plan->both[i],
				      plan_line(0), NULL);
	}
	return rc == ERR_OK ? crowd_run(crowd(p), crowd_now(crowd(p)) + SETTLE_MS) : rc;
}

/* No more faults: clocks right, disks whole, lines up and fast; whoever is hostile is cut off. */
static int heal(struct play *p)
{
	const struct plan *plan = p->plan;
	int rc = ERR_OK;

	for (size_t i = 0; i < plan->places; i++) {
		for (unsigned fault = 1; fault < DISK_FAULTS; fault++) {
			(void)disk_break(crowd_name(crowd(p), i), (enum disk_fault)fault, 0);
		}
		judge_clock(p->region->judge, i, true);
		crowd_skew(crowd(p), i, 0);
	}
	for (size_t i = 0; rc == ERR_OK && i < plan->ways; i++) {
		bool bad = p->hostile[plan->end[i][0]] || p->hostile[plan->end[i][1]];

		rc = crowd_wires_cut(crowd(p), i, 0, false);
		rc = rc == ERR_OK ? crowd_wires_cut(crowd(p), i, 1, false) : rc;
		crowd_wires_quality(crowd(p), i, plan_line(0));
		/* New connections: what was refused in an old one is not asked for again in it. */
		rc = rc == ERR_OK ? crowd_wires_set(crowd(p), i, false, false) : rc;
		rc = rc == ERR_OK ? crowd_wires_set(crowd(p), i, !bad, false) : rc;
	}
	if (rc == ERR_OK) {
		rc = crowd_run(crowd(p), crowd_now(crowd(p)) + MINUTE_MS + 1);
	}
	for (size_t i = 1; rc == ERR_OK && i < plan->places; i++) {
		if (!p->member[i] && plan->late[i]) {
			rc = enrol(p, i);
		}
	}
	return rc == ERR_OK ? crowd_run(crowd(p), crowd_now(crowd(p)) + HEAL_MS) : rc;
}

static bool reach(void *context, size_t a, size_t b)
{
	const struct play *p = context;
	const struct plan *plan = p->plan;

	for (size_t i = 0; i < plan->ways; i++) {
		if ((plan->end[i][0] == a && plan->end[i][1] == b) ||
		    (plan->end[i][0] == b && plan->end[i][1] == a)) {
			return !p->hostile[a] && !p->hostile[b];
		}
	}
	return false;
}

/* What officers see is the same wherever everything may be read. */
static int ask_gallery(struct play *p, size_t place, uint64_t seen[2])
{
	struct ask_range range = { .max = 1000 };
	struct answer_gallery out;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = region_ask(p->region, place, "gallery", &range, &arena, &out);
	if (rc == ERR_OK) {
		seen[0] = out.people;
		seen[1] = out.fingers;
	}
	arena_done(&arena);
	return rc;
}

/* May it have alerts, and does one who has been reached stand beside it? */
static bool is_next(struct play *p, size_t place, const bool reached[PLAN_PLACES_MAX])
{
	if (!p->member[place] || strcmp(p->plan->country[place], "DDD") == 0) {
		return false;
	}
	for (size_t k = 0; k < p->plan->places; k++) {
		if (reached[k] && reach(p, place, k)) {
			return true;
		}
	}
	return false;
}

/* Whom headquarters reaches through nodes that may have alerts. */
static void find_reached(struct play *p, bool reached[PLAN_PLACES_MAX])
{
	bool moved = true;

	reached[0] = true;
	while (moved) {
		moved = false;
		for (size_t i = 1; i < p->plan->places; i++) {
			if (!reached[i] && is_next(p, i, reached)) {
				reached[i] = true;
				moved = true;
			}
		}
	}
}

static int compare_galleries(struct play *p)
{
	bool reached[PLAN_PLACES_MAX] = { false };
	uint64_t wanted[2] = { 0 };
	int rc = ask_gallery(p, 0, wanted);

	find_reached(p, reached);

	for (size_t i = 1; rc == ERR_OK && i < p->plan->places; i++) {
		uint64_t seen[2] = { 0 };
		char text[100];

		if (!reached[i] || strcmp(p->plan->country[i], "AAA") != 0) {
			continue;
		}
		rc = ask_gallery(p, i, seen);
		if (rc == ERR_OK && (seen[0] != wanted[0] || seen[1] != wanted[1])) {
			(void)snprintf(text, sizeof text,
				       "gallery of %u people, %u fingers; headquarters' %u, %u",
				       (unsigned)seen[0], (unsigned)seen[1], (unsigned)wanted[0],
				       (unsigned)wanted[1]);
			judge_found(p->region->judge, BREACH_DIVERGENCE, i, text);
		}
	}
	return rc;
}

static bool is_over(const struct play *p)
{
	return judge_finding(p->region->judge)->breach != BREACH_NONE;
}

static int play(struct play *p)
{
	int rc = set_up(p);

	for (size_t i = 0; rc == ERR_OK && !is_over(p) && i < p->plan->acts; i++) {
		const struct act *a = &p->plan->act[i];

		rc = crowd_run(crowd(p), CROWD_START_MS + SETTLE_MS + a->at_ms + p->nights_ms);
		if (rc == ERR_OK && !a->left_out && !is_over(p)) {
			rc = act(p, a);
		}
	}
	if (rc == ERR_OK && !is_over(p)) {
		rc = crowd_run(crowd(p),
			       CROWD_START_MS + SETTLE_MS + p->plan->ends_ms + p->nights_ms);
	}
	if (rc == ERR_OK && !is_over(p)) {
		rc = heal(p);
	}
	for (size_t i = 0; rc == ERR_OK && i < p->plan->places; i++) {
		if (!crowd_is_up(crowd(p), i) || crowd_stops(crowd(p)) > STOPS_MAX) {
			judge_found(p->region->judge, BREACH_STUCK, i, "it does not start again");
		}
	}
	if (rc == ERR_OK && !is_over(p)) {
		judge_quiet_check(p->region->judge, reach, p);
	}
	return rc == ERR_OK && !is_over(p) ? compare_galleries(p) : rc;
}

int play_run(const struct plan *plan, FILE *trace, struct play_result *out)
{
	struct play p = { .plan = plan, .trace = trace };
	int rc = play(&p);

	if (p.region != NULL) {
		*out = (struct play_result){ .finding = *judge_finding(p.region->judge),
					     .hash = crowd_hash(crowd(&p)),
					     .steps = crowd_steps(crowd(&p)),
					     .entries = judge_entries(p.region->judge),
					     .virtual_ms = crowd_now(crowd(&p)) - CROWD_START_MS,
					     .stops = crowd_stops(crowd(&p)) };
		(void)snprintf(out->place, sizeof out->place, "%s",
			       crowd_name(crowd(&p), out->finding.place));
	}
	region_free(p.region);
	return rc;
}
