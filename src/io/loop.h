/* One node in the world: its loop collects what happens, lets the node take some steps in one
 * transaction, and carries out what they ask for once it is durable.
 *
 * Effects never leave before node_commit() has returned ERR_OK.  An error after which the node
 * must start again from disk ends loop_run(). */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "node/node.h"

#define LOOP_STEPS_MAX 64U /* events in one transaction */

struct loop;

typedef void loop_reload_fn(void *context);

struct loop_config {
	struct node *node;   /* borrowed */
	const char *listen;  /* NULL: nobody can call */
	const char *control; /* path of the control socket; NULL: none */
	gid_t control_group; /* CONTROL_NO_GROUP: only its own user */
	const char *const *peers;
	size_t peer_count;
	bool discovery;
	const char *worker; /* path of outpost-worker; NULL: every sample fails */
	unsigned workers;
	bool signals; /* SIGTERM and SIGINT end it, SIGHUP reloads */
	loop_reload_fn *on_reload;
	void *context;
};

/* Open everything and tell the node EVENT_START.  *fault->what names what could not be opened
 * ("listen", "control", "node"). */
int loop_new(const struct loop_config *config, struct loop **out, struct fault *fault);
/* Until loop_stop() or a signal: ERR_OK; else the error that ended it. */
int loop_run(struct loop *l);
/* One round: take what has come, or wait for something first.  ERR_STATE when it has ended. */
int loop_turn(struct loop *l, bool wait);
/* From within on_reload, or between rounds: the node takes this event at once, in a transaction
 * of its own, before what waits.  On an error it has changed nothing, or (ERR_STORE,
 * ERR_CORRUPT) the loop has ended. */
int loop_tell(struct loop *l, const struct event *event);
/* From within the loop, or between rounds. */
void loop_stop(struct loop *l);
/* Closes everything that is still open. */
void loop_free(struct loop *l);
/* The port it listens at; 0: none. */
uint16_t loop_port(const struct loop *l);
/* Links that are up; children that died; for tests and the service manager. */
size_t loop_links(const struct loop *l);

#endif
