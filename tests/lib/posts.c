#include "tests/lib/posts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/ask_client.h"
#include "io/control.h"
#include "trust/keys.h"

#define ASK_MS 20000U

int posts_add(struct posts *p, bool founds, const char *listen, const char *peer,
	      const char *worker)
{
	static const char dir[] = "/tmp/outpost-posts-XXXXXX";
	struct post *x = &p->post[p->count];
	struct node_config config = { .arena_bytes = 0 };
	struct loop_config loop = { .listen = listen,
				    .control = x->control,
				    .control_group = CONTROL_NO_GROUP,
				    .peers = &peer,
				    .peer_count = peer != NULL,
				    .worker = worker,
				    .workers = 1 };
	struct fault fault = { .what = "" };
	int rc;

	memcpy(x->dir, dir, sizeof dir);
	if (mkdtemp(x->dir) == NULL) {
		return ERR_IO;
	}
	memcpy(x->control, x->dir, sizeof dir - 1);
	memcpy(x->control + sizeof dir - 1, "/control", sizeof "/control");
	p->count++;
	rc = keys_new(founds, &x->keys);
	if (rc == ERR_OK) {
		rc = store_open("sqlite::memory:", &x->store, NULL);
	}
	if (rc == ERR_OK) {
		config.store = x->store;
		config.keys = x->keys;
		if (founds) {
			config.founding = (struct founding){ .region = "UTO-NORTH",
							     .country = "UTO",
							     .owner = "UTO-NCB",
							     .label = "HQ" };
		}
		rc = node_new(&config, &x->node);
	}
	if (rc == ERR_OK) {
		loop.node = x->node;
		rc = loop_new(&loop, &x->loop, &fault);
	}
	return rc;
}

static uint64_t now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

static void turn(struct posts *p)
{
	for (size_t i = 0; i < p->count; i++) {
		(void)loop_turn(p->post[i].loop, false);
	}
	(void)usleep(500);
}

void posts_run(struct posts *p, unsigned ms)
{
	uint64_t until = now_ms() + ms;

	while (now_ms() < until) {
		turn(p);
	}
}

struct asking {
	const char *path;
	const struct ask *ask;
	struct arena *arena;
	struct answer answer;
	int rc;
	atomic_bool done;
};

static void *ask_thread(void *context)
{
	struct asking *a = context;

	a->rc = ask_client_ask(a->path, a->ask, ASK_MS, a->arena, &a->answer);
	atomic_store(&a->done, true);
	return NULL;
}

int posts_ask(struct posts *p, size_t i, const char *verb, const void *body, struct arena *arena,
	      void *out)
{
	const struct ask_verb *v = ask_find(bytes_of(verb));
	struct ask ask = { .verb = bytes_of(verb), .officer = bytes_of("admin") };
	struct asking a = { .path = p->post[i].control, .ask = &ask, .arena = arena };
	struct buf inner;
	pthread_t thread;
	int rc = ERR_OK;

	buf_init(&inner, 0);
	if (v != NULL && v->ask != NULL) {
		rc = schema_encode(v->ask, body, &inner);
		ask.body = buf_bytes(&inner);
	}
	if (rc == ERR_OK && pthread_create(&thread, NULL, ask_thread, &a) != 0) {
		rc = ERR_IO;
	}
	if (rc == ERR_OK) {
		while (!atomic_load(&a.done)) {
			turn(p);
		}
		(void)pthread_join(thread, NULL);
		rc = a.rc == ERR_OK ? -(int)a.answer.code : a.rc;
	}
	if (rc == ERR_OK && out != NULL && v != NULL && v->answer != NULL) {
		rc = schema_decode(v->answer, a.answer.body, arena, out, NULL);
	}
	buf_done(&inner);
	return rc;
}

int posts_enrol(struct posts *p, size_t i, const char *label)
{
	struct ask_label name = { .label = bytes_of(label) };
	struct ask_sign sign = { .role = bytes_of("post") };
	struct ask_install install;
	struct answer_file file;
	struct arena arena;
	int rc;

	arena_init(&arena, 0);
	rc = posts_ask(p, i, "passport.request", &name, &arena, &file);
	if (rc == ERR_OK) {
		sign.request = file.content;
		rc = posts_ask(p, 0, "passport.sign", &sign, &arena, &file);
	}
	if (rc == ERR_OK) {
		install.grant = file.content;
		rc = posts_ask(p, i, "passport.install", &install, &arena, NULL);
	}
	arena_done(&arena);
	return rc;
}

void posts_close(struct posts *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct post *x = &p->post[i];

		loop_free(x->loop);
		node_free(x->node);
		store_close(x->store);
		keys_free(x->keys);
		(void)unlink(x->control);
		(void)rmdir(x->dir);
	}
	memset(p, 0, sizeof *p);
}
