/* Beside the chapters: how a node becomes a member of a region, and how an issuer makes one. */
#include <string.h>

#include "node/chapter.h"

#define PASSPORT_DAYS 365U
#define LINK_PROLOGUE "OP1"

/* ---- becoming a member ---- */

/* The psk names itself by the start of its hash; the prologue binds the region. */
static int prepare_links(struct node *n)
{
	uint8_t commit[32];
	struct link_keys_config c = { .psk = n->membership.psk,
				      .own_secret = keys_dh_secret(n->keys),
				      .own_public = keys_dh_public(n->keys) };
	struct buf prologue;
	int rc;

	seal_epoch(n->membership.psk, commit, (uint8_t[ENTRY_EPOCH_BYTES]){ 0 });
	memcpy(c.id, commit, sizeof c.id);
	buf_init(&prologue, 64);
	buf_put(&prologue, LINK_PROLOGUE, strlen(LINK_PROLOGUE));
	buf_u8(&prologue, SYNC_VERSION);
	buf_put(&prologue, n->region_public, KEYS_PUBLIC_BYTES);
	c.prologue = buf_bytes(&prologue);
	link_keys_free(n->link_keys);
	n->link_keys = NULL;
	rc = buf_error(&prologue);
	if (rc == ERR_OK) {
		rc = link_keys_new(&c, &n->link_keys);
	}
	buf_done(&prologue);
	return rc;
}

/* Take a grant as ours: everything that a member needs follows from it. */
int enrol_become(struct node *n, struct bytes file, struct fault *fault)
{
	struct labels own = { .group = GROUP_OWN, .sensitivity = SENSITIVITY_CONFIDENTIAL };
	struct grant g;
	int rc;

	arena_done(&n->grant_arena);
	file = arena_copy(&n->grant_arena, file);
	if (file.data == NULL) {
		return ERR_NOMEM;
	}
	rc = passport_open_grant(n->keys, file, &n->grant_arena, &g, fault);
	if (rc != ERR_OK) {
		return rc;
	}
	memcpy(n->region_public, g.region_public, KEYS_PUBLIC_BYTES);
	n->membership = g.membership;
	sync_set_key(n->set, n->membership.control_key);
	if (n->members == NULL) {
		rc = members_new(n->region_public, &n->members);
	}
	if (rc == ERR_OK) {
		rc = members_passport(n->members, g.membership.issuer, fault);
		rc = rc == ERR_STALE ? ERR_OK : rc;
	}
	if (rc == ERR_OK) {
		rc = members_passport(n->members, g.passport, fault);
		rc = rc == ERR_STALE ? ERR_OK : rc;
	}
	if (rc == ERR_OK) {
		rc = members_key(n->members, g.membership.control_class, g.membership.control_key);
		rc = rc == ERR_EXISTS ? ERR_OK : rc;
	}
	if (rc == ERR_OK) {
		uint64_t signed_ms;

		n->self = *members_find(n->members, keys_node(n->keys));
		/* The first word of the time: a new member's own clock may be years off. */
		signed_ms = n->self.role == ROLE_HQ ? 0 : n->self.not_before * DAY_MS;
		n->trusted_ms = signed_ms > n->trusted_ms ? signed_ms : n->trusted_ms;
		own.owner = n->self.region;
		own.region = n->self.region;
		rc = labels_class(&own, n->own_class);
	}
	if (rc == ERR_OK) {
		rc = prepare_links(n);
	}
	n->enrolled = rc == ERR_OK;
	return rc;
}

static int save_grant(struct node *n, struct bytes file)
{
	struct buf locked;
	int rc;

	buf_init(&locked, 0);
	rc = keys_lock(n->keys, "grant", file, &locked);
	if (rc == ERR_OK) {
		rc = store_set(n->store, "grant", buf_bytes(&locked));
	}
	buf_done(&locked);
	return rc;
}

int enrol_request(struct node *n, const struct ask *ask)
{
	struct ask_label label;
	struct answer_file file;
	struct buf out;
	char print[PASSPORT_PRINT_BYTES + 8];
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &label, NULL);

	buf_init(&out, 0);
	if (rc == ERR_OK) {
		rc = passport_request(n->keys, label.label, n->now_ms, &out);
	}
	if (rc == ERR_OK) {
		passport_fingerprint(keys_sign_public(n->keys), print);
		file = (struct answer_file){ .content = buf_bytes(&out),
					     .fingerprint = bytes_of(print) };
		rc =
		    node_reply(n, n->event->ask, ERR_OK, NULL,
			       "take this request to the issuer, and compare the fingerprint there",
			       ask_find(ask->verb)->answer, &file);
	}
	buf_done(&out);
	return rc;
}

int enrol_install(struct node *n, const struct ask *ask)
{
	struct ask_install install;
	struct fault fault = { .what = "grant" };
	struct grant g;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &install, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	if (n->enrolled) {
		return node_reply(n, n->event->ask, ERR_EXISTS, NULL,
				  "this node is enrolled already", NULL, NULL);
	}
	rc = passport_open_grant(n->keys, install.grant, &n->arena, &g, &fault);
	if (rc != ERR_OK) {
		return node_reply(n, n->event->ask, rc, fault.what,
				  "the grant is not for this node, or damaged", NULL, NULL);
	}
	node_touch(n);
	rc = save_grant(n, install.grant);
	if (rc == ERR_OK) {
		rc = enrol_become(n, install.grant, &fault);
	}
	if (rc == ERR_OK) {
		rc = node_audit(n, "passport.install", ask->officer, keys_node(n->keys), NULL);
	}
	return rc == ERR_OK ? node_reply(n, n->event->ask, ERR_OK, NULL, "enrolled", NULL, NULL)
			    : rc;
}

/* ---- the issuer ---- */

static int write_passport(struct node *n, struct bytes signed_passport)
{
	struct passport_entry body = { .signed_passport = signed_passport };
	uint8_t id[ENTRY_ID_BYTES];
	struct share_order order = { .kind = KIND_PASSPORT,
				     .class_id = n->membership.control_class,
				     .schema = &kinds_passport,
				     .body = &body,
				     .expiry_day = n->today + PASSPORT_DAYS_MAX + 30 };

	return share_write(n, &order, id);
}

static int grant(struct node *n, struct passport *p, const struct membership *m, struct buf *out,
		 struct bytes *signed_passport)
{
	struct buf sealed;
	int rc;

	buf_init(&sealed, 0);
	rc = passport_sign(n->keys, p, &sealed);
	if (rc == ERR_OK) {
		struct membership copy = *m;

		*signed_passport = arena_copy(&n->arena, buf_bytes(&sealed));
		if (copy.issuer.len == 0) {
			copy.issuer = *signed_passport; /* founding: our own */
		}
		rc = signed_passport->data == NULL
			 ? ERR_NOMEM
			 : passport_grant(n->keys, *signed_passport, p->seal_public, &copy, out);
	}
	buf_done(&sealed);
	return rc;
}

/* What only an issuer of this region may sign, from a request and what the issuer adds. */
static int fill_passport(struct node *n, const struct ask_sign *s, const struct passport_request *r,
			 struct passport *p, const char **wrong)
{
	char role[17];
	const struct passport *before;

	*p = (struct passport){ .label = r->label,
				.owner = s->owner,
				.region = s->region.len > 0 ? s->region : n->self.region,
				.country = s->country.len > 0 ? s->country : n->self.country,
				.serial = n->now_ms,
				.not_before = n->today > 0 ? n->today - 1 : 0,
				.not_after = n->today + (s->days > 0 ? s->days : PASSPORT_DAYS) };
	if (bytes_text(s->role, role, sizeof role) != ERR_OK ||
	    passport_role(role, &p->role) != ERR_OK) {
		*wrong = "role";
		return ERR_MALFORMED;
	}
	memcpy(p->sign_public, r->sign_public, KEYS_PUBLIC_BYTES);
	memcpy(p->dh_public, r->dh_public, KEYS_PUBLIC_BYTES);
	memcpy(p->seal_public, r->seal_public, KEYS_PUBLIC_BYTES);
	keys_node_of(p->sign_public, p->node);
	before = members_find(n->members, p->node);
	if (before != NULL && before->serial >= p->serial) {
		p->serial = before->serial + 1;
	}
	return ERR_OK;
}

int enrol_sign(struct node *n, const struct ask *ask)
{
	struct ask_sign s;
	struct passport_request r;
	struct passport p;
	struct membership m;
	struct answer_file file;
	struct bytes signed_passport;
	struct fault fault = { .what = "request" };
	const char *wrong = NULL;
	char print[PASSPORT_PRINT_BYTES + 8];
	char hex[9];
	struct buf out;
	int rc = schema_decode(ask_find(ask->verb)->ask, ask->body, &n->arena, &s, NULL);

	if (rc != ERR_OK) {
		return rc;
	}
	if (!n->enrolled || keys_region_public(n->keys) == NULL) {
		return node_reply(n, n->event->ask, ERR_DENIED, NULL,
				  "this node is not the region's issuer", NULL, NULL);
	}
	rc = passport_read_request(s.request, &r, &fault);
	if (rc == ERR_OK) {
		rc = fill_passport(n, &s, &r, &p, &wrong);
	}
	if (rc != ERR_OK) {
		return node_reply(n, n->event->ask, rc, wrong != NULL ? wrong : fault.what,
				  "the request cannot be signed", NULL, NULL);
	}
	m = n->membership;
	m.issuer = members_signed(n->members, n->self.node);
	buf_init(&out, 0);
	node_touch(n);
	rc = grant(n, &p, &m, &out, &signed_passport);
	if (rc == ERR_OK) {
		rc = write_passport(n, signed_passport);
	}
	if (rc == ERR_OK) {
		rc = share_publish(n, NULL, NULL);
	}
	if (rc == ERR_OK) {
		rc = node_audit(n, "passport.sign", ask->officer, p.node, NULL);
	}
	if (rc == ERR_OK) {
		passport_fingerprint(p.sign_public, print);
		bytes_hex(p.node, 4, hex);
		file = (struct answer_file){ .content = buf_bytes(&out),
					     .node = bytes_of(hex),
					     .fingerprint = bytes_of(print) };
		rc = node_reply(n, n->event->ask, ERR_OK, NULL,
				"hand this over only if the node shows the same fingerprint",
				ask_find(ask->verb)->answer, &file);
	}
	buf_done(&out);
	return rc;
}

/* A region begins: the issuer signs itself, and makes the classes that every region has. */
int enrol_found(struct node *n)
{
	const struct founding *f = &n->config.founding;
	struct passport p = { .role = ROLE_HQ,
			      .region = bytes_of(f->region),
			      .country = bytes_of(f->country),
			      .label = bytes_of(f->label),
			      .owner = bytes_of(f->owner),
			      .serial = n->now_ms,
			      .not_before = n->today > 0 ? n->today - 1 : 0,
			      .not_after = n->today + PASSPORT_DAYS };
	struct labels labels = { .owner = p.region,
				 .region = p.region,
				 .group = GROUP_CONTROL,
				 .sensitivity = SENSITIVITY_RESTRICTED };
	struct membership m = { .issuer = { NULL, 0 } };
	struct bytes signed_passport;
	uint8_t class_id[ENTRY_CLASS_BYTES];
	struct buf out;
	int rc;

	memcpy(p.sign_public, keys_sign_public(n->keys), KEYS_PUBLIC_BYTES);
	memcpy(p.dh_public, keys_dh_public(n->keys), KEYS_PUBLIC_BYTES);
	memcpy(p.seal_public, keys_seal_public(n->keys), KEYS_PUBLIC_BYTES);
	keys_random(m.psk, sizeof m.psk);
	keys_random(m.control_key, sizeof m.control_key);
	buf_init(&out, 0);
	rc = labels_class(&labels, m.control_class);
	if (rc == ERR_OK) {
		rc = grant(n, &p, &m, &out, &signed_passport);
	}
	explicit_bzero(&m, sizeof m);
	if (rc == ERR_OK) {
		rc = save_grant(n, buf_bytes(&out));
	}
	if (rc == ERR_OK) {
		rc = enrol_become(n, buf_bytes(&out), NULL);
	}
	buf_done(&out);
	if (rc == ERR_OK) {
		rc = write_passport(n, signed_passport);
	}
	if (rc == ERR_OK) {
		rc = share_publish(n, &labels, n->membership.control_key);
	}
	labels.group = GROUP_CASE;
	if (rc == ERR_OK) {
		rc = share_class(n, &labels, class_id);
	}
	labels.group = GROUP_MAIL;
	return rc == ERR_OK ? share_class(n, &labels, class_id) : rc;
}
