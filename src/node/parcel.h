/* The records inside a bundle (channel/bundle.h), beside entries, which stand there as they are.
 *
 * HEAD says who has made it and when, RECEIPT what the maker has taken of a bundle that it got
 * earlier, END what is in this one.  docs/FORMATS.md prints the tables. */
#ifndef NODE_PARCEL_H
#define NODE_PARCEL_H

#include "channel/bundle.h"
#include "record/entry.h"
#include "record/kind.h"
#include "record/schema.h"

#define PARCEL_RECEIPTS_MAX 512U
#define PARCEL_CONTEXT      "op1.bundle" /* of the signature */

struct parcel_head {
	struct bytes passport; /* the sender's, signed by the region */
	uint64_t made_ms;
	uint64_t roster;     /* its version, as the sender knows it */
	uint64_t recipients; /* how many */
};

struct parcel_taken {
	uint64_t lane;
	uint64_t ok;      /* taken now or earlier, or not needed any more */
	uint64_t refused; /* for good */
};
struct parcel_receipt {
	uint8_t bundle[BUNDLE_ID_BYTES];
	struct list lanes; /* struct parcel_taken; lanes that had entries */
};

struct parcel_lane {
	uint64_t lane;
	uint64_t entries;
	uint64_t left; /* that did not fit */
};
struct parcel_end {
	uint64_t receipts;
	struct list lanes; /* struct parcel_lane, ascending */
};

extern const struct schema parcel_head_schema, parcel_receipt_schema, parcel_end_schema;
/* Of the lists' items. */
extern const struct schema parcel_taken_schema, parcel_lane_schema;

/* For people: "trust", "alerts", ...; never NULL. */
const char *parcel_lane_name(uint64_t lane);

#endif
