/* The gallery: which fingers belong to which person, as immutable snapshots.
 *
 * One writer (the node) puts and removes; searches run elsewhere on a snapshot that never
 * changes.  A removal is effective at once: a person removed after the snapshot was taken
 * is struck from its results by gallery_live(). */
#ifndef MATCH_GALLERY_H
#define MATCH_GALLERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "finger/card.h"

#define GALLERY_PERSON_BYTES 16U
#define GALLERY_FINGERS_MAX  20U /* per person: ten positions, two templates each */
#define GALLERY_GROUPS       1024U

/* By what a search may leave a person out (match/search.h).  What a group is, the caller
 * knows; without a label a person is in group 0 and searched for ever. */
struct gallery_label {
	uint32_t until; /* the last day on which it may match */
	uint16_t group; /* below GALLERY_GROUPS */
};

struct gallery;
struct gallery_snapshot;

int gallery_new(struct gallery **out);
void gallery_free(struct gallery *g);
/* Add one finger of a person, taking a reference of the card; the same (person, position,
 * template) twice is ERR_EXISTS; ERR_FULL beyond GALLERY_FINGERS_MAX; ERR_NOMEM. */
int gallery_put(struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES],
		struct finger_card *card);
/* Label a person; snapshots taken before keep the label that it had.  ERR_NOTFOUND, ERR_RANGE
 * for the group, ERR_NOMEM. */
int gallery_set_label(struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES],
		      struct gallery_label label);
/* Remove a person with all fingers; ERR_NOTFOUND. */
int gallery_remove(struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES]);
size_t gallery_people(const struct gallery *g);
size_t gallery_fingers(const struct gallery *g);
/* Is this person in the gallery now? */
bool gallery_live(const struct gallery *g, const uint8_t person[GALLERY_PERSON_BYTES]);
/* The current state as an immutable snapshot; cheap when nothing changed. */
int gallery_snapshot(struct gallery *g, struct gallery_snapshot **out);
/* References may be given back on any thread. */
void gallery_snapshot_unref(struct gallery_snapshot *s);
size_t gallery_snapshot_people(const struct gallery_snapshot *s);

#endif
