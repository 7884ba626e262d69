/* What stands on the pictures of prints. */
#include "tests/lib/unit.h"

#include <string.h>

#include "cmd/show.h"
#include "cmd/show_inside.h"
#include "synth/minutiae.h"
#include "synth/print.h"

struct fixture {
	struct arena arena;
	struct show_print print[2];
	struct show_pair pair;
	struct picture picture;
};

static void see(struct fixture *f, unsigned index, uint64_t finger, uint64_t touch)
{
	struct show_print *p = &f->print[index];
	struct synth_master *m;
	struct synth_params params;
	struct image image;
	struct buf iso = { 0 };
	struct buf extended = { 0 };

	synth_params_init(&params, 0.2F);
	assert_int_equal(synth_master_new(finger, &m), ERR_OK);
	assert_int_equal(synth_impression(m, touch, &params, &image), ERR_OK);
	synth_master_free(m);
	assert_int_equal(
	    finger_sight(&image, 1, &iso, &extended, &p->quality, &f->arena, &p->sight), ERR_OK);
	p->iso = arena_copy(&f->arena, buf_bytes(&iso));
	p->extended = arena_copy(&f->arena, buf_bytes(&extended));
	assert_int_equal(show_load(p, NULL), ERR_OK);
	image_done(&image);
	buf_done(&iso);
	buf_done(&extended);
}

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	arena_init(&f->arena, 0);
}

static void draw(struct fixture *f, size_t prints, unsigned layers, enum show_channel channel)
{
	const struct show_choice choice = { .layers = layers, .channel = channel };

	if (prints == 2) {
		assert_int_equal(show_compare(&f->print[0], &f->print[1], &f->pair), ERR_OK);
	}
	assert_int_equal(show_draw(f->print, prints, &f->pair, &choice, &f->arena, &f->picture),
			 ERR_OK);
	assert_int_equal(picture_error(&f->picture), ERR_OK);
}

/* Shapes of a kind in a colour; nothing may stand outside the page. */
static size_t count(const struct fixture *f, enum picture_kind kind, uint32_t colour)
{
	size_t n = 0;

	for (const struct picture_shape *s = f->picture.first; s != NULL; s = s->next) {
		n += s->kind == kind && s->ink.colour == colour;
		for (size_t i = 0; i < s->points; i++) {
			assert_true(s->point[i].x >= 0 && s->point[i].x <= f->picture.width);
			assert_true(s->point[i].y >= 0 && s->point[i].y <= f->picture.height);
		}
	}
	return n;
}

static int says(const struct fixture *f, const char *text)
{
	for (const struct picture_shape *s = f->picture.first; s != NULL; s = s->next) {
		if (s->kind == PICTURE_TEXT && s->bytes.len >= strlen(text) &&
		    memmem(s->bytes.data, s->bytes.len, text, strlen(text)) != NULL) {
			return 1;
		}
	}
	return 0;
}

static size_t of_type(const struct show_minutiae *m, uint8_t type)
{
	size_t n = 0;

	for (unsigned i = 0; i < m->count; i++) {
		n += m->at[i].type == type;
	}
	return n;
}

static void each_minutia_is_drawn_once_in_its_channels_way(void **state)
{
	static struct fixture f;
	const struct show_minutiae *b = &f.print[0].channel[SHOW_B];
	const struct show_minutiae *a = &f.print[0].channel[SHOW_A];

	(void)state;
	begin(&f);
	see(&f, 0, 40, 1);
	draw(&f, 1, SHOW_MINUTIAE, SHOW_B);
	assert_in_range(b->count, 12, 128);
	assert_in_range(a->count, 12, 128);
	/* And one more of each in the legend; a bifurcation is two lines, an ending one. */
	assert_int_equal(count(&f, PICTURE_RING, SHOW_POINTS_B_INK), of_type(b, FMR_ENDING) + 1);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_POINTS_B_INK),
			 b->count + of_type(b, FMR_BIFURCATION) + 3);
	assert_int_equal(count(&f, PICTURE_DISC, SHOW_POINTS_A_INK), of_type(a, FMR_ENDING) + 1);
	assert_int_equal(count(&f, PICTURE_BOX, SHOW_POINTS_A_INK),
			 of_type(a, FMR_BIFURCATION) + 1);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_RIDGES_B_INK), 0);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_FLOW_INK), 0);
	assert_in_range(show_in_both(&f.print[0]), b->count / 2, b->count);
	arena_done(&f.arena);
}

static void a_layer_is_drawn_only_if_it_is_chosen(void **state)
{
	static struct fixture f;
	size_t ridges;

	(void)state;
	begin(&f);
	see(&f, 0, 41, 1);
	draw(&f, 1, SHOW_SKELETON, SHOW_B);
	ridges = count(&f, PICTURE_LINE, SHOW_RIDGES_B_INK);
	assert_in_range(ridges, 20, 2000);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_RIDGES_A_INK), 0);
	assert_int_equal(count(&f, PICTURE_RING, SHOW_POINTS_B_INK), 0);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_OUTLINE_INK), 0);
	draw(&f, 1, SHOW_SKELETON, SHOW_A);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_RIDGES_B_INK), 0);
	assert_in_range(count(&f, PICTURE_LINE, SHOW_RIDGES_A_INK), 20, 2000);
	draw(&f, 1, SHOW_FLOW | SHOW_MASK, SHOW_B);
	assert_in_range(count(&f, PICTURE_LINE, SHOW_FLOW_INK), 50, 1000);
	assert_in_range(count(&f, PICTURE_LINE, SHOW_OUTLINE_INK), 20, 1000);
	assert_int_equal(count(&f, PICTURE_GREY, 0), 1);
	arena_done(&f.arena);
}

static void lines_join_the_mates_of_one_finger(void **state)
{
	static struct fixture f;
	size_t halos = 0;

	(void)state;
	begin(&f);
	see(&f, 0, 42, 1);
	see(&f, 1, 42, 2);
	draw(&f, 2, SHOW_MINUTIAE, SHOW_B);
	assert_true(f.pair.compared);
	assert_true(f.pair.score > 300);
	assert_in_range(f.pair.mates[SHOW_B].count, 8, 128);
	assert_true(says(&f, "strong support for one finger"));
	/* Lines from the one print to the other, drawn on a wider white one. */
	for (const struct picture_shape *s = f.picture.first; s != NULL; s = s->next) {
		halos += s->kind == PICTURE_LINE && s->points == 2 &&
			 s->point[1].x - s->point[0].x > 200;
	}
	assert_int_equal(halos, 2 * f.pair.mates[SHOW_B].count);
	arena_done(&f.arena);
}

static void different_fingers_get_no_lines(void **state)
{
	static struct fixture f;

	(void)state;
	begin(&f);
	see(&f, 0, 43, 1);
	see(&f, 1, 44, 1);
	draw(&f, 2, SHOW_MINUTIAE, SHOW_B);
	assert_int_equal(f.pair.mates[SHOW_B].count, 0);
	assert_true(says(&f, "no mates"));
	assert_true(says(&f, "support for different fingers"));
	for (const struct picture_shape *s = f.picture.first; s != NULL; s = s->next) {
		assert_false(s->kind == PICTURE_LINE && s->point[s->points - 1].x > 500 &&
			     s->point[0].x < 400);
	}
	assert_int_equal(count(&f, PICTURE_RING, SHOW_POINTS_B_INK), 1); /* the legend's */
	arena_done(&f.arena);
}

static void a_record_is_drawn_alone_and_at_500_ppi(void **state)
{
	static struct fixture f;
	static struct fmr v;
	struct buf iso = { 0 };

	(void)state;
	begin(&f);
	synth_template(9, 1, 0.2F, &v, NULL);
	v.ppcm_x = v.ppcm_y = 394;
	assert_int_equal(fmr_write(&v, 1, FMR_ISO_2005, &iso), ERR_OK);
	f.print[0].iso = buf_bytes(&iso);
	assert_int_equal(show_load(&f.print[0], NULL), ERR_OK);
	assert_int_equal(f.print[0].channel[SHOW_B].count, v.count);
	assert_true(f.print[0].width > v.width * 0.49F && f.print[0].width < v.width * 0.51F);
	for (unsigned i = 0; i < v.count; i++) {
		float x = f.print[0].channel[SHOW_B].at[i].x;

		assert_true(x > v.minutia[i].x * 0.49F - 1 && x < v.minutia[i].x * 0.51F + 1);
		assert_int_equal(
		    (uint8_t)(f.print[0].channel[SHOW_B].at[i].angle + v.minutia[i].angle), 0);
	}
	draw(&f, 1, SHOW_ONE | SHOW_FLOW | SHOW_QUALITY, SHOW_B);
	assert_int_equal(count(&f, PICTURE_GREY, 0), 0);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_FLOW_INK), 0);
	iso.data[10] ^= 0xff;
	assert_int_not_equal(show_load(&f.print[0], NULL), ERR_OK);
	buf_done(&iso);
	arena_done(&f.arena);
}

static void cores_and_deltas_are_drawn_where_they_are_stated(void **state)
{
	static struct fixture f;

	(void)state;
	begin(&f);
	see(&f, 0, 45, 1);
	f.print[0].points = 0;
	draw(&f, 1, SHOW_CORE, SHOW_B);
	assert_int_equal(count(&f, PICTURE_RING, SHOW_CORE_INK), 0);
	assert_false(says(&f, "delta"));
	f.print[0].points = 2;
	f.print[0].point[0] = (struct show_point){ .x = 100, .y = 100, .arms = 1 };
	f.print[0].point[1] = (struct show_point){ .x = 60, .y = 200, .arms = 3 };
	draw(&f, 1, SHOW_CORE, SHOW_B);
	assert_int_equal(count(&f, PICTURE_RING, SHOW_CORE_INK), 4);
	assert_int_equal(count(&f, PICTURE_LINE, SHOW_CORE_INK), 1 + 3 + 3);
	assert_true(says(&f, "delta"));
	draw(&f, 1, SHOW_MASK, SHOW_B);
	assert_int_equal(count(&f, PICTURE_RING, SHOW_CORE_INK), 0);
	arena_done(&f.arena);
}

static void a_print_without_a_template_says_so(void **state)
{
	static struct fixture f;

	(void)state;
	begin(&f);
	see(&f, 0, 46, 1);
	see(&f, 1, 47, 1);
	f.print[1].iso = (struct bytes){ NULL, 0 };
	memset(f.print[1].channel, 0, sizeof f.print[1].channel);
	f.print[1].quality = (struct finger_quality){ 7, FINGER_TOO_DRY | FINGER_SMEARED };
	draw(&f, 2, SHOW_TWO, SHOW_B);
	assert_false(f.pair.compared);
	assert_true(says(&f, "quality 7 of 100: too dry, smeared"));
	assert_true(says(&f, "no fingerprint that can be used"));
	assert_true(says(&f, "cannot be compared"));
	arena_done(&f.arena);
}

/* Without a sight, records of any size; the page stays within what a picture may be. */
static void pages_of_the_smallest_and_largest_prints_fit(void **state)
{
	static const float sides[][2] = {
		{ 16, 16 }, { 2048, 1536 }, { 1536, 2048 }, { 16, 2048 }, { 41000, 41000 }
	};
	static struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
		for (size_t prints = 1; prints <= 2; prints++) {
			begin(&f);
			for (size_t k = 0; k < prints; k++) {
				f.print[k].width = sides[i][0];
				f.print[k].height = sides[i][1];
			}
			draw(&f, prints, SHOW_ONE, SHOW_B);
			assert_true(f.picture.width <= 2000 && f.picture.height <= 1200);
			arena_done(&f.arena);
		}
	}
}

static void a_higher_score_never_has_a_weaker_word(void **state)
{
	int changes = 0;

	(void)state;
	for (int score = -1000; score < 2000; score++) {
		changes += strcmp(show_word(score), show_word(score + 1)) != 0;
	}
	assert_int_equal(changes, 7);
	assert_string_equal(show_word(0), "says little either way");
	assert_string_equal(show_word(99), show_word(-99));
	assert_string_equal(show_word(100), "some support for one finger");
	assert_string_equal(show_word(-100), "some support for different fingers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_minutia_is_drawn_once_in_its_channels_way),
		cmocka_unit_test(a_layer_is_drawn_only_if_it_is_chosen),
		cmocka_unit_test(lines_join_the_mates_of_one_finger),
		cmocka_unit_test(different_fingers_get_no_lines),
		cmocka_unit_test(a_record_is_drawn_alone_and_at_500_ppi),
		cmocka_unit_test(cores_and_deltas_are_drawn_where_they_are_stated),
		cmocka_unit_test(a_print_without_a_template_says_so),
		cmocka_unit_test(pages_of_the_smallest_and_largest_prints_fit),
		cmocka_unit_test(a_higher_score_never_has_a_weaker_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
