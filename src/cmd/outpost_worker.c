/* outpost-worker: the only process that touches foreign bytes (docs/PROTOCOL-WORKER.md).
 *
 * Locks itself up first, then answers one request after the other until its input ends. */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/examine.h"
#include "cmd/sandbox.h"
#include "intake/worker.h"

#define EXIT_USAGE   2
#define EXIT_FRAME   65 /* the input is no frame */
#define EXIT_FAILED  70
#define EXIT_SANDBOX 71
#define WIPE_BYTE    0x5a

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
/* The leak check forks, which the cell forbids. */
/* NOLINTBEGIN: the name is the sanitizer's */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
/* NOLINTEND */
{
	return "detect_leaks=0";
}
#endif

/* 1: all read, 0: the input ended before the first byte, -1: it failed or ended within. */
static int read_all(uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(STDIN_FILENO, data + done, len - done);

		if (n == 0 && done == 0) {
			return 0;
		}
		if (n == 0 || (n < 0 && errno != EINTR)) {
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return 1;
}

static bool write_all(struct bytes b)
{
	size_t done = 0;

	while (done < b.len) {
		ssize_t n = write(STDOUT_FILENO, b.data + done, b.len - done);

		if (n < 0 && errno != EINTR) {
			return false;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Has this process worked long enough to be replaced by a fresh one? */
static bool is_old(void)
{
	struct timespec t = { 0 };

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 &&
	       t.tv_sec >= (time_t)SANDBOX_CPU_REST_S;
}

static void examine_body(struct bytes body, struct arena *arena, struct worker_answer *answer)
{
	struct worker_request request;
	struct fault fault = { 0 };
	int rv = worker_read_request(body, arena, &request, &fault);

	if (rv == ERR_OK) {
		examine_request(&request, arena, answer);
	} else {
		*answer =
		    (struct worker_answer){ .code = (uint64_t)-rv, .place = bytes_of(fault.what) };
	}
}

/* One body in, one frame out; *last says that it was the last one. */
static bool answer_body(struct bytes body, bool *last)
{
	struct worker_answer answer;
	struct arena arena;
	struct buf out = { 0 };
	bool written = false;
	int rv;

	arena_init(&arena, EXAMINE_ARENA_BYTES);
	examine_body(body, &arena, &answer);
	*last = is_old();
	answer.last = *last;
	rv = worker_put_answer(&answer, &out);
	if (rv != ERR_OK) {
		answer = (struct worker_answer){ .id = answer.id,
						 .code = (uint64_t)-rv,
						 .last = answer.last,
						 .place = bytes_of("answer") };
		rv = worker_put_answer(&answer, &out);
	}
	if (rv == ERR_OK) {
		written = write_all(buf_bytes(&out));
	}
	if (out.data != NULL) {
		explicit_bzero(out.data, out.room);
	}
	buf_done(&out);
	arena_done(&arena);
	return written;
}

static int answer_all(void)
{
	bool last = false;

	while (!last) {
		uint8_t head[WORKER_LENGTH_BYTES];
		struct bytes body;
		size_t need = 0;
		uint8_t *frame;
		bool answered = false;
		int got = read_all(head, sizeof head);

		if (got <= 0) {
			return got == 0 ? EXIT_SUCCESS : EXIT_FRAME;
		}
		if (worker_frame((struct bytes){ head, sizeof head }, WORKER_REQUEST_MAX, &body,
				 &need) == ERR_LIMIT) {
			return EXIT_FRAME;
		}
		need -= sizeof head;
		frame = malloc(need + 1);
		if (frame == NULL) {
			return EXIT_FAILED;
		}
		got = need > 0 ? read_all(frame, need) : 1;
		if (got == 1) {
			answered = answer_body((struct bytes){ frame, need }, &last);
		}
		explicit_bzero(frame, need);
		free(frame);
		if (!answered) {
			return got == 1 ? EXIT_FAILED : EXIT_FRAME;
		}
	}
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "--selftest") == 0) {
		return sandbox_selftest() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (argc != 1) {
		(void)fprintf(stderr, "usage: outpost-worker [--selftest]\n"
				      "It is started by outpostd and speaks on its standard input "
				      "and output.\n");
		return EXIT_USAGE;
	}
	/* Whatever the decoders and the extraction free is overwritten: nothing of one request
	 * lies about for the next. */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	(void)mallopt(M_PERTURB, WIPE_BYTE);
	if (sandbox_enter() != ERR_OK) {
		return EXIT_SANDBOX;
	}
	/* Handlers at exit may want what the cell forbids. */
	_exit(answer_all());
}
