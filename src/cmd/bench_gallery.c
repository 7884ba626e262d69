/* The gallery itself, and one search of it. */
#include "cmd/bench_gallery.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/made_up.h"

void bench_gallery_id(uint64_t person, uint8_t id[GALLERY_PERSON_BYTES])
{
	memset(id, 0, GALLERY_PERSON_BYTES);
	for (int i = 0; i < 8; i++) {
		id[i] = (uint8_t)(person >> (8 * i));
	}
}

static struct made_up made_up_of(const struct gallery_bench *g, uint64_t person, unsigned finger,
				 uint64_t touch)
{
	return (struct made_up){ .finger = person * 10 + finger,
				 .touch = touch,
				 .difficulty = touch == 0 ? g->enrol : g->probe,
				 .position = (uint8_t)(finger + 1) };
}

int bench_gallery_make(const struct gallery_bench *g, uint64_t person, unsigned finger,
		       uint64_t touch, struct finger_template **out)
{
	struct made_up up = made_up_of(g, person, finger, touch);

	return made_up_template(&up, g->private_data, out);
}

static int enrol(struct gallery_bench *g, const uint8_t id[GALLERY_PERSON_BYTES], uint64_t person,
		 unsigned finger)
{
	struct made_up up = made_up_of(g, person, finger, 0);
	struct buf iso = { 0 };
	struct buf extended = { 0 };
	struct finger_card *card = NULL;
	int err = made_up_records(&up, &iso, g->private_data ? &extended : NULL);
	double start = bench_cpu();

	if (err == ERR_OK) {
		err = finger_card_load(buf_bytes(&iso), buf_bytes(&extended), &card, NULL);
	}
	if (err == ERR_OK) {
		err = gallery_put(g->gallery, id, card);
	}
	g->enrol_s += bench_cpu() - start;
	finger_card_unref(card);
	buf_done(&iso);
	buf_done(&extended);
	return err;
}

void bench_gallery_admit(struct gallery_bench *g)
{
	g->one_in = 1;
	/* Everybody but the group that --one-in makes. */
	memset(g->filter.group, 0xff, sizeof(g->filter.group));
	g->filter.group[0] = (uint8_t)~2U;
}

int bench_gallery_build(struct gallery_bench *g)
{
	struct bench_progress bar;
	double start = bench_cpu();
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	int err = gallery_new(&g->gallery);

	bench_progress_start(&bar, "enrolling", g->people);
	for (uint64_t p = 0; p < g->people && err == ERR_OK; p++) {
		uint8_t id[GALLERY_PERSON_BYTES];

		bench_gallery_id(p, id);
		for (unsigned k = 0; k < g->fingers && err == ERR_OK; k++) {
			err = enrol(g, id, p, k);
		}
		if (err == ERR_OK && p % g->one_in != 0) {
			err = gallery_set_label(g->gallery, id,
						(struct gallery_label){ .until = 1, .group = 1 });
		}
		bench_progress_at(&bar, p);
	}
	bench_progress_end(&bar);
	if (err == ERR_OK) {
		err = gallery_snapshot(g->gallery, &g->snapshot);
	}
	g->build_s = bench_cpu() - start;
	g->bytes = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before);
	return err;
}

struct part {
	const struct gallery_bench *g;
	struct finger_template **probe;
	double cpu_s;
	struct search_result result;
	unsigned number;
	int err;
};

static void *search_thread(void *arg)
{
	struct part *p = arg;
	double start = bench_cpu();

	p->err = search_part(p->g->snapshot, p->probe, p->g->searched, &p->g->filter, p->number,
			     (unsigned)p->g->threads, &p->result);
	p->cpu_s = bench_cpu() - start;
	return NULL;
}

int bench_gallery_search(struct gallery_bench *g, struct finger_template **probe,
			 struct search_result *out, double *cpu_s)
{
	static struct part part[BENCH_THREADS_MAX];
	pthread_t thread[BENCH_THREADS_MAX];
	unsigned started = 0;
	double start = bench_wall();
	int err = ERR_OK;

	*cpu_s = 0;
	*out = (struct search_result){ .count = 0 };
	for (unsigned i = 0; i < g->threads; i++) {
		part[i] = (struct part){ .g = g, .probe = probe, .number = i };
		if (g->threads > 1) {
			if (pthread_create(&thread[i], NULL, search_thread, &part[i]) != 0) {
				err = ERR_INTERNAL;
				break;
			}
			started++;
		} else {
			(void)search_thread(&part[i]);
		}
	}
	for (unsigned i = 0; i < started; i++) {
		(void)pthread_join(thread[i], NULL);
	}
	for (unsigned i = 0; i < g->threads && err == ERR_OK; i++) {
		err = part[i].err;
		*cpu_s += part[i].cpu_s;
		if (i == 0) {
			*out = part[i].result;
		} else {
			search_merge(out, &part[i].result);
		}
	}
	g->wall_s = bench_wall() - start;
	return err;
}
