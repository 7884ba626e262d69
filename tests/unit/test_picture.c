/* Shapes, and what the two writers make of them. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "picture/picture.h"
#include "picture/raster.h"
#include "picture/stroke.h"
#include "picture/svg.h"
#include "picture/trace.h"

static const struct picture_ink black = { .colour = 0x000000, .opacity = 1, .width = 4 };
static const struct picture_ink half_red = { .colour = 0xff0000, .opacity = 0.5F, .width = 2 };

struct fixture {
	struct arena arena;
	struct picture p;
};

static void begin(struct fixture *f)
{
	arena_init(&f->arena, 0);
	picture_init(&f->p, 40, 30, &f->arena);
}

static const uint8_t *pixel(const struct raster *r, unsigned x, unsigned y)
{
	return r->rgb + 3 * ((size_t)y * r->width + x);
}

static void assert_grey(const struct raster *r, unsigned x, unsigned y, int want)
{
	for (int k = 0; k < 3; k++) {
		assert_in_range(pixel(r, x, y)[k] + 1, want, want + 2);
	}
}

static void ink_lies_where_a_shape_is_and_nowhere_else(void **state)
{
	const struct picture_point end[] = { { 5, 10 }, { 25, 10 } };
	struct fixture f;
	struct raster r;

	(void)state;
	begin(&f);
	picture_line(&f.p, black, end, 2);
	picture_disc(&f.p, half_red, (struct picture_point){ 20, 22 }, 5);
	picture_ring(&f.p, black, (struct picture_point){ 35, 10 }, 4);
	assert_int_equal(raster_draw(&f.p, &f.arena, &r), ERR_OK);
	assert_int_equal(r.width, 40);
	assert_int_equal(r.height, 30);
	assert_grey(&r, 15, 9, 0); /* two above the middle, two below */
	assert_grey(&r, 15, 10, 0);
	assert_grey(&r, 15, 7, 255);
	assert_grey(&r, 15, 12, 255);
	assert_grey(&r, 2, 10, 255);  /* before its round end */
	assert_grey(&r, 4, 9, 0);     /* within it */
	assert_grey(&r, 35, 10, 255); /* a ring is empty */
	assert_grey(&r, 30, 10, 0);
	assert_int_equal(pixel(&r, 20, 22)[0], 255);
	assert_in_range(pixel(&r, 20, 22)[1], 126, 128);
	assert_grey(&r, 20, 28, 255);
	arena_done(&f.arena);
}

static void edges_are_smooth(void **state)
{
	const struct picture_point end[] = { { 5, 10.5F }, { 25, 10.5F } };
	struct fixture f;
	struct raster r;

	(void)state;
	begin(&f);
	picture_line(&f.p, black, end, 2);
	picture_box(&f.p, black, (struct picture_point){ 30.25F, 20 },
		    (struct picture_point){ 34, 24 });
	assert_int_equal(raster_draw(&f.p, &f.arena, &r), ERR_OK);
	assert_grey(&r, 15, 8, 127);
	assert_grey(&r, 15, 12, 127);
	assert_grey(&r, 30, 22, 64); /* three quarters of it */
	assert_grey(&r, 31, 22, 0);
	assert_grey(&r, 34, 22, 255);
	arena_done(&f.arena);
}

static void an_image_fills_its_place(void **state)
{
	static const uint8_t grey[] = { 0, 255, 255, 0 };
	struct fixture f;
	struct raster r;

	(void)state;
	begin(&f);
	picture_grey(&f.p, (struct bytes){ grey, 4 }, 2, (struct picture_point){ 10, 10 },
		     (struct picture_point){ 20, 20 });
	assert_int_equal(raster_draw(&f.p, &f.arena, &r), ERR_OK);
	assert_grey(&r, 10, 10, 0);
	assert_grey(&r, 19, 10, 255);
	assert_grey(&r, 19, 19, 0);
	assert_grey(&r, 9, 9, 255);
	assert_grey(&r, 20, 20, 255);
	arena_done(&f.arena);
}

static void what_lies_outside_is_cut_off(void **state)
{
	const struct picture_point end[] = { { -1e6F, -50 }, { 1e6F, 80 } };
	struct fixture f;
	struct raster r;

	(void)state;
	begin(&f);
	picture_line(&f.p, black, end, 2);
	picture_disc(&f.p, black, (struct picture_point){ 40, 30 }, 1e5F);
	picture_text(&f.p, black, (struct picture_point){ 35, 2 }, 20, "Outside");
	assert_int_equal(raster_draw(&f.p, &f.arena, &r), ERR_OK);
	assert_grey(&r, 0, 0, 0);
	assert_grey(&r, 39, 29, 0);
	arena_done(&f.arena);
}

static void every_printable_letter_has_its_strokes(void **state)
{
	static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   " .,:;-+/()%='<>?!";
	float unknown = stroke_width(bytes_of("~"), 10);

	(void)state;
	for (const char *c = kept; *c != '\0'; c++) {
		char one[2] = { *c, '\0' };
		struct fixture f;
		struct raster r;
		size_t dark = 0;

		begin(&f);
		picture_text(&f.p, black, (struct picture_point){ 10, 20 }, 20, one);
		assert_int_equal(raster_draw(&f.p, &f.arena, &r), ERR_OK);
		for (size_t i = 0; i < (size_t)3 * r.width * r.height; i++) {
			dark += r.rgb[i] < 100;
		}
		assert_true((dark > 0) == (*c != ' '));
		assert_true(stroke_width(bytes_of(one), 10) > 0);
		assert_true(stroke_width(bytes_of(one), 10) <= unknown);
		arena_done(&f.arena);
	}
	assert_true(stroke_width(bytes_of("ab"), 10) > stroke_width(bytes_of("a"), 10));
}

static int no_png(struct bytes pixels, uint32_t columns, unsigned channels, struct buf *out)
{
	for (size_t i = 0; i < pixels.len; i++) {
		assert_int_equal(pixels.data[i] % 17, 0);
	}
	assert_int_equal(pixels.len % columns, 0);
	assert_int_equal(channels, 1);
	buf_put(out, "Man", 3);
	return ERR_OK;
}

static int bad_png(struct bytes pixels, uint32_t columns, unsigned channels, struct buf *out)
{
	(void)pixels;
	(void)columns;
	(void)channels;
	(void)out;
	return ERR_NOMEM;
}

static void shapes_of_one_ink_become_one_path(void **state)
{
	static const uint8_t grey[] = { 3, 250 };
	static const struct picture_ink thin = { .colour = 0x000000, .opacity = 1, .width = 1.5F };
	const struct picture_point line[] = { { 1, 2 }, { 3.5F, 2 }, { 3.54F, 1 } };
	struct fixture f;
	struct buf out = { 0 };

	(void)state;
	begin(&f);
	picture_grey(&f.p, (struct bytes){ grey, 2 }, 2, line[0], line[1]);
	picture_line(&f.p, black, line, 3);
	picture_line(&f.p, black, line, 1);
	picture_line(&f.p, thin, line, 1);
	picture_disc(&f.p, half_red, (struct picture_point){ 9, 9 }, 2);
	picture_text(&f.p, black, (struct picture_point){ 0, 9.5F }, 8, "a<b> & \"c\"");
	assert_int_equal(svg_write(&f.p, "Two & two", no_png, &out), ERR_OK);
	buf_u8(&out, 0);
	assert_non_null(strstr((char *)out.data, "<title>Two &amp; two</title>"));
	assert_non_null(strstr((char *)out.data, "base64,TWFu\""));
	assert_non_null(strstr((char *)out.data,
			       "<path stroke=\"#000000\" fill=\"none\" "
			       "stroke-width=\"4\" d=\"M1 2l2.5 0 0-1M1 2h0\"/>"));
	assert_non_null(strstr((char *)out.data, "stroke-width=\"1.5\" d=\"M1 2h0\"/>"));
	assert_non_null(strstr((char *)out.data, "<path fill=\"#ff0000\" opacity=\".50\" "
						 "d=\"M7 9a2 2 0 1 0 4 0a2 2 0 1 0-4 0z\"/>"));
	assert_non_null(strstr((char *)out.data, ">a&lt;b&gt; &amp; \"c\"</text>"));
	assert_int_equal(svg_write(&f.p, "x", bad_png, &out), ERR_NOMEM);
	buf_done(&out);
	arena_done(&f.arena);
}

static void text_that_is_no_ascii_becomes_question_marks(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	picture_text(&f.p, black, (struct picture_point){ 0, 9 }, 8, "a\xc3\xa9\n");
	assert_true(bytes_is(f.p.first->bytes, "a???"));
	arena_done(&f.arena);
}

static void too_much_is_refused_once_and_for_all(void **state)
{
	const struct picture_point at = { 1, 1 };
	struct picture_point *many = calloc(PICTURE_POINTS_MAX + 1, sizeof *many);
	struct fixture f;
	struct raster r;
	struct buf out = { 0 };

	(void)state;
	assert_non_null(many);
	begin(&f);
	picture_line(&f.p, black, many, PICTURE_POINTS_MAX + 1);
	picture_line(&f.p, black, &at, 1);
	assert_int_equal(f.p.shapes, 0);
	assert_int_equal(picture_error(&f.p), ERR_LIMIT);
	assert_int_equal(raster_draw(&f.p, &f.arena, &r), ERR_LIMIT);
	assert_int_equal(svg_write(&f.p, "x", no_png, &out), ERR_LIMIT);
	picture_init(&f.p, PICTURE_SIDE_MAX + 1, 10, &f.arena);
	assert_int_equal(picture_error(&f.p), ERR_LIMIT);
	arena_done(&f.arena);
	arena_init(&f.arena, 8192);
	picture_init(&f.p, 10, 10, &f.arena);
	for (unsigned i = 0; i < 1000; i++) {
		picture_line(&f.p, black, &at, 1);
	}
	assert_int_equal(picture_error(&f.p), ERR_NOMEM);
	arena_done(&f.arena);
	buf_done(&out);
	free(many);
}

struct traced {
	unsigned lines;
	size_t points;
	struct picture_point first;
	struct picture_point last;
};

static void on_line(void *context, const struct picture_point *point, size_t points)
{
	struct traced *t = context;

	t->lines++;
	t->points += points;
	t->first = point[0];
	t->last = point[points - 1];
}

static struct traced trace(const char *const *rows, unsigned count)
{
	uint8_t bits[64] = { 0 };
	struct traced t = { 0 };
	struct arena arena;
	unsigned width = (unsigned)strlen(rows[0]);

	for (unsigned y = 0; y < count; y++) {
		for (unsigned x = 0; x < width; x++) {
			if (rows[y][x] == '#') {
				bits[y * ((width + 7) / 8) + x / 8] |= (uint8_t)(0x80 >> x % 8);
			}
		}
	}
	arena_init(&arena, 0);
	assert_int_equal(trace_lines((struct bytes){ bits, (size_t)count * ((width + 7) / 8) },
				     width, 0.5F, &arena, on_line, &t),
			 ERR_OK);
	arena_done(&arena);
	return t;
}

static void lines_are_traced_with_few_points(void **state)
{
	static const char *const straight[] = { "..........", ".########.", ".........." };
	static const char *const corner[] = { "#....", "#....", "#....", "#####" };
	static const char *const fork[] = { "#...#", ".#.#.", "..#..", "..#..", "..#.." };
	static const char *const round[] = { ".###.", "#...#", "#...#", ".###." };
	static const char *const dot[] = { "...", ".#.", "..." };
	struct traced t;

	(void)state;
	t = trace(straight, 3);
	assert_int_equal(t.lines, 1);
	assert_int_equal(t.points, 2);
	assert_true(t.first.x > 1.4F && t.first.x < 1.6F && t.last.x > 8.4F && t.last.x < 8.6F);
	assert_true(t.first.y > 1.4F && t.first.y < 1.6F);
	t = trace(corner, 4);
	assert_int_equal(t.lines, 1);
	assert_int_equal(t.points, 3);
	t = trace(fork, 5);
	assert_int_equal(t.lines, 3);
	assert_int_equal(t.points, 6);
	t = trace(round, 4);
	assert_int_equal(t.lines, 1);
	assert_true(t.first.x == t.last.x && t.first.y == t.last.y);
	assert_in_range(t.points, 5, 9);
	t = trace(dot, 3);
	assert_int_equal(t.lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ink_lies_where_a_shape_is_and_nowhere_else),
		cmocka_unit_test(edges_are_smooth),
		cmocka_unit_test(an_image_fills_its_place),
		cmocka_unit_test(what_lies_outside_is_cut_off),
		cmocka_unit_test(every_printable_letter_has_its_strokes),
		cmocka_unit_test(shapes_of_one_ink_become_one_path),
		cmocka_unit_test(text_that_is_no_ascii_becomes_question_marks),
		cmocka_unit_test(too_much_is_refused_once_and_for_all),
		cmocka_unit_test(lines_are_traced_with_few_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
