#include "finger/sight.h"

int sight_pack_grey(const struct plane *grey, struct arena *arena, struct bytes *out)
{
	size_t n = (size_t)grey->width * (size_t)grey->height;
	uint8_t *p = arena_take(arena, n, 1);

	if (p == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct bytes){ p, n };
	for (int y = 0; y < grey->height; y++) {
		for (int x = 0; x < grey->width; x++) {
			int v = grey->at[y * grey->stride + x];

			*p++ = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	}
	return ERR_OK;
}

int sight_pack_ridges(const struct skeleton *s, struct arena *arena, struct bytes *out)
{
	size_t row = ((size_t)s->width + 7) / 8;
	uint8_t *p = arena_take(arena, row * (size_t)s->height, 1);

	if (p == NULL) {
		return ERR_NOMEM;
	}
	*out = (struct bytes){ p, row * (size_t)s->height };
	for (int y = 0; y < s->height; y++, p += row) {
		for (int x = 0; x < s->width; x++) {
			if (s->at[y * s->stride + x] != 0) {
				p[x / 8] |= (uint8_t)(0x80 >> x % 8);
			}
		}
	}
	return ERR_OK;
}
