#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/day.h"
#include "cmd/ctl.h"
#include "io/ask_client.h"

#define ASK_TIMEOUT_MS 120000U
#define CASES_PIECE    500U

int ctl_fail(int code, const char *format, ...)
{
	va_list ap;

	(void)fputs("outpostctl: ", stderr);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return code;
}

static const struct ctl_option *find_option(const struct ctl_option *options, size_t count,
					    const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0) {
			return &options[i];
		}
	}
	return NULL;
}

int ctl_options(int argc, char *argv[], const struct ctl_option *options, size_t count, int *rest)
{
	int at = 1;

	while (at < argc && strncmp(argv[at], "--", 2) == 0) {
		const char *name = argv[at] + 2;
		const char *equals = strchr(name, '=');
		size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
		const struct ctl_option *o = find_option(options, count, name, len);

		at++;
		if (len == 0) {
			break; /* "--" ends the options */
		}
		if (o == NULL) {
			return ctl_fail(CTL_USAGE, "%s: there is no option --%.*s", argv[0],
					(int)len, name);
		}
		if (o->value == NULL) {
			*o->flag = true;
		} else if (equals != NULL) {
			*o->value = equals + 1;
		} else if (at < argc) {
			*o->value = argv[at++];
		} else {
			return ctl_fail(CTL_USAGE, "%s: --%s needs a value", argv[0], o->name);
		}
	}
	*rest = at;
	return CTL_OK;
}

int ctl_no_more(int argc, char *argv[], int rest)
{
	return rest >= argc
		   ? CTL_OK
		   : ctl_fail(CTL_USAGE, "%s: \"%s\" is one word too many", argv[0], argv[rest]);
}

int ctl_number(const char *name, const char *text, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long v;

	if (text == NULL) {
		return CTL_OK;
	}
	errno = 0;
	v = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || v > max) {
		return ctl_fail(CTL_USAGE, "%s is a number from 0 to %llu, not \"%s\"", name,
				(unsigned long long)max, text);
	}
	*out = v;
	return CTL_OK;
}

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

bool ctl_json(const struct ctl *c, const struct schema *schema, const void *object)
{
	json_t *json;

	if (!c->json) {
		return false;
	}
	json = to_json(schema, object);
	(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(json);
	return true;
}

bool ctl_json_done(const struct ctl *c)
{
	if (c->json) {
		(void)puts("{}");
	}
	return c->json;
}

/* ---- the node ---- */

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
		json_t *json = json_pack(
		    "{s:s,s:s,s:s%,s:s%}", "verb", verb, "error", name, "text",
		    a->text.len > 0 ? (const char *)a->text.data : "", a->text.len, "place",
		    a->place.len > 0 ? (const char *)a->place.data : "", a->place.len);

		(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
		json_decref(json);
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

/* ---- arguments ---- */

int ctl_read_file(struct ctl *c, const char *path, size_t max, struct bytes *out)
{
	struct stat st;
	uint8_t *data;
	size_t done = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */

	if (fd < 0 || fstat(fd, &st) != 0) {
		int saved = errno;

		if (fd >= 0) {
			(void)close(fd);
		}
		return ctl_fail(CTL_USAGE, "%s: %s", path, strerror(saved));
	}
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (size_t)st.st_size > max) {
		(void)close(fd);
		return ctl_fail(CTL_USAGE, "%s: %s", path,
				!S_ISREG(st.st_mode) ? "is no file"
				: st.st_size <= 0    ? "is empty"
						     : "is too large");
	}
	data = arena_take(&c->arena, (size_t)st.st_size, 1);
	while (data != NULL && done < (size_t)st.st_size) {
		ssize_t n = read(fd, data + done, (size_t)st.st_size - done);

		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	(void)close(fd);
	if (data == NULL || done < (size_t)st.st_size) {
		return ctl_fail(CTL_INTERNAL, "%s: cannot be read", path);
	}
	*out = (struct bytes){ .data = data, .len = done };
	return CTL_OK;
}

int ctl_write_file(const char *path, struct bytes content, unsigned mode)
{
	size_t done = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0) {
		return ctl_fail(CTL_USAGE, "%s: %s", path, strerror(errno));
	}
	while (done < content.len) {
		ssize_t n = write(fd, content.data + done, content.len - done);

		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	if (fsync(fd) != 0 || close(fd) != 0 || done < content.len) {
		(void)unlink(path);
		return ctl_fail(CTL_INTERNAL, "%s: cannot be written", path);
	}
	return CTL_OK;
}

/* A number behind the last such sign in the argument; the sign is cut off there. */
static uint64_t suffix(char *text, char sign, uint64_t max)
{
	char *at = strrchr(text, sign);
	char *end;
	unsigned long v;

	if (at == NULL || !isdigit((unsigned char)at[1])) {
		return 0;
	}
	v = strtoul(at + 1, &end, 10);
	if (*end != '\0' || v > max) {
		return 0;
	}
	*at = '\0';
	return v;
}

int ctl_files(struct ctl *c, int argc, char *argv[], struct list *out)
{
	struct ask_file *files;

	if (argc > (int)ASK_FILES_MAX) {
		return ctl_fail(CTL_USAGE, "at most %u files at a time", ASK_FILES_MAX);
	}
	files = arena_take(&c->arena, (size_t)argc, sizeof *files);
	for (int i = 0; files != NULL && i < argc; i++) {
		size_t len = strlen(argv[i]) + 1;
		char *path = arena_take(&c->arena, len, 1);
		int rc;

		if (path == NULL) {
			return ctl_fail(CTL_INTERNAL, "out of memory");
		}
		memcpy(path, argv[i], len);
		files[i].ppi = suffix(path, ':', 4000);
		files[i].position = suffix(path, '@', 10);
		rc = ctl_read_file(c, path, ASK_FILE_MAX, &files[i].content);
		if (rc != CTL_OK) {
			return rc;
		}
	}
	*out = (struct list){ .items = files, .count = (size_t)argc };
	return CTL_OK;
}

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

int ctl_purposes(const char *words, uint64_t *out)
{
	static const char *const names[] = { "locate",   "identify", "missing", "border",
					     "security", "child",    "asylum" };

	*out = 0;
	while (*words != '\0') {
		size_t len = strcspn(words, ",");
		size_t i = 0;

		while (i < sizeof names / sizeof names[0] &&
		       (strlen(names[i]) != len || strncmp(names[i], words, len) != 0)) {
			i++;
		}
		if (i == sizeof names / sizeof names[0]) {
			return ctl_fail(
			    CTL_USAGE,
			    "purpose is one of locate, identify, missing, border, security, "
			    "child, asylum");
		}
		*out |= 1ULL << i;
		words += len + (words[len] == ',');
	}
	return CTL_OK;
}

/* 0 when there is no such month. */
static unsigned long days_of(unsigned long year, unsigned long month)
{
	static const uint8_t days[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= sizeof days ? 0 : days[month] + (unsigned long)(month == 2 && leap);
}

/* Two digits behind a hyphen. */
static bool read_part(const char **p, unsigned long *out)
{
	if ((*p)[0] != '-' || !isdigit((unsigned char)(*p)[1]) ||
	    !isdigit((unsigned char)(*p)[2])) {
		return false;
	}
	*out = (unsigned long)((*p)[1] - '0') * 10 + (unsigned long)((*p)[2] - '0');
	*p += 3;
	return true;
}

int ctl_birth(const char *text, uint64_t *from, uint64_t *to)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long year = digits == 4 ? strtoul(text, NULL, 10) : 0;
	unsigned long month = 0;
	unsigned long day = 0;
	const char *p = text + digits;
	bool has_month = read_part(&p, &month);
	bool has_day = has_month && read_part(&p, &day);

	if (*p != '\0' || year < 1850 || year > 2169 || (has_month && days_of(year, month) == 0) ||
	    (has_day && (day == 0 || day > days_of(year, month)))) {
		return ctl_fail(CTL_USAGE, "%s: a date is 1985-03-12, 1985-03 or 1985", text);
	}
	*from = year * 10000 + (has_month ? month : 1) * 100 + (has_day ? day : 1);
	*to = year * 10000 + (has_month ? month : 12) * 100 +
	      (has_day ? day : days_of(year, has_month ? month : 12));
	return CTL_OK;
}
