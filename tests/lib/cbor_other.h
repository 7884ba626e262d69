/* What another implementation, libcbor, makes of some CBOR.  In a file of its own, since its
 * header and record/cbor.h use the same words. */
#ifndef TESTS_CBOR_OTHER_H
#define TESTS_CBOR_OTHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Was the test built with libcbor? */
bool cbor_other_is_there(void);
/* Does it read these bytes, all of them, as one item of this type (enum cbor_type) and this
 * value or number of bytes, items or pairs, and write the same bytes again? */
bool cbor_other_agrees(const uint8_t *in, size_t len, unsigned type, uint64_t value);

#endif
