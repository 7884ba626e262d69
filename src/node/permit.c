/* Beside the chapters: sorts of people, and which of them a check may find. */
#include "node/permit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 1000000U /* of policies, for one check: as many as one question may take */

struct group {
	uint64_t people;      /* 0: free */
	struct notice notice; /* what policies see of it, texts borrowed from bytes */
	uint8_t *bytes;       /* owned */
};

struct permits {
	size_t used;                        /* those after it have never had people */
	struct group group[GALLERY_GROUPS]; /* the first one stays free: PERMIT_OTHERS */
};

int permit_new(struct permits **out)
{
	struct permits *t = calloc(1, sizeof *t);

	if (t == NULL) {
		return ERR_NOMEM;
	}
	t->used = PERMIT_OTHERS + 1;
	*out = t;
	return ERR_OK;
}

void permit_free(struct permits *t)
{
	for (size_t i = 0; t != NULL && i < t->used; i++) {
		free(t->group[i].bytes);
	}
	free(t);
}

/* Only what a policy sees is kept: no record, no reference. */
static int found(struct group *g, const struct notice *n)
{
	struct bytes exclude = n->restrictions.exclude;

	g->bytes = malloc(n->owner.len + exclude.len + 1);
	if (g->bytes == NULL) {
		return ERR_NOMEM;
	}
	g->notice = (struct notice){ .status = n->status,
				     .type = n->type,
				     .purposes = n->purposes,
				     .restrictions = n->restrictions,
				     .minor = n->minor };
	g->notice.owner = (struct bytes){ .data = g->bytes, .len = n->owner.len };
	g->notice.restrictions.exclude =
	    (struct bytes){ .data = g->bytes + n->owner.len, .len = exclude.len };
	if (n->owner.len > 0) {
		memcpy(g->bytes, n->owner.data, n->owner.len);
	}
	if (exclude.len > 0) {
		memcpy(g->bytes + n->owner.len, exclude.data, exclude.len);
	}
	assert(policy_sees_same(&g->notice, n));
	return ERR_OK;
}

int permit_join(struct permits *t, const struct notice *notice, uint16_t *group)
{
	size_t at = 0;
	int rc;

	for (size_t i = PERMIT_OTHERS + 1; i < t->used; i++) {
		if (t->group[i].people == 0) {
			at = at == 0 ? i : at;
		} else if (policy_sees_same(&t->group[i].notice, notice)) {
			t->group[i].people++;
			*group = (uint16_t)i;
			return ERR_OK;
		}
	}
	if (at == 0 && t->used == GALLERY_GROUPS) {
		*group = PERMIT_OTHERS;
		return ERR_OK;
	}
	at = at == 0 ? t->used : at;
	rc = found(&t->group[at], notice);
	if (rc != ERR_OK) {
		return rc;
	}
	t->used = at == t->used ? t->used + 1 : t->used;
	t->group[at].people = 1;
	*group = (uint16_t)at;
	return ERR_OK;
}

void permit_leave(struct permits *t, uint16_t group)
{
	struct group *g = &t->group[group];

	if (group == PERMIT_OTHERS) {
		return;
	}
	assert(g->people > 0);
	if (--g->people == 0) {
		free(g->bytes);
		*g = (struct group){ .people = 0 };
	}
}

void permit_filter(const struct permits *t, struct policy *policy, const struct policy_encounter *e,
		   const struct policy_peer *self, struct search_filter *out)
{
	uint64_t steps = 0;

	memset(out->group, 0, sizeof out->group);
	out->group[PERMIT_OTHERS / 8] |= 1U << PERMIT_OTHERS % 8;
	for (size_t i = PERMIT_OTHERS + 1; i < t->used; i++) {
		/* Without a policy the answer is the floor's, and otherwise yes. */
		struct policy *asked = steps < STEPS_MAX ? policy : NULL;
		struct policy_reason why;

		if (t->group[i].people == 0) {
			continue;
		}
		if (policy_disclose(asked, &t->group[i].notice, e, self, &why) !=
		    DISCLOSE_NOTHING) {
			out->group[i / 8] |= (uint8_t)(1U << i % 8);
		}
		if (asked != NULL && !why.by_floor) {
			steps += policy_last_cost(asked).steps;
		}
	}
}
