/* outpost-bench sync fill: an empty post is filled by headquarters over loopback; two real
 * nodes, two processes, real stores on disk, the real channel. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/bench.h"
#include "intake/worker.h"
#include "io/loop.h"
#include "node/ask.h"
#include "node/node.h"
#include "record/fmr.h"
#include "store/store.h"
#include "synth/minutiae.h"
#include "trust/keys.h"

#define STEPS_PER_COMMIT 256U
#define RECORDS_MAX      1000000U
#define FINGERS_MAX      10U
#define WAIT_S           3600.0
#define OWN_BYTES        430U /* of an entry beside its subject's text, before padding */

/* A policy under which the post may read everything. */
static const char policy_text[] =
    "return { name = 'bench', version = 1,\n"
    "  entitle = function() return 'read', 'bench' end,\n"
    "  classify = function(r) return { region = 'BENCH', sensitivity = 'restricted',\n"
    "    reason = 'bench' } end }\n";

struct side {
	char dir[64];
	struct keys *keys;
	struct policy *policy;
	struct store *store;
	struct node *node;
};

struct fill {
	uint64_t records; /* notices to be issued */
	uint64_t bytes;   /* of a subject's entry, about */
	uint64_t fingers; /* templates each */
};

/* ---- a node without a loop, for the preparations ---- */

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* What outpost-worker does with a minutiae record of our own making. */
static int examine(struct bytes frame, struct buf *out)
{
	struct worker_request request;
	struct worker_sample sample = { .format = WORKER_FORMAT_MINUTIAE, .score = 60 };
	struct worker_answer answer = { .samples = { .items = &sample, .count = 1 } };
	struct arena arena;
	struct bytes body;
	size_t need;
	int rc;

	arena_init(&arena, 0);
	rc = worker_frame(frame, WORKER_REQUEST_MAX, &body, &need);
	if (rc == ERR_OK) {
		rc = worker_read_request(body, &arena, &request, NULL);
	}
	if (rc == ERR_OK) {
		answer.id = request.id;
		sample.iso = request.bytes;
		rc = worker_put_answer(&answer, out);
	}
	arena_done(&arena);
	return rc;
}

static int step(struct side *s, struct event *event, struct buf *reply);

static int answer_worker(struct side *s, const struct effect *e, struct buf *reply)
{
	struct event event = { .kind = EVENT_EXAMINED, .job = e->job };
	struct buf out;
	size_t need;
	int rc;

	buf_init(&out, 0);
	rc = examine(e->bytes, &out);
	if (rc == ERR_OK) {
		rc = worker_frame(buf_bytes(&out), WORKER_ANSWER_MAX, &event.bytes, &need);
	}
	if (rc == ERR_OK) {
		rc = step(s, &event, reply);
	}
	buf_done(&out);
	return rc;
}

/* One event within the transaction that is open; the answer to a question goes to reply. */
static int step(struct side *s, struct event *event, struct buf *reply)
{
	struct effects effects;
	int rc;

	event->now_ms = now_ms();
	effects_init(&effects);
	rc = node_step(s->node, event, &effects);
	for (size_t i = 0; rc == ERR_OK && i < effects.count; i++) {
		const struct effect *e = &effects.list[i];

		if (e->kind == EFFECT_REPLY) {
			buf_clear(reply);
			buf_put(reply, e->bytes.data, e->bytes.len);
		} else if (e->kind == EFFECT_EXAMINE) {
			rc = answer_worker(s, e, reply);
		}
	}
	effects_done(&effects);
	return rc;
}

static int ask(struct side *s, const char *verb, const void *body, struct arena *arena, void *out)
{
	const struct ask_verb *v = ask_find(bytes_of(verb));
	struct ask a = { .verb = bytes_of(verb), .officer = bytes_of("bench") };
	struct event event = { .kind = EVENT_ASK, .ask = 1 };
	struct answer answer = { .code = 0 };
	struct buf inner;
	struct buf outer;
	struct buf reply;
	int rc;

	buf_init(&inner, 0);
	buf_init(&outer, 0);
	buf_init(&reply, 0);
	rc = schema_encode(v->ask, body, &inner);
	a.body = buf_bytes(&inner);
	if (rc == ERR_OK) {
		rc = schema_encode(&ask_schema, &a, &outer);
	}
	if (rc == ERR_OK) {
		event.bytes = buf_bytes(&outer);
		rc = step(s, &event, &reply);
	}
	if (rc == ERR_OK) {
		struct bytes copy = arena_copy(arena, buf_bytes(&reply));

		rc = schema_decode(&answer_schema, copy, arena, &answer, NULL);
	}
	if (rc == ERR_OK && answer.code != 0) {
		rc = -(int)answer.code;
	}
	if (rc == ERR_OK && out != NULL) {
		rc = schema_decode(v->answer, answer.body, arena, out, NULL);
	}
	buf_done(&inner);
	buf_done(&outer);
	buf_done(&reply);
	return rc;
}

/* ---- the two sides ---- */

static int open_side(struct side *s)
{
	struct node_config config = { .keys = s->keys, .policy = s->policy };
	char url[128];
	int rc;

	(void)snprintf(url, sizeof url, "sqlite:%s/store.db", s->dir);
	rc = store_open(url, &s->store, NULL);
	config.store = s->store;
	if (keys_region_public(s->keys) != NULL) {
		config.founding = (struct founding){
			.region = "BENCH", .country = "UTO", .owner = "UTO-NCB", .label = "hq"
		};
	}
	return rc == ERR_OK ? node_new(&config, &s->node) : rc;
}

static void close_side(struct side *s)
{
	node_free(s->node);
	store_close(s->store);
	s->node = NULL;
	s->store = NULL;
}

static int start(struct side *s)
{
	struct event event = { .kind = EVENT_START };
	struct buf reply;
	int rc = open_side(s);

	buf_init(&reply, 0);
	if (rc == ERR_OK) {
		rc = node_begin(s->node);
	}
	if (rc == ERR_OK) {
		rc = step(s, &event, &reply);
	}
	buf_done(&reply);
	return rc;
}

static int make_side(struct side *s, bool hq)
{
	char message[128];
	int rc;

	(void)snprintf(s->dir, sizeof s->dir, "/tmp/outpost-bench-XXXXXX");
	if (mkdtemp(s->dir) == NULL) {
		return ERR_IO;
	}
	rc = keys_new(hq, &s->keys);
	if (rc == ERR_OK) {
		rc = policy_new(bytes_of(policy_text), &(struct policy_limits){ .steps = 0 },
				&s->policy, message, sizeof message);
	}
	return rc == ERR_OK ? start(s) : rc;
}

static void drop_side(struct side *s)
{
	char command[128];

	close_side(s);
	policy_free(s->policy);
	keys_free(s->keys);
	if (s->dir[0] != '\0') {
		(void)snprintf(command, sizeof command, "rm -rf '%s'", s->dir);
		if (system(command) != 0) { /* NOLINT(cert-env33-c): our own folder's name */
			(void)fprintf(stderr, "left behind: %s\n", s->dir);
		}
	}
}

static int enrol(struct side *hq, struct side *post)
{
	struct ask_label label = { .label = bytes_of("post") };
	struct ask_sign sign = { .role = bytes_of("post") };
	struct ask_install install;
	struct answer_file file = { .content = { NULL, 0 } };
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = ask(post, "passport.request", &label, &arena, &file);
	if (rc == ERR_OK) {
		sign.request = file.content;
		rc = ask(hq, "passport.sign", &sign, &arena, &file);
	}
	if (rc == ERR_OK) {
		install.grant = file.content;
		rc = ask(post, "passport.install", &install, &arena, NULL);
	}
	arena_done(&arena);
	return rc;
}

static int issue(struct side *hq, const struct fill *f, uint64_t i)
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
		struct fmr view;
		struct buf iso;

		synth_template(i * f->fingers + k, 1, 0.3F, &view);
		view.position = (uint8_t)(k + 1);
		buf_init(&iso, 0);
		rc = fmr_write(&view, 1, &iso);
		files[k] = (struct ask_file){ .content = arena_copy(&arena, buf_bytes(&iso)) };
		a.files.count++;
		buf_done(&iso);
	}
	if (rc == ERR_OK) {
		rc = ask(hq, "notice.add", &a, &arena, &out);
	}
	arena_done(&arena);
	return rc;
}

static int prepare(struct side *hq, struct side *post, const struct fill *f)
{
	struct bench_progress bar;
	int rc = enrol(hq, post);

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
static pid_t serve(struct side *hq, int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct loop_config config = { .listen = "127.0.0.1:0" };
		struct loop *loop;
		uint16_t port;
		int rc = open_side(hq);

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

static int ask_peers(struct side *s, struct arena *arena, struct answer_peers *out)
{
	struct ask a = { .verb = bytes_of("peers") };
	struct event event = { .kind = EVENT_ASK, .ask = 1 };
	struct answer answer;
	struct buf question;
	struct buf reply;
	int err = node_begin(s->node);

	if (err != ERR_OK) {
		return err;
	}
	buf_init(&question, 0);
	buf_init(&reply, 0);
	err = schema_encode(&ask_schema, &a, &question);
	event.bytes = buf_bytes(&question);
	err = err == ERR_OK ? step(s, &event, &reply) : err;
	err = err == ERR_OK ? schema_decode(&answer_schema, buf_bytes(&reply), arena, &answer, NULL)
			    : err;
	err = err == ERR_OK ? schema_decode(ask_find(a.verb)->answer, answer.body, arena, out, NULL)
			    : err;
	(void)node_commit(s->node);
	buf_done(&question);
	buf_done(&reply);
	return err;
}

static uint64_t wire_bytes(struct side *s)
{
	struct answer_peers peers = { .peers = { .count = 0 } };
	struct arena arena;
	uint64_t sum = 0;

	arena_init(&arena, 0);
	if (ask_peers(s, &arena, &peers) == ERR_OK) {
		const struct answer_peer *p = peers.peers.items;

		for (size_t i = 0; i < peers.peers.count; i++) {
			sum += p[i].sent_bytes + p[i].received_bytes;
		}
	}
	arena_done(&arena);
	return sum;
}

static int receive(struct side *post, uint16_t port, uint64_t want, pid_t server,
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
	int rc = open_side(post);

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
	struct side hq = { .dir = "" };
	struct side post = { .dir = "" };
	struct store_counts counts = { .entries = 0 };
	int pipes[2];
	uint16_t port = 0;
	pid_t server = -1;
	int rc = make_side(&hq, true);

	rc = rc == ERR_OK ? make_side(&post, false) : rc;
	rc = rc == ERR_OK ? prepare(&hq, &post, f) : rc;
	rc = rc == ERR_OK ? store_count(hq.store, &counts) : rc;
	close_side(&hq);
	close_side(&post);
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
	drop_side(&hq);
	drop_side(&post);
	return rc;
}

int bench_sync(const struct bench *b)
{
	static const char form[] = "fill --records N --bytes B [--fingers K]";
	struct fill f = { .records = 0, .bytes = 1480 };
	struct result r = { .seconds = 0 };
	int rc;

	if (b->argc < 1 || strcmp(b->argv[0], "fill") != 0) {
		return bench_usage(b, form);
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
