/* WSQ, the FBI's wavelet scalar quantisation (CJIS IAFIS-IC-0110), decoded from its segments:
 * transform, quantisation, frame and Huffman tables, then three blocks of coefficients.
 *
 * Read strictly: every table once and before its use, every block with exactly the
 * coefficients that its subbands have, nothing unknown between them. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "intake/readers.h"
#include "intake/wsq_huffman.h"
#include "intake/wsq_wavelet.h"

enum marker {
	SOI = 0xffa0, /* start of image */
	EOI = 0xffa1, /* end of image */
	SOF = 0xffa2, /* start of frame: size, shift and scale */
	SOB = 0xffa3, /* start of block */
	DTT = 0xffa4, /* define transform table */
	DQT = 0xffa5, /* define quantisation table */
	DHT = 0xffa6, /* define Huffman tables */
	DRT = 0xffa7, /* define restart interval */
	COM = 0xffa8, /* comment */
};

#define SEGMENTS_MAX    64U
#define TABLES_MAX      8U
#define BLOCKS          3U
#define SCALE_MAX       12U /* decimal places of a number */
#define COEFFICIENT_MAX 2.0 /* real filters stay below 1; sums of these cannot overflow */
#define PPI_DIGITS_MAX  5U

/* The first subband of each block, and the end of the last: 60 to 63 are never sent. */
static const uint8_t block_bands[BLOCKS + 1] = { 0, 19, 52, 60 };

struct reading {
	struct decode_job *job;
	struct wire w;
	bool has_filters;
	bool has_bins;
	bool has_frame;
	unsigned blocks; /* read so far */
	struct wsq_filters filters;
	float bin_centre;
	float bin[WSQ_WAVELET_BANDS];      /* width; 0: the band is not sent */
	float zero_bin[WSQ_WAVELET_BANDS]; /* width */
	float shift;
	float scale;
	uint32_t ppi; /* of the comment, 0 if none */
	size_t ppi_at;
	struct wsq_band bands[WSQ_WAVELET_BANDS];
	float *plane; /* owned: coefficients, then the picture */
	struct wsq_huffman tables[TABLES_MAX];
};

/* Where the next coefficient of a block goes. */
struct cursor {
	unsigned band;
	unsigned end; /* the first band of the next block */
	uint32_t x;
	uint32_t y;
};

static int refuse(const struct reading *r, int code, const char *what)
{
	return err_at(r->job->fault, code, r->w.at, what);
}

/* A decimal number: digits after the point, then all digits as an integer. */
static int read_scaled(struct reading *r, size_t bytes, double *value, const char *what)
{
	unsigned places = wire_u8(&r->w);
	double v = bytes == 4 ? wire_u32(&r->w) : wire_u16(&r->w);

	if (places > SCALE_MAX) {
		return refuse(r, ERR_RANGE, what);
	}
	for (unsigned i = 0; i < places; i++) {
		v /= 10.0;
	}
	*value = v;
	return ERR_OK;
}

static int read_filter(struct reading *r, unsigned length, float *taps, unsigned *half)
{
	*half = length / 2;
	for (unsigned k = 0; k <= *half; k++) {
		bool is_negative = wire_u8(&r->w) != 0;
		double v = 0;
		int rc = read_scaled(r, 4, &v, "WSQ transform table");

		if (rc != ERR_OK) {
			return rc;
		}
		if (v >= COEFFICIENT_MAX) {
			return refuse(r, ERR_RANGE, "WSQ transform table");
		}
		taps[k] = (float)(is_negative ? -v : v);
	}
	return ERR_OK;
}

static int read_dtt(struct reading *r, size_t len)
{
	unsigned low = wire_u8(&r->w);
	unsigned high = wire_u8(&r->w);
	int rc;

	if (r->has_filters) {
		return refuse(r, ERR_MALFORMED, "second WSQ transform table");
	}
	/* Filters of even length exist in the specification and in no file that was seen. */
	if (low % 2 == 0 || high % 2 == 0 || low / 2 > WSQ_WAVELET_HALF_MAX ||
	    high / 2 > WSQ_WAVELET_HALF_MAX) {
		return refuse(r, ERR_UNSUPPORTED, "WSQ filter length");
	}
	if (len != 2 + 6U * (low / 2 + 1 + high / 2 + 1)) {
		return refuse(r, ERR_MALFORMED, "WSQ transform table");
	}
	rc = read_filter(r, low, r->filters.low, &r->filters.low_half);
	if (rc == ERR_OK) {
		rc = read_filter(r, high, r->filters.high, &r->filters.high_half);
	}
	r->has_filters = rc == ERR_OK;
	return rc;
}

static int read_dqt(struct reading *r, size_t len)
{
	double v = 0;
	int rc;

	if (r->has_bins || len != 3 + 6 * WSQ_WAVELET_BANDS) {
		return refuse(r, ERR_MALFORMED, "WSQ quantisation table");
	}
	rc = read_scaled(r, 2, &v, "WSQ bin centre");
	r->bin_centre = (float)v;
	for (unsigned i = 0; rc == ERR_OK && i < WSQ_WAVELET_BANDS; i++) {
		rc = read_scaled(r, 2, &v, "WSQ bin");
		r->bin[i] = (float)v;
		if (rc == ERR_OK) {
			rc = read_scaled(r, 2, &v, "WSQ zero bin");
			r->zero_bin[i] = (float)v;
		}
	}
	r->has_bins = rc == ERR_OK;
	return rc;
}

static int read_sof(struct reading *r, size_t len)
{
	size_t at = r->w.at + 2;
	uint32_t height;
	uint32_t width;
	double shift = 0;
	double scale = 0;
	int rc;

	if (r->has_frame || len != 15) {
		return refuse(r, ERR_MALFORMED, "WSQ frame");
	}
	(void)wire_u8(&r->w); /* black and white: what the scanner called so */
	(void)wire_u8(&r->w);
	height = wire_u16(&r->w);
	width = wire_u16(&r->w);
	rc = read_scaled(r, 2, &shift, "WSQ shift");
	if (rc == ERR_OK) {
		rc = read_scaled(r, 2, &scale, "WSQ scale");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	(void)wire_u8(&r->w); /* encoder number */
	(void)wire_u16(&r->w);
	rc = decode_start(r->job, width, height, at);
	if (rc != ERR_OK) {
		return rc;
	}
	r->shift = (float)shift;
	r->scale = (float)scale;
	r->plane = calloc((size_t)width * height, sizeof(float));
	if (r->plane == NULL) {
		return refuse(r, ERR_NOMEM, "WSQ coefficients");
	}
	wsq_wavelet_bands(width, height, r->bands);
	r->has_frame = true;
	return ERR_OK;
}

/* One segment may hold several tables, and a table may be replaced between blocks. */
static int read_dht(struct reading *r, size_t len)
{
	size_t end = r->w.at + len;

	while (r->w.at < end) {
		struct wire segment;
		unsigned id = wire_u8(&r->w);
		int rc;

		if (id >= TABLES_MAX) {
			return refuse(r, ERR_RANGE, "WSQ Huffman table number");
		}
		wire_init(&segment, r->w.data, end);
		segment.at = r->w.at;
		rc = wsq_huffman_read(&r->tables[id], &segment);
		if (rc != ERR_OK) {
			/* Too short for the segment is a wrong table, not a truncated file. */
			return refuse(r, ERR_MALFORMED, "WSQ Huffman table");
		}
		r->w.at = segment.at;
	}
	return ERR_OK;
}

/* The digits at the start of the text; 0 if there are none, or if the number is too long. */
static uint32_t leading_number(const uint8_t *text, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
		if (i == PPI_DIGITS_MAX) {
			return 0;
		}
		v = v * 10 + (uint32_t)(text[i] - '0');
	}
	return v;
}

/* "NIST_COM n", then lines of a name and a value, of which only "PPI" is of use here: the
 * size in it has been seen to lie. */
static void read_comment(struct reading *r, const uint8_t *text, size_t len)
{
	static const char head[] = "NIST_COM";
	static const char name[] = "\nPPI ";
	size_t name_len = sizeof name - 1;

	if (len < sizeof head - 1 || memcmp(text, head, sizeof head - 1) != 0) {
		return;
	}
	for (size_t i = 0; r->ppi == 0 && i + name_len < len; i++) {
		if (memcmp(text + i, name, name_len) == 0) {
			r->ppi = leading_number(text + i + name_len, len - i - name_len);
			r->ppi_at = (size_t)(text - r->w.data) + i + 1;
		}
	}
}

/* To the first place that exists: bands that are not sent, or too small, are passed over. */
static void settle(const struct reading *r, struct cursor *c)
{
	while (c->band < c->end && (r->bin[c->band] <= 0.0F || r->bands[c->band].width == 0 ||
				    r->bands[c->band].height == 0)) {
		c->band++;
	}
}

/* Pass over count places, which stay zero; false if the block has not so many. */
static bool skip_zeroes(const struct reading *r, struct cursor *c, uint32_t count)
{
	while (count > 0 && c->band < c->end) {
		const struct wsq_band *b = &r->bands[c->band];
		uint32_t step = count < b->width - c->x ? count : b->width - c->x;

		count -= step;
		c->x += step;
		if (c->x == b->width) {
			c->x = 0;
			c->y++;
		}
		if (c->y == b->height) {
			c->y = 0;
			c->band++;
			settle(r, c);
		}
	}
	return count == 0;
}

/* The middle of a bin is bin_centre away from its end that is nearer to zero. */
static void put(struct reading *r, struct cursor *c, int32_t index)
{
	const struct wsq_band *b = &r->bands[c->band];
	float half_zero = r->zero_bin[c->band] / 2.0F;
	float v = 0.0F;

	if (index > 0) {
		v = r->bin[c->band] * ((float)index - r->bin_centre) + half_zero;
	} else if (index < 0) {
		v = r->bin[c->band] * ((float)index + r->bin_centre) - half_zero;
	}
	r->plane[(size_t)(b->y + c->y) * r->job->image.width + b->x + c->x] = v;
	(void)skip_zeroes(r, c, 1);
}

/* Symbols (table of the specification): 1-100 zero runs, 101-104 coefficients and 105-106
 * zero runs with 8 or 16 bits that follow, 107-254 coefficients from -73 to 74. */
static int read_symbol(struct reading *r, struct cursor *c, struct wsq_bits *bits, unsigned symbol)
{
	unsigned extra = 0;
	int rc;

	if (symbol >= 107 && symbol <= 254) {
		put(r, c, (int32_t)symbol - 180);
		return ERR_OK;
	}
	if (symbol >= 1 && symbol <= 100) {
		return skip_zeroes(r, c, symbol) ? ERR_OK : ERR_MALFORMED;
	}
	if (symbol < 101 || symbol > 106) {
		return ERR_MALFORMED;
	}
	rc = wsq_huffman_bits(bits, symbol == 103 || symbol == 104 || symbol == 106 ? 16 : 8,
			      &extra);
	if (rc != ERR_OK) {
		return rc;
	}
	if (symbol >= 105) {
		return extra > 0 && skip_zeroes(r, c, extra) ? ERR_OK : ERR_MALFORMED;
	}
	put(r, c, symbol == 101 || symbol == 103 ? (int32_t)extra : -(int32_t)extra);
	return ERR_OK;
}

static int read_block(struct reading *r, size_t len)
{
	unsigned id = wire_u8(&r->w);
	struct cursor c;
	struct wsq_bits bits;
	int rc = ERR_OK;

	if (len != 1 || !r->has_filters || !r->has_bins || !r->has_frame || r->blocks == BLOCKS) {
		return refuse(r, ERR_MALFORMED, "WSQ block");
	}
	if (id >= TABLES_MAX || !r->tables[id].is_present) {
		return refuse(r, ERR_MALFORMED, "WSQ block's Huffman table");
	}
	c = (struct cursor){ .band = block_bands[r->blocks], .end = block_bands[r->blocks + 1] };
	settle(r, &c);
	wsq_huffman_start(&bits, r->w.data, r->w.len, r->w.at);
	while (rc == ERR_OK && c.band < c.end) {
		unsigned symbol;

		rc = wsq_huffman_symbol(&r->tables[id], &bits, &symbol);
		if (rc == ERR_OK) {
			rc = read_symbol(r, &c, &bits, symbol);
		}
	}
	if (rc == ERR_OK) {
		rc = wsq_huffman_finish(&bits);
	}
	r->w.at = bits.at;
	if (rc != ERR_OK) {
		return refuse(r, rc, "WSQ coefficients");
	}
	r->blocks++;
	return ERR_OK;
}

static int read_segment(struct reading *r, unsigned marker, size_t len)
{
	/* Between the blocks only Huffman tables and comments may stand. */
	if (r->blocks > 0 && (marker == DTT || marker == DQT || marker == SOF)) {
		return refuse(r, ERR_MALFORMED, "WSQ table after a block");
	}
	switch (marker) {
	case SOF:
		return read_sof(r, len);
	case SOB:
		return read_block(r, len);
	case DTT:
		return read_dtt(r, len);
	case DQT:
		return read_dqt(r, len);
	case DHT:
		return read_dht(r, len);
	case COM:
		read_comment(r, r->w.data + r->w.at, len);
		(void)wire_bytes(&r->w, len);
		return ERR_OK;
	case DRT:
		return refuse(r, ERR_UNSUPPORTED, "WSQ restart interval");
	default:
		return refuse(r, ERR_MALFORMED, "WSQ marker");
	}
}

static int read_segments(struct reading *r)
{
	if (wire_u16(&r->w) != SOI) {
		return refuse(r, ERR_MALFORMED, "WSQ start");
	}
	for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
		unsigned marker = wire_u16(&r->w);
		size_t len;
		int rc;

		if (wire_error(&r->w) != ERR_OK) {
			return refuse(r, ERR_SHORT, "WSQ marker");
		}
		if (marker == EOI) {
			return r->blocks == BLOCKS ? ERR_OK : refuse(r, ERR_SHORT, "WSQ blocks");
		}
		len = wire_u16(&r->w); /* counts itself */
		if (wire_error(&r->w) == ERR_OK && len < 2) {
			return refuse(r, ERR_MALFORMED, "WSQ segment length");
		}
		len -= 2;
		if (wire_left(&r->w) < len || wire_error(&r->w) != ERR_OK) {
			return refuse(r, ERR_SHORT, "WSQ segment");
		}
		rc = read_segment(r, marker, len);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return refuse(r, ERR_LIMIT, "WSQ segments");
}

static void write_pixels(const struct reading *r)
{
	size_t count = (size_t)r->job->image.width * r->job->image.height;

	for (size_t i = 0; i < count; i++) {
		float v = r->plane[i] * r->scale + r->shift + 0.5F;

		r->job->image.pixels[i] = v >= 255.0F ? 255 : v > 0.0F ? (uint8_t)v : 0;
	}
}

int intake_wsq(struct decode_job *job)
{
	struct reading *r = calloc(1, sizeof *r);
	int rc;

	if (r == NULL) {
		return err_at(job->fault, ERR_NOMEM, 0, "WSQ");
	}
	r->job = job;
	wire_init(&r->w, job->in.data, job->in.len);
	rc = read_segments(r);
	if (rc == ERR_OK) {
		rc = decode_stated_ppi(job, r->ppi, r->ppi, r->ppi_at);
	}
	if (rc == ERR_OK) {
		rc = wsq_wavelet_join(r->plane, job->image.width, job->image.height, &r->filters);
		if (rc != ERR_OK) {
			(void)refuse(r, rc, "WSQ wavelet");
		} else {
			write_pixels(r);
		}
	}
	if (r->plane != NULL) {
		explicit_bzero(r->plane,
			       (size_t)job->image.width * job->image.height * sizeof(float));
		free(r->plane);
	}
	free(r);
	return rc;
}
