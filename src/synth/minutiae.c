#include "synth/minutiae.h"

#include <assert.h>
#include <stdbool.h>

#include "synth/dice.h"
#include "synth/flow.h"
#include "synth/maths.h"

#define STREAM_MARKS 0x6d61726bU
#define STREAM_TOUCH 0x746d706cU

#define MARKS_MAX 120 /* of a whole finger; a touch and its false ones stay below 255 */
#define TRIES     12  /* places tried for each minutia */
#define WIDTH     (SYNTH_COLUMNS * SYNTH_CELL)
#define HEIGHT    (SYNTH_ROWS * SYNTH_CELL)
#define EDGE      4 /* no minutia this near to the image's edge */
#define CHANNELS  2
#define SAME      8 /* pixels: both channels mean the same minutia */

/* How a touch is seen.  docs/FINGERPRINT.md, "Made-up fingers", says what each was set by. */
#define MARKS        72.0F /* minutiae of an average finger's whole pad */
#define MARKS_DIFFER 17.0F
#define SENSE        400.0F /* how surely new ridges begin where ridges spread */
#define BESIDE       5.0F   /* pixels */
#define MARKS_MIN    30
#define AREA_LEAST   0.9F   /* smallest contact on a good day, part of the pad's half axes */
#define DIFFER       0.75F  /* deviation of touches' difficulty, part of it */
#define PATCHES      0.6F   /* how much worse the worst patch is than the mean */
#define MISS         0.13F  /* real minutiae that a channel misses where all is clear */
#define MISS_MORE    0.70F  /* and more where nothing is */
#define TOGETHER     0.1F   /* misses and inventions that both channels share */
#define OFF_BOTH     2.0F   /* pixels: deviation of a place, for both channels */
#define OFF_OWN      1.0F   /* and of each */
#define TURN_BOTH    0.09F  /* radians: how the flow is misread, in patches */
#define TURN_OWN     0.025F /* and each minutia and cell on its own */
#define ASTRAY       0.1F   /* minutiae whose direction means nothing, in the worst patch */
#define FALSE_FEW    4U
#define FALSE_MORE   140U
#define SECOND_MORE  0.35F /* inventions that the second channel has beyond the first's */
#define TOO_NEAR     9.0F  /* pixels: extraction keeps one of two */
#define HOLES        0.1F  /* cells without flow in the worst patch */

struct mark {
	float x; /* as in flow.h: from the middle, y up */
	float y;
	float angle;
	float clarity; /* 0..1: how seldom it is missed */
	bool fork;
};

struct finger {
	struct flow flow;
	unsigned count;
	struct mark mark[MARKS_MAX];
};

struct seen {
	unsigned count;
	struct fmr_minutia at[FMR_MINUTIAE_MAX];
};

struct touch {
	struct dice dice;
	float difficulty;
	float turn;
	float shift_x;
	float shift_y;
	float pad_x;
	float pad_y;
	float pad_width;
	float pad_height;
	float cosine;
	float sine;
	struct flow_wave skin[2];
	struct flow_wave patch[2];
	struct seen seen[CHANNELS]; /* what goes into the record; the other */
};

static bool has_room(const struct finger *f, float x, float y, float distance)
{
	for (unsigned i = 0; i < f->count; i++) {
		float dx = f->mark[i].x - x;
		float dy = f->mark[i].y - y;

		if (dx * dx + dy * dy < distance * distance) {
			return false;
		}
	}
	return true;
}

/* Anywhere, or with some preference near a core or a delta. */
static struct flow_point draw_place(const struct flow *f, struct dice *d)
{
	if (f->points > 0 && dice_below(d, 100) < 18) {
		uint32_t i = dice_below(d, 2 * f->points);
		const struct flow_point *p = i < f->points ? &f->loop[i] : &f->delta[i - f->points];

		return (struct flow_point){ p->x + 38 * dice_normal(d),
					    p->y + 38 * dice_normal(d) };
	}
	return (struct flow_point){ FLOW_HALF_WIDTH * dice_range(d, -1, 1),
				    FLOW_HALF_HEIGHT * dice_range(d, -1, 1) };
}

/* From one direction of a ridge to another, -pi/2..pi/2. */
static float turned(float to, float from)
{
	float v = to - from;

	return v - MATHS_PI * maths_floor(v * (1 / MATHS_PI) + 0.5F);
}

/* How fast ridges spread along their direction, parts a pixel: where they do, new ones begin,
 * nearly all in the same sense; where they close up, they end.  The sign is that of the
 * direction that flow_angle gives. */
static float spreading(const struct flow *f, float x, float y)
{
	float a = flow_angle(f, x, y);
	float ax = turned(flow_angle(f, x + BESIDE, y), flow_angle(f, x - BESIDE, y));
	float ay = turned(flow_angle(f, x, y + BESIDE), flow_angle(f, x, y - BESIDE));
	float c = maths_cos(a);
	float s = maths_sin(a);
	float wider = (flow_period(f, x + BESIDE * c, y + BESIDE * s) -
		       flow_period(f, x - BESIDE * c, y - BESIDE * s)) /
		      flow_period(f, x, y);

	return (c * ay - s * ax - wider) / (2 * BESIDE);
}

static void make_finger(struct finger *f, uint64_t seed)
{
	struct dice d;

	flow_init(&f->flow, seed);
	dice_init(&d, seed, STREAM_MARKS);
	float size = f->flow.size * 9.0F / f->flow.period;
	unsigned wanted = (unsigned)maths_clamp(
	    (MARKS + MARKS_DIFFER * dice_normal(&d)) * size * size, MARKS_MIN, MARKS_MAX);

	f->count = 0;
	for (unsigned i = 0; i < wanted * TRIES && f->count < wanted; i++) {
		struct flow_point p = draw_place(&f->flow, &d);

		if (flow_inside(&f->flow, p.x, p.y) < 0.02F ||
		    !has_room(f, p.x, p.y, dice_range(&d, 6, 14))) {
			continue;
		}
		float sense = SENSE * spreading(&f->flow, p.x, p.y) + dice_normal(&d);
		float angle = flow_angle(&f->flow, p.x, p.y) + 0.02F * dice_normal(&d);

		f->mark[f->count++] = (struct mark){
			.x = p.x,
			.y = p.y,
			.angle = sense > 0 ? angle : angle + MATHS_PI,
			.clarity = 0.35F + 0.65F * dice_unit(&d),
			.fork = dice_below(&d, 100) < 42,
		};
	}
}

static struct flow_wave draw_wave(struct dice *d, float shortest, float longest)
{
	float k = 2 * MATHS_PI / dice_range(d, shortest, longest);
	float along = dice_range(d, 0, 2 * MATHS_PI);

	return (struct flow_wave){ .kx = k * maths_cos(along),
				   .ky = k * maths_sin(along),
				   .phase = dice_range(d, 0, 2 * MATHS_PI) };
}

static void draw_touch(struct touch *t, const struct finger *f, uint64_t seed, float difficulty)
{
	struct dice *d = &t->dice;

	dice_init(d, seed, STREAM_TOUCH);
	difficulty = maths_clamp(difficulty * (1 + DIFFER * dice_normal(d)), 0, 1);
	*t = (struct touch){ .dice = *d, .difficulty = difficulty };
	t->turn =
	    (6 + 14 * difficulty) * (MATHS_PI / 180) * maths_clamp(0.45F * dice_normal(d), -1, 1);
	t->cosine = maths_cos(t->turn);
	t->sine = maths_sin(t->turn);
	t->shift_x = (6 + 16 * difficulty) * dice_normal(d);
	t->shift_y = (6 + 16 * difficulty) * dice_normal(d);
	float area = dice_range(d, AREA_LEAST - 0.3F * difficulty, 1);
	float spread = maths_clamp(1 - area, 0, 1);

	t->pad_x = 150 * spread * dice_range(d, -1, 1);
	t->pad_y = 190 * spread * dice_range(d, -1, 1);
	t->pad_width = 172 * f->flow.size * area;
	t->pad_height = 220 * f->flow.size * area;
	for (int i = 0; i < 2; i++) {
		t->skin[i] = draw_wave(d, 220, 480);
		t->skin[i].stretch = (1 + 4 * difficulty) * dice_normal(d);
		t->skin[i].turn = dice_range(d, 0, 2 * MATHS_PI); /* where it pushes to */
		t->patch[i] = draw_wave(d, 90, 260);
	}
}

static bool touches(const struct touch *t, const struct finger *f, float x, float y)
{
	float a = (x - t->pad_x) / t->pad_width;
	float b = (y - t->pad_y) / t->pad_height;

	return a * a + b * b < 0.96F && flow_inside(&f->flow, x, y) > 0.03F;
}

/* Where a place of the finger comes to lie in the image, if it does. */
static bool locate(const struct touch *t, float fx, float fy, float *x, float *y)
{
	float px = fx;
	float py = fy;

	for (int i = 0; i < 2; i++) {
		const struct flow_wave *w = &t->skin[i];
		float push = w->stretch * maths_sin(w->kx * fx + w->ky * fy + w->phase);

		px += push * maths_cos(w->turn);
		py += push * maths_sin(w->turn);
	}
	*x = WIDTH * 0.5F + t->shift_x + t->cosine * px - t->sine * py;
	*y = HEIGHT * 0.5F - t->shift_y - t->sine * px - t->cosine * py;
	return *x >= EDGE && *y >= EDGE && *x < WIDTH - EDGE && *y < HEIGHT - EDGE;
}

/* How badly the print came out at a place of the image, 0..1: in patches. */
static float murk(const struct touch *t, float x, float y)
{
	float v = 0;

	for (int i = 0; i < 2; i++) {
		const struct flow_wave *w = &t->patch[i];

		v += 0.5F * maths_sin(w->kx * x + w->ky * y + w->phase);
	}
	return maths_clamp(t->difficulty + PATCHES * v, 0, 1);
}

/* How far the flow is misread there, radians: minutiae and cells alike, as both are read from
 * the same picture. */
static float misread(const struct touch *t, float x, float y)
{
	const struct flow_wave *a = &t->patch[0];
	const struct flow_wave *b = &t->patch[1];

	return TURN_BOTH * murk(t, x, y) * maths_sin(1.7F * (a->kx * y - b->kx * x) + a->phase) *
	       maths_sin(1.3F * (b->ky * x + a->ky * y) + b->phase);
}

/* Extraction takes what stands too near to another for a fault of the picture. */
static bool is_crowded(const struct seen *s, float x, float y, float distance)
{
	for (unsigned i = 0; i < s->count; i++) {
		float dx = (float)s->at[i].x - x;
		float dy = (float)s->at[i].y - y;

		if (dx * dx + dy * dy < distance * distance) {
			return true;
		}
	}
	return false;
}

static void put(struct touch *t, const struct mark *m, float x, float y, float murk,
		struct seen *out)
{
	struct dice *d = &t->dice;
	float own = OFF_OWN * (0.6F + murk);
	float angle = m->angle + t->turn + misread(t, x, y) + TURN_OWN * dice_normal(d);

	if (dice_unit(d) < ASTRAY * murk) {
		angle += dice_range(d, -1, 1);
	}
	float steps = (angle / (2 * MATHS_PI) + 4) * 256 + 0.5F;
	bool flip = dice_unit(d) < 0.05F + 0.17F * murk;
	float quality = 25 + 70 * m->clarity - 40 * murk * dice_unit(d);

	x = maths_clamp(x + own * dice_normal(d), 1, WIDTH - 2);
	y = maths_clamp(y + own * dice_normal(d), 1, HEIGHT - 2);
	if (out->count < FMR_MINUTIAE_MAX && !is_crowded(out, x, y, TOO_NEAR - 3 * murk)) {
		out->at[out->count++] = (struct fmr_minutia){
			.x = (uint16_t)x,
			.y = (uint16_t)y,
			.angle = (uint8_t)((unsigned)steps & 255),
			.type = m->fork != flip ? FMR_BIFURCATION : FMR_ENDING,
			.quality = (uint8_t)maths_clamp(quality, 1, 100),
		};
	}
}

/* Both channels look at a minutia, real or false: what is unclear to one is so to the other,
 * but each has its own luck. */
static void look(struct touch *t, const struct finger *f, const struct mark *m, bool real)
{
	struct dice *d = &t->dice;
	float off = OFF_BOTH * (0.6F + t->difficulty);
	float mx = m->x + off * dice_normal(d);
	float my = m->y + off * dice_normal(d);
	float both = dice_unit(d);
	float x;
	float y;

	if (!touches(t, f, m->x, m->y) || !locate(t, mx, my, &x, &y)) {
		return;
	}
	float bad = murk(t, x, y);
	float miss = real ? (MISS + MISS_MORE * bad) * (1.35F - m->clarity) : 1 - bad;

	for (int k = 0; k < CHANNELS; k++) {
		float luck = dice_unit(d) < TOGETHER ? both : dice_unit(d);

		if (luck >= miss - (real || k == 0 ? 0 : SECOND_MORE)) {
			put(t, m, x, y, bad, &t->seen[k]);
		}
	}
}

static void add_false_ones(struct touch *t, const struct finger *f)
{
	struct dice *d = &t->dice;
	uint32_t n = FALSE_FEW + dice_below(d, 1 + (uint32_t)((float)FALSE_MORE * t->difficulty));

	for (uint32_t i = 0; i < n; i++) {
		struct mark m = {
			.x = t->pad_x + t->pad_width * dice_range(d, -1, 1),
			.y = t->pad_y + t->pad_height * dice_range(d, -1, 1),
			.clarity = 0.4F * dice_unit(d),
			.fork = (dice_u32(d) & 1) != 0,
		};

		m.angle = flow_angle(&f->flow, m.x, m.y) + 0.02F * dice_normal(d) +
			  (dice_u32(d) & 1 ? MATHS_PI : 0);
		look(t, f, &m, false);
	}
}

/* The flow as cells: each asks the finger how it runs where it lies. */
static void fill_cells(struct touch *t, const struct finger *f, struct synth_private *out)
{
	out->columns = SYNTH_COLUMNS;
	out->rows = SYNTH_ROWS;
	for (int i = 0; i < SYNTH_CELLS; i++) {
		int column = i % SYNTH_COLUMNS;
		int row = i / SYNTH_COLUMNS;
		float ix = ((float)column + 0.5F) * SYNTH_CELL;
		float iy = ((float)row + 0.5F) * SYNTH_CELL;
		float x = ix - WIDTH * 0.5F - t->shift_x;
		float y = HEIGHT * 0.5F - t->shift_y - iy;
		float fx = t->cosine * x + t->sine * y;
		float fy = t->cosine * y - t->sine * x;
		float bad = murk(t, ix, iy);
		float sx;
		float sy;

		out->cell[i] = 0;
		if (!touches(t, f, fx, fy) || dice_unit(&t->dice) < HOLES * bad * bad) {
			continue;
		}
		/* Once more, with the skin's push taken back. */
		(void)locate(t, fx, fy, &sx, &sy);
		x -= sx - ix;
		y += sy - iy;
		fx = t->cosine * x + t->sine * y;
		fy = t->cosine * y - t->sine * x;
		float angle = flow_angle(&f->flow, fx, fy) + t->turn + misread(t, ix, iy) +
			      TURN_OWN * dice_normal(&t->dice);
		float steps = 1024.5F - angle * (256 / MATHS_PI);
		uint8_t v = (uint8_t)((unsigned)steps & 255);

		out->cell[i] = v > 0 ? v : 1;
	}
}

typedef bool before(const struct fmr_minutia *a, const struct fmr_minutia *b);

static bool higher(const struct fmr_minutia *a, const struct fmr_minutia *b)
{
	return a->y != b->y ? a->y < b->y : a->x < b->x;
}

static bool better(const struct fmr_minutia *a, const struct fmr_minutia *b)
{
	return a->quality != b->quality ? a->quality > b->quality : higher(a, b);
}

static void sort(struct seen *s, before *is_before)
{
	for (unsigned i = 1; i < s->count; i++) {
		struct fmr_minutia m = s->at[i];
		unsigned at = i;

		while (at > 0 && is_before(&m, &s->at[at - 1])) {
			s->at[at] = s->at[at - 1];
			at--;
		}
		s->at[at] = m;
	}
}

/* What both channels saw is surer, as minutiae_confirm of an extraction has it. */
static void confirm(struct touch *t)
{
	for (unsigned i = 0; i < t->seen[0].count; i++) {
		struct fmr_minutia *a = &t->seen[0].at[i];

		for (unsigned k = 0; k < t->seen[1].count; k++) {
			struct fmr_minutia *b = &t->seen[1].at[k];
			int dx = a->x - b->x;
			int dy = a->y - b->y;

			if (dx * dx + dy * dy < SAME * SAME) {
				a->quality = (uint8_t)(a->quality < 85 ? a->quality + 15 : 100);
				b->quality = a->quality;
				break;
			}
		}
	}
}

void synth_template(uint64_t finger, uint64_t touch, float difficulty, struct fmr *view,
		    struct synth_private *more)
{
	struct finger f;
	struct touch t;

	assert(view != NULL);
	make_finger(&f, finger);
	draw_touch(&t, &f, finger ^ dice_mix(touch), maths_clamp(difficulty, 0, 1));
	for (unsigned i = 0; i < f.count; i++) {
		look(&t, &f, &f.mark[i], true);
	}
	add_false_ones(&t, &f);
	confirm(&t);
	/* From the top, as extractors write them: the order must not tell which is which. */
	sort(&t.seen[0], higher);
	*view = (struct fmr){
		.width = WIDTH,
		.height = HEIGHT,
		.ppcm_x = 197,
		.ppcm_y = 197,
		.quality = (uint8_t)(90 - 55 * t.difficulty - (float)dice_below(&t.dice, 10)),
		.count = (uint8_t)t.seen[0].count,
	};
	for (unsigned i = 0; i < t.seen[0].count; i++) {
		view->minutia[i] = t.seen[0].at[i];
	}
	if (more != NULL) {
		sort(&t.seen[1], better);
		*more = (struct synth_private){ .period = (uint8_t)(16 * f.flow.period + 0.5F),
						.count = (uint8_t)t.seen[1].count };
		for (unsigned i = 0; i < t.seen[1].count; i++) {
			more->minutia[i] = t.seen[1].at[i];
		}
		fill_cells(&t, &f, more);
	}
}
