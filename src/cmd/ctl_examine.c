/* What outpost-worker makes of a file of fingers. */
#include <string.h>

#include "cmd/ctl.h"
#include "intake/worker.h"
#include "io/worker_once.h"

int ctl_examine(struct ctl *c, char *argument, struct list *out)
{
	struct worker_request request = { .id = 1, .op = WORKER_EXAMINE };
	struct worker_answer answer = { .code = 0 };
	const struct ask_file *file;
	struct list files = { .count = 0 };
	int rc = ctl_files(c, 1, &argument, &files);

	if (rc != CTL_OK) {
		return rc;
	}
	file = files.items;
	request.bytes = file->content;
	request.position = file->position;
	request.ppi = file->ppi;
	if (file->content.len > 4 && memcmp(file->content.data, "FMR", 4) == 0) {
		request.op = WORKER_TEMPLATE;
	} else if (file->content.len > 4 && memcmp(file->content.data, "1.", 2) == 0) {
		request.op = WORKER_NIST;
	}
	rc = worker_once_ask(c->worker, &request, &c->arena, &answer);
	if (rc != ERR_OK) {
		return ctl_fail(CTL_LATER, "%s: outpost-worker: %s", argument, err_text(rc));
	}
	if (answer.code != 0) {
		return ctl_fail(CTL_USAGE, "%s: %.*s at byte %llu: %s (%s)", argument,
				(int)answer.place.len, (const char *)answer.place.data,
				(unsigned long long)answer.at, err_text(-(int)answer.code),
				err_name(-(int)answer.code));
	}
	*out = answer.samples;
	return CTL_OK;
}
