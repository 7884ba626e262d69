/* The control socket: officers' and administrators' programs ask, the node answers.
 *
 * A frame is a length (u32, big-endian) and a struct ask, or a struct answer (node/ask.h).
 * Who may ask is settled by the socket's mode and by the kernel's word on who the peer is:
 * the node's own user, root, and the members of one group if there is one.  One question at a
 * time for each connection; who is slow, or sends what is no frame, is dropped.  When
 * the node is behind with what it has been asked, the answer is ERR_BUSY: try again. */
#ifndef IO_CONTROL_H
#define IO_CONTROL_H

#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "io/inbox.h"

#define CONTROL_CLIENTS_MAX 16U
#define CONTROL_NO_GROUP    ((gid_t)-1)

/* How long a client may take, in ms: to send a question once it has begun, to fetch an answer,
 * and to say nothing. */
struct control_patience {
	uint64_t ask_ms;
	uint64_t answer_ms;
	uint64_t idle_ms;
};

extern const struct control_patience control_patience;

struct control;

/* Listen at the path, replacing a socket that stands there.  ERR_SPACE: the path is too long
 * for a socket; ERR_EXISTS: something else stands there; ERR_IO, ERR_NOMEM. */
int control_new(uv_loop_t *loop, struct inbox *inbox, const char *path, gid_t group,
		const struct control_patience *patience, struct control **out);
/* The answer (struct answer, encoded) to a question; nobody may be there any more. */
void control_reply(struct control *k, uint64_t ask, struct bytes body);
/* The node could not take the question: say so. */
void control_refuse(struct control *k, uint64_t ask, int code);
/* As tcp_stop() and tcp_free(); the socket's name goes. */
void control_stop(struct control *k);
void control_free(struct control *k);

#endif
