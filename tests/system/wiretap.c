/* Stands in a line and writes down what goes over it: whoever calls LISTEN is led on to TARGET, and
 * the bytes of both directions are appended to FILE.  Until it is killed.
 *
 *   wiretap ADDRESS PORT TARGET-ADDRESS TARGET-PORT FILE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES_MAX   32
#define PIECE_BYTES 65536U

static int ends[LINES_MAX][2]; /* the caller's and the target's socket; -1: free */

static int fail(const char *what)
{
	(void)fprintf(stderr, "wiretap: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool parse(const char *address, const char *port, struct sockaddr_in *out)
{
	*out = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	return inet_pton(AF_INET, address, &out->sin_addr) == 1;
}

static int listen_at(const struct sockaddr_in *at)
{
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof *at) != 0 ||
	    listen(fd, LINES_MAX) != 0) {
		return -1;
	}
	return fd;
}

static void hang_up(int line)
{
	(void)close(ends[line][0]);
	(void)close(ends[line][1]);
	ends[line][0] = -1;
	ends[line][1] = -1;
}

static void accept_from(int server, const struct sockaddr_in *target)
{
	int caller = accept(server, NULL, NULL);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int line = 0;

	while (line < LINES_MAX && ends[line][0] >= 0) {
		line++;
	}
	if (caller < 0 || fd < 0 || line == LINES_MAX ||
	    connect(fd, (const struct sockaddr *)target, sizeof *target) != 0) {
		(void)close(caller);
		(void)close(fd);
		return;
	}
	ends[line][0] = caller;
	ends[line][1] = fd;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n <= 0) {
			return false;
		}
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Slow readers hold the other side up, which is what a line does, too. */
static void pass_on(int line, int from, int file)
{
	static uint8_t piece[PIECE_BYTES];
	ssize_t n = read(ends[line][from], piece, sizeof piece);

	if (n <= 0 || !write_all(file, piece, (size_t)n) ||
	    !write_all(ends[line][1 - from], piece, (size_t)n)) {
		hang_up(line);
	}
}

static void turn(int server, const struct sockaddr_in *target, int file)
{
	struct pollfd p[1 + 2 * LINES_MAX] = { { .fd = server, .events = POLLIN } };

	for (int i = 0; i < 2 * LINES_MAX; i++) {
		p[1 + i] = (struct pollfd){ .fd = ends[i / 2][i % 2], .events = POLLIN };
	}
	(void)poll(p, 1 + 2 * LINES_MAX, -1);
	for (int i = 0; i < 2 * LINES_MAX; i++) {
		if (p[1 + i].revents != 0 && ends[i / 2][0] >= 0) {
			pass_on(i / 2, i % 2, file);
		}
	}
	if (p[0].revents != 0) {
		accept_from(server, target);
	}
}

int main(int argc, char *argv[])
{
	struct sockaddr_in at;
	struct sockaddr_in target;
	int server;
	int file;

	if (argc != 6 || !parse(argv[1], argv[2], &at) || !parse(argv[3], argv[4], &target)) {
		(void)fputs("usage: wiretap ADDRESS PORT TARGET-ADDRESS TARGET-PORT FILE\n",
			    stderr);
		return 2;
	}
	memset(ends, 0xff, sizeof ends);
	file = open(argv[5], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	server = file < 0 ? -1 : listen_at(&at);
	if (server < 0) {
		return fail(argv[file < 0 ? 5 : 1]);
	}
	while (true) {
		turn(server, &target, file);
	}
}
