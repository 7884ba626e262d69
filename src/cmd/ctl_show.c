/* outpostctl finger show: a picture of what the program sees in a print, or in two. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd/ctl.h"
#include "cmd/show.h"
#include "intake/png_out.h"
#include "intake/worker.h"
#include "io/worker_once.h"
#include "picture/raster.h"
#include "picture/svg.h"

#define PICTURE_BYTES_MAX (64UL * 1024 * 1024)
#define DEGREES           (360.0 / 256.0)
#define TITLE             "What Outpost sees in a fingerprint"

static const struct {
	const char *name;
	enum show_layer layer;
} layers[] = {
	{ "mask", SHOW_MASK },         { "quality", SHOW_QUALITY },   { "flow", SHOW_FLOW },
	{ "skeleton", SHOW_SKELETON }, { "minutiae", SHOW_MINUTIAE }, { "core", SHOW_CORE },
};
#define LAYERS (sizeof layers / sizeof layers[0])

struct job {
	struct ctl *c;
	const char *output;
	const char *layers;
	const char *channel;
	const char *ppi;
	bool svg; /* else PNG */
	char *file[2];
	size_t files;
	struct show_choice choice;
	struct show_print *print; /* as many as files; in the arena */
	struct show_pair *pair;
};

/* ---- the command line ---- */

static int choose_layers(const char *words, unsigned *out)
{
	unsigned chosen = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, ",");
		size_t i = 0;

		while (i < LAYERS && (strlen(layers[i].name) != len ||
				      strncmp(layers[i].name, words, len) != 0)) {
			i++;
		}
		if (i == LAYERS) {
			return ctl_fail(CTL_USAGE, "--layers are some of mask, quality, flow, "
						   "skeleton, minutiae, core");
		}
		chosen |= layers[i].layer;
		words += len + (words[len] == ',');
	}
	*out = chosen != 0 ? chosen : *out;
	return CTL_OK;
}

static int choose_channel(const char *word, enum show_channel *out)
{
	if (strcmp(word, "a") == 0 || strcmp(word, "A") == 0) {
		*out = SHOW_A;
	} else if (strcmp(word, "b") == 0 || strcmp(word, "B") == 0) {
		*out = SHOW_B;
	} else {
		return ctl_fail(CTL_USAGE, "--channel is a or b");
	}
	return CTL_OK;
}

static bool ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name);
	size_t len = strlen(ending);

	return n > len && strcmp(name + n - len, ending) == 0;
}

/* Options may stand behind the files too; -o is --output. */
static int read_words(struct job *j, int argc, char *argv[])
{
	static char output[] = "--output";
	const struct ctl_option options[] = { { "output", &j->output, NULL },
					      { "layers", &j->layers, NULL },
					      { "channel", &j->channel, NULL },
					      { "ppi", &j->ppi, NULL },
					      { "json", NULL, &j->c->json } };
	int at = 0;

	for (int i = 1; i < argc; i++) {
		argv[i] = strcmp(argv[i], "-o") == 0 ? output : argv[i];
	}
	while (at < argc) {
		char *name = argv[at];
		int rest;
		int rc;

		argv[at] = argv[0]; /* where a command's name stands */
		rc = ctl_options(argc - at, argv + at, options, sizeof options / sizeof options[0],
				 &rest);
		if (rc != CTL_OK) {
			return rc;
		}
		if (at > 0 && j->files == 2) {
			return ctl_fail(CTL_USAGE, "show: \"%s\" is one word too many", name);
		}
		if (at > 0) {
			j->file[j->files++] = name;
		}
		at += rest;
	}
	return CTL_OK;
}

static int read_choice(struct job *j)
{
	int rc = CTL_OK;

	if (j->files == 0 || j->output == NULL) {
		return ctl_fail(CTL_USAGE, "finger show IMAGE [IMAGE] --output FILE.svg|FILE.png "
					   "[--layers L,...] [--channel a|b] [--ppi N]");
	}
	j->svg = ends_in(j->output, ".svg");
	if (!j->svg && !ends_in(j->output, ".png")) {
		return ctl_fail(CTL_USAGE, "%s: a picture's name ends in .svg or .png", j->output);
	}
	j->choice.layers = j->files == 1 ? SHOW_ONE : SHOW_TWO;
	if (j->layers != NULL) {
		rc = choose_layers(j->layers, &j->choice.layers);
	}
	if (rc == CTL_OK && j->channel != NULL) {
		rc = choose_channel(j->channel, &j->choice.channel);
	}
	return rc;
}

/* ---- what is seen ---- */

static void take_sight(const struct worker_sight *from, struct sight *to)
{
	*to = (struct sight){ .width = (uint32_t)from->width,
			      .height = (uint32_t)from->height,
			      .grey = from->grey,
			      .mask = from->mask,
			      .clarity = from->clarity,
			      .flow = from->flow,
			      .ridges = from->ridges,
			      .ridges_a = from->ridges_a };
}

/* The worker opens the file. */
static int ask(const struct job *j, char *argument, struct worker_answer *answer)
{
	struct worker_request request = { .id = 1, .op = WORKER_SHOW };
	const struct ask_file *file;
	struct list files = { .count = 0 };
	int rc = ctl_files(j->c, 1, &argument, &files);
	int rv;

	if (rc != CTL_OK) {
		return rc;
	}
	file = files.items;
	request.bytes = file->content;
	request.ppi = file->ppi;
	if (file->content.len > 4 && memcmp(file->content.data, "FMR", 4) == 0) {
		request.op = WORKER_TEMPLATE;
	}
	if (request.ppi == 0) {
		rc = ctl_number("--ppi", j->ppi, IMAGE_PPI_MAX, &request.ppi);
	}
	if (rc != CTL_OK) {
		return rc;
	}
	rv = worker_once_ask(j->c->worker, &request, &j->c->arena, answer);
	return rv == ERR_OK ? CTL_OK
			    : ctl_fail(CTL_LATER, "%s: outpost-worker: %s", argument, err_text(rv));
}

/* A print too poor for a template can still be shown. */
static int look(const struct job *j, char *argument, struct show_print *p)
{
	struct worker_answer answer = { .code = 0 };
	const struct worker_sample *sample;
	struct fault fault = { 0 };
	int rc = ask(j, argument, &answer);

	if (rc != CTL_OK) {
		return rc;
	}
	if (answer.code != 0 && answer.sight.width == 0) {
		return ctl_fail(CTL_USAGE, "%s: %.*s at byte %llu: %s (%s)", argument,
				(int)answer.place.len, (const char *)answer.place.data,
				(unsigned long long)answer.at, err_text(-(int)answer.code),
				err_name(-(int)answer.code));
	}
	if (answer.samples.count > 1) {
		return ctl_fail(CTL_USAGE, "%s: a record of one view is wanted", argument);
	}
	if (answer.samples.count == 0) {
		return ctl_fail(CTL_LATER, "%s: outpost-worker: %s", argument,
				err_text(ERR_WORKER));
	}
	sample = answer.samples.items;
	take_sight(&answer.sight, &p->sight);
	p->iso = sample->iso;
	p->extended = sample->extended;
	p->quality.score = (uint8_t)sample->score;
	p->quality.faults = (uint32_t)sample->faults;
	return show_load(p, &fault) == ERR_OK
		   ? CTL_OK
		   : ctl_fail(CTL_USAGE, "%s: its template cannot be used: %s", argument,
			      fault.what != NULL ? fault.what : err_text(ERR_NOMEM));
}

/* ---- the picture ---- */

static int write_picture(const struct job *j, const struct picture *p, struct buf *out)
{
	struct raster raster;
	int rv;

	if (j->svg) {
		return svg_write(p, TITLE, intake_write_png, out);
	}
	rv = raster_draw(p, &j->c->arena, &raster);
	if (rv == ERR_OK) {
		struct bytes pixels = { raster.rgb, (size_t)raster.width * raster.height * 3 };

		rv = intake_write_png(pixels, raster.width, 3, out);
	}
	return rv;
}

static int draw(struct job *j)
{
	struct picture picture;
	struct buf out = { .limit = PICTURE_BYTES_MAX };
	int rc;
	int rv = show_draw(j->print, j->files, j->pair, &j->choice, &j->c->arena, &picture);

	rv = rv == ERR_OK ? picture_error(&picture) : rv;
	if (rv == ERR_OK) {
		rv = write_picture(j, &picture, &out);
	}
	rc = rv == ERR_OK ? ctl_replace_file(j->output, buf_bytes(&out))
			  : ctl_fail(CTL_INTERNAL, "%s: %s", j->output, err_text(rv));
	if (out.data != NULL) {
		explicit_bzero(out.data, out.room);
	}
	buf_done(&out);
	return rc;
}

/* ---- the same in JSON and in words ---- */

static json_t *points_json(const struct show_minutiae *m)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < m->count; i++) {
		const struct show_minutia *p = &m->at[i];
		const char *type = p->type == FMR_ENDING        ? "ending"
				   : p->type == FMR_BIFURCATION ? "bifurcation"
								: "other";

		(void)json_array_append_new(out, json_pack("{s:f, s:f, s:f, s:s, s:i}", "x",
							   (double)p->x, "y", (double)p->y,
							   "angle_deg", p->angle * DEGREES, "type",
							   type, "quality", p->quality));
	}
	return out;
}

static json_t *cores_json(const struct show_print *p)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < p->points; i++) {
		const struct show_point *at = &p->point[i];
		json_t *angles = json_array();

		for (unsigned k = 0; k < at->arms; k++) {
			(void)json_array_append_new(angles, json_real(at->angle[k] * DEGREES));
		}
		(void)json_array_append_new(
		    out, json_pack("{s:f, s:f, s:s, s:o}", "x", (double)at->x, "y", (double)at->y,
				   "type", at->arms < 3 ? "core" : "delta", "angles_deg", angles));
	}
	return out;
}

static json_t *print_json(const struct show_print *p)
{
	size_t blocks = 0;
	size_t clarity = 0;

	for (size_t i = 0; i < p->sight.mask.len; i++) {
		blocks += p->sight.mask.data[i];
		clarity += p->sight.mask.data[i] != 0 ? p->sight.clarity.data[i] : 0;
	}
	return json_pack("{s:f, s:f, s:b, s:i, s:i, s:I, s:f, s:o, s:o, s:o}", "width",
			 (double)p->width, "height", (double)p->height, "usable", p->iso.len > 0,
			 "quality", p->quality.score, "faults", (int)p->quality.faults,
			 "print_blocks", (json_int_t)blocks, "clarity",
			 blocks > 0 ? (double)clarity / (double)blocks / 255.0 : 0.0, "minutiae_b",
			 points_json(&p->channel[SHOW_B]), "minutiae_a",
			 points_json(&p->channel[SHOW_A]), "cores", cores_json(p));
}

static json_t *mates_json(const struct show_mates *m)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < m->count; i++) {
		const struct show_mate *at = &m->at[i];

		(void)json_array_append_new(list, json_pack("{s:[f,f], s:[f,f], s:i}", "first",
							    (double)at->ax, (double)at->ay,
							    "second", (double)at->bx,
							    (double)at->by, "fit", at->fit));
	}
	return json_pack("{s:f, s:f, s:f, s:o}", "turn_deg", (double)m->turn_deg, "shift_x",
			 (double)m->shift_x, "shift_y", (double)m->shift_y, "mates", list);
}

static void print_result(const struct job *j)
{
	json_t *prints = json_array();
	json_t *names = json_array();
	json_t *all;

	for (size_t i = 0; i < j->files; i++) {
		(void)json_array_append_new(prints, print_json(&j->print[i]));
	}
	for (size_t i = 0; i < LAYERS; i++) {
		if (j->choice.layers & layers[i].layer) {
			(void)json_array_append_new(names, json_string(layers[i].name));
		}
	}
	all = json_pack("{s:s, s:o, s:s, s:o}", "picture", j->output, "layers", names, "channel",
			j->choice.channel == SHOW_B ? "b" : "a", "prints", prints);
	if (j->pair != NULL && j->pair->compared) {
		(void)json_object_set_new(
		    all, "comparison",
		    json_pack("{s:i, s:f, s:s, s:o, s:o}", "score", j->pair->score, "log10_lr",
			      j->pair->score / 100.0, "word", show_word(j->pair->score), "b",
			      mates_json(&j->pair->mates[SHOW_B]), "a",
			      mates_json(&j->pair->mates[SHOW_A])));
	}
	(void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	(void)putchar('\n');
	json_decref(all);
}

static int conclude(const struct job *j)
{
	if (j->c->json) {
		print_result(j);
	}
	for (size_t i = 0; i < j->files; i++) {
		if (j->print[i].iso.len == 0) {
			return ctl_fail(CTL_NEGATIVE,
					"%s: no fingerprint that can be used; %s shows why",
					j->file[i], j->output);
		}
	}
	if (j->pair == NULL) {
		return CTL_OK;
	}
	if (!j->c->json) {
		(void)printf("score %d (100 x log10 of the likelihood ratio): %s\n", j->pair->score,
			     show_word(j->pair->score));
	}
	return j->pair->mates[SHOW_B].count + j->pair->mates[SHOW_A].count > 0 ? CTL_OK
									       : CTL_NEGATIVE;
}

int ctl_show(struct ctl *c, int argc, char *argv[])
{
	struct job j = { .c = c };
	int rc = read_words(&j, argc, argv);

	if (rc == CTL_OK) {
		rc = read_choice(&j);
	}
	if (rc != CTL_OK) {
		return rc;
	}
	j.print = arena_take(&c->arena, j.files, sizeof *j.print);
	j.pair = j.files == 2 ? arena_take(&c->arena, 1, sizeof *j.pair) : NULL;
	if (j.print == NULL || (j.files == 2 && j.pair == NULL)) {
		return ctl_fail(CTL_INTERNAL, "out of memory");
	}
	for (size_t i = 0; rc == CTL_OK && i < j.files; i++) {
		rc = look(&j, j.file[i], &j.print[i]);
	}
	if (rc == CTL_OK && j.pair != NULL &&
	    show_compare(&j.print[0], &j.print[1], j.pair) != ERR_OK) {
		rc = ctl_fail(CTL_USAGE, "these templates cannot be compared");
	}
	if (rc == CTL_OK) {
		rc = draw(&j);
	}
	return rc == CTL_OK ? conclude(&j) : rc;
}
