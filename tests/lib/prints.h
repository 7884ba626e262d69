/* Prints of people who do not exist, in the forms in which tests want them. */
#ifndef TESTS_PRINTS_H
#define TESTS_PRINTS_H

#include "base/buf.h"
#include "match/gallery.h"

/* The minutiae record of a touch, appended to out. */
void prints_record(uint64_t finger, uint64_t touch, float difficulty, uint8_t position,
		   struct buf *out);
/* The same as a template; given. */
struct finger_template *prints_template(uint64_t finger, uint64_t touch, float difficulty,
					uint8_t position);
/* The same as a card; given. */
struct finger_card *prints_card(uint64_t finger, uint64_t touch, float difficulty,
				uint8_t position);
/* The id by which the gallery knows the person with this number. */
void prints_person(unsigned person, uint8_t id[GALLERY_PERSON_BYTES]);

#endif
