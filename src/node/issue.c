/* Beside the chapters: an owner issues, amends, blocks and withdraws notices. */
#include <string.h>

#include "node/chapter.h"

#define VALID_DAYS_DEFAULT 1826U /* five years, RPD articles 49 and 50 */
#define ABOUT_BYTES        (KINDS_RECORD_BYTES + 2U)

/* A person to be issued or issued anew. */
struct issue {
	struct notice notice;
	struct subject subject;
	struct person_name name;
	struct travel_document document;
	bool has_subject;
	uint8_t match_class[ENTRY_CLASS_BYTES];
	uint8_t identity_class[ENTRY_CLASS_BYTES];
	uint64_t entries;
};

struct person *issue_find(struct node *n, struct bytes reference)
{
	struct person *p;
	size_t at = 0;

	while ((p = map_next(&n->book->people, &at)) != NULL) {
		if (p->has_notice && bytes_equal(p->notice.reference, reference) &&
		    bytes_equal(p->notice.owner, n->self.owner)) {
			return p;
		}
	}
	return NULL;
}

static int find_class(struct node *n, const struct notice *notice, enum label_group group,
		      uint8_t class_id[ENTRY_CLASS_BYTES])
{
	struct policy_record record = { .notice = notice,
					.group = group,
					.home_region = n->self.region };
	struct policy_reason why;
	struct labels labels;
	char region[33];

	policy_classify(n->config.policy, &record, &labels, region, &why);
	return share_class(n, &labels, class_id);
}

static int write_one(struct node *n, struct issue *x, uint64_t kind, uint8_t part,
		     const struct schema *schema, const void *body)
{
	uint8_t about[ABOUT_BYTES];
	uint8_t id[ENTRY_ID_BYTES];
	struct share_order order = {
		.kind = kind,
		.class_id = kind == KIND_SUBJECT ? x->identity_class : x->match_class,
		.schema = schema,
		.body = body,
		.expiry_day = x->notice.valid_until,
		.about = { .data = about, .len = sizeof about },
		.revision = x->notice.revision,
	};

	memcpy(about, x->notice.record, KINDS_RECORD_BYTES);
	about[KINDS_RECORD_BYTES] = (uint8_t)kind;
	about[KINDS_RECORD_BYTES + 1] = part;
	x->entries++;
	return share_write(n, &order, id);
}

static int write_finger(struct node *n, struct issue *x, uint8_t part, const struct sample *s)
{
	struct finger_record r = { .revision = x->notice.revision,
				   .position = s->position,
				   .quality = s->quality,
				   .iso = s->iso,
				   .extended = s->extended };

	memcpy(r.record, x->notice.record, KINDS_RECORD_BYTES);
	return write_one(n, x, KIND_TEMPLATE, part, &kinds_finger, &r);
}

/* What the owner says of the person, over what it said before. */
static void fill(const struct node *n, const struct ask_notice *a, const struct person *before,
		 struct issue *x)
{
	struct notice *o = &x->notice;

	if (before != NULL) {
		*o = before->notice;
		o->revision = before->version.revision + 1;
	} else {
		*o = (struct notice){ .revision = 1,
				      .owner = n->self.owner,
				      .purposes = UINT16_MAX & ~(unsigned)PURPOSE_ASYLUM,
				      .valid_until = n->today + VALID_DAYS_DEFAULT };
		keys_random(o->record, sizeof o->record);
	}
	o->status = STATUS_ACTIVE;
	o->reference = a->reference.len > 0 ? a->reference : o->reference;
	o->type = a->type != 0 ? a->type : o->type;
	o->purposes = a->purposes != 0 ? a->purposes : o->purposes;
	o->valid_until = a->valid_until != 0 ? a->valid_until : o->valid_until;
	o->lease_hours = a->lease_hours != 0 ? a->lease_hours : o->lease_hours;
	o->caveats = a->caveats.len > 0 ? a->caveats : o->caveats;
	o->minor = a->minor != 0 ? 1 : o->minor;
	if (a->restrictions.exclude.len > 0 || a->restrictions.match_only != 0 ||
	    a->restrictions.reviewers != 0 || a->restrictions.relay_only != 0) {
		o->restrictions = a->restrictions;
	}
}

static void fill_subject(const struct ask_notice *a, struct issue *x)
{
	struct subject *s = &x->subject;

	x->name = (struct person_name){ .family = a->family, .given = a->given };
	x->document = (struct travel_document){ .type = a->document_type.len > 0 ? a->document_type
										 : bytes_of("P"),
						.issuer = a->document_issuer,
						.number = a->document_number };
	*s = (struct subject){ .revision = x->notice.revision,
			       .born_from = a->born_from,
			       .born_to = a->born_to != 0 ? a->born_to : a->born_from,
			       .sex = a->sex,
			       .nationality = a->nationality,
			       .type = a->type != 0 ? a->type : x->notice.type,
			       .grounds = a->grounds,
			       .warnings = a->warnings };
	memcpy(s->record, x->notice.record, KINDS_RECORD_BYTES);
	if (a->family.len > 0) {
		s->names = (struct list){ .items = &x->name, .count = 1 };
	}
	if (a->document_number.len > 0 && a->document_issuer.len > 0) {
		s->documents = (struct list){ .items = &x->document, .count = 1 };
	}
	x->has_subject = a->family.len > 0 || a->document_number.len > 0 || a->grounds.len > 0;
	/* Match only: even the type of the notice is the owner's to tell. */
	if (x->notice.restrictions.match_only != 0) {
		x->notice.type = NOTICE_UNDISCLOSED;
	}
}

/* Notices of this record in classes that it has left: who may have those only would never learn
 * of the new one.  In the class that it stays in (NULL: none) the new one replaces them when it
 * is there, and no sooner: in between nobody may be missed for want of a notice. */
static size_t old_notices(const struct node *n, const struct person *p, const uint8_t *stays,
			  struct erased *out)
{
	const struct held *h;
	size_t count = 0;
	size_t at = 0;

	while ((h = map_next(&n->book->held, &at)) != NULL) {
		if (h->kind == KIND_NOTICE && h->opened &&
		    memcmp(h->about, p->record, KINDS_RECORD_BYTES) == 0 &&
		    (stays == NULL || memcmp(h->class_id, stays, ENTRY_CLASS_BYTES) != 0)) {
			memcpy(out[count].id, h->id, ENTRY_ID_BYTES);
			out[count++].expiry_day = h->expiry_day;
		}
	}
	return count;
}

/* What a new revision replaces, and what a withdrawal ends. */
static int erase_old(struct node *n, const struct person *p, const uint8_t *stays, bool templates,
		     bool subject)
{
	struct erased *e =
	    arena_take(&n->arena, GALLERY_FINGERS_MAX + 1 + n->book->held.count, sizeof *e);
	size_t count;

	if (e == NULL) {
		return ERR_NOMEM;
	}
	count = old_notices(n, p, stays, e);
	for (size_t i = 0; templates && i < p->fingers; i++) {
		const struct held *h = book_held(n->book, p->finger[i].id);

		if (h != NULL) {
			memcpy(e[count].id, h->id, ENTRY_ID_BYTES);
			e[count++].expiry_day = h->expiry_day;
		}
	}
	if (subject && p->has_subject) {
		const struct held *h = book_held(n->book, p->subject_id);

		if (h != NULL) {
			memcpy(e[count].id, h->id, ENTRY_ID_BYTES);
			e[count++].expiry_day = h->expiry_day;
		}
	}
	return count == 0 ? ERR_OK : forget_erase(n, e, count);
}

/* What is wrong, and what the officer can do about it. */
static struct bytes faults_text(struct node *n, uint64_t faults)
{
	static const struct {
		enum finger_fault fault;
		const char *text;
	} names[] = {
		{ FINGER_TOO_DRY, "too dry (moisten the fingertip, press a little harder)" },
		{ FINGER_TOO_WET, "too wet (dry the finger and the glass, press less)" },
		{ FINGER_TOO_SMALL, "too small (lay the whole fingertip on the glass)" },
		{ FINGER_WRONG_REGION,
		  "wrong part of the finger (lay the middle of the fingertip on the glass)" },
		{ FINGER_LOW_CONTRAST, "low contrast (clean the glass and the finger)" },
		{ FINGER_FEW_MINUTIAE, "few minutiae (lay it flat, or take another finger)" },
		{ FINGER_SMEARED, "unclear ridges (hold the finger still)" },
	};
	struct bytes out = { NULL, 0 };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if ((faults & (uint64_t)names[i].fault) != 0) {
			out = out.len == 0 ? bytes_of(names[i].text)
					   : node_text(n, "%.*s, %s", (int)out.len,
						       (const char *)out.data, names[i].text);
		}
	}
	return out;
}

struct list issue_samples(struct node *n, const struct sample_note *notes, size_t count)
{
	struct answer_sample *s = arena_take(&n->arena, count, sizeof *s);

	for (size_t i = 0; s != NULL && i < count; i++) {
		s[i] = (struct answer_sample){ .position = notes[i].position,
					       .quality = notes[i].quality,
					       .usable = notes[i].usable,
					       .faults = faults_text(n, notes[i].faults) };
	}
	return (struct list){ .items = s, .count = s == NULL ? 0 : count };
}

static int answer(struct node *n, uint64_t ask, const struct issue *x, const struct pending *p)
{
	struct answer_notice a = { .reference = x->notice.reference,
				   .revision = x->notice.revision,
				   .entries = x->entries };

	memcpy(a.record, x->notice.record, KINDS_RECORD_BYTES);
	if (p != NULL) {
		a.samples = issue_samples(
		    n, p->notes, p->sample_count < ASK_FILES_MAX ? p->sample_count : ASK_FILES_MAX);
	}
	return node_reply(n, ask, ERR_OK, NULL, NULL, ask_find(bytes_of("notice.add"))->answer, &a);
}

static int write_all(struct node *n, struct issue *x, const struct pending *p)
{
	int rc = find_class(n, &x->notice, GROUP_MATCH, x->match_class);

	if (rc == ERR_OK) {
		rc = find_class(n, &x->notice, GROUP_IDENTITY, x->identity_class);
	}
	if (rc == ERR_OK) {
		rc = write_one(n, x, KIND_NOTICE, 0, &kinds_notice, &x->notice);
	}
	for (size_t i = 0; rc == ERR_OK && i < p->sample_count; i++) {
		if (p->samples[i].iso.len > 0) {
			rc = write_finger(n, x, (uint8_t)(i + 1), &p->samples[i]);
		}
	}
	if (rc == ERR_OK && x->has_subject) {
		rc = write_one(n, x, KIND_SUBJECT, 0, &kinds_subject, &x->subject);
	}
	return rc;
}

/* Why this cannot be issued; NULL when it can. */
static const char *refused(struct node *n, const struct pending *p, struct person *before,
			   int *code)
{
	const struct ask_notice *a = &p->notice;
	size_t usable = 0;

	for (size_t i = 0; i < p->sample_count; i++) {
		usable += p->samples[i].iso.len > 0;
	}
	*code = ERR_MALFORMED;
	if (!n->enrolled || n->self.owner.len == 0) {
		*code = ERR_DENIED;
		return "owner";
	}
	if (p->code != ERR_OK) {
		*code = p->code;
		return p->place[0] != '\0' ? p->place : "file";
	}
	if (a->reference.len == 0) {
		return "reference";
	}
	if (before == NULL && a->type == 0) {
		return "type";
	}
	if (a->valid_until != 0 && a->valid_until < n->today) {
		return "valid_until";
	}
	if (usable > GALLERY_FINGERS_MAX / 2) {
		*code = ERR_LIMIT;
		return "files";
	}
	if (before != NULL && before->version.status == STATUS_WITHDRAWN) {
		*code = ERR_STATE;
		return "reference"; /* withdrawn is final: issue a new notice */
	}
	return NULL;
}

int issue_finish(struct node *n, struct pending *p)
{
	bool amend = bytes_is(p->head.verb, "notice.amend");
	struct person *before = issue_find(n, p->notice.reference);
	struct issue x = { .entries = 0 };
	const char *wrong;
	int rc;

	wrong = refused(n, p, before, &rc);
	if (wrong == NULL && amend != (before != NULL)) {
		wrong = "reference";
		rc = amend ? ERR_NOTFOUND : ERR_EXISTS;
	}
	if (wrong != NULL) {
		rc = node_reply(n, p->ask, rc, wrong, "the notice cannot be issued", NULL, NULL);
		capture_done(p);
		return rc;
	}
	node_touch(n);
	fill(n, &p->notice, before, &x);
	fill_subject(&p->notice, &x);
	/* The old notice's texts are borrowed from what the new one replaces. */
	x.notice.owner = arena_copy(&n->arena, x.notice.owner);
	x.notice.reference = arena_copy(&n->arena, x.notice.reference);
	x.notice.caveats = arena_copy(&n->arena, x.notice.caveats);
	x.notice.restrictions.exclude = arena_copy(&n->arena, x.notice.restrictions.exclude);
	rc = node_audit(n, amend ? "notice.amend" : "notice.add", p->head.officer, x.notice.record,
			NULL);
	if (rc == ERR_OK && before != NULL) {
		rc = find_class(n, &x.notice, GROUP_MATCH, x.match_class);
	}
	if (rc == ERR_OK && before != NULL) {
		rc = erase_old(n, before, x.match_class, p->sample_count > 0, x.has_subject);
	}
	if (rc == ERR_OK) {
		rc = write_all(n, &x, p);
	}
	if (rc == ERR_OK) {
		rc = answer(n, p->ask, &x, p);
	}
	capture_done(p);
	return rc;
}

int issue_standing(struct node *n, const struct ask *ask, uint64_t status)
{
	struct ask_standing a;
	struct issue x = { .entries = 0 };
	struct person *p;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &a, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	p = issue_find(n, a.reference);
	if (p == NULL || p->version.status == STATUS_WITHDRAWN) {
		return node_reply(n, n->event->ask, p == NULL ? ERR_NOTFOUND : ERR_STATE,
				  "reference",
				  p == NULL ? "this node has issued no such notice"
					    : "the notice is withdrawn already",
				  NULL, NULL);
	}
	node_touch(n);
	x.notice = p->notice;
	x.notice.owner = arena_copy(&n->arena, x.notice.owner);
	x.notice.reference = arena_copy(&n->arena, x.notice.reference);
	x.notice.caveats = arena_copy(&n->arena, x.notice.caveats);
	x.notice.restrictions.exclude = arena_copy(&n->arena, x.notice.restrictions.exclude);
	x.notice.revision = p->version.revision + 1;
	x.notice.status = status;
	/* It stays in the class that it is in: whoever has it must learn of this. */
	memcpy(x.match_class, book_held(n->book, p->notice_id)->class_id, ENTRY_CLASS_BYTES);
	rc = node_audit(n, status == STATUS_WITHDRAWN ? "notice.withdraw" : "notice.block",
			ask->officer, x.notice.record, &(struct audit_line){ .detail = a.reason });
	if (rc == ERR_OK) {
		bool ends = status == STATUS_WITHDRAWN;

		rc = erase_old(n, p, ends ? NULL : x.match_class, ends, ends);
	}
	if (rc == ERR_OK) {
		rc = write_one(n, &x, KIND_NOTICE, 0, &kinds_notice, &x.notice);
	}
	return rc == ERR_OK ? answer(n, n->event->ask, &x, NULL) : rc;
}
