#include "channel/link_frame.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"

size_t link_frame_bytes(size_t fixed, size_t content, size_t pad)
{
	return (LINK_FRAME_LENGTH + fixed + LINK_FRAME_HEAD + content + NOISE_TAG_BYTES + pad - 1) /
	       pad * pad;
}

void link_frame_fill(uint8_t *inner, size_t len, enum link_frame_type type, struct bytes content)
{
	assert(LINK_FRAME_HEAD + content.len <= len && content.len <= UINT16_MAX);
	memset(inner, 0, len);
	inner[0] = (uint8_t)type;
	inner[1] = (uint8_t)(content.len >> 8);
	inner[2] = (uint8_t)content.len;
	if (content.len > 0) {
		memcpy(inner + LINK_FRAME_HEAD, content.data, content.len);
	}
}

/* Every byte must be as link_frame_fill would have written it: no room for anything else. */
int link_frame_content(struct bytes inner, enum link_frame_type type, size_t max,
		       struct bytes *content, const char **what)
{
	size_t len;

	*what = "type";
	if (inner.len < LINK_FRAME_HEAD) {
		return ERR_SHORT;
	}
	if (inner.data[0] != type) {
		return ERR_UNSUPPORTED;
	}
	*what = "content length";
	len = (size_t)inner.data[1] << 8 | inner.data[2];
	if (len > inner.len - LINK_FRAME_HEAD) {
		return ERR_MALFORMED;
	}
	if (len > max) {
		return ERR_LIMIT;
	}
	*what = "padding";
	if (!sodium_is_zero(inner.data + LINK_FRAME_HEAD + len,
			    inner.len - LINK_FRAME_HEAD - len)) {
		return ERR_MALFORMED;
	}
	*content = (struct bytes){ inner.data + LINK_FRAME_HEAD, len };
	return ERR_OK;
}
