#include "tests/lib/cbor_other.h"

#ifdef TEST_WITH_LIBCBOR
#include <cbor.h>
#include <stdlib.h>
#include <string.h>

bool cbor_other_is_there(void)
{
	return true;
}

static uint64_t size_of(const cbor_item_t *item)
{
	switch (cbor_typeof(item)) {
	case CBOR_TYPE_UINT:
		return cbor_get_int(item);
	case CBOR_TYPE_BYTESTRING:
		return cbor_bytestring_is_definite(item) ? cbor_bytestring_length(item)
							 : UINT64_MAX;
	case CBOR_TYPE_STRING:
		return cbor_string_is_definite(item) ? cbor_string_length(item) : UINT64_MAX;
	case CBOR_TYPE_ARRAY:
		return cbor_array_is_definite(item) ? cbor_array_size(item) : UINT64_MAX;
	case CBOR_TYPE_MAP:
		return cbor_map_is_definite(item) ? cbor_map_size(item) : UINT64_MAX;
	case CBOR_TYPE_NEGINT:
	case CBOR_TYPE_TAG:
	case CBOR_TYPE_FLOAT_CTRL:
		break;
	}
	return UINT64_MAX;
}

bool cbor_other_agrees(const uint8_t *in, size_t len, unsigned type, uint64_t value)
{
	struct cbor_load_result result;
	cbor_item_t *item = cbor_load(in, len, &result);
	unsigned char *again = NULL;
	size_t room = 0;
	bool ok = item != NULL && result.error.code == CBOR_ERR_NONE && result.read == len;

	ok = ok && (unsigned)cbor_typeof(item) == type && size_of(item) == value;
	ok = ok && cbor_serialize_alloc(item, &again, &room) == len && memcmp(again, in, len) == 0;
	free(again);
	if (item != NULL) {
		cbor_decref(&item);
	}
	return ok;
}
#else
bool cbor_other_is_there(void)
{
	return false;
}

bool cbor_other_agrees(const uint8_t *in, size_t len, unsigned type, uint64_t value)
{
	(void)in;
	(void)len;
	(void)type;
	(void)value;
	return false;
}
#endif
