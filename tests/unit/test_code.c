/* Codes: mates stand out, and every variant of the scan gives the same values. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/code.h"
#include "record/fmr.h"
#include "synth/minutiae.h"

#define FINGERS 60U

static struct finger_code *enrolled;
static struct finger_code *touched;

static void code_of(uint64_t finger, uint64_t touch, float difficulty, struct finger_code *out)
{
	struct fmr v;
	struct buf iso = { 0 };
	struct finger_template *t = NULL;

	synth_template(finger, touch, difficulty, &v, NULL);
	assert_int_equal(fmr_write(&v, 1, FMR_ISO_2005, &iso), ERR_OK);
	assert_int_equal(finger_template_load(buf_bytes(&iso), (struct bytes){ NULL, 0 }, &t, NULL),
			 ERR_OK);
	code_make(t, out);
	finger_template_unref(t);
	buf_done(&iso);
}

static int make(void **state)
{
	(void)state;
	enrolled = aligned_alloc(CODE_ALIGN, FINGERS * sizeof(*enrolled));
	touched = aligned_alloc(CODE_ALIGN, FINGERS * sizeof(*touched));
	assert_non_null(enrolled);
	assert_non_null(touched);
	for (unsigned i = 0; i < FINGERS; i++) {
		code_of(i, 0, 0.2f, &enrolled[i]);
		code_of(i, 1, 0.2f, &touched[i]);
	}
	return 0;
}

static int drop(void **state)
{
	(void)state;
	free(enrolled);
	free(touched);
	return 0;
}

static void the_mate_stands_out(void **state)
{
	unsigned first = 0;

	(void)state;
	for (unsigned i = 0; i < FINGERS; i++) {
		struct code_probe *p = NULL;
		unsigned above = 0;

		assert_int_equal(code_probe_new(&touched[i], &p), ERR_OK);
		for (unsigned j = 0; j < FINGERS; j++) {
			above += code_alike(p, &enrolled[j]) > code_alike(p, &enrolled[i]);
		}
		first += above == 0;
		code_probe_free(p);
	}
	assert_true(first >= FINGERS * 95 / 100);
}

static void all_the_same(const struct code_probe *p, const struct finger_code *c)
{
	unsigned plain = code_alike_by(CODE_PLAIN, p, c);

	assert_int_equal(code_alike(p, c), plain);
	for (enum code_variant v = CODE_PLAIN; v < CODE_VARIANTS; v++) {
		if (code_has(v)) {
			assert_int_equal(code_alike_by(v, p, c), plain);
		}
	}
}

static void variants_agree_on_fingers(void **state)
{
	(void)state;
	assert_true(code_has(CODE_PLAIN));
	assert_false(code_has(CODE_VARIANTS));
	for (unsigned i = 0; i < FINGERS; i++) {
		struct code_probe *p = NULL;

		assert_int_equal(code_probe_new(&touched[i], &p), ERR_OK);
		for (unsigned j = 0; j < FINGERS; j++) {
			all_the_same(p, &enrolled[j]);
		}
		code_probe_free(p);
	}
}

/* Any bytes: noise, noise near to the probe, and what makes every sum as large as it can be. */
static void variants_agree_on_noise(void **state)
{
	struct finger_code *c = aligned_alloc(CODE_ALIGN, 2 * sizeof(*c));
	uint32_t dice = 5;

	(void)state;
	assert_non_null(c);
	for (unsigned round = 0; round < 300; round++) {
		struct code_probe *p = NULL;

		for (size_t i = 0; i < 2 * sizeof(*c); i++) {
			dice = dice * 1664525U + 1013904223U;
			((uint8_t *)c)[i] = (uint8_t)(dice >> 24);
		}
		if (round % 3 == 1) {
			memcpy(c[1].flow, c[0].flow, sizeof(c->flow));
			memcpy(c[1].angle, c[0].angle, sizeof(c->angle));
		} else if (round % 3 == 2) {
			memset(c, (int)round, 2 * sizeof(*c));
		}
		c[0].count = (uint8_t)(round % (CODE_POINTS + 1));
		c[1].count = (uint8_t)(dice % (CODE_POINTS + 1));
		assert_int_equal(code_probe_new(&c[0], &p), ERR_OK);
		all_the_same(p, &c[0]);
		all_the_same(p, &c[1]);
		code_probe_free(p);
	}
	free(c);
}

static void nothing_is_like_nothing(void **state)
{
	struct finger_code empty __attribute__((aligned(CODE_ALIGN))) = { .count = 0 };
	struct code_probe *p = NULL;

	(void)state;
	assert_int_equal(code_probe_new(&empty, &p), ERR_OK);
	assert_int_equal(code_alike(p, &enrolled[0]), 0);
	code_probe_free(p);
	assert_int_equal(code_probe_new(&enrolled[0], &p), ERR_OK);
	assert_int_equal(code_alike(p, &empty), 0);
	code_probe_free(p);
	code_probe_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mate_stands_out),
		cmocka_unit_test(variants_agree_on_fingers),
		cmocka_unit_test(variants_agree_on_noise),
		cmocka_unit_test(nothing_is_like_nothing),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
