/* Cores and deltas of made-up fingers, whose flow is known. */
#include "tests/lib/unit.h"

#include <stdlib.h>

#include "finger/finger.h"
#include "record/fmr.h"
#include "synth/print.h"

#define FINGERS 40
#define WIDTH   400
#define HEIGHT  500
#define NEAR    20 /* pixels: two ridges */

static struct fmr view;

struct counts {
	int right;
	int wrong; /* found where there is none */
	int missed;
	int turned; /* cores whose direction is off by more than 20 degrees */
};

static const struct flow *touch(uint64_t finger, struct synth_master **m)
{
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality q;
	struct synth_params p;
	struct image image;
	size_t n;

	synth_params_init(&p, 0.3f);
	p.width = WIDTH;
	p.height = HEIGHT;
	p.rotation_deg = 0;
	p.shift_px = 0;
	p.distortion_px = 0;
	assert_int_equal(synth_master_new(finger, m), ERR_OK);
	assert_int_equal(synth_impression(*m, finger, &p, &image), ERR_OK);
	assert_int_equal(finger_extract(&image, 0, &iso, &extended, &q), ERR_OK);
	assert_int_equal(fmr_read(buf_bytes(&iso), &view, 1, &n, NULL), ERR_OK);
	image_done(&image);
	buf_done(&iso);
	buf_done(&extended);
	return synth_master_flow(*m);
}

static int near(const struct fmr_point *p, struct flow_point to)
{
	float dx = (float)p->x - (WIDTH / 2.0f + to.x);
	float dy = (float)p->y - (HEIGHT / 2.0f - to.y);

	return dx * dx + dy * dy < NEAR * NEAR;
}

/* Each true point has one found point near it, and the other way round. */
static void match(const struct fmr_point *found, unsigned n, const struct flow_point *is,
		  unsigned points, struct counts *c)
{
	for (unsigned i = 0; i < n; i++) {
		int hit = 0;

		for (unsigned k = 0; k < points; k++) {
			hit |= near(&found[i], is[k]);
		}
		c->right += hit;
		c->wrong += !hit;
	}
	for (unsigned k = 0; k < points; k++) {
		int hit = 0;

		for (unsigned i = 0; i < n; i++) {
			hit |= near(&found[i], is[k]);
		}
		c->missed += !hit;
	}
}

static void directions(const struct flow *f, struct counts *c)
{
	for (unsigned i = 0; i < view.points.cores; i++) {
		for (unsigned k = 0; k < f->points; k++) {
			/* both run counter-clockwise, where y points up */
			int axis = (int)(f->axis[k] * 128.0f / 3.14159265f);
			int off = (int8_t)(uint8_t)(view.points.core[i].angle[0] - axis);

			if (near(&view.points.core[i], f->loop[k])) {
				c->turned += abs(off) > 14;
			}
		}
	}
}

static void finds_cores_where_ridges_turn_back_and_nowhere_else(void **state)
{
	struct counts core = { 0 };
	struct counts delta = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= FINGERS; i++) {
		struct synth_master *m;
		const struct flow *f = touch(i, &m);

		match(view.points.core, view.points.cores, f->loop, f->points, &core);
		match(view.points.delta, view.points.deltas, f->delta, f->points, &delta);
		directions(f, &core);
		synth_master_free(m);
	}
	print_message("cores: right %d wrong %d missed %d turned %d; deltas: right %d wrong %d\n",
		      core.right, core.wrong, core.missed, core.turned, delta.right, delta.wrong);
	assert_true(core.right >= 40);
	assert_true(core.wrong * 50 <= core.right);
	assert_true(core.missed * 10 <= core.right);
	assert_true(core.turned * 20 <= core.right);
	/* most deltas lie outside of a plain touch */
	assert_true(delta.right >= 3);
	assert_true(delta.wrong * 10 <= delta.right);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_cores_where_ridges_turn_back_and_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
