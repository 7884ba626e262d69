/* A rateless sketch of a set of names: a row of cells, as long as one likes, any beginning of
 * which tells how two sets differ once it is about 1.4 times as long as the difference.
 *
 * Every name goes into cell 0 and into cell i with probability 1 / (1 + i / 2); a cell is the
 * XOR of what went into it.  So the XOR of two sets' sketches is the sketch of their
 * difference, and the XOR of disjoint sets' sketches the sketch of their union.  A cell in
 * which one name is left shows it by its check; taking it out of its other cells leaves others
 * with one.  Method: Yang, Gilad, Alizadeh, "Practical Rateless Set Reconciliation" (SIGCOMM
 * 2024); here without counts, with names of 48 bits and checks of 16.
 *
 * Places and checks are keyed.  Who knows the key can make names that never decode: callers
 * have another way ready.  docs/decisions/012-sketches.md gives the reasons. */
#ifndef SYNC_SKETCH_H
#define SYNC_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"

#define SKETCH_CELLS      2048U  /* in a sketch that is kept */
#define SKETCH_MAX        32768U /* the longest row of cells */
#define SKETCH_COUNTS     64U
#define SKETCH_FEW        16U /* of these tell a difference within 35 %, all within 18 % */
#define SKETCH_NAME_BYTES 6U

/* A cell is a name of 48 bits above its check of 16, or the XOR of many. */
struct sketch {
	uint64_t cells[SKETCH_CELLS];
	uint32_t counts[SKETCH_COUNTS]; /* names in cells 1 to 64 */
};

/* The first six bytes of the id. */
uint64_t sketch_name(const uint8_t *id);
/* The name comes (1) or goes (-1). */
void sketch_put(struct sketch *s, const uint8_t key[SIPHASH_KEY_BYTES], uint64_t name, int times);
/* XOR the name into those of its cells that lie from `from` to before `to`; cells[0] is cell
 * `from`. */
void sketch_cells(uint64_t *cells, size_t from, size_t to, const uint8_t key[SIPHASH_KEY_BYTES],
		  uint64_t name);
/* Into which of cells 1 to 64 does it go? */
void sketch_count(uint32_t counts[SKETCH_COUNTS], const uint8_t key[SIPHASH_KEY_BYTES],
		  uint64_t name);
/* The names in a difference of n cells.  Given: *names, sorted, to be freed; *n_names.
 * ERR_NOTFOUND: more cells are needed, or they are no sketch of a set; ERR_NOMEM.  Work is
 * bounded by n, whatever they are. */
int sketch_decode(const uint8_t key[SIPHASH_KEY_BYTES], const uint64_t *cells, size_t n,
		  uint64_t **names, size_t *n_names);
/* How large is the difference, about?  From counts `from` to before `to` of both sides (theirs
 * modulo 256) and by how much their sets are larger; no more than 40,000 or so, and no less
 * than they are larger.  Two times out of three it is within sqrt(2 / (to - from)). */
size_t sketch_guess(const uint32_t ours[SKETCH_COUNTS], const uint32_t theirs[SKETCH_COUNTS],
		    size_t from, size_t to, int64_t larger);
/* From n cells of a difference that do not decode, within 10 %; when hardly any of them is
 * empty, which is so for less than 0.7 cells for each name, 0. */
size_t sketch_guess_cells(const uint64_t *cells, size_t n);

#endif
