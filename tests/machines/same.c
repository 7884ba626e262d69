/* What must be the same on every machine, as hashes on standard output: drawn prints, what is
 * read in them, how they look to a search, and how they compare.  machines.sh builds it for
 * several processors and compares.  Standard error says which variants of the scan ran. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "finger/code.h"
#include "finger/finger.h"
#include "match/gallery.h"
#include "match/search.h"
#include "record/fmr.h"
#include "synth/minutiae.h"
#include "synth/print.h"

#define PRINTS 6U  /* drawn, with private data: two touches of each of three fingers */
#define MADE   70U /* minutiae alone */
#define ALL    (PRINTS + MADE)

static uint64_t fold(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ p[i]) * 0x100000001b3ULL;
	}
	return h;
}

static void check(int code, const char *what)
{
	if (code != ERR_OK) {
		fprintf(stderr, "%s: %s\n", what, err_text(code));
		exit(1);
	}
}

static void tell(const char *what, uint64_t h)
{
	printf("%s %016" PRIx64 "\n", what, h);
}

static void extract(unsigned i, struct finger_template **out, uint64_t *image_hash,
		    uint64_t *record_hash)
{
	struct synth_params params;
	struct synth_master *master;
	struct image image;
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_quality quality;

	synth_params_init(&params, 0.3F);
	params.width = 300;
	params.height = 360;
	check(synth_master_new(i / 2, &master), "master");
	check(synth_impression(master, i, &params, &image), "impression");
	check(finger_extract(&image, (uint8_t)(i % 3), &iso, &extended, &quality), "extract");
	*image_hash = fold(*image_hash, image.pixels, (size_t)image.width * image.height);
	*record_hash = fold(*record_hash, iso.data, iso.len);
	*record_hash = fold(*record_hash, extended.data, extended.len);
	*record_hash = fold(*record_hash, &quality.score, 1);
	check(finger_template_load(buf_bytes(&iso), buf_bytes(&extended), out, NULL), "load");
	buf_done(&iso);
	buf_done(&extended);
	image_done(&image);
	synth_master_free(master);
}

static void make(unsigned i, struct finger_template **out)
{
	struct fmr view;
	struct buf iso = { 0 };

	synth_template(i / 2, i, 0.4F, &view, NULL);
	view.position = (uint8_t)(i % 3);
	check(fmr_write(&view, 1, FMR_ISO_2005, &iso), "record");
	check(finger_template_load(buf_bytes(&iso), (struct bytes){ NULL, 0 }, out, NULL), "load");
	buf_done(&iso);
}

/* All looks by all variants that this processor has; a difference is the end. */
static uint64_t looks(struct finger_template *const *print)
{
	struct finger_code *code = aligned_alloc(CODE_ALIGN, ALL * sizeof(*code));
	uint64_t h = 0;

	check(code == NULL ? ERR_NOMEM : ERR_OK, "codes");
	for (unsigned i = 0; i < ALL; i++) {
		code_make(print[i], &code[i]);
		h = fold(h, &code[i], sizeof(code[i]));
	}
	for (unsigned i = 0; i < ALL; i++) {
		struct code_probe *p;

		check(code_probe_new(&code[i], &p), "probe");
		for (unsigned j = 0; j < ALL; j++) {
			uint32_t look = code_alike_by(CODE_PLAIN, p, &code[j]);

			h = fold(h, &look, sizeof(look));
			for (enum code_variant v = CODE_PLAIN; v < CODE_VARIANTS; v++) {
				if (code_has(v) && code_alike_by(v, p, &code[j]) != look) {
					fprintf(stderr, "variant %d differs\n", (int)v);
					exit(1);
				}
			}
		}
		code_probe_free(p);
	}
	free(code);
	return h;
}

static uint64_t scores(struct finger_template *const *print)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < ALL; i++) {
		for (unsigned j = 0; j < ALL; j++) {
			int32_t score = finger_compare(print[i], print[j]);

			h = fold(h, &score, sizeof(score));
		}
	}
	return h;
}

/* Everybody searched for in a gallery of all. */
static uint64_t searches(struct finger_template *const *print)
{
	struct gallery *g;
	struct gallery_snapshot *s;
	uint64_t h = 0;

	check(gallery_new(&g), "gallery");
	for (unsigned i = 0; i < ALL; i++) {
		uint8_t id[GALLERY_PERSON_BYTES] = { (uint8_t)i };
		struct finger_card *card;

		check(finger_card_make(print[i], &card), "card");
		check(gallery_put(g, id, card), "put");
		finger_card_unref(card);
	}
	check(gallery_snapshot(g, &s), "snapshot");
	for (unsigned i = 0; i < ALL; i++) {
		struct search_result r;

		check(search_part(s, &print[i], 1, NULL, 0, 1, &r), "search");
		for (size_t k = 0; k < r.count; k++) {
			int32_t score = r.candidate[k].score;

			h = fold(h, r.candidate[k].person, GALLERY_PERSON_BYTES);
			h = fold(h, &score, sizeof(score));
		}
		h = fold(h, &r.compared, sizeof(r.compared));
	}
	gallery_snapshot_unref(s);
	gallery_free(g);
	return h;
}

int main(void)
{
	static const char *const name[CODE_VARIANTS] = { "plain", "neon", "ssse3", "avx2",
							 "avx512" };
	struct finger_template *print[ALL];
	uint64_t images = 0;
	uint64_t records = 0;

	for (unsigned i = 0; i < ALL; i++) {
		if (i < PRINTS) {
			extract(i, &print[i], &images, &records);
		} else {
			make(i, &print[i]);
		}
	}
	tell("images", images);
	tell("records", records);
	tell("looks", looks(print));
	tell("scores", scores(print));
	tell("searches", searches(print));
	for (unsigned i = 0; i < ALL; i++) {
		finger_template_unref(print[i]);
	}
	for (enum code_variant v = CODE_PLAIN; v < CODE_VARIANTS; v++) {
		fprintf(stderr, "%s%s", code_has(v) ? name[v] : "", code_has(v) ? " " : "");
	}
	fprintf(stderr, "\n");
	return 0;
}
