/* Words to the service manager: sd_notify(3) without its library. */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdint.h>

/* Send "READY=1", "STATUS=...", "STOPPING=1", "RELOADING=1", "WATCHDOG=1" to $NOTIFY_SOCKET.
 * ERR_NOTFOUND when nobody has asked for it; ERR_IO. */
int notify_send(const char *text);
int notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How often WATCHDOG=1 must be sent: half of what the manager allows; 0: not at all. */
uint64_t notify_watchdog_ms(void);

#endif
