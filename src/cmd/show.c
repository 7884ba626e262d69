#include "cmd/show.h"

#include <stdlib.h>
#include <string.h>

#include "finger/angle.h"
#include "finger/compare.h"
#include "finger/extended.h"

#define PPCM      196.85F /* 500 ppi */
#define NEAR      8.0F    /* pixels: two channels' views of one minutia */
#define NEAR_TURN 32      /* of 256 */

/* A record at its own resolution becomes places at 500 ppi. */
static float scale_of(uint16_t ppcm)
{
	float s = PPCM / (float)ppcm;

	/* 197 is how records write 500 ppi. */
	return s > 0.995F && s < 1.005F ? 1.0F : s;
}

static void take_view(const struct fmr *view, struct show_print *p)
{
	struct show_minutiae *m = &p->channel[SHOW_B];
	float sx = scale_of(view->ppcm_x);
	float sy = scale_of(view->ppcm_y);

	if (p->sight.width == 0) {
		p->width = (float)view->width * sx;
		p->height = (float)view->height * sy;
	}
	m->count = view->count;
	for (unsigned i = 0; i < view->count; i++) {
		const struct fmr_minutia *from = &view->minutia[i];

		m->at[i] = (struct show_minutia){ .x = (float)from->x * sx,
						  .y = (float)from->y * sy,
						  .angle = (uint8_t)(256 - from->angle),
						  .type = from->type,
						  .quality = from->quality };
	}
}

static uint8_t clockwise(uint8_t angle)
{
	return (uint8_t)(256 - angle);
}

/* Cores and deltas; a delta whose angles are not stated is drawn upright. */
static void take_points(const struct fmr *view, struct show_print *p)
{
	static const uint8_t upright[FMR_DELTA_ANGLES] = { 64, 149, 235 };
	float sx = scale_of(view->ppcm_x);
	float sy = scale_of(view->ppcm_y);

	p->points = 0;
	for (unsigned i = 0; i < view->points.cores; i++) {
		const struct fmr_point *from = &view->points.core[i];
		struct show_point *to = &p->point[p->points++];

		*to = (struct show_point){ .x = (float)from->x * sx,
					   .y = (float)from->y * sy,
					   .arms = from->angles > 0,
					   .angle = { clockwise(from->angle[0]) } };
	}
	for (unsigned i = 0; i < view->points.deltas; i++) {
		const struct fmr_point *from = &view->points.delta[i];
		const uint8_t *angle = from->angles > 0 ? from->angle : upright;
		struct show_point *to = &p->point[p->points++];

		*to = (struct show_point){ .x = (float)from->x * sx,
					   .y = (float)from->y * sy,
					   .arms = FMR_DELTA_ANGLES };
		for (unsigned k = 0; k < FMR_DELTA_ANGLES; k++) {
			to->angle[k] = clockwise(angle[k]);
		}
	}
}

static void take_second(const struct minutiae *second, struct show_minutiae *m)
{
	m->count = (unsigned)second->count;
	for (unsigned i = 0; i < m->count; i++) {
		const struct minutia *from = &second->at[i];

		m->at[i] = (struct show_minutia){ .x = (float)from->x,
						  .y = (float)from->y,
						  .angle = from->angle,
						  .type = from->type,
						  .quality = from->quality };
	}
}

int show_load(struct show_print *p, struct fault *fault)
{
	struct fmr *view;
	struct extended *x;
	size_t views = 0;
	int rv = ERR_NOMEM;

	p->width = (float)p->sight.width;
	p->height = (float)p->sight.height;
	if (p->iso.len == 0) {
		return ERR_OK;
	}
	view = calloc(1, sizeof *view);
	x = calloc(1, sizeof *x);
	if (view != NULL && x != NULL) {
		rv = fmr_read(p->iso, view, 1, &views, fault);
	}
	if (rv == ERR_OK) {
		take_view(view, p);
		take_points(view, p);
	}
	if (rv == ERR_OK && p->extended.len > 0) {
		rv = extended_read(p->extended, p->iso, x, fault);
		if (rv == ERR_OK) {
			take_second(&x->second, &p->channel[SHOW_A]);
		}
	}
	if (view != NULL) {
		explicit_bzero(view, sizeof *view);
	}
	if (x != NULL) {
		explicit_bzero(x, sizeof *x);
	}
	free(view);
	free(x);
	return rv;
}

static void take_mates(const struct compare_mates *from, struct show_mates *to)
{
	to->posed = from->posed;
	to->turn_deg = (float)angle_signed(from->pose.turn) * 360.0F / 256.0F;
	to->shift_x = from->pose.x;
	to->shift_y = from->pose.y;
	to->count = from->count;
	for (unsigned i = 0; i < from->count; i++) {
		const struct compare_mate *m = &from->at[i];

		to->at[i] = (struct show_mate){ .ax = (float)m->ax,
						.ay = (float)m->ay,
						.bx = (float)m->bx,
						.by = (float)m->by,
						.fit = m->fit };
	}
}

int show_compare(const struct show_print *a, const struct show_print *b, struct show_pair *out)
{
	struct compare_mates mates[TEMPLATE_SETS];
	struct finger_template *s = NULL;
	struct finger_template *t = NULL;
	int rv;

	memset(out, 0, sizeof *out);
	if (a->iso.len == 0 || b->iso.len == 0) {
		return ERR_OK;
	}
	rv = finger_template_load(a->iso, a->extended, &s, NULL);
	if (rv == ERR_OK) {
		rv = finger_template_load(b->iso, b->extended, &t, NULL);
	}
	if (rv == ERR_OK) {
		out->score = compare_mates(s, t, mates);
		take_mates(&mates[0], &out->mates[SHOW_B]);
		take_mates(&mates[1], &out->mates[SHOW_A]);
		out->compared = true;
		explicit_bzero(mates, sizeof mates);
	}
	finger_template_unref(s);
	finger_template_unref(t);
	return rv;
}

const char *show_word(int score)
{
	static const struct {
		int least;
		const char *word;
	} words[] = {
		{ 600, "extremely strong support for one finger" },
		{ 400, "very strong support for one finger" },
		{ 200, "strong support for one finger" },
		{ 100, "some support for one finger" },
		{ -99, "says little either way" },
		{ -199, "some support for different fingers" },
		{ -399, "strong support for different fingers" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (score >= words[i].least) {
			return words[i].word;
		}
	}
	return "very strong support for different fingers";
}

unsigned show_in_both(const struct show_print *p)
{
	const struct show_minutiae *a = &p->channel[SHOW_A];
	const struct show_minutiae *b = &p->channel[SHOW_B];
	unsigned n = 0;

	for (unsigned i = 0; i < b->count; i++) {
		bool found = false;

		for (unsigned j = 0; j < a->count && !found; j++) {
			float dx = a->at[j].x - b->at[i].x;
			float dy = a->at[j].y - b->at[i].y;

			found = dx * dx + dy * dy < NEAR * NEAR &&
				angle_apart(a->at[j].angle, b->at[i].angle) < NEAR_TURN;
		}
		n += found;
	}
	return n;
}
