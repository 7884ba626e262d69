/* The members as this node knows them: passports, revocations, the roster's rights, and the
 * class keys we hold.  In memory, fed with the entries of the control class in any order. */
#ifndef TRUST_MEMBERS_H
#define TRUST_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/kind.h"
#include "record/kinds.h"
#include "record/labels.h"
#include "trust/keys.h"
#include "trust/passport.h"

#define MEMBERS_MAX         512U
#define MEMBERS_CLASSES_MAX 256U

struct members;

int members_new(const uint8_t region_public[KEYS_PUBLIC_BYTES], struct members **out);
void members_free(struct members *m);

/* A signed passport; a higher serial replaces a lower one, an older is ERR_STALE.  Of two with
 * one serial the greater bytes count, so that the order of arrival does not. */
int members_passport(struct members *m, struct bytes signed_passport, struct fault *fault);
/* Borrowed until the passport is replaced; NULL when unknown. */
const struct passport *members_find(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES]);
/* The signed bytes of a passport, to be shown at a handshake. */
struct bytes members_signed(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES]);
size_t members_count(const struct members *m);
const struct passport *members_at(const struct members *m, size_t i);

/* The roster of the highest version counts, of two with one version that with the greater
 * bytes; ERR_STALE for others, ERR_MALFORMED when a class is not what its id says, or a class
 * or a member is named twice.  Copied. */
int members_roster(struct members *m, const struct roster *r);
uint64_t members_version(const struct members *m);
size_t members_class_count(const struct members *m);
/* Id and labels of class i (labels borrowed until the next roster). */
const uint8_t *members_class(const struct members *m, size_t i, struct labels *labels);
/* ERR_NOTFOUND for a class that the roster does not have. */
int members_labels(const struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
		   struct labels *labels);
enum right members_right(const struct members *m, const uint8_t node[ENTRY_NODE_BYTES],
			 const uint8_t class_id[ENTRY_CLASS_BYTES]);

/* Class keys; several epochs of a class may be held.  ERR_EXISTS, ERR_FULL. */
int members_key(struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
		const uint8_t key[32]);
/* An entry with this clock announces that epoch, to us or to others; before or after the key.
 * ERR_FULL. */
int members_epoch(struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
		  const uint8_t epoch[ENTRY_EPOCH_BYTES], uint64_t clock);
/* The key of one epoch; NULL when we do not hold it. */
const uint8_t *members_epoch_key(const struct members *m, const uint8_t class_id[ENTRY_CLASS_BYTES],
				 const uint8_t epoch[ENTRY_EPOCH_BYTES]);
/* The key to write with: of those held, that of the epoch that was announced first at the
 * latest clock, of two with one clock that of the greater epoch.  Keys and announcements may
 * come in any order.  NULL when there is none. */
const uint8_t *members_write_key(const struct members *m,
				 const uint8_t class_id[ENTRY_CLASS_BYTES]);

#endif
