/* Made-up people on the disk or on standard output: fingers, minutiae records, persons. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/made_up.h"
#include "synth/person.h"
#include "synth/print.h"

#define EXIT_USAGE      2
#define EXIT_FAILED     70
#define COUNT_MAX       10000000U
#define IMPRESSIONS_MAX 1000U
#define PATH_BYTES      4096
#define PROGRESS_STEP   64

struct options {
	uint64_t seed;
	uint32_t fingers;
	uint32_t impressions;
	uint32_t count;
	float difficulty;
	const char *dir; /* borrowed */
	bool canary;
	bool private_data;
	bool stream; /* to standard output instead of files */
};

enum {
	OPT_SEED = 256,
	OPT_FINGERS,
	OPT_IMPRESSIONS,
	OPT_COUNT,
	OPT_DIFFICULTY,
	OPT_CANARY,
	OPT_JSON,
	OPT_PRIVATE,
	OPT_STREAM,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "fingers", required_argument, NULL, OPT_FINGERS },
	{ "impressions", required_argument, NULL, OPT_IMPRESSIONS },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "difficulty", required_argument, NULL, OPT_DIFFICULTY },
	{ "output", required_argument, NULL, 'o' },
	{ "canary", no_argument, NULL, OPT_CANARY },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "private", no_argument, NULL, OPT_PRIVATE },
	{ "stream", no_argument, NULL, OPT_STREAM },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *to)
{
	(void)fprintf(
	    to,
	    "usage: outpost-synth finger [--seed S] [--fingers N] [--impressions K]\n"
	    "                            [--difficulty D] -o DIR\n"
	    "       outpost-synth templates [--seed S] [--fingers N] [--impressions K]\n"
	    "                            [--difficulty D] -o DIR | --stream\n"
	    "       outpost-synth people [--seed S] [--count N] [--canary] [--json]\n"
	    "\n"
	    "People who do not exist, the same from the same seed on every machine.\n"
	    "  finger      pictures of fingerprints, FINGER_IMPRESSION.pgm, 500 ppi\n"
	    "  templates   ISO/IEC 19794-2:2005 records, FINGER_IMPRESSION.fmr; --private: and\n"
	    "              their private data, .fpx; --stream: all to standard output\n"
	    "  people      names, dates, documents with valid zones: JSON, one a line\n"
	    "  --difficulty  0 (good) to 1 (hardly usable), 0.4 unless given\n"
	    "  --canary      mark names and numbers, for tests of privacy\n");
}

/* Say what errno says about it. */
static void complain(const char *what)
{
	(void)fputs("outpost-synth: ", stderr);
	perror(what);
}

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9') {
		return false;
	}
	errno = 0;
	uintmax_t v = strtoumax(text, &end, 0);

	if (errno != 0 || *end != '\0' || v < low || v > high) {
		return false;
	}
	*out = v;
	return true;
}

static bool parse_part(const char *text, float *out)
{
	char *end;
	float v = strtof(text, &end);

	if (end == text || *end != '\0' || !(v >= 0 && v <= 1)) {
		return false;
	}
	*out = v;
	return true;
}

static bool take_option(struct options *o, int opt, const char *text)
{
	uint64_t n = 0;
	bool ok = true;

	switch (opt) {
	case OPT_SEED:
		ok = parse_number(text, 0, UINT64_MAX, &o->seed);
		break;
	case OPT_FINGERS:
		ok = parse_number(text, 1, COUNT_MAX, &n);
		o->fingers = (uint32_t)n;
		break;
	case OPT_IMPRESSIONS:
		ok = parse_number(text, 1, IMPRESSIONS_MAX, &n);
		o->impressions = (uint32_t)n;
		break;
	case OPT_COUNT:
		ok = parse_number(text, 1, COUNT_MAX, &n);
		o->count = (uint32_t)n;
		break;
	case OPT_DIFFICULTY:
		ok = parse_part(text, &o->difficulty);
		break;
	case OPT_CANARY:
		o->canary = true;
		break;
	case OPT_PRIVATE:
		o->private_data = true;
		break;
	case OPT_STREAM:
		o->stream = true;
		break;
	case OPT_JSON: /* people are JSON lines anyway; scripts may say so */
		break;
	case 'o':
		o->dir = text;
		break;
	default:
		return false;
	}
	if (!ok) {
		(void)fprintf(stderr, "outpost-synth: \"%s\" is out of range\n", text);
	}
	return ok;
}

static void progress(const char *what, uint32_t done, uint32_t all)
{
	if ((done % PROGRESS_STEP == 0 || done == all) && all > PROGRESS_STEP &&
	    isatty(STDERR_FILENO)) {
		(void)fprintf(stderr, "\r%" PRIu32 "/%" PRIu32 " %s%s", done, all, what,
			      done == all ? "\n" : "");
	}
}

/* Head and body into DIR/FINGER_IMPRESSION.ending, both counted from 1. */
static int write_file(const struct options *o, const uint32_t number[2], const char *ending,
		      const char *head, struct bytes body)
{
	char path[PATH_BYTES];
	int n = snprintf(path, sizeof path, "%s/%" PRIu32 "_%" PRIu32 ".%s", o->dir, number[0] + 1,
			 number[1] + 1, ending);

	if (n < 0 || (size_t)n >= sizeof path) {
		(void)fprintf(stderr, "outpost-synth: the directory's name is too long\n");
		return ERR_LIMIT;
	}
	FILE *f = fopen(path, "wb");

	if (f == NULL) {
		complain(path);
		return ERR_IO;
	}
	bool ok = fputs(head, f) != EOF && fwrite(body.data, 1, body.len, f) == body.len;

	if (fclose(f) != 0 || !ok) {
		(void)fprintf(stderr, "outpost-synth: %s: could not be written\n", path);
		return ERR_IO;
	}
	return ERR_OK;
}

/* Four bytes of length, big-endian, then the bytes. */
static bool write_stream(struct bytes body)
{
	const uint8_t head[4] = { (uint8_t)(body.len >> 24), (uint8_t)(body.len >> 16),
				  (uint8_t)(body.len >> 8), (uint8_t)body.len };

	return fwrite(head, 1, sizeof head, stdout) == sizeof head &&
	       fwrite(body.data, 1, body.len, stdout) == body.len;
}

static int write_impressions(const struct options *o, uint32_t finger)
{
	struct synth_master *m = NULL;
	struct synth_params p;
	int r = synth_master_new(made_up_seed(o->seed, finger), &m);

	synth_params_init(&p, o->difficulty);
	for (uint32_t i = 0; r == ERR_OK && i < o->impressions; i++) {
		struct image image = { 0 };

		r = synth_impression(m, i, &p, &image);
		if (r == ERR_OK) {
			char head[64];

			(void)snprintf(head, sizeof head, "P5\n%" PRIu32 " %" PRIu32 "\n255\n",
				       image.width, image.height);
			r = write_file(
			    o, (const uint32_t[2]){ finger, i }, "pgm", head,
			    (struct bytes){ image.pixels, (size_t)image.width * image.height });
		}
		image_done(&image);
	}
	synth_master_free(m);
	return r;
}

/* A record and the private data that belong to it, into two files or onto the stream. */
static int write_template(const struct options *o, uint32_t finger, uint32_t touch)
{
	struct made_up up = { .finger = made_up_seed(o->seed, finger),
			      .touch = touch,
			      .difficulty = o->difficulty };
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	const uint32_t number[2] = { finger, touch };
	int r = made_up_records(&up, &iso, o->private_data ? &extended : NULL);

	if (r == ERR_OK && o->stream) {
		bool ok = write_stream(buf_bytes(&iso)) &&
			  (!o->private_data || write_stream(buf_bytes(&extended)));

		r = ok ? ERR_OK : ERR_IO;
	} else if (r == ERR_OK) {
		r = write_file(o, number, "fmr", "", buf_bytes(&iso));
		r = r == ERR_OK && o->private_data
			? write_file(o, number, "fpx", "", buf_bytes(&extended))
			: r;
	}
	buf_done(&iso);
	buf_done(&extended);
	return r;
}

static int write_templates(const struct options *o, uint32_t finger)
{
	int r = ERR_OK;

	for (uint32_t i = 0; r == ERR_OK && i < o->impressions; i++) {
		r = write_template(o, finger, i);
	}
	return r;
}

static int each_finger(const struct options *o,
		       int (*write_finger)(const struct options *o, uint32_t finger))
{
	if (o->dir == NULL && !o->stream) {
		(void)fprintf(stderr, "outpost-synth: -o DIR is needed\n");
		return EXIT_USAGE;
	}
	if (!o->stream && mkdir(o->dir, 0777) != 0 && errno != EEXIST) {
		complain(o->dir);
		return EXIT_FAILED;
	}
	for (uint32_t i = 0; i < o->fingers; i++) {
		int r = write_finger(o, i);

		if (r != ERR_OK) {
			(void)fprintf(stderr, "outpost-synth: finger %" PRIu32 ": %s\n", i + 1,
				      err_text(r));
			return EXIT_FAILED;
		}
		progress("fingers", i + 1, o->fingers);
	}
	if (fflush(stdout) != 0) {
		complain("output");
		return EXIT_FAILED;
	}
	return EXIT_SUCCESS;
}

static json_t *document(const struct synth_document *d)
{
	json_t *lines = json_array();
	const char *at = d->mrz;

	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		(void)json_array_append_new(lines, json_stringn(at, len));
		at += len + (at[len] == '\n');
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "type", d->type, "issuer", d->issuer,
			 "number", d->number, "expiry", d->expiry, "mrz", lines);
}

static int print_people(const struct options *o)
{
	for (uint32_t i = 0; i < o->count; i++) {
		struct synth_person p;

		synth_person(o->seed, i, o->canary, &p);
		json_t *j =
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s#, s:s, s:s, s:o, s:o}", "surname",
			      p.surname, "given", p.given, "other_surname", p.other_surname,
			      "other_given", p.other_given, "script", p.script, "sex", &p.sex, 1,
			      "birth", p.birth, "nationality", p.nationality, "passport",
			      document(&p.passport), "card", document(&p.card));

		bool ok =
		    j != NULL && json_dumpf(j, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;

		json_decref(j);
		if (!ok) {
			(void)fprintf(stderr, "outpost-synth: output failed\n");
			return EXIT_FAILED;
		}
	}
	if (fflush(stdout) != 0) {
		complain("output");
		return EXIT_FAILED;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct options o = {
		.seed = 1, .fingers = 10, .impressions = 4, .count = 10, .difficulty = 0.4F
	};
	int opt;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((opt = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1) {
		if (opt == OPT_HELP || opt == 'h') {
			usage(stdout);
			return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILED;
		}
		if (!take_option(&o, opt, optarg)) {
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	const char *what = argc - optind == 1 ? argv[optind] : "";

	if (strcmp(what, "finger") == 0 && !o.stream) {
		return each_finger(&o, write_impressions);
	}
	if (strcmp(what, "templates") == 0) {
		return each_finger(&o, write_templates);
	}
	if (strcmp(what, "people") == 0) {
		return print_people(&o);
	}
	usage(stderr);
	return EXIT_USAGE;
}
