/* Stands in for outpost-worker: does what the foreign bytes of the request tell it to. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "intake/worker.h"

static void say(const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, p, len);

		if (n <= 0) {
			_exit(1);
		}
		p += n;
		len -= (size_t)n;
	}
}

static void answer(uint64_t id, uint64_t last)
{
	struct worker_answer a = { .id = id, .last = last, .place = bytes_of("fake") };
	struct buf out;

	buf_init(&out, 0);
	if (worker_put_answer(&a, &out) != ERR_OK) {
		_exit(1);
	}
	say(out.data, out.len);
	buf_done(&out);
}

static void misbehave(const struct worker_request *r)
{
	if (bytes_is(r->bytes, "crash")) {
		abort();
	} else if (bytes_is(r->bytes, "exit")) {
		_exit(7);
	} else if (bytes_is(r->bytes, "hang")) {
		(void)sleep(100);
	} else if (bytes_is(r->bytes, "garbage")) {
		say("\0\0\0\4abcd", 8);
	} else if (bytes_is(r->bytes, "oversize")) {
		say("\xff\xff\xff\xff", 4);
	} else if (bytes_is(r->bytes, "half")) {
		say("\0\0\0\4ab", 6);
		(void)sleep(100);
	} else if (bytes_is(r->bytes, "other")) {
		answer(r->id + 1, 0);
	} else if (bytes_is(r->bytes, "twice")) {
		struct worker_answer a = { .id = r->id };
		struct buf out;

		buf_init(&out, 0);
		(void)worker_put_answer(&a, &out);
		(void)worker_put_answer(&a, &out);
		say(out.data, out.len);
		buf_done(&out);
	} else if (bytes_is(r->bytes, "close")) {
		(void)close(STDOUT_FILENO);
		(void)sleep(100);
	} else if (bytes_is(r->bytes, "last")) {
		answer(r->id, 1);
		_exit(0);
	} else if (bytes_is(r->bytes, "last and stay")) {
		answer(r->id, 1);
		(void)sleep(100);
	} else {
		answer(r->id, 0);
	}
}

static size_t hear(uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(STDIN_FILENO, data + done, len - done);

		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	return done;
}

int main(void)
{
	uint8_t head[WORKER_LENGTH_BYTES];

	while (hear(head, sizeof head) == sizeof head) {
		size_t len = ((size_t)head[0] << 24) | ((size_t)head[1] << 16) |
			     ((size_t)head[2] << 8) | head[3];
		uint8_t *body = malloc(len + 1);
		struct worker_request r;
		struct arena arena;

		arena_init(&arena, 0);
		if (body == NULL || hear(body, len) != len ||
		    worker_read_request((struct bytes){ body, len }, &arena, &r, NULL) != ERR_OK) {
			return 3;
		}
		misbehave(&r);
		arena_done(&arena);
		free(body);
	}
	return 0;
}
