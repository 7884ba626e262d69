#include <stdlib.h>
#include <string.h>

#include "sim/disk_inside.h"

static int copy(struct bytes from, uint8_t **out)
{
	*out = malloc(from.len + 1);
	if (*out == NULL) {
		return ERR_NOMEM;
	}
	if (from.len > 0) {
		memcpy(*out, from.data, from.len);
	}
	return ERR_OK;
}

/* ---- named values ---- */

static size_t place(const struct disk *d, const char *key)
{
	size_t i = 0;

	while (i < d->value_count && strcmp(d->values[i].key, key) != 0) {
		i++;
	}
	return i;
}

int disk_values_set(void *self, const char *key, struct bytes value)
{
	struct disk *d = self;
	struct disk_step step = { .op = DISK_OP_SET, .at = place(d, key) };
	uint8_t *bytes = NULL;
	int rc = disk_write(d);

	if (rc == ERR_OK && value.len > 0) {
		rc = copy(value, &bytes);
	}
	if (rc == ERR_OK && step.at == d->value_count) {
		rc = disk_room((void **)&d->values, &d->value_room, d->value_count,
			       sizeof(struct disk_named));
		if (rc == ERR_OK) {
			d->values[d->value_count] = (struct disk_named){ .bytes = NULL };
			(void)bytes_text(bytes_of(key), d->values[d->value_count++].key,
					 STORE_KEY_MAX + 1);
		}
	}
	if (rc != ERR_OK) {
		free(bytes);
		return rc;
	}
	step.bytes = d->values[step.at].bytes;
	step.len = d->values[step.at].len;
	rc = disk_note(d, &step);
	if (rc == ERR_OK) {
		d->values[step.at].bytes = bytes;
		d->values[step.at].len = value.len;
	} else {
		free(bytes);
	}
	return rc;
}

int disk_values_value(void *self, const char *key, struct arena *arena, struct bytes *out)
{
	struct disk *d = self;
	size_t i = place(d, key);
	struct bytes found;

	if (i == d->value_count || d->values[i].bytes == NULL) {
		return ERR_NOTFOUND;
	}
	found = arena_copy(arena, (struct bytes){ d->values[i].bytes, d->values[i].len });
	if (found.data == NULL) {
		return ERR_NOMEM;
	}
	*out = found;
	return ERR_OK;
}

/* ---- the audit log ---- */

int disk_values_audit(void *self, struct bytes line, uint64_t *number)
{
	struct disk *d = self;
	struct disk_line l = { .len = line.len };
	int rc = disk_write(d);

	if (rc == ERR_OK) {
		rc = disk_room((void **)&d->lines, &d->line_room, d->line_count,
			       sizeof(struct disk_line));
	}
	if (rc == ERR_OK) {
		rc = copy(line, &l.bytes);
	}
	if (rc == ERR_OK) {
		rc = disk_note(d, &(struct disk_step){ .op = DISK_OP_AUDIT });
		if (rc != ERR_OK) {
			free(l.bytes);
		}
	}
	if (rc == ERR_OK) {
		d->lines[d->line_count++] = l;
		*number = d->line_count;
	}
	return rc;
}

int disk_values_each_audit(void *self, uint64_t from, size_t max, store_audit_fn *on_line,
			   void *context)
{
	const struct disk *d = self;
	int rc = ERR_OK;

	for (uint64_t n = from == 0 ? 1 : from; rc == ERR_OK && max > 0 && n <= d->line_count;
	     n++, max--) {
		rc = on_line(context, n,
			     (struct bytes){ d->lines[n - 1].bytes, d->lines[n - 1].len });
	}
	return rc;
}

/* ---- jobs ---- */

int disk_values_enqueue(void *self, const char *queue, struct bytes key, struct bytes body)
{
	struct disk *d = self;
	struct disk_job j = { .number = d->job_count + 1,
			      .key_len = key.len,
			      .body_len = body.len };
	int rc = disk_write(d);

	for (size_t i = 0; rc == ERR_OK && i < d->job_count; i++) {
		const struct disk_job *x = &d->jobs[i];

		if (strcmp(x->queue, queue) == 0 && x->key_len == key.len &&
		    memcmp(x->key, key.data, key.len) == 0) {
			return ERR_EXISTS;
		}
	}
	if (rc == ERR_OK) {
		rc = disk_room((void **)&d->jobs, &d->job_room, d->job_count,
			       sizeof(struct disk_job));
	}
	if (rc == ERR_OK) {
		rc = copy(body, &j.body);
	}
	if (rc == ERR_OK) {
		rc = disk_note(d, &(struct disk_step){ .op = DISK_OP_ENQUEUE });
		if (rc != ERR_OK) {
			free(j.body);
		}
	}
	if (rc == ERR_OK) {
		(void)bytes_text(bytes_of(queue), j.queue, sizeof j.queue);
		memcpy(j.key, key.data, key.len);
		d->jobs[d->job_count++] = j;
	}
	return rc;
}

int disk_values_lease(void *self, const char *queue, uint64_t now_ms, uint64_t until_ms,
		      struct arena *arena, struct store_job *out)
{
	struct disk *d = self;
	int rc = disk_write(d);

	for (size_t i = 0; rc == ERR_OK && i < d->job_count; i++) {
		struct disk_job *j = &d->jobs[i];
		struct disk_step step = { .op = DISK_OP_LEASE, .at = i, .number = j->until_ms };
		struct store_job job = { .number = j->number };

		if (j->settled || j->until_ms > now_ms || strcmp(j->queue, queue) != 0) {
			continue;
		}
		job.key = arena_copy(arena, (struct bytes){ j->key, j->key_len });
		job.body = arena_copy(arena, (struct bytes){ j->body, j->body_len });
		if (job.key.data == NULL || job.body.data == NULL) {
			return ERR_NOMEM;
		}
		rc = disk_note(d, &step);
		if (rc == ERR_OK) {
			j->until_ms = until_ms;
			*out = job;
		}
		return rc;
	}
	return rc == ERR_OK ? ERR_NOTFOUND : rc;
}

int disk_values_settle(void *self, uint64_t number)
{
	struct disk *d = self;
	struct disk_step step = { .op = DISK_OP_SETTLE, .at = number - 1 };
	int rc = disk_write(d);

	if (rc != ERR_OK) {
		return rc;
	}
	if (number == 0 || number > d->job_count || d->jobs[step.at].settled) {
		return ERR_NOTFOUND;
	}
	step.bytes = d->jobs[step.at].body;
	step.len = d->jobs[step.at].body_len;
	rc = disk_note(d, &step);
	if (rc == ERR_OK) {
		d->jobs[step.at].settled = true;
		d->jobs[step.at].body = NULL;
	}
	return rc;
}

size_t disk_values_open_jobs(const struct disk *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->job_count; i++) {
		n += !d->jobs[i].settled;
	}
	return n;
}

/* ---- the transaction ends ---- */

void disk_values_undo(struct disk *d, const struct disk_step *step)
{
	switch (step->op) {
	case DISK_OP_SET:
		free(d->values[step->at].bytes);
		d->values[step->at].bytes = step->bytes;
		d->values[step->at].len = step->len;
		break;
	case DISK_OP_AUDIT:
		free(d->lines[--d->line_count].bytes);
		break;
	case DISK_OP_ENQUEUE:
		free(d->jobs[--d->job_count].body);
		break;
	case DISK_OP_LEASE:
		d->jobs[step->at].until_ms = step->number;
		break;
	case DISK_OP_PUT:
	case DISK_OP_END:
	case DISK_OP_ERASE:
	case DISK_OP_LATER:
	case DISK_OP_FORGET:
		break; /* disk_rows.c */
	case DISK_OP_SETTLE:
		d->jobs[step->at].settled = false;
		d->jobs[step->at].body = step->bytes;
		d->jobs[step->at].body_len = step->len;
		break;
	}
}

void disk_values_done(struct disk *d)
{
	for (size_t i = 0; i < d->value_count; i++) {
		free(d->values[i].bytes);
	}
	for (size_t i = 0; i < d->line_count; i++) {
		free(d->lines[i].bytes);
	}
	for (size_t i = 0; i < d->job_count; i++) {
		free(d->jobs[i].body);
	}
	free(d->values);
	free(d->lines);
	free(d->jobs);
}
