#include "cmd/bench_prints.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/bench_resample.h"
#include "intake/decode.h"

#define IMAGES_MAX 20000U

int bench_prints_add(const struct bench *b, struct bench_prints *list, const char *dir,
		     const char *name, unsigned number, uint32_t ppi)
{
	struct bench_print *p;
	struct bench_print *all;
	size_t len = strlen(name) + (dir != NULL ? strlen(dir) + 1 : 0) + 1;
	const char *end;

	if (list->count == IMAGES_MAX) {
		return bench_wrong(b, "too many images", dir != NULL ? dir : name);
	}
	if (list->count % 256 == 0) {
		all = realloc(list->print, (list->count + 256) * sizeof(*all));
		if (all == NULL) {
			return BENCH_INTERNAL;
		}
		list->print = all;
	}
	p = &list->print[list->count];
	*p = (struct bench_print){ .path = malloc(len), .dir = number, .ppi = ppi };
	if (p->path == NULL) {
		return BENCH_INTERNAL;
	}
	(void)snprintf(p->path, len, "%s%s%s", dir != NULL ? dir : "", dir != NULL ? "/" : "",
		       name);
	p->name = p->path + len - strlen(name) - 1;
	end = strrchr(p->name, '_');
	p->stem = end != NULL ? (size_t)(end - p->name) : strlen(p->name);
	list->count++;
	return BENCH_OK;
}

static int is_image(const struct dirent *e)
{
	static const char *const kinds[] = { ".png",  ".jpg", ".jpeg", ".pgm", ".tif",
					     ".tiff", ".wsq", ".iso",  ".fmr", ".ansi" };
	const char *dot = strrchr(e->d_name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(dot, kinds[i]) == 0) {
			return 1;
		}
	}
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

bool bench_prints_ppi(const char *arg, char dir[BENCH_PATH_BYTES], uint32_t *ppi)
{
	const char *at = strrchr(arg, '@');
	uint64_t v = 500;
	size_t len = at != NULL ? (size_t)(at - arg) : strlen(arg);

	if (len >= BENCH_PATH_BYTES ||
	    (at != NULL && !bench_number(at + 1, IMAGE_PPI_MIN, IMAGE_PPI_MAX, &v))) {
		return false;
	}
	memcpy(dir, arg, len);
	dir[len] = '\0';
	*ppi = (uint32_t)v;
	return true;
}

int bench_prints_dir(const struct bench *b, struct bench_prints *list, const char *arg,
		     unsigned number)
{
	char dir[BENCH_PATH_BYTES];
	uint32_t ppi;
	struct dirent **e;
	int n;
	int code = BENCH_OK;

	if (!bench_prints_ppi(arg, dir, &ppi)) {
		return bench_wrong(b, "no such resolution", arg);
	}
	n = scandir(dir, &e, is_image, by_name);
	if (n < 0) {
		return bench_wrong(b, "cannot read directory", dir);
	}
	for (int i = 0; i < n; i++) {
		if (code == BENCH_OK) {
			code = bench_prints_add(b, list, dir, e[i]->d_name, number, ppi);
		}
		free(e[i]);
	}
	free(e);
	return code == BENCH_OK && n == 0 ? bench_wrong(b, "no images in", dir) : code;
}

void bench_prints_number(struct bench_prints *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct bench_print *a = i > 0 ? &list->print[i - 1] : NULL;
		struct bench_print *p = &list->print[i];

		if (a == NULL || a->dir != p->dir || a->stem != p->stem ||
		    memcmp(a->name, p->name, p->stem) != 0) {
			list->fingers++;
		}
		p->finger = list->fingers - 1;
	}
}

static int read_file(const char *path, struct buf *out)
{
	FILE *in = fopen(path, "rb");
	size_t n;

	if (in == NULL) {
		return ERR_IO;
	}
	do {
		uint8_t *to = buf_extend(out, 65536);

		if (to == NULL) {
			(void)fclose(in);
			return buf_error(out);
		}
		n = fread(to, 1, 65536, in);
		out->len -= 65536 - n;
	} while (n == 65536);
	(void)fclose(in);
	return ERR_OK;
}

/* A template from an image, at another resolution if that is wanted. */
static int from_image(struct bench_print *p, struct bytes file, uint32_t at_ppi, struct buf *iso,
		      struct buf *extended)
{
	struct image image = { 0 };
	struct decode_hint hint = { .ppi = p->ppi };
	struct finger_quality quality = { 0 };
	int err = decode_image(file, &hint, &image, NULL);

	if (err == ERR_OK && at_ppi != 0) {
		err = bench_resample(&image, at_ppi);
	}
	if (err == ERR_OK) {
		double start = bench_cpu();

		err = finger_extract(&image, 0, iso, extended, &quality);
		p->extract_s = bench_cpu() - start;
		p->quality = quality.score;
	}
	image_done(&image);
	return err;
}

static int extract(const struct bench_prints *list, struct bench_print *p, uint32_t at_ppi,
		   struct finger_template **out)
{
	struct buf file = { .limit = DECODE_BYTES_MAX };
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	int err = read_file(p->path, &file);

	if (err == ERR_OK && file.len > 4 && memcmp(file.data, "FMR", 4) == 0) {
		buf_put(&iso, file.data, file.len);
		err = buf_error(&iso);
	} else if (err == ERR_OK) {
		err = from_image(p, buf_bytes(&file), at_ppi, &iso, &extended);
	}
	if (err == ERR_OK && list->bare) {
		buf_clear(&extended);
	}
	if (err == ERR_OK) {
		p->bytes = iso.len + extended.len;
		err = finger_template_load(buf_bytes(&iso), buf_bytes(&extended), out, NULL);
	}
	buf_done(&file);
	buf_done(&iso);
	buf_done(&extended);
	return err;
}

int bench_prints_extract(const struct bench *b, struct bench_prints *list)
{
	struct bench_progress bar;

	bench_progress_start(&bar, "extracting", list->count);
	for (size_t i = 0; i < list->count; i++) {
		struct bench_print *p = &list->print[i];
		int err = extract(list, p, list->at_ppi[0], &p->template);

		if (err == ERR_OK && list->at_ppi[1] != list->at_ppi[0]) {
			err = extract(list, p, list->at_ppi[1], &p->second);
		} else if (err == ERR_OK) {
			p->second = finger_template_ref(p->template);
		}

		bench_progress_at(&bar, i);
		if (err == ERR_IO) {
			bench_progress_end(&bar);
			return bench_wrong(b, "cannot read", p->path);
		}
		list->failed += err != ERR_OK;
	}
	bench_progress_end(&bar);
	return BENCH_OK;
}

void bench_prints_done(struct bench_prints *list)
{
	for (size_t i = 0; i < list->count; i++) {
		finger_template_unref(list->print[i].template);
		finger_template_unref(list->print[i].second);
		free(list->print[i].path);
	}
	free(list->print);
}
