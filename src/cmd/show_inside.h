/* What show_draw.c, which draws one print, and show_page.c, which puts it on a page, share. */
#ifndef CMD_SHOW_INSIDE_H
#define CMD_SHOW_INSIDE_H

#include "cmd/show.h"

/* Colours that people who confuse red and green or blue and yellow can tell apart. */
#define SHOW_TEXT_INK     0x222222
#define SHOW_QUIET_INK    0x8a8f94
#define SHOW_WHITE_INK    0xffffff
#define SHOW_RIDGES_B_INK 0x0072b2
#define SHOW_RIDGES_A_INK 0x007a59
#define SHOW_POINTS_B_INK 0xd55e00
#define SHOW_POINTS_A_INK 0x009e73
#define SHOW_FLOW_INK     0x8f4f9f
#define SHOW_CORE_INK     0x000000
#define SHOW_OUTLINE_INK  0x555555

#define SHOW_STEPS      5 /* of quality */
#define SHOW_CLARITY_ON 0.5F
static const uint32_t show_clarity[SHOW_STEPS] = { 0xd55e00, 0xef9f55, 0xf0dcae, 0xd3e6f1,
						   0xa6d3ee };

struct drawing {
	struct picture *p;
	struct arena *arena;
	const struct show_choice *choice;
	const struct show_pair *pair; /* NULL: one print */
	float zoom;                   /* units for a pixel at 500 ppi */
	/* The print that is being drawn: the first or second, where its corner is. */
	const struct show_print *print;
	unsigned index;
	float left;
	float top;
};

static inline struct picture_ink show_ink(uint32_t colour, float width, float opacity)
{
	return (struct picture_ink){ .colour = colour, .opacity = opacity, .width = width };
}

/* Where a place of the print is on the page. */
static inline struct picture_point show_at(const struct drawing *d, float x, float y)
{
	return (struct picture_point){ d->left + x * d->zoom, d->top + y * d->zoom };
}

/* All layers that are chosen; ERR_NOMEM. */
int show_layers(struct drawing *d);
/* The sign of a minutia, and of a core or delta. */
void show_mark(struct picture *p, enum show_channel channel, uint8_t type, struct picture_point m,
	       uint8_t angle, float r, struct picture_ink with);
void show_mark_point(struct picture *p, struct picture_point m, const struct show_point *point,
		     float zoom);

#endif
