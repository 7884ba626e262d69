#include "channel/link_replay.h"

#include <string.h>

#include "base/err.h"
#include "base/wire.h"

void link_replay_init(struct link_replay *r)
{
	memset(r, 0, sizeof *r);
}

int link_replay_stamp(const uint8_t stamp[LINK_STAMP_BYTES], uint64_t now_ms, uint64_t window_ms)
{
	struct wire in;
	uint64_t made_ms;

	wire_init(&in, stamp, LINK_STAMP_BYTES);
	made_ms = wire_u64(&in);
	if (made_ms > now_ms && made_ms - now_ms > window_ms) {
		return ERR_SKEW;
	}
	if (now_ms > made_ms && now_ms - made_ms > window_ms) {
		return ERR_EXPIRED;
	}
	return ERR_OK;
}

int link_replay_add(struct link_replay *r, const uint8_t tag[NOISE_TAG_BYTES])
{
	for (size_t i = 0; i < r->count; i++) {
		if (memcmp(r->tags[i], tag, NOISE_TAG_BYTES) == 0) {
			return ERR_EXISTS;
		}
	}
	memcpy(r->tags[r->next], tag, NOISE_TAG_BYTES);
	r->next = (r->next + 1) % LINK_REPLAY_ROOM;
	if (r->count < LINK_REPLAY_ROOM) {
		r->count++;
	}
	return ERR_OK;
}
