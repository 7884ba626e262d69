/* outpostctl finger convert: what a file says of fingers, as a minutiae record of the standard
 * that its name asks for. */
#include <stdio.h>
#include <string.h>

#include "cmd/ctl.h"
#include "intake/worker.h"
#include "record/fmr.h"

static const struct {
	const char *end;
	enum fmr_format format;
	const char *title;
} formats[] = {
	{ ".iso", FMR_ISO_2005, "ISO/IEC 19794-2:2005" },
	{ ".fmr", FMR_ISO_2005, "ISO/IEC 19794-2:2005" },
	{ ".ansi", FMR_ANSI_2004, "ANSI INCITS 378-2004" },
};

static bool format_of(const char *path, size_t *out)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		size_t len = strlen(formats[i].end);

		if (strlen(path) > len && strcmp(path + strlen(path) - len, formats[i].end) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* A record has one size and one resolution: the size becomes the largest of all. */
static int join(const char *name, struct fmr *views, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (views[i].ppcm_x != views[0].ppcm_x || views[i].ppcm_y != views[0].ppcm_y) {
			return ctl_fail(
			    CTL_NEGATIVE,
			    "%s: its fingers have several resolutions, a record has one", name);
		}
		if (views[0].width < views[i].width) {
			views[0].width = views[i].width;
		}
		if (views[0].height < views[i].height) {
			views[0].height = views[i].height;
		}
	}
	for (size_t i = 1; i < n; i++) {
		views[i].width = views[0].width;
		views[i].height = views[0].height;
	}
	return CTL_OK;
}

/* The worker's answer is read like any other foreign record. */
static int collect(const char *name, const struct list *samples, struct fmr *views, size_t *n)
{
	const struct worker_sample *s = samples->items;

	*n = 0;
	for (size_t i = 0; i < samples->count; i++) {
		size_t one = 0;

		if (s[i].code != 0 || s[i].iso.len == 0) {
			continue;
		}
		if (*n == FMR_VIEWS_MAX) {
			return ctl_fail(CTL_NEGATIVE, "%s: more than %u fingers", name,
					FMR_VIEWS_MAX);
		}
		if (fmr_read(s[i].iso, &views[*n], 1, &one, NULL) != ERR_OK) {
			return ctl_fail(CTL_LATER, "%s: outpost-worker gave no record", name);
		}
		(*n)++;
	}
	return *n > 0 ? join(name, views, *n)
		      : ctl_fail(CTL_NEGATIVE, "%s: no fingerprint that can be used", name);
}

static void tell(const struct ctl *c, const struct fmr *views, size_t n, size_t format,
		 size_t bytes)
{
	if (!c->json) {
		(void)printf("%s, %zu view%s, %zu bytes\n", formats[format].title, n,
			     n == 1 ? "" : "s", bytes);
		for (size_t i = 0; i < n; i++) {
			(void)printf("  finger %u: %u minutiae, quality %u\n", views[i].position,
				     views[i].count, views[i].quality);
		}
		return;
	}
	(void)printf("{\"format\": \"%s\", \"bytes\": %zu, \"width\": %u, \"height\": %u, "
		     "\"ppcm\": %u, \"views\": [",
		     formats[format].title, bytes, views[0].width, views[0].height,
		     views[0].ppcm_x);
	for (size_t i = 0; i < n; i++) {
		(void)printf("%s{\"position\": %u, \"impression\": %u, \"quality\": %u, "
			     "\"minutiae\": %u}",
			     i > 0 ? ", " : "", views[i].position, views[i].impression,
			     views[i].quality, views[i].count);
	}
	(void)puts("]}");
}

/* FILE may stand before the options: it goes to the end. */
static int read_arguments(struct ctl *c, int argc, char *argv[], const char **output, char **file)
{
	static char longer[] = "--output";
	const struct ctl_option options[] = { { "output", output, NULL },
					      { "json", NULL, &c->json } };
	int rest;
	int rc;

	if (argc > 2 && argv[1][0] != '-') {
		char *first = argv[1];

		memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof *argv);
		argv[argc - 1] = first;
	}
	for (int i = 1; i < argc; i++) {
		argv[i] = strcmp(argv[i], "-o") == 0 ? longer : argv[i];
	}
	rc = ctl_options(argc, argv, options, sizeof options / sizeof options[0], &rest);
	if (rc == CTL_OK && (argc - rest != 1 || *output == NULL)) {
		rc = ctl_fail(CTL_USAGE, "finger convert FILE[@FINGER][:PPI] --output "
					 "OUT.iso|OUT.ansi");
	}
	*file = rc == CTL_OK ? argv[rest] : NULL;
	return rc;
}

int ctl_finger_convert(struct ctl *c, int argc, char *argv[])
{
	const char *output = NULL;
	char *file = NULL;
	struct fmr *views = arena_take(&c->arena, FMR_VIEWS_MAX, sizeof *views);
	struct list samples = { .count = 0 };
	struct buf out = { 0 };
	size_t format = 0;
	size_t n = 0;
	int rc = read_arguments(c, argc, argv, &output, &file);

	if (views == NULL) {
		return ctl_fail(CTL_INTERNAL, "out of memory");
	}
	if (rc == CTL_OK && !format_of(output, &format)) {
		rc = ctl_fail(CTL_USAGE, "%s: its name ends in neither .iso nor .ansi", output);
	}
	if (rc == CTL_OK) {
		rc = ctl_examine(c, file, &samples);
	}
	if (rc == CTL_OK) {
		rc = collect(file, &samples, views, &n);
	}
	if (rc == CTL_OK && fmr_write(views, n, formats[format].format, &out) != ERR_OK) {
		rc = ctl_fail(CTL_INTERNAL, "%s: no record can be made of it", file);
	}
	if (rc == CTL_OK) {
		rc = ctl_write_file(output, buf_bytes(&out), 0600);
	}
	if (rc == CTL_OK) {
		tell(c, views, n, format, out.len);
	}
	if (out.data != NULL) {
		explicit_bzero(out.data, out.len);
	}
	buf_done(&out);
	return rc;
}
