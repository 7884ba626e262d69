/* A page with one print or two: the prints, the lines between mates, a caption, a legend. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/show_inside.h"

/* Lengths in units of the picture. */
#define MARGIN      24.0F
#define GAP         64.0F /* between two prints */
#define ASIDE       32.0F /* between print and legend */
#define LEGEND      290.0F
#define LEGEND_ROW  31.0F
#define LEGEND_MARK 44.0F /* where a row's words begin */
#define TEXT        15.0F
#define CAPTION_ROW 23.0F
#define WIDE        600.0F /* a print is about so wide */
#define WIDE_OF_TWO 480.0F
#define COLUMN      320.0F
#define ZOOM_MAX    3.0F
#define SIGN        2.0F /* zoom of the legend's signs */

#define MATE_WIDTH   1.6F
#define MATE_OPACITY 0.85F

static const uint32_t mate_colour[] = { 0x0072b2, 0xe69f00, 0xcc79a7, 0x56b4e9, 0x009e73 };

static const char *const faults[] = { "too dry",      "too wet",      "too small a part",
				      "low contrast", "few minutiae", "smeared" };

struct page {
	struct drawing d;
	const struct show_print *print;
	size_t prints;
	float right; /* of the prints */
	float below;
	float row; /* where the next row of words stands */
};

/* ---- words ---- */

static void words(struct page *page, float x, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void words(struct page *page, float x, const char *format, ...)
{
	char text[PICTURE_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	picture_text(page->d.p, show_ink(SHOW_TEXT_INK, 0, 1),
		     (struct picture_point){ x, page->row }, TEXT, text);
	page->row += CAPTION_ROW;
}

static void list_faults(uint32_t bits, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof faults / sizeof faults[0] && n < size; i++) {
		if (bits & 1U << i) {
			n += (size_t)snprintf(text + n, size - n, "%s%s", n == 0 ? "" : ", ",
					      faults[i]);
		}
	}
}

static unsigned count_type(const struct show_minutiae *m, uint8_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->count; i++) {
		n += m->at[i].type == type;
	}
	return n;
}

static void caption(struct page *page, const struct show_print *p, float left)
{
	const struct show_minutiae *b = &p->channel[SHOW_B];
	char text[PICTURE_TEXT_MAX];

	page->row = page->below + CAPTION_ROW;
	list_faults(p->quality.faults, text, sizeof text);
	words(page, left, "quality %u of 100%s%s", p->quality.score, text[0] != '\0' ? ": " : "",
	      text);
	if (p->iso.len == 0) {
		words(page, left, "no fingerprint that can be used");
		return;
	}
	words(page, left, "%u minutiae: %u endings, %u bifurcations", b->count,
	      count_type(b, FMR_ENDING), count_type(b, FMR_BIFURCATION));
	if (p->channel[SHOW_A].count > 0) {
		words(page, left, "%u of them are seen by both channels", show_in_both(p));
	}
}

static void verdict(struct page *page)
{
	const struct show_pair *pair = page->d.pair;
	const struct show_mates *mates = &pair->mates[page->d.choice->channel];
	int size = pair->score < 0 ? -pair->score : pair->score;

	if (!pair->compared) {
		words(page, MARGIN, "cannot be compared: one of them has no template");
		return;
	}
	words(page, MARGIN, "log10 of the likelihood ratio %c%d.%02d: %s",
	      pair->score < 0 ? '-' : '+', size / 100, size % 100, show_word(pair->score));
	if (mates->posed) {
		words(page, MARGIN, "%u mates in channel %c; turned by %d degrees", mates->count,
		      page->d.choice->channel == SHOW_B ? 'B' : 'A', (int)mates->turn_deg);
	} else {
		words(page, MARGIN, "no mates: what could be paired is what chance gives");
	}
	words(page, MARGIN, "This is evidence and no identification: people judge.");
}

/* ---- mates ---- */

/* By the height of their first end, so that neighbours get different colours. */
static unsigned rank(const struct show_mates *mates, unsigned i)
{
	unsigned n = 0;

	for (unsigned k = 0; k < mates->count; k++) {
		float higher = mates->at[i].ay - mates->at[k].ay;

		n += higher > 0 || (higher >= 0 && k < i);
	}
	return n;
}

static void draw_mates(struct page *page, const float left[2])
{
	const struct show_mates *mates = &page->d.pair->mates[page->d.choice->channel];
	struct drawing *d = &page->d;

	for (unsigned i = 0; i < mates->count; i++) {
		const struct show_mate *m = &mates->at[i];
		size_t colours = sizeof mate_colour / sizeof mate_colour[0];
		uint32_t colour = mate_colour[rank(mates, i) % colours];
		const struct picture_point end[] = {
			{ left[0] + m->ax * d->zoom, MARGIN + m->ay * d->zoom },
			{ left[1] + m->bx * d->zoom, MARGIN + m->by * d->zoom },
		};

		picture_line(d->p, show_ink(0xffffff, MATE_WIDTH + 1.6F, 0.55F), end, 2);
		picture_line(d->p, show_ink(colour, MATE_WIDTH, MATE_OPACITY), end, 2);
	}
}

/* ---- legend ---- */

static struct picture_point sign_at(const struct page *page, float x)
{
	return (struct picture_point){ page->right + ASIDE + x, page->row };
}

static void entry(struct page *page, const char *text)
{
	picture_text(
	    page->d.p, show_ink(SHOW_TEXT_INK, 0, 1),
	    (struct picture_point){ page->right + ASIDE + LEGEND_MARK, page->row + TEXT / 3 }, TEXT,
	    text);
	page->row += LEGEND_ROW;
}

static void sign_line(struct page *page, uint32_t colour, float width)
{
	const struct picture_point end[] = { sign_at(page, 2), sign_at(page, 28) };

	picture_line(page->d.p, show_ink(colour, width, 1), end, 2);
}

static void entry_mark(struct page *page, enum show_channel channel, uint8_t type, uint32_t colour,
		       const char *text)
{
	show_mark(page->d.p, channel, type, sign_at(page, 11), 0, 3.4F * SIGN,
		  show_ink(colour, SIGN, 1));
	entry(page, text);
}

static void legend_minutiae(struct page *page)
{
	bool two = page->d.pair != NULL;
	bool b = !two || page->d.choice->channel == SHOW_B;
	enum show_channel channel = b ? SHOW_B : SHOW_A;
	uint32_t colour = b ? SHOW_POINTS_B_INK : SHOW_POINTS_A_INK;

	entry_mark(page, channel, FMR_ENDING, colour,
		   two ? "ending with a mate" : "ending, channel B");
	entry_mark(page, channel, FMR_BIFURCATION, colour,
		   two ? "bifurcation with a mate" : "bifurcation, channel B");
	if (two) {
		entry_mark(page, channel, FMR_ENDING, SHOW_QUIET_INK, "minutia without a mate");
		return;
	}
	if (page->print->channel[SHOW_A].count > 0) {
		entry_mark(page, SHOW_A, FMR_ENDING, SHOW_POINTS_A_INK, "ending, channel A");
		entry_mark(page, SHOW_A, FMR_BIFURCATION, SHOW_POINTS_A_INK,
			   "bifurcation, channel A");
	}
}

static void legend_core(struct page *page)
{
	static const struct show_point core = { .arms = 0 };
	static const struct show_point delta = { .arms = 3, .angle = { 64, 149, 235 } };

	show_mark_point(page->d.p, sign_at(page, 14), &core, 1.4F);
	entry(page, "core");
	show_mark_point(page->d.p, sign_at(page, 14), &delta, 1);
	entry(page, "delta");
}

static void sign_box(struct page *page, uint32_t colour, float opacity, float x, float width)
{
	struct picture_point a = sign_at(page, x);

	picture_box(page->d.p, show_ink(colour, 0, opacity), (struct picture_point){ a.x, a.y - 9 },
		    (struct picture_point){ a.x + width, a.y + 9 });
}

static void legend_sights(struct page *page, unsigned layers)
{
	const char *channel = page->d.choice->channel == SHOW_B ? "B" : "A";
	char text[64];

	if (layers & SHOW_SKELETON) {
		sign_line(page, *channel == 'B' ? SHOW_RIDGES_B_INK : SHOW_RIDGES_A_INK, 3);
		(void)snprintf(text, sizeof text, "middle of a ridge, channel %s", channel);
		entry(page, text);
	}
	if (layers & SHOW_FLOW) {
		sign_line(page, SHOW_FLOW_INK, 3);
		entry(page, "direction of the ridges");
	}
	if (layers & SHOW_MASK) {
		sign_box(page, 0xd8d8d8, 1, 1, 13);
		sign_box(page, 0xf4f4f4, 1, 14, 14);
		const struct picture_point edge[] = { { sign_at(page, 14).x, page->row - 9 },
						      { sign_at(page, 14).x, page->row + 9 } };

		picture_line(page->d.p, show_ink(SHOW_OUTLINE_INK, 1.2F, 1), edge, 2);
		entry(page, "pale: not used as print");
	}
	for (int i = 0; layers & SHOW_QUALITY && i < SHOW_STEPS; i++) {
		sign_box(page, show_clarity[i], SHOW_CLARITY_ON + 0.2F, (float)i * 6, 6);
	}
	if (layers & SHOW_QUALITY) {
		entry(page, "ridges from unclear to clear");
	}
}

static void legend(struct page *page)
{
	unsigned layers = page->d.choice->layers;
	bool seen = false;
	unsigned points = 0;

	page->row = MARGIN + 12;
	for (size_t i = 0; i < page->prints; i++) {
		seen = seen || page->print[i].sight.width > 0;
		points += page->print[i].points;
	}
	if (seen) {
		legend_sights(page, layers);
	}
	if (layers & SHOW_MINUTIAE) {
		legend_minutiae(page);
	}
	if (layers & SHOW_CORE && points > 0) {
		legend_core(page);
	}
	if (page->d.pair != NULL && page->d.pair->mates[page->d.choice->channel].count > 0) {
		sign_line(page, mate_colour[0], MATE_WIDTH + 0.8F);
		entry(page, "joins mates");
	}
	if (layers & SHOW_MINUTIAE) {
		page->row += 2;
		entry(page, "The larger, the surer. The tail");
		page->row -= LEGEND_ROW - CAPTION_ROW;
		entry(page, "shows the direction.");
	}
}

/* ---- the page ---- */

static float zoom_for(const struct show_print *print, size_t prints)
{
	float widest = 1;
	float zoom;

	for (size_t i = 0; i < prints; i++) {
		widest = print[i].width > widest ? print[i].width : widest;
		widest = print[i].height * 0.8F > widest ? print[i].height * 0.8F : widest;
	}
	zoom = (prints == 1 ? WIDE : WIDE_OF_TWO) / widest;
	return zoom < ZOOM_MAX ? zoom : ZOOM_MAX;
}

/* A narrow print leaves room for its caption. */
static float column(float width)
{
	return width > COLUMN ? width : COLUMN;
}

int show_draw(const struct show_print *print, size_t prints, const struct show_pair *pair,
	      const struct show_choice *choice, struct arena *arena, struct picture *out)
{
	struct page page = { .d = { .p = out,
				    .arena = arena,
				    .choice = choice,
				    .pair = prints == 2 ? pair : NULL,
				    .zoom = zoom_for(print, prints) },
			     .print = print,
			     .prints = prints };
	float left[2] = { MARGIN, 0 };
	float tall = 0;
	int rv = ERR_OK;

	assert(prints == 1 || prints == 2);
	for (size_t i = 0; i < prints; i++) {
		tall = print[i].height > tall ? print[i].height : tall;
	}
	left[1] = left[0] + column(print[0].width * page.d.zoom) + GAP;
	page.right = left[prints - 1] + column(print[prints - 1].width * page.d.zoom);
	page.below = MARGIN + tall * page.d.zoom;
	picture_init(out, page.right + ASIDE + LEGEND + MARGIN,
		     page.below + MARGIN + CAPTION_ROW * (prints == 2 ? 7.4F : 3.4F), arena);
	for (size_t i = 0; rv == ERR_OK && i < prints; i++) {
		page.d.print = &print[i];
		page.d.index = (unsigned)i;
		page.d.left = left[i];
		page.d.top = MARGIN;
		rv = show_layers(&page.d);
		caption(&page, &print[i], left[i]);
	}
	if (page.d.pair != NULL) {
		draw_mates(&page, left);
		page.row = page.below + CAPTION_ROW * 4.6F;
		verdict(&page);
	}
	legend(&page);
	return rv;
}
