/* One Lua state with nothing in it that a policy may not have: the sandbox.
 *
 * The text is compiled once and run anew for each call, so nothing that a call leaves behind
 * reaches the next one.  Every function of Lua that can fail runs inside host_run().  Work is
 * counted in steps: one for each instruction of the virtual machine, and what the offered
 * functions add for their loops; a call that goes beyond its steps, bytes or CPU time ends. */
#ifndef POLICY_HOST_H
#define POLICY_HOST_H

#include <lua.h>

#include "policy/policy.h"

#define HOST_TEXT_MAX  ((size_t)4096)       /* the longest string, as literal and as result */
#define HOST_BLOCK_MAX ((size_t)128 * 1024) /* one piece of memory: 8,192 array elements */
#define HOST_VALUES    200                  /* values that one call hands over */
#define HOST_MESSAGE   POLICY_REASON_MAX

struct host;

/* Compile the text; `name` (a string constant) stands in messages.  On refusal *out is
 * untouched and message, of HOST_MESSAGE bytes, says where: ERR_LIMIT, ERR_MALFORMED (the
 * text is none, or not Lua), ERR_NOMEM. */
int host_new(struct bytes source, const char *name, const struct policy_limits *limits,
	     struct host **out, char *message);
void host_free(struct host *h);

/* Call body(L) under the limits, with `arg` as light userdata at index 1.  ERR_POLICY when it
 * raised an error, ERR_LIMIT when it ran out of steps or CPU time, ERR_NOMEM out of bytes;
 * message says why. */
int host_run(struct host *h, lua_CFunction body, void *arg, char *message);
/* Inside body: run the text and leave what it returns, one value, on the stack. */
void host_text(lua_State *L);
/* Inside body: give the state back as it is, so that values of the text outlive the call.
 * For tests, whose cases are read one by one; a policy never keeps anything. */
void host_keep(lua_State *L, int index);
void host_kept(lua_State *L);
/* Inside offered functions: add to the steps of this call; does not return when that is
 * too much. */
void host_charge(lua_State *L, size_t steps);
/* Make the value on top of the stack, a table, one that can be read but not changed. */
void host_freeze(lua_State *L);
/* What the last call took. */
struct policy_cost host_cost(const struct host *h);

#endif
