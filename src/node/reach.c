/* Beside the chapters: whom a bundle is for, and what they may all have. */
#include <stdlib.h>
#include <string.h>

#include "node/chapter.h"

#define PREFIX_MIN 8U /* hex digits that name a member */

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, ENTRY_CLASS_BYTES);
}

static bool all_share(const struct node *n, const uint8_t (*members)[ENTRY_NODE_BYTES],
		      size_t count, const uint8_t *class_id)
{
	for (size_t i = 0; i < count; i++) {
		if (!exchange_shares(n, members[i], class_id)) {
			return false;
		}
	}
	return true;
}

int reach_classes(struct node *n, const uint8_t (*members)[ENTRY_NODE_BYTES], size_t count,
		  uint8_t (**ids)[ENTRY_CLASS_BYTES], size_t *id_count,
		  uint8_t hash[LEDGER_CLASS_BYTES])
{
	uint8_t(*list)[ENTRY_CLASS_BYTES] =
	    arena_take(&n->arena, members_class_count(n->members) + 1, sizeof *list);
	uint8_t full[KEYS_HASH_BYTES];
	size_t used = 0;

	if (list == NULL) {
		return ERR_NOMEM;
	}
	memcpy(list[used++], n->membership.control_class, ENTRY_CLASS_BYTES);
	for (size_t i = 0; i < members_class_count(n->members); i++) {
		const uint8_t *id = members_class(n->members, i, NULL);

		if (memcmp(id, list[0], ENTRY_CLASS_BYTES) != 0 &&
		    all_share(n, members, count, id)) {
			memcpy(list[used++], id, ENTRY_CLASS_BYTES);
		}
	}
	qsort(list, used, sizeof *list, by_bytes);
	keys_hash((struct bytes){ list[0], used * sizeof *list }, full);
	memcpy(hash, full, LEDGER_CLASS_BYTES);
	*ids = list;
	*id_count = used;
	return ERR_OK;
}

static bool is_named(const struct passport *p, struct bytes name)
{
	char hex[2 * ENTRY_NODE_BYTES + 1];

	bytes_hex(p->node, sizeof p->node, hex);
	return bytes_equal(p->label, name) || (name.len >= PREFIX_MIN && name.len <= strlen(hex) &&
					       memcmp(hex, name.data, name.len) == 0);
}

static bool is_other(const struct node *n, const struct passport *p)
{
	return memcmp(p->node, n->self.node, ENTRY_NODE_BYTES) != 0;
}

bool reach_has(const uint8_t (*ids)[ENTRY_CLASS_BYTES], size_t count,
	       const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	return bsearch(class_id, ids, count, sizeof *ids, by_bytes) != NULL;
}

/* The one member of this name, by label or first digits. */
static int find_member(const struct node *n, struct bytes name, const struct passport **out)
{
	*out = NULL;
	for (size_t i = 0; i < members_count(n->members); i++) {
		const struct passport *p = members_at(n->members, i);

		if (is_other(n, p) && is_named(p, name)) {
			if (*out != NULL) {
				return ERR_EXISTS; /* which one is meant? */
			}
			*out = p;
		}
	}
	return *out == NULL ? ERR_NOTFOUND : passport_valid(*out, n->today) ? ERR_OK : ERR_EXPIRED;
}

static int add(uint8_t (*members)[ENTRY_NODE_BYTES], size_t *count, const struct passport *p)
{
	for (size_t i = 0; i < *count; i++) {
		if (memcmp(members[i], p->node, ENTRY_NODE_BYTES) == 0) {
			return ERR_OK;
		}
	}
	if (*count == BUNDLE_SLOTS_MAX) {
		return ERR_LIMIT;
	}
	memcpy(members[(*count)++], p->node, ENTRY_NODE_BYTES);
	return ERR_OK;
}

int reach_choose(const struct node *n, const struct list *to, uint8_t (*members)[ENTRY_NODE_BYTES],
		 size_t *count, struct bytes *wrong)
{
	const struct line *names = to->items;
	const struct passport *p;
	int rc = ERR_OK;

	*count = 0;
	for (size_t i = 0; rc == ERR_OK && i < to->count; i++) {
		*wrong = names[i].text;
		rc = find_member(n, names[i].text, &p);
		if (rc == ERR_OK) {
			rc = add(members, count, p);
		}
	}
	for (size_t i = 0; to->count == 0 && rc == ERR_OK && i < members_count(n->members); i++) {
		p = members_at(n->members, i);
		if (is_other(n, p) && passport_valid(p, n->today)) {
			rc = add(members, count, p);
		}
	}
	return rc == ERR_OK && *count == 0 ? ERR_NOTFOUND : rc;
}

int reach_refuse(struct node *n, int rc, struct bytes name)
{
	const char *text = rc == ERR_NOTFOUND  ? "there is no such member besides this node"
			   : rc == ERR_EXISTS  ? "more than one member has this name"
			   : rc == ERR_EXPIRED ? "this member's passport is not valid today"
			   : rc == ERR_LIMIT   ? "a bundle is for 64 members at most"
					       : NULL;
	struct bytes said = node_text(n, "%.*s: %s", (int)name.len, (const char *)name.data,
				      text != NULL ? text : err_text(rc));
	char line[256] = "";

	(void)bytes_text(said, line, sizeof line);
	return node_reply(n, n->event->ask, rc, "to", line, NULL, NULL);
}
