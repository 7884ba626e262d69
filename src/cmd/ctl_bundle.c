/* outpostctl bundle: what a courier carries from node to node, as a file. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "channel/bundle.h"
#include "cmd/ctl.h"

#define S(b)          (int)(b).len, (const char *)(b).data
#define LIMIT_DEFAULT "64M"
#define PROGRESS_MS   1000U

/* ---- for who waits ---- */

struct progress {
	const char *what;
	uint64_t total; /* bytes; 0: unknown */
	uint64_t since_ms;
	bool shown;
};

static uint64_t now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

/* Only at a terminal, and only when it takes its time. */
static void progress(struct progress *p, uint64_t done)
{
	if (isatty(STDERR_FILENO) == 0 || now_ms() < p->since_ms + PROGRESS_MS) {
		return;
	}
	p->shown = true;
	if (p->total > 0) {
		(void)fprintf(stderr, "\r%s: %3llu %% of %.1f MB ", p->what,
			      (unsigned long long)(done * 100 / p->total), (double)p->total / 1e6);
	} else {
		(void)fprintf(stderr, "\r%s: %.1f MB ", p->what, (double)done / 1e6);
	}
}

static void progress_end(const struct progress *p)
{
	if (p->shown) {
		(void)fputs("\r\033[K", stderr);
	}
}

/* ---- what it comes to ---- */

static void print_lanes(const struct answer_bundle *a, bool imported)
{
	const struct answer_bundle_lane *l = a->lanes.items;
	const struct line *reasons = a->reasons.items;

	for (size_t i = 0; i < a->lanes.count; i++) {
		(void)printf("  %-10.*s %7llu", S(l[i].lane), (unsigned long long)l[i].entries);
		if (imported) {
			(void)printf("  taken %llu, known %llu, refused %llu",
				     (unsigned long long)l[i].taken, (unsigned long long)l[i].known,
				     (unsigned long long)l[i].refused);
		}
		if (l[i].left > 0) {
			(void)printf("  (%llu more did not fit)", (unsigned long long)l[i].left);
		}
		(void)putchar('\n');
	}
	for (size_t i = 0; i < a->reasons.count; i++) {
		(void)printf("  refused: %.*s\n", S(reasons[i].text));
	}
}

static void print_sender(const struct answer_bundle *a)
{
	(void)printf("from %.*s (%.*s), made %.*s for %llu member%s, roster version %llu\n",
		     S(a->label), S(a->node), S(a->made), (unsigned long long)a->recipients,
		     a->recipients == 1 ? "" : "s", (unsigned long long)a->roster);
}

static const struct schema *answer_of(const char *verb)
{
	return ask_find(bytes_of(verb))->answer;
}

/* ---- export ---- */

/* "64M", "2G", "500k", or bytes. */
static int read_size(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long v;
	unsigned shift = 0;

	errno = 0;
	v = strtoull(text, &end, 10);
	shift = *end == 'k' || *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	end += shift > 0;
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    v > (1ULL << 40) >> shift) {
		return ctl_fail(CTL_USAGE, "--limit is a size such as 500k, 64M or 2G, not \"%s\"",
				text);
	}
	*out = v << shift;
	return CTL_OK;
}

/* "Post B,3fa19c02" to lines. */
static int read_names(struct ctl *c, const char *to, struct list *out)
{
	struct line *lines = arena_take(&c->arena, BUNDLE_SLOTS_MAX, sizeof *lines);

	*out = (struct list){ .items = lines };
	while (lines != NULL && to != NULL && *to != '\0') {
		size_t len = strcspn(to, ",");

		if (len == 0 || out->count == BUNDLE_SLOTS_MAX) {
			return ctl_fail(CTL_USAGE,
					"--to is a list of at most %u members: "
					"\"Post B,3fa19c02\"",
					BUNDLE_SLOTS_MAX);
		}
		lines[out->count++].text = (struct bytes){ (const uint8_t *)to, len };
		to += len + (to[len] == ',');
	}
	return lines != NULL ? CTL_OK : ctl_fail(CTL_INTERNAL, "out of memory");
}

static int write_piece(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t n = write(fd, b.data, b.len);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return ctl_fail(CTL_INTERNAL, "the bundle cannot be written: %s",
					strerror(errno));
		}
		b.data += n;
		b.len -= (size_t)n;
	}
	return CTL_OK;
}

/* Piece by piece; each answer's memory goes before the next question.  The last one is given to
 * the caller in last. */
static int fetch(struct ctl *c, const struct ask_bundle_export *ask, int fd, struct ctl *last,
		 struct answer_bundle *a)
{
	struct progress p = { .what = "bundle export", .since_ms = now_ms() };
	struct ask_bundle_next next;
	int rc;

	*last = *c;
	arena_init(&last->arena, 0);
	rc = ctl_ask(last, "bundle.export", ask, a);
	while (rc == CTL_OK) {
		rc = write_piece(fd, a->content);
		if (rc != CTL_OK || a->done != 0) {
			break;
		}
		progress(&p, a->bytes);
		next.handle = a->handle;
		arena_done(&last->arena);
		rc = ctl_ask(last, "bundle.next", &next, a);
	}
	progress_end(&p);
	return rc;
}

/* The folder too, or the name may be lost with the power. */
static int settle(int fd, const char *part, const char *path)
{
	char dir[512];
	const char *slash = strrchr(path, '/');
	int folder;
	int rc = fsync(fd) == 0 && rename(part, path) == 0
		     ? CTL_OK
		     : ctl_fail(CTL_INTERNAL, "%s: %s", path, strerror(errno));

	(void)snprintf(dir, sizeof dir, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
		       slash == NULL ? "." : path);
	folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0) {
		(void)fsync(folder); /* not every stick's file system can */
		(void)close(folder);
	}
	return rc;
}

static int export_to(struct ctl *c, const struct ask_bundle_export *ask, const char *path)
{
	struct answer_bundle a = { .handle = 0 };
	struct ctl last = *c;
	char part[512];
	int fd;
	int rc;

	if (access(path, F_OK) == 0) {
		return ctl_fail(CTL_USAGE, "%s is there already", path);
	}
	(void)snprintf(part, sizeof part, "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return ctl_fail(CTL_USAGE, "%s: %s", part, strerror(errno));
	}
	arena_init(&last.arena, 0);
	rc = fetch(c, ask, fd, &last, &a);
	if (rc == CTL_OK) {
		rc = settle(fd, part, path);
	}
	(void)close(fd);
	if (rc != CTL_OK) {
		(void)unlink(part);
	} else {
		a.content = (struct bytes){ NULL, 0 };
		if (!ctl_json(c, answer_of("bundle.next"), &a)) {
			(void)printf("%s: %llu bytes, bundle %.8s\n%.*s\n", path,
				     (unsigned long long)a.bytes,
				     a.id.len >= 8 ? (const char *)a.id.data : "", S(a.sentence));
			print_lanes(&a, false);
		}
	}
	arena_done(&last.arena);
	return rc;
}

static int export(struct ctl *c, int argc, char *argv[])
{
	const char *to = NULL;
	const char *limit = LIMIT_DEFAULT;
	const char *output = NULL;
	bool whole = false;
	const struct ctl_option options[] = { { "to", &to, NULL },
					      { "limit", &limit, NULL },
					      { "output", &output, NULL },
					      { "whole", NULL, &whole } };
	struct ask_bundle_export ask = { .whole = 0 };
	int rc = ctl_only_options(argc, argv, options, sizeof options / sizeof options[0]);

	if (rc == CTL_OK && output == NULL) {
		return ctl_fail(CTL_USAGE, "bundle export: --output FILE says where to");
	}
	if (rc == CTL_OK) {
		rc = read_size(limit, &ask.limit_bytes);
	}
	if (rc == CTL_OK) {
		rc = read_names(c, to, &ask.to);
	}
	ask.whole = whole;
	return rc == CTL_OK ? export_to(c, &ask, output) : rc;
}

/* ---- import and show ---- */

static int open_file(const char *path, uint64_t *bytes)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		*bytes = (uint64_t)st.st_size;
		return fd;
	}
	(void)ctl_fail(CTL_USAGE, "%s: %s", path,
		       fd < 0 ? strerror(errno) : "is no file, or empty");
	if (fd >= 0) {
		(void)close(fd);
	}
	return -1;
}

static int read_piece(int fd, uint64_t at, size_t len, uint8_t *out)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, out + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return ctl_fail(CTL_INTERNAL, "the bundle cannot be read: %s",
					n < 0 ? strerror(errno) : "it has become shorter");
		}
		done += (size_t)n;
	}
	return CTL_OK;
}

/* From its start to its end, and once more when the node wants it. */
static int hand_in(struct ctl *c, int fd, uint64_t bytes, bool dry, struct ctl *last,
		   struct answer_bundle *a)
{
	struct ask_bundle_import ask = { .bytes = bytes, .dry = dry };
	struct progress p = { .what = dry ? "bundle show" : "bundle import",
			      .total = dry ? bytes : 2 * bytes,
			      .since_ms = now_ms() };
	uint8_t *content = malloc(ASK_PIECE_BYTES);
	uint64_t done = 0;
	uint64_t at = 0;
	int rc;

	*last = *c;
	arena_init(&last->arena, 0);
	rc = content == NULL ? ctl_fail(CTL_INTERNAL, "out of memory")
			     : ctl_ask(last, "bundle.import", &ask, a);
	while (rc == CTL_OK && a->done == 0) {
		struct ask_bundle_piece piece = { .handle = a->handle };
		size_t len;

		at = a->again != 0 ? 0 : at;
		len = bytes - at < ASK_PIECE_BYTES ? (size_t)(bytes - at) : ASK_PIECE_BYTES;
		rc = read_piece(fd, at, len, content);
		if (rc == CTL_OK) {
			piece.content = (struct bytes){ content, len };
			at += len;
			done += len;
			progress(&p, done);
			arena_done(&last->arena);
			rc = ctl_ask(last, "bundle.piece", &piece, a);
		}
	}
	progress_end(&p);
	free(content);
	return rc;
}

static uint64_t refused(const struct answer_bundle *a)
{
	const struct answer_bundle_lane *l = a->lanes.items;
	uint64_t sum = 0;

	for (size_t i = 0; i < a->lanes.count; i++) {
		sum += l[i].refused;
	}
	return sum;
}

static int import(struct ctl *c, int argc, char *argv[])
{
	struct answer_bundle a = { .handle = 0 };
	struct ctl last;
	uint64_t bytes;
	int fd;
	int rc;

	if (argc != 2) {
		return ctl_fail(CTL_USAGE, "bundle import: one file");
	}
	fd = open_file(argv[1], &bytes);
	if (fd < 0) {
		return CTL_USAGE;
	}
	rc = hand_in(c, fd, bytes, false, &last, &a);
	(void)close(fd);
	if (rc == CTL_OK) {
		if (!ctl_json(c, answer_of("bundle.piece"), &a)) {
			print_sender(&a);
			(void)printf("%.*s\n", S(a.sentence));
			print_lanes(&a, true);
		}
		rc = refused(&a) == 0 ? CTL_OK : CTL_PARTIAL;
	}
	arena_done(&last.arena);
	return rc;
}

static int read_clear(int fd, const char *path, uint64_t bytes, struct bundle_clear *clear)
{
	uint8_t head[BUNDLE_FIXED_BYTES];
	struct fault fault = { .what = "file" };
	int rc = bytes < sizeof head ? ERR_SHORT : ERR_OK;

	if (rc == ERR_OK && read_piece(fd, 0, sizeof head, head) != CTL_OK) {
		return CTL_INTERNAL;
	}
	if (rc == ERR_OK) {
		rc = bundle_clear((struct bytes){ head, sizeof head }, clear, &fault);
	}
	if (rc == ERR_OK && bundle_chunks(clear, bytes) == 0) {
		rc = ERR_SHORT;
		fault.what = "file's length";
	}
	return rc == ERR_OK ? CTL_OK
			    : ctl_fail(CTL_USAGE, "%s is no whole bundle: %s: %s", path, fault.what,
				       err_text(rc));
}

static void print_clear(const struct ctl *c, const struct bundle_clear *clear, uint64_t bytes)
{
	char id[2 * BUNDLE_ID_BYTES + 1];

	bytes_hex(clear->id, sizeof clear->id, id);
	if (c->json) {
		json_t *json =
		    json_pack("{s:i,s:s,s:i,s:I,s:I}", "version", (int)clear->version, "id", id,
			      "slots", (int)clear->slots, "bytes", (json_int_t)bytes, "chunks",
			      (json_int_t)bundle_chunks(clear, bytes));

		(void)json_dumpf(json, stdout, JSON_INDENT(2));
		(void)putchar('\n');
		json_decref(json);
		return;
	}
	(void)printf("bundle %s, version %u: %llu bytes, %u slots\n", id, clear->version,
		     (unsigned long long)bytes, clear->slots);
}

/* What anybody can see, and, if the node can open it, what is inside; nothing is taken. */
static int show(struct ctl *c, int argc, char *argv[])
{
	struct bundle_clear clear = { .version = 0 };
	struct answer_bundle a = { .handle = 0 };
	struct ctl last;
	uint64_t bytes;
	int fd;
	int rc;

	if (argc != 2) {
		return ctl_fail(CTL_USAGE, "bundle show: one file");
	}
	fd = open_file(argv[1], &bytes);
	if (fd < 0) {
		return CTL_USAGE;
	}
	rc = read_clear(fd, argv[1], bytes, &clear);
	if (rc == CTL_OK) {
		struct ctl quiet = *c;

		quiet.json = false; /* one object on the output, not two */
		rc = hand_in(&quiet, fd, bytes, true, &last, &a);
		if (rc != CTL_OK || !ctl_json(c, answer_of("bundle.piece"), &a)) {
			print_clear(c, &clear, bytes);
		}
		if (rc == CTL_OK && !c->json) {
			print_sender(&a);
			(void)printf("%.*s\n", S(a.sentence));
			print_lanes(&a, false);
		}
		arena_done(&last.arena);
	}
	(void)close(fd);
	return rc;
}

int ctl_bundle(struct ctl *c, int argc, char *argv[])
{
	if (argc > 1 && strcmp(argv[1], "export") == 0) {
		return export(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "import") == 0) {
		return import(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "show") == 0) {
		return show(c, argc - 1, argv + 1);
	}
	return ctl_fail(
	    CTL_USAGE, "bundle export [--to PEER[,PEER...]] [--limit SIZE] [--whole] --output FILE "
		       "| import FILE | show FILE");
}
