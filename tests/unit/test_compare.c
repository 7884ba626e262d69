/* Comparison of templates made by hand: what must not matter, and what must not hurt. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/agree.h"
#include "finger/angle.h"
#include "finger/code.h"
#include "finger/finger.h"
#include "finger/overlap.h"
#include "finger/pairs.h"
#include "finger/template.h"
#include "record/fmr.h"
#include "synth/minutiae.h"

static struct finger_template *load(const struct fmr *view)
{
	struct buf iso = { 0 };
	struct finger_template *t = NULL;

	assert_int_equal(fmr_write(view, 1, FMR_ISO_2005, &iso), ERR_OK);
	assert_int_equal(finger_template_load(buf_bytes(&iso), (struct bytes){ NULL, 0 }, &t, NULL),
			 ERR_OK);
	buf_done(&iso);
	return t;
}

/* Turn about the middle by steps of 256, shift, and shake by up to noise pixels. */
static void move(struct fmr *v, int turn, int dx, int dy, int noise)
{
	float c = angle_cos((uint16_t)(turn * 256));
	float s = angle_sin((uint16_t)(turn * 256));
	uint32_t dice = 99;
	unsigned kept = 0;

	for (unsigned i = 0; i < v->count; i++) {
		struct fmr_minutia m = v->minutia[i];
		float x = (float)m.x - (float)v->width / 2;
		float y = (float)m.y - (float)v->height / 2;
		int u = angle_round(c * x - s * y) + v->width / 2 + dx;
		int w = angle_round(s * x + c * y) + v->height / 2 + dy;

		dice = dice * 1664525U + 1013904223U;
		u += noise > 0 ? (int)(dice >> 16) % (2 * noise + 1) - noise : 0;
		dice = dice * 1664525U + 1013904223U;
		w += noise > 0 ? (int)(dice >> 16) % (2 * noise + 1) - noise : 0;
		if (u < 0 || w < 0 || u >= v->width || w >= v->height) {
			continue;
		}
		m.x = (uint16_t)u;
		m.y = (uint16_t)w;
		m.angle = (uint8_t)(m.angle - turn);
		v->minutia[kept++] = m;
	}
	v->count = (uint8_t)kept;
}

static int score_moved(uint64_t finger, int turn, int dx, int dy, int noise)
{
	struct fmr v;
	struct finger_template *a;
	struct finger_template *b;
	int score;

	synth_template(finger, 0, 0.1f, &v, NULL);
	a = load(&v);
	move(&v, turn, dx, dy, noise);
	b = load(&v);
	score = finger_compare(a, b);
	finger_template_unref(a);
	finger_template_unref(b);
	return score;
}

static void turning_and_shifting_hardly_matter(void **state)
{
	(void)state;
	for (uint64_t finger = 0; finger < 4; finger++) {
		assert_true(score_moved(finger, 0, 0, 0, 0) > 1000);
		assert_true(score_moved(finger, 20, 0, 0, 0) > 600);
		assert_true(score_moved(finger, -40, 0, 0, 0) > 600);
		assert_true(score_moved(finger, 0, 30, -40, 0) > 600);
		assert_true(score_moved(finger, 10, 20, 20, 3) > 300);
	}
}

static void is_symmetric_and_the_same_each_time(void **state)
{
	enum { PRINTS = 12 };
	struct finger_template *t[PRINTS];

	(void)state;
	for (unsigned i = 0; i < PRINTS; i++) {
		struct fmr v;

		synth_template(i / 2, i, 0.6f, &v, NULL);
		t[i] = load(&v);
	}
	for (unsigned i = 0; i < PRINTS; i++) {
		for (unsigned j = 0; j < PRINTS; j++) {
			int score = finger_compare(t[i], t[j]);

			assert_int_equal(score, finger_compare(t[j], t[i]));
			assert_int_equal(score, finger_compare(t[i], t[j]));
			assert_in_range(score + 1000, 0, 3000);
		}
	}
	for (unsigned i = 0; i < PRINTS; i++) {
		finger_template_unref(t[i]);
	}
}

static void mates_beat_strangers(void **state)
{
	enum { FINGERS = 20 };
	struct finger_template *a[FINGERS];
	struct finger_template *b[FINGERS];
	int above = 0;

	(void)state;
	for (unsigned i = 0; i < FINGERS; i++) {
		struct fmr v;

		synth_template(i, 0, 0.2f, &v, NULL);
		a[i] = load(&v);
		synth_template(i, 1, 0.4f, &v, NULL);
		b[i] = load(&v);
	}
	for (unsigned i = 0; i < FINGERS; i++) {
		int mate = finger_compare(a[i], b[i]);
		int best = -1000;

		for (unsigned j = 0; j < FINGERS; j++) {
			if (j != i) {
				int score = finger_compare(a[i], b[j]);

				best = score > best ? score : best;
			}
		}
		above += mate > best;
	}
	assert_in_range(above, FINGERS - 1, FINGERS);
	for (unsigned i = 0; i < FINGERS; i++) {
		finger_template_unref(a[i]);
		finger_template_unref(b[i]);
	}
}

static void base_view(struct fmr *v, unsigned count)
{
	memset(v, 0, sizeof(*v));
	v->width = 500;
	v->height = 500;
	v->ppcm_x = 197;
	v->ppcm_y = 197;
	v->count = (uint8_t)count;
	for (unsigned i = 0; i < count; i++) {
		v->minutia[i] = (struct fmr_minutia){ 250, 250, 0, FMR_ENDING, 80 };
	}
}

/* None, one, all at one place, all on a line, a lattice, a circle, as many as there can be. */
static unsigned degenerate(struct finger_template **out)
{
	struct fmr v;
	unsigned n = 0;

	base_view(&v, 0);
	out[n++] = load(&v);
	base_view(&v, 1);
	out[n++] = load(&v);
	base_view(&v, 2);
	out[n++] = load(&v);
	base_view(&v, 255);
	out[n++] = load(&v);
	for (unsigned i = 0; i < 255; i++) {
		v.minutia[i].x = (uint16_t)i;
	}
	out[n++] = load(&v);
	for (unsigned i = 0; i < 255; i++) {
		v.minutia[i].x = (uint16_t)(i % 16 * 30);
		v.minutia[i].y = (uint16_t)(i / 16 * 30);
	}
	out[n++] = load(&v);
	for (unsigned i = 0; i < 255; i++) {
		v.minutia[i].x =
		    (uint16_t)(250 + angle_round(200 * angle_cos((uint16_t)(i * 256))));
		v.minutia[i].y =
		    (uint16_t)(250 + angle_round(200 * angle_sin((uint16_t)(i * 256))));
		v.minutia[i].angle = (uint8_t)(256 - i);
	}
	out[n++] = load(&v);
	return n;
}

static void degenerate_templates_cost_no_more_than_the_limits(void **state)
{
	static struct pairs pairs;
	struct finger_template *t[8];
	unsigned n = degenerate(t);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < n; j++) {
			struct agreement g;
			struct finger_code code;
			struct code_probe *probe = NULL;
			int score = finger_compare(t[i], t[j]);

			assert_in_range(score + 1000, 0, 3000);
			assert_int_equal(score, finger_compare(t[j], t[i]));
			assert_in_range(t[i]->set[0]->count, 0, TEMPLATE_KEPT);
			pairs_find(t[i]->set[0], t[j]->set[0], &pairs);
			assert_in_range(pairs.count, 0, PAIRS_MAX);
			agree_find(t[i]->set[0], t[j]->set[0], &pairs, &g);
			assert_in_range(g.count, 0, TEMPLATE_KEPT);
			code_make(t[i], &code);
			assert_int_equal(code_probe_new(&code, &probe), ERR_OK);
			code_make(t[j], &code);
			assert_in_range(code_alike(probe, &code), 0, 32 * 96);
			code_probe_free(probe);
		}
	}
	/* Nothing and a single point are no evidence for anything. */
	assert_true(finger_compare(t[0], t[0]) < 0);
	assert_true(finger_compare(t[1], t[1]) < 0);
	for (unsigned i = 0; i < n; i++) {
		finger_template_unref(t[i]);
	}
}

static void chosen_pairs_are_one_to_one(void **state)
{
	static struct pairs pairs;
	struct agreement g;
	struct overlap_pose pose;
	struct fmr v;
	struct finger_template *a;
	struct finger_template *b;
	uint8_t seen_a[TEMPLATE_KEPT] = { 0 };
	uint8_t seen_b[TEMPLATE_KEPT] = { 0 };

	(void)state;
	synth_template(5, 0, 0.1f, &v, NULL);
	a = load(&v);
	move(&v, 24, 10, 5, 0);
	b = load(&v);
	pairs_find(a->set[0], b->set[0], &pairs);
	for (unsigned i = 1; i < pairs.count; i++) {
		assert_true(pairs.at[i].like <= pairs.at[i - 1].like);
	}
	agree_find(a->set[0], b->set[0], &pairs, &g);
	assert_in_range(g.count, 8, TEMPLATE_KEPT);
	for (unsigned i = 0; i < g.count; i++) {
		assert_int_equal(seen_a[g.a[i]]++, 0);
		assert_int_equal(seen_b[g.b[i]]++, 0);
	}
	assert_int_equal(overlap_pose_of(a->set[0], b->set[0], &g, &pose), 1);
	assert_true(angle_apart(pose.turn, 24) <= 1);
	finger_template_unref(a);
	finger_template_unref(b);
}

static void refuses_damaged_records(void **state)
{
	struct fmr v;
	struct buf iso = { 0 };
	struct finger_template *t = NULL;
	struct fault fault = { 0 };

	(void)state;
	synth_template(1, 0, 0.1f, &v, NULL);
	assert_int_equal(fmr_write(&v, 1, FMR_ISO_2005, &iso), ERR_OK);
	for (size_t n = 0; n < iso.len; n++) {
		assert_int_not_equal(finger_template_load((struct bytes){ iso.data, n },
							  (struct bytes){ NULL, 0 }, &t, &fault),
				     ERR_OK);
		assert_null(t);
	}
	/* A resolution that no scanner has would blow the print up beyond all bounds. */
	iso.data[18] = 0;
	iso.data[19] = 2;
	assert_int_equal(
	    finger_template_load(buf_bytes(&iso), (struct bytes){ NULL, 0 }, &t, &fault),
	    ERR_RANGE);
	buf_done(&iso);
}

static void brings_other_resolutions_to_one(void **state)
{
	struct fmr v;
	struct finger_template *a;
	struct finger_template *b;

	(void)state;
	synth_template(2, 0, 0.1f, &v, NULL);
	a = load(&v);
	v.ppcm_x = 394;
	v.ppcm_y = 394;
	v.width = (uint16_t)(v.width * 2);
	v.height = (uint16_t)(v.height * 2);
	for (unsigned i = 0; i < v.count; i++) {
		v.minutia[i].x = (uint16_t)(v.minutia[i].x * 2);
		v.minutia[i].y = (uint16_t)(v.minutia[i].y * 2);
	}
	b = load(&v);
	assert_int_equal(finger_compare(a, b), finger_compare(a, a));
	finger_template_unref(a);
	finger_template_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turning_and_shifting_hardly_matter),
		cmocka_unit_test(is_symmetric_and_the_same_each_time),
		cmocka_unit_test(mates_beat_strangers),
		cmocka_unit_test(degenerate_templates_cost_no_more_than_the_limits),
		cmocka_unit_test(chosen_pairs_are_one_to_one),
		cmocka_unit_test(refuses_damaged_records),
		cmocka_unit_test(brings_other_resolutions_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
