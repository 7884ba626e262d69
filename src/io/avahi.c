#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/address.h"
#include "io/avahi_poll.h"
#include "io/discover.h"
#include "io/log.h"
#include "trust/keys.h"

#define KNOWN_MAX 64U
#define TAG_TEXT  (2 * DISCOVER_TAG_BYTES + 1)
#define AGAIN_MS  30000U   /* known peers are reported again, a failed client is tried again */
#define SOON_MS   1000U    /* a daemon that has gone may be back at once */
#define ROTATE_MS 3600000U /* whoever listens cannot follow a node for longer than this */

/* A service on one interface and protocol. */
struct known {
	AvahiServiceResolver *resolver; /* NULL: free, or to be resolved again */
	AvahiIfIndex interface;
	AvahiProtocol protocol;
	char name[TAG_TEXT]; /* empty: free */
	char address[ADDRESS_TEXT_MAX];
};

struct avahi {
	struct discover base;
	uv_loop_t *loop; /* borrowed */
	uint16_t port;
	struct avahi_poll *poll; /* owned */
	AvahiClient *client;     /* owned, with all that is made from it */
	AvahiEntryGroup *group;
	AvahiServiceBrowser *browser;
	struct known known[KNOWN_MAX];
	uv_timer_t again;
	uv_timer_t rotate;
	uv_timer_t renew; /* the client, outside of its callbacks */
	bool started;
	bool complained;
	char tag[TAG_TEXT];
	char last_tag[TAG_TEXT]; /* our own echo may come late */
};

static void new_tag(struct avahi *a)
{
	uint8_t tag[DISCOVER_TAG_BYTES];

	memcpy(a->last_tag, a->tag, sizeof a->last_tag);
	keys_random(tag, sizeof tag);
	bytes_hex(tag, sizeof tag, a->tag);
}

static void complain(struct avahi *a, const char *what, int error)
{
	if (!a->complained) {
		log_write(
		    LOG_LEVEL_WARN, "discover",
		    "state=off what=%s err=\"%s\" next=\"tried again every %u s; peers from the "
		    "settings are not affected\"",
		    what, avahi_strerror(error), AGAIN_MS / 1000);
		a->complained = true;
	}
}

static void on_renew(uv_timer_t *timer);

/* The client is never renewed within one of its own callbacks. */
static void renew_in(struct avahi *a, uint64_t ms)
{
	(void)uv_timer_start(&a->renew, on_renew, ms, 0);
}

/* ---- whom we know ---- */

static struct known *find(struct avahi *a, const char *name, AvahiIfIndex interface,
			  AvahiProtocol protocol)
{
	for (size_t i = 0; i < KNOWN_MAX; i++) {
		struct known *k = &a->known[i];

		if (strcmp(k->name, name) == 0 &&
		    (name[0] == '\0' || (k->interface == interface && k->protocol == protocol))) {
			return k;
		}
	}
	return NULL;
}

/* One address for each peer is enough: of two the IPv4 one. */
static bool is_spare(const struct avahi *a, const struct known *k)
{
	for (size_t i = 0; k->protocol == AVAHI_PROTO_INET6 && i < KNOWN_MAX; i++) {
		const struct known *other = &a->known[i];

		if (other->protocol == AVAHI_PROTO_INET && other->address[0] != '\0' &&
		    strcmp(other->name, k->name) == 0) {
			return true;
		}
	}
	return false;
}

static void report(struct avahi *a, const struct known *k)
{
	if (k->address[0] != '\0' && !is_spare(a, k)) {
		a->base.on_peer(a->base.context, bytes_of(k->address), false);
	}
}

static void forget(struct known *k)
{
	if (k->resolver != NULL) {
		(void)avahi_service_resolver_free(k->resolver);
	}
	*k = (struct known){ 0 };
}

static void set_address(struct known *k, const AvahiAddress *address, uint16_t port)
{
	char host[AVAHI_ADDRESS_STR_MAX];
	char zone[IF_NAMESIZE + 1] = "";
	int len;

	(void)avahi_address_snprint(host, sizeof host, address);
	if (address->proto == AVAHI_PROTO_INET) {
		len = snprintf(k->address, sizeof k->address, "%s:%u", host, port);
	} else {
		/* fe80::/10 means nothing without its interface. */
		if (address->data.ipv6.address[0] == 0xfe &&
		    (address->data.ipv6.address[1] & 0xc0) == 0x80 && k->interface >= 0 &&
		    if_indextoname((unsigned)k->interface, zone + 1) != NULL) {
			zone[0] = '%';
		}
		len = snprintf(k->address, sizeof k->address, "[%s%s]:%u", host, zone, port);
	}
	if (len < 0 || (size_t)len >= sizeof k->address) {
		k->address[0] = '\0';
	}
}

/* NOLINTNEXTLINE(readability-function-size): Avahi says what it takes. */
static void on_resolved(AvahiServiceResolver *r, AvahiIfIndex interface, AvahiProtocol protocol,
			AvahiResolverEvent event, const char *name, const char *type,
			const char *domain, const char *host, const AvahiAddress *address,
			uint16_t port, AvahiStringList *txt, AvahiLookupResultFlags flags,
			void *userdata)
{
	struct avahi *a = userdata;
	struct known *k = name == NULL ? NULL : find(a, name, interface, protocol);

	(void)type;
	(void)domain;
	(void)host;
	(void)txt;
	(void)flags;
	if (k == NULL || k->resolver != r) {
		return;
	}
	if (event == AVAHI_RESOLVER_FOUND) {
		set_address(k, address, port);
		report(a, k);
	} else {
		k->address[0] = '\0';
		k->resolver = NULL;
		(void)avahi_service_resolver_free(r);
	}
}

/* The resolver stays, and tells when the address changes. */
static void resolve(struct avahi *a, struct known *k)
{
	k->resolver =
	    avahi_service_resolver_new(a->client, k->interface, k->protocol, k->name,
				       DISCOVER_SERVICE, NULL, k->protocol, 0, on_resolved, a);
}

/* NOLINTNEXTLINE(readability-function-size): likewise. */
static void on_browsed(AvahiServiceBrowser *b, AvahiIfIndex interface, AvahiProtocol protocol,
		       AvahiBrowserEvent event, const char *name, const char *type,
		       const char *domain, AvahiLookupResultFlags flags, void *userdata)
{
	struct avahi *a = userdata;
	struct known *k;

	(void)b;
	(void)type;
	(void)domain;
	(void)flags;
	if (event == AVAHI_BROWSER_FAILURE) {
		renew_in(a, AGAIN_MS);
		return;
	}
	if ((event != AVAHI_BROWSER_NEW && event != AVAHI_BROWSER_REMOVE) || name == NULL ||
	    strlen(name) != TAG_TEXT - 1 || strcmp(name, a->tag) == 0 ||
	    strcmp(name, a->last_tag) == 0) {
		return;
	}
	k = find(a, name, interface, protocol);
	if (event == AVAHI_BROWSER_REMOVE) {
		if (k != NULL) {
			forget(k);
		}
		return;
	}
	k = k == NULL ? find(a, "", 0, 0) : k;
	if (k == NULL || k->resolver != NULL) {
		return; /* full: a peer among 64 will tell us of the others' entries */
	}
	k->interface = interface;
	k->protocol = protocol;
	memcpy(k->name, name, TAG_TEXT);
	resolve(a, k);
}

/* ---- ourselves ---- */

static void announce(struct avahi *a);

static void on_group(AvahiEntryGroup *g, AvahiEntryGroupState state, void *userdata)
{
	struct avahi *a = userdata;

	if (state == AVAHI_ENTRY_GROUP_COLLISION) {
		a->group = g;
		new_tag(a);
		(void)avahi_entry_group_reset(g);
		announce(a);
	} else if (state == AVAHI_ENTRY_GROUP_FAILURE) {
		complain(a, "announce", avahi_client_errno(avahi_entry_group_get_client(g)));
		renew_in(a, AGAIN_MS);
	}
}

static void announce(struct avahi *a)
{
	char txt[4 + TAG_TEXT];
	AvahiStringList *list;
	int rc;

	if (a->group == NULL) {
		a->group = avahi_entry_group_new(a->client, on_group, a);
	}
	(void)snprintf(txt, sizeof txt, "tag=%s", a->tag);
	list = avahi_string_list_new(txt, NULL);
	if (a->group == NULL || list == NULL) {
		avahi_string_list_free(list);
		complain(a, "announce", avahi_client_errno(a->client));
		return;
	}
	rc = avahi_entry_group_add_service_strlst(a->group, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, 0,
						  a->tag, DISCOVER_SERVICE, NULL, NULL, a->port,
						  list);
	avahi_string_list_free(list);
	if (rc == 0) {
		rc = avahi_entry_group_commit(a->group);
	}
	if (rc != 0) {
		complain(a, "announce", rc);
		renew_in(a, AGAIN_MS);
	}
}

/* ---- the client ---- */

/* What hangs on a daemon that is gone. */
static void let_go(struct avahi *a)
{
	for (size_t i = 0; i < KNOWN_MAX; i++) {
		forget(&a->known[i]);
	}
	if (a->browser != NULL) {
		(void)avahi_service_browser_free(a->browser);
		a->browser = NULL;
	}
	if (a->group != NULL) {
		(void)avahi_entry_group_free(a->group);
		a->group = NULL;
	}
}

static void work(struct avahi *a)
{
	if (a->complained) {
		log_write(LOG_LEVEL_INFO, "discover", "state=on");
		a->complained = false;
	}
	if (a->group == NULL || avahi_entry_group_is_empty(a->group)) {
		announce(a);
	}
	if (a->browser == NULL) {
		a->browser =
		    avahi_service_browser_new(a->client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
					      DISCOVER_SERVICE, NULL, 0, on_browsed, a);
	}
	if (a->browser == NULL) {
		complain(a, "browse", avahi_client_errno(a->client));
	}
}

static void on_client(AvahiClient *c, AvahiClientState state, void *userdata)
{
	struct avahi *a = userdata;

	a->client = c; /* the first call comes before avahi_client_new() has returned */
	switch (state) {
	case AVAHI_CLIENT_S_RUNNING:
		work(a);
		break;
	case AVAHI_CLIENT_S_COLLISION:
	case AVAHI_CLIENT_S_REGISTERING:
		/* The host's name changes, and our entry with it: said again when it runs. */
		if (a->group != NULL) {
			(void)avahi_entry_group_reset(a->group);
		}
		break;
	case AVAHI_CLIENT_CONNECTING:
		complain(a, "avahi-daemon", AVAHI_ERR_NO_DAEMON);
		let_go(a);
		break;
	case AVAHI_CLIENT_FAILURE:
		complain(a, "dbus", avahi_client_errno(c));
		renew_in(a, avahi_client_errno(c) == AVAHI_ERR_DISCONNECTED ? SOON_MS : AGAIN_MS);
		break;
	}
}

static void renew(struct avahi *a)
{
	int error = 0;

	let_go(a);
	if (a->client != NULL) {
		avahi_client_free(a->client);
		a->client = NULL;
	}
	if (avahi_client_new(avahi_poll_api(a->poll), AVAHI_CLIENT_NO_FAIL, on_client, a, &error) ==
	    NULL) {
		a->client = NULL;
		complain(a, "dbus", error);
		renew_in(a, AGAIN_MS);
	}
}

static void on_renew(uv_timer_t *timer)
{
	renew(timer->data);
}

static void on_again(uv_timer_t *timer)
{
	struct avahi *a = timer->data;

	for (size_t i = 0; i < KNOWN_MAX; i++) {
		struct known *k = &a->known[i];

		if (k->name[0] != '\0' && k->resolver == NULL && a->client != NULL) {
			resolve(a, k);
		}
		report(a, k);
	}
}

static void on_rotate(uv_timer_t *timer)
{
	struct avahi *a = timer->data;

	new_tag(a);
	if (a->client != NULL && a->group != NULL &&
	    avahi_client_get_state(a->client) == AVAHI_CLIENT_S_RUNNING) {
		(void)avahi_entry_group_reset(a->group);
		announce(a);
	}
}

/* ---- the interface ---- */

static int start(struct discover *d)
{
	struct avahi *a = (struct avahi *)d;

	(void)uv_timer_init(a->loop, &a->again);
	(void)uv_timer_init(a->loop, &a->rotate);
	(void)uv_timer_init(a->loop, &a->renew);
	a->again.data = a;
	a->rotate.data = a;
	a->renew.data = a;
	a->started = true;
	(void)uv_timer_start(&a->again, on_again, AGAIN_MS, AGAIN_MS);
	(void)uv_timer_start(&a->rotate, on_rotate, ROTATE_MS, ROTATE_MS);
	(void)uv_timer_start(&a->renew, on_renew, 0, 0);
	return ERR_OK;
}

static void stop(struct discover *d)
{
	struct avahi *a = (struct avahi *)d;

	if (!a->started) {
		return;
	}
	a->started = false;
	let_go(a);
	if (a->client != NULL) {
		avahi_client_free(a->client);
		a->client = NULL;
	}
	uv_close((uv_handle_t *)&a->again, NULL);
	uv_close((uv_handle_t *)&a->rotate, NULL);
	uv_close((uv_handle_t *)&a->renew, NULL);
}

static void give_back(struct discover *d)
{
	struct avahi *a = (struct avahi *)d;

	avahi_poll_free(a->poll);
	free(a);
}

int avahi_discover_new(uv_loop_t *loop, const void *settings, discover_peer_fn *on_peer,
		       void *context, struct discover **out)
{
	struct avahi *a = calloc(1, sizeof *a);
	int rc;

	if (a == NULL) {
		return ERR_NOMEM;
	}
	a->base = (struct discover){ .start = start,
				     .stop = stop,
				     .free = give_back,
				     .on_peer = on_peer,
				     .context = context };
	a->loop = loop;
	memcpy(&a->port, settings, sizeof a->port);
	rc = avahi_poll_new(loop, &a->poll);
	if (rc != ERR_OK) {
		free(a);
		return rc;
	}
	new_tag(a);
	*out = &a->base;
	return ERR_OK;
}
