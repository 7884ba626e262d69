/* outpost-bench bundle: headquarters puts a gallery into a bundle, an empty post takes it; two
 * real nodes with stores on disk, asked as outpostctl asks them, one commit a piece. */
#include <stdio.h>
#include <string.h>

#include "channel/bundle_reader.h"
#include "cmd/bench.h"
#include "cmd/bench_side.h"

#define STEPS_PER_COMMIT 256U
#define RECORDS_MAX      1000000U
#define LIMIT            (4ULL << 30)
#define OWN_BYTES        430U /* of an entry beside its subject's text, before padding */

struct result {
	uint64_t entries;
	uint64_t entry_bytes;
	uint64_t file_bytes;
	double export_cpu_s, export_s;
	double check_cpu_s, check_s;
	double take_cpu_s, take_s;
};

/* One question, durable before the next one, as the loop does it. */
static int ask(struct bench_side *s, const char *verb, const void *body, struct arena *arena,
	       void *out)
{
	int rc = node_begin(s->node);
	int code = rc == ERR_OK ? bench_side_ask(s, verb, body, arena, out) : rc;

	return rc == ERR_OK && node_commit(s->node) != ERR_OK ? ERR_STORE : code;
}

/* Notices with a text of such a length that an entry has about so many bytes. */
static int issue(struct bench_side *hq, uint64_t records, uint64_t bytes)
{
	char text[1024];
	size_t len = bytes > OWN_BYTES ? (size_t)(bytes - OWN_BYTES) : 1;
	struct bench_progress bar;
	int rc = ERR_OK;

	len = len < sizeof text ? len : sizeof text - 1;
	memset(text, 'x', len);
	bench_progress_start(&bar, "issuing", records);
	for (uint64_t i = 0; rc == ERR_OK && i < records; i++) {
		char reference[33];
		struct ask_notice a = { .type = NOTICE_RED,
					.family = bytes_of("BENCH"),
					.grounds = { (const uint8_t *)text, len } };
		struct answer_notice out;
		struct arena arena;

		arena_init(&arena, 0);
		(void)snprintf(reference, sizeof reference, "BENCH-%llu", (unsigned long long)i);
		a.reference = bytes_of(reference);
		rc = bench_side_ask(hq, "notice.add", &a, &arena, &out);
		arena_done(&arena);
		if (rc == ERR_OK && i % STEPS_PER_COMMIT == 0) {
			rc = node_commit(hq->node);
			rc = rc == ERR_OK ? node_begin(hq->node) : rc;
			bench_progress_at(&bar, i);
		}
	}
	bench_progress_end(&bar);
	return rc == ERR_OK ? node_commit(hq->node) : rc;
}

static int export(struct bench_side *hq, struct buf *file, struct result *r)
{
	struct ask_bundle_export first = { .limit_bytes = LIMIT };
	struct ask_bundle_next next;
	struct answer_bundle a;
	struct arena arena;
	double cpu = bench_cpu();
	double wall = bench_wall();
	int rc;

	arena_init(&arena, 0);
	rc = ask(hq, "bundle.export", &first, &arena, &a);
	while (rc == ERR_OK) {
		buf_put(file, a.content.data, a.content.len);
		if (a.done != 0) {
			break;
		}
		next.handle = a.handle;
		arena_done(&arena);
		rc = ask(hq, "bundle.next", &next, &arena, &a);
	}
	arena_done(&arena);
	r->export_cpu_s = bench_cpu() - cpu;
	r->export_s = bench_wall() - wall;
	r->file_bytes = file->len;
	return rc == ERR_OK ? buf_error(file) : rc;
}

/* One reading of the file. */
static int read_once(struct bench_side *post, struct bytes file, struct answer_bundle *a,
		     double *cpu_s, double *wall_s)
{
	struct ask_bundle_piece piece;
	struct arena arena;
	double cpu = bench_cpu();
	double wall = bench_wall();
	int rc = ERR_OK;

	arena_init(&arena, 0);
	for (size_t at = 0; rc == ERR_OK && at < file.len; at += piece.content.len) {
		piece = (struct ask_bundle_piece){ a->handle, { file.data + at, file.len - at } };
		if (piece.content.len > ASK_PIECE_BYTES) {
			piece.content.len = ASK_PIECE_BYTES;
		}
		rc = ask(post, "bundle.piece", &piece, &arena, a);
		if (at + piece.content.len < file.len) {
			arena_done(&arena);
		}
	}
	*cpu_s = bench_cpu() - cpu;
	*wall_s = bench_wall() - wall;
	if (rc == ERR_OK && a->done != 0) {
		const struct answer_bundle_lane *l = a->lanes.items;
		uint64_t taken = 0;
		uint64_t all = 0;

		for (size_t i = 0; i < a->lanes.count; i++) {
			taken += l[i].taken;
			all += l[i].entries;
		}
		rc = taken == all ? ERR_OK : ERR_INTERNAL;
	}
	arena_done(&arena);
	return rc;
}

static int import(struct bench_side *post, struct bytes file, struct result *r)
{
	struct ask_bundle_import first = { .bytes = file.len };
	struct answer_bundle a;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = ask(post, "bundle.import", &first, &arena, &a);
	arena_done(&arena);
	if (rc == ERR_OK) {
		rc = read_once(post, file, &a, &r->check_cpu_s, &r->check_s);
	}
	if (rc == ERR_OK && a.again == 0) {
		rc = ERR_INTERNAL;
	}
	return rc == ERR_OK ? read_once(post, file, &a, &r->take_cpu_s, &r->take_s) : rc;
}

/* What is in the file, read as its recipient. */
static int count(const struct bench_side *hq, const struct bench_side *post, struct bytes file,
		 struct result *r)
{
	struct bundle_record record = { .type = BUNDLE_MORE };
	struct bundle_reader *reader = NULL;
	int rc = bundle_reader_new(
	    keys_dh_secret(post->keys), keys_dh_public(post->keys),
	    (struct bytes){ keys_region_public(hq->keys), KEYS_PUBLIC_BYTES }, &reader);

	while (rc == ERR_OK && record.type != BUNDLE_END) {
		rc = bundle_reader_take(reader, &file, &record);
		if (rc == ERR_OK && record.type == BUNDLE_ENTRY) {
			r->entries++;
			r->entry_bytes += record.content.len;
		}
	}
	bundle_reader_free(reader);
	return rc;
}

static int run(uint64_t records, uint64_t bytes, struct result *r)
{
	struct bench_side hq = { .dir = "" };
	struct bench_side post = { .dir = "" };
	struct buf file;
	int rc = bench_side_make(&hq, true);

	buf_init(&file, 0);
	rc = rc == ERR_OK ? bench_side_make(&post, false) : rc;
	rc = rc == ERR_OK ? bench_side_enrol(&hq, &post) : rc;
	rc = rc == ERR_OK ? node_commit(post.node) : rc;
	rc = rc == ERR_OK ? issue(&hq, records, bytes) : rc;
	rc = rc == ERR_OK ? export(&hq, &file, r) : rc;
	rc = rc == ERR_OK ? count(&hq, &post, buf_bytes(&file), r) : rc;
	rc = rc == ERR_OK ? import(&post, buf_bytes(&file), r) : rc;
	buf_done(&file);
	bench_side_drop(&hq);
	bench_side_drop(&post);
	return rc;
}

int bench_bundle(const struct bench *b)
{
	static const char form[] = "--records N [--bytes B]";
	struct result r = { .entries = 0 };
	uint64_t records = 0;
	uint64_t bytes = 1480;
	double mb;
	int rc;

	for (int i = 0; i < b->argc; i++) {
		const char *v;

		if ((v = bench_option(b, &i, "records")) != NULL) {
			if (!bench_number(v, 1, RECORDS_MAX, &records)) {
				return bench_wrong(b, "records", v);
			}
		} else if ((v = bench_option(b, &i, "bytes")) != NULL) {
			if (!bench_number(v, 1, 1500, &bytes)) {
				return bench_wrong(b, "bytes", v);
			}
		} else {
			return bench_usage(b, form);
		}
	}
	if (records == 0) {
		return bench_usage(b, form);
	}
	rc = run(records, bytes, &r);
	if (rc != ERR_OK) {
		(void)fprintf(stderr, "outpost-bench bundle: %s\n", err_text(rc));
		return BENCH_INTERNAL;
	}
	mb = (double)r.file_bytes / 1e6;
	return bench_report(
	    b,
	    json_pack("{s:I,s:I,s:f,s:f,s:f,s:f,s:f,s:o,s:o,s:o}", "entries", (json_int_t)r.entries,
		      "file_bytes", (json_int_t)r.file_bytes, "bytes_per_entry",
		      (double)r.file_bytes / (double)r.entries, "overhead_per_entry",
		      (double)(r.file_bytes - r.entry_bytes) / (double)r.entries,
		      "export_mb_per_cpu_s", mb / r.export_cpu_s, "check_mb_per_cpu_s",
		      mb / r.check_cpu_s, "take_entries_per_cpu_s",
		      (double)r.entries / r.take_cpu_s, "export_ms", bench_ms(r.export_s * 1e3),
		      "check_ms", bench_ms(r.check_s * 1e3), "take_ms", bench_ms(r.take_s * 1e3)));
}
