#include "tests/lib/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intake/nist.h"
#include "tests/lib/nistfile.h"

#define ARENA_BYTES (4U * 1024 * 1024)
#define TCN         "26000000000417V"
#define HEAD                                                                                       \
	"^1.005:20260314"                                                                          \
	"^1.007:AAA"                                                                               \
	"^1.008:BBB"                                                                               \
	"^1.009:" TCN "^1.012:19.69"                                                               \
	"^1.013:INT-I|0600"                                                                        \
	"^1.015:3|UTF-8"
#define PERSON                                                                                     \
	"^2.002:00"                                                                                \
	"^2.030:CANARY \xc3\x86MILIA"                                                              \
	"^2.064:1|true||CPS|I"                                                                     \
	"^2.2085:X"
#define FINGER                                                                                     \
	"^14.002:01"                                                                               \
	"^14.003:1"                                                                                \
	"^14.005:20260313"                                                                         \
	"^14.006:300"                                                                              \
	"^14.007:0400"                                                                             \
	"^14.008:2"                                                                                \
	"^14.009:197"                                                                              \
	"^14.010:197"                                                                              \
	"^14.011:WSQ20"                                                                            \
	"^14.012:8"                                                                                \
	"^14.013:14"

/* Separators inside of image data must not end anything. */
static const uint8_t wsq[] = { 0xff, 0xa0, 0x1c, 0x1d, 0x1e, 0x1f, 0xff, 0xa1 };
static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9 };

struct fixture {
	struct buf file;
	struct arena arena;
	struct nist nist;
	struct fault fault;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	arena_init(&f->arena, ARENA_BYTES);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_done(&f->arena);
	buf_done(&f->file);
	free(f);
	return 0;
}

static struct bytes span(const uint8_t *data, size_t len)
{
	return (struct bytes){ .data = data, .len = len };
}

static int read_bytes(struct fixture *f, struct bytes file)
{
	arena_done(&f->arena);
	memset(&f->nist, 0x55, sizeof f->nist);
	f->fault = (struct fault){ 0 };
	return nist_read(file, &f->arena, &f->nist, &f->fault);
}

static int read_back(struct fixture *f)
{
	return read_bytes(f, buf_bytes(&f->file));
}

/* Type 1 with a list of records such as "1|1~2|00". */
static void begin(struct fixture *f, const char *tot, const char *list, const char *rest)
{
	char fields[4096];

	buf_clear(&f->file);
	(void)snprintf(fields, sizeof fields, "^1.002:0502^1.003:%s^1.004:%s%s", list, tot, rest);
	nistfile_record(&f->file, 1, fields, span(NULL, 0));
}

static void add(struct fixture *f, unsigned type, const char *fields)
{
	nistfile_record(&f->file, type, fields, span(NULL, 0));
}

static void search_file(struct fixture *f)
{
	begin(f, "CPS", "1|4~2|00~14|01~4|02~10|03", HEAD);
	add(f, 2, PERSON);
	nistfile_record(&f->file, 14, FINGER, span(wsq, sizeof wsq));
	nistfile_type_4(&f->file, 2, 7, 1, span(wsq, sizeof wsq));
	nistfile_record(&f->file, 10, "^10.002:03^10.003:FACE^10.008:0^10.009:1^10.011:JPEGB",
			span(jpeg, sizeof jpeg));
}

static void reads_texts_and_images(void **state)
{
	struct fixture *f = *state;
	const struct nist_image *image;
	char tag[NIST_TAG_MAX];

	search_file(f);
	assert_int_equal(read_back(f), ERR_OK);
	assert_true(f->nist.int_i);
	assert_int_equal(f->nist.notes, 0);
	assert_int_equal(f->nist.skipped, 0);
	assert_true(bytes_is(nist_text(&f->nist, 1, 4), "CPS"));
	assert_true(bytes_is(nist_text(&f->nist, 1, 9), TCN));
	assert_true(bytes_is(nist_text(&f->nist, 2, 30), "CANARY ÆMILIA"));
	assert_int_equal(nist_text(&f->nist, 2, 31).len, 0);
	/* Seven single ones, 1.013 and 1.015 twice; 2.030, four of five of 2.064, 2.2085. */
	assert_int_equal(f->nist.items, 11 + 6);
	nist_tag(&f->nist.item[11], tag);
	assert_string_equal(tag, "2.030");
	nist_tag(&f->nist.item[15], tag);
	assert_string_equal(tag, "2.064.1.5");
	assert_true(bytes_is(f->nist.item[15].text, "I"));
	nist_tag(&f->nist.item[16], tag);
	assert_string_equal(tag, "2.2085");

	assert_int_equal(f->nist.images, 3);
	image = &f->nist.image[0];
	assert_int_equal(image->type, 14);
	assert_int_equal(image->idc, 1);
	assert_int_equal(image->impression, 1);
	assert_int_equal(image->width, 300);
	assert_int_equal(image->height, 400);
	assert_int_equal(image->ppi, 500);
	assert_int_equal(image->bits, 8);
	assert_int_equal(image->positions, 1);
	assert_int_equal(image->position[0], 14);
	assert_int_equal(image->compression, NIST_WSQ);
	assert_true(bytes_is(image->date, "20260313"));
	assert_true(bytes_equal(image->data, span(wsq, sizeof wsq)));
	image = &f->nist.image[1];
	assert_int_equal(image->type, 4);
	assert_int_equal(image->idc, 2);
	assert_int_equal(image->position[0], 7);
	assert_int_equal(image->ppi, 500);
	assert_int_equal(image->width, 300);
	assert_int_equal(image->height, 400);
	assert_int_equal(image->compression, NIST_WSQ);
	assert_true(bytes_equal(image->data, span(wsq, sizeof wsq)));
	image = &f->nist.image[2];
	assert_int_equal(image->type, 10);
	assert_int_equal(image->ppi, 0);
	assert_int_equal(image->positions, 0);
	assert_true(bytes_is(image->kind, "FACE"));
	assert_int_equal(image->compression, NIST_JPEG);
	assert_true(bytes_equal(image->data, span(jpeg, sizeof jpeg)));
}

static void refuses_every_beginning_of_a_file(void **state)
{
	struct fixture *f = *state;
	uint8_t *copy;

	search_file(f);
	for (size_t len = 0; len < f->file.len; len++) {
		/* A block of its own, so that the sanitizer sees a read past the end. */
		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy + 1, f->file.data, len);
		assert_int_not_equal(read_bytes(f, span(copy + 1, len)), ERR_OK);
		assert_in_range(f->fault.at, 0, len);
		assert_int_not_equal(nist_erm(&f->fault), 0);
		free(copy);
	}
	buf_u8(&f->file, 0);
	assert_int_equal(read_back(f), ERR_MALFORMED);
	assert_string_equal(f->fault.what, "bytes behind the last record");
	assert_int_equal(f->fault.at, f->file.len - 1);
}

/* Replace the first occurrence of a text by another of the same length; returns its place. */
static size_t put_over(struct fixture *f, const char *old, const char *new)
{
	size_t len = strlen(old);
	size_t at = 0;
	size_t k = 0;

	assert_int_equal(len, strlen(new));
	while (k < len) {
		assert_true(at + len <= f->file.len);
		for (k = 0;
		     k < len && f->file.data[at + k] == (uint8_t)nistfile_separator(old[k]);) {
			k++;
		}
		at++;
	}
	at--;
	for (k = 0; k < len; k++) {
		f->file.data[at + k] = (uint8_t)nistfile_separator(new[k]);
	}
	return at;
}

static void names_the_place_and_the_reason(void **state)
{
	static const struct {
		const char *old;
		const char *new;
		int code;
		unsigned erm;
		const char *what;
	} cases[] = {
		{ "1.001:", "2.001:", ERR_MALFORMED, 101, "Type-1 record" },
		{ "1.001:", "1.002:", ERR_MALFORMED, 117, "field tag" },
		{ "1.003:", "1.993:", ERR_MALFORMED, 101, "missing mandatory field" },
		{ "1.003:1", "1.003:2", ERR_RANGE, 110, "size of a number" },
		{ "1.003:1|4", "1.003:1|3", ERR_MALFORMED, 117, "list of records" },
		{ "14|01", "15|01", ERR_MALFORMED, 102, "record type" },
		{ "~2|", "~1|", ERR_MALFORMED, 102, "record type" },
		{ "~2|", "~4|", ERR_SHORT, 118, "record length" },
		{ "CPS", "ZZZ", ERR_UNSUPPORTED, 116, "type of transaction" },
		{ "CPS", "SRE", ERR_MALFORMED, 101, "missing mandatory field" },
		{ TCN, "26000000000417A", ERR_MALFORMED, 201, "transaction control number" },
		{ "\xc3\x86", "\xc3\xc3", ERR_MALFORMED, 111, "characters of a text" },
		{ "14.001:", "14.001.", ERR_MALFORMED, 117, "field tag" },
		{ "14.006:300", "14.006:3 0", ERR_MALFORMED, 108, "number" },
		{ "14.013:14", "14.013:99", ERR_RANGE, 115, "finger position" },
		{ "14.999:\xff", "14.999:\xfe", ERR_MALFORMED, 117, "image data" },
		{ "14.008:2", "14.008:3", ERR_RANGE, 110, "size of a number" },
		{ "\x07\xff\xff", "\x63\xff\xff", ERR_RANGE, 115, "finger position" },
		{ "\x90\x01\xff\xa0", "\x90\x07\xff\xa0", ERR_RANGE, 115, "value of a code" },
	};
	struct fixture *f = *state;
	size_t at;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		search_file(f);
		(void)put_over(f, cases[i].old, cases[i].new);
		assert_int_equal(read_back(f), cases[i].code);
		assert_int_equal(f->fault.code, cases[i].code);
		assert_string_equal(f->fault.what, cases[i].what);
		assert_int_equal(nist_erm(&f->fault), cases[i].erm);
	}
	search_file(f);
	at = put_over(f, "CANARY \xc3", "CANARY \xff");
	assert_int_equal(read_back(f), ERR_MALFORMED);
	assert_int_equal(f->fault.at, at);
}

static void refuses_lengths_that_lie(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *length;
		int code;
		unsigned erm;
	} cases[] = {
		{ "99999999999999999999", ERR_LIMIT, 107 },
		{ "4294967300", ERR_LIMIT, 107 },
		{ "999999999", ERR_SHORT, 118 },
		{ "-20", ERR_MALFORMED, 108 },
		{ "", ERR_MALFORMED, 108 },
		{ "4", ERR_SHORT, 118 },
		{ "25", ERR_MALFORMED, 117 }, /* one too few: does not end on FS */
	};
	static const uint8_t short_4[] = { 0, 0, 0, 4, 1 };
	static const uint8_t short_18[] = { 0,   0,   0,   17, 1, 0, 7, 255, 255,
					    255, 255, 255, 0,  0, 1, 0, 1 };
	static const uint8_t long_4[] = { 0x7f, 255, 255, 255, 1, 0, 7 };
	char text[64];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin(f, "CPS", "1|1~2|00", "");
		(void)snprintf(text, sizeof text, "2.001:%s\0352.002:00\0352.010:X\034",
			       cases[i].length);
		buf_put(&f->file, text, strlen(text));
		assert_int_equal(read_back(f), cases[i].code);
		assert_int_equal(nist_erm(&f->fault), cases[i].erm);
	}
	for (size_t i = 0; i < 3; i++) {
		begin(f, "CPS", "1|1~4|01", "");
		buf_put(&f->file,
			i == 0   ? short_4
			: i == 1 ? short_18
				 : long_4,
			i == 0   ? sizeof short_4
			: i == 1 ? sizeof short_18
				 : sizeof long_4);
		assert_int_equal(read_back(f), ERR_SHORT);
		assert_int_equal(nist_erm(&f->fault), 118);
	}
}

static void holds_only_int_i_to_its_profile(void **state)
{
	struct fixture *f = *state;

	/* No Type 2, a foreign transaction, an image that is none. */
	begin(f, "XYZ", "1|1~14|01", "^1.009:whatever");
	nistfile_record(&f->file, 14, FINGER, span(jpeg, sizeof jpeg));
	assert_int_equal(read_back(f), ERR_OK);
	assert_false(f->nist.int_i);
	assert_int_equal(f->nist.images, 1);
	assert_int_equal(f->nist.notes, 1);
	assert_string_equal(f->nist.note[0].what, "image is not what the record says");
	begin(f, "CPS", "1|1~14|01", HEAD);
	nistfile_record(&f->file, 14, FINGER, span(wsq, sizeof wsq));
	assert_int_equal(read_back(f), ERR_MALFORMED);
	assert_int_equal(nist_erm(&f->fault), 101);
}

static void notes_what_does_no_harm(void **state)
{
	struct fixture *f = *state;
	static const char *const what[] = {
		"field of another type left out",  "text in an unknown character set left out",
		"IDC is not the listed one",       "IDC is listed twice",
		"image record without an image",   "record of a type that is not read",
		"no minutiae that are understood",
	};

	begin(f, "CAR", "1|5~2|00~10|05~10|05~99|06~9|07", "");
	add(f, 2, "^2.002:00^13.005:A^2.003:M\xfcller^2.004:line\r\nline");
	nistfile_record(&f->file, 10, "^10.002:01^10.011:JPEGB", span(jpeg, sizeof jpeg));
	nistfile_record(&f->file, 10, "^10.002:05^10.011:JPEGB", span(jpeg, 0));
	add(f, 99, "^99.002:06^99.100:text");
	add(f, 9, "^9.002:07");
	assert_int_equal(read_back(f), ERR_OK);
	assert_int_equal(f->nist.notes, sizeof what / sizeof what[0]);
	for (size_t i = 0; i < f->nist.notes; i++) {
		assert_string_equal(f->nist.note[i].what, what[i]);
	}
	assert_int_equal(f->nist.skipped, 1);
	assert_int_equal(f->nist.images, 2);
	assert_int_equal(nist_text(&f->nist, 2, 3).len, 0);
	assert_true(bytes_is(nist_text(&f->nist, 2, 4), "line\r\nline"));
}

static void keeps_to_its_limits(void **state)
{
	struct fixture *f = *state;
	struct buf list = { 0 };
	char text[64];
	char *big = calloc(1, NIST_TEXT_MAX + 64);

	assert_non_null(big);
	/* The list may hold no more than 255 records. */
	buf_put(&list, "1|255", 5);
	for (unsigned i = 0; i < NIST_RECORDS_MAX + 1; i++) {
		buf_put(&list, "~2|0", 4);
	}
	buf_u8(&list, 0);
	begin(f, "CPS", (const char *)list.data, "");
	assert_int_equal(read_back(f), ERR_LIMIT);
	assert_string_equal(f->fault.what, "number of records");
	/* Fields of one record. */
	buf_clear(&list);
	for (unsigned i = 0; i < NIST_FIELDS_MAX; i++) {
		(void)snprintf(text, sizeof text, "^2.%03u:x", i + 3);
		buf_put(&list, text, strlen(text));
	}
	buf_u8(&list, 0);
	begin(f, "CPS", "1|1~2|0", "");
	add(f, 2, (const char *)list.data);
	assert_int_equal(read_back(f), ERR_LIMIT);
	assert_string_equal(f->fault.what, "number of fields");
	/* Texts of the file. */
	buf_clear(&list);
	buf_put(&list, "^2.003:", 7);
	for (unsigned i = 0; i < NIST_ITEMS_MAX; i++) {
		buf_put(&list, "x|", 2);
	}
	buf_u8(&list, 0);
	begin(f, "CPS", "1|1~2|0", "");
	add(f, 2, (const char *)list.data);
	assert_int_equal(read_back(f), ERR_LIMIT);
	assert_string_equal(f->fault.what, "number of texts");
	/* One text. */
	(void)snprintf(big, 16, "^2.003:");
	memset(big + 7, 'x', NIST_TEXT_MAX);
	begin(f, "CPS", "1|1~2|0", "");
	add(f, 2, big);
	assert_int_equal(read_back(f), ERR_OK);
	big[7 + NIST_TEXT_MAX] = 'x';
	begin(f, "CPS", "1|1~2|0", "");
	add(f, 2, big);
	assert_int_equal(read_back(f), ERR_LIMIT);
	assert_string_equal(f->fault.what, "length of a text");
	assert_int_equal(read_bytes(f, span(f->file.data, NIST_BYTES_MAX + 1)), ERR_LIMIT);
	buf_done(&list);
	free(big);
}

static void says_so_when_memory_is_short(void **state)
{
	struct fixture *f = *state;

	search_file(f);
	for (size_t limit = 64; limit < 200000; limit += 4096) {
		arena_done(&f->arena);
		arena_init(&f->arena, limit);
		if (nist_read(buf_bytes(&f->file), &f->arena, &f->nist, &f->fault) == ERR_OK) {
			return;
		}
		assert_int_equal(f->fault.code, ERR_NOMEM);
	}
	fail();
}

/* The same two minutiae in all forms: an ending at 2.00 cm, 3.00 cm from the top left, whose
 * ridge runs to the right and up (45 degrees), and a bifurcation at 1.00, 1.00 at 180. */
static const struct {
	enum nist_form form;
	const char *fields;
} forms[] = {
	{ NIST_FORM_M1, "^9.002:1"
			"^9.003:0"
			"^9.128:591"
			"^9.129:788^9.130:2"
			"^9.131:197"
			"^9.132:197"
			"^9.134:07^9.135:254|0|1"
			"^9.136:2"
			"^9.137:1|394|591|22|1|100~2|197|197|90|2|0" },
	{ NIST_FORM_EXTENDED, "^9.002:1"
			      "^9.003:0"
			      "^9.300:3000|4000|^9.302:7|DST"
			      "^9.331:2000|3000|45|E~1000|1000|180|B|20" },
	{ NIST_FORM_STANDARD, "^9.002:1"
			      "^9.003:0"
			      "^9.004:S"
			      "^9.006:07^9.010:2"
			      "^9.011:1"
			      "^9.012:001|20001000225|2|A|1,0~002|10003000000|0|B" },
	{ NIST_FORM_IAFIS, "^9.002:1"
			   "^9.003:0"
			   "^9.014:07"
			   "^9.015:2^9.023:001|20003000045|02|A~002|10001000180|00|B" },
};

static void reads_minutiae_of_all_forms_alike(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		const struct fmr *v;

		begin(f, "CPS", "1|1~9|1", "");
		add(f, 9, forms[i].fields);
		assert_int_equal(read_back(f), ERR_OK);
		assert_int_equal(f->nist.notes, 0);
		assert_int_equal(f->nist.prints, 1);
		assert_int_equal(f->nist.minutiae[0]->form, forms[i].form);
		assert_int_equal(f->nist.minutiae[0]->idc, 1);
		v = &f->nist.minutiae[0]->view;
		assert_int_equal(v->position, 7);
		assert_int_equal(v->count, 2);
		assert_int_equal(v->ppcm_x, 197);
		assert_int_equal(v->minutia[0].type, FMR_ENDING);
		assert_int_equal(v->minutia[1].type, FMR_BIFURCATION);
		assert_int_equal(v->minutia[0].x - v->minutia[1].x, 197);
		assert_int_equal(v->minutia[0].y - v->minutia[1].y, 394);
		assert_in_range(v->minutia[0].angle, 31, 32); /* 44 or 45 degrees */
		assert_int_equal(v->minutia[1].angle, 128);
		assert_int_equal(v->minutia[1].quality, 0);
		assert_int_equal(v->minutia[0].quality,
				 forms[i].form == NIST_FORM_EXTENDED ? 0 : 100);
		assert_int_equal(v->minutia[1].x, 197);
		assert_int_equal(v->minutia[1].y, forms[i].form == NIST_FORM_STANDARD ? 0 : 197);
	}
}

static void refuses_minutiae_that_lie(void **state)
{
	struct fixture *f = *state;
	static const struct {
		size_t form;
		const char *old;
		const char *new;
		unsigned erm;
	} cases[] = {
		{ 0, "9.136:2", "9.136:3", 117 }, { 0, "394|", "594|", 117 },
		{ 0, "|22", "|ab", 108 },         { 0, "|90|", "|99|", 0 },
		{ 0, "2|0", "3|0", 110 },         { 0, "9.128:591", "9.128:000", 117 },
		{ 0, "9.130:2", "9.130:0", 117 }, { 0, "9.131:197", "9.131:038", 117 },
		{ 1, "|45", "|4x", 108 },         { 1, "|180", "|361", 110 },
		{ 2, "9.010:2", "9.010:1", 117 }, { 2, "225|", "22|5", 117 },
		{ 2, "225", "425", 110 },         { 3, "9.015:2", "9.015:4", 117 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin(f, "CPS", "1|1~9|1", "");
		add(f, 9, forms[cases[i].form].fields);
		(void)put_over(f, cases[i].old, cases[i].new);
		if (cases[i].erm == 0) {
			assert_int_equal(read_back(f), ERR_OK);
		} else {
			assert_int_not_equal(read_back(f), ERR_OK);
			assert_int_equal(nist_erm(&f->fault), cases[i].erm);
		}
	}
	/* A palm is left out with a note. */
	begin(f, "CPS", "1|1~9|1", "");
	add(f, 9, forms[3].fields);
	(void)put_over(f, "9.014:07", "9.014:28");
	assert_int_equal(read_back(f), ERR_OK);
	assert_int_equal(f->nist.prints, 0);
	assert_int_equal(f->nist.notes, 1);
}

static void knows_sound_control_numbers(void **state)
{
	(void)state;
	assert_true(nist_tcn_is_sound(bytes_of("19125458357684J")));
	assert_true(nist_tcn_is_sound(bytes_of("19125458357683H")));
	assert_true(nist_tcn_is_sound(bytes_of(TCN)));
	assert_false(nist_tcn_is_sound(bytes_of("19125458357684K")));
	assert_false(nist_tcn_is_sound(bytes_of("1912545835768J")));
	assert_false(nist_tcn_is_sound(bytes_of("191254583576 4J")));
	assert_false(nist_tcn_is_sound(bytes_of("")));
}

/* Load a file of the shared data; false if it is absent. */
static bool load(struct fixture *f, const char *dir, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	uint8_t *p;
	FILE *in;
	long len;

	(void)snprintf(path, sizeof path, "%s/../shared/data/ansi-nist/%s/%s",
		       srcdir != NULL ? srcdir : ".", dir, name);
	in = fopen(path, "rb");
	if (in == NULL) {
		return false;
	}
	buf_clear(&f->file);
	assert_int_equal(fseek(in, 0, SEEK_END), 0);
	len = ftell(in);
	rewind(in);
	p = buf_extend(&f->file, (size_t)len);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, (size_t)len, in), len);
	(void)fclose(in);
	return true;
}

static void answers_the_synthetic_files_as_expected(void **state)
{
	struct fixture *f = *state;
	char *table;
	char *line;
	char *rest;
	unsigned files = 0;

	if (!load(f, "synth", "EXPECTED.tsv")) {
		print_message("skipped: no ../shared/data/ansi-nist/synth\n");
		skip();
	}
	buf_u8(&f->file, 0);
	table = strdup((const char *)f->file.data);
	assert_non_null(table);
	(void)strtok_r(table, "\n", &rest); /* the heading */
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
		char name[64];
		char answer[16];
		char erm[8];
		int rv;

		assert_int_equal(sscanf(line, "%63s %15s %7s", name, answer, erm), 3);
		assert_true(load(f, "synth", name));
		rv = read_back(f);
		if (strcmp(answer, "reject") == 0) {
			assert_int_not_equal(rv, ERR_OK);
			assert_int_equal(nist_erm(&f->fault), strtol(erm, NULL, 10));
		} else {
			assert_int_equal(rv, ERR_OK);
			assert_true(f->nist.int_i);
			assert_int_equal(f->nist.notes > 0, strcmp(answer, "warn") == 0);
		}
		files++;
	}
	assert_int_equal(files, 25);
	free(table);
}

static void reads_every_real_file(void **state)
{
	static const struct {
		const char *dir;
		const char *end;
		unsigned files;
	} cases[] = {
		{ "nist-references", "", 28 },
		{ "nbis-an2k-samples", ".an2", 21 },
		{ "an2k-libbiomeval", ".an2k", 6 },
		{ "eft-jet", ".eft", 4 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *srcdir = getenv("srcdir");
		char path[512];
		struct dirent *e;
		unsigned files = 0;
		DIR *d;

		(void)snprintf(path, sizeof path, "%s/../shared/data/ansi-nist/%s",
			       srcdir != NULL ? srcdir : ".", cases[i].dir);
		d = opendir(path);
		if (d == NULL) {
			print_message("skipped: no %s\n", path);
			skip();
		}
		while ((e = readdir(d)) != NULL) {
			const char *dot = strrchr(e->d_name, '.');

			if (dot == NULL || strcmp(e->d_name, "README.md") == 0 || dot[1] == 0 ||
			    dot == e->d_name ||
			    (cases[i].end[0] != 0 && strcmp(dot, cases[i].end) != 0)) {
				continue;
			}
			assert_true(load(f, cases[i].dir, e->d_name));
			if (read_back(f) != ERR_OK) {
				print_message("%s: %s at %zu\n", e->d_name, f->fault.what,
					      f->fault.at);
				fail();
			}
			files++;
		}
		(void)closedir(d);
		assert_int_equal(files, cases[i].files);
	}
}

static void reads_known_content_of_real_files(void **state)
{
	struct fixture *f = *state;

	if (!load(f, "nist-references", "type-4-tpcard.an2")) {
		print_message("skipped: no ../shared/data/ansi-nist/nist-references\n");
		skip();
	}
	assert_int_equal(read_back(f), ERR_OK);
	assert_int_equal(f->nist.images, 14);
	assert_int_equal(f->nist.image[0].compression, NIST_WSQ);
	assert_int_equal(f->nist.image[0].ppi, 500);
	assert_true(load(f, "nist-references", "type-14-tpcard-nqm.an2"));
	assert_int_equal(read_back(f), ERR_OK);
	assert_int_equal(f->nist.images, 14);
	assert_int_equal(f->nist.image[0].width, 804);
	assert_int_equal(f->nist.image[0].position[0], 1);
	assert_true(load(f, "eft-jet", "sample.eft"));
	assert_int_equal(read_back(f), ERR_OK);
	assert_int_equal(f->nist.images, 11);
	assert_true(bytes_is(nist_text(&f->nist, 2, 18), "DOE,JOHN"));
	assert_true(load(f, "an2k-libbiomeval", "type9-efs.an2k"));
	assert_int_equal(read_back(f), ERR_OK);
	assert_int_equal(f->nist.prints, 8);
	assert_int_equal(f->nist.minutiae[0]->form, NIST_FORM_EXTENDED);
	assert_int_equal(f->nist.minutiae[0]->view.position, 8);
}

/* NIST wrote one print's minutiae in three forms: they must become the same view. */
static void reads_one_real_print_in_three_forms_alike(void **state)
{
	static const char *const names[] = { "type-9-14-m1.an2", "type-9-14-std.an2",
					     "type-9-4-iafis.an2" };
	struct fixture *f = *state;
	struct fmr view[3];

	for (size_t i = 0; i < 3; i++) {
		if (!load(f, "nist-references", names[i])) {
			print_message("skipped: no ../shared/data/ansi-nist/nist-references\n");
			skip();
		}
		assert_int_equal(read_back(f), ERR_OK);
		assert_int_equal(f->nist.prints, 1);
		view[i] = f->nist.minutiae[0]->view;
		assert_int_equal(view[i].count, 48);
		assert_int_equal(view[i].position, 8);
	}
	for (size_t i = 1; i < 3; i++) {
		/* The standard form does not know where the image begins. */
		int shift = i == 1 ? view[1].minutia[0].y - view[0].minutia[0].y : 0;

		for (size_t k = 0; k < 48; k++) {
			const struct fmr_minutia *a = &view[0].minutia[k];
			const struct fmr_minutia *b = &view[i].minutia[k];

			assert_in_range(b->x - a->x + 2, 0, 4);
			assert_in_range(b->y - a->y - shift + 2, 0, 4);
			assert_in_range((uint8_t)(b->angle - a->angle + 2), 0, 4);
		}
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads_texts_and_images),
		TEST(refuses_every_beginning_of_a_file),
		TEST(names_the_place_and_the_reason),
		TEST(refuses_lengths_that_lie),
		TEST(holds_only_int_i_to_its_profile),
		TEST(notes_what_does_no_harm),
		TEST(keeps_to_its_limits),
		TEST(says_so_when_memory_is_short),
		TEST(reads_minutiae_of_all_forms_alike),
		TEST(refuses_minutiae_that_lie),
		TEST(knows_sound_control_numbers),
		TEST(answers_the_synthetic_files_as_expected),
		TEST(reads_every_real_file),
		TEST(reads_known_content_of_real_files),
		TEST(reads_one_real_print_in_three_forms_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
