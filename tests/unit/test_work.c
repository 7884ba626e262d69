/* What a template can cost, whatever it holds: loading, comparing, the first look of a search.
 *
 * This program has its own copy of finger/, which counts (finger/work.h). */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/card.h"
#include "finger/code.h"
#include "finger/extended.h"
#include "finger/finger.h"
#include "finger/work.h"
#include "record/fmr.h"
#include "synth/print.h"

/* docs/FINGERPRINT.md, Hostile templates. */
#define COMPARE_UNITS_MAX 320000U
#define LOAD_UNITS_MAX    350000U
#define LOOK_UNITS_MAX    400U
#define CARD_BYTES_MAX    13200U

#define REAL      6
#define PRINTS    (REAL * 2)
#define KINDS     11
#define HOSTILE   (KINDS * 2)
#define ALL       (PRINTS + HOSTILE)
#define SIDE      77  /* cells of the largest flow */
#define FULL      128 /* minutiae of the second set */
#define FAR_APART 4095

uint64_t work_units;

struct case_of {
	const char *name;
	struct buf iso;
	struct buf extended;
	struct finger_template *t;
	struct finger_code code;
	uint64_t load_units;
};

static struct case_of all[ALL];

static void load(struct case_of *c, const char *name)
{
	c->name = name;
	work_units = 0;
	assert_int_equal(
	    finger_template_load(buf_bytes(&c->iso), buf_bytes(&c->extended), &c->t, NULL), ERR_OK);
	code_make(c->t, &c->code);
	c->load_units = work_units;
}

/* Two touches of each made-up finger. */
static void make_prints(void)
{
	for (unsigned i = 0; i < PRINTS; i++) {
		struct synth_params params;
		struct synth_master *m = NULL;
		struct image image = { 0 };
		struct finger_quality quality;

		synth_params_init(&params, 0.2f);
		assert_int_equal(synth_master_new(i / 2, &m), ERR_OK);
		assert_int_equal(synth_impression(m, i, &params, &image), ERR_OK);
		assert_int_equal(finger_extract(&image, 1, &all[i].iso, &all[i].extended, &quality),
				 ERR_OK);
		image_done(&image);
		synth_master_free(m);
		load(&all[i], "print");
	}
}

static int round_circle(float r, unsigned i)
{
	return 250 + angle_round(r * angle_cos((uint16_t)(i * 256)));
}

/* Minutiae that all look alike, stand in ranks, or stand as far apart as a record allows. */
static const char *hostile_minutia(unsigned kind, unsigned i, struct fmr_minutia *m)
{
	static const char *const names[KINDS] = {
		"none",   "one",    "equal", "line",      "lattice",   "tight lattice",
		"circle", "spiral", "crowd", "far apart", "scattered",
	};
	uint32_t dice = (i + 1) * 2654435761U;

	*m = (struct fmr_minutia){ 250, 250, 0, FMR_ENDING, 80 };
	switch (kind) {
	case 3:
		m->x = (uint16_t)(i * 2);
		break;
	case 4:
		m->x = (uint16_t)(i % 16 * 30);
		m->y = (uint16_t)(i / 16 * 30);
		break;
	case 5:
		m->x = (uint16_t)(i % 10 * 14);
		m->y = (uint16_t)(i / 10 * 14);
		break;
	case 6:
		m->x = (uint16_t)round_circle(200, i);
		m->y = (uint16_t)round_circle(200, i + 64);
		m->angle = (uint8_t)i;
		break;
	case 7:
		m->x = (uint16_t)round_circle((float)i * 0.9f, i * 5);
		m->y = (uint16_t)round_circle((float)i * 0.9f, i * 5 + 64);
		m->angle = (uint8_t)(i * 5);
		break;
	case 8:
		m->x = (uint16_t)(i % 10 * 9);
		m->y = (uint16_t)(i / 10 * 9);
		m->angle = (uint8_t)(i % 3);
		break;
	case 9:
		m->x = (uint16_t)(i % 16 * (FAR_APART / 16));
		m->y = (uint16_t)(i / 16 * (FAR_APART / 16));
		break;
	case 10:
		m->x = (uint16_t)((dice >> 20) % FAR_APART);
		m->y = (uint16_t)((dice >> 8) % FAR_APART);
		m->angle = (uint8_t)dice;
		break;
	default:
		break;
	}
	return names[kind];
}

/* The same minutiae in the second set, and the largest flow, known everywhere. */
static void hostile_private(const struct fmr *v, struct bytes iso, struct buf *out)
{
	static struct extended e;

	memset(&e, 0, sizeof(e));
	e.period = 144;
	for (unsigned i = 0; i < v->count && i < FULL; i++) {
		const struct fmr_minutia *m = &v->minutia[i];

		e.second.at[e.second.count++] =
		    (struct minutia){ .x = (int16_t)(m->x % PLANE_SIDE_MAX),
				      .y = (int16_t)(m->y % PLANE_SIDE_MAX),
				      .angle = (uint8_t)(256 - m->angle),
				      .type = MINUTIAE_ENDING,
				      .quality = 80 };
	}
	e.flow.columns = SIDE;
	e.flow.rows = SIDE;
	memset(e.flow.cell, 1, (size_t)SIDE * SIDE);
	assert_int_equal(extended_write(&e, iso, out), ERR_OK);
}

static void make_hostile(void)
{
	static struct fmr v;

	for (unsigned i = 0; i < HOSTILE; i++) {
		struct case_of *c = &all[PRINTS + i];
		unsigned kind = i / 2;
		const char *name = "";

		v = (struct fmr){ .width = FAR_APART + 1,
				  .height = FAR_APART + 1,
				  .ppcm_x = 197,
				  .ppcm_y = 197,
				  .count = kind < 2 ? (uint8_t)kind : 255 };
		for (unsigned k = 0; k < FMR_MINUTIAE_MAX; k++) {
			name = hostile_minutia(kind, k, &v.minutia[k]);
		}
		assert_int_equal(fmr_write(&v, 1, FMR_ISO_2005, &c->iso), ERR_OK);
		if (i % 2 == 1) {
			hostile_private(&v, buf_bytes(&c->iso), &c->extended);
		}
		load(c, name);
	}
}

static int make_all(void **state)
{
	(void)state;
	make_prints();
	make_hostile();
	return 0;
}

static int drop_all(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		finger_template_unref(all[i].t);
		buf_done(&all[i].iso);
		buf_done(&all[i].extended);
	}
	return 0;
}

static uint64_t units_of(const struct case_of *a, const struct case_of *b)
{
	int score;

	work_units = 0;
	score = finger_compare(a->t, b->t);
	assert_in_range(score + 1000, 0, 3000);
	return work_units;
}

/* The two touches of a finger, both channels: what a search does with those it lists. */
static uint64_t real_units(void)
{
	uint64_t units[REAL];

	for (unsigned i = 0; i < REAL; i++) {
		unsigned k = i;

		units[i] = units_of(&all[2 * i], &all[2 * i + 1]);
		for (; k > 0 && units[k - 1] > units[k]; k--) {
			uint64_t u = units[k];

			units[k] = units[k - 1];
			units[k - 1] = u;
		}
	}
	return units[REAL / 2];
}

static void no_two_templates_take_more_than_the_bound(void **state)
{
	uint64_t most = 0;
	unsigned who[2] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		for (unsigned j = 0; j < ALL; j++) {
			uint64_t units = units_of(&all[i], &all[j]);

			if (units > most) {
				most = units;
				who[0] = i;
				who[1] = j;
			}
		}
	}
	print_message("mates %llu units, worst %llu (%s and %s)\n",
		      (unsigned long long)real_units(), (unsigned long long)most, all[who[0]].name,
		      all[who[1]].name);
	assert_in_range(most, 1, COMPARE_UNITS_MAX);
	/* It counts at all, and the bound is not far away. */
	assert_in_range(most, COMPARE_UNITS_MAX / 2, COMPARE_UNITS_MAX);
}

static void loading_takes_no_more_than_the_bound(void **state)
{
	uint64_t most = 0;
	uint64_t real = 0;
	const char *name = "";

	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		if (all[i].load_units > most) {
			most = all[i].load_units;
			name = all[i].name;
		}
		real = i < PRINTS && all[i].load_units > real ? all[i].load_units : real;
	}
	print_message("prints up to %llu units, worst %llu (%s)\n", (unsigned long long)real,
		      (unsigned long long)most, name);
	assert_in_range(most, LOAD_UNITS_MAX / 2, LOAD_UNITS_MAX);
}

static void the_first_look_takes_the_same_for_all(void **state)
{
	uint64_t most = 0;

	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		struct code_probe *probe = NULL;

		assert_int_equal(code_probe_new(&all[i].code, &probe), ERR_OK);
		for (unsigned j = 0; j < ALL; j++) {
			work_units = 0;
			assert_in_range(code_alike(probe, &all[j].code), 0,
					CODE_POINTS * 3 * CODE_SAMPLES);
			most = work_units > most ? work_units : most;
		}
		code_probe_free(probe);
	}
	print_message("worst %llu units\n", (unsigned long long)most);
	assert_in_range(most, 1, LOOK_UNITS_MAX);
}

/* What the gallery keeps of a finger is a card and a code of fixed size. */
static void a_card_is_never_larger_than_the_bound(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		struct finger_card *card = NULL;
		struct finger_template *again = NULL;

		assert_int_equal(finger_card_make(all[i].t, &card), ERR_OK);
		assert_in_range(finger_card_bytes(card), 1, CARD_BYTES_MAX);
		work_units = 0;
		assert_int_equal(finger_card_open(card, &again), ERR_OK);
		assert_in_range(work_units, 0, LOAD_UNITS_MAX);
		assert_int_equal(finger_compare(again, all[0].t),
				 finger_compare(all[i].t, all[0].t));
		finger_template_unref(again);
		finger_card_unref(card);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_templates_take_more_than_the_bound),
		cmocka_unit_test(loading_takes_no_more_than_the_bound),
		cmocka_unit_test(the_first_look_takes_the_same_for_all),
		cmocka_unit_test(a_card_is_never_larger_than_the_bound),
	};

	return cmocka_run_group_tests(tests, make_all, drop_all);
}
