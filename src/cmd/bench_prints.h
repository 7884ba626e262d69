/* Prints of a directory of images or minutiae records, as templates: for the subjects that measure
 * accuracy. */
#ifndef CMD_BENCH_PRINTS_H
#define CMD_BENCH_PRINTS_H

#include "cmd/bench.h"
#include "finger/finger.h"

#define BENCH_PATH_BYTES 4096

struct bench_print {
	char *path;  /* owned */
	char *name;  /* within path: the file's name */
	size_t stem; /* bytes of the name that name the finger */
	unsigned dir;
	uint32_t ppi;
	uint32_t finger;                  /* number */
	struct finger_template *template; /* owned reference, or NULL */
	struct finger_template *second;   /* the same as the second of a pair, where that differs */
	uint8_t quality;                  /* 0..100, also without a template */
	double extract_s;
	size_t bytes;
};

struct bench_prints {
	struct bench_print *print; /* owned */
	size_t count;
	uint32_t fingers;
	size_t failed;
	bool bare;          /* forget the private data: minutiae alone */
	uint32_t at_ppi[2]; /* resample the first and the second of a pair; 0: as they are */
};

/* All of these but the last three return an exit code; what is wrong stands on stderr then.
 * Add one image; dir may be NULL. */
int bench_prints_add(const struct bench *b, struct bench_prints *list, const char *dir,
		     const char *name, unsigned number, uint32_t ppi);
/* Add all images of "DIR" or "DIR@PPI". */
int bench_prints_dir(const struct bench *b, struct bench_prints *list, const char *arg,
		     unsigned number);
/* Make their templates; those of which none can be made are counted. */
int bench_prints_extract(const struct bench *b, struct bench_prints *list);
/* "DIR@PPI": cut the resolution off, 500 without one; false if it is none. */
bool bench_prints_ppi(const char *arg, char dir[BENCH_PATH_BYTES], uint32_t *ppi);
/* Number the fingers: prints stand together by directory and name. */
void bench_prints_number(struct bench_prints *list);
void bench_prints_done(struct bench_prints *list);

#endif
