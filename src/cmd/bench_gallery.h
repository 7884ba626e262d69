/* A gallery of made-up people and searches of it (bench_gallery.c), for outpost-bench gallery and
 * fpir; and what gallery does with real images among them (bench_gallery_images.c). */
#ifndef CMD_BENCH_GALLERY_H
#define CMD_BENCH_GALLERY_H

#include "cmd/bench.h"
#include "cmd/bench_prints.h"
#include "match/gallery.h"
#include "match/search.h"

#define BENCH_DIRS_MAX    64U
#define BENCH_PEOPLE_MAX  10000000U
#define BENCH_THREADS_MAX 64U
#define BENCH_STRANGER    0x40000000U /* numbers of people who are not in the gallery */

struct gallery_bench {
	const struct bench *b;
	uint64_t people;
	uint64_t fingers;
	uint64_t searched; /* fingers of a probe; 0: all of a person */
	uint64_t one_in;   /* only one person in so many may be searched */
	struct search_filter filter;
	uint64_t probes;
	uint64_t threads;
	float enrol; /* difficulty of an enrolment, and of a probe */
	float probe;
	bool private_data;               /* made-up templates have some too */
	const char *dir[BENCH_DIRS_MAX]; /* of images, borrowed */
	size_t dirs;
	struct gallery *gallery;
	struct gallery_snapshot *snapshot;
	double build_s;
	double enrol_s; /* of it, from record to gallery */
	double bytes;
	double *search_ms; /* owned; CPU of all threads, one for each search */
	double *wall_ms;   /* owned; the same on the wall */
	int *mate;         /* owned; score of the true mate if it led the list, else INT_MIN */
	int *stranger;     /* owned; best score of a search without a mate */
	uint64_t first;    /* searches that the mate led */
	double candidates; /* people looked at */
	double looked;     /* fingers looked at, for each probe finger */
	double search_cpu_s;
	double wall_s; /* of the last search */
};

/* The id of a made-up person. */
void bench_gallery_id(uint64_t person, uint8_t id[GALLERY_PERSON_BYTES]);
/* A finger of a made-up person, at this place; touch 0 is the one enrolled.  An error code. */
int bench_gallery_make(const struct gallery_bench *g, uint64_t person, unsigned finger,
		       uint64_t touch, struct finger_template **out);
/* Let everybody be searched for, to begin with. */
void bench_gallery_admit(struct gallery_bench *g);
/* Enrol the made-up people and take the snapshot.  An error code. */
int bench_gallery_build(struct gallery_bench *g);
/* One search on all threads; *cpu_s gets what they took together, g->wall_s how long. */
int bench_gallery_search(struct gallery_bench *g, struct finger_template **probe,
			 struct search_result *out, double *cpu_s);
/* Put the images of the directories among the made-up people, search for each of them, and
 * report what the shortlist lost.  An exit code. */
int bench_gallery_images(struct gallery_bench *g);

/* One touch of some fingers of a person, all at once. */
struct bench_touch {
	uint8_t id[GALLERY_PERSON_BYTES];
	uint32_t person;
	unsigned dir;
	struct finger_template *print[SEARCH_PROBES_MAX]; /* borrowed */
};
/* Fingers that stand side by side in a directory become one person; room for as many touches as
 * there are prints. */
size_t bench_gallery_touches(struct bench_prints *all, size_t fingers, struct bench_touch *out);

#endif
