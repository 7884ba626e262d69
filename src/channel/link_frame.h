/* How much a link's frame carries and what stands inside its seal: type, length, content,
 * zeroes.  Only whole multiples of a unit are ever seen from outside. */
#ifndef CHANNEL_LINK_FRAME_H
#define CHANNEL_LINK_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "channel/noise_cipher.h"

#define LINK_FRAME_PAD         64 /* every unit is a multiple of it */
#define LINK_FRAME_PAD_LARGE   256
#define LINK_FRAME_LENGTH      2 /* bytes in front of the Noise message */
#define LINK_FRAME_HEAD        3 /* type and content's length, inside */
#define LINK_FRAME_MIN         (LINK_FRAME_HEAD + NOISE_TAG_BYTES)
#define LINK_FRAME_BYTES_MAX   65536
#define LINK_FRAME_CONTENT_MAX (LINK_FRAME_BYTES_MAX - LINK_FRAME_LENGTH - LINK_FRAME_MIN)

enum link_frame_type { LINK_FRAME_HELLO = 1, LINK_FRAME_MESSAGE = 2 };

/* The length on the wire of a frame with this much content, and with fixed bytes of
 * handshake keys in front of it. */
size_t link_frame_bytes(size_t fixed, size_t content, size_t pad);
/* Fill all len bytes at inner, which the content and its head must not exceed. */
void link_frame_fill(uint8_t *inner, size_t len, enum link_frame_type type, struct bytes content);
/* Find the content in what was filled, borrowed; *what becomes the field that was refused.
 * ERR_SHORT, ERR_UNSUPPORTED: another type, ERR_MALFORMED, ERR_LIMIT: more than max. */
int link_frame_content(struct bytes inner, enum link_frame_type type, size_t max,
		       struct bytes *content, const char **what);

#endif
