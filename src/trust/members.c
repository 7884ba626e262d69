#include "trust/members.h"

#include "base/rule.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "trust/seal.h"

#define KEYS_MAX (MEMBERS_CLASSES_MAX * (size_t)4)

struct member {
	uint8_t *bytes; /* owned: the signed passport */
	size_t len;
	struct passport passport; /* its texts are borrowed from bytes */
};

/* One epoch of a class, of which the key has come, or an entry that announces it, or both. */
struct held_key {
	uint8_t class_id[ENTRY_CLASS_BYTES];
	uint8_t epoch[ENTRY_EPOCH_BYTES];
	bool announced;
	uint64_t since; /* the earliest clock of an entry that announces it */
	bool held;
	uint8_t key[32];
};

struct members {
	uint8_t region_public[KEYS_PUBLIC_BYTES];
	struct member *member; /* owned, MEMBERS_MAX */
	size_t count;
	struct held_key *keys; /* owned, guarded, KEYS_MAX */
	size_t key_count;
	struct buf roster_bytes; /* the roster in force, encoded */
	struct arena roster_arena;
	struct roster roster; /* decoded from roster_bytes */
};

int members_new(const uint8_t region_public[KEYS_PUBLIC_BYTES], struct members **out)
{
	struct members *m = calloc(1, sizeof *m);

	if (m == NULL) {
		return ERR_NOMEM;
	}
	m->member = calloc(MEMBERS_MAX, sizeof *m->member);
	m->keys = sodium_malloc(KEYS_MAX * sizeof *m->keys);
	arena_init(&m->roster_arena, 0);
	buf_init(&m->roster_bytes, 0);
	if (m->member == NULL || m->keys == NULL) {
		members_free(m);
		return ERR_NOMEM;
	}
	memcpy(m->region_public, region_public, KEYS_PUBLIC_BYTES);
	*out = m;
	return ERR_OK;
}

void members_free(struct members *m)
{
	if (m == NULL) {
		return;
	}
	for (size_t i = 0; m->member != NULL && i < m->count; i++) {
		free(m->member[i].bytes);
	}
	free(m->member);
	sodium_free(m->keys);
	arena_done(&m->roster_arena);
	buf_done(&m->roster_bytes);
	free(m);
}

static struct member *find(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES])
{
	for (size_t i = 0; i < m->count; i++) {
		if (memcmp(m->member[i].passport.node, node, ENTRY_NODE_BYTES) == 0) {
			return &m->member[i];
		}
	}
	return NULL;
}

/* An issuer that went back to a backup may give one number twice: any order will do, if all
 * have the same. */
static bool is_greater(struct bytes a, struct bytes b)
{
	return a.len != b.len ? a.len > b.len : memcmp(a.data, b.data, a.len) > 0;
}

int members_passport(struct members *m, struct bytes signed_passport, struct fault *fault)
{
	struct passport p;
	struct member *there;
	uint8_t *copy;
	int rc = passport_read(signed_passport, m->region_public, &p, fault);

	if (rc != ERR_OK) {
		return rc;
	}
	there = find(m, p.node);
	if (there != NULL &&
	    (there->passport.serial > p.serial ||
	     (there->passport.serial == p.serial &&
	      !is_greater(signed_passport,
			  (struct bytes){ .data = there->bytes, .len = there->len })))) {
		return ERR_STALE;
	}
	if (there == NULL && m->count == MEMBERS_MAX) {
		return ERR_FULL;
	}
	copy = malloc(signed_passport.len);
	if (copy == NULL) {
		return ERR_NOMEM;
	}
	memcpy(copy, signed_passport.data, signed_passport.len);
	if (there == NULL) {
		there = &m->member[m->count++];
	} else {
		free(there->bytes);
	}
	there->bytes = copy;
	there->len = signed_passport.len;
	return passport_read((struct bytes){ .data = copy, .len = there->len }, m->region_public,
			     &there->passport, NULL);
}

const struct passport *members_find(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES])
{
	const struct member *there = find(m, node);

	return there == NULL ? NULL : &there->passport;
}

struct bytes members_signed(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES])
{
	const struct member *there = find(m, node);

	return there == NULL ? (struct bytes){ NULL, 0 }
			     : (struct bytes){ .data = there->bytes, .len = there->len };
}

size_t members_count(const struct members *m)
{
	return m->count;
}

const struct passport *members_at(const struct members *m, size_t i)
{
	return i < m->count ? &m->member[i].passport : NULL;
}

/* Rights must not depend on which of two lines is read: the first bytes of an item are its id. */
static bool names_one_twice(const struct list *list, size_t item_bytes, size_t id_bytes)
{
	const uint8_t *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (memcmp(items + i * item_bytes, items + k * item_bytes, id_bytes) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* Each class of a roster must be what its id says, or rights could be given to a class under
 * another's name; and each class and member stands there once. */
static int check_roster(const struct roster *r)
{
	const struct class_entry *c = r->classes.items;
	struct arena none;

	static_assert(offsetof(struct class_entry, class_id) == 0 &&
			  offsetof(struct member_rights, member) == 0,
		      "the id comes first");
	if (names_one_twice(&r->classes, sizeof *c, ENTRY_CLASS_BYTES) ||
	    names_one_twice(&r->members, sizeof(struct member_rights), ENTRY_NODE_BYTES)) {
		return ERR_MALFORMED;
	}
	arena_init(&none, 1);
	for (size_t i = 0; i < r->classes.count; i++) {
		uint8_t id[ENTRY_CLASS_BYTES];
		struct labels labels;

		if (schema_decode(&labels_schema, c[i].labels, &none, &labels, NULL) != ERR_OK ||
		    labels_class(&labels, id) != ERR_OK ||
		    memcmp(id, c[i].class_id, sizeof id) != 0) {
			return ERR_MALFORMED;
		}
	}
	return ERR_OK;
}

int members_roster(struct members *m, const struct roster *r)
{
	struct buf bytes;
	struct arena arena;
	struct roster copy;
	int rc;

	if (RULE(roster_latest, r->version < m->roster.version) || r->version == 0) {
		return ERR_STALE;
	}
	rc = check_roster(r);
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&bytes, 0);
	arena_init(&arena, 0);
	rc = schema_encode(&kinds_roster, r, &bytes);
	if (rc == ERR_OK && r->version == m->roster.version &&
	    !is_greater(buf_bytes(&bytes), buf_bytes(&m->roster_bytes))) {
		rc = ERR_STALE;
	}
	if (rc == ERR_OK) {
		rc = schema_decode(&kinds_roster, buf_bytes(&bytes), &arena, &copy, NULL);
	}
	if (rc != ERR_OK) {
		arena_done(&arena);
		buf_done(&bytes);
		return rc;
	}
	arena_done(&m->roster_arena);
	buf_done(&m->roster_bytes);
	m->roster_bytes = bytes;
	m->roster_arena = arena;
	m->roster = copy;
	return ERR_OK;
}

uint64_t members_version(const struct members *m)
{
	return m->roster.version;
}

size_t members_class_count(const struct members *m)
{
	return m->roster.classes.count;
}

const uint8_t *members_class(const struct members *m, size_t i, struct labels *labels)
{
	const struct class_entry *c = m->roster.classes.items;
	struct arena none;

	if (i >= m->roster.classes.count) {
		return NULL;
	}
	if (labels != NULL) {
		arena_init(&none, 1);
		(void)schema_decode(&labels_schema, c[i].labels, &none, labels, NULL);
	}
	return c[i].class_id;
}

static size_t class_at(const struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	const struct class_entry *c = m->roster.classes.items;
	size_t i = 0;

	while (i < m->roster.classes.count &&
	       memcmp(c[i].class_id, class_id, ENTRY_CLASS_BYTES) != 0) {
		i++;
	}
	return i;
}

int members_labels(const struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
		   struct labels *labels)
{
	return members_class(m, class_at(m, class_id), labels) == NULL ? ERR_NOTFOUND : ERR_OK;
}

enum right members_right(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES],
			 const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	const struct member_rights *r = m->roster.members.items;
	size_t at = class_at(m, class_id);

	if (at == m->roster.classes.count) {
		return RIGHT_NONE;
	}
	for (size_t i = 0; i < m->roster.members.count; i++) {
		if (memcmp(r[i].member, node, ENTRY_NODE_BYTES) == 0) {
			return at / 4 < r[i].rights.len
				   ? (enum right)(r[i].rights.data[at / 4] >> (2 * (at % 4)) & 3)
				   : RIGHT_NONE;
		}
	}
	return RIGHT_NONE;
}

/* ---- class keys ---- */

static struct held_key *find_epoch(const struct members *m,
				   const uint8_t class_id[ENTRY_CLASS_BYTES],
				   const uint8_t epoch[ENTRY_EPOCH_BYTES])
{
	for (size_t i = 0; i < m->key_count; i++) {
		if (memcmp(m->keys[i].class_id, class_id, ENTRY_CLASS_BYTES) == 0 &&
		    memcmp(m->keys[i].epoch, epoch, ENTRY_EPOCH_BYTES) == 0) {
			return &m->keys[i];
		}
	}
	return NULL;
}

/* That epoch, or a new one without key and clock; NULL when there is no room. */
static struct held_key *take_epoch(struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
				   const uint8_t epoch[ENTRY_EPOCH_BYTES])
{
	struct held_key *h = find_epoch(m, class_id, epoch);

	if (h == NULL && m->key_count < KEYS_MAX) {
		h = &m->keys[m->key_count++];
		memcpy(h->class_id, class_id, ENTRY_CLASS_BYTES);
		memcpy(h->epoch, epoch, ENTRY_EPOCH_BYTES);
		h->announced = false;
		h->since = 0;
		h->held = false;
	}
	return h;
}

int members_key(struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES], const uint8_t key[32])
{
	struct held_key *h;
	uint8_t commit[32];
	uint8_t epoch[ENTRY_EPOCH_BYTES];

	seal_epoch(key, commit, epoch);
	h = take_epoch(m, class_id, epoch);
	if (h == NULL) {
		return ERR_FULL;
	}
	if (h->held) {
		return ERR_EXISTS;
	}
	memcpy(h->key, key, sizeof h->key);
	h->held = true;
	return ERR_OK;
}

int members_epoch(struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
		  const uint8_t epoch[ENTRY_EPOCH_BYTES], uint64_t clock)
{
	struct held_key *h = take_epoch(m, class_id, epoch);

	if (h == NULL) {
		return ERR_FULL;
	}
	/* The earliest: to hand an old key to a new member does not make it a new key. */
	h->since = h->announced && h->since < clock ? h->since : clock;
	h->announced = true;
	return ERR_OK;
}

const uint8_t *members_epoch_key(const struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
				 const uint8_t epoch[ENTRY_EPOCH_BYTES])
{
	const struct held_key *h = find_epoch(m, class_id, epoch);

	return h != NULL && h->held ? h->key : NULL;
}

/* A total order on the epochs of a class that is the same at every node. */
static bool is_later(const struct held_key *a, const struct held_key *b)
{
	if (a->announced != b->announced) {
		return a->announced;
	}
	return a->since != b->since ? a->since > b->since
				    : memcmp(a->epoch, b->epoch, ENTRY_EPOCH_BYTES) > 0;
}

const uint8_t *members_write_key(const struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	const struct held_key *last = NULL;

	for (size_t i = 0; i < m->key_count; i++) {
		const struct held_key *h = &m->keys[i];

		if (h->held && memcmp(h->class_id, class_id, ENTRY_CLASS_BYTES) == 0 &&
		    (last == NULL || is_later(h, last))) {
			last = h;
		}
	}
	return last == NULL ? NULL : last->key;
}
