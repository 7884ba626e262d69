/* What a policy's Lua may call: plain functions of text, tables and numbers.
 *
 * Functions with a loop count their work as steps, since the hook of the host does not run
 * inside C.  Nothing here depends on the order in which a table keeps its fields. */
#ifndef POLICY_OFFER_H
#define POLICY_OFFER_H

#include <lua.h>

/* Leave the environment of policies on the stack: frozen.  Also gives strings their
 * methods. */
void offer_environment(lua_State *L);
/* "type", "table.insert", ...; NULL at the end. */
const char *const *offer_names(void);

#endif
