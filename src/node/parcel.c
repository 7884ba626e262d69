#include "node/parcel.h"

#define ROWS(s)         static const struct field s##_rows[]
#define U(s, k, member) FIELD(struct s, k, false, FIELD_UINT, member, INT64_MAX, NULL)
#define LANE(s)         FROM(struct s, 1, lane, 0, LANE_COUNT - 1)

ROWS(parcel_head) = {
	FIELD(struct parcel_head, 1, true, FIELD_BYTES, passport, 1536, NULL),
	FROM(struct parcel_head, 2, made_ms, 0, INT64_MAX),
	U(parcel_head, 3, roster),
	FROM(struct parcel_head, 4, recipients, 1, BUNDLE_SLOTS_MAX),
};
const struct schema parcel_head_schema =
    SCHEMA("bundle-head", struct parcel_head, parcel_head_rows);

ROWS(parcel_taken) = { LANE(parcel_taken), U(parcel_taken, 2, ok), U(parcel_taken, 3, refused) };
const struct schema parcel_taken_schema =
    SCHEMA("bundle-taken", struct parcel_taken, parcel_taken_rows);

ROWS(parcel_receipt) = {
	FIELD(struct parcel_receipt, 1, true, FIELD_FIXED, bundle, BUNDLE_ID_BYTES, NULL),
	FIELD(struct parcel_receipt, 2, false, FIELD_LIST, lanes, LANE_COUNT, &parcel_taken_schema),
};
const struct schema parcel_receipt_schema =
    SCHEMA("bundle-receipt", struct parcel_receipt, parcel_receipt_rows);

ROWS(parcel_lane) = { LANE(parcel_lane), U(parcel_lane, 2, entries), U(parcel_lane, 3, left) };
const struct schema parcel_lane_schema =
    SCHEMA("bundle-lane", struct parcel_lane, parcel_lane_rows);

ROWS(parcel_end) = {
	U(parcel_end, 1, receipts),
	FIELD(struct parcel_end, 2, false, FIELD_LIST, lanes, LANE_COUNT, &parcel_lane_schema),
};
const struct schema parcel_end_schema = SCHEMA("bundle-end", struct parcel_end, parcel_end_rows);

const char *parcel_lane_name(uint64_t lane)
{
	static const char *const names[LANE_COUNT] = { "trust", "alerts", "templates",
						       "cases", "images", "audit" };

	return lane < LANE_COUNT ? names[lane] : "unknown";
}
