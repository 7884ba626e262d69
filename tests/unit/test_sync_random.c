/* Random interleavings by seed: what must hold for all of them. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/seeds.h"
#include "tests/lib/sync_lies.h"
#include "tests/lib/sync_pair.h"

#define SEEDS       3000U
#define UNIVERSE    8U /* classes besides control */
#define STEPS_MIN   50U
#define STEPS_MORE  1500U
#define PATIENCE_MS 3000U /* shorter than the time between rounds: nothing may be left to them */

struct tally {
	uint64_t lies, breaks, erased, refused, offered, changed, sent, messages;
	size_t memory;
};

/* Each side's list of each class is its own, mostly both ways. */
static void choose_classes(struct pair *p, int node)
{
	struct pair_node *n = &p->node[node];

	n->n_classes = 1;
	for (unsigned c = 1; c <= UNIVERSE; c++) {
		struct sync_class *k = &n->classes[n->n_classes];
		uint64_t dice = pair_random(p, 10);

		*k = (struct sync_class){ .send = dice != 1 && dice != 2,
					  .take = dice != 1 && dice != 3 };
		memset(k->class_id, (int)(0xa0 + c), sizeof k->class_id);
		n->n_classes += dice != 0;
	}
}

static uint32_t make_entry(struct pair *p)
{
	unsigned class_number = (unsigned)pair_random(p, UNIVERSE + 1);
	uint8_t lane = class_number == 0 ? LANE_TRUST : (uint8_t)(1 + pair_random(p, 5));
	unsigned size_class = (unsigned)pair_random(p, pair_random(p, 20) == 0 ? 18 : 6);

	return pair_entry(p, class_number, lane, size_class);
}

static void fill_nodes(struct pair *p, struct tally *t)
{
	uint64_t most = pair_random(p, 4) != 0 ? 60 : pair_random(p, 20) != 0 ? 400 : 5000;
	uint64_t n = pair_random(p, most);
	uint64_t common = pair_random(p, 101);

	for (uint64_t i = 0; i < n; i++) {
		uint32_t e = make_entry(p);
		int node = (int)pair_random(p, 2);

		pair_hold(p, node, e);
		if (pair_random(p, 100) < common) {
			pair_hold(p, !node, e);
		} else if (pair_random(p, 10) == 0) {
			pair_erase(p, !node, e);
			t->erased++;
		} else if (pair_random(p, 10) == 0) {
			p->node[!node].refuses[e] = true;
			t->refused++;
		}
	}
}

/* What the world does to a session now and then. */
static void disturb(struct pair *p, struct tally *t)
{
	int node = (int)pair_random(p, 2);

	switch (pair_random(p, 12)) {
	case 0:
		pair_break(p);
		pair_connect(p);
		t->breaks++;
		break;
	case 1:
		choose_classes(p, node);
		p->error = sync_classes(p->node[node].session, p->node[node].classes,
					p->node[node].n_classes, p->now_ms);
		p->node[node].classes_due = false;
		t->changed++;
		break;
	case 2:
	case 3:
	case 4:
		if (p->n > 0) {
			pair_erase(p, node, (uint32_t)pair_random(p, p->n));
			t->erased++;
		}
		break;
	default:
		pair_hold(p, node, make_entry(p));
		t->offered++;
	}
}

static void step(struct pair *p, struct tally *t)
{
	int node = (int)pair_random(p, 2);

	p->now_ms += pair_random(p, 20);
	switch (pair_random(p, 8)) {
	case 0:
	case 1:
	case 2:
		(void)pair_poll(p, node);
		break;
	case 3:
	case 4:
		(void)pair_deliver(p, node);
		break;
	case 5:
	case 6:
		(void)pair_work(p, node, pair_random(p, p->node[node].n_work + 1));
		break;
	default:
		if (pair_random(p, 6) == 0) {
			disturb(p, t);
		}
	}
}

static void check_equal(const struct pair *p, uint64_t seed)
{
	for (uint32_t i = 0; i < p->n; i++) {
		for (int from = 0; from < 2; from++) {
			const struct pair_node *to = &p->node[!from];

			if (p->node[from].has[i] && pair_may_go(p, from, i) && !to->erased[i] &&
			    !to->refuses[i] && !to->has[i]) {
				fail_msg("seed %d: entry %u did not come to node %d", (int)seed, i,
					 !from);
			}
			if (to->stored > 0 && to->has[i] && to->erased[i]) {
				fail_msg("seed %d: entry %u came back", (int)seed, i);
			}
		}
	}
}

/* Most responders are honest. */
static void choose_lies(struct pair *p, struct tally *t)
{
	switch (pair_random(p, 6)) {
	case 0:
		p->change = lies_noise;
		break;
	case 1:
		p->change = lies_names;
		break;
	default:
		break;
	}
	t->lies += p->change != NULL;
}

static void run(uint64_t seed, struct tally *t)
{
	struct pair p;
	uint64_t steps;

	pair_init(&p, seed);
	p.suspicious = true;
	p.chunk_bytes = pair_random(&p, 3) == 0 ? 600 : 0;
	choose_lies(&p, t);
	choose_classes(&p, 0);
	choose_classes(&p, 1);
	if (pair_random(&p, 2) == 0) {
		memcpy(p.node[1].classes, p.node[0].classes, sizeof p.node[1].classes);
		p.node[1].n_classes = p.node[0].n_classes;
	}
	fill_nodes(&p, t);
	steps = STEPS_MIN + pair_random(&p, STEPS_MORE);
	pair_connect(&p);
	for (uint64_t i = 0; i < steps && p.error == ERR_OK; i++) {
		step(&p, t);
	}
	if (!pair_settle(&p, PATIENCE_MS) || !pair_is_settled(&p)) {
		struct fault f[2];

		sync_session_fault(p.node[0].session, &f[0]);
		sync_session_fault(p.node[1].session, &f[1]);
		fail_msg("seed %d does not settle: %s (%s, %s)", (int)seed, err_text(p.error),
			 f[0].what, f[1].what);
	}
	check_equal(&p, seed);
	for (int i = 0; i < 2; i++) {
		t->sent += p.node[i].stored;
		t->messages += p.node[i].sent_messages;
		t->memory = p.node[i].memory_max > t->memory ? p.node[i].memory_max : t->memory;
	}
	pair_done(&p);
}

static void both_ends_become_equal_for_all_seeds(void **state)
{
	struct seeds seeds = seeds_asked(1, SEEDS);
	uint64_t n = seeds.last - seeds.first + 1;
	struct tally t = { 0 };

	(void)state;
	for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
		run(seed, &t);
	}
	print_message("# seeds %llu to %llu: %d responders lied, %d breaks, %d erased, %d "
		      "refusals, %d offers, %d lists changed, "
		      "%d entries sent in %d messages, %d bytes of memory at most\n",
		      (unsigned long long)seeds.first, (unsigned long long)seeds.last, (int)t.lies,
		      (int)t.breaks, (int)t.erased, (int)t.refused, (int)t.offered, (int)t.changed,
		      (int)t.sent, (int)t.messages, (int)t.memory);
	/* The seeds must have made something happen. */
	assert_true(n < SEEDS ||
		    (t.breaks > n && t.lies > n / 5 && t.sent > 20 * n && t.changed > n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_become_equal_for_all_seeds),
	};

	return cmocka_run_group_tests_name("sync random", tests, NULL, NULL);
}
