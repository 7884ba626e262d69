#include "record/kinds.h"

#include "base/day.h"
#include "record/kind.h"
#include "record/labels.h"

#define DATE_MAX 99991231U

#define ROWS(s) static const struct field s##_rows[]

ROWS(restrictions) = {
	FIELD(struct restrictions, 1, false, FIELD_TEXT, exclude, 96, NULL),
	FIELD(struct restrictions, 2, false, FIELD_UINT, match_only, 1, NULL),
	FIELD(struct restrictions, 3, false, FIELD_UINT, reviewers, 3, NULL),
	FIELD(struct restrictions, 4, false, FIELD_UINT, relay_only, 1, NULL),
};
const struct schema kinds_restrictions =
    SCHEMA("restrictions", struct restrictions, restrictions_rows);

ROWS(notice) = {
	FIELD(struct notice, 1, true, FIELD_FIXED, record, KINDS_RECORD_BYTES, NULL),
	FROM(struct notice, 2, revision, 1, INT64_MAX),
	FROM(struct notice, 3, status, STATUS_ACTIVE, STATUS_WITHDRAWN),
	FIELD(struct notice, 4, true, FIELD_TEXT, owner, 32, NULL),
	FIELD(struct notice, 5, true, FIELD_TEXT, reference, 32, NULL),
	FIELD(struct notice, 6, false, FIELD_UINT, type, 9, NULL),
	FIELD(struct notice, 7, true, FIELD_UINT, purposes, UINT16_MAX, NULL),
	FIELD(struct notice, 8, true, FIELD_UINT, valid_until, DAY_MAX, NULL),
	FIELD(struct notice, 9, false, FIELD_UINT, lease_hours, 8784, NULL),
	FIELD(struct notice, 10, false, FIELD_STRUCT, restrictions, 0, &kinds_restrictions),
	FIELD(struct notice, 11, false, FIELD_TEXT, caveats, 512, NULL),
	FIELD(struct notice, 12, false, FIELD_UINT, action, 255, NULL),
	FIELD(struct notice, 13, false, FIELD_UINT, minor, 1, NULL),
};
const struct schema kinds_notice = SCHEMA("notice", struct notice, notice_rows);

ROWS(name) = {
	FIELD(struct person_name, 1, false, FIELD_UINT, type, 2, NULL),
	FIELD(struct person_name, 2, true, FIELD_TEXT, family, 128, NULL),
	FIELD(struct person_name, 3, false, FIELD_TEXT, given, 128, NULL),
};
static const struct schema name_schema = SCHEMA("person-name", struct person_name, name_rows);

ROWS(document) = {
	FIELD(struct travel_document, 1, true, FIELD_TEXT, type, 2, NULL),
	FIELD(struct travel_document, 2, true, FIELD_TEXT, issuer, 3, NULL),
	FIELD(struct travel_document, 3, true, FIELD_TEXT, number, 24, NULL),
	FIELD(struct travel_document, 4, false, FIELD_UINT, expiry, DATE_MAX, NULL),
};
static const struct schema document_schema =
    SCHEMA("travel-document", struct travel_document, document_rows);

ROWS(subject) = {
	FIELD(struct subject, 1, true, FIELD_FIXED, record, KINDS_RECORD_BYTES, NULL),
	FROM(struct subject, 2, revision, 1, INT64_MAX),
	FIELD(struct subject, 3, false, FIELD_LIST, names, 16, &name_schema),
	FIELD(struct subject, 4, false, FIELD_UINT, born_from, DATE_MAX, NULL),
	FIELD(struct subject, 5, false, FIELD_UINT, born_to, DATE_MAX, NULL),
	FIELD(struct subject, 6, false, FIELD_TEXT, sex, 1, NULL),
	FIELD(struct subject, 7, false, FIELD_TEXT, nationality, 24, NULL),
	FIELD(struct subject, 8, false, FIELD_LIST, documents, 8, &document_schema),
	FIELD(struct subject, 9, false, FIELD_UINT, type, 9, NULL),
	FIELD(struct subject, 10, false, FIELD_TEXT, grounds, 1024, NULL),
	FIELD(struct subject, 11, false, FIELD_TEXT, warnings, 512, NULL),
};
const struct schema kinds_subject = SCHEMA("subject", struct subject, subject_rows);

ROWS(finger) = {
	FIELD(struct finger_record, 1, true, FIELD_FIXED, record, KINDS_RECORD_BYTES, NULL),
	FROM(struct finger_record, 2, revision, 1, INT64_MAX),
	FIELD(struct finger_record, 3, false, FIELD_UINT, position, 10, NULL),
	FIELD(struct finger_record, 4, false, FIELD_UINT, quality, 100, NULL),
	FIELD(struct finger_record, 5, true, FIELD_BYTES, iso, KINDS_ISO_MAX, NULL),
	FIELD(struct finger_record, 6, false, FIELD_BYTES, extended, KINDS_EXTENDED_MAX, NULL),
};
const struct schema kinds_finger = SCHEMA("template", struct finger_record, finger_rows);

ROWS(sample) = {
	FIELD(struct sample, 1, false, FIELD_UINT, position, 10, NULL),
	FIELD(struct sample, 2, false, FIELD_UINT, quality, 100, NULL),
	FIELD(struct sample, 3, true, FIELD_BYTES, iso, KINDS_ISO_MAX, NULL),
	FIELD(struct sample, 4, false, FIELD_BYTES, extended, KINDS_EXTENDED_MAX, NULL),
};
static const struct schema sample_schema = SCHEMA("sample", struct sample, sample_rows);

ROWS(encounter) = {
	FIELD(struct encounter, 1, true, FIELD_FIXED, encounter, KINDS_ENCOUNTER_BYTES, NULL),
	FIELD(struct encounter, 2, true, FIELD_UINT, captured_ms, INT64_MAX, NULL),
	FIELD(struct encounter, 3, true, FIELD_TEXT, officer, 64, NULL),
	FROM(struct encounter, 4, purpose, 1, UINT16_MAX),
	FIELD(struct encounter, 5, true, FIELD_TEXT, legal_basis, 64, NULL),
	FIELD(struct encounter, 6, false, FIELD_TEXT, operation, 64, NULL),
	FIELD(struct encounter, 7, false, FIELD_TEXT, claimed_family, 128, NULL),
	FIELD(struct encounter, 8, false, FIELD_TEXT, claimed_given, 128, NULL),
	FIELD(struct encounter, 9, false, FIELD_UINT, claimed_birth, DATE_MAX, NULL),
	FIELD(struct encounter, 10, false, FIELD_TEXT, claimed_nationality, 3, NULL),
	FIELD(struct encounter, 11, false, FIELD_TEXT, claimed_document, 24, NULL),
	FIELD(struct encounter, 12, false, FIELD_LIST, samples, KINDS_SAMPLES_MAX, &sample_schema),
	FROM(struct encounter, 13, local, LOCAL_NONE, LOCAL_NOT_SEARCHED),
	FIELD(struct encounter, 14, false, FIELD_FIXED, candidate, KINDS_RECORD_BYTES, NULL),
	FIELD(struct encounter, 15, true, FIELD_UINT, probe_delete_day, DAY_MAX, NULL),
};
const struct schema kinds_encounter = SCHEMA("encounter", struct encounter, encounter_rows);

ROWS(candidate) = {
	FIELD(struct candidate, 1, true, FIELD_FIXED, record, KINDS_RECORD_BYTES, NULL),
	FIELD(struct candidate, 2, true, FIELD_UINT, score, 1000000, NULL),
	FIELD(struct candidate, 3, true, FIELD_UINT, fingers, 20, NULL),
};
static const struct schema candidate_schema = SCHEMA("candidate", struct candidate, candidate_rows);

ROWS(note) = {
	FIELD(struct sample_note, 1, false, FIELD_UINT, position, 10, NULL),
	FIELD(struct sample_note, 2, false, FIELD_UINT, quality, 100, NULL),
	FIELD(struct sample_note, 3, false, FIELD_UINT, faults, UINT16_MAX, NULL),
	FIELD(struct sample_note, 4, false, FIELD_UINT, usable, 1, NULL),
};
static const struct schema note_schema = SCHEMA("sample-note", struct sample_note, note_rows);

ROWS(search) = {
	FIELD(struct search_record, 1, true, FIELD_FIXED, encounter, KINDS_ENCOUNTER_BYTES, NULL),
	FIELD(struct search_record, 2, true, FIELD_UINT, captured_ms, INT64_MAX, NULL),
	FIELD(struct search_record, 3, true, FIELD_TEXT, officer, 64, NULL),
	FROM(struct search_record, 4, purpose, 1, UINT16_MAX),
	FIELD(struct search_record, 5, true, FIELD_TEXT, legal_basis, 64, NULL),
	FIELD(struct search_record, 6, true, FIELD_UINT, people, INT64_MAX, NULL),
	FIELD(struct search_record, 7, false, FIELD_UINT, synced_ms, INT64_MAX, NULL),
	FIELD(struct search_record, 8, true, FIELD_UINT, threshold, 1000000, NULL),
	FIELD(struct search_record, 9, true, FIELD_UINT, fpir_ppm, 1000000, NULL),
	FIELD(struct search_record, 10, false, FIELD_UINT, not_searched, UINT16_MAX, NULL),
	FIELD(struct search_record, 11, false, FIELD_LIST, candidates, 10, &candidate_schema),
	FIELD(struct search_record, 12, false, FIELD_UINT, hq_queued, 1, NULL),
	FIELD(struct search_record, 13, false, FIELD_TEXT, operation, 64, NULL),
	FIELD(struct search_record, 14, false, FIELD_UINT, reviewers, 3, NULL),
	FIELD(struct search_record, 15, false, FIELD_FIXED, origin, ENTRY_NODE_BYTES, NULL),
	FIELD(struct search_record, 16, false, FIELD_LIST, samples, 20, &note_schema),
};
const struct schema kinds_search = SCHEMA("search", struct search_record, search_rows);

ROWS(decision) = {
	FIELD(struct decision, 1, true, FIELD_FIXED, encounter, KINDS_ENCOUNTER_BYTES, NULL),
	FIELD(struct decision, 2, true, FIELD_FIXED, candidate, KINDS_RECORD_BYTES, NULL),
	FROM(struct decision, 3, outcome, DECISION_POTENTIAL, DECISION_INCONCLUSIVE),
	FIELD(struct decision, 4, true, FIELD_TEXT, reviewer, 64, NULL),
	FIELD(struct decision, 5, false, FIELD_TEXT, reason, 512, NULL),
	FIELD(struct decision, 6, false, FIELD_BYTES, saw, KINDS_SAW_MAX *UINT64_C(16), NULL),
};
const struct schema kinds_decision = SCHEMA("decision", struct decision, decision_rows);

ROWS(action) = {
	FIELD(struct action, 1, true, FIELD_FIXED, encounter, KINDS_ENCOUNTER_BYTES, NULL),
	FIELD(struct action, 2, true, FIELD_TEXT, officer, 64, NULL),
	FIELD(struct action, 3, false, FIELD_UINT, closes, 255, NULL),
	FIELD(struct action, 4, true, FIELD_TEXT, text, 512, NULL),
};
const struct schema kinds_action = SCHEMA("action", struct action, action_rows);

ROWS(verdict) = {
	FIELD(struct verdict, 1, true, FIELD_FIXED, encounter, KINDS_ENCOUNTER_BYTES, NULL),
	FROM(struct verdict, 2, outcome, VERDICT_NO_HIT, VERDICT_ERROR),
	FIELD(struct verdict, 3, false, FIELD_FIXED, record, KINDS_RECORD_BYTES, NULL),
	FIELD(struct verdict, 4, true, FIELD_UINT, people, INT64_MAX, NULL),
	FIELD(struct verdict, 5, false, FIELD_TEXT, owner, 32, NULL),
	FIELD(struct verdict, 6, false, FIELD_TEXT, reference, 32, NULL),
	FIELD(struct verdict, 7, false, FIELD_TEXT, examiner, 64, NULL),
	FIELD(struct verdict, 8, false, FIELD_TEXT, text, 512, NULL),
	FIELD(struct verdict, 9, true, FIELD_UINT, decided_ms, INT64_MAX, NULL),
};
const struct schema kinds_verdict = SCHEMA("verdict", struct verdict, verdict_rows);

ROWS(receipt) = {
	FIELD(struct receipt, 1, true, FIELD_FIXED, encounter, KINDS_ENCOUNTER_BYTES, NULL),
	FROM(struct receipt, 2, state, RECEIPT_DELIVERED, RECEIPT_DELIVERED),
	FIELD(struct receipt, 3, true, FIELD_FIXED, entry, ENTRY_ID_BYTES, NULL),
	FIELD(struct receipt, 4, true, FIELD_UINT, expiry_day, DAY_MAX, NULL),
};
const struct schema kinds_receipt = SCHEMA("receipt", struct receipt, receipt_rows);

ROWS(erased) = {
	FIELD(struct erased, 1, true, FIELD_FIXED, id, ENTRY_ID_BYTES, NULL),
	FIELD(struct erased, 2, true, FIELD_UINT, expiry_day, DAY_MAX, NULL),
};
static const struct schema erased_schema = SCHEMA("erased", struct erased, erased_rows);

ROWS(erasure) = {
	FIELD(struct erasure, 1, true, FIELD_LIST, erased, KINDS_ERASE_MAX, &erased_schema),
};
const struct schema kinds_erasure = SCHEMA("erasure", struct erasure, erasure_rows);

ROWS(member_key) = {
	FIELD(struct member_key, 1, true, FIELD_FIXED, member, ENTRY_NODE_BYTES, NULL),
	FIELD(struct member_key, 2, true, FIELD_BYTES, box, 80, NULL),
};
static const struct schema member_key_schema =
    SCHEMA("member-key", struct member_key, member_key_rows);

ROWS(epoch) = {
	FIELD(struct epoch, 1, true, FIELD_FIXED, class_id, ENTRY_CLASS_BYTES, NULL),
	FIELD(struct epoch, 2, true, FIELD_FIXED, epoch, ENTRY_EPOCH_BYTES, NULL),
	FIELD(struct epoch, 3, true, FIELD_FIXED, commit, 32, NULL),
	FIELD(struct epoch, 4, true, FIELD_LIST, members, 512, &member_key_schema),
};
const struct schema kinds_epoch = SCHEMA("epoch", struct epoch, epoch_rows);

ROWS(passport_entry) = {
	FIELD(struct passport_entry, 1, true, FIELD_BYTES, signed_passport, 1536, NULL),
};
const struct schema kinds_passport =
    SCHEMA("passport-entry", struct passport_entry, passport_entry_rows);

ROWS(beacon) = { FIELD(struct beacon, 1, true, FIELD_UINT, at_ms, INT64_MAX, NULL) };
const struct schema kinds_beacon = SCHEMA("beacon", struct beacon, beacon_rows);

ROWS(class_entry) = {
	FIELD(struct class_entry, 1, true, FIELD_FIXED, class_id, ENTRY_CLASS_BYTES, NULL),
	FIELD(struct class_entry, 2, true, FIELD_BYTES, labels, 256, NULL),
};
static const struct schema class_entry_schema =
    SCHEMA("class-entry", struct class_entry, class_entry_rows);

ROWS(member_rights) = {
	FIELD(struct member_rights, 1, true, FIELD_FIXED, member, ENTRY_NODE_BYTES, NULL),
	FIELD(struct member_rights, 2, true, FIELD_BYTES, rights, 128, NULL),
};
static const struct schema member_rights_schema =
    SCHEMA("member-rights", struct member_rights, member_rights_rows);

ROWS(roster) = {
	FROM(struct roster, 1, version, 1, INT64_MAX),
	FIELD(struct roster, 2, true, FIELD_LIST, classes, 256, &class_entry_schema),
	FIELD(struct roster, 3, true, FIELD_LIST, members, 512, &member_rights_schema),
};
const struct schema kinds_roster = SCHEMA("roster", struct roster, roster_rows);

const struct schema *kinds_schema(uint64_t kind)
{
	switch (kind) {
	case KIND_NOTICE:
		return &kinds_notice;
	case KIND_SUBJECT:
		return &kinds_subject;
	case KIND_TEMPLATE:
		return &kinds_finger;
	case KIND_ENCOUNTER:
		return &kinds_encounter;
	case KIND_SEARCH:
		return &kinds_search;
	case KIND_DECISION:
		return &kinds_decision;
	case KIND_ACTION:
		return &kinds_action;
	case KIND_VERDICT:
		return &kinds_verdict;
	case KIND_RECEIPT:
		return &kinds_receipt;
	case KIND_ERASURE:
		return &kinds_erasure;
	case KIND_EPOCH:
		return &kinds_epoch;
	case KIND_ROSTER:
		return &kinds_roster;
	case KIND_BEACON:
		return &kinds_beacon;
	case KIND_PASSPORT:
		return &kinds_passport;
	default:
		return NULL;
	}
}

const struct schema *const *kinds_all(void)
{
	static const struct schema *const all[] = {
		&entry_header_schema, &labels_schema,        &kinds_notice,
		&kinds_restrictions,  &kinds_subject,        &name_schema,
		&document_schema,     &kinds_finger,         &kinds_encounter,
		&sample_schema,       &kinds_search,         &candidate_schema,
		&note_schema,         &kinds_decision,       &kinds_action,
		&kinds_verdict,       &kinds_receipt,        &kinds_erasure,
		&erased_schema,       &kinds_epoch,          &member_key_schema,
		&kinds_roster,        &kinds_passport,       &kinds_beacon,
		&class_entry_schema,  &member_rights_schema, NULL,
	};

	return all;
}
