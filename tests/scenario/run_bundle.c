/* The words of a scenario that are about bundles: what a courier carries from node to node. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/courier.h"
#include "tests/scenario/run.h"

#define BUNDLES_MAX 16U

static struct {
	char name[24];
	struct buf file; /* owned until the end */
} bundles[BUNDLES_MAX];
static size_t bundle_count;

static void print_bundle(const char *who, const char *what, const struct answer_bundle *a)
{
	const struct answer_bundle_lane *lanes = a->lanes.items;
	const struct line *reasons = a->reasons.items;

	note("%s %s: %.*s", who, what, (int)a->sentence.len, (const char *)a->sentence.data);
	for (size_t i = 0; flag("lanes") && i < a->lanes.count; i++) {
		note("  %.*s: %llu", (int)lanes[i].lane.len, (const char *)lanes[i].lane.data,
		     (unsigned long long)lanes[i].entries);
	}
	for (size_t i = 0; i < a->reasons.count; i++) {
		note("  %.*s", (int)reasons[i].text.len, (const char *)reasons[i].text.data);
	}
}

static int play_export(struct arena *arena, const char *who)
{
	uint64_t limit = value("limit")[0] != '\0' ? number("limit") : 64U << 20;
	struct answer_bundle a;
	struct bytes file;
	int rc = courier_export(world, who, value("to"), limit, flag("whole"), arena, &file, &a);

	if (rc != ERR_OK || bundle_count == BUNDLES_MAX) {
		refused(who, "bundle.export", rc);
		return rc == ERR_OK ? ERR_FULL : ERR_OK;
	}
	(void)snprintf(bundles[bundle_count].name, sizeof bundles[0].name, "%s", value("as"));
	buf_put(&bundles[bundle_count].file, file.data, file.len);
	bundle_count++;
	print_bundle(who, "bundle.export", &a);
	return ERR_OK;
}

/* of=NAME: the last one of this name; flip=BIT: changed on the way; cut: its end is lost. */
static int play_import(struct arena *arena, const char *what, const char *who)
{
	struct answer_bundle a;
	struct bytes file;
	size_t i = bundle_count;
	int rc;

	while (i > 0 && strcmp(bundles[i - 1].name, value("of")) != 0) {
		i--;
	}
	if (i == 0) {
		return ERR_NOTFOUND;
	}
	file = buf_bytes(&bundles[i - 1].file);
	if (value("flip")[0] != '\0') {
		file = courier_flip(arena, file, number("flip"));
	}
	file.len -= flag("cut") ? 65536 : 0;
	rc = courier_import(world, who, file, strcmp(what, "bundle.show") == 0, arena, &a);
	if (rc != ERR_OK) {
		refused(who, what, rc);
	} else {
		print_bundle(who, what, &a);
	}
	return ERR_OK;
}

int run_bundle(struct arena *arena, const char *what, const char *who)
{
	if (strcmp(what, "bundle.export") == 0) {
		return play_export(arena, who);
	}
	if (strcmp(what, "bundle.import") == 0 || strcmp(what, "bundle.show") == 0) {
		return play_import(arena, what, who);
	}
	return ERR_UNSUPPORTED;
}

void run_bundle_done(void)
{
	while (bundle_count > 0) {
		buf_done(&bundles[--bundle_count].file);
	}
}
