#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/address.h"
#include "io/discover.h"

struct static_peers {
	struct discover base;
	size_t count;
	char text[][ADDRESS_TEXT_MAX];
};

static int start(struct discover *d)
{
	const struct static_peers *s = (const struct static_peers *)d;

	for (size_t i = 0; i < s->count; i++) {
		d->on_peer(d->context, bytes_of(s->text[i]), true);
	}
	return ERR_OK;
}

static void stop(struct discover *d)
{
	(void)d;
}

static void give_back(struct discover *d)
{
	free(d);
}

int static_peers_new(const char *const *addresses, size_t count, discover_peer_fn *on_peer,
		     void *context, struct discover **out)
{
	struct static_peers *s = calloc(1, sizeof *s + count * ADDRESS_TEXT_MAX);

	if (s == NULL) {
		return ERR_NOMEM;
	}
	s->base = (struct discover){ .start = start,
				     .stop = stop,
				     .free = give_back,
				     .on_peer = on_peer,
				     .context = context };
	s->count = count;
	for (size_t i = 0; i < count; i++) {
		if (bytes_text(bytes_of(addresses[i]), s->text[i], ADDRESS_TEXT_MAX) != ERR_OK) {
			free(s);
			return ERR_LIMIT;
		}
	}
	*out = &s->base;
	return ERR_OK;
}
