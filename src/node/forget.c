/* Chapter 8: what has expired, was erased or is superseded goes, and does not come back.
 * Before: report.c */
#include <stdlib.h>
#include <string.h>

#include "node/chapter.h"

#define PURGE_BATCH 512U

/* Out of the book, the gallery and the set; the store is the caller's. */
static int release(struct node *n, const uint8_t id[ENTRY_ID_BYTES])
{
	const struct held *h = book_held(n->book, id);
	uint8_t about[16];
	struct person *p;
	bool owned;

	if (h == NULL) {
		return ERR_OK;
	}
	memcpy(about, h->about, sizeof about);
	owned = h->opened && kind_is_owned(h->kind);
	p = owned ? map_get(&n->book->people, about) : NULL;
	if (p != NULL) {
		/* Whatever is about to go, it must not match for one moment longer. */
		apply_leave(n, p);
	}
	book_release(n->book, id);
	p = owned ? map_get(&n->book->people, about) : NULL;
	return p != NULL ? apply_gallery(n, p) : ERR_OK;
}

int forget_drop(struct node *n, const uint8_t id[ENTRY_ID_BYTES])
{
	uint8_t copy[ENTRY_ID_BYTES];
	int rc;

	memcpy(copy, id, sizeof copy); /* it may stand in what is released */
	node_touch(n);
	rc = store_drop(n->store, copy);
	if (rc == ERR_OK) {
		(void)sync_set_remove(n->set, copy);
		rc = release(n, copy);
	}
	return rc == ERR_NOTFOUND ? ERR_OK : rc;
}

static int erase_one(struct node *n, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	uint8_t copy[ENTRY_ID_BYTES];
	int rc;

	memcpy(copy, id, sizeof copy);
	node_touch(n);
	rc = RULE(tombstone, true) ? store_erase(n->store, copy, expiry_day)
				   : store_drop(n->store, copy);
	if (rc == ERR_OK) {
		rc = sync_set_erase(n->set, copy);
	}
	n->erased = true;
	return rc == ERR_OK ? release(n, copy) : rc;
}

/* Erased before it came, by somebody who may erase only what is his own. */
static int claim(struct node *n, const uint8_t id[ENTRY_ID_BYTES],
		 const uint8_t author[ENTRY_NODE_BYTES])
{
	uint8_t *by = map_get(&n->book->claims, id);

	if (by != NULL) {
		return ERR_OK;
	}
	by = malloc(ENTRY_NODE_BYTES);
	if (by == NULL) {
		return ERR_NOMEM;
	}
	memcpy(by, author, ENTRY_NODE_BYTES);
	return map_put(&n->book->claims, id, by);
}

int forget_apply(struct node *n, const struct entry *e, const struct erasure *erasure)
{
	const struct passport *author = members_find(n->members, e->header.author);
	const struct erased *x = erasure->erased.items;
	bool any = author != NULL && author->role == ROLE_HQ;
	int rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < erasure->erased.count; i++) {
		const struct held *h = book_held(n->book, x[i].id);

		bool own = h != NULL && memcmp(h->author, e->header.author, ENTRY_NODE_BYTES) == 0;

		if (!RULE(erase_own, !any && !own)) {
			/* An erasure cannot make its target live longer than it says. */
			rc = erase_one(n, x[i].id,
				       h != NULL ? h->expiry_day : (uint32_t)x[i].expiry_day);
		} else if (h == NULL) {
			rc = claim(n, x[i].id, e->header.author);
		}
	}
	return rc;
}

int forget_erase(struct node *n, const struct erased *erased, size_t count)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct erased *items = arena_take(&n->arena, count, sizeof *items);
	int rc = items == NULL ? ERR_NOMEM : ERR_OK;

	if (items != NULL) {
		memcpy(items, erased, count * sizeof *items);
	}
	for (size_t at = 0; rc == ERR_OK && at < count; at += KINDS_ERASE_MAX) {
		size_t some = count - at < KINDS_ERASE_MAX ? count - at : KINDS_ERASE_MAX;
		struct erasure erasure = { .erased = { .items = items + at, .count = some } };
		struct share_order order = { .kind = KIND_ERASURE,
					     .class_id = n->membership.control_class,
					     .schema = &kinds_erasure,
					     .body = &erasure };

		/* The tombstones are needed as long as a copy could still be believed. */
		for (size_t i = 0; i < some; i++) {
			if (erased[at + i].expiry_day > order.expiry_day) {
				order.expiry_day = erased[at + i].expiry_day;
			}
		}
		rc = share_write(n, &order, id);
	}
	return rc;
}

uint32_t forget_sure_day(const struct node *n)
{
	return RULE(trusted_time, n->self.role != ROLE_HQ) ? day_of_ms(n->trusted_ms) : n->today;
}

/* Everything that expired before the sure day goes from memory and from the store. */
static int purge(struct node *n)
{
	const struct held *h;
	uint8_t(*ids)[ENTRY_ID_BYTES];
	size_t count = 0;
	size_t at = 0;
	size_t dropped = 0;
	int rc = ERR_OK;

	ids = arena_take(&n->arena, n->book->held.count, sizeof *ids);
	if (ids == NULL) {
		return ERR_NOMEM;
	}
	while ((h = map_next(&n->book->held, &at)) != NULL) {
		if (h->expiry_day < forget_sure_day(n)) {
			memcpy(ids[count++], h->id, ENTRY_ID_BYTES);
		}
	}
	for (size_t i = 0; rc == ERR_OK && i < count; i++) {
		rc = forget_drop(n, ids[i]);
	}
	if (rc == ERR_OK) {
		rc = store_purge(n->store, forget_sure_day(n), PURGE_BATCH, &dropped);
	}
	if (rc == ERR_OK && count + dropped > 0) {
		n->erased = true;
		rc = node_audit(n, "purge", (struct bytes){ NULL, 0 }, NULL, NULL);
	}
	return rc;
}

/* Notices whose validity ended leave the gallery on the day, before they are dropped. */
static int review_gallery(struct node *n)
{
	struct person *p;
	size_t at = 0;
	int rc = ERR_OK;

	while (rc == ERR_OK && (p = map_next(&n->book->people, &at)) != NULL) {
		if (p->in_gallery != apply_is_searchable(n, p)) {
			rc = apply_gallery(n, p);
		}
	}
	return rc;
}

int forget_due(struct node *n)
{
	int rc;

	if (!n->enrolled || n->now_ms < n->next_purge_ms) {
		return ERR_OK;
	}
	node_touch(n);
	n->next_purge_ms = n->now_ms + PURGE_EVERY_MS;
	rc = purge(n);
	if (rc == ERR_OK) {
		rc = review_gallery(n);
	}
	return rc == ERR_OK ? apply_unopened(n) : rc;
}
