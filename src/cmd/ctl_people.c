/* outpostctl check, review, case, queue, action, notice: the officer's and the owner's work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "cmd/ctl.h"
#include "record/mrz.h"

#define S(b) (int)(b).len, (const char *)(b).data

/* ---- printing ---- */

static void print_candidate(const struct answer_candidate *a)
{
	const struct line *opinions = a->opinions.items;

	(void)printf("  candidate %llu: %.*s, reference %.*s: %.*s\n",
		     (unsigned long long)a->number, S(a->owner), S(a->reference), S(a->review));
	if (a->notice.len > 0 || a->name.len > 0) {
		(void)printf("    %.*s notice%s%.*s%s%.*s\n", S(a->notice),
			     a->name.len > 0 ? ": " : "", S(a->name),
			     a->born.len > 0 ? ", born " : "", S(a->born));
	}
	if (a->caveats.len > 0) {
		(void)printf("    caveat: %.*s\n", S(a->caveats));
	}
	for (size_t i = 0; i < a->opinions.count; i++) {
		(void)printf("    opinion: %.*s\n", S(opinions[i].text));
	}
	if (a->action.len > 0) {
		(void)printf("    ACTION: %.*s\n", S(a->action));
	}
}

static void print_case(const struct answer_case *a)
{
	const struct line *unsearched = a->not_searched.items;
	const struct line *tasks = a->tasks.items;
	const struct answer_sample *samples = a->samples.items;
	const struct answer_candidate *candidates = a->candidates.items;
	char hex[33];

	bytes_hex(a->encounter, 16, hex);
	(void)printf("case %s  %.*s, %.*s\n%.*s\n", hex, S(a->state), S(a->result), S(a->sentence));
	for (size_t i = 0; i < a->samples.count; i++) {
		if (samples[i].usable == 0 || samples[i].faults.len > 0) {
			(void)printf("  capture %zu: quality %llu%s%.*s%s\n", i + 1,
				     (unsigned long long)samples[i].quality,
				     samples[i].faults.len > 0 ? ", " : "", S(samples[i].faults),
				     samples[i].usable == 0 ? ": not usable, capture again" : "");
		}
	}
	for (size_t i = 0; i < a->candidates.count; i++) {
		print_candidate(&candidates[i]);
	}
	if (a->not_searched.count > 0) {
		(void)puts("  not searched:");
		for (size_t i = 0; i < a->not_searched.count; i++) {
			(void)printf("    %.*s\n", S(unsearched[i].text));
		}
	}
	if (a->headquarters.len > 0) {
		(void)printf("  headquarters: %.*s\n", S(a->headquarters));
	}
	for (size_t i = 0; i < a->tasks.count; i++) {
		(void)printf("  TASK: %.*s\n", S(tasks[i].text));
	}
}

static int show_case(struct ctl *c, int rc, const struct answer_case *out)
{
	const struct answer_sample *samples = out->samples.items;

	if (rc != CTL_OK) {
		return rc;
	}
	if (!ctl_json(c, ask_find(bytes_of("case"))->answer, out)) {
		print_case(out);
	}
	for (size_t i = 0; i < out->samples.count; i++) {
		if (samples[i].usable == 0) {
			return CTL_PARTIAL;
		}
	}
	return CTL_OK;
}

/* ---- the officer ---- */

/* Claimed biographics from the machine-readable zone of the document. */
static int read_zone(struct ctl *c, const char *path, struct ask_check *ask)
{
	static struct mrz zone; /* the question borrows from it */
	struct fault fault = { .what = "zone" };
	struct bytes text = { NULL, 0 };
	char birth[MRZ_DAY];
	uint64_t to;
	int rc = ctl_read_file(c, path, 256, &text);

	if (rc != CTL_OK) {
		return rc;
	}
	while (text.len > 0 && text.data[text.len - 1] == '\n') {
		text.len--;
	}
	rc = mrz_read(text, &zone, &fault);
	if (rc != ERR_OK) {
		return ctl_fail(CTL_USAGE, "%s: %s at character %zu: %s", path, fault.what,
				fault.at, err_text(rc));
	}
	ask->family = bytes_of(zone.surname);
	ask->given = bytes_of(zone.given);
	ask->nationality = bytes_of(zone.nationality);
	ask->document = bytes_of(zone.number);
	if (mrz_date(zone.birth, 2026, birth) == ERR_OK && birth[0] != '\0') {
		return ctl_birth(birth, &ask->birth, &to);
	}
	return CTL_OK;
}

int ctl_check(struct ctl *c, int argc, char *argv[])
{
	const char *purpose = NULL;
	const char *basis = NULL;
	const char *operation = NULL;
	const char *zone = NULL;
	const char *family = NULL;
	const char *given = NULL;
	const char *born = NULL;
	const char *nationality = NULL;
	const char *document = NULL;
	bool minor = false;
	bool protection = false;
	const struct ctl_option options[] = {
		{ "purpose", &purpose, NULL },
		{ "basis", &basis, NULL },
		{ "operation", &operation, NULL },
		{ "mrz", &zone, NULL },
		{ "family", &family, NULL },
		{ "given", &given, NULL },
		{ "born", &born, NULL },
		{ "nationality", &nationality, NULL },
		{ "document", &document, NULL },
		{ "minor", NULL, &minor },
		{ "protection", NULL, &protection },
	};
	struct ask_check ask = { .purpose = 0 };
	struct answer_case out = { .people = 0 };
	uint64_t to;
	int rest;
	int rc = ctl_options(argc, argv, options, sizeof options / sizeof options[0], &rest);

	if (rc != CTL_OK) {
		return rc;
	}
	if (purpose == NULL || purpose[0] == '\0' || basis == NULL || basis[0] == '\0') {
		return ctl_fail(CTL_USAGE,
				"check: --purpose and --basis (the legal basis) are part of "
				"every check");
	}
	rc = ctl_purposes(purpose, &ask.purpose);
	if (rc == CTL_OK && zone != NULL) {
		rc = read_zone(c, zone, &ask);
	}
	if (rc == CTL_OK && born != NULL) {
		rc = ctl_birth(born, &ask.birth, &to);
	}
	if (rc == CTL_OK) {
		rc = ctl_files(c, argc - rest, argv + rest, &ask.files);
	}
	if (rc != CTL_OK) {
		return rc;
	}
	ask.legal_basis = bytes_of(basis);
	ask.operation = bytes_of(operation);
	ask.family = family != NULL ? bytes_of(family) : ask.family;
	ask.given = given != NULL ? bytes_of(given) : ask.given;
	ask.nationality = nationality != NULL ? bytes_of(nationality) : ask.nationality;
	ask.document = document != NULL ? bytes_of(document) : ask.document;
	ask.minor = minor;
	ask.protection = protection;
	rc = ctl_ask(c, "check", &ask, &out);
	return show_case(c, rc, &out);
}

int ctl_review(struct ctl *c, int argc, char *argv[])
{
	static const char *const outcomes[] = { "", "potential", "none", "inconclusive" };
	const char *reason = NULL;
	const struct ctl_option options[] = { { "reason", &reason, NULL } };
	struct ask_review ask = { .outcome = 0 };
	struct answer_case out = { .people = 0 };
	int rest;
	int rc = ctl_options(argc, argv, options, 1, &rest);

	if (rc != CTL_OK) {
		return rc;
	}
	if (argc - rest == 3) {
		for (uint64_t i = 1; i <= 3; i++) {
			ask.outcome = strcmp(argv[rest + 2], outcomes[i]) == 0 ? i : ask.outcome;
		}
	}
	if (ask.outcome == 0) {
		return ctl_fail(CTL_USAGE, "review [--reason TEXT] CASE CANDIDATE "
					   "potential|none|inconclusive");
	}
	rc = ctl_number("CANDIDATE", argv[rest + 1], 10, &ask.candidate);
	if (rc == CTL_OK) {
		rc = ctl_encounter(c, argv[rest], ask.encounter);
	}
	if (rc == CTL_OK) {
		ask.reason = bytes_of(reason);
		rc = ctl_ask(c, "review", &ask, &out);
	}
	return show_case(c, rc, &out);
}

int ctl_action(struct ctl *c, int argc, char *argv[])
{
	static const char *const tasks[] = { "",         "review",    "correct",  "missed",
					     "conflict", "recapture", "location", "withdrawn" };
	const char *closes = NULL;
	const struct ctl_option options[] = { { "closes", &closes, NULL } };
	struct ask_action ask = { .closes = 0 };
	struct answer_case out = { .people = 0 };
	int rest;
	int rc = ctl_options(argc, argv, options, 1, &rest);

	if (rc != CTL_OK) {
		return rc;
	}
	for (uint64_t i = 1; closes != NULL && i < sizeof tasks / sizeof tasks[0]; i++) {
		ask.closes = strcmp(closes, tasks[i]) == 0 ? i : ask.closes;
	}
	if (argc - rest != 2 || (closes != NULL && ask.closes == 0)) {
		return ctl_fail(CTL_USAGE,
				"action [--closes correct|missed|conflict|recapture|location|"
				"withdrawn] CASE TEXT");
	}
	rc = ctl_encounter(c, argv[rest], ask.encounter);
	if (rc == CTL_OK) {
		ask.text = bytes_of(argv[rest + 1]);
		rc = ctl_ask(c, "action", &ask, &out);
	}
	return show_case(c, rc, &out);
}

int ctl_case(struct ctl *c, int argc, char *argv[])
{
	struct ask_case ask;
	struct answer_case out = { .people = 0 };
	int rest;
	int rc = ctl_options(argc, argv, NULL, 0, &rest);

	if (rc == CTL_OK && rest + 1 != argc) {
		return ctl_fail(CTL_USAGE, "case CASE");
	}
	if (rc == CTL_OK) {
		rc = ctl_encounter(c, argv[rest], ask.encounter);
	}
	if (rc == CTL_OK) {
		rc = ctl_ask(c, "case", &ask, &out);
	}
	return show_case(c, rc, &out);
}

int ctl_queue(struct ctl *c, int argc, char *argv[])
{
	bool all = false;
	const struct ctl_option options[] = { { "all", NULL, &all } };
	struct answer_queue out = { .cases = { .count = 0 } };
	const struct answer_case *cases;
	size_t open = 0;
	int rc = ctl_only_options(argc, argv, options, 1);

	if (rc == CTL_OK) {
		rc = ctl_cases(c, &out.cases);
	}
	if (rc != CTL_OK || ctl_json(c, ask_find(bytes_of("queue"))->answer, &out)) {
		return rc;
	}
	cases = out.cases.items;
	for (size_t i = 0; i < out.cases.count; i++) {
		if (all || cases[i].tasks.count > 0 || bytes_is(cases[i].result, "open")) {
			print_case(&cases[i]);
			open++;
		}
	}
	(void)printf("%zu of %zu cases%s\n", open, out.cases.count,
		     all ? "" : " are open or have tasks; --all shows the rest");
	return CTL_OK;
}

/* ---- the owner ---- */

struct notice_arguments {
	const char *reference, *type, *family, *given, *born, *sex, *nationality;
	const char *document, *issuer, *grounds, *warnings, *caveats, *purposes;
	const char *valid_until, *lease, *exclude, *reviewers;
	bool match_only, relay_only, minor;
};

static int notice_type(const char *word, uint64_t *type)
{
	static const char *const types[] = { "",          "red",     "blue",   "green",
					     "yellow",    "black",   "orange", "un-special",
					     "diffusion", "national" };

	for (uint64_t i = 1; word != NULL && i < sizeof types / sizeof types[0]; i++) {
		if (strcmp(types[i], word) == 0) {
			*type = i;
			return CTL_OK;
		}
	}
	return word == NULL
		   ? CTL_OK
		   : ctl_fail(CTL_USAGE, "notice: type is red, blue, green, yellow, black, "
					 "orange, un-special, diffusion or national");
}

static int fill_notice(struct ctl *c, const struct notice_arguments *a, struct ask_notice *ask)
{
	uint32_t day;
	int rc = notice_type(a->type, &ask->type);

	ask->reference = bytes_of(a->reference);
	ask->family = bytes_of(a->family);
	ask->given = bytes_of(a->given);
	ask->sex = bytes_of(a->sex);
	ask->nationality = bytes_of(a->nationality);
	ask->document_number = bytes_of(a->document);
	ask->document_issuer = bytes_of(a->issuer != NULL ? a->issuer : a->nationality);
	ask->grounds = bytes_of(a->grounds);
	ask->warnings = bytes_of(a->warnings);
	ask->caveats = bytes_of(a->caveats);
	ask->minor = a->minor;
	ask->restrictions = (struct restrictions){ .exclude = bytes_of(a->exclude),
						   .match_only = a->match_only,
						   .relay_only = a->relay_only };
	if (rc == CTL_OK) {
		rc = ctl_number("--reviewers", a->reviewers, 3, &ask->restrictions.reviewers);
	}
	if (rc == CTL_OK) {
		rc = ctl_number("--lease-hours", a->lease, 8784, &ask->lease_hours);
	}
	if (rc == CTL_OK && a->born != NULL) {
		rc = ctl_birth(a->born, &ask->born_from, &ask->born_to);
	}
	if (rc == CTL_OK && a->purposes != NULL) {
		rc = ctl_purposes(a->purposes, &ask->purposes);
	}
	if (rc == CTL_OK && a->valid_until != NULL) {
		if (day_parse(a->valid_until, &day) != ERR_OK) {
			return ctl_fail(CTL_USAGE, "%s: --valid-until is a day: 2027-12-31",
					a->valid_until);
		}
		ask->valid_until = day;
	}
	(void)c;
	return rc;
}

static int issue(struct ctl *c, const char *verb, int argc, char *argv[])
{
	struct notice_arguments a = { .reference = NULL };
	const struct ctl_option options[] = {
		{ "ref", &a.reference, NULL },
		{ "type", &a.type, NULL },
		{ "family", &a.family, NULL },
		{ "given", &a.given, NULL },
		{ "born", &a.born, NULL },
		{ "sex", &a.sex, NULL },
		{ "nationality", &a.nationality, NULL },
		{ "document", &a.document, NULL },
		{ "issuer", &a.issuer, NULL },
		{ "grounds", &a.grounds, NULL },
		{ "warnings", &a.warnings, NULL },
		{ "caveats", &a.caveats, NULL },
		{ "purposes", &a.purposes, NULL },
		{ "valid-until", &a.valid_until, NULL },
		{ "lease-hours", &a.lease, NULL },
		{ "exclude", &a.exclude, NULL },
		{ "reviewers", &a.reviewers, NULL },
		{ "match-only", NULL, &a.match_only },
		{ "relay-only", NULL, &a.relay_only },
		{ "minor", NULL, &a.minor },
	};
	struct ask_notice ask = { .type = 0 };
	struct answer_notice out = { .revision = 0 };
	const struct answer_sample *samples;
	int rest;
	int rc = ctl_options(argc, argv, options, sizeof options / sizeof options[0], &rest);

	if (rc == CTL_OK && a.reference == NULL) {
		return ctl_fail(CTL_USAGE, "notice: --ref is the owner's reference");
	}
	if (rc == CTL_OK) {
		rc = fill_notice(c, &a, &ask);
	}
	if (rc == CTL_OK) {
		rc = ctl_files(c, argc - rest, argv + rest, &ask.files);
	}
	if (rc == CTL_OK) {
		rc = ctl_ask(c, verb, &ask, &out);
	}
	if (rc != CTL_OK || ctl_json(c, ask_find(bytes_of(verb))->answer, &out)) {
		return rc;
	}
	(void)printf("%.*s revision %llu, %llu entries\n", S(out.reference),
		     (unsigned long long)out.revision, (unsigned long long)out.entries);
	samples = out.samples.items;
	for (size_t i = 0; i < out.samples.count; i++) {
		(void)printf("  finger %llu: quality %llu%s%.*s%s\n",
			     (unsigned long long)samples[i].position,
			     (unsigned long long)samples[i].quality,
			     samples[i].faults.len > 0 ? ", " : "", S(samples[i].faults),
			     samples[i].usable == 0 ? ": left out" : "");
		rc = samples[i].usable == 0 ? CTL_PARTIAL : rc;
	}
	return rc;
}

static int standing(struct ctl *c, const char *verb, int argc, char *argv[])
{
	const char *reason = NULL;
	const struct ctl_option options[] = { { "reason", &reason, NULL } };
	struct ask_standing ask;
	struct answer_notice out = { .revision = 0 };
	int rest;
	int rc = ctl_options(argc, argv, options, 1, &rest);

	if (rc == CTL_OK && argc - rest != 1) {
		return ctl_fail(CTL_USAGE, "notice block|withdraw [--reason TEXT] REFERENCE");
	}
	if (rc == CTL_OK) {
		ask = (struct ask_standing){ .reference = bytes_of(argv[rest]),
					     .reason = bytes_of(reason) };
		rc = ctl_ask(c, verb, &ask, &out);
	}
	if (rc == CTL_OK && !ctl_json(c, ask_find(bytes_of(verb))->answer, &out)) {
		(void)printf(
		    "%.*s revision %llu: it stops matching here now, elsewhere when the word "
		    "arrives\n",
		    S(out.reference), (unsigned long long)out.revision);
	}
	return rc;
}

int ctl_notice(struct ctl *c, int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "add") == 0) {
		return issue(c, "notice.add", argc - 1, argv + 1);
	}
	if (strcmp(what, "amend") == 0) {
		return issue(c, "notice.amend", argc - 1, argv + 1);
	}
	if (strcmp(what, "block") == 0) {
		return standing(c, "notice.block", argc - 1, argv + 1);
	}
	if (strcmp(what, "withdraw") == 0) {
		return standing(c, "notice.withdraw", argc - 1, argv + 1);
	}
	return ctl_fail(CTL_USAGE,
			"notice add|amend --ref R --type T [...] [FILE[@FINGER][:PPI]]... | "
			"block REFERENCE | withdraw REFERENCE");
}
