/* Beside the chapters: what the node holds, whom it talks to and what it has done, as lists.
 * Each of them is cut to the range that was asked for. */
#include <stdlib.h>
#include <string.h>

#include "node/chapter.h"

#define RANGE_DEFAULT 100U

/* What part of a list is asked for: at most this many, 100 when nothing is said. */
static int range_of(struct node *n, const struct ask *ask, uint64_t most, struct ask_range *out)
{
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, out, NULL);

	if (rc == ERR_OK) {
		out->max = out->max == 0 ? RANGE_DEFAULT : out->max > most ? most : out->max;
	}
	return rc;
}

static int by_age(const void *a, const void *b)
{
	const struct kase *x = *(const struct kase *const *)a;
	const struct kase *y = *(const struct kase *const *)b;

	if (x->search.captured_ms != y->search.captured_ms) {
		return x->search.captured_ms < y->search.captured_ms ? 1 : -1;
	}
	return memcmp(x->encounter, y->encounter, KINDS_ENCOUNTER_BYTES);
}

/* All cases that are shown, newest first. */
static struct kase **sorted(struct node *n, size_t *count)
{
	struct kase **all = arena_take(&n->arena, n->book->kases.count, sizeof(struct kase *));
	struct kase *k;
	size_t at = 0;

	*count = 0;
	while (all != NULL && (k = map_next(&n->book->kases, &at)) != NULL) {
		if (k->has_search) {
			all[(*count)++] = k;
		}
	}
	if (all != NULL) {
		qsort(all, *count, sizeof(struct kase *), by_age);
	}
	return all;
}

int overview_queue(struct node *n, const struct ask *ask)
{
	struct answer_queue out = { .cases = { .count = 0 } };
	struct answer_case *cases;
	struct kase **all;
	struct ask_range range;
	size_t count;
	int rc = range_of(n, ask, ASK_CASES_MAX, &range);

	if (rc != ERR_OK) {
		return rc;
	}
	all = sorted(n, &count);
	cases = arena_take(&n->arena, (size_t)range.max, sizeof *cases);
	if (all == NULL || cases == NULL) {
		return ERR_NOMEM;
	}
	out.cases.items = cases;
	for (size_t i = (size_t)range.from;
	     rc == ERR_OK && i < count && out.cases.count < range.max; i++) {
		rc = tell_kase(n, all[i], &cases[out.cases.count++]);
	}
	return rc == ERR_OK ? node_reply(n, n->event->ask, ERR_OK, NULL, NULL,
					 ask_find(ask->verb)->answer, &out)
			    : rc;
}

static void count_cases(struct node *n, uint64_t *open, uint64_t *tasks)
{
	struct kase *k;
	size_t at = 0;

	*open = 0;
	*tasks = 0;
	while ((k = map_next(&n->book->kases, &at)) != NULL) {
		struct case_facts f;
		uint32_t t = k->has_search ? kase_tasks(n, k, &f) : 0;

		*open += k->has_search && merge_case_is_open(&f, t);
		for (; t != 0; t &= t - 1) {
			(*tasks)++;
		}
	}
}

static void row_of(struct node *n, const struct person *p, struct answer_row *out)
{
	static const char *const status[] = { "", "active", "blocked", "withdrawn" };
	struct answer_candidate c = { .number = 0 };
	char day[DAY_TEXT];

	memcpy(out->record, p->record, KINDS_RECORD_BYTES);
	out->fingers = p->fingers;
	if (!p->has_notice) {
		return;
	}
	tell_identify(n, p, &c);
	day_format((uint32_t)p->notice.valid_until, day);
	out->owner = p->notice.owner;
	out->reference = p->notice.reference;
	out->notice = c.notice.len > 0 ? c.notice : bytes_of(tell_notice_word(p->notice.type));
	out->status =
	    bytes_of(p->version.status <= STATUS_WITHDRAWN ? status[p->version.status] : "");
	out->revision = p->version.revision;
	out->valid_until = node_text(n, "%s", day);
	out->name = c.name;
}

int overview_gallery(struct node *n, const struct ask *ask)
{
	struct answer_gallery out = { .gallery = tell_gallery_name(n),
				      .people = gallery_people(n->gallery),
				      .fingers = gallery_fingers(n->gallery),
				      .synced = tell_synced(n, n->synced_ms) };
	struct ask_range range;
	struct answer_row *rows;
	struct person *p;
	size_t at = 0;
	uint64_t skip;
	int rc = range_of(n, ask, ASK_ROWS_MAX, &range);

	if (rc != ERR_OK) {
		return rc;
	}
	skip = range.from;
	rows = arena_take(&n->arena, (size_t)range.max, sizeof *rows);
	if (rows == NULL) {
		return ERR_NOMEM;
	}
	while (out.rows.count < range.max && (p = map_next(&n->book->people, &at)) != NULL) {
		if (skip > 0) {
			skip--;
			continue;
		}
		row_of(n, p, &rows[out.rows.count++]);
	}
	out.rows.items = rows;
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer, &out);
}

static void peer_of(struct node *n, const struct wire_link *l, struct answer_peer *out)
{
	const struct passport *p = l->ready ? members_find(n->members, l->peer) : NULL;
	struct sync_progress progress = { .settled = false };
	char hex[9] = "";

	if (l->sync != NULL) {
		sync_session_progress(l->sync, &progress);
	}
	if (l->ready) {
		bytes_hex(l->peer, 4, hex);
	}
	*out = (struct answer_peer){ .node = node_text(n, "%s", hex),
				     .address = bytes_of(l->address),
				     .state = bytes_of(l->ready ? "up" : "greeting"),
				     .to_send = progress.to_send,
				     .to_receive = progress.to_receive,
				     .sent_bytes = l->sent,
				     .received_bytes = l->received };
	if (p != NULL) {
		out->label = p->label;
		out->role = bytes_of(passport_role_name(p->role));
	}
	if (!l->ready) {
		out->sentence = bytes_of("proving who we are to each other");
	} else if (progress.settled) {
		out->sentence =
		    bytes_of("nothing is missing on either side; new entries go at once");
	} else {
		out->sentence = node_text(n, "%llu to send, %llu to receive; going on now",
					  (unsigned long long)progress.to_send,
					  (unsigned long long)progress.to_receive);
	}
}

static bool is_linked(const struct node *n, const char *address)
{
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		if (n->links[i].number != 0 && strcmp(n->links[i].address, address) == 0) {
			return true;
		}
	}
	return false;
}

int overview_peers(struct node *n)
{
	struct answer_peers out = { .peers = { .count = 0 } };
	struct answer_peer *peers =
	    arena_take(&n->arena, NODE_LINKS_MAX + ADDRESSES_MAX, sizeof *peers);

	if (peers == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		if (n->links[i].number != 0) {
			peer_of(n, &n->links[i], &peers[out.peers.count++]);
		}
	}
	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		const struct address *a = &n->addresses[i];
		uint64_t wait = a->next_ms > n->now_ms ? (a->next_ms - n->now_ms + 999) / 1000 : 0;

		if (a->text[0] != '\0' && !is_linked(n, a->text)) {
			peers[out.peers.count++] = (struct answer_peer){
				.address = bytes_of(a->text),
				.state = bytes_of("down"),
				.sentence = a->busy
						? bytes_of("calling")
						: node_text(n, "not in reach; next call in %llu s",
							    (unsigned long long)wait),
			};
		}
	}
	out.peers.items = peers;
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(bytes_of("peers"))->answer,
			  &out);
}

int overview_status(struct node *n)
{
	struct answer_status out = { .people = gallery_people(n->gallery),
				     .fingers = gallery_fingers(n->gallery),
				     .audit = n->audit.number };
	struct store_counts counts;
	char print[PASSPORT_PRINT_BYTES + 8];
	char hex[17];
	char day[DAY_TEXT];
	int rc = store_count(n->store, &counts);

	if (rc != ERR_OK) {
		return rc;
	}
	passport_fingerprint(keys_sign_public(n->keys), print);
	bytes_hex(keys_node(n->keys), 4, hex);
	out.node = node_text(n, "%s", hex);
	out.fingerprint = bytes_of(print);
	bytes_hex(n->audit.head, 8, hex);
	out.audit_head = bytes_of(hex);
	out.entries = counts.entries;
	out.erased = counts.erased;
	out.store_bytes = counts.bytes;
	out.policy = bytes_of(n->config.policy_label != NULL ? n->config.policy_label
							     : "none: every answer is the default");
	out.enrolled = bytes_of("no");
	for (size_t i = 0; i < NODE_LINKS_MAX; i++) {
		out.links += n->links[i].number != 0 && n->links[i].ready;
	}
	if (n->enrolled) {
		day_format((uint32_t)n->self.not_after, day);
		out.role = bytes_of(passport_role_name(n->self.role));
		out.region = n->self.region;
		out.label = n->self.label;
		out.enrolled = node_text(n, "yes, until %s", day);
		out.members = members_count(n->members);
		out.classes = members_class_count(n->members);
		out.synced = tell_synced(n, n->synced_ms);
		count_cases(n, &out.open_cases, &out.tasks);
	}
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL,
			  ask_find(bytes_of("status"))->answer, &out);
}

struct audit_reading {
	struct node *node;
	struct audit chain;
	uint64_t from;
	uint64_t max;
	struct line *lines;
	size_t count;
	uint64_t broken; /* number of the first line that does not follow */
};

static int read_line(void *context, uint64_t number, struct bytes locked)
{
	struct audit_reading *r = context;
	struct node *n = r->node;
	struct audit_line line;
	struct bytes plain;
	char when[DAY_MOMENT];
	char hex[9];

	if (keys_unlock(n->keys, "audit", locked, &n->arena, &plain) != ERR_OK ||
	    audit_follow(&r->chain, plain, &n->arena, &line) != ERR_OK) {
		r->broken = r->broken == 0 ? number : r->broken;
		return ERR_OK;
	}
	if (number < r->from || r->count == r->max) {
		return ERR_OK;
	}
	day_format_ms(line.at_ms, when);
	bytes_hex(line.object, 4, hex);
	r->lines[r->count++].text =
	    node_text(n,
		      "n=%llu at=%s verb=%.*s officer=\"%.*s\" object=%s candidates=%llu "
		      "basis=\"%.*s\" detail=\"%.*s\"",
		      (unsigned long long)number, when, (int)line.verb.len,
		      (const char *)line.verb.data, (int)line.officer.len,
		      (const char *)line.officer.data, hex, (unsigned long long)line.candidates,
		      (int)line.legal_basis.len, (const char *)line.legal_basis.data,
		      (int)line.detail.len, (const char *)line.detail.data);
	return ERR_OK;
}

int overview_audit(struct node *n, const struct ask *ask)
{
	struct audit_reading r = { .node = n };
	struct answer_audit out = { .lines = { .count = 0 } };
	struct ask_range range;
	int rc = range_of(n, ask, ASK_ROWS_MAX, &range);

	if (rc != ERR_OK) {
		return rc;
	}
	r.max = range.max;
	r.from = range.from != 0 ? range.from
				 : (n->audit.number > r.max ? n->audit.number - r.max + 1 : 1);
	r.lines = arena_take(&n->arena, (size_t)r.max, sizeof *r.lines);
	if (r.lines == NULL) {
		return ERR_NOMEM;
	}
	rc = store_each_audit(n->store, 1, INT32_MAX, read_line, &r);
	if (rc != ERR_OK) {
		return rc;
	}
	out.lines = (struct list){ .items = r.lines, .count = r.count };
	out.chain = r.broken == 0
			? node_text(n, "whole, %llu lines", (unsigned long long)r.chain.number)
			: node_text(n, "broken at line %llu", (unsigned long long)r.broken);
	return node_reply(n, n->event->ask, ERR_OK, NULL, NULL, ask_find(ask->verb)->answer, &out);
}
