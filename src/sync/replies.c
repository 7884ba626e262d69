#include "sync/replies.h"

#include <string.h>

#define ACK_REFUSED 0x8000U
#define ACK_RUN     0x7fffU
#define ACK_BYTES   6U

static void fill_acks(struct incoming *in, struct buf *out, size_t max)
{
	size_t done = 0;
	size_t begun;

	if (in->n_acks == 0 || out->len + FRAME_HEAD + ACK_BYTES > max) {
		return;
	}
	begun = frame_begin(out, FRAME_ACK);
	while (done < in->n_acks && out->len + ACK_BYTES <= max) {
		const struct incoming_ack *a = &in->acks[done];
		unsigned n = 1;

		while (n < ACK_RUN && done + n < in->n_acks && a[n].serial == a->serial + n &&
		       a[n].refused == a->refused) {
			n++;
		}
		buf_u32(out, a->serial);
		buf_u16(out, (uint16_t)(n | (a->refused ? ACK_REFUSED : 0)));
		done += n;
	}
	frame_end(out, begun);
	in->n_acks -= done;
	in->open -= done;
	memmove(in->acks, in->acks + done, in->n_acks * sizeof *in->acks);
}

static bool is_held(const struct incoming *in, const struct want *w)
{
	const struct sync_set *set = in->shares->set;

	return (w->plain ? set_find_plain(set, w->name >> 16)
			 : set_find_name(set, &in->shares->keys, w->name)) != NULL;
}

/* The next name to ask for; what has come or gone another way is settled. */
static struct want *next_fresh(struct incoming *in)
{
	struct want *w = wants_next(&in->wants);

	while (w != NULL && is_held(in, w)) {
		incoming_settle(in, w);
		w = wants_next(&in->wants);
	}
	return w;
}

/* WANT and PICK frames, each for a run of names of its kind. */
static void fill_wants(struct incoming *in, struct buf *out, size_t max)
{
	enum frame_type type = 0;
	size_t begun = 0;

	while (in->wants.asked < INCOMING_ASKED_MAX && out->len + FRAME_HEAD + NAME_BYTES <= max) {
		struct want *w = next_fresh(in);

		if (w == NULL) {
			break;
		}
		if (begun != 0 && type != (w->plain ? FRAME_PICK : FRAME_WANT)) {
			frame_end(out, begun);
			begun = 0;
		}
		if (begun == 0) {
			type = w->plain ? FRAME_PICK : FRAME_WANT;
			begun = frame_begin(out, type);
		}
		wants_ask(&in->wants, w);
		if (w->plain) {
			frame_put_plain(out, w->name >> 16);
		} else {
			buf_u64(out, w->name);
		}
	}
	if (begun != 0) {
		frame_end(out, begun);
	}
}

void replies_fill(struct incoming *in, struct buf *out, size_t max)
{
	fill_acks(in, out, max);
	fill_wants(in, out, max);
	/* Last: asking may have dropped names. */
	if (in->to_return > 0 && out->len + FRAME_HEAD + 2 <= max) {
		size_t begun = frame_begin(out, FRAME_RETURN);

		buf_u16(out, (uint16_t)in->to_return);
		frame_end(out, begun);
		in->to_return = 0;
	}
}
