/* secure_delete overwrites a cell where it is deleted; but when SQLite has moved a cell to
 * another page before, a copy stays behind in the unused middle of the page it came from, and
 * nothing overwrites that.  So each page is cleaned on its way into the database file: the
 * bytes between the cell pointers and the cells mean nothing to anyone.  (The log holds pages
 * as they were; store_scrub() truncates it.) */
#include <string.h>

#include "store/sqlite.h"

#define FILE_HEADER     100U /* in front of the first page's own */
#define LEAF_HEADER     8U
#define INTERIOR_HEADER 12U

static size_t number16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* Find the unused middle of a page of a tree: false when it is not one.  Other pages begin
 * with a page number of four bytes, whose first is zero below SQLITE_PAGES_MAX. */
static bool find_gap(const uint8_t *page, size_t len, size_t header, size_t *from, size_t *to)
{
	size_t cells;

	switch (page[header]) {
	case 2:
	case 5:
		*from = header + INTERIOR_HEADER;
		break;
	case 10:
	case 13:
		*from = header + LEAF_HEADER;
		break;
	default:
		return false;
	}
	cells = number16(page + header + 3);
	*to = number16(page + header + 5);
	*from += 2 * cells;
	return *from < *to && *to <= len;
}

static bool is_zero(const uint8_t *data, size_t len)
{
	return len == 0 || (data[0] == 0 && memcmp(data, data + 1, len - 1) == 0);
}

/* Its methods stand in the store that the file belongs to. */
static const struct sqlite *owner(const sqlite3_file *file)
{
	const char *methods = (const char *)file->pMethods;

	return (const void *)(methods - offsetof(struct sqlite, methods));
}

static int write_clean(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	const struct sqlite *s = owner(file);
	size_t from;
	size_t to;

	if (len == SQLITE_PAGE_BYTES && offset % SQLITE_PAGE_BYTES == 0 &&
	    find_gap(data, SQLITE_PAGE_BYTES, offset == 0 ? FILE_HEADER : 0, &from, &to) &&
	    !is_zero((const uint8_t *)data + from, to - from)) {
		memcpy(s->page, data, SQLITE_PAGE_BYTES);
		memset(s->page + from, 0, to - from);
		data = s->page;
	}
	return s->real_methods->xWrite(file, data, len, offset);
}

int sqlite_clean_install(struct sqlite *s)
{
	sqlite3_file *file = NULL;
	int rc = sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_FILE_POINTER, (void *)&file);

	if (rc == SQLITE_OK && file != NULL && file->pMethods != NULL) {
		s->real_methods = file->pMethods;
		s->methods = *file->pMethods;
		s->methods.xWrite = write_clean;
		file->pMethods = &s->methods;
	}
	return rc == SQLITE_OK ? ERR_OK : sqlite_error(s, rc);
}
