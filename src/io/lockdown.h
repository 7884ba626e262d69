/* What the process gives up before it touches a key. */
#ifndef IO_LOCKDOWN_H
#define IO_LOCKDOWN_H

#include <stdbool.h>

/* Become the user (NULL: stay).  ERR_DENIED: it would go on as root and may not; ERR_NOTFOUND:
 * no such user; ERR_STATE: the rights could not be given up for good. */
int lockdown_user(const char *user, bool may_be_root);
/* No core files, no debuggers or other processes of the same user in our memory, no new
 * rights through exec, and nothing we make is readable by others. */
int lockdown_process(void);

#endif
