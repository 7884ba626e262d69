/* From an image to a template, step by step. */
#include <string.h>

#include "finger/angle.h"
#include "finger/extended.h"
#include "finger/field.h"
#include "finger/filter.h"
#include "finger/finger.h"
#include "finger/minutiae.h"
#include "finger/period.h"
#include "finger/plane.h"
#include "finger/quality.h"
#include "finger/segment.h"
#include "finger/sight.h"
#include "finger/singular.h"
#include "finger/skeleton.h"
#include "record/fmr.h"

#define AREA_LEAST  60   /* blocks of 8 x 8 pixels: less is no print */
#define COUNT_LEAST 4    /* minutiae in each channel */
#define FINE        1.1f /* smoothing of the flow, in blocks */
#define ENHANCED    1.5f
#define COARSE      0.25f
#define PPCM        197 /* 500 ppi */

struct extraction {
	struct arena arena;
	struct plane grey;
	struct plane even;
	struct plane_tone *tone;
	struct field field;  /* from the image */
	struct field better; /* from the image enhanced once */
	struct minutiae line;
	struct minutiae gabor;
	struct skeleton line_ridges; /* empty when there was too little of a print */
	struct skeleton gabor_ridges;
	struct singulars singulars;
};

static int prepare(struct extraction *e, const struct image *image)
{
	int err = plane_scale(image, &e->grey, &e->arena);

	if (err == ERR_OK) {
		err = plane_even(&e->grey, &e->even, &e->tone, &e->arena);
	}
	if (err == ERR_OK) {
		err = field_init(&e->field, e->grey.width, e->grey.height, &e->arena);
	}
	if (err == ERR_OK) {
		err = field_flow(&e->field, &e->even, FINE, COARSE, &e->arena);
	}
	if (err == ERR_OK) {
		err = segment_contrast(&e->field, e->tone, &e->arena);
	}
	if (err == ERR_OK) {
		err = period_estimate(&e->field, &e->even, &e->arena);
	}
	return err;
}

static int find(struct extraction *e, const struct plane *response, const struct field *f,
		struct skeleton *ridges, struct minutiae *out)
{
	int err = skeleton_make(response, ridges, &e->arena);

	return err == ERR_OK ? minutiae_find(ridges, f, out, &e->arena) : err;
}

/* Channel B: filter, read the flow again from the cleaner image, filter once more. */
static int channel_gabor(struct extraction *e)
{
	struct plane once;
	struct plane twice;
	size_t n = (size_t)e->field.columns * (size_t)e->field.rows;
	int err = filter_ridges(FILTER_GABOR, &e->even, &e->field, &once, &e->arena);

	if (err == ERR_OK) {
		err = segment_ridges(&e->field, &e->even, &once, &e->arena);
	}
	if (err == ERR_OK) {
		err = field_init(&e->better, e->grey.width, e->grey.height, &e->arena);
	}
	if (err == ERR_OK) {
		err = field_flow(&e->better, &once, ENHANCED, COARSE, &e->arena);
	}
	if (err != ERR_OK) {
		return err;
	}
	memcpy(e->better.mask, e->field.mask, n);
	memcpy(e->better.period, e->field.period, n);
	/* An enhanced image is coherent everywhere: what the raw one showed counts. */
	memcpy(e->better.coherence, e->field.coherence, n);
	err = filter_ridges(FILTER_GABOR, &e->even, &e->better, &twice, &e->arena);
	return err == ERR_OK ? find(e, &twice, &e->better, &e->gabor_ridges, &e->gabor) : err;
}

static int channel_line(struct extraction *e)
{
	struct plane response;
	int err = filter_ridges(FILTER_LINE, &e->even, &e->field, &response, &e->arena);

	return err == ERR_OK ? find(e, &response, &e->field, &e->line_ridges, &e->line) : err;
}

static uint8_t mean_period(const struct field *f)
{
	int sum = 0;
	int n = 0;

	for (int i = 0; i < f->columns * f->rows; i++) {
		sum += f->mask[i] ? f->period[i] : 0;
		n += f->mask[i];
	}
	return (uint8_t)(n > 0 ? sum / n : 0);
}

static void put_points(const struct singulars *s, const struct fmr *view, struct fmr_points *p)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct singular *from = &s->at[i];
		int core = from->kind == SINGULAR_CORE;
		struct fmr_point *to = core ? &p->core[p->cores++] : &p->delta[p->deltas++];

		/* A point may stand on the corner of the last block, outside the image. */
		to->x = (uint16_t)(from->x < view->width ? from->x : view->width - 1);
		to->y = (uint16_t)(from->y < view->height ? from->y : view->height - 1);
		to->angles = core ? 1 : FMR_DELTA_ANGLES;
		for (unsigned k = 0; k < to->angles; k++) {
			to->angle[k] = (uint8_t)(256 - from->angle - k * 256 / FMR_DELTA_ANGLES);
		}
	}
}

static int write(struct extraction *e, uint8_t position, uint8_t quality, struct buf *iso,
		 struct buf *extended)
{
	struct fmr *view = arena_take(&e->arena, 1, sizeof(*view));
	struct extended *x = arena_take(&e->arena, 1, sizeof(*x));
	size_t start = iso->len;
	int err;

	if (view == NULL || x == NULL) {
		return ERR_NOMEM;
	}
	*view = (struct fmr){ .width = (uint16_t)e->grey.width,
			      .height = (uint16_t)e->grey.height,
			      .ppcm_x = PPCM,
			      .ppcm_y = PPCM,
			      .position = position,
			      .quality = quality,
			      .count = (uint8_t)e->gabor.count };
	for (size_t i = 0; i < e->gabor.count; i++) {
		const struct minutia *m = &e->gabor.at[i];

		/* Our angles run clockwise, since y points down; ISO's run the other way. */
		view->minutia[i] = (struct fmr_minutia){ .x = (uint16_t)m->x,
							 .y = (uint16_t)m->y,
							 .angle = (uint8_t)(256 - m->angle),
							 .type = m->type,
							 .quality = m->quality };
	}
	put_points(&e->singulars, view, &view->points);
	err = fmr_write(view, 1, FMR_ISO_2005, iso);
	if (err != ERR_OK) {
		return err;
	}
	x->period = mean_period(&e->better);
	x->second = e->line;
	extended_from_field(&e->better, &x->flow);
	return extended_write(x, (struct bytes){ iso->data + start, iso->len - start }, extended);
}

/* Into the arena of who asked, since the extraction's own ends with it. */
static int show(const struct extraction *e, struct arena *arena, struct sight *out)
{
	size_t blocks = (size_t)e->field.columns * (size_t)e->field.rows;
	const struct field *flow = e->better.theta != NULL ? &e->better : &e->field;
	struct sight s = { .width = (uint32_t)e->grey.width, .height = (uint32_t)e->grey.height };
	int err = sight_pack_grey(&e->grey, arena, &s.grey);

	if (err == ERR_OK && e->gabor_ridges.at != NULL) {
		err = sight_pack_ridges(&e->gabor_ridges, arena, &s.ridges);
	}
	if (err == ERR_OK && e->line_ridges.at != NULL) {
		err = sight_pack_ridges(&e->line_ridges, arena, &s.ridges_a);
	}
	if (err != ERR_OK) {
		return err;
	}
	s.mask = arena_copy(arena, (struct bytes){ e->field.mask, blocks });
	s.clarity = arena_copy(arena, (struct bytes){ e->field.coherence, blocks });
	s.flow = arena_copy(arena, (struct bytes){ flow->theta, blocks });
	if (s.mask.data == NULL || s.clarity.data == NULL || s.flow.data == NULL) {
		return ERR_NOMEM;
	}
	*out = s;
	return ERR_OK;
}

int finger_sight(const struct image *image, uint8_t position, struct buf *iso, struct buf *extended,
		 struct finger_quality *quality, struct arena *arena, struct sight *sight)
{
	struct extraction e;
	int err;

	memset(&e, 0, sizeof(e));
	*quality = (struct finger_quality){ 0 };
	arena_init(&e.arena, 0);
	err = prepare(&e, image);
	if (err != ERR_OK) {
		goto out;
	}
	if (field_area(&e.field) >= AREA_LEAST) {
		err = channel_gabor(&e);
		if (err == ERR_OK) {
			err = channel_line(&e);
		}
		if (err == ERR_OK) {
			err = singular_find(&e.better, &e.singulars, &e.arena);
		}
		if (err != ERR_OK) {
			goto out;
		}
	}
	minutiae_confirm(&e.gabor, &e.line);
	quality_judge(&(struct quality_input){ .grey = &e.grey,
					       .tone = e.tone,
					       .field = &e.field,
					       .a = &e.gabor,
					       .b = &e.line,
					       .singulars = &e.singulars },
		      quality);
	if (sight != NULL) {
		err = show(&e, arena, sight);
		if (err != ERR_OK) {
			goto out;
		}
	}
	if (e.gabor.count < COUNT_LEAST) {
		err = ERR_RANGE;
		goto out;
	}
	err = write(&e, position, quality->score, iso, extended);
out:
	arena_done(&e.arena);
	return err;
}

int finger_extract(const struct image *image, uint8_t position, struct buf *iso,
		   struct buf *extended, struct finger_quality *quality)
{
	return finger_sight(image, position, iso, extended, quality, NULL, NULL);
}
