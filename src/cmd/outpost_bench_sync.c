/* outpost-bench sync fill: an empty post is filled by headquarters over loopback; two real
 * nodes, two processes, real stores on disk, the real channel. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/bench.h"
#include "cmd/bench_side.h"
#include "cmd/made_up.h"
#include "io/loop.h"

#define STEPS_PER_COMMIT 256U
#define RECORDS_MAX      1000000U
#define FINGERS_MAX      10U
#define WAIT_S           3600.0
#define OWN_BYTES        430U /* of an entry beside its subject's text, before padding */

struct fill {
	uint64_t records; /* notices to be issued */
	uint64_t bytes;   /* of a subject's entry, about */
	uint64_t fingers; /* templates each */
};

/* ---- the preparations ---- */

static int issue(struct bench_side *hq, const struct fill *f, uint64_t i)
{
	struct ask_file files[FINGERS_MAX];
	char reference[33];
	char text[1024];
	struct ask_notice a = { .type = NOTICE_RED,
				.family = bytes_of("BENCH"),
				.files = { .items = files } };
	struct answer_notice out;
	struct arena arena;
	size_t len = f->bytes > OWN_BYTES ? (size_t)(f->bytes - OWN_BYTES) : 1;
	int rc = ERR_OK;

	arena_init(&arena, 0);
	(void)snprintf(reference, sizeof reference, "BENCH-%llu", (unsigned long long)i);
	a.reference = bytes_of(reference);
	len = len < sizeof text ? len : sizeof text - 1;
	memset(text, 'x', len);
	a.grounds = (struct bytes){ .data = (const uint8_t *)text, .len = len };
	for (uint64_t k = 0; rc == ERR_OK && k < f->fingers; k++) {
		struct made_up up = { .finger = i * f->fingers + k,
				      .touch = 1,
				      .difficulty = 0.3F,
				      .position = (uint8_t)(k + 1) };
		struct buf iso = { 0 };

		rc = made_up_records(&up, &iso, NULL);
		files[k] = (struct ask_file){ .content = arena_copy(&arena, buf_bytes(&iso)) };
		a.files.count++;
		buf_done(&iso);
	}
	if (rc == ERR_OK) {
		rc = bench_side_ask(hq, "notice.add", &a, &arena, &out);
	}
	arena_done(&arena);
	return rc;
}

static int prepare(struct bench_side *hq, struct bench_side *post, const struct fill *f)
{
	struct bench_progress bar;
	int rc = bench_side_enrol(hq, post);

	bench_progress_start(&bar, "issuing", f->records);
	for (uint64_t i = 0; rc == ERR_OK && i < f->records; i++) {
		if (i % STEPS_PER_COMMIT == 0) {
			rc = node_commit(hq->node);
			rc = rc == ERR_OK ? node_begin(hq->node) : rc;
			bench_progress_at(&bar, i);
		}
		rc = rc == ERR_OK ? issue(hq, f, i) : rc;
	}
	bench_progress_end(&bar);
	rc = rc == ERR_OK ? node_commit(hq->node) : rc;
	return rc == ERR_OK ? node_commit(post->node) : rc;
}

/* ---- the run ---- */

/* Headquarters serves in a process of its own until it is killed; its port goes to fd. */
static pid_t serve(struct bench_side *hq, int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct loop_config config = { .listen = "127.0.0.1:0" };
		struct loop *loop;
		uint16_t port;
		int rc = bench_side_open(hq);

		config.node = hq->node;
		rc = rc == ERR_OK ? loop_new(&config, &loop, NULL) : rc;
		if (rc == ERR_OK) {
			port = loop_port(loop);
			if (write(fd, &port, sizeof port) == (ssize_t)sizeof port) {
				(void)loop_run(loop);
			}
		}
		_exit(rc == ERR_OK ? 0 : 1);
	}
	return pid;
}

struct result {
	double seconds;
	double cpu_s;
	uint64_t entries;
	uint64_t wire_bytes;
	double rss_mb;
	double store_bytes;
};

static double cpu_of(int who)
{
	struct rusage u;

	(void)getrusage(who, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* CPU seconds of another process that is still alive. */
static double cpu_of_pid(pid_t pid)
{
	char path[64];
	char line[1024];
	unsigned long user = 0;
	unsigned long kernel = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f != NULL) {
		const char *at = fgets(line, sizeof line, f) != NULL ? strrchr(line, ')') : NULL;

		if (at == NULL ||
		    /* NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers here */
		    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &kernel) != 2) {
			user = 0;
		}
		(void)fclose(f);
	}
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static uint64_t wire_bytes(struct bench_side *s)
{
	struct answer_peers peers = { .peers = { .count = 0 } };
	struct arena arena;
	uint64_t sum = 0;
	int rc;

	arena_init(&arena, 0);
	rc = node_begin(s->node);
	if (rc == ERR_OK) {
		rc = bench_side_ask(s, "peers", NULL, &arena, &peers);
		(void)node_commit(s->node);
	}
	if (rc == ERR_OK) {
		const struct answer_peer *p = peers.peers.items;

		for (size_t i = 0; i < peers.peers.count; i++) {
			sum += p[i].sent_bytes + p[i].received_bytes;
		}
	}
	arena_done(&arena);
	return sum;
}

static int receive(struct bench_side *post, uint16_t port, uint64_t want, pid_t server,
		   struct result *out)
{
	char peer[32];
	const char *peers[] = { peer };
	struct loop_config config = { .peers = peers, .peer_count = 1 };
	struct bench_progress bar;
	struct store_counts counts = { .entries = 0 };
	struct rusage usage;
	struct loop *loop;
	double wall = bench_wall();
	double cpu = cpu_of(RUSAGE_SELF);
	int rc = bench_side_open(post);

	(void)snprintf(peer, sizeof peer, "127.0.0.1:%u", port);
	config.node = post->node;
	if (rc == ERR_OK) {
		rc = loop_new(&config, &loop, NULL);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	bench_progress_start(&bar, "filling", want);
	while (rc == ERR_OK && counts.entries < want && bench_wall() - wall < WAIT_S) {
		rc = loop_turn(loop, true);
		rc = rc == ERR_OK ? store_count(post->store, &counts) : rc;
		bench_progress_at(&bar, counts.entries);
	}
	bench_progress_end(&bar);
	out->seconds = bench_wall() - wall;
	out->cpu_s = cpu_of(RUSAGE_SELF) - cpu + cpu_of_pid(server);
	out->entries = counts.entries;
	out->store_bytes = (double)counts.bytes;
	out->wire_bytes = wire_bytes(post);
	(void)getrusage(RUSAGE_SELF, &usage);
	out->rss_mb = (double)usage.ru_maxrss / 1024.0;
	loop_free(loop);
	return rc == ERR_OK && counts.entries < want ? ERR_TIMEOUT : rc;
}

static int run(const struct fill *f, struct result *out)
{
	struct bench_side hq = { .dir = "" };
	struct bench_side post = { .dir = "" };
	struct store_counts counts = { .entries = 0 };
	int pipes[2];
	uint16_t port = 0;
	pid_t server = -1;
	int rc = bench_side_make(&hq, true);

	rc = rc == ERR_OK ? bench_side_make(&post, false) : rc;
	rc = rc == ERR_OK ? prepare(&hq, &post, f) : rc;
	rc = rc == ERR_OK ? store_count(hq.store, &counts) : rc;
	bench_side_close(&hq);
	bench_side_close(&post);
	if (rc == ERR_OK && pipe(pipes) == 0) {
		server = serve(&hq, pipes[1]);
		rc = server > 0 && read(pipes[0], &port, sizeof port) == (ssize_t)sizeof port
			 ? ERR_OK
			 : ERR_IO;
		(void)close(pipes[0]);
		(void)close(pipes[1]);
	}
	if (rc == ERR_OK) {
		rc = receive(&post, port, counts.entries, server, out);
	}
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
	}
	bench_side_drop(&hq);
	bench_side_drop(&post);
	return rc;
}

int bench_sync(const struct bench *b)
{
	static const char form[] = "fill --records N --bytes B [--fingers K]";
	struct fill f = { .records = 0, .bytes = 1480 };
	struct result r = { .seconds = 0 };
	int rc;

	if (b->argc > 0 && strcmp(b->argv[0], "reconcile") == 0) {
		return bench_reconcile(b);
	}
	if (b->argc < 1 || strcmp(b->argv[0], "fill") != 0) {
		(void)bench_usage(b, form);
		return bench_usage(b, bench_reconcile_form);
	}
	for (int i = 1; i < b->argc; i++) {
		const char *v;

		if ((v = bench_option(b, &i, "records")) != NULL) {
			if (!bench_number(v, 1, RECORDS_MAX, &f.records)) {
				return bench_wrong(b, "records", v);
			}
		} else if ((v = bench_option(b, &i, "bytes")) != NULL) {
			if (!bench_number(v, 1, 1500, &f.bytes)) {
				return bench_wrong(b, "bytes", v);
			}
		} else if ((v = bench_option(b, &i, "fingers")) != NULL) {
			if (!bench_number(v, 0, FINGERS_MAX, &f.fingers)) {
				return bench_wrong(b, "fingers", v);
			}
		} else {
			return bench_usage(b, form);
		}
	}
	if (f.records == 0) {
		return bench_usage(b, form);
	}
	rc = run(&f, &r);
	if (rc != ERR_OK) {
		(void)fprintf(stderr, "outpost-bench sync: %s\n", err_text(rc));
		return BENCH_INTERNAL;
	}
	return bench_report(
	    b, json_pack("{s:I,s:I,s:o,s:f,s:f,s:f,s:f}", "records", (json_int_t)r.entries,
			 "notices", (json_int_t)f.records, "seconds", bench_ms(r.seconds), "cpu_s",
			 r.cpu_s, "bytes_per_record", (double)r.wire_bytes / (double)r.entries,
			 "store_bytes_per_record", r.store_bytes / (double)r.entries, "rss_mb",
			 r.rss_mb));
}
