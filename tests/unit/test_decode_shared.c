/* The readers against real images, where they are present: they never stand in this tree. */
#include "tests/lib/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/err.h"
#include "intake/decode.h"

#define FILE_BYTES_MAX (16U * 1024 * 1024)
#define SHARED_MIN     500U /* images in the index: less means that we looked in the wrong place */

/* FBI conformance asks for 1 grey level; other decoders differ on about 0.001 % of the pixels. */
#define WSQ_SHARE_MAX 0.0001

static const char *shared_path(char *out, size_t size, const char *name)
{
	const char *srcdir = getenv("srcdir");

	(void)snprintf(out, size, "%s/../shared/data/%s", srcdir != NULL ? srcdir : ".", name);
	return out;
}

static bool is_present(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static int load(const char *path, struct image *image, struct fault *fault)
{
	uint8_t *data = malloc(FILE_BYTES_MAX);
	FILE *f = fopen(path, "rb");
	size_t len;
	int rc;

	assert_non_null(data);
	if (f == NULL) {
		fail_msg("cannot open %s", path);
	}
	len = fread(data, 1, FILE_BYTES_MAX, f);
	(void)fclose(f);
	rc = decode_image((struct bytes){ data, len }, NULL, image, fault);
	free(data);
	return rc;
}

static void check_row(const char *line)
{
	char path[128];
	char file[512];
	char stated[65];
	char hex[65];
	unsigned width;
	unsigned height;
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct image image = { 0 };
	struct fault fault = { 0 };
	char name[256];
	int rc;

	if (sscanf(line, "%127s %*s %*s %*s %u %u %*s %64s", path, &width, &height, stated) != 4) {
		fail_msg("cannot read the index: %s", line);
	}
	(void)snprintf(name, sizeof name, "fingerprint/%s", path);
	rc = load(shared_path(file, sizeof file, name), &image, &fault);
	if (rc != ERR_OK) {
		fail_msg("%s: %s at %zu, %s", path, err_name(rc), fault.at, fault.what);
	}
	assert_int_equal(image.width, width);
	assert_int_equal(image.height, height);
	crypto_hash_sha256(hash, image.pixels, (size_t)width * height);
	bytes_hex(hash, sizeof hash, hex);
	assert_string_equal(hex, stated);
	image_done(&image);
}

static void every_png_of_the_collection_has_its_pixels(void **state)
{
	char path[512];
	char line[512];
	unsigned rows = 0;
	FILE *f;

	(void)state;
	if (!is_present(shared_path(path, sizeof path, "fingerprint/INDEX.tsv"))) {
		skip(); /* the shared test data is absent */
	}
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f)); /* the head line */
	while (fgets(line, sizeof line, f) != NULL) {
		check_row(line);
		rows++;
	}
	(void)fclose(f);
	assert_in_range(rows, SHARED_MIN, 1000000);
}

static void check_wsq(const char *name)
{
	char path[512];
	char file[256];
	struct image image = { 0 };
	struct image reference = { 0 };
	struct fault fault = { 0 };
	size_t count;
	size_t differ = 0;
	int rc;

	(void)snprintf(file, sizeof file, "%s.wsq", name);
	rc = load(shared_path(path, sizeof path, file), &image, &fault);
	if (rc != ERR_OK) {
		fail_msg("%s: %s at %zu, %s", name, err_name(rc), fault.at, fault.what);
	}
	(void)snprintf(file, sizeof file, "%s.nbis_decoded.png", name);
	assert_int_equal(load(shared_path(path, sizeof path, file), &reference, &fault), ERR_OK);
	assert_int_equal(image.width, reference.width);
	assert_int_equal(image.height, reference.height);
	count = (size_t)image.width * image.height;
	for (size_t i = 0; i < count; i++) {
		assert_in_range(abs(image.pixels[i] - reference.pixels[i]), 0, 1);
		differ += image.pixels[i] != reference.pixels[i];
	}
	assert_true((double)differ <= WSQ_SHARE_MAX * (double)count);
	image_done(&image);
	image_done(&reference);
}

static void wsq_comes_out_as_the_reference_decoder_gives_it(void **state)
{
	static const char *const names[] = {
		"fingerprint/wsq/sample",
		"fingerprint/wsq/wsq-original",
		"fingerprint/wsq/made/fvc2002_db1_b_101_1_r0.75",
		"fingerprint/wsq/made/fvc2002_db1_b_101_1_r2.25",
		"fingerprint/wsq/made/fvc2004_db3_b_101_1_r0.75",
		"fingerprint/wsq/made/fvc2004_db3_b_101_1_r2.25",
		"fingerprint/wsq/made/fvc2004_db4_b_105_3_r0.75",
		"fingerprint/wsq/made/fvc2004_db4_b_105_3_r2.25",
		"fingerprint/wsq/made/minex3_a001_02_r0.75",
		"fingerprint/wsq/made/minex3_a001_02_r2.25",
		"ansi-nist/eft-jet/a001",
		"ansi-nist/eft-jet/a002",
		"ansi-nist/eft-jet/image_not_provided",
		"ansi-nist/iso-libbiomeval/img",
	};
	char path[512];

	(void)state;
	if (!is_present(shared_path(path, sizeof path, "fingerprint/wsq"))) {
		skip(); /* the shared test data is absent */
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		check_wsq(names[i]);
	}
}

/* A faulty encoder wrote 1,200 coefficients into a block whose bands have 15,600: other
 * decoders put the following block in their place and show stripes. */
static void refuses_a_real_file_that_lacks_coefficients(void **state)
{
	char path[512];
	struct image image = { 0 };
	struct fault fault = { 0 };

	(void)state;
	if (!is_present(shared_path(path, sizeof path, "ansi-nist/eft-jet/sample.wsq"))) {
		skip(); /* the shared test data is absent */
	}
	assert_int_equal(load(path, &image, &fault), ERR_SHORT);
	assert_string_equal(fault.what, "WSQ coefficients");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_png_of_the_collection_has_its_pixels),
		cmocka_unit_test(wsq_comes_out_as_the_reference_decoder_gives_it),
		cmocka_unit_test(refuses_a_real_file_that_lacks_coefficients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
