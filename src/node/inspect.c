/* Beside the chapters: is all of a bundle what its sender made, and what is it? */
#include <string.h>

#include "node/unpack.h"

static int check_head(struct unpacking *x, const struct bundle_record *r)
{
	struct unpack *u = x->u;
	struct parcel_head head;
	int rc = schema_decode(&parcel_head_schema, r->content, &x->n->arena, &head, NULL);

	if (rc != ERR_OK) {
		return unpack_refuse(x, rc, "head");
	}
	buf_put(&u->passport, head.passport.data, head.passport.len);
	rc = buf_error(&u->passport);
	if (rc == ERR_OK) {
		rc = meet_check(x->n, buf_bytes(&u->passport), bundle_reader_sender(u->reader),
				&u->sender);
	}
	if (rc != ERR_OK) {
		memset(&u->sender, 0, sizeof u->sender);
		return unpack_refuse(x, rc, "sender's passport");
	}
	u->head = head;
	u->head.passport = (struct bytes){ NULL, 0 };
	return ERR_OK;
}

size_t inspect_lane(const struct unpack *u, int code, const struct entry *e)
{
	return code == ERR_OK && kind_known(e->header.kind) ? kind_lane(e->header.kind)
							    : u->lane_at;
}

static int check_entry(struct unpacking *x, const struct bundle_record *r)
{
	struct entry e;
	size_t lane;
	int rc = entry_decode(r->content, &e, NULL);

	/* An entry of a later format is refused by itself, not with all the others. */
	if (rc != ERR_OK && rc != ERR_UNSUPPORTED) {
		return unpack_refuse(x, rc, "entry");
	}
	lane = inspect_lane(x->u, rc, &e);
	if (lane < x->u->lane_at) {
		return unpack_refuse(x, ERR_MALFORMED, "order of lanes");
	}
	x->u->lane_at = lane;
	x->u->lane[lane].entries++;
	return ERR_OK;
}

static int check_receipt(struct unpacking *x, const struct bundle_record *r)
{
	struct parcel_receipt receipt;
	int rc = schema_decode(&parcel_receipt_schema, r->content, &x->n->arena, &receipt, NULL);

	x->u->receipts++;
	return rc == ERR_OK && x->u->receipts > PARCEL_RECEIPTS_MAX
		   ? unpack_refuse(x, ERR_LIMIT, "receipts")
		   : unpack_refuse(x, rc, "receipt");
}

/* What was counted is what the sender says, and he has signed all of it. */
static int check_end(struct unpacking *x, const struct bundle_record *r)
{
	struct unpack *u = x->u;
	struct parcel_end end;
	const struct parcel_lane *lanes;
	uint64_t said = 0;
	uint64_t counted = 0;
	int rc = schema_decode(&parcel_end_schema, r->content, &x->n->arena, &end, NULL);

	if (rc != ERR_OK) {
		return unpack_refuse(x, rc, "end");
	}
	rc = keys_verify(u->sender.sign_public, PARCEL_CONTEXT,
			 (struct bytes){ r->hash, BUNDLE_HASH_BYTES }, r->signature);
	if (rc != ERR_OK) {
		return unpack_refuse(x, rc, "sender's signature");
	}
	lanes = end.lanes.items;
	for (size_t i = 0; i < end.lanes.count; i++) {
		said += lanes[i].entries;
		u->lane[lanes[i].lane].left = lanes[i].left;
	}
	for (size_t k = 0; k < LANE_COUNT; k++) {
		counted += u->lane[k].entries;
	}
	u->ended = true;
	return said == counted && end.receipts == u->receipts
		   ? ERR_OK
		   : unpack_refuse(x, ERR_MALFORMED, "counts");
}

int inspect_record(struct unpacking *x, const struct bundle_record *r)
{
	switch (r->type) {
	case BUNDLE_HEAD:
		return check_head(x, r);
	case BUNDLE_RECEIPT:
		return x->u->lane_at > 0 || x->u->lane[0].entries > 0
			   ? unpack_refuse(x, ERR_MALFORMED, "order of records")
			   : check_receipt(x, r);
	case BUNDLE_ENTRY:
		return check_entry(x, r);
	case BUNDLE_END:
		return check_end(x, r);
	case BUNDLE_MORE:
		break;
	}
	return ERR_INTERNAL;
}

/* ---- for people ---- */

static int list_reasons(struct node *n, const struct unpack *u, struct list *out)
{
	struct line *lines = arena_take(&n->arena, ERR__COUNT, sizeof *lines);

	if (lines == NULL) {
		return ERR_NOMEM;
	}
	for (int code = 1; code < ERR__COUNT; code++) {
		if (u->reason[code] > 0) {
			lines[out->count++].text =
			    node_text(n, "%llu x %s (%s)", (unsigned long long)u->reason[code],
				      err_text(-code), err_name(-code));
		}
	}
	out->items = lines;
	return ERR_OK;
}

static int list_lanes(struct node *n, const struct unpack *u, struct list *out,
		      struct lane_count *sum)
{
	struct answer_bundle_lane *lanes = arena_take(&n->arena, LANE_COUNT, sizeof *lanes);

	if (lanes == NULL) {
		return ERR_NOMEM;
	}
	for (size_t k = 0; k < LANE_COUNT; k++) {
		const struct lane_count *c = &u->lane[k];

		sum->entries += c->entries;
		sum->taken += c->taken;
		sum->known += c->known;
		sum->refused += c->refused;
		if (c->entries > 0 || c->left > 0) {
			lanes[out->count++] =
			    (struct answer_bundle_lane){ .lane = bytes_of(parcel_lane_name(k)),
							 .entries = c->entries,
							 .left = c->left,
							 .taken = c->taken,
							 .known = c->known,
							 .refused = c->refused };
		}
	}
	out->items = lanes;
	return ERR_OK;
}

int inspect_describe(struct node *n, const struct unpack *u, struct answer_bundle *a)
{
	struct lane_count sum = { 0 };
	char hex[2 * BUNDLE_ID_BYTES + 1];
	char moment[DAY_MOMENT];
	int rc = list_lanes(n, u, &a->lanes, &sum);

	if (rc == ERR_OK) {
		rc = list_reasons(n, u, &a->reasons);
	}
	bytes_hex(u->id, sizeof u->id, hex);
	a->id = node_text(n, "%s", hex);
	bytes_hex(u->sender.node, 4, hex);
	a->node = node_text(n, "%s", hex);
	a->label = u->sender.label;
	day_format_ms(u->head.made_ms, moment);
	a->made = node_text(n, "%s", moment);
	a->recipients = u->head.recipients;
	a->roster = u->head.roster;
	a->bytes = u->bytes;
	a->receipts = u->receipts;
	a->sentence =
	    u->dry
		? node_text(n, "whole and genuine: %llu entries, %llu receipts; nothing was taken",
			    (unsigned long long)sum.entries, (unsigned long long)u->receipts)
		: node_text(n, "%llu entries: %llu taken, %llu known, %llu refused; %llu receipts",
			    (unsigned long long)sum.entries, (unsigned long long)sum.taken,
			    (unsigned long long)sum.known, (unsigned long long)sum.refused,
			    (unsigned long long)u->receipts);
	return rc;
}
