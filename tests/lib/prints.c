#include "tests/lib/prints.h"

#include <string.h>

#include "base/err.h"
#include "record/fmr.h"
#include "synth/minutiae.h"
#include "tests/lib/unit.h"

void prints_record(uint64_t finger, uint64_t touch, float difficulty, uint8_t position,
		   struct buf *out)
{
	struct fmr view;

	synth_template(finger, touch, difficulty, &view, NULL);
	view.position = position;
	assert_int_equal(fmr_write(&view, 1, FMR_ISO_2005, out), ERR_OK);
}

struct finger_template *prints_template(uint64_t finger, uint64_t touch, float difficulty,
					uint8_t position)
{
	struct buf iso = { 0 };
	struct finger_template *t = NULL;

	prints_record(finger, touch, difficulty, position, &iso);
	assert_int_equal(finger_template_load(buf_bytes(&iso), (struct bytes){ NULL, 0 }, &t, NULL),
			 ERR_OK);
	buf_done(&iso);
	return t;
}

struct finger_card *prints_card(uint64_t finger, uint64_t touch, float difficulty, uint8_t position)
{
	struct finger_template *t = prints_template(finger, touch, difficulty, position);
	struct finger_card *card = NULL;

	assert_int_equal(finger_card_make(t, &card), ERR_OK);
	finger_template_unref(t);
	return card;
}

void prints_person(unsigned person, uint8_t id[GALLERY_PERSON_BYTES])
{
	memset(id, 0, GALLERY_PERSON_BYTES);
	id[0] = (uint8_t)person;
	id[7] = (uint8_t)(person >> 8);
}
