/* SipHash-2-4: a fast keyed hash of 64 bits.
 *
 * For short names and tables that nobody without the key can fill with collisions.  Not a
 * digest: who knows the key can make any value. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_BYTES 16U

uint64_t siphash_24(const uint8_t key[SIPHASH_KEY_BYTES], const void *data, size_t len);

#endif
