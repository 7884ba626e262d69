/* Cards: what is packed comes out again, bit for bit. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "finger/card.h"
#include "finger/template.h"
#include "record/fmr.h"
#include "synth/minutiae.h"
#include "synth/print.h"

static void record_of(const struct fmr *v, struct buf *iso)
{
	assert_int_equal(fmr_write(v, 1, FMR_ISO_2005, iso), ERR_OK);
}

/* An image of a made-up finger, as a record with private data. */
static void extract(uint64_t finger, float difficulty, struct buf *iso, struct buf *extended)
{
	struct synth_params params;
	struct synth_master *m = NULL;
	struct image image = { 0 };
	struct finger_quality quality;

	synth_params_init(&params, difficulty);
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, 1, &params, &image), ERR_OK);
	assert_int_equal(finger_extract(&image, 3, iso, extended, &quality), ERR_OK);
	image_done(&image);
	synth_master_free(m);
}

static void assert_same(const struct finger_template *a, const struct finger_template *b)
{
	assert_int_equal(a->position, b->position);
	assert_int_equal(a->quality, b->quality);
	assert_int_equal(a->period, b->period);
	assert_int_equal(a->sets, b->sets);
	assert_true(a->print == b->print);
	assert_int_equal(a->flow.columns, b->flow.columns);
	assert_int_equal(a->flow.rows, b->flow.rows);
	assert_int_equal(a->flow.left, b->flow.left);
	assert_int_equal(a->flow.top, b->flow.top);
	assert_memory_equal(a->flow.cell, b->flow.cell,
			    (size_t)a->flow.columns * (size_t)a->flow.rows);
	for (unsigned k = 0; k < a->sets; k++) {
		assert_int_equal(a->set[k]->count, b->set[k]->count);
		if (a->set[k]->count > 0) {
			assert_memory_equal(a->set[k]->at, b->set[k]->at,
					    a->set[k]->count * sizeof(a->set[k]->at[0]));
		}
	}
}

static void round_trip(const struct buf *iso, const struct buf *extended)
{
	struct finger_template *t = NULL;
	struct finger_template *again = NULL;
	struct finger_card *card = NULL;
	struct finger_card *loaded = NULL;
	struct finger_code code;
	struct finger_code whole;

	assert_int_equal(finger_template_load(buf_bytes(iso), buf_bytes(extended), &t, NULL),
			 ERR_OK);
	assert_int_equal(finger_card_make(t, &card), ERR_OK);
	assert_int_equal(finger_card_load(buf_bytes(iso), buf_bytes(extended), &loaded, NULL),
			 ERR_OK);
	assert_true(finger_card_print(card) == finger_card_print(loaded));
	assert_int_equal(finger_card_bytes(card), finger_card_bytes(loaded));
	assert_int_equal(finger_card_position(card), finger_template_position(t));
	/* A card is far smaller than what it opens to. */
	assert_true(finger_card_bytes(card) < finger_template_bytes(t));
	assert_int_equal(finger_card_open(loaded, &again), ERR_OK);
	assert_same(t, again);
	code_make(t, &whole);
	assert_int_equal(finger_card_code(loaded, &code), ERR_OK);
	assert_memory_equal(&code, &whole, sizeof(code));
	assert_int_equal(finger_compare(t, t), finger_compare(again, t));
	finger_template_unref(again);
	finger_card_unref(loaded);
	assert_int_equal(finger_card_references(card), 1);
	assert_ptr_equal(finger_card_ref(card), card);
	assert_int_equal(finger_card_references(card), 2);
	finger_card_unref(card);
	finger_card_unref(card);
	finger_template_unref(t);
}

static void records_come_out_as_they_went_in(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct buf iso = { 0 };
		struct buf none = { 0 };
		struct fmr v;

		synth_template(i, 0, (float)(i % 10) / 10.0f, &v, NULL);
		v.position = (uint8_t)(i % 11);
		v.count = i < 3 ? (uint8_t)i : v.count;
		record_of(&v, &iso);
		round_trip(&iso, &none);
		buf_done(&iso);
	}
}

static void private_data_come_out_too(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct buf iso = { 0 };
		struct buf extended = { 0 };

		extract(i, (float)i / 10.0f, &iso, &extended);
		round_trip(&iso, &extended);
		buf_done(&iso);
		buf_done(&extended);
	}
}

/* The farthest places and the largest values that a record may hold. */
static void extremes_come_out_too(void **state)
{
	struct fmr *v = calloc(1, sizeof(*v));
	struct buf iso = { 0 };
	struct buf none = { 0 };

	(void)state;
	assert_non_null(v);
	*v = (struct fmr){
		.width = 4096, .height = 4096, .ppcm_x = 197, .ppcm_y = 197, .quality = 100
	};
	for (unsigned i = 0; i < FMR_MINUTIAE_MAX; i++) {
		v->minutia[v->count++] =
		    (struct fmr_minutia){ .x = (uint16_t)(i % 2 == 0 ? 4095 - i : i),
					  .y = (uint16_t)(i % 3 == 0 ? 4095 : 16 * i),
					  .angle = (uint8_t)(255 - i),
					  .type = (uint8_t)(i % 3),
					  .quality = (uint8_t)(i % 101) };
	}
	record_of(v, &iso);
	round_trip(&iso, &none);
	buf_done(&iso);
	free(v);
}

static void refuses_what_is_no_record(void **state)
{
	struct finger_card *card = NULL;

	(void)state;
	assert_int_not_equal(finger_card_load((struct bytes){ (const uint8_t *)"FMR", 4 },
					      (struct bytes){ NULL, 0 }, &card, NULL),
			     ERR_OK);
	assert_null(card);
	finger_card_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_as_they_went_in),
		cmocka_unit_test(private_data_come_out_too),
		cmocka_unit_test(extremes_come_out_too),
		cmocka_unit_test(refuses_what_is_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
