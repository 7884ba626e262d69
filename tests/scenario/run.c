/* Plays a scenario: nodes, a clock and wires that exist only here.  Lines that begin with '>'
 * are the trace that the lines above must have left; docs/ARCHITECTURE.md has the words. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/run.h"

#define TRACE_MAX 512U
#define NAMES_MAX 64U
#define WORDS_MAX 24

static char trace[TRACE_MAX][768];
static size_t trace_head;
static size_t trace_count;
struct world *world;

/* Encounters and records by the names that the scenario gives them. */
static struct {
	char name[24];
	uint8_t id[16];
} ids[NAMES_MAX];
static size_t id_count;

void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (trace_count < TRACE_MAX) {
		(void)vsnprintf(trace[trace_count++], sizeof trace[0], format, ap);
	}
	va_end(ap);
}

static const char *name_of(const char *hex8)
{
	for (size_t i = 0; i < id_count; i++) {
		char hex[9];

		bytes_hex(ids[i].id, 4, hex);
		if (strncmp(hex, hex8, 8) == 0) {
			return ids[i].name;
		}
	}
	return NULL;
}

static void remember(const char *name, const uint8_t id[16])
{
	if (id_count < NAMES_MAX) {
		(void)snprintf(ids[id_count].name, sizeof ids[0].name, "%s", name);
		memcpy(ids[id_count++].id, id, 16);
	}
}

static const uint8_t *recall(const char *name)
{
	for (size_t i = id_count; i > 0; i--) {
		if (strcmp(ids[i - 1].name, name) == 0) {
			return ids[i - 1].id;
		}
	}
	return NULL;
}

/* The told line without its level, ids by their names; a link's ups and downs are left out,
 * since every scenario would drown in them. */
static void on_tell(void *context, const char *line)
{
	static const char *const keys[] = { "encounter=", "record=", "entry=" };
	char text[768];

	(void)context;
	if (strstr(line, "state=up") != NULL || strstr(line, "state=down") != NULL ||
	    strstr(line, "link=") != NULL || strstr(line, "bundle=") != NULL) {
		return;
	}
	(void)snprintf(text, sizeof text, "%s", line);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		char *at = strstr(text, keys[i]);
		const char *name = at == NULL ? NULL : name_of(at + strlen(keys[i]));

		if (name != NULL) {
			char rest[768];

			at += strlen(keys[i]);
			(void)snprintf(rest, sizeof rest, "%s%s", name, at + 8);
			(void)snprintf(at, sizeof text - (size_t)(at - text), "%s", rest);
		}
	}
	note("%s", text);
}

/* ---- the words of a line ---- */

static char words[WORDS_MAX][128];
static int word_count;

static void split(const char *line)
{
	const char *p = line;

	word_count = 0;
	while (*p != '\0' && word_count < WORDS_MAX) {
		size_t n = 0;
		bool quoted = false;

		while (isspace((unsigned char)*p)) {
			p++;
		}
		if (*p == '\0' || *p == '#') {
			break;
		}
		while (*p != '\0' && (quoted || !isspace((unsigned char)*p))) {
			if (*p == '"') {
				quoted = !quoted;
			} else if (n + 1 < sizeof words[0]) {
				words[word_count][n++] = *p;
			}
			p++;
		}
		words[word_count++][n] = '\0';
	}
}

/* The value of word=value; "" when it is not there. */
const char *value(const char *key)
{
	size_t len = strlen(key);

	for (int i = 0; i < word_count; i++) {
		if (strncmp(words[i], key, len) == 0 && words[i][len] == '=') {
			return words[i] + len + 1;
		}
	}
	return "";
}

uint64_t number(const char *key)
{
	return strtoull(value(key), NULL, 10);
}

bool flag(const char *name)
{
	for (int i = 0; i < word_count; i++) {
		if (strcmp(words[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* prints=7.1,8.1: touch 1 of fingers 7 and 8, at positions 2 and 3 */
static struct list prints(struct arena *arena)
{
	struct ask_file *files = arena_take(arena, 10, sizeof *files);
	const char *p = value("prints");
	size_t n = 0;

	while (*p != '\0' && n < 10) {
		char *end;
		uint64_t finger = strtoull(p, &end, 10);
		uint64_t touch = *end == '.' ? strtoull(end + 1, &end, 10) : 0;

		files[n].content = world_print(world, arena, finger, touch);
		files[n++].position = 0;
		p = *end == ',' ? end + 1 : end;
	}
	return (struct list){ .items = files, .count = n };
}

void refused(const char *who, const char *what, int rc)
{
	note("%s %s: %s: %s", who, what, err_name(rc), world_refusal(world));
}

static void print_case(const char *who, const char *what, const struct answer_case *c)
{
	const struct answer_candidate *a = c->candidates.items;
	const struct line *tasks = c->tasks.items;

	note("%s %s: %zu candidates, state %.*s, result %.*s", who, what, c->candidates.count,
	     (int)c->state.len, (const char *)c->state.data, (int)c->result.len,
	     (const char *)c->result.data);
	for (size_t i = 0; i < c->candidates.count; i++) {
		note("  %llu: %.*s %.*s disclosed=%.*s notice=%.*s name=%.*s review=\"%.*s\"",
		     (unsigned long long)a[i].number, (int)a[i].owner.len,
		     (const char *)a[i].owner.data, (int)a[i].reference.len,
		     (const char *)a[i].reference.data, (int)a[i].disclosed.len,
		     (const char *)a[i].disclosed.data, (int)a[i].notice.len,
		     (const char *)a[i].notice.data, (int)a[i].name.len,
		     (const char *)a[i].name.data, (int)a[i].review.len,
		     (const char *)a[i].review.data);
		if (a[i].action.len > 0) {
			note("     action: %.*s", (int)a[i].action.len,
			     (const char *)a[i].action.data);
		}
	}
	for (size_t i = 0; i < c->tasks.count; i++) {
		note("  task: %.*s", (int)tasks[i].text.len, (const char *)tasks[i].text.data);
	}
	if (c->headquarters.len > 0) {
		note("  %.*s", (int)c->headquarters.len, (const char *)c->headquarters.data);
	}
}

/* ---- what can be done ---- */

static int play_notice(struct arena *arena, const char *who, const char *verb)
{
	static const char *const types[] = { "",          "red",     "blue",   "green",
					     "yellow",    "black",   "orange", "un_special",
					     "diffusion", "national" };
	struct ask_notice a = { .reference = bytes_of(value("ref")),
				.family = bytes_of(value("family")),
				.given = bytes_of(value("given")),
				.born_from = number("born"),
				.nationality = bytes_of(value("nat")),
				.restrictions = { .exclude = bytes_of(value("exclude")),
						  .match_only = flag("match-only") },
				.minor = flag("minor"),
				.valid_until = 0 };
	struct answer_notice out;
	int rc;

	for (uint64_t t = 1; t < sizeof types / sizeof types[0]; t++) {
		a.type = strcmp(value("type"), types[t]) == 0 ? t : a.type;
	}
	if (value("days")[0] != '\0') {
		a.valid_until = world_now(world) / 86400000 + number("days");
	}
	a.files = prints(arena);
	rc = world_ask(world, who, verb, "issuer", &a, arena, &out);
	if (rc != ERR_OK) {
		refused(who, verb, rc);
		return ERR_OK;
	}
	remember(value("ref"), out.record);
	note("%s %s %s revision %llu", who, verb, value("ref"), (unsigned long long)out.revision);
	return ERR_OK;
}

static int play_standing(struct arena *arena, const char *who, const char *verb)
{
	struct ask_standing a = { .reference = bytes_of(value("ref")) };
	struct answer_notice out;
	int rc = world_ask(world, who, verb, "issuer", &a, arena, &out);

	if (rc != ERR_OK) {
		refused(who, verb, rc);
	} else {
		note("%s %s %s revision %llu", who, verb, value("ref"),
		     (unsigned long long)out.revision);
	}
	return ERR_OK;
}

static int play_check(struct arena *arena, const char *who)
{
	struct ask_check a = { .purpose = PURPOSE_BORDER,
			       .legal_basis = bytes_of("Border Act 12"),
			       .family = bytes_of(value("family")),
			       .birth = number("born"),
			       .minor = flag("minor"),
			       .protection = flag("protection") };
	struct answer_case out;
	int rc;

	if (value("purpose")[0] != '\0') {
		a.purpose = number("purpose");
	}
	a.files = prints(arena);
	rc = world_ask(world, who, "check", flag("anonymous") ? "" : "K. Officer", &a, arena, &out);
	if (rc != ERR_OK) {
		refused(who, "check", rc);
		return ERR_OK;
	}
	remember(value("as"), out.encounter);
	print_case(who, "check", &out);
	if (flag("sentence")) {
		note("  %.*s", (int)out.sentence.len, (const char *)out.sentence.data);
	}
	return ERR_OK;
}

/* A question about the case that is remembered by the name in of=; its number goes to where it
 * stands in the question. */
static int play_on_case(struct arena *arena, const char *who, const char *verb, const char *officer,
			const void *body, uint8_t encounter[16])
{
	struct answer_case out;
	const uint8_t *id = recall(value("of"));
	int rc;

	if (id == NULL) {
		return ERR_NOTFOUND;
	}
	memcpy(encounter, id, 16);
	rc = world_ask(world, who, verb, officer, body, arena, &out);
	if (rc != ERR_OK) {
		refused(who, verb, rc);
	} else {
		print_case(who, verb, &out);
	}
	return ERR_OK;
}

static int play_review(struct arena *arena, const char *who)
{
	struct ask_review a = { .candidate =
				    value("candidate")[0] != '\0' ? number("candidate") : 1,
				.outcome = flag("potential") ? DECISION_POTENTIAL
					   : flag("none")    ? DECISION_NONE
							     : DECISION_INCONCLUSIVE,
				.reason = bytes_of(value("reason")) };

	return play_on_case(arena, who, "review", value("by"), &a, a.encounter);
}

static int play_action(struct arena *arena, const char *who)
{
	struct ask_action a = { .closes = number("closes"), .text = bytes_of(value("text")) };

	return play_on_case(arena, who, "action", "K. Officer", &a, a.encounter);
}

static int play_case(struct arena *arena, const char *who)
{
	struct ask_case a;

	return play_on_case(arena, who, "case", "K. Officer", &a, a.encounter);
}

static int play_status(struct arena *arena, const char *who)
{
	struct answer_status out;
	int rc = world_ask(world, who, "status", "admin", NULL, arena, &out);

	if (rc != ERR_OK) {
		refused(who, "status", rc);
		return ERR_OK;
	}
	if (flag("open")) {
		note("%s status: %llu open", who, (unsigned long long)out.open_cases);
		return 0;
	}
	note("%s status: %llu people, %llu fingers, %llu members, %llu links, %llu tasks", who,
	     (unsigned long long)out.people, (unsigned long long)out.fingers,
	     (unsigned long long)out.members, (unsigned long long)out.links,
	     (unsigned long long)out.tasks);
	return ERR_OK;
}

static int play_audit(struct arena *arena, const char *who)
{
	struct ask_range range = { .max = 10000 };
	struct answer_audit out;
	int rc = world_ask(world, who, "audit", "dpo", &range, arena, &out);

	if (rc == ERR_OK) {
		note("%s audit: %.*s", who, (int)out.chain.len, (const char *)out.chain.data);
	}
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What happens meanwhile, in the order of the text: which of two entries goes first hangs on
 * their hashes, and is no part of the story. */
static int play_wait(const char *seconds)
{
	int rc = world_run(world, strtoull(seconds, NULL, 10) * 1000);

	qsort(trace, trace_count, sizeof trace[0], by_text);
	return rc;
}

static char policy_text[65536];

static int play_node(void)
{
	const char *path = value("policy");
	FILE *f;
	size_t n;

	if (path[0] == '\0') {
		return world_add(world, words[1], words[2], NULL);
	}
	f = fopen(path, "rb");
	if (f == NULL) {
		char full[512];
		const char *srcdir = getenv("srcdir");

		(void)snprintf(full, sizeof full, "%s/%s", srcdir == NULL ? "." : srcdir, path);
		f = fopen(full, "rb");
	}
	if (f == NULL) {
		return ERR_NOTFOUND;
	}
	n = fread(policy_text, 1, sizeof policy_text - 1, f);
	(void)fclose(f);
	policy_text[n] = '\0';
	return world_add(world, words[1], words[2], policy_text);
}

static int play(struct arena *arena)
{
	const char *what = words[0];
	const char *who = word_count > 1 ? words[1] : "";

	if (strcmp(what, "node") == 0) {
		return play_node();
	}
	if (strcmp(what, "enrol") == 0) {
		return world_enrol(world, who, words[2], value("by"),
				   value("owner")[0] != '\0' ? value("owner") : NULL);
	}
	if (strcmp(what, "join") == 0) {
		return world_join(world, who, words[2]);
	}
	if (strcmp(what, "cut") == 0) {
		return world_cut(world, who, words[2]);
	}
	if (strcmp(what, "crash") == 0) {
		return world_crash(world, who);
	}
	if (strcmp(what, "skew") == 0) {
		return world_skew(world, who, strtoll(words[2], NULL, 10) * 1000);
	}
	if (strcmp(what, "wait") == 0) {
		return play_wait(who);
	}
	if (strncmp(what, "notice.", 7) == 0 &&
	    (strcmp(what + 7, "add") == 0 || strcmp(what + 7, "amend") == 0)) {
		return play_notice(arena, who, what);
	}
	if (strncmp(what, "notice.", 7) == 0) {
		return play_standing(arena, who, what);
	}
	if (strcmp(what, "check") == 0) {
		return play_check(arena, who);
	}
	if (strcmp(what, "review") == 0) {
		return play_review(arena, who);
	}
	if (strcmp(what, "action") == 0) {
		return play_action(arena, who);
	}
	if (strcmp(what, "case") == 0) {
		return play_case(arena, who);
	}
	if (strcmp(what, "status") == 0) {
		return play_status(arena, who);
	}
	if (strcmp(what, "audit") == 0) {
		return play_audit(arena, who);
	}
	return run_bundle(arena, what, who);
}

static int play_file(FILE *f, bool show)
{
	char line[512];
	int line_number = 0;
	bool silent = true; /* until the first '>': the preparations need no trace */

	while (fgets(line, sizeof line, f) != NULL) {
		struct arena arena;
		int rc;

		line[strcspn(line, "\n")] = '\0';
		line_number++;
		if (line[0] == '>') {
			const char *got =
			    trace_head < trace_count ? trace[trace_head] : "(nothing)";

			if (strcmp(line + 2, got) != 0 && !show) {
				printf("# line %d: wanted '%s', got '%s'\n", line_number, line + 2,
				       got);
				return -1;
			}
			trace_head++;
			silent = false;
			continue;
		}
		split(line);
		if (word_count == 0) {
			if (show) {
				printf("%s\n", line);
			}
			continue;
		}
		if (!silent && !show && trace_head < trace_count) {
			printf("# before line %d: not foreseen: '%s'\n", line_number,
			       trace[trace_head]);
			return -1;
		}
		trace_head = 0;
		trace_count = 0;
		arena_init(&arena, 0);
		rc = play(&arena);
		arena_done(&arena);
		if (show) {
			printf("%s\n", line);
			for (size_t i = 0; i < trace_count; i++) {
				printf("> %s\n", trace[i]);
			}
		}
		if (rc != ERR_OK) {
			printf("# line %d: %s: %s\n", line_number, line, err_text(rc));
			return -1;
		}
	}
	return 0;
}

int main(int argc, char *argv[])
{
	bool show = argc > 2 && strcmp(argv[2], "--show") == 0; /* to write a new scenario */
	FILE *f = fopen(argc > 1 ? argv[1] : "", "r");
	int bad;

	if (f == NULL) {
		puts("Bail out! no scenario");
		return EXIT_FAILURE;
	}
	if (world_new(1, on_tell, NULL, &world) != ERR_OK) {
		puts("Bail out! no world");
		return EXIT_FAILURE;
	}
	bad = play_file(f, show);
	(void)fclose(f);
	if (world_leak(world) != NULL) {
		printf("# personal data in clear: %s\n", world_leak(world));
		bad = -1;
	}
	run_bundle_done();
	world_free(world);
	printf("1..1\n%sok 1 - %s\n", bad ? "not " : "", argv[1]);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
