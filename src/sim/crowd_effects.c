/* What a node asks for after a step, carried out in this world. */
#include "base/buf.h"
#include "sim/crowd_inside.h"

/* Timers run by the world's clock, even when a node's own is wrong. */
static int wake_at(struct crowd *c, size_t place, uint64_t local_ms)
{
	struct place *p = &c->places[place];
	uint64_t now = crowd_local(c, place);

	p->wake_ms = c->now_ms + (local_ms > now ? local_ms - now : 1);
	if (p->queued_ms != 0 && p->queued_ms <= p->wake_ms) {
		return ERR_OK;
	}
	p->queued_ms = p->wake_ms;
	return crowd_note(c, HAPPENING_WAKE, place, p->wake_ms, 0);
}

/* All that one step sends on one link goes out together. */
static int send_run(struct crowd *c, size_t place, const struct effects *effects, size_t *at)
{
	const struct effect *first = &effects->list[*at];
	struct buf all;
	int rc;

	buf_init(&all, 0);
	for (; *at < effects->count && effects->list[*at].kind == EFFECT_SEND &&
	       effects->list[*at].link == first->link;
	     (*at)++) {
		buf_put(&all, effects->list[*at].bytes.data, effects->list[*at].bytes.len);
	}
	(*at)--;
	if (c->hooks.on_send != NULL) {
		c->hooks.on_send(c->hooks.context, place, buf_bytes(&all));
	}
	rc = buf_error(&all);
	if (rc == ERR_OK) {
		rc = crowd_wires_send(c, place, first->link, buf_bytes(&all));
	}
	buf_done(&all);
	return rc;
}

int crowd_effects_carry_out(struct crowd *c, size_t place, const struct effects *effects)
{
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < effects->count; i++) {
		const struct effect *e = &effects->list[i];

		switch (e->kind) {
		case EFFECT_SEND:
			rc = send_run(c, place, effects, &i);
			break;
		case EFFECT_CLOSE:
			rc = crowd_wires_close(c, e->link, place, false);
			break;
		case EFFECT_DIAL:
			rc = crowd_wires_dial(c, place, e->bytes);
			break;
		case EFFECT_WAKE_AT:
			rc = wake_at(c, place, e->at_ms);
			break;
		case EFFECT_EXAMINE:
			rc = crowd_outside_examine(c, place, e);
			break;
		case EFFECT_SEARCH:
			rc = crowd_outside_search(c, place, e);
			break;
		case EFFECT_REPLY:
			if (c->hooks.on_reply != NULL) {
				c->hooks.on_reply(c->hooks.context, place, e->ask, e->bytes);
			}
			break;
		case EFFECT_TELL:
			if (c->hooks.on_tell != NULL) {
				c->hooks.on_tell(c->hooks.context, place, e->bytes);
			}
			break;
		}
	}
	return rc;
}
