#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "record/fmr.h"

static struct fmr views[FMR_VIEWS_MAX];

/* One view with two minutiae, as ISO 19794-2:2005 writes it. */
static const uint8_t iso[] = {
	'F',  'M',  'R', 0,    ' ',  '2', '0',  0,    0, 0,    0,   42, 0,  0,
	1,    0x2c, 1,   0x90, 0,    197, 0,    197,  1, 0,    7,   0,  80, 2,
	0x40, 100,  0,   14,   0x50, 90,  0x81, 0x2b, 1, 0x8f, 255, 0,  0,  0,
};
/* The same as ANSI 378-2004 and 378-2009 write it, at 2 degrees a step. */
static const uint8_t ansi_2004[] = {
	'F',  'M', 'R',  0,  ' ',  '2', '0',  0,    0,   44,   0,   0x42, 0, 0x11, 0,
	0,    1,   0x2c, 1,  0x90, 0,   197,  0,    197, 1,    0,   7,    0, 80,   2,
	0x40, 100, 0,    14, 56,   90,  0x81, 0x2b, 1,   0x8f, 179, 0,    0, 0,
};
static const uint8_t ansi_2009[] = {
	'F',  'M', 'R', 0,  '0', '3', '0',  0,    0, 0,    0,   52,   0, 0x42, 0, 0x11, 0, 0,   0,
	1,    0,   7,   0,  0,   80,  0,    6,    0, 55,   1,   0x2c, 1, 0x90, 0, 197,  0, 197, 2,
	0x40, 100, 0,   14, 56,  90,  0x81, 0x2b, 1, 0x8f, 179, 255,  0, 0,
};

static struct bytes span(const uint8_t *data, size_t len)
{
	return (struct bytes){ .data = data, .len = len };
}

static int refuse(const uint8_t *data, size_t len, const char **what)
{
	struct fault fault = { 0 };
	size_t n = 77;
	int rv = fmr_read(span(data, len), views, FMR_VIEWS_MAX, &n, &fault);

	assert_int_not_equal(rv, ERR_OK);
	assert_int_equal(fault.code, rv);
	assert_non_null(fault.what);
	assert_int_equal(n, 77);
	*what = fault.what;
	return rv;
}

/* Set one byte of the ISO example and ask how it is refused. */
static int refuse_with(size_t at, uint8_t value, const char **what)
{
	uint8_t copy[sizeof iso];

	memcpy(copy, iso, sizeof iso);
	copy[at] = value;
	return refuse(copy, sizeof copy, what);
}

static void check_example(const struct fmr *v)
{
	assert_int_equal(v->width, 300);
	assert_int_equal(v->height, 400);
	assert_int_equal(v->ppcm_x, 197);
	assert_int_equal(v->ppcm_y, 197);
	assert_int_equal(v->position, 7);
	assert_int_equal(v->quality, 80);
	assert_int_equal(v->count, 2);
	assert_int_equal(v->minutia[0].type, FMR_ENDING);
	assert_int_equal(v->minutia[0].x, 100);
	assert_int_equal(v->minutia[0].y, 14);
	assert_int_equal(v->minutia[0].angle, 0x50);
	assert_int_equal(v->minutia[0].quality, 90);
	assert_int_equal(v->minutia[1].type, FMR_BIFURCATION);
	assert_int_equal(v->minutia[1].x, 299);
	assert_int_equal(v->minutia[1].y, 399);
	assert_int_equal(v->minutia[1].angle, 255);
	assert_int_equal(v->minutia[1].quality, 0);
}

static void reads_all_three_standards_alike(void **state)
{
	size_t n = 0;

	(void)state;
	assert_int_equal(fmr_read(span(iso, sizeof iso), views, 1, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	check_example(views);
	assert_int_equal(fmr_read(span(ansi_2004, sizeof ansi_2004), views, 1, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	check_example(views);
	assert_int_equal(fmr_read(span(ansi_2009, sizeof ansi_2009), views, 1, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	check_example(views);
}

static void writes_what_it_read(void **state)
{
	struct buf out = { 0 };
	size_t n = 0;

	(void)state;
	assert_int_equal(fmr_read(span(iso, sizeof iso), views, 1, &n, NULL), ERR_OK);
	assert_int_equal(fmr_write(views, n, FMR_ISO_2005, &out), ERR_OK);
	assert_true(bytes_equal(buf_bytes(&out), span(iso, sizeof iso)));
	buf_done(&out);
}

static void writes_ansi_as_the_standard_has_it(void **state)
{
	static const uint8_t product[] = { 0, 0x42, 0, 0x11 };
	struct buf out = { 0 };
	size_t n = 0;

	(void)state;
	assert_int_equal(fmr_read(span(iso, sizeof iso), views, 1, &n, NULL), ERR_OK);
	assert_int_equal(fmr_write(views, n, FMR_ANSI_2004, &out), ERR_OK);
	/* The example is another maker's: ours has no number. */
	memcpy(out.data + 10, product, sizeof product);
	assert_true(bytes_equal(buf_bytes(&out), span(ansi_2004, sizeof ansi_2004)));
	buf_done(&out);
}

static void ansi_angles_come_back_exactly_and_ours_within_a_step(void **state)
{
	uint8_t copy[sizeof ansi_2004];
	struct buf out = { 0 };
	size_t n = 0;

	(void)state;
	memcpy(copy, ansi_2004, sizeof copy);
	for (uint8_t a = 0; a < 180; a++) {
		copy[34] = a;
		assert_int_equal(fmr_read(span(copy, sizeof copy), views, 1, &n, NULL), ERR_OK);
		buf_clear(&out);
		assert_int_equal(fmr_write(views, 1, FMR_ANSI_2004, &out), ERR_OK);
		assert_int_equal(out.data[34], a);
	}
	for (unsigned a = 0; a < 256; a++) {
		int8_t off;

		views[0].minutia[0].angle = (uint8_t)a;
		buf_clear(&out);
		assert_int_equal(fmr_write(views, 1, FMR_ANSI_2004, &out), ERR_OK);
		assert_in_range(out.data[34], 0, 179);
		assert_int_equal(fmr_read(buf_bytes(&out), views, 1, &n, NULL), ERR_OK);
		off = (int8_t)(views[0].minutia[0].angle - a);
		assert_in_range(off + 1, 0, 2);
	}
	buf_done(&out);
}

/* ANSI gives records above 65535 bytes a length of six bytes, ISO has four for all. */
static void reads_long_records_of_both_standards(void **state)
{
	enum { MORE = 65500 };
	const size_t ansi_len = sizeof ansi_2004 + 4 + MORE;
	const size_t iso_len = sizeof iso + MORE;
	uint8_t *big = calloc(1, ansi_len);
	size_t n = 0;
	const char *what;

	(void)state;
	assert_non_null(big);
	/* The views' extended data fill it: the length's place is the last two bytes. */
	memcpy(big, iso, sizeof iso);
	big[8] = 0;
	big[9] = (uint8_t)(iso_len >> 16);
	big[10] = (uint8_t)(iso_len >> 8);
	big[11] = (uint8_t)iso_len;
	big[40] = MORE >> 8;
	big[41] = MORE & 255;
	assert_int_equal(fmr_read(span(big, iso_len), views, 1, &n, NULL), ERR_OK);
	check_example(views);

	memset(big, 0, ansi_len);
	memcpy(big, ansi_2004, 8);
	big[11] = (uint8_t)(ansi_len >> 16);
	big[12] = (uint8_t)(ansi_len >> 8);
	big[13] = (uint8_t)ansi_len;
	memcpy(big + 14, ansi_2004 + 10, sizeof ansi_2004 - 10);
	big[sizeof ansi_2004 + 2] = MORE >> 8;
	big[sizeof ansi_2004 + 3] = MORE & 255;
	assert_true(ansi_len > 65535 && iso_len > 65535);
	assert_int_equal(fmr_read(span(big, ansi_len), views, 1, &n, NULL), ERR_OK);
	check_example(views);
	assert_int_equal(refuse(big, ansi_len - 1, &what), ERR_SHORT);
	free(big);
}

static size_t changed(size_t at, uint8_t value, struct fmr *v)
{
	uint8_t copy[sizeof iso + 40] = { 0 };
	size_t n = 0;

	memcpy(copy, iso, sizeof iso);
	copy[at] = value;
	assert_int_equal(fmr_read(span(copy, sizeof copy), v, 1, &n, NULL), ERR_OK);
	return v->count;
}

static void passes_over_what_vendors_get_wrong_without_harm(void **state)
{
	(void)state;
	/* Every one of them with forty zeroes behind the record. */
	assert_int_equal(changed(0, 'F', views), 2);
	check_example(views);
	assert_int_equal(changed(26, 255, views), 2);
	assert_int_equal(views[0].quality, 0);
	assert_int_equal(changed(33, 254, views), 2);
	assert_int_equal(views[0].minutia[0].quality, 0);
	assert_int_equal(changed(19, 0, views), 2); /* no resolution */
	assert_int_equal(views[0].ppcm_x, 197);
	/* One of two minutiae outside the image: it alone is left out. */
	assert_int_equal(changed(35, 0x2c, views), 1);
	assert_int_equal(views[0].minutia[0].x, 100);
	assert_int_equal(changed(29, 0xff, views), 2);
	assert_int_equal(changed(28, 0x7f, views), 1);
	assert_int_equal(views[0].minutia[0].x, 299);
}

static void refuses_a_view_most_of_which_lies_outside_the_image(void **state)
{
	uint8_t copy[sizeof iso];
	const char *what;

	(void)state;
	memcpy(copy, iso, sizeof iso);
	copy[28] = 0x7f;
	copy[36] = 0x3f;
	assert_int_equal(refuse(copy, sizeof copy, &what), ERR_RANGE);
	assert_string_equal(what, "minutia position");
}

static void takes_pixels_per_inch_for_what_they_are(void **state)
{
	uint8_t copy[sizeof iso];
	size_t n = 0;

	(void)state;
	memcpy(copy, iso, sizeof iso);
	for (unsigned ppi = 500; ppi <= 1000; ppi += 500) {
		copy[18] = copy[20] = (uint8_t)(ppi >> 8);
		copy[19] = copy[21] = (uint8_t)ppi;
		assert_int_equal(fmr_read(span(copy, sizeof copy), views, 1, &n, NULL), ERR_OK);
		assert_int_equal(views[0].ppcm_x, ppi * 197 / 500);
		assert_int_equal(views[0].ppcm_y, ppi * 197 / 500);
	}
}

static void converts_every_ansi_angle_to_the_nearest_step(void **state)
{
	uint8_t copy[sizeof ansi_2004];
	size_t n = 0;
	const char *what;

	(void)state;
	memcpy(copy, ansi_2004, sizeof copy);
	for (uint8_t a = 0; a < 180; a++) {
		copy[34] = a;
		assert_int_equal(fmr_read(span(copy, sizeof copy), views, 1, &n, NULL), ERR_OK);
		/* |angle / 256 - a / 180| is at most half a step of 1/256. */
		assert_in_range(views[0].minutia[0].angle * 180 - a * 256 + 90, 0, 180);
	}
	copy[34] = 180;
	assert_int_equal(refuse(copy, sizeof copy, &what), ERR_RANGE);
	assert_string_equal(what, "minutia angle");
}

static void refuses_every_shorter_and_longer_input(void **state)
{
	uint8_t longer[sizeof iso + 2] = { 0 };
	const char *what;

	(void)state;
	for (size_t len = 0; len < sizeof iso; len++) {
		assert_int_equal(refuse(iso, len, &what), ERR_SHORT);
	}
	for (size_t len = 0; len < sizeof ansi_2004; len++) {
		assert_int_equal(refuse(ansi_2004, len, &what), ERR_SHORT);
	}
	for (size_t len = 0; len < sizeof ansi_2009; len++) {
		assert_int_equal(refuse(ansi_2009, len, &what), ERR_SHORT);
	}
	/* Behind a record nothing but zeroes is taken for nothing. */
	memcpy(longer, iso, sizeof iso);
	longer[sizeof iso + 1] = 1;
	assert_int_equal(refuse(longer, sizeof longer, &what), ERR_MALFORMED);
	assert_string_equal(what, "record length");
	longer[11] += 2; /* even when the length covers the bytes */
	assert_int_equal(refuse(longer, sizeof longer, &what), ERR_MALFORMED);
	assert_string_equal(what, "extended data length");
}

static void names_the_field_that_is_wrong(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int code;
		const char *what;
	} cases[] = {
		{ 0, 'f', ERR_MALFORMED, "format identifier" },
		{ 5, '3', ERR_UNSUPPORTED, "version" },
		{ 11, 40, ERR_SHORT, "number of minutiae" },
		{ 11, 43, ERR_SHORT, "record length" },
		{ 14, 0x40, ERR_RANGE, "image size" },
		{ 19, 2, ERR_RANGE, "resolution" },
		{ 22, 0, ERR_RANGE, "number of views" },
		{ 22, 17, ERR_LIMIT, "number of views" },
		{ 22, 2, ERR_SHORT, "finger view" },
		{ 23, 1, ERR_MALFORMED, "reserved byte" },
		{ 24, 11, ERR_RANGE, "finger position" },
		{ 27, 3, ERR_SHORT, "number of minutiae" },
		{ 27, 1, ERR_SHORT, "extended data length" },
		{ 28, 0xc0, ERR_RANGE, "minutia type" },
		{ 41, 3, ERR_SHORT, "extended data length" },
	};
	const char *what;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(refuse_with(cases[i].at, cases[i].value, &what), cases[i].code);
		assert_string_equal(what, cases[i].what);
	}
}

static void says_that_iso_of_2011_is_not_supported(void **state)
{
	static const uint8_t head[] = { 'F', 'M', 'R', 0, '0', '3', '0', 0, 0,    0,  0,  24,
					0,   1,   0,   0, 0,   0,   9,   7, 0xd5, 12, 15, 17 };
	const char *what;

	(void)state;
	assert_int_equal(refuse(head, sizeof head, &what), ERR_UNSUPPORTED);
	assert_string_equal(what, "edition of the standard");
}

static void refuses_more_than_the_limit_of_bytes(void **state)
{
	uint8_t *big = calloc(1, FMR_BYTES_MAX + 1);
	const char *what;

	(void)state;
	assert_non_null(big);
	assert_int_equal(refuse(big, FMR_BYTES_MAX + 1, &what), ERR_LIMIT);
	free(big);
}

static void numbers_the_views_of_one_finger(void **state)
{
	struct buf out = { 0 };
	struct fmr *v = calloc(FMR_VIEWS_MAX + 1, sizeof *v);
	size_t n = 0;

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i <= FMR_VIEWS_MAX; i++) {
		v[i] = (struct fmr){ .width = 16383,
				     .height = 16383,
				     .ppcm_x = 394,
				     .ppcm_y = 197,
				     .position = i % 2 == 0 ? 3 : 8,
				     .impression = 8,
				     .count = 255 };
		for (unsigned k = 0; k < 255; k++) {
			v[i].minutia[k] = (struct fmr_minutia){ .x = (uint16_t)(k * 64),
								.y = (uint16_t)(16382 - k),
								.angle = (uint8_t)k,
								.type = (uint8_t)(k % 3),
								.quality = (uint8_t)(k % 101) };
		}
	}
	assert_int_equal(fmr_write(v, FMR_VIEWS_MAX + 1, FMR_ISO_2005, &out), ERR_RANGE);
	assert_int_equal(fmr_write(v, 0, FMR_ISO_2005, &out), ERR_RANGE);
	assert_int_equal(out.len, 0);
	assert_int_equal(fmr_write(v, FMR_VIEWS_MAX, FMR_ISO_2005, &out), ERR_OK);
	assert_int_equal(fmr_read(buf_bytes(&out), views, FMR_VIEWS_MAX, &n, NULL), ERR_OK);
	assert_int_equal(n, FMR_VIEWS_MAX);
	assert_memory_equal(v, views, sizeof views);
	/* The fifth view is the third one of finger 3, hence number 2. */
	assert_int_equal(out.data[24 + 4 * (6 + 255 * 6) + 1], 2 << 4 | 8);
	buf_done(&out);
	free(v);
}

static void writes_nothing_unsound(void **state)
{
	const struct fmr good = { .width = 300, .height = 300, .ppcm_x = 197, .ppcm_y = 197 };
	struct fmr bad[9];
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		bad[i] = good;
	}
	bad[0].width = 0;
	bad[1].ppcm_y = 0;
	bad[2].position = 11;
	bad[3].impression = 16;
	bad[4].quality = 101;
	bad[5].count = 1;
	bad[5].minutia[0].x = 300;
	bad[6].count = 1;
	bad[6].minutia[0].type = 3;
	bad[7].count = 1;
	bad[7].minutia[0].quality = 101;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(fmr_write(&bad[i], 1, FMR_ISO_2005, &out), ERR_RANGE);
	}
	bad[7] = good;
	bad[8].height = 301;
	assert_int_equal(fmr_write(&bad[7], 2, FMR_ISO_2005, &out), ERR_RANGE);
	assert_int_equal(out.len, 0);
	assert_int_equal(fmr_write(&good, 1, FMR_ISO_2005, &out), ERR_OK);
	buf_clear(&out);
	out.limit = 20;
	assert_int_equal(fmr_write(&good, 1, FMR_ISO_2005, &out), ERR_SPACE);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_three_standards_alike),
		cmocka_unit_test(writes_what_it_read),
		cmocka_unit_test(writes_ansi_as_the_standard_has_it),
		cmocka_unit_test(ansi_angles_come_back_exactly_and_ours_within_a_step),
		cmocka_unit_test(reads_long_records_of_both_standards),
		cmocka_unit_test(passes_over_what_vendors_get_wrong_without_harm),
		cmocka_unit_test(refuses_a_view_most_of_which_lies_outside_the_image),
		cmocka_unit_test(takes_pixels_per_inch_for_what_they_are),
		cmocka_unit_test(converts_every_ansi_angle_to_the_nearest_step),
		cmocka_unit_test(refuses_every_shorter_and_longer_input),
		cmocka_unit_test(names_the_field_that_is_wrong),
		cmocka_unit_test(says_that_iso_of_2011_is_not_supported),
		cmocka_unit_test(refuses_more_than_the_limit_of_bytes),
		cmocka_unit_test(numbers_the_views_of_one_finger),
		cmocka_unit_test(writes_nothing_unsound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
