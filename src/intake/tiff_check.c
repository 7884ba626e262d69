/* A look of our own at the first directory of a TIFF file, before libtiff has one: sizes, the
 * number and size of the tags, and the compression, since libtiff knows many that nobody
 * needs here. */
#include <stdbool.h>

#include <tiff.h>

#include "intake/readers.h"

#define ENTRIES_MAX 256U
/* One field of the directory: tag, type, count, value or offset. */
#define ENTRY_BYTES 12U

uint32_t tiff_check_number(const uint8_t *p, size_t len, bool big_endian)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len; i++) {
		v = v << 8 | p[big_endian ? i : len - 1 - i];
	}
	return v;
}

/* TIFF 6.0 section 2: the bytes of one value of each type.  Unknown types, and those of
 * BigTIFF, which libtiff reads here too, have at most 8. */
static size_t type_bytes(uint32_t type)
{
	static const uint8_t bytes[] = { 8, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4 };

	return type < sizeof bytes ? bytes[type] : 8;
}

static bool is_compression_read(uint32_t compression)
{
	switch (compression) {
	case COMPRESSION_NONE:
	case COMPRESSION_CCITTRLE:
	case COMPRESSION_CCITTFAX3:
	case COMPRESSION_CCITTFAX4:
	case COMPRESSION_LZW:
	case COMPRESSION_JPEG:
	case COMPRESSION_ADOBE_DEFLATE:
	case COMPRESSION_PACKBITS:
	case COMPRESSION_DEFLATE:
		return true;
	default:
		return false;
	}
}

static bool is_checked(uint32_t tag)
{
	return tag == TIFFTAG_IMAGEWIDTH || tag == TIFFTAG_IMAGELENGTH ||
	       tag == TIFFTAG_TILEWIDTH || tag == TIFFTAG_TILELENGTH || tag == TIFFTAG_COMPRESSION;
}

/* The tags that decide what libtiff does must say so plainly: one number, in the entry. */
static int check_entry(const struct decode_job *job, size_t at, bool big)
{
	const uint8_t *entry = job->in.data + at;
	uint32_t tag = tiff_check_number(entry, 2, big);
	uint32_t type = tiff_check_number(entry + 2, 2, big);
	uint32_t value;

	if (!is_checked(tag)) {
		return ERR_OK;
	}
	if ((type != TIFF_SHORT && type != TIFF_LONG) ||
	    tiff_check_number(entry + 4, 4, big) != 1) {
		return err_at(job->fault, ERR_MALFORMED, at, "TIFF tag");
	}
	value = tiff_check_number(entry + 8, type_bytes(type), big);
	if ((tag == TIFFTAG_IMAGEWIDTH || tag == TIFFTAG_IMAGELENGTH) && value > IMAGE_SIDE_MAX) {
		return err_at(job->fault, ERR_LIMIT, at, "TIFF size");
	}
	if ((tag == TIFFTAG_TILEWIDTH || tag == TIFFTAG_TILELENGTH) && value > IMAGE_SIDE_MAX) {
		return err_at(job->fault, ERR_LIMIT, at, "TIFF tile size");
	}
	if (tag == TIFFTAG_COMPRESSION && !is_compression_read(value)) {
		return err_at(job->fault, ERR_UNSUPPORTED, at, "TIFF compression");
	}
	return ERR_OK;
}

/* All values of the directory together may not be larger than the file: no tag then makes
 * libtiff take more memory than a real file of this size could. */
static int check_entries(const struct decode_job *job, size_t first, uint32_t entries, bool big)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < entries; i++) {
		size_t at = first + (size_t)i * ENTRY_BYTES;
		const uint8_t *entry = job->in.data + at;
		int rc = check_entry(job, at, big);

		if (rc != ERR_OK) {
			return rc;
		}
		total += (uint64_t)tiff_check_number(entry + 4, 4, big) *
			 type_bytes(tiff_check_number(entry + 2, 2, big));
		if (total > job->in.len) {
			return err_at(job->fault, ERR_LIMIT, at, "TIFF values");
		}
	}
	return ERR_OK;
}

int tiff_check_directory(const struct decode_job *job)
{
	struct bytes in = job->in;
	bool big = in.data[0] == 'M';
	uint32_t first;
	uint32_t entries;

	if (in.len < 8) {
		return err_at(job->fault, ERR_SHORT, in.len, "TIFF header");
	}
	first = tiff_check_number(in.data + 4, 4, big);
	if (first < 8) {
		return err_at(job->fault, ERR_MALFORMED, 4, "TIFF directory");
	}
	if (first > in.len || in.len - first < 2) {
		return err_at(job->fault, ERR_SHORT, 4, "TIFF directory");
	}
	entries = tiff_check_number(in.data + first, 2, big);
	if (entries > ENTRIES_MAX) {
		return err_at(job->fault, ERR_LIMIT, first, "TIFF directory");
	}
	/* The offset of the next directory, 4 bytes, stands behind the entries. */
	if (in.len - first - 2 < (size_t)entries * ENTRY_BYTES + 4) {
		return err_at(job->fault, ERR_SHORT, first, "TIFF directory");
	}
	return check_entries(job, first + 2, entries, big);
}
