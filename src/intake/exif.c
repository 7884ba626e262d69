/* Of all that a camera writes into Exif, only how the image has to be turned. */
#include <string.h>

#include "intake/readers.h"

#define ENTRY_BYTES     12U
#define TAG_ORIENTATION 0x0112U
#define TYPE_SHORT      3U
#define UPRIGHT         1U

/* Exif is a TIFF file behind a name; the tag stands in its first directory. */
unsigned exif_orientation(struct bytes segment)
{
	static const char name[6] = "Exif\0";
	const uint8_t *tiff;
	size_t len;
	bool big;
	size_t at;
	size_t entries;

	if (segment.len < sizeof name + 8 || memcmp(segment.data, name, sizeof name) != 0) {
		return UPRIGHT;
	}
	tiff = segment.data + sizeof name;
	len = segment.len - sizeof name;
	big = tiff[0] == 'M';
	at = tiff_check_number(tiff + 4, 4, big);
	if (at > len || len - at < 2) {
		return UPRIGHT;
	}
	entries = tiff_check_number(tiff + at, 2, big);
	at += 2;
	for (size_t i = 0; i < entries && len - at >= ENTRY_BYTES; i++, at += ENTRY_BYTES) {
		if (tiff_check_number(tiff + at, 2, big) == TAG_ORIENTATION &&
		    tiff_check_number(tiff + at + 2, 2, big) == TYPE_SHORT) {
			return tiff_check_number(tiff + at + 8, 2, big);
		}
	}
	return UPRIGHT;
}
