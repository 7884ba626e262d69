/* Has the write-ahead log rotted?
 *
 * SQLite ends the replay of the log at the first frame that does not fit its checksum, as it
 * must after a power cut, and so loses without a word all commits behind a flipped bit.  But
 * with synchronous=FULL a power cut can only spoil the frames of one transaction: as soon as
 * another one follows, the log has been synced up to there.  So a spoilt frame, and behind it
 * a commit with something after it, means damage.  What cannot be told apart from a power cut
 * is damage to the last transaction alone.
 *
 * The format: https://www.sqlite.org/fileformat2.html, section 4. */
#include <string.h>

#include "base/wire.h"
#include "store/sqlite.h"

#define HEADER   32
#define FRAME    24
#define MAGIC    0x377f0682U /* little-endian checksums; one more: big-endian */
#define PAGE_MIN 512U
#define PAGE_MAX 65536U

struct sum {
	uint32_t a;
	uint32_t b;
};

struct log {
	sqlite3_file *file; /* borrowed */
	uint8_t *frame;     /* owned; room for one */
	sqlite3_int64 bytes;
	size_t page;
	uint8_t salts[8];
	struct sum sum; /* that the frame before carries */
	bool big_endian;
};

static uint32_t word(const uint8_t *p, bool big_endian)
{
	return big_endian
		   ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add(struct sum *sum, bool big_endian, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		sum->a += word(data + i, big_endian) + sum->b;
		sum->b += word(data + i + 4, big_endian) + sum->a;
	}
}

static struct sum stored(const uint8_t *p)
{
	return (struct sum){ word(p, true), word(p + 4, true) };
}

static bool sum_equal(struct sum x, struct sum y)
{
	return x.a == y.a && x.b == y.b;
}

/* False when the header is not one that SQLite wrote. */
static bool read_header(struct log *log, const uint8_t *header)
{
	uint32_t magic = word(header, true);
	struct sum sum = { 0, 0 };

	if ((magic & ~1U) != MAGIC) {
		return false;
	}
	log->big_endian = (magic & 1U) != 0;
	log->page = word(header + 8, true);
	memcpy(log->salts, header + 16, sizeof log->salts);
	add(&sum, log->big_endian, header, 24);
	log->sum = stored(header + 24);
	return sum_equal(sum, log->sum) && log->page >= PAGE_MIN && log->page <= PAGE_MAX &&
	       (log->page & (log->page - 1)) == 0;
}

/* Does the next frame follow the one before it?  Its own sum becomes the one to follow. */
static int read_frame(struct log *log, sqlite3_int64 at, bool *fits, bool *is_commit)
{
	struct sum sum = log->sum;
	int rc = log->file->pMethods->xRead(log->file, log->frame, (int)(FRAME + log->page), at);

	if (rc != SQLITE_OK) {
		return rc;
	}
	add(&sum, log->big_endian, log->frame, 8);
	add(&sum, log->big_endian, log->frame + FRAME, log->page);
	log->sum = stored(log->frame + 16);
	*fits =
	    memcmp(log->frame + 8, log->salts, sizeof log->salts) == 0 && sum_equal(sum, log->sum);
	*is_commit = word(log->frame + 4, true) != 0;
	return SQLITE_OK;
}

static int read_frames(struct log *log, bool *damaged)
{
	const sqlite3_int64 step = (sqlite3_int64)(FRAME + log->page);
	bool spoilt = false;
	bool committed = false; /* the frame before is a sound commit behind a spoilt frame */

	for (sqlite3_int64 at = HEADER; !*damaged && at + step <= log->bytes; at += step) {
		bool fits;
		bool is_commit;
		int rc = read_frame(log, at, &fits, &is_commit);

		if (rc != SQLITE_OK) {
			return rc;
		}
		*damaged = committed && fits;
		committed = spoilt && fits && is_commit;
		spoilt = spoilt || !fits;
	}
	return SQLITE_OK;
}

int sqlite_wal_check(struct sqlite *s, struct fault *fault)
{
	struct log log = { 0 };
	uint8_t header[HEADER];
	bool damaged = false;
	int rc = sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, (void *)&log.file);

	if (rc == SQLITE_OK && (log.file == NULL || log.file->pMethods == NULL)) {
		return ERR_OK; /* no log yet */
	}
	if (rc == SQLITE_OK) {
		rc = log.file->pMethods->xFileSize(log.file, &log.bytes);
	}
	if (rc != SQLITE_OK || log.bytes <= HEADER) {
		return rc == SQLITE_OK ? ERR_OK : err_at(fault, sqlite_error(s, rc), 0, "log");
	}
	rc = log.file->pMethods->xRead(log.file, header, HEADER, 0);
	if (rc == SQLITE_OK && !read_header(&log, header)) {
		/* It is synced before the first frame is written. */
		return err_at(fault, sqlite_error(s, SQLITE_CORRUPT), 0, "log header");
	}
	if (rc == SQLITE_OK) {
		log.frame = sqlite3_malloc64(FRAME + log.page);
		rc = log.frame == NULL ? SQLITE_NOMEM : read_frames(&log, &damaged);
		sqlite3_free(log.frame);
	}
	if (rc == SQLITE_OK && damaged) {
		rc = SQLITE_CORRUPT;
	}
	return rc == SQLITE_OK ? ERR_OK : err_at(fault, sqlite_error(s, rc), 0, "log");
}
