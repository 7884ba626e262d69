/* Chapter 4: what is to be known elsewhere becomes an entry: classed, sealed, signed, kept, and
 * offered to every neighbour that may have it.
 * Before: review.c  Next: meet.c */
#include <string.h>

#include "node/chapter.h"
#include "policy/floor.h"

/* Labels of the classes that every region has. */
static void group_labels(const struct node *n, enum label_group group, struct labels *out)
{
	*out = (struct labels){ .owner = n->self.region,
				.region = n->self.region,
				.group = group,
				.sensitivity = SENSITIVITY_RESTRICTED };
}

int share_group(const struct node *n, enum label_group group, uint8_t class_id[ENTRY_CLASS_BYTES])
{
	struct labels labels;

	group_labels(n, group, &labels);
	return labels_class(&labels, class_id);
}

void share_peer(const struct passport *p, struct policy_peer *out)
{
	*out = (struct policy_peer){ .role = bytes_of(passport_role_name(p->role)),
				     .region = p->region,
				     .country = p->country,
				     .owner = p->owner };
}

static int save_author(struct node *n)
{
	struct buf b;
	int rc;

	buf_init(&b, 64);
	buf_u64(&b, n->sequence);
	buf_put(&b, n->previous, sizeof n->previous);
	buf_u64(&b, n->clock.stamp);
	rc = store_set(n->store, "author", buf_bytes(&b));
	buf_done(&b);
	return rc;
}

/* The time to stamp with.  A leap of weeks without headquarters' word is more likely a broken
 * clock than a long sleep: the stamp waits for that word, or nobody would believe it, nor,
 * once the clock is right again, what follows it. */
static uint64_t stamp_ms(const struct node *n)
{
	uint64_t known = clock_ms(n->clock.stamp);

	known = n->trusted_ms > known ? n->trusted_ms : known;
	return RULE(stamp_leap,
		    known != 0 && n->self.role != ROLE_HQ && n->wall_ms > known + LEAP_MAX_MS)
		   ? known
		   : n->wall_ms;
}

/* The key of the class, or of the recipient, that the order names. */
static int fill_keys(struct node *n, const struct share_order *order, struct seal_order *seal)
{
	if (order->recipient != NULL) {
		seal->recipient = order->recipient;
		return ERR_OK;
	}
	seal->class_key = memcmp(order->class_id, n->own_class, ENTRY_CLASS_BYTES) == 0
			      ? keys_own(n->keys)
			      : members_write_key(n->members, order->class_id);
	return seal->class_key == NULL ? ERR_NOKEY : ERR_OK;
}

int share_write(struct node *n, const struct share_order *order, uint8_t id[ENTRY_ID_BYTES])
{
	struct seal_order seal = { .kind = order->kind,
				   .expiry_day = order->expiry_day,
				   .revision = order->revision };
	struct buf body;
	struct buf entry;
	int rc = fill_keys(n, order, &seal);

	buf_init(&body, ENTRY_BODY_MAX);
	buf_init(&entry, ENTRY_BYTES_MAX);
	if (rc == ERR_OK) {
		rc = schema_encode(order->schema, order->body, &body);
	}
	if (rc == ERR_OK) {
		node_touch(n);
		memcpy(seal.class_id, order->class_id, ENTRY_CLASS_BYTES);
		if (order->about.len > 0 && seal.class_key != NULL) {
			seal_tag(seal.class_key, order->about, seal.tag);
		} else if (order->about.len == ENTRY_TAG_BYTES) {
			/* Mail: its encounter's id, which is random and says nothing. */
			memcpy(seal.tag, order->about.data, ENTRY_TAG_BYTES);
		}
		seal.sequence = ++n->sequence;
		memcpy(seal.previous, n->previous, ENTRY_PREVIOUS_BYTES);
		seal.clock = clock_tick(&n->clock, stamp_ms(n));
		rc = seal_entry(n->keys, &seal, buf_bytes(&body), &entry, id);
	}
	if (rc == ERR_OK) {
		memcpy(n->previous, id, ENTRY_PREVIOUS_BYTES);
		rc = save_author(n);
	}
	if (rc == ERR_OK) {
		rc = exchange_take(n, buf_bytes(&entry));
	}
	if (body.data != NULL) {
		explicit_bzero(body.data, body.len);
	}
	buf_done(&body);
	buf_done(&entry);
	return rc;
}

int share_offer(struct node *n, const struct sync_item *item)
{
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		struct wire_link *l = &n->links[i];

		if (l->number != 0 && l->sync != NULL && l != n->giver &&
		    sync_offer(l->sync, item) != ERR_OK) {
			int rc = meet_close(n, l, "sync", ERR_NOMEM);

			if (rc != ERR_OK) {
				return rc;
			}
		}
	}
	return ERR_OK;
}

/* ---- the issuer's part: rosters and class keys ---- */

/* What policy gives a member in a class, never more than the floor. */
static enum right entitle(struct node *n, const struct labels *labels, const struct passport *p)
{
	struct policy_peer peer;
	struct policy_peer self;
	struct policy_reason why;

	share_peer(p, &peer);
	share_peer(&n->self, &self);
	return policy_entitle(n->config.policy, labels, &peer, &self, &why);
}

static int put_class(struct node *n, struct class_entry *c, const struct labels *labels)
{
	struct buf b;
	int rc;

	buf_init(&b, 256);
	rc = schema_encode(&labels_schema, labels, &b);
	if (rc == ERR_OK) {
		rc = labels_class(labels, c->class_id);
	}
	if (rc == ERR_OK) {
		c->labels = arena_copy(&n->arena, buf_bytes(&b));
		rc = c->labels.data == NULL ? ERR_NOMEM : ERR_OK;
	}
	buf_done(&b);
	return rc;
}

/* The roster that follows: today's classes, perhaps one more, and every member's rights. */
static int compile(struct node *n, const struct labels *more, struct roster *r)
{
	size_t have = members_class_count(n->members);
	size_t classes = have + (more != NULL);
	size_t count = members_count(n->members);
	struct class_entry *c = arena_take(&n->arena, classes, sizeof *c);
	struct member_rights *m = arena_take(&n->arena, count, sizeof *m);
	struct labels *labels = arena_take(&n->arena, classes, sizeof *labels);
	int rc = c == NULL || m == NULL || labels == NULL ? ERR_NOMEM : ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < classes; i++) {
		if (i < have) {
			(void)members_class(n->members, i, &labels[i]);
		} else {
			labels[i] = *more;
		}
		rc = put_class(n, &c[i], &labels[i]);
	}
	for (size_t k = 0; rc == ERR_OK && k < count; k++) {
		const struct passport *p = members_at(n->members, k);
		uint8_t *bits = arena_take(&n->arena, classes / 4 + 1, 1);

		if (bits == NULL) {
			return ERR_NOMEM;
		}
		for (size_t i = 0; i < classes; i++) {
			bits[i / 4] |=
			    (uint8_t)((unsigned)entitle(n, &labels[i], p) << (2 * (i % 4)));
		}
		memcpy(m[k].member, p->node, ENTRY_NODE_BYTES);
		m[k].rights = (struct bytes){ .data = bits, .len = classes / 4 + 1 };
	}
	*r = (struct roster){ .version = members_version(n->members) + 1,
			      .classes = { .items = c, .count = classes },
			      .members = { .items = m, .count = count } };
	return rc;
}

static int write_control(struct node *n, uint64_t kind, const struct schema *schema,
			 const void *body)
{
	uint8_t id[ENTRY_ID_BYTES];
	struct share_order order = { .kind = kind,
				     .class_id = n->membership.control_class,
				     .schema = schema,
				     .body = body,
				     .expiry_day = n->today + 10 * 365 };

	return share_write(n, &order, id);
}

/* The class key, sealed to each member that may read the class. */
static int write_epoch(struct node *n, const uint8_t class_id[ENTRY_CLASS_BYTES],
		       const uint8_t key[SEAL_KEY_BYTES])
{
	size_t count = members_count(n->members);
	struct member_key *m = arena_take(&n->arena, count, sizeof *m);
	struct epoch e = { .members = { .items = m } };
	struct buf box;

	if (m == NULL) {
		return ERR_NOMEM;
	}
	memcpy(e.class_id, class_id, ENTRY_CLASS_BYTES);
	seal_epoch(key, e.commit, e.epoch);
	for (size_t i = 0; i < count; i++) {
		const struct passport *p = members_at(n->members, i);
		struct bytes plain = { .data = key, .len = SEAL_KEY_BYTES };

		if (members_right(n->members, p->node, class_id) != RIGHT_READ) {
			continue;
		}
		buf_init(&box, 0);
		if (keys_box(p->seal_public, plain, &box) == ERR_OK) {
			memcpy(m[e.members.count].member, p->node, ENTRY_NODE_BYTES);
			m[e.members.count].box = arena_copy(&n->arena, buf_bytes(&box));
			e.members.count++;
		}
		buf_done(&box);
	}
	return e.members.count == 0 ? ERR_OK : write_control(n, KIND_EPOCH, &kinds_epoch, &e);
}

int share_publish(struct node *n, const struct labels *more, const uint8_t *more_key)
{
	struct roster r;
	int rc = compile(n, more, &r);

	if (rc == ERR_OK) {
		rc = write_control(n, KIND_ROSTER, &kinds_roster, &r);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (more != NULL) {
		uint8_t class_id[ENTRY_CLASS_BYTES];

		rc = labels_class(more, class_id);
		return rc == ERR_OK ? write_epoch(n, class_id, more_key) : rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < members_class_count(n->members); i++) {
		const uint8_t *class_id = members_class(n->members, i, NULL);
		const uint8_t *key = members_write_key(n->members, class_id);

		if (key != NULL &&
		    memcmp(class_id, n->membership.control_class, ENTRY_CLASS_BYTES) != 0) {
			rc = write_epoch(n, class_id, key);
		}
	}
	return rc;
}

int share_class(struct node *n, const struct labels *labels, uint8_t class_id[ENTRY_CLASS_BYTES])
{
	uint8_t key[SEAL_KEY_BYTES];
	struct labels there;
	int rc = labels_class(labels, class_id);

	if (rc != ERR_OK) {
		return rc;
	}
	if (members_labels(n->members, class_id, &there) == ERR_OK) {
		return members_write_key(n->members, class_id) == NULL ? ERR_NOKEY : ERR_OK;
	}
	if (keys_region_public(n->keys) == NULL) {
		return ERR_DENIED; /* only the issuer makes classes */
	}
	keys_random(key, sizeof key);
	node_touch(n);
	rc = members_key(n->members, class_id, key);
	if (rc == ERR_OK) {
		rc = share_publish(n, labels, key);
	}
	explicit_bzero(key, sizeof key);
	return rc;
}
