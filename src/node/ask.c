#include "node/ask.h"

#include "base/day.h"

#define TEXT_MAX                  1024U
#define ROWS(s)                   static const struct field s##_rows[]
#define T(s, k, member, max)      FIELD(struct s, k, false, FIELD_TEXT, member, max, NULL)
#define U(s, k, member)           FIELD(struct s, k, false, FIELD_UINT, member, INT64_MAX, NULL)
#define B(s, k, member, max)      FIELD(struct s, k, false, FIELD_BYTES, member, max, NULL)
#define L(s, k, member, max, sub) FIELD(struct s, k, false, FIELD_LIST, member, max, sub)
#define ID(s, k, member)          FIELD(struct s, k, true, FIELD_FIXED, member, 16, NULL)

ROWS(ask) = {
	FIELD(struct ask, 1, true, FIELD_TEXT, verb, 32, NULL),
	T(ask, 2, officer, 64),
	B(ask, 3, body, ASK_BYTES_MAX),
};
const struct schema ask_schema = SCHEMA("ask", struct ask, ask_rows);

ROWS(answer) = {
	U(answer, 1, code),
	T(answer, 2, text, TEXT_MAX),
	T(answer, 3, place, 256),
	B(answer, 4, body, ANSWER_BYTES_MAX),
};
const struct schema answer_schema = SCHEMA("answer", struct answer, answer_rows);

ROWS(file) = {
	T(ask_file, 1, name, 256),
	FIELD(struct ask_file, 2, false, FIELD_UINT, position, 10, NULL),
	FIELD(struct ask_file, 3, false, FIELD_UINT, ppi, 4000, NULL),
	FIELD(struct ask_file, 4, true, FIELD_BYTES, content, ASK_FILE_MAX, NULL),
};
static const struct schema file_schema = SCHEMA("ask-file", struct ask_file, file_rows);

ROWS(label) = { FIELD(struct ask_label, 1, true, FIELD_TEXT, label, 64, NULL) };
static const struct schema label_schema = SCHEMA("ask-label", struct ask_label, label_rows);

ROWS(sign) = {
	FIELD(struct ask_sign, 1, true, FIELD_BYTES, request, 4096, NULL),
	FIELD(struct ask_sign, 2, true, FIELD_TEXT, role, 16, NULL),
	T(ask_sign, 3, region, 32),
	T(ask_sign, 4, country, 3),
	T(ask_sign, 5, owner, 32),
	FIELD(struct ask_sign, 6, false, FIELD_UINT, days, 400, NULL),
};
static const struct schema sign_schema = SCHEMA("ask-sign", struct ask_sign, sign_rows);

ROWS(install) = { FIELD(struct ask_install, 1, true, FIELD_BYTES, grant, 16384, NULL) };
static const struct schema install_schema = SCHEMA("ask-install", struct ask_install, install_rows);

ROWS(notice) = {
	B(ask_notice, 1, record, 16),
	T(ask_notice, 2, reference, 32),
	FIELD(struct ask_notice, 3, false, FIELD_UINT, type, 9, NULL),
	FIELD(struct ask_notice, 4, false, FIELD_UINT, purposes, UINT16_MAX, NULL),
	FIELD(struct ask_notice, 5, false, FIELD_UINT, valid_until, DAY_MAX, NULL),
	FIELD(struct ask_notice, 6, false, FIELD_UINT, lease_hours, 8784, NULL),
	FIELD(struct ask_notice, 7, false, FIELD_STRUCT, restrictions, 0, &kinds_restrictions),
	T(ask_notice, 8, caveats, 512),
	FIELD(struct ask_notice, 9, false, FIELD_UINT, minor, 1, NULL),
	T(ask_notice, 10, family, 128),
	T(ask_notice, 11, given, 128),
	U(ask_notice, 12, born_from),
	U(ask_notice, 13, born_to),
	T(ask_notice, 14, sex, 1),
	T(ask_notice, 15, nationality, 24),
	T(ask_notice, 16, document_type, 2),
	T(ask_notice, 17, document_issuer, 3),
	T(ask_notice, 18, document_number, 24),
	T(ask_notice, 19, grounds, 1024),
	T(ask_notice, 20, warnings, 512),
	L(ask_notice, 21, files, ASK_FILES_MAX, &file_schema),
};
static const struct schema notice_schema = SCHEMA("ask-notice", struct ask_notice, notice_rows);

ROWS(standing) = {
	FIELD(struct ask_standing, 1, true, FIELD_TEXT, reference, 32, NULL),
	T(ask_standing, 2, reason, 256),
};
static const struct schema standing_schema =
    SCHEMA("ask-standing", struct ask_standing, standing_rows);

ROWS(check) = {
	FIELD(struct ask_check, 1, true, FIELD_UINT, purpose, UINT16_MAX, NULL),
	FIELD(struct ask_check, 2, true, FIELD_TEXT, legal_basis, 64, NULL),
	T(ask_check, 3, operation, 64),
	T(ask_check, 4, family, 128),
	T(ask_check, 5, given, 128),
	U(ask_check, 6, birth),
	T(ask_check, 7, nationality, 3),
	T(ask_check, 8, document, 24),
	FIELD(struct ask_check, 9, false, FIELD_UINT, minor, 1, NULL),
	FIELD(struct ask_check, 10, false, FIELD_UINT, protection, 1, NULL),
	L(ask_check, 11, files, ASK_FILES_MAX, &file_schema),
};
static const struct schema check_schema = SCHEMA("ask-check", struct ask_check, check_rows);

ROWS(ask_case) = { ID(ask_case, 1, encounter) };
static const struct schema ask_case_schema = SCHEMA("ask-case", struct ask_case, ask_case_rows);

ROWS(review) = {
	ID(ask_review, 1, encounter),
	FIELD(struct ask_review, 2, true, FIELD_UINT, candidate, 10, NULL),
	FIELD(struct ask_review, 3, true, FIELD_UINT, outcome, 3, NULL),
	T(ask_review, 4, reason, 512),
};
static const struct schema review_schema = SCHEMA("ask-review", struct ask_review, review_rows);

ROWS(action) = {
	ID(ask_action, 1, encounter),
	FIELD(struct ask_action, 2, false, FIELD_UINT, closes, 7, NULL),
	FIELD(struct ask_action, 3, true, FIELD_TEXT, text, 512, NULL),
};
static const struct schema action_schema = SCHEMA("ask-action", struct ask_action, action_rows);

ROWS(range) = { U(ask_range, 1, from), U(ask_range, 2, max) };
static const struct schema range_schema = SCHEMA("ask-range", struct ask_range, range_rows);

ROWS(line) = { FIELD(struct line, 1, true, FIELD_TEXT, text, TEXT_MAX, NULL) };
static const struct schema line_schema = SCHEMA("line", struct line, line_rows);

ROWS(bexport) = {
	L(ask_bundle_export, 1, to, 64, &line_schema),
	FIELD(struct ask_bundle_export, 2, true, FIELD_UINT, limit_bytes, 1ULL << 40, NULL),
	FIELD(struct ask_bundle_export, 3, false, FIELD_UINT, whole, 1, NULL),
};
static const struct schema bexport_schema =
    SCHEMA("ask-bundle-export", struct ask_bundle_export, bexport_rows);

ROWS(bnext) = { FROM(struct ask_bundle_next, 1, handle, 1, INT64_MAX) };
static const struct schema bnext_schema =
    SCHEMA("ask-bundle-next", struct ask_bundle_next, bnext_rows);

ROWS(bimport) = {
	FIELD(struct ask_bundle_import, 1, true, FIELD_UINT, bytes, 1ULL << 40, NULL),
	FIELD(struct ask_bundle_import, 2, false, FIELD_UINT, dry, 1, NULL),
};
static const struct schema bimport_schema =
    SCHEMA("ask-bundle-import", struct ask_bundle_import, bimport_rows);

ROWS(bpiece) = {
	FROM(struct ask_bundle_piece, 1, handle, 1, INT64_MAX),
	FIELD(struct ask_bundle_piece, 2, true, FIELD_BYTES, content, ASK_PIECE_BYTES, NULL),
};
static const struct schema bpiece_schema =
    SCHEMA("ask-bundle-piece", struct ask_bundle_piece, bpiece_rows);

ROWS(blane) = {
	T(answer_bundle_lane, 1, lane, 16), U(answer_bundle_lane, 2, entries),
	U(answer_bundle_lane, 3, left),     U(answer_bundle_lane, 4, taken),
	U(answer_bundle_lane, 5, known),    U(answer_bundle_lane, 6, refused),
};
static const struct schema blane_schema =
    SCHEMA("answer-bundle-lane", struct answer_bundle_lane, blane_rows);

ROWS(bundle) = {
	U(answer_bundle, 1, handle),
	B(answer_bundle, 2, content, ANSWER_BYTES_MAX / 2),
	U(answer_bundle, 3, again),
	U(answer_bundle, 4, done),
	T(answer_bundle, 5, id, 32),
	T(answer_bundle, 6, node, 16),
	T(answer_bundle, 7, label, 64),
	T(answer_bundle, 8, made, 32),
	U(answer_bundle, 9, recipients),
	U(answer_bundle, 10, roster),
	U(answer_bundle, 11, bytes),
	U(answer_bundle, 12, receipts),
	L(answer_bundle, 13, lanes, 6, &blane_schema),
	L(answer_bundle, 14, reasons, 32, &line_schema),
	T(answer_bundle, 15, sentence, TEXT_MAX),
};
static const struct schema bundle_schema =
    SCHEMA("answer-bundle", struct answer_bundle, bundle_rows);

ROWS(afile) = {
	B(answer_file, 1, content, 16384),
	T(answer_file, 2, fingerprint, 64),
	T(answer_file, 3, node, 32),
};
static const struct schema afile_schema = SCHEMA("answer-file", struct answer_file, afile_rows);

ROWS(sample) = {
	U(answer_sample, 1, position),
	U(answer_sample, 2, quality),
	U(answer_sample, 3, usable),
	T(answer_sample, 4, faults, 512),
};
static const struct schema sample_schema =
    SCHEMA("answer-sample", struct answer_sample, sample_rows);

ROWS(anotice) = {
	ID(answer_notice, 1, record),
	T(answer_notice, 2, reference, 32),
	U(answer_notice, 3, revision),
	U(answer_notice, 4, entries),
	L(answer_notice, 5, samples, ASK_FILES_MAX, &sample_schema),
};
static const struct schema anotice_schema =
    SCHEMA("answer-notice", struct answer_notice, anotice_rows);

ROWS(candidate) = {
	U(answer_candidate, 1, number),
	T(answer_candidate, 2, owner, 32),
	T(answer_candidate, 3, reference, 32),
	T(answer_candidate, 4, disclosed, 16),
	T(answer_candidate, 5, notice, 16),
	T(answer_candidate, 6, name, 300),
	T(answer_candidate, 7, born, 32),
	T(answer_candidate, 8, review, 64),
	T(answer_candidate, 9, action, TEXT_MAX),
	T(answer_candidate, 10, caveats, 512),
	L(answer_candidate, 11, opinions, 64, &line_schema),
};
static const struct schema candidate_schema =
    SCHEMA("answer-candidate", struct answer_candidate, candidate_rows);

ROWS(acase) = {
	ID(answer_case, 1, encounter),
	T(answer_case, 2, state, 32),
	T(answer_case, 3, result, 32),
	T(answer_case, 4, sentence, TEXT_MAX),
	T(answer_case, 5, gallery, 64),
	U(answer_case, 6, people),
	T(answer_case, 7, synced, 64),
	U(answer_case, 8, captured_ms),
	L(answer_case, 9, not_searched, 16, &line_schema),
	L(answer_case, 10, candidates, 10, &candidate_schema),
	L(answer_case, 11, tasks, 16, &line_schema),
	L(answer_case, 12, samples, ASK_FILES_MAX, &sample_schema),
	T(answer_case, 13, headquarters, TEXT_MAX),
};
static const struct schema acase_schema = SCHEMA("answer-case", struct answer_case, acase_rows);

ROWS(queue) = { L(answer_queue, 1, cases, ASK_CASES_MAX, &acase_schema) };
static const struct schema queue_schema = SCHEMA("answer-queue", struct answer_queue, queue_rows);

ROWS(row) = {
	ID(answer_row, 1, record),         T(answer_row, 2, owner, 32),
	T(answer_row, 3, reference, 32),   T(answer_row, 4, notice, 16),
	T(answer_row, 5, status, 16),      U(answer_row, 6, revision),
	T(answer_row, 7, valid_until, 16), U(answer_row, 8, fingers),
	T(answer_row, 9, name, 300),
};
static const struct schema row_schema = SCHEMA("answer-row", struct answer_row, row_rows);

ROWS(gallery) = {
	T(answer_gallery, 1, gallery, 64),
	U(answer_gallery, 2, people),
	U(answer_gallery, 3, fingers),
	T(answer_gallery, 4, synced, 64),
	L(answer_gallery, 5, rows, ASK_ROWS_MAX, &row_schema),
};
static const struct schema gallery_schema =
    SCHEMA("answer-gallery", struct answer_gallery, gallery_rows);

ROWS(peer) = {
	T(answer_peer, 1, node, 32),       T(answer_peer, 2, label, 64),
	T(answer_peer, 3, role, 16),       T(answer_peer, 4, address, 64),
	T(answer_peer, 5, state, 16),      U(answer_peer, 6, to_send),
	U(answer_peer, 7, to_receive),     U(answer_peer, 8, sent_bytes),
	U(answer_peer, 9, received_bytes), T(answer_peer, 10, sentence, 256),
};
static const struct schema peer_schema = SCHEMA("answer-peer", struct answer_peer, peer_rows);

ROWS(peers) = { L(answer_peers, 1, peers, 1024, &peer_schema) };
static const struct schema peers_schema = SCHEMA("answer-peers", struct answer_peers, peers_rows);

ROWS(status) = {
	T(answer_status, 1, node, 32),        T(answer_status, 2, fingerprint, 64),
	T(answer_status, 3, role, 16),        T(answer_status, 4, region, 32),
	T(answer_status, 5, label, 64),       T(answer_status, 6, enrolled, 64),
	U(answer_status, 7, people),          U(answer_status, 8, fingers),
	U(answer_status, 9, entries),         U(answer_status, 10, erased),
	U(answer_status, 11, members),        U(answer_status, 12, classes),
	U(answer_status, 13, links),          U(answer_status, 14, open_cases),
	U(answer_status, 15, tasks),          U(answer_status, 16, audit),
	T(answer_status, 17, audit_head, 64), T(answer_status, 18, synced, 64),
	T(answer_status, 19, policy, 128),    U(answer_status, 20, store_bytes),
};
static const struct schema status_schema =
    SCHEMA("answer-status", struct answer_status, status_rows);

ROWS(audit) = {
	L(answer_audit, 1, lines, ASK_ROWS_MAX, &line_schema),
	T(answer_audit, 2, chain, 128),
};
static const struct schema audit_schema = SCHEMA("answer-audit", struct answer_audit, audit_rows);

static const struct ask_verb verbs[] = {
	{ "status", NULL, &status_schema },
	{ "passport.request", &label_schema, &afile_schema },
	{ "passport.sign", &sign_schema, &afile_schema },
	{ "passport.install", &install_schema, NULL },
	{ "notice.add", &notice_schema, &anotice_schema },
	{ "notice.amend", &notice_schema, &anotice_schema },
	{ "notice.block", &standing_schema, &anotice_schema },
	{ "notice.withdraw", &standing_schema, &anotice_schema },
	{ "gallery", &range_schema, &gallery_schema },
	{ "check", &check_schema, &acase_schema },
	{ "case", &ask_case_schema, &acase_schema },
	{ "queue", &range_schema, &queue_schema },
	{ "review", &review_schema, &acase_schema },
	{ "action", &action_schema, &acase_schema },
	{ "peers", NULL, &peers_schema },
	{ "audit", &range_schema, &audit_schema },
	{ "bundle.export", &bexport_schema, &bundle_schema },
	{ "bundle.next", &bnext_schema, &bundle_schema },
	{ "bundle.import", &bimport_schema, &bundle_schema },
	{ "bundle.piece", &bpiece_schema, &bundle_schema },
};

const struct ask_verb *ask_find(struct bytes name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (bytes_is(name, verbs[i].name)) {
			return &verbs[i];
		}
	}
	return NULL;
}
