#include "cmd/examine.h"

#include <assert.h>
#include <string.h>

#include "finger/finger.h"
#include "finger/sight.h"
#include "intake/decode.h"
#include "intake/nist.h"
#include "record/fmr.h"
#include "record/image.h"

_Static_assert(WORKER_EXTENDED_MAX >= FINGER_EXTENDED_MAX, "room for extended data");
_Static_assert(NIST_ITEMS_MAX <= WORKER_ITEMS_MAX && NIST_TEXT_MAX <= WORKER_TEXT_MAX &&
		   NIST_TAG_MAX <= WORKER_TAG_MAX,
	       "what nist.h reads fits an answer");

_Static_assert(WORKER_SIGHT_SIDE_MAX == PLANE_SIDE_MAX && WORKER_SIGHT_BLOCK == PLANE_BLOCK &&
		   WORKER_SIGHT_PIXELS_MAX == PLANE_PIXELS_MAX,
	       "what extraction sees fits a sight");

#define RIGHT_THUMB       1U
#define LEFT_THUMB        6U
#define PLAIN_RIGHT_THUMB 11U
#define PLAIN_LEFT_THUMB  12U

/* A list of samples that grows up to its limit. */
struct samples {
	struct worker_sample *sample; /* room for WORKER_SAMPLES_MAX, from the arena */
	size_t count;
	struct arena *arena;
	const uint8_t *begin; /* of the request's bytes */
};

/* The callers have counted: FMR_VIEWS_MAX, or what op_nist() let through. */
static struct worker_sample *add(struct samples *s)
{
	assert(s->count < WORKER_SAMPLES_MAX);
	return &s->sample[s->count++];
}

static uint64_t format_code(enum image_format format)
{
	switch (format) {
	case IMAGE_PNG:
		return WORKER_FORMAT_PNG;
	case IMAGE_JPEG:
		return WORKER_FORMAT_JPEG;
	case IMAGE_PGM:
		return WORKER_FORMAT_PGM;
	case IMAGE_TIFF:
		return WORKER_FORMAT_TIFF;
	case IMAGE_WSQ:
		return WORKER_FORMAT_WSQ;
	case IMAGE_RAW:
		return WORKER_FORMAT_RAW;
	case IMAGE_ANY:
	default:
		return WORKER_FORMAT_OTHER;
	}
}

static uint64_t code_of(int rv)
{
	return (uint64_t)-rv;
}

/* Move what a buffer holds into the arena and wipe the buffer. */
static int keep(struct samples *s, struct buf *b, struct bytes *out)
{
	int rv = buf_error(b);

	if (rv == ERR_OK) {
		*out = arena_copy(s->arena, buf_bytes(b));
		rv = out->data == NULL ? ERR_NOMEM : ERR_OK;
	}
	if (b->data != NULL) {
		explicit_bzero(b->data, b->room);
	}
	buf_done(b);
	return rv;
}

/* show is NULL, or where what was seen goes; it does even if there is no template. */
static int extract(struct samples *s, const struct image *image, uint8_t position,
		   struct worker_sample *sample, struct worker_sight *show)
{
	struct finger_quality quality = { 0 };
	struct sight sight = { 0 };
	struct buf iso = { .limit = WORKER_ISO_MAX };
	struct buf extended = { .limit = WORKER_EXTENDED_MAX };
	int rv = finger_sight(image, position, &iso, &extended, &quality, s->arena,
			      show != NULL ? &sight : NULL);
	int kept;

	sample->score = quality.score;
	sample->faults = quality.faults;
	if (show != NULL) {
		*show = (struct worker_sight){ .width = sight.width,
					       .height = sight.height,
					       .grey = sight.grey,
					       .mask = sight.mask,
					       .clarity = sight.clarity,
					       .flow = sight.flow,
					       .ridges = sight.ridges,
					       .ridges_a = sight.ridges_a };
	}
	if (rv != ERR_OK) {
		buf_clear(&iso);
		buf_clear(&extended);
	}
	kept = keep(s, &iso, &sample->iso);
	rv = rv == ERR_OK ? kept : rv;
	kept = keep(s, &extended, &sample->extended);
	return rv == ERR_OK ? kept : rv;
}

/* One image of one finger; the sample takes what can be said even if it fails. */
static int examine_image(struct samples *s, struct bytes bytes, const struct decode_hint *hint,
			 uint8_t position, struct worker_sample *sample, struct worker_sight *show,
			 struct fault *fault)
{
	struct image image = { 0 };
	int rv;

	sample->format = format_code(hint->format == IMAGE_RAW ? IMAGE_RAW : decode_sniff(bytes));
	rv = decode_image(bytes, hint, &image, fault);
	if (rv != ERR_OK) {
		return rv;
	}
	sample->width = image.width;
	sample->height = image.height;
	sample->ppi = image.ppi;
	rv = extract(s, &image, position, sample, show);
	image_done(&image);
	if (rv != ERR_OK) {
		return err_at(fault, rv, 0, "fingerprint");
	}
	return ERR_OK;
}

static int op_examine(const struct worker_request *request, struct samples *s,
		      struct worker_sight *show, struct fault *fault)
{
	const struct decode_hint hint = { .format = request->width > 0 ? IMAGE_RAW : IMAGE_ANY,
					  .width = (uint32_t)request->width,
					  .height = (uint32_t)request->height,
					  .ppi = (uint32_t)request->ppi };
	struct worker_sample *sample = add(s);

	sample->position = request->position;
	return examine_image(s, request->bytes, &hint, (uint8_t)request->position, sample, show,
			     fault);
}

/* A view becomes a record of its own, as our own fingers' are. */
static int add_view(struct samples *s, const struct fmr *view, struct worker_sample *sample)
{
	struct buf iso = { .limit = WORKER_ISO_MAX };
	int rv = fmr_write(view, 1, FMR_ISO_2005, &iso);
	int kept;

	sample->format = WORKER_FORMAT_MINUTIAE;
	sample->position = view->position;
	sample->width = view->width;
	sample->height = view->height;
	sample->ppi = ((uint64_t)view->ppcm_x * 254 + 50) / 100;
	sample->score = view->quality;
	kept = keep(s, &iso, &sample->iso);
	return rv == ERR_OK ? kept : rv;
}

static int op_template(const struct worker_request *request, struct samples *s, struct fault *fault)
{
	struct fmr *views = arena_take(s->arena, FMR_VIEWS_MAX, sizeof *views);
	size_t n = 0;
	int rv;

	if (views == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "record");
	}
	rv = fmr_read(request->bytes, views, FMR_VIEWS_MAX, &n, fault);
	for (size_t i = 0; rv == ERR_OK && i < n; i++) {
		rv = add_view(s, &views[i], add(s));
		if (rv != ERR_OK) {
			(void)err_at(fault, rv, 0, "finger view");
		}
	}
	return rv;
}

static enum image_format format_of(enum nist_compression compression)
{
	switch (compression) {
	case NIST_RAW:
		return IMAGE_RAW;
	case NIST_WSQ:
		return IMAGE_WSQ;
	case NIST_JPEG:
	case NIST_JPEG_LOSSLESS:
		return IMAGE_JPEG;
	case NIST_PNG:
		return IMAGE_PNG;
	case NIST_JP2:
	case NIST_UNKNOWN:
	default:
		return IMAGE_ANY;
	}
}

/* A finger by its code: plain thumbs are thumbs; slaps, groups and unknown pairs are none. */
static bool single_finger(const struct nist_image *image, uint8_t *position)
{
	uint8_t code = image->positions > 0 ? image->position[0] : 0;

	*position = code == PLAIN_RIGHT_THUMB  ? RIGHT_THUMB
		    : code == PLAIN_LEFT_THUMB ? LEFT_THUMB
					       : code;
	return *position <= FMR_POSITION_MAX && image->positions <= 1;
}

static int examine_finger(struct samples *s, const struct nist_image *image,
			  struct worker_sample *sample, struct fault *fault)
{
	struct decode_hint hint = { .format = format_of(image->compression),
				    .width = image->width,
				    .height = image->height };
	uint8_t position;

	if (image->data.len == 0) {
		return err_at(fault, ERR_SHORT, 0, "image data");
	}
	if (!single_finger(image, &position)) {
		return err_at(fault, ERR_UNSUPPORTED, 0, "image of several fingers");
	}
	if (image->ppi >= IMAGE_PPI_MIN && image->ppi <= IMAGE_PPI_MAX) {
		hint.ppi = image->ppi;
	} else if (hint.format == IMAGE_RAW) {
		hint.ppi = DECODE_PPI_DEFAULT;
	}
	return examine_image(s, image->data, &hint, position, sample, NULL, fault);
}

/* An image that cannot be examined is its own misfortune, not the file's. */
static void examine_nist_image(struct samples *s, const struct nist_image *image,
			       struct worker_sample *sample)
{
	struct fault fault = { 0 };
	int rv = ERR_OK;

	*sample = (struct worker_sample){ .type = image->type,
					  .position = image->position[0],
					  .width = image->width,
					  .height = image->height,
					  .ppi = image->ppi,
					  .format = format_code(decode_sniff(image->data)),
					  .size = image->data.len };
	if (image->data.len > 0) {
		sample->at = (uint64_t)(image->data.data - s->begin);
	}
	if (image->type != 10) { /* faces and tattoos are only located */
		rv = examine_finger(s, image, sample, &fault);
	}
	if (image->compression == NIST_JP2) {
		sample->format = WORKER_FORMAT_JP2;
	}
	sample->code = code_of(rv);
	sample->place = rv != ERR_OK ? bytes_of(fault.what) : (struct bytes){ NULL, 0 };
}

/* Line ends of other systems become ours: a carriage return goes, or becomes a new line. */
static struct bytes plain_text(struct arena *arena, struct bytes text)
{
	uint8_t *p;
	size_t n = 0;

	if (text.len == 0 || memchr(text.data, '\r', text.len) == NULL) {
		return text;
	}
	p = arena_take(arena, text.len, 1);
	for (size_t i = 0; p != NULL && i < text.len; i++) {
		bool pair = text.data[i] == '\r' && i + 1 < text.len && text.data[i + 1] == '\n';

		if (!pair) {
			p[n++] = text.data[i] == '\r' ? '\n' : text.data[i];
		}
	}
	return (struct bytes){ p, n };
}

static int list_items(struct samples *s, const struct nist *nist, struct list *out)
{
	struct worker_item *items = arena_take(s->arena, nist->items, sizeof *items);

	if (items == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < nist->items; i++) {
		char tag[NIST_TAG_MAX];

		nist_tag(&nist->item[i], tag);
		items[i].tag = arena_copy(s->arena, bytes_of(tag));
		items[i].value = plain_text(s->arena, nist->item[i].text);
		if (items[i].tag.data == NULL || items[i].value.data == NULL) {
			return ERR_NOMEM;
		}
	}
	*out = (struct list){ .items = items, .count = nist->items };
	return ERR_OK;
}

static int op_nist(const struct worker_request *request, struct samples *s, struct list *items,
		   struct fault *fault)
{
	struct nist nist;
	int rv = nist_read(request->bytes, s->arena, &nist, fault);

	if (rv != ERR_OK) {
		return rv;
	}
	if (nist.images + nist.prints > WORKER_SAMPLES_MAX) {
		return err_at(fault, ERR_LIMIT, 0, "number of images");
	}
	for (size_t i = 0; i < nist.images; i++) {
		examine_nist_image(s, &nist.image[i], add(s));
	}
	for (size_t i = 0; i < nist.prints; i++) {
		struct worker_sample *sample = add(s);

		sample->type = 9;
		rv = add_view(s, &nist.minutiae[i]->view, sample);
		sample->code = code_of(rv);
	}
	rv = list_items(s, &nist, items);
	return rv == ERR_OK ? rv : err_at(fault, rv, 0, "texts");
}

void examine_request(const struct worker_request *request, struct arena *arena,
		     struct worker_answer *answer)
{
	struct samples s = { .arena = arena, .begin = request->bytes.data };
	struct fault fault = { 0 };
	struct list items = { 0 };
	struct worker_sight sight = { 0 };
	bool one = request->op == WORKER_EXAMINE || request->op == WORKER_SHOW;
	int rv = ERR_OK;

	s.sample = arena_take(arena, WORKER_SAMPLES_MAX, sizeof *s.sample);
	if (s.sample == NULL) {
		rv = err_at(&fault, ERR_NOMEM, 0, "samples");
	} else if (one) {
		rv = op_examine(request, &s, request->op == WORKER_SHOW ? &sight : NULL, &fault);
	} else if (request->op == WORKER_TEMPLATE) {
		rv = op_template(request, &s, &fault);
	} else if (request->op == WORKER_NIST) {
		rv = op_nist(request, &s, &items, &fault);
	}
	*answer = (struct worker_answer){ .id = request->id, .code = code_of(rv) };
	if (rv != ERR_OK) {
		answer->at = fault.at < request->bytes.len ? fault.at : request->bytes.len;
		answer->place = bytes_of(fault.what);
	}
	/* A file that fails as a whole gives nothing; a poor finger still tells its quality. */
	if (rv == ERR_OK || one) {
		answer->samples = (struct list){ .items = s.sample, .count = s.count };
		answer->sight = sight;
		answer->items = items;
	}
}
