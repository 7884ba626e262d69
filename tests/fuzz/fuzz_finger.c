/* A record and private data from anywhere: refused with a place, or fit to be compared with
 * a fixed print, the same both ways.  Two bytes say how long the record is. */
#include <stdint.h>
#include <stdlib.h>

#include "finger/card.h"
#include "finger/code.h"
#include "finger/finger.h"
#include "record/fmr.h"
#include "synth/minutiae.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct finger_template *fixed(void)
{
	static struct finger_template *t;
	struct fmr view;
	struct buf iso = { 0 };

	if (t == NULL) {
		synth_template(1, 0, 0.2f, &view, NULL);
		if (fmr_write(&view, 1, FMR_ISO_2005, &iso) != ERR_OK ||
		    finger_template_load(buf_bytes(&iso), (struct bytes){ NULL, 0 }, &t, NULL) !=
			ERR_OK) {
			abort();
		}
		buf_done(&iso);
	}
	return t;
}

/* Kept as a card it scores the same, and its code gives every variant the same values. */
static void keep(const struct finger_template *t, int score)
{
	struct finger_card *card = NULL;
	struct finger_template *again = NULL;
	struct code_probe *p = NULL;
	struct finger_code code;

	code_make(t, &code);
	if (finger_card_make(t, &card) == ERR_OK && finger_card_open(card, &again) == ERR_OK &&
	    finger_compare(again, fixed()) != score) {
		abort();
	}
	if (code_probe_new(&code, &p) == ERR_OK) {
		for (enum code_variant v = CODE_PLAIN; v < CODE_VARIANTS; v++) {
			if (code_has(v) && code_alike_by(v, p, &code) != code_alike(p, &code)) {
				abort();
			}
		}
	}
	code_probe_free(p);
	finger_template_unref(again);
	finger_card_unref(card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct finger_template *t = NULL;
	struct fault fault = { 0 };
	struct bytes iso = { NULL, 0 };
	struct bytes extended = { NULL, 0 };
	size_t split;
	int score;
	int rv;

	if (size < 2) {
		return 0;
	}
	split = (size_t)data[0] << 8 | data[1];
	iso.len = split < size - 2 ? split : size - 2;
	iso.data = data + 2;
	extended.len = size - 2 - iso.len;
	extended.data = iso.data + iso.len;
	rv = finger_template_load(iso, extended, &t, &fault);
	if (rv != ERR_OK) {
		if (t != NULL || (rv != ERR_NOMEM && (fault.code != rv || fault.what == NULL))) {
			abort();
		}
		return 0;
	}
	score = finger_compare(t, fixed());
	if (score < -1000 || score > 2000 || score != finger_compare(fixed(), t)) {
		abort();
	}
	keep(t, score);
	(void)finger_compare(t, t);
	finger_template_unref(t);
	return 0;
}
