#include "sync/name.h"

#include <string.h>

#define TAG_MASK 0xfffffffffffcULL

void name_keys(struct name_keys *k, const uint8_t salt[SYNC_SALT_BYTES])
{
	memcpy(k->id, salt, sizeof k->id);
	memcpy(k->tag, salt + sizeof k->id, sizeof k->tag);
}

uint64_t name_hash(const struct name_keys *k, const uint8_t id[ENTRY_ID_BYTES])
{
	return siphash_24(k->id, id, ENTRY_ID_BYTES);
}

uint32_t name_prefix(const uint8_t id[ENTRY_ID_BYTES])
{
	return (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
}

uint64_t name_of(const struct name_keys *k, const uint8_t id[ENTRY_ID_BYTES])
{
	return (uint64_t)name_prefix(id) << 32 | (uint32_t)name_hash(k, id);
}

uint64_t name_of_plain(uint64_t plain)
{
	return plain << 16;
}

uint32_t name_place(uint64_t name)
{
	return (uint32_t)(name >> 32);
}

uint64_t name_tag(const struct name_keys *k, const uint8_t class_id[ENTRY_CLASS_BYTES])
{
	return siphash_24(k->tag, class_id, ENTRY_CLASS_BYTES) & TAG_MASK;
}
