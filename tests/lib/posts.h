/* Nodes with their loops in one process, for tests: real sockets, a store in memory. */
#ifndef TESTS_POSTS_H
#define TESTS_POSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "io/loop.h"
#include "node/ask.h"

#define POSTS_MAX 4U

struct post {
	struct keys *keys;
	struct store *store;
	struct node *node;
	struct loop *loop;
	char dir[64];
	char control[80];
};

struct posts {
	struct post post[POSTS_MAX];
	size_t count;
};

/* Open one more; founds: headquarters of UTO-NORTH.  peer may be NULL.  Without listening when
 * listen is NULL, without a worker when worker is NULL. */
int posts_add(struct posts *p, bool founds, const char *listen, const char *peer,
	      const char *worker);
/* Let all loops run for this long. */
void posts_run(struct posts *p, unsigned ms);
/* Ask post i by its control socket while all loops run; the answer's body is decoded into out
 * by the verb's schema.  The answer's code as an enum err, or the client's error. */
int posts_ask(struct posts *p, size_t i, const char *verb, const void *body, struct arena *arena,
	      void *out);
/* The post becomes a member of the first one's region. */
int posts_enrol(struct posts *p, size_t i, const char *label);
void posts_close(struct posts *p);

#endif
