/* A picture as a list of shapes, which svg.h and raster.h write.
 *
 * Coordinates are in units from the top left, y downwards; a unit is a pixel of the raster.
 * Later shapes lie on earlier ones.  Add everything, then ask once whether it went well:
 * picture_error.  Shapes and copies of their points and texts come from the arena. */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define PICTURE_SIDE_MAX   8192.0F
#define PICTURE_SHAPES_MAX 100000U
#define PICTURE_POINTS_MAX 65536U /* of one line */
#define PICTURE_TEXT_MAX   256U   /* bytes of one text */

enum picture_kind {
	PICTURE_LINE, /* through all points, round ends and corners */
	PICTURE_RING, /* a circle's line */
	PICTURE_DISC, /* a filled circle */
	PICTURE_BOX,  /* a filled rectangle, from one point to the other */
	PICTURE_TEXT, /* begins at the point, which is on the base line */
	PICTURE_GREY, /* an image from one point to the other */
};

struct picture_point {
	float x;
	float y;
};

struct picture_ink {
	uint32_t colour; /* 0xRRGGBB */
	float opacity;   /* 0..1 */
	float width;     /* of lines and rings */
};

struct picture_shape {
	enum picture_kind kind;
	struct picture_ink ink;
	struct picture_point *point;
	size_t points;
	float size;         /* radius; or height of text */
	struct bytes bytes; /* text, printable ASCII; or grey pixels, 0 is black */
	uint32_t columns;   /* pixels of the image */
	uint32_t rows;
	struct picture_shape *next;
};

struct picture {
	float width;
	float height;
	struct picture_shape *first; /* all in the arena */
	struct picture_shape *last;
	size_t shapes;
	struct arena *arena; /* borrowed */
	int error;
};

/* An empty picture on white; sides beyond PICTURE_SIDE_MAX are ERR_LIMIT in picture_error. */
void picture_init(struct picture *p, float width, float height, struct arena *arena);
void picture_line(struct picture *p, struct picture_ink ink, const struct picture_point *point,
		  size_t points);
void picture_ring(struct picture *p, struct picture_ink ink, struct picture_point middle,
		  float radius);
void picture_disc(struct picture *p, struct picture_ink ink, struct picture_point middle,
		  float radius);
void picture_box(struct picture *p, struct picture_ink ink, struct picture_point from,
		 struct picture_point to);
/* What is no printable ASCII becomes a question mark. */
void picture_text(struct picture *p, struct picture_ink ink, struct picture_point at, float size,
		  const char *text);
/* The pixels are borrowed as long as the picture is used. */
void picture_grey(struct picture *p, struct bytes pixels, uint32_t columns,
		  struct picture_point from, struct picture_point to);
/* ERR_OK, or what went wrong first: ERR_NOMEM, ERR_LIMIT. */
int picture_error(const struct picture *p);

#endif
