/* A template as it is kept for a search of many: packed to about the bytes it came in, and
 * opened for the few who are compared in full.  Immutable, shared by reference count. */
#ifndef FINGER_CARD_H
#define FINGER_CARD_H

#include <stdint.h>

#include "finger/code.h"
#include "finger/finger.h"

struct finger_card;

/* Given to the caller; ERR_NOMEM. */
int finger_card_make(const struct finger_template *t, struct finger_card **out);
/* Both steps at once, from a record and private data as finger_template_load takes them. */
int finger_card_load(struct bytes iso, struct bytes extended, struct finger_card **out,
		     struct fault *fault);
struct finger_card *finger_card_ref(struct finger_card *c);
void finger_card_unref(struct finger_card *c);
/* The template again, bit for bit; given to the caller.  ERR_NOMEM. */
int finger_card_open(const struct finger_card *c, struct finger_template **out);
/* Its code, as that of the opened template, in a quarter of the time.  ERR_NOMEM. */
int finger_card_code(const struct finger_card *c, struct finger_code *out);
uint8_t finger_card_position(const struct finger_card *c);
/* The hash of the content: equal for equal templates. */
uint64_t finger_card_print(const struct finger_card *c);
/* How many references there are: for tests. */
unsigned finger_card_references(const struct finger_card *c);
/* Bytes of memory that it takes. */
size_t finger_card_bytes(const struct finger_card *c);

#endif
