/* The real outpost-worker, over a pair of sockets as outpostd starts it. */
#include "tests/lib/unit.h"

#include <png.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "finger/finger.h"
#include "intake/worker.h"
#include "record/fmr.h"
#include "synth/print.h"
#include "tests/lib/nistfile.h"

#define SEED       417U
#define FRAME_EXIT 65

struct fixture {
	pid_t pid;
	int fd;
	struct buf frame; /* the last answer's */
	struct arena arena;
	struct worker_answer answer;
};

static struct image print; /* a synthetic finger */
static struct buf pgm;
static struct buf png;

static const char *binary(void)
{
	static char path[1024];
	const char *dir = getenv("top_builddir");

	(void)snprintf(path, sizeof path, "%s/outpost-worker", dir != NULL ? dir : ".");
	return path;
}

static pid_t start(const char *option, int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(fd, STDIN_FILENO);
		(void)dup2(fd, STDOUT_FILENO);
		(void)execl(binary(), "outpost-worker", option, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static int end_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int fds[2];

	assert_non_null(f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	f->pid = start(NULL, fds[1]);
	f->fd = fds[0];
	(void)close(fds[1]);
	arena_init(&f->arena, WORKER_ARENA_BYTES);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->fd >= 0) {
		(void)close(f->fd);
		(void)end_of(f->pid);
	}
	buf_done(&f->frame);
	arena_done(&f->arena);
	free(f);
	return 0;
}

static void send_bytes(const struct fixture *f, struct bytes b)
{
	size_t done = 0;

	while (done < b.len) {
		ssize_t n = send(f->fd, b.data + done, b.len - done, MSG_NOSIGNAL);

		assert_true(n > 0);
		done += (size_t)n;
	}
}

/* Read the answer that is on its way. */
static void receive(struct fixture *f)
{
	struct bytes body = { NULL, 0 };
	size_t need = 0;

	buf_clear(&f->frame);
	while (worker_frame(buf_bytes(&f->frame), WORKER_ANSWER_MAX, &body, &need) == ERR_SHORT) {
		uint8_t *p = buf_extend(&f->frame, need - f->frame.len);
		ssize_t n;

		assert_non_null(p);
		n = recv(f->fd, p, need - (size_t)(p - f->frame.data), MSG_WAITALL);
		assert_int_equal(n, need - (size_t)(p - f->frame.data));
	}
	assert_int_equal(need, f->frame.len);
	arena_done(&f->arena);
	assert_int_equal(worker_read_answer(body, &f->arena, &f->answer, NULL), ERR_OK);
}

static void ask(struct fixture *f, const struct worker_request *request)
{
	struct buf out = { 0 };

	assert_int_equal(worker_put_request(request, &out), ERR_OK);
	send_bytes(f, buf_bytes(&out));
	buf_done(&out);
	receive(f);
	assert_int_equal(f->answer.id, request->id);
	assert_int_equal(f->answer.last, 0);
}

static void examine(struct fixture *f, struct bytes bytes, uint64_t ppi)
{
	const struct worker_request request = {
		.id = bytes.len, .op = WORKER_EXAMINE, .position = 7, .ppi = ppi, .bytes = bytes
	};

	ask(f, &request);
}

static const struct worker_sample *sample_at(const struct fixture *f, size_t i)
{
	assert_true(i < f->answer.samples.count);
	return (const struct worker_sample *)f->answer.samples.items + i;
}

/* The sample's template can be used, and shows the finger that it came from. */
static void check_template(const struct worker_sample *s)
{
	struct finger_template *t = NULL;
	struct fmr view;
	size_t n = 0;

	assert_int_equal(s->code, 0);
	assert_int_equal(fmr_read(s->iso, &view, 1, &n, NULL), ERR_OK);
	assert_int_equal(view.width, print.width);
	assert_int_equal(view.height, print.height);
	assert_true(view.count >= 15);
	assert_true(s->score > 20);
	assert_int_equal(finger_template_load(s->iso, s->extended, &t, NULL), ERR_OK);
	finger_template_unref(t);
}

static void the_cell_holds(void **state)
{
	pid_t pid = start("--selftest", STDERR_FILENO);
	int status = end_of(pid);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_finger_gives_a_template_whatever_the_file(void **state)
{
	struct fixture *f = *state;
	const struct worker_request raw = { .id = 1,
					    .op = WORKER_EXAMINE,
					    .position = 7,
					    .ppi = print.ppi,
					    .width = print.width,
					    .height = print.height,
					    .bytes = { print.pixels,
						       (size_t)print.width * print.height } };
	uint8_t iso[WORKER_ISO_MAX];
	size_t len;

	examine(f, buf_bytes(&pgm), print.ppi);
	assert_int_equal(f->answer.code, 0);
	assert_int_equal(f->answer.samples.count, 1);
	assert_int_equal(sample_at(f, 0)->position, 7);
	assert_int_equal(sample_at(f, 0)->format, WORKER_FORMAT_PGM);
	assert_int_equal(sample_at(f, 0)->width, print.width);
	assert_int_equal(sample_at(f, 0)->ppi, 500);
	check_template(sample_at(f, 0));
	len = sample_at(f, 0)->iso.len;
	memcpy(iso, sample_at(f, 0)->iso.data, len);

	examine(f, buf_bytes(&png), print.ppi);
	assert_int_equal(sample_at(f, 0)->format, WORKER_FORMAT_PNG);
	assert_true(bytes_equal(sample_at(f, 0)->iso, (struct bytes){ iso, len }));
	ask(f, &raw);
	assert_int_equal(sample_at(f, 0)->format, WORKER_FORMAT_RAW);
	assert_true(bytes_equal(sample_at(f, 0)->iso, (struct bytes){ iso, len }));
}

static void damage_is_refused_with_a_place_and_does_no_harm(void **state)
{
	static const uint8_t lead[] = { 0x89, 'P', 'N', 'G', 0x0d, 0x0a };
	struct fixture *f = *state;
	const size_t cuts[] = { 1, 20, 40, png.len / 2, png.len - 1 };
	uint8_t *copy = malloc(png.len);

	assert_non_null(copy);
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		examine(f, (struct bytes){ png.data, cuts[i] }, 500);
		assert_int_not_equal(f->answer.code, 0);
		assert_true(f->answer.place.len > 0);
		assert_true(f->answer.at <= cuts[i]);
		assert_int_equal(sample_at(f, 0)->iso.len, 0);
	}
	memcpy(copy, png.data, png.len);
	copy[png.len / 2] ^= 0xff;
	examine(f, (struct bytes){ copy, png.len }, 500);
	assert_int_not_equal(f->answer.code, 0);
	examine(f, (struct bytes){ lead, sizeof lead }, 500);
	assert_int_not_equal(f->answer.code, 0);
	examine(f, (struct bytes){ NULL, 0 }, 500);
	assert_int_not_equal(f->answer.code, 0);
	free(copy);
	examine(f, buf_bytes(&png), 500);
	check_template(sample_at(f, 0));
}

static void an_image_without_a_finger_says_so(void **state)
{
	struct fixture *f = *state;
	uint8_t *grey = malloc((size_t)300 * 400);
	const struct worker_request request = { .id = 9,
						.op = WORKER_EXAMINE,
						.ppi = 500,
						.width = 300,
						.height = 400,
						.bytes = { grey, (size_t)300 * 400 } };

	assert_non_null(grey);
	memset(grey, 200, (size_t)300 * 400);
	ask(f, &request);
	assert_int_equal(f->answer.code, -ERR_RANGE);
	assert_true(bytes_is(f->answer.place, "fingerprint"));
	assert_int_not_equal(sample_at(f, 0)->faults, 0);
	assert_int_equal(sample_at(f, 0)->iso.len, 0);
	free(grey);
}

static void each_view_of_a_record_becomes_a_sample(void **state)
{
	struct fixture *f = *state;
	struct fmr *views = calloc(2, sizeof *views);
	struct buf record = { 0 };
	struct worker_request request = { .id = 3, .op = WORKER_TEMPLATE };
	size_t n = 0;

	assert_non_null(views);
	for (size_t i = 0; i < 2; i++) {
		views[i] = (struct fmr){ .width = 300,
					 .height = 400,
					 .ppcm_x = 197,
					 .ppcm_y = 197,
					 .position = (uint8_t)(2 + i),
					 .quality = 80,
					 .count = 1,
					 .minutia = { { .x = 5, .y = 6, .type = 1 } } };
	}
	assert_int_equal(fmr_write(views, 2, FMR_ISO_2005, &record), ERR_OK);
	request.bytes = buf_bytes(&record);
	ask(f, &request);
	assert_int_equal(f->answer.code, 0);
	assert_int_equal(f->answer.samples.count, 2);
	for (size_t i = 0; i < 2; i++) {
		struct fmr view;
		const struct worker_sample *s = sample_at(f, i);

		assert_int_equal(s->position, 2 + i);
		assert_int_equal(s->format, WORKER_FORMAT_MINUTIAE);
		assert_int_equal(s->score, 80);
		assert_int_equal(s->ppi, 500);
		assert_int_equal(fmr_read(s->iso, &view, 1, &n, NULL), ERR_OK);
		assert_memory_equal(&view, &views[i], sizeof view);
	}
	request.bytes.len--;
	ask(f, &request);
	assert_int_equal(f->answer.code, -ERR_SHORT);
	assert_true(bytes_is(f->answer.place, "record length"));
	assert_int_equal(f->answer.at, 8);
	assert_int_equal(f->answer.samples.count, 0);
	buf_done(&record);
	free(views);
}

static void make_nist_file(struct buf *out)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xd9 };
	const struct bytes pixels = { print.pixels, (size_t)print.width * print.height };
	char fields[512];

	nistfile_record(out, 1, "^1.002:0500^1.003:1|5~2|00~14|01~14|02~10|03~9|04^1.004:CAR",
			(struct bytes){ NULL, 0 });
	nistfile_record(out, 2, "^2.002:00^2.030:CANARY, ANNA^2.041:one\r\ntwo^2.064:1|true",
			(struct bytes){ NULL, 0 });
	for (unsigned i = 1; i <= 2; i++) { /* a plain right thumb, then a slap */
		(void)snprintf(fields, sizeof fields,
			       "^14.002:%02u^14.003:0^14.006:%u^14.007:%u^14.008:1^14.009:500"
			       "^14.010:500^14.011:NONE^14.012:8^14.013:%u",
			       i, print.width, print.height, i == 1 ? 11 : 13);
		nistfile_record(out, 14, fields, pixels);
	}
	nistfile_record(out, 10, "^10.002:03^10.003:FACE^10.011:JPEGB",
			(struct bytes){ jpeg, sizeof jpeg });
	nistfile_record(out, 9, "^9.002:04^9.003:1^9.006:03^9.010:1^9.012:1|10001000090|2|A",
			(struct bytes){ NULL, 0 });
}

static void a_transaction_file_gives_texts_and_samples(void **state)
{
	struct fixture *f = *state;
	struct buf file = { 0 };
	struct worker_request request = { .id = 4, .op = WORKER_NIST };
	const struct worker_item *items;
	const struct worker_sample *s;

	make_nist_file(&file);
	request.bytes = buf_bytes(&file);
	ask(f, &request);
	assert_int_equal(f->answer.code, 0);
	assert_int_equal(f->answer.items.count, 6);
	items = f->answer.items.items;
	assert_true(bytes_is(items[0].tag, "1.002"));
	assert_true(bytes_is(items[2].tag, "2.030"));
	assert_true(bytes_is(items[2].value, "CANARY, ANNA"));
	assert_true(bytes_is(items[3].value, "one\ntwo"));
	assert_true(bytes_is(items[5].tag, "2.064.1.2"));
	assert_int_equal(f->answer.samples.count, 4);
	s = sample_at(f, 0);
	assert_int_equal(s->type, 14);
	assert_int_equal(s->position, 11);
	assert_int_equal(s->size, (size_t)print.width * print.height);
	assert_memory_equal(file.data + s->at, print.pixels, s->size);
	check_template(s);
	s = sample_at(f, 1);
	assert_int_equal(s->code, -ERR_UNSUPPORTED);
	assert_true(bytes_is(s->place, "image of several fingers"));
	s = sample_at(f, 2);
	assert_int_equal(s->type, 10);
	assert_int_equal(s->code, 0);
	assert_int_equal(s->format, WORKER_FORMAT_JPEG);
	assert_int_equal(s->size, 4);
	s = sample_at(f, 3);
	assert_int_equal(s->type, 9);
	assert_int_equal(s->position, 3);
	assert_true(s->iso.len > 0);

	request.bytes.len -= 1;
	ask(f, &request);
	assert_int_equal(f->answer.code, -ERR_SHORT);
	assert_true(bytes_is(f->answer.place, "record length"));
	assert_int_equal(f->answer.samples.count, 0);
	assert_int_equal(f->answer.items.count, 0);
	buf_done(&file);
}

static void nothing_stays_from_one_request_to_the_next(void **state)
{
	struct fixture *f = *state;
	struct buf first = { 0 };

	examine(f, buf_bytes(&pgm), 500);
	buf_put(&first, f->frame.data, f->frame.len);
	damage_is_refused_with_a_place_and_does_no_harm(state);
	examine(f, buf_bytes(&pgm), 500);
	assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&f->frame)));
	buf_done(&first);
}

static void ends_well_when_its_input_ends(void **state)
{
	struct fixture *f = *state;
	const struct worker_request ping = { .id = 77, .op = WORKER_PING };
	int status;

	ask(f, &ping);
	assert_int_equal(f->answer.code, 0);
	(void)close(f->fd);
	f->fd = -1;
	status = end_of(f->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void ends_when_its_input_is_no_frame(void **state)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff };
	struct fixture *f = *state;
	int status;

	send_bytes(f, (struct bytes){ huge, sizeof huge });
	status = end_of(f->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FRAME_EXIT);
	(void)close(f->fd);
	f->fd = -1;
}

static void a_body_that_is_no_request_gets_an_answer(void **state)
{
	static const uint8_t frame[] = { 0, 0, 0, 2, 0xa1, 0x01 };
	struct fixture *f = *state;
	const struct worker_request ping = { .id = 78, .op = WORKER_PING };

	send_bytes(f, (struct bytes){ frame, sizeof frame });
	receive(f);
	assert_int_equal(f->answer.id, 0);
	assert_int_not_equal(f->answer.code, 0);
	ask(f, &ping);
}

static bool load(struct buf *out, const char *path)
{
	const char *srcdir = getenv("srcdir");
	char name[1024];
	uint8_t chunk[4096];
	size_t n;
	FILE *in;

	(void)snprintf(name, sizeof name, "%s/../shared/data/ansi-nist/%s",
		       srcdir != NULL ? srcdir : ".", path);
	in = fopen(name, "rb");
	if (in == NULL) {
		print_message("skipped: no %s\n", name);
		return false;
	}
	buf_clear(out);
	while ((n = fread(chunk, 1, sizeof chunk, in)) > 0) {
		buf_put(out, chunk, n);
	}
	(void)fclose(in);
	return true;
}

static void a_real_card_gives_ten_templates(void **state)
{
	struct fixture *f = *state;
	struct buf file = { 0 };
	struct worker_request request = { .id = 5, .op = WORKER_NIST };
	unsigned templates = 0;

	if (!load(&file, "nist-references/type-4-tpcard.an2")) {
		skip();
	}
	request.bytes = buf_bytes(&file);
	ask(f, &request);
	assert_int_equal(f->answer.code, 0);
	assert_int_equal(f->answer.samples.count, 14);
	for (size_t i = 0; i < 14; i++) {
		const struct worker_sample *s = sample_at(f, i);

		assert_int_equal(s->format, WORKER_FORMAT_WSQ);
		templates += s->iso.len > 0 && s->position <= 10;
	}
	assert_int_equal(templates, 10);
	/* Malformed files are refused by the same process, which goes on. */
	assert_true(load(&file, "synth/bad-t1-len-huge.an2"));
	request.bytes = buf_bytes(&file);
	ask(f, &request);
	assert_int_equal(f->answer.code, -ERR_LIMIT);
	buf_done(&file);
}

static int make_prints(void **state)
{
	struct synth_params params;
	struct synth_master *master = NULL;
	png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY };
	png_alloc_size_t size = 0;
	char head[64];

	(void)state;
	synth_params_init(&params, 0);
	if (synth_master_new(SEED, &master) != ERR_OK ||
	    synth_impression(master, 1, &params, &print) != ERR_OK) {
		return -1;
	}
	synth_master_free(master);
	(void)snprintf(head, sizeof head, "P5\n%u %u\n255\n", print.width, print.height);
	buf_put(&pgm, head, strlen(head));
	buf_put(&pgm, print.pixels, (size_t)print.width * print.height);
	image.width = print.width;
	image.height = print.height;
	if (png_image_write_get_memory_size(image, size, 0, print.pixels, 0, NULL) == 0 ||
	    buf_extend(&png, size) == NULL ||
	    png_image_write_to_memory(&image, png.data, &size, 0, print.pixels, 0, NULL) == 0) {
		return -1;
	}
	png.len = size;
	return 0;
}

static int free_prints(void **state)
{
	(void)state;
	image_done(&print);
	buf_done(&pgm);
	buf_done(&png);
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cell_holds),
		TEST(a_finger_gives_a_template_whatever_the_file),
		TEST(damage_is_refused_with_a_place_and_does_no_harm),
		TEST(an_image_without_a_finger_says_so),
		TEST(each_view_of_a_record_becomes_a_sample),
		TEST(a_transaction_file_gives_texts_and_samples),
		TEST(nothing_stays_from_one_request_to_the_next),
		TEST(ends_well_when_its_input_ends),
		TEST(ends_when_its_input_is_no_frame),
		TEST(a_body_that_is_no_request_gets_an_answer),
		TEST(a_real_card_gives_ten_templates),
	};

	return cmocka_run_group_tests(tests, make_prints, free_prints);
}
