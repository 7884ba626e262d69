#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "store/backend.h"

static const struct store_backend *backends[STORE_BACKENDS_MAX] = { &store_sqlite };

static bool is_complete(const struct store_backend *b)
{
	return b->scheme != NULL && b->open != NULL && b->close != NULL && b->state != NULL &&
	       b->begin != NULL && b->commit != NULL && b->rollback != NULL && b->mark != NULL &&
	       b->release != NULL && b->undo != NULL && b->put != NULL && b->get != NULL &&
	       b->has != NULL && b->erase != NULL && b->is_erased != NULL && b->drop != NULL &&
	       b->purge != NULL && b->scrub != NULL && b->verify != NULL && b->changes != NULL &&
	       b->each_erased != NULL && b->set != NULL && b->value != NULL && b->audit != NULL &&
	       b->each_audit != NULL && b->enqueue != NULL && b->lease != NULL &&
	       b->settle != NULL && b->count != NULL;
}

int store_register(const struct store_backend *backend)
{
	if (backend->abi != STORE_ABI || !is_complete(backend)) {
		return ERR_UNSUPPORTED;
	}
	for (size_t i = 0; i < STORE_BACKENDS_MAX; i++) {
		if (backends[i] == NULL) {
			backends[i] = backend;
			return ERR_OK;
		}
		if (strcmp(backends[i]->scheme, backend->scheme) == 0) {
			return ERR_EXISTS;
		}
	}
	return ERR_FULL;
}

int store_open(const char *url, struct store **out, struct fault *fault)
{
	const char *colon = strchr(url, ':');
	struct store *s;
	int rc;

	if (colon == NULL || colon == url || colon[1] == '\0') {
		return err_at(fault, ERR_MALFORMED, 0, "url");
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		return err_at(fault, ERR_NOMEM, 0, "store");
	}
	for (size_t i = 0; i < STORE_BACKENDS_MAX && backends[i] != NULL; i++) {
		struct bytes scheme = { (const uint8_t *)url, (size_t)(colon - url) };

		if (bytes_is(scheme, backends[i]->scheme)) {
			s->backend = backends[i];
		}
	}
	if (s->backend == NULL) {
		rc = err_at(fault, ERR_UNSUPPORTED, 0, "url");
		goto err;
	}
	rc = s->backend->open(colon + 1, &s->self, fault);
	if (rc != ERR_OK) {
		goto err;
	}
	*out = s;
	return ERR_OK;
err:
	free(s);
	return rc;
}

void store_close(struct store *s)
{
	if (s != NULL) {
		s->backend->close(s->self);
		free(s);
	}
}

/* May the caller do this now? */
static int check_state(const struct store *s, enum store_state wanted)
{
	enum store_state state = s->backend->state(s->self);

	if (state == STORE_BROKEN) {
		return ERR_STORE;
	}
	return state == wanted && !s->walking ? ERR_OK : ERR_STATE;
}

/* A question may be asked at any time, even from a callback. */
static int check_usable(const struct store *s)
{
	return s->backend->state(s->self) == STORE_BROKEN ? ERR_STORE : ERR_OK;
}

/* A walk may begin at any time, but not from a callback. */
static int check_walk(const struct store *s)
{
	int rc = check_usable(s);

	return rc == ERR_OK && s->walking ? ERR_STATE : rc;
}

static int check_key(const char *key)
{
	size_t len = strnlen(key, STORE_KEY_MAX + 1);

	return len > 0 && len <= STORE_KEY_MAX ? ERR_OK : ERR_RANGE;
}

int store_begin(struct store *s)
{
	int rc = check_state(s, STORE_IDLE);

	s->marked = rc == ERR_OK ? false : s->marked;
	return rc == ERR_OK ? s->backend->begin(s->self) : rc;
}

int store_commit(struct store *s)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && s->marked) {
		rc = ERR_STATE; /* keep it or take it back first */
	}
	return rc == ERR_OK ? s->backend->commit(s->self) : rc;
}

void store_rollback(struct store *s)
{
	if (check_state(s, STORE_CHANGING) == ERR_OK) {
		s->backend->rollback(s->self);
	}
}

/* Set or end the mark by one of the back end's functions. */
static int at_mark(struct store *s, bool marked, int (*change)(void *self))
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && s->marked != marked) {
		rc = ERR_STATE;
	}
	if (rc == ERR_OK) {
		rc = change(s->self);
	}
	if (rc == ERR_OK) {
		s->marked = !marked;
	}
	return rc;
}

int store_mark(struct store *s)
{
	return at_mark(s, false, s->backend->mark);
}

int store_release(struct store *s)
{
	return at_mark(s, true, s->backend->release);
}

int store_undo(struct store *s)
{
	return at_mark(s, true, s->backend->undo);
}

static bool is_whole(const struct entry *e)
{
	return e->header_bytes.len > 0 && e->header_bytes.len <= ENTRY_HEADER_MAX &&
	       e->sealed.len > 0 && e->sealed.len <= ENTRY_BODY_MAX + ENTRY_SEAL_BYTES &&
	       (e->wrap.len == ENTRY_WRAP_CLASS || e->wrap.len == ENTRY_WRAP_RECIPIENT) &&
	       e->signature.len == ENTRY_SIGNATURE_BYTES && e->header.expiry_day <= DAY_MAX;
}

int store_put(struct store *s, const struct entry *e, uint64_t *number)
{
	int rc = check_state(s, STORE_CHANGING);
	uint64_t n = 0;

	if (rc == ERR_OK && !is_whole(e)) {
		rc = ERR_RANGE;
	}
	if (rc == ERR_OK) {
		rc = s->backend->put(s->self, e, &n);
	}
	if (rc == ERR_OK && number != NULL) {
		*number = n;
	}
	return rc;
}

int store_get(struct store *s, const uint8_t id[ENTRY_ID_BYTES], struct arena *arena,
	      struct store_entry *out)
{
	int rc = check_usable(s);

	return rc == ERR_OK ? s->backend->get(s->self, id, arena, out) : rc;
}

bool store_has(struct store *s, const uint8_t id[ENTRY_ID_BYTES])
{
	return check_usable(s) == ERR_OK && s->backend->has(s->self, id) == ERR_OK;
}

bool store_is_erased(struct store *s, const uint8_t id[ENTRY_ID_BYTES])
{
	return check_usable(s) != ERR_OK || s->backend->is_erased(s->self, id) != ERR_NOTFOUND;
}

int store_erase(struct store *s, const uint8_t id[ENTRY_ID_BYTES], uint32_t expiry_day)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && expiry_day > DAY_MAX) {
		rc = ERR_RANGE;
	}
	return rc == ERR_OK ? s->backend->erase(s->self, id, expiry_day) : rc;
}

int store_drop(struct store *s, const uint8_t id[ENTRY_ID_BYTES])
{
	int rc = check_state(s, STORE_CHANGING);

	return rc == ERR_OK ? s->backend->drop(s->self, id) : rc;
}

int store_purge(struct store *s, uint32_t day, size_t max, size_t *dropped)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && max > INT32_MAX) {
		rc = ERR_RANGE;
	}
	return rc == ERR_OK ? s->backend->purge(s->self, day, max, dropped) : rc;
}

int store_scrub(struct store *s)
{
	int rc = check_state(s, STORE_IDLE);

	return rc == ERR_OK ? s->backend->scrub(s->self) : rc;
}

int store_verify(struct store *s, uint64_t *number, size_t max, store_damaged_fn *on_damaged,
		 void *context)
{
	int rc = check_walk(s);

	if (rc == ERR_OK && (*number > INT64_MAX || max > INT32_MAX)) {
		rc = ERR_RANGE;
	}
	if (rc == ERR_OK) {
		s->walking = true;
		rc = s->backend->verify(s->self, number, max, on_damaged, context);
		s->walking = false;
	}
	return rc;
}

int store_changes(struct store *s, uint8_t cursor[STORE_CURSOR_BYTES], size_t max,
		  store_entry_fn *on_entry, void *context)
{
	int rc = check_walk(s);

	if (rc == ERR_OK && max > INT32_MAX) {
		rc = ERR_RANGE;
	}
	if (rc == ERR_OK) {
		s->walking = true;
		rc = s->backend->changes(s->self, cursor, max, on_entry, context);
		s->walking = false;
	}
	return rc;
}

int store_each_erased(struct store *s, store_erased_fn *on_erased, void *context)
{
	int rc = check_walk(s);

	if (rc == ERR_OK) {
		s->walking = true;
		rc = s->backend->each_erased(s->self, on_erased, context);
		s->walking = false;
	}
	return rc;
}

int store_set(struct store *s, const char *key, struct bytes value)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && (check_key(key) != ERR_OK || value.len > STORE_VALUE_MAX)) {
		rc = ERR_RANGE;
	}
	return rc == ERR_OK ? s->backend->set(s->self, key, value) : rc;
}

int store_value(struct store *s, const char *key, struct arena *arena, struct bytes *out)
{
	int rc = check_usable(s);

	if (rc == ERR_OK) {
		rc = check_key(key);
	}
	return rc == ERR_OK ? s->backend->value(s->self, key, arena, out) : rc;
}

int store_audit(struct store *s, struct bytes line, uint64_t *number)
{
	int rc = check_state(s, STORE_CHANGING);
	uint64_t n = 0;

	if (rc == ERR_OK && (line.len == 0 || line.len > STORE_AUDIT_MAX)) {
		rc = ERR_RANGE;
	}
	if (rc == ERR_OK) {
		rc = s->backend->audit(s->self, line, &n);
	}
	if (rc == ERR_OK && number != NULL) {
		*number = n;
	}
	return rc;
}

int store_each_audit(struct store *s, uint64_t from, size_t max, store_audit_fn *on_line,
		     void *context)
{
	int rc = check_walk(s);

	if (rc == ERR_OK && (from > INT64_MAX || max > INT32_MAX)) {
		rc = ERR_RANGE;
	}
	if (rc == ERR_OK) {
		s->walking = true;
		rc = s->backend->each_audit(s->self, from, max, on_line, context);
		s->walking = false;
	}
	return rc;
}

int store_enqueue(struct store *s, const char *queue, struct bytes key, struct bytes body)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && (check_key(queue) != ERR_OK || key.len == 0 ||
			     key.len > STORE_KEY_MAX || body.len > STORE_VALUE_MAX)) {
		rc = ERR_RANGE;
	}
	return rc == ERR_OK ? s->backend->enqueue(s->self, queue, key, body) : rc;
}

int store_lease(struct store *s, const char *queue, uint64_t now_ms, uint64_t until_ms,
		struct arena *arena, struct store_job *out)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK &&
	    (check_key(queue) != ERR_OK || now_ms > INT64_MAX || until_ms > INT64_MAX)) {
		rc = ERR_RANGE;
	}
	return rc == ERR_OK ? s->backend->lease(s->self, queue, now_ms, until_ms, arena, out) : rc;
}

int store_settle(struct store *s, uint64_t number)
{
	int rc = check_state(s, STORE_CHANGING);

	if (rc == ERR_OK && number > INT64_MAX) {
		rc = ERR_NOTFOUND;
	}
	return rc == ERR_OK ? s->backend->settle(s->self, number) : rc;
}

int store_count(struct store *s, struct store_counts *out)
{
	int rc = check_usable(s);

	return rc == ERR_OK ? s->backend->count(s->self, out) : rc;
}
