/* What extraction and comparison saw agrees with what they made of it. */
#include "tests/lib/unit.h"

#include <math.h>
#include <string.h>

#include "finger/compare.h"
#include "finger/finger.h"
#include "finger/sight.h"
#include "record/fmr.h"
#include "synth/print.h"

#define BENT 30.0f /* pixels that skin may leave of the pose */

struct seen {
	struct image image;
	struct buf iso;
	struct buf extended;
	struct finger_quality quality;
	struct arena arena;
	struct sight sight;
	struct finger_template *template;
};

static void see(uint64_t finger, uint64_t touch, float difficulty, struct seen *s)
{
	struct synth_master *m;
	struct synth_params p;

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena, 0);
	synth_params_init(&p, difficulty);
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, touch, &p, &s->image), ERR_OK);
	synth_master_free(m);
	assert_int_equal(
	    finger_sight(&s->image, 1, &s->iso, &s->extended, &s->quality, &s->arena, &s->sight),
	    ERR_OK);
	assert_int_equal(
	    finger_template_load(buf_bytes(&s->iso), buf_bytes(&s->extended), &s->template, NULL),
	    ERR_OK);
}

static void drop(struct seen *s)
{
	image_done(&s->image);
	buf_done(&s->iso);
	buf_done(&s->extended);
	finger_template_unref(s->template);
	arena_done(&s->arena);
}

static void seeing_changes_nothing_of_the_template(void **state)
{
	struct seen s;
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality quality;

	(void)state;
	see(11, 1, 0.3f, &s);
	assert_int_equal(finger_extract(&s.image, 1, &iso, &extended, &quality), ERR_OK);
	assert_true(bytes_equal(buf_bytes(&iso), buf_bytes(&s.iso)));
	assert_true(bytes_equal(buf_bytes(&extended), buf_bytes(&s.extended)));
	assert_int_equal(quality.score, s.quality.score);
	buf_done(&iso);
	buf_done(&extended);
	drop(&s);
}

/* Is there a ridge within so many pixels? */
static int ridge_near(const struct sight *s, struct bytes ridges, int x, int y, int reach)
{
	size_t row = (s->width + 7) / 8;

	for (int v = y - reach; v <= y + reach; v++) {
		for (int u = x - reach; u <= x + reach; u++) {
			if (u >= 0 && v >= 0 && u < (int)s->width && v < (int)s->height &&
			    ridges.data[(size_t)v * row + (size_t)u / 8] & 0x80 >> u % 8) {
				return 1;
			}
		}
	}
	return 0;
}

static void minutiae_lie_on_the_ridges_that_are_seen(void **state)
{
	static struct fmr view;
	struct seen s;
	size_t n;
	size_t blocks;

	(void)state;
	see(12, 1, 0.3f, &s);
	assert_int_equal(s.sight.width, s.image.width);
	assert_int_equal(s.sight.grey.len, (size_t)s.sight.width * s.sight.height);
	assert_memory_equal(s.sight.grey.data, s.image.pixels, s.sight.grey.len);
	blocks = (size_t)((s.sight.width + 7) / 8) * ((s.sight.height + 7) / 8);
	assert_int_equal(s.sight.mask.len, blocks);
	assert_int_equal(s.sight.clarity.len, blocks);
	assert_int_equal(s.sight.flow.len, blocks);
	assert_int_equal(s.sight.ridges.len, (s.sight.width + 7) / 8 * s.sight.height);
	assert_int_equal(s.sight.ridges_a.len, s.sight.ridges.len);
	assert_memory_not_equal(s.sight.ridges.data, s.sight.ridges_a.data, s.sight.ridges.len);
	assert_int_equal(fmr_read(buf_bytes(&s.iso), &view, 1, &n, NULL), ERR_OK);
	assert_in_range(view.count, 12, 128);
	for (unsigned i = 0; i < view.count; i++) {
		int x = view.minutia[i].x;
		int y = view.minutia[i].y;

		assert_int_equal(ridge_near(&s.sight, s.sight.ridges, x, y, 0), 1);
		assert_int_equal(s.sight.mask.data[y / 8 * (int)((s.sight.width + 7) / 8) + x / 8],
				 1);
	}
	drop(&s);
}

static void a_blank_image_is_seen_as_blank(void **state)
{
	struct image image;
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality quality;
	struct sight sight = { 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(image_init(&image, 300, 300, 500), ERR_OK);
	memset(image.pixels, 240, 300 * 300);
	assert_int_equal(finger_sight(&image, 1, &iso, &extended, &quality, &arena, &sight),
			 ERR_RANGE);
	assert_int_equal(sight.width, 300);
	assert_int_equal(sight.ridges.len, 0);
	for (size_t i = 0; i < sight.mask.len; i++) {
		assert_int_equal(sight.mask.data[i], 0);
	}
	image_done(&image);
	buf_done(&iso);
	buf_done(&extended);
	arena_done(&arena);
}

static float left_over(const struct overlap_pose *p, const struct compare_mate *m)
{
	float dx = p->c * (float)m->ax - p->s * (float)m->ay + p->x - (float)m->bx;
	float dy = p->s * (float)m->ax + p->c * (float)m->ay + p->y - (float)m->by;

	return sqrtf(dx * dx + dy * dy);
}

static int holds(const struct finger_template *t, unsigned set, int x, int y)
{
	for (unsigned i = 0; i < t->set[set]->count; i++) {
		if (t->set[set]->at[i].x == x && t->set[set]->at[i].y == y) {
			return 1;
		}
	}
	return 0;
}

static void mates_of_one_finger_lie_under_the_pose(void **state)
{
	static struct compare_mates mates[TEMPLATE_SETS];
	static struct compare_mates back[TEMPLATE_SETS];

	(void)state;
	for (uint64_t finger = 20; finger < 23; finger++) {
		struct seen a, b;

		see(finger, 1, 0.2f, &a);
		see(finger, 2, 0.3f, &b);
		assert_int_equal(compare_mates(a.template, b.template, mates),
				 finger_compare(a.template, b.template));
		assert_int_equal(compare_mates(b.template, a.template, back),
				 finger_compare(a.template, b.template));
		for (unsigned k = 0; k < TEMPLATE_SETS; k++) {
			assert_true(mates[k].posed);
			assert_in_range(mates[k].count, 8, TEMPLATE_KEPT);
			assert_int_equal(back[k].count, mates[k].count);
			for (unsigned i = 0; i < mates[k].count; i++) {
				const struct compare_mate *m = &mates[k].at[i];

				assert_true(left_over(&mates[k].pose, m) < BENT);
				assert_in_range(m->fit, 1, 100);
				assert_true(i == 0 || m->fit <= mates[k].at[i - 1].fit);
				assert_true(holds(a.template, k, m->ax, m->ay));
				assert_true(holds(b.template, k, m->bx, m->by));
				for (unsigned j = 0; j < i; j++) {
					assert_true(m->bx != mates[k].at[j].bx ||
						    m->by != mates[k].at[j].by);
				}
				/* The other way round it is the same. */
				assert_true(left_over(&back[k].pose, &back[k].at[i]) < BENT);
				assert_true(
				    holds(b.template, k, back[k].at[i].ax, back[k].at[i].ay));
			}
		}
		drop(&a);
		drop(&b);
	}
}

static void different_fingers_have_no_mates(void **state)
{
	static struct compare_mates mates[TEMPLATE_SETS];

	(void)state;
	for (uint64_t finger = 30; finger < 34; finger++) {
		struct seen a, b;

		see(finger, 1, 0.2f, &a);
		see(finger + 100, 1, 0.2f, &b);
		assert_true(finger_compare(a.template, b.template) < 0);
		assert_int_equal(compare_mates(a.template, b.template, mates),
				 finger_compare(a.template, b.template));
		for (unsigned k = 0; k < TEMPLATE_SETS; k++) {
			assert_false(mates[k].posed);
			assert_int_equal(mates[k].count, 0);
		}
		drop(&a);
		drop(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeing_changes_nothing_of_the_template),
		cmocka_unit_test(minutiae_lie_on_the_ridges_that_are_seen),
		cmocka_unit_test(a_blank_image_is_seen_as_blank),
		cmocka_unit_test(mates_of_one_finger_lie_under_the_pose),
		cmocka_unit_test(different_fingers_have_no_mates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
