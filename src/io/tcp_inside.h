/* A link as tcp.c and tcp_stream.c share it: tcp.c lets links come and go, tcp_stream.c carries
 * their bytes; for nobody else.
 *
 * A link lives until its handle is closed, which is later than tcp_down(): what comes back from
 * libuv in between finds it closing, and leaves it alone. */
#ifndef IO_TCP_INSIDE_H
#define IO_TCP_INSIDE_H

#include "io/tcp.h"

#define TCP_PIECE_BYTES 16384U

struct tcp_link {
	uv_tcp_t handle;
	struct tcp *tcp;     /* borrowed */
	struct inbox *inbox; /* borrowed */
	uint32_t number;     /* 0: still dialling */
	bool dialled;
	bool paused;
	bool closing;
	size_t unread;
	size_t unsent;
	uint64_t since_ms; /* of the loop's clock */
	char address[ADDRESS_TEXT_MAX];
	struct sockaddr_storage source;
	uv_connect_t connect;
	uint8_t in[TCP_PIECE_BYTES];
};

/* The one place where a link ends. */
void tcp_down(struct tcp_link *l);

/* The link is up: tune its socket and read from now on. */
void tcp_stream_start(struct tcp_link *l);
/* As tcp_send() and tcp_taken(); 0 bytes: read on if there is room again. */
void tcp_stream_send(struct tcp_link *l, struct bytes bytes);
void tcp_stream_taken(struct tcp_link *l, size_t bytes);

#endif
