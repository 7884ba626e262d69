#include "finger/skeleton.h"

#include <string.h>

#include "base/err.h"

#define ISLAND_MIN 24 /* pixels: smaller is dirt */
#define HOLE_MIN   16 /* pixels: smaller is a pore */
#define VOTES      2  /* rounds of smoothing */

void skeleton_ring(const struct skeleton *s, ptrdiff_t ring[8])
{
	const ptrdiff_t r[8] = { 1,  s->stride + 1,  s->stride,  s->stride - 1,
				 -1, -s->stride - 1, -s->stride, -s->stride + 1 };

	memcpy(ring, r, sizeof(r));
}

unsigned skeleton_around(const uint8_t *at, const ptrdiff_t ring[8])
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 8; i++) {
		bits |= (unsigned)at[ring[i]] << i;
	}
	return bits;
}

unsigned skeleton_crossing(unsigned around)
{
	unsigned turned = ((around << 1) | (around >> 7)) & 0xff;

	return (unsigned)__builtin_popcount(around & ~turned);
}

static int skeleton_init(struct skeleton *s, int width, int height, struct arena *arena)
{
	size_t stride = (size_t)width + 2;
	uint8_t *all = arena_take(arena, stride * ((size_t)height + 2), 1);

	if (all == NULL) {
		return ERR_NOMEM;
	}
	s->width = width;
	s->height = height;
	s->stride = (ptrdiff_t)stride;
	s->at = all + stride + 1;
	return ERR_OK;
}

/* A pixel becomes what most of the 3 x 3 around it are. */
static void smooth(struct skeleton *s, struct skeleton *copy)
{
	size_t all = (size_t)s->stride * ((size_t)s->height + 2);

	memcpy(copy->at - copy->stride - 1, s->at - s->stride - 1, all);
	for (int y = 0; y < s->height; y++) {
		const uint8_t *m = copy->at + y * s->stride;
		const uint8_t *u = m - s->stride;
		const uint8_t *d = m + s->stride;
		uint8_t *to = s->at + y * s->stride;

		for (int x = 0; x < s->width; x++) {
			int n = u[x - 1] + u[x] + u[x + 1] + m[x - 1] + m[x] + m[x + 1] + d[x - 1] +
				d[x] + d[x + 1];

			to[x] = n > 4;
		}
	}
}

enum { FREE = 0, FRAME = 1, LARGE = 2, LISTED = 3 };

/* The part of pixels of one value that holds pixel `start`, listed in queue, as far as it is
 * worth while: returns how many they are, or least when there are that many or more. */
static int part(const uint8_t *all, int start, const ptrdiff_t ring[8], int step, int least,
		uint8_t *seen, int *queue)
{
	uint8_t value = all[start];
	int head = 0;
	int tail = 0;
	int size = 0;

	seen[start] = LISTED;
	queue[tail++] = start;
	while (head < tail && size < least) {
		int at = queue[head++];

		for (int k = 0; k < 8; k += step) {
			int to = at + (int)ring[k];

			if (all[to] != value || seen[to] == FRAME || seen[to] == LISTED) {
				continue;
			}
			if (seen[to] == LARGE) {
				size = least;
				break;
			}
			seen[to] = LISTED;
			queue[tail++] = to;
		}
		size = tail > size ? tail : size;
	}
	/* What belongs to a large part need not be followed a second time. */
	for (int i = 0; size >= least && i < tail; i++) {
		seen[queue[i]] = LARGE;
	}
	return size < least ? size : least;
}

/* Turn over every part of the given value that has fewer than least pixels.  Ridges hold
 * together over corners too, holes do not.  No part leaves through the frame. */
static void drop_small(struct skeleton *s, uint8_t value, int least, uint8_t *seen, int *queue)
{
	uint8_t *all = s->at - s->stride - 1;
	int stride = (int)s->stride;
	int step = value ? 1 : 2;
	ptrdiff_t ring[8];

	skeleton_ring(s, ring);
	memset(seen, FRAME, (size_t)stride * ((size_t)s->height + 2));
	for (int y = 1; y <= s->height; y++) {
		memset(seen + (ptrdiff_t)y * stride + 1, FREE, (size_t)s->width);
	}
	for (int i = stride; i < stride * (s->height + 1); i++) {
		int size;

		if (all[i] != value || seen[i] != FREE) {
			continue;
		}
		/* Most pixels follow one of a large part. */
		if ((all[i - 1] == value && seen[i - 1] == LARGE) ||
		    (all[i - stride] == value && seen[i - stride] == LARGE)) {
			seen[i] = LARGE;
			continue;
		}
		size = part(all, i, ring, step, least, seen, queue);
		for (int k = 0; size < least && k < size; k++) {
			all[queue[k]] = !value;
		}
	}
}

/* May a pixel with these neighbours go in this half step?  Zhang and Suen's conditions; the
 * ring starts at the right and runs clockwise: E SE S SW W NW N NE. */
static int may_go(unsigned around, int half)
{
	int count = __builtin_popcount(around);
	unsigned e = around & 1;
	unsigned s = around >> 2 & 1;
	unsigned w = around >> 4 & 1;
	unsigned n = around >> 6 & 1;

	if (count < 2 || count > 6 || skeleton_crossing(around) != 1) {
		return 0;
	}
	return half == 0 ? !(n & e & s) && !(e & s & w) : !(n & e & w) && !(n & s & w);
}

/* Into how many pieces the neighbours would fall without the pixel between them: two that
 * touch over a corner hold together. */
static unsigned runs(unsigned around)
{
	unsigned joined = around;

	for (unsigned k = 0; k < 8; k += 2) {
		if ((around >> k & 1) && (around >> (k + 2) % 8 & 1)) {
			joined |= 1U << (k + 1);
		}
	}
	return skeleton_crossing(joined);
}

/* Drop the pixels of the list that may go by this table, all at once; returns how many stay. */
static int thin_half(uint8_t *all, int *list, int n, int *gone, const ptrdiff_t ring[8],
		     const uint8_t table[256])
{
	int kept = 0;
	int dropped = 0;

	for (int i = 0; i < n; i++) {
		if (table[skeleton_around(all + list[i], ring)]) {
			gone[dropped++] = list[i];
		} else {
			list[kept++] = list[i];
		}
	}
	for (int i = 0; i < dropped; i++) {
		all[gone[i]] = 0;
	}
	return kept;
}

/* Thin in two half steps until nothing changes.  list holds the pixels still set. */
static void thin(struct skeleton *s, int *list, int n, int *gone)
{
	uint8_t *all = s->at - s->stride - 1;
	uint8_t table[2][256];
	ptrdiff_t ring[8];
	int changed = 1;

	skeleton_ring(s, ring);
	for (unsigned i = 0; i < 512; i++) {
		table[i / 256][i % 256] = (uint8_t)may_go(i % 256, (int)(i / 256));
	}
	/* Each round takes at least one pixel or is the last. */
	while (changed) {
		changed = 0;
		for (int half = 0; half < 2; half++) {
			int kept = thin_half(all, list, n, gone, ring, table[half]);

			changed |= kept < n;
			n = kept;
		}
	}
	/* What is left of corners two pixels thick: take every pixel that is no end and that
	 * nothing needs for its connection (runs of neighbours, counted over corners). */
	for (int i = 0; i < n; i++) {
		unsigned around = skeleton_around(all + list[i], ring);

		if (__builtin_popcount(around) > 1 && runs(around) == 1) {
			all[list[i]] = 0;
		}
	}
}

int skeleton_make(const struct plane *response, struct skeleton *s, struct arena *arena)
{
	struct skeleton copy;
	size_t all;
	int *list;
	int *queue;
	int n = 0;

	if (skeleton_init(s, response->width, response->height, arena) != ERR_OK ||
	    skeleton_init(&copy, response->width, response->height, arena) != ERR_OK) {
		return ERR_NOMEM;
	}
	all = (size_t)s->stride * ((size_t)s->height + 2);
	list = arena_take(arena, all, sizeof(*list));
	queue = arena_take(arena, all, sizeof(*queue));
	if (list == NULL || queue == NULL) {
		return ERR_NOMEM;
	}
	for (int y = 0; y < s->height; y++) {
		const int16_t *from = response->at + y * response->stride;
		uint8_t *to = s->at + y * s->stride;

		for (int x = 0; x < s->width; x++) {
			to[x] = from[x] > 0;
		}
	}
	for (int i = 0; i < VOTES; i++) {
		smooth(s, &copy);
	}
	drop_small(s, 1, ISLAND_MIN, copy.at - copy.stride - 1, list);
	drop_small(s, 0, HOLE_MIN, copy.at - copy.stride - 1, list);
	for (int i = 0; i < (int)all; i++) {
		if (s->at[i - s->stride - 1]) {
			list[n++] = i;
		}
	}
	thin(s, list, n, queue);
	return ERR_OK;
}
