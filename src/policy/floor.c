#include "policy/floor.h"

#include <assert.h>

#define CODE_BYTES 3

static bool same_code(const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 0; i < CODE_BYTES; i++) {
		/* Letters only, so that 0x20 is their case. */
		if ((a[i] | 0x20) != (b[i] | 0x20)) {
			return false;
		}
	}
	return true;
}

/* A list or a country that cannot be understood counts as excluded. */
static bool excludes(struct bytes codes, struct bytes country)
{
	if (codes.len == 0) {
		return false;
	}
	if (codes.len % CODE_BYTES != 0 || country.len != CODE_BYTES) {
		return true;
	}
	for (size_t i = 0; i < codes.len; i += CODE_BYTES) {
		if (same_code(codes.data + i, country.data)) {
			return true;
		}
	}
	return false;
}

static bool owns(const struct policy_peer *peer, struct bytes owner)
{
	return owner.len > 0 && bytes_equal(peer->owner, owner);
}

/* Relays carry what they cannot read; a role that is not known is no better. */
static bool may_read_at_all(const struct policy_peer *peer)
{
	return bytes_is(peer->role, "post") || bytes_is(peer->role, "region") ||
	       bytes_is(peer->role, "hq");
}

static struct floor_rights exactly(enum right right, const char *why)
{
	return (struct floor_rights){ right, right, why, why };
}

static struct floor_rights at_most(enum right right, const char *why)
{
	return (struct floor_rights){ RIGHT_NONE, right, NULL, why };
}

struct floor_rights floor_entitle(const struct labels *labels, const struct policy_peer *peer,
				  const struct policy_peer *self)
{
	bool own = owns(peer, labels->owner);

	if (labels->group == GROUP_CONTROL) {
		return exactly(RIGHT_READ, "control entries are read by every member");
	}
	if (labels->group == GROUP_OWN) {
		if (self->node.len > 0 && bytes_equal(peer->node, self->node)) {
			return exactly(RIGHT_READ, "a node reads its own records");
		}
		return exactly(RIGHT_NONE, "a node's own records never leave it");
	}
	if (labels->group < GROUP_CONTROL || labels->group > GROUP_OWN ||
	    labels->closed > CLOSED_ALL) {
		return exactly(RIGHT_NONE, "the labels are of a kind that is not known");
	}
	if (excludes(labels->exclude, peer->country)) {
		return exactly(RIGHT_NONE, "the owner excludes the country");
	}
	if (labels->group == GROUP_MAIL) {
		return at_most(RIGHT_RELAY, "mail is carried, only its recipient can open it");
	}
	if (!may_read_at_all(peer)) {
		return at_most(RIGHT_RELAY, "a relay carries and does not read");
	}
	if (own) {
		return exactly(RIGHT_READ, "the owner's nodes read the owner's records");
	}
	if (labels->closed == CLOSED_ALL) {
		return at_most(RIGHT_RELAY, "the owner lets others carry it, not read it");
	}
	if (labels->closed == CLOSED_IDENTITY && labels->group == GROUP_IDENTITY) {
		return at_most(RIGHT_RELAY, "match only: the owner alone reads identities");
	}
	return (struct floor_rights){ RIGHT_NONE, RIGHT_READ, NULL, NULL };
}

bool floor_is_special(const struct policy_encounter *e)
{
	return e->minor || e->protection;
}

static const char *no_search(struct policy_match *m, const char *why)
{
	const char *changed = m->search || m->headquarters ? why : NULL;

	m->search = false;
	m->headquarters = false;
	return changed;
}

const char *floor_match(const struct policy_encounter *e, struct policy_match *m)
{
	const char *why = NULL;

	if (m->fpir_ppm > FLOOR_FPIR_PPM_MAX) {
		m->fpir_ppm = FLOOR_FPIR_PPM_MAX;
		why = "at most one false candidate in ten searches";
	}
	if (m->reviewers < 1) {
		m->reviewers = 1;
		why = "at least one person judges a candidate";
	}
	if (e->protection) {
		const char *closed = no_search(m, "the person claims protection");

		return closed != NULL ? closed : why;
	}
	if (e->minor && e->purpose != PURPOSE_CHILD) {
		const char *closed =
		    no_search(m, "under 18, and the purpose is not child protection");

		return closed != NULL ? closed : why;
	}
	return why;
}

static bool one_purpose(uint64_t purpose)
{
	return purpose != 0 && (purpose & (purpose - 1)) == 0;
}

enum disclosure floor_disclose(const struct notice *candidate, const struct policy_encounter *e,
			       const struct policy_peer *self, const char **why)
{
	const struct restrictions *r = &candidate->restrictions;

	*why = NULL;
	if (candidate->status != STATUS_ACTIVE) {
		*why = "the record is blocked or withdrawn";
	} else if (!one_purpose(e->purpose) || (candidate->purposes & e->purpose) == 0) {
		*why = "the record does not answer searches of this purpose";
	} else if (excludes(r->exclude, self->country)) {
		*why = "the owner excludes the country";
	} else if ((candidate->minor != 0 || e->minor) && e->purpose != PURPOSE_CHILD) {
		*why = "under 18, and the purpose is not child protection";
	} else if (e->protection) {
		*why = "the person claims protection";
	} else if (!may_read_at_all(self)) {
		*why = "a relay carries and does not read";
	} else if (r->relay_only != 0 && !owns(self, candidate->owner)) {
		*why = "the owner lets others carry it, not read it";
	}
	if (*why != NULL) {
		return DISCLOSE_NOTHING;
	}
	if ((r->match_only != 0 || candidate->type == NOTICE_UNDISCLOSED) &&
	    !owns(self, candidate->owner)) {
		*why = "match only: the owner alone tells who it is";
		return DISCLOSE_REFERENCE;
	}
	return DISCLOSE_FULL;
}

enum sensitivity floor_classify(const struct policy_record *record, struct labels *out,
				const char **why)
{
	const struct notice *n = record->notice;
	const struct restrictions *r = &n->restrictions;

	out->owner = n->owner;
	out->purposes = n->purposes;
	out->group = record->group;
	out->exclude = r->exclude;
	out->closed = r->relay_only != 0   ? CLOSED_ALL
		      : r->match_only != 0 ? CLOSED_IDENTITY
					   : CLOSED_NOT;
	*why = NULL;
	if (n->minor != 0) {
		*why = "a record of a person under 18 is confidential";
		return SENSITIVITY_CONFIDENTIAL;
	}
	if (out->closed != CLOSED_NOT || r->exclude.len > 0) {
		*why = "a record with restrictions is not open";
		return SENSITIVITY_RESTRICTED;
	}
	return SENSITIVITY_OPEN;
}

/* Blue asks for information, green warns, yellow and black look for missing and dead
 * persons, orange for things.  All others may end in an arrest or a refusal. */
static bool may_coerce(const struct notice *n)
{
	if (n->action != 0) {
		return true;
	}
	switch (n->type) {
	case NOTICE_BLUE:
	case NOTICE_GREEN:
	case NOTICE_YELLOW:
	case NOTICE_BLACK:
	case NOTICE_ORANGE:
		return false;
	default:
		return true;
	}
}

uint64_t floor_reviewers(const struct notice *candidate, uint64_t asked)
{
	uint64_t least = may_coerce(candidate) ? 2 : 1;

	least =
	    candidate->restrictions.reviewers > least ? candidate->restrictions.reviewers : least;
	return asked > least ? asked : least;
}
