/* How outpostctl asks the node, and what it makes of the answer: an exit code, a text or JSON. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ctl.h"
#include "io/ask_client.h"

#define ASK_TIMEOUT_MS 120000U
#define CASES_PIECE    500U

/* ---- JSON by schema ---- */

static json_t *to_json(const struct schema *s, const void *object);

static json_t *field_json(const struct field *f, const void *object)
{
	const uint8_t *p = (const uint8_t *)object + f->offset;
	const struct bytes *b = (const void *)p;
	const struct list *list = (const void *)p;
	json_t *out;
	char *hex;

	switch (f->type) {
	case FIELD_UINT:
		return json_integer((json_int_t) * (const uint64_t *)(const void *)p);
	case FIELD_TEXT:
		return json_stringn(b->len == 0 ? "" : (const char *)b->data, b->len);
	case FIELD_STRUCT:
		return to_json(f->of, p);
	case FIELD_LIST:
		out = json_array();
		for (size_t i = 0; i < list->count; i++) {
			(void)json_array_append_new(
			    out, to_json(f->of, (const uint8_t *)list->items + i * f->of->size));
		}
		return out;
	case FIELD_FIXED:
	case FIELD_BYTES:
		break;
	}
	hex = malloc(2 * (f->type == FIELD_FIXED ? (size_t)f->max : b->len) + 1);
	if (hex == NULL) {
		return NULL;
	}
	if (f->type == FIELD_FIXED) {
		bytes_hex(p, (size_t)f->max, hex);
	} else {
		bytes_hex(b->data, b->len, hex);
	}
	out = json_string(hex);
	free(hex);
	return out;
}

static json_t *to_json(const struct schema *s, const void *object)
{
	json_t *out = json_object();

	for (size_t i = 0; i < s->count; i++) {
		(void)json_object_set_new(out, s->fields[i].name,
					  field_json(&s->fields[i], object));
	}
	return out;
}

/* Takes the reference. */
static void print(json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(json);
}

bool ctl_json(const struct ctl *c, const struct schema *schema, const void *object)
{
	if (c->json) {
		print(to_json(schema, object));
	}
	return c->json;
}

bool ctl_json_done(const struct ctl *c)
{
	if (c->json) {
		(void)puts("{}");
	}
	return c->json;
}

/* ---- one question ---- */

static int exit_code(int code)
{
	switch (code) {
	case ERR_OK:
		return CTL_OK;
	case ERR_DENIED:
	case ERR_FORGED:
	case ERR_STATE:
		return CTL_DENIED;
	case ERR_MALFORMED:
	case ERR_LIMIT:
	case ERR_RANGE:
	case ERR_SHORT:
	case ERR_UNSUPPORTED:
		return CTL_USAGE;
	case ERR_BUSY:
	case ERR_TIMEOUT:
	case ERR_WORKER:
		return CTL_LATER;
	case ERR_IO:
		return CTL_UNREACHED;
	case ERR_NOTFOUND:
	case ERR_EXISTS:
	case ERR_STALE:
	case ERR_EXPIRED:
		return CTL_NEGATIVE;
	default:
		return CTL_INTERNAL;
	}
}

static int refused(const struct ctl *c, const char *verb, const struct answer *a)
{
	int code = -(int)a->code;
	const char *name = err_name(code);

	if (c->json) {
		print(json_pack("{s:s,s:s,s:s%,s:s%}", "verb", verb, "error", name, "text",
				a->text.len > 0 ? (const char *)a->text.data : "", a->text.len,
				"place", a->place.len > 0 ? (const char *)a->place.data : "",
				a->place.len));
	}
	if (a->place.len > 0) {
		return ctl_fail(exit_code(code), "%s: %.*s: %.*s (%s)", verb, (int)a->place.len,
				(const char *)a->place.data, (int)a->text.len,
				(const char *)a->text.data, name);
	}
	return ctl_fail(exit_code(code), "%s: %.*s (%s)", verb, (int)a->text.len,
			(const char *)a->text.data, name);
}

static int no_answer(const char *path, int rc)
{
	if (rc == ERR_SHORT) {
		return ctl_fail(CTL_UNREACHED,
				"outpostd at %s ended before it answered: look whether it was "
				"done before you ask again",
				path);
	}
	return ctl_fail(rc == ERR_IO ? CTL_UNREACHED : exit_code(rc),
			"no answer at %s: is outpostd running there, and may you ask it? (%s)",
			path, err_text(rc));
}

int ctl_ask(struct ctl *c, const char *verb, const void *body, void *out)
{
	const struct ask_verb *v = ask_find(bytes_of(verb));
	struct ask ask = { .verb = bytes_of(verb), .officer = bytes_of(c->officer) };
	struct answer answer;
	struct fault fault = { .what = "question" };
	struct buf inner;
	char path[512];
	int rc = ERR_OK;

	(void)snprintf(path, sizeof path, "%s/control", c->dir);
	buf_init(&inner, ASK_BYTES_MAX);
	if (v->ask != NULL) {
		rc = schema_encode(v->ask, body, &inner);
		ask.body = buf_bytes(&inner);
	}
	if (rc == ERR_OK) {
		rc = ask_client_ask(path, &ask, ASK_TIMEOUT_MS, &c->arena, &answer);
		if (rc != ERR_OK) {
			buf_done(&inner);
			return no_answer(path, rc);
		}
	}
	buf_done(&inner);
	if (rc != ERR_OK) {
		return ctl_fail(CTL_USAGE, "%s: a value is too long or not UTF-8", verb);
	}
	if (answer.code != 0) {
		return refused(c, verb, &answer);
	}
	if (out != NULL && v->answer != NULL) {
		rc = schema_decode(v->answer, answer.body, &c->arena, out, &fault);
		if (rc != ERR_OK) {
			return ctl_fail(CTL_INTERNAL, "%s: the answer is not understood: %s", verb,
					fault.what);
		}
	}
	return CTL_OK;
}

/* ---- cases ---- */

/* A case that came in meanwhile moves the others on by one: what comes twice is left out. */
static bool has_case(const struct answer_case *all, size_t count, const uint8_t encounter[16])
{
	for (size_t i = count; i > 0 && i + ASK_CASES_MAX > count; i--) {
		if (memcmp(all[i - 1].encounter, encounter, 16) == 0) {
			return true;
		}
	}
	return false;
}

int ctl_cases(struct ctl *c, struct list *out)
{
	struct ask_range range = { .max = CASES_PIECE };
	struct answer_queue queue = { .cases = { .count = 0 } };
	const struct answer_case *piece;
	struct answer_case *all = NULL;
	size_t count = 0;
	int rc;

	do {
		struct answer_case *more;

		rc = ctl_ask(c, "queue", &range, &queue);
		if (rc != CTL_OK) {
			return rc;
		}
		more = arena_take(&c->arena, count + queue.cases.count, sizeof *more);
		if (more == NULL) {
			return ctl_fail(CTL_INTERNAL, "out of memory");
		}
		memcpy(more, all != NULL ? all : more, count * sizeof *more);
		all = more;
		piece = queue.cases.items;
		for (size_t i = 0; i < queue.cases.count; i++) {
			if (!has_case(all, count, piece[i].encounter)) {
				all[count++] = piece[i];
			}
		}
		range.from += queue.cases.count;
	} while (queue.cases.count == CASES_PIECE);
	*out = (struct list){ .items = all, .count = count };
	return CTL_OK;
}

int ctl_encounter(struct ctl *c, const char *hex, uint8_t out[16])
{
	struct list list = { .count = 0 };
	const struct answer_case *cases;
	size_t found = 0;
	int rc;

	if (strlen(hex) < 4 || strspn(hex, "0123456789abcdefABCDEF") != strlen(hex)) {
		return ctl_fail(CTL_USAGE,
				"%s: not an encounter's number, nor its first four digits", hex);
	}
	if (strlen(hex) == 32) {
		return bytes_unhex(hex, out, 16) == ERR_OK
			   ? CTL_OK
			   : ctl_fail(CTL_USAGE, "%s: not an encounter's number", hex);
	}
	rc = ctl_cases(c, &list);
	cases = list.items;
	for (size_t i = 0; rc == CTL_OK && i < list.count; i++) {
		char full[33];

		bytes_hex(cases[i].encounter, 16, full);
		if (strncasecmp(full, hex, strlen(hex)) == 0) {
			memcpy(out, cases[i].encounter, 16);
			found++;
		}
	}
	if (rc == CTL_OK && found != 1) {
		return ctl_fail(CTL_NEGATIVE, "%s: %s", hex,
				found == 0 ? "no such case here" : "fits more than one case");
	}
	return rc;
}
