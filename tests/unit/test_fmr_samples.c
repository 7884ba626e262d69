/* Records of other makers, from the development data beside the tree; skipped without them. */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "record/fmr.h"

static struct fmr views[FMR_VIEWS_MAX];

static struct bytes span(const uint8_t *data, size_t len)
{
	return (struct bytes){ .data = data, .len = len };
}

static int refuse(const uint8_t *data, size_t len)
{
	struct fault fault = { 0 };
	size_t n = 77;
	int rv = fmr_read(span(data, len), views, FMR_VIEWS_MAX, &n, &fault);

	assert_int_not_equal(rv, ERR_OK);
	assert_int_equal(fault.code, rv);
	assert_non_null(fault.what);
	assert_int_equal(n, 77);
	return rv;
}

static size_t load(const char *path, uint8_t *data, size_t room)
{
	const char *srcdir = getenv("srcdir");
	char name[1024];
	FILE *f;
	size_t len;

	(void)snprintf(name, sizeof name, "%s/%s/%s", srcdir != NULL ? srcdir : ".",
		       "../shared/data", path);
	f = fopen(name, "rb");
	if (f == NULL) {
		print_message("skipped: there is no %s\n", name);
		return 0;
	}
	len = fread(data, 1, room, f);
	(void)fclose(f);
	return len;
}

static void reads_the_records_that_nist_publishes(void **state)
{
	static const struct {
		const char *path;
		size_t views;
		unsigned first;
		unsigned second;
	} cases[] = {
		{ "ansi-nist/iso-libbiomeval/fmr.iso2005", 2, 27, 22 },
		{ "ansi-nist/iso-libbiomeval/fmr.ansi2004", 3, 27, 22 },
		{ "ansi-nist/iso-libbiomeval/fmr.ansi2007", 2, 27, 22 },
		{ "fingerprint/templates/ansi378v2009am1-sample.dat", 2, 27, 22 },
		{ "fingerprint/templates/iso19794p2v2005-sample.dat", 2, 27, 22 },
	};
	static uint8_t data[4096];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = load(cases[i].path, data, sizeof data);
		size_t n = 0;

		if (len == 0) {
			skip();
		}
		assert_int_equal(fmr_read(span(data, len), views, FMR_VIEWS_MAX, &n, NULL), ERR_OK);
		assert_int_equal(n, cases[i].views);
		assert_int_equal(views[0].count, cases[i].first);
		assert_int_equal(views[1].count, cases[i].second);
		assert_int_equal(views[0].minutia[0].x, 100);
		assert_int_equal(views[0].minutia[0].y, 14);
		assert_int_equal(views[0].minutia[0].angle, 80);
		assert_int_equal(views[0].minutia[0].quality, 90);
	}
}

static void refuses_records_that_lie_about_their_length(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
		{ "fingerprint/templates/101_1_truncate_1_byte.iso", ERR_SHORT },
		{ "fingerprint/templates/101_1_truncate_2_bytes.iso", ERR_SHORT },
		{ "fingerprint/templates/101_1_truncate_3_bytes.iso", ERR_SHORT },
		{ "fingerprint/templates/iso19794p2v2011-sample.dat", ERR_UNSUPPORTED },
		/* The first states a version that does not exist, and has angles of 400 degrees;
		 * the second is a byte longer than it says. */
		{ "fingerprint/templates/ansi378v2004-sample.dat", ERR_UNSUPPORTED },
		{ "fingerprint/templates/ansi378v2009-sample.dat", ERR_MALFORMED },
	};
	static uint8_t data[4096];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = load(cases[i].path, data, sizeof data);

		if (len == 0) {
			skip();
		}
		assert_int_equal(refuse(data, len), cases[i].code);
	}
}

/* Each sample once through both formats: ISO says all of it, ANSI all but odd degrees. */
static void samples_survive_both_formats(void **state)
{
	static const char *const paths[] = {
		"ansi-nist/iso-libbiomeval/fmr.iso2005",
		"ansi-nist/iso-libbiomeval/fmr.ansi2004",
		"fingerprint/templates/iso-probe.dat",
		"fingerprint/templates/iso-nonmatching.dat",
		"fingerprint/templates/ansi378v2009am1-sample.dat",
		"fingerprint/templates/iso19794p2v2005-sample.dat",
		"fingerprint/templates/perturbed_valid_iso_that_hangs_openafis.iso",
		"fingerprint/fvc2002_db1_b/iso_secugen/101_1.iso",
		"fingerprint/fvc2004_db3_b/iso_secugen/110_8.iso",
	};
	static struct fmr again[FMR_VIEWS_MAX];
	static uint8_t data[4096];
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		size_t len = load(paths[i], data, sizeof data);
		size_t n = 0;
		size_t m = 0;

		if (len == 0) {
			skip();
		}
		assert_int_equal(fmr_read(span(data, len), views, FMR_VIEWS_MAX, &n, NULL), ERR_OK);
		buf_clear(&out);
		assert_int_equal(fmr_write(views, n, FMR_ISO_2005, &out), ERR_OK);
		assert_int_equal(fmr_read(buf_bytes(&out), again, FMR_VIEWS_MAX, &m, NULL), ERR_OK);
		assert_int_equal(m, n);
		assert_memory_equal(again, views, n * sizeof views[0]);
		buf_clear(&out);
		assert_int_equal(fmr_write(views, n, FMR_ANSI_2004, &out), ERR_OK);
		assert_int_equal(fmr_read(buf_bytes(&out), again, FMR_VIEWS_MAX, &m, NULL), ERR_OK);
		assert_int_equal(m, n);
		for (size_t k = 0; k < n; k++) {
			for (size_t j = 0; j < views[k].count; j++) {
				int8_t off =
				    (int8_t)(again[k].minutia[j].angle - views[k].minutia[j].angle);

				assert_in_range(off + 1, 0, 2);
				again[k].minutia[j].angle = views[k].minutia[j].angle;
			}
		}
		assert_memory_equal(again, views, n * sizeof views[0]);
	}
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_records_that_nist_publishes),
		cmocka_unit_test(refuses_records_that_lie_about_their_length),
		cmocka_unit_test(samples_survive_both_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
