#include "config.h"

#include "tests/lib/unit.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/store_files.h"

static char folder[STORE_FILES_PATH / 2];

void store_files_make(void)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(folder, sizeof folder, "%s/store-XXXXXX", base == NULL ? "/tmp" : base);
	assert_non_null(mkdtemp(folder));
}

void store_files_remove(void)
{
	DIR *dir = opendir(folder);
	struct dirent *file;

	while (dir != NULL && (file = readdir(dir)) != NULL) {
		char path[STORE_FILES_PATH + 300];

		(void)snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
		(void)unlink(path);
	}
	if (dir != NULL) {
		(void)closedir(dir);
	}
	(void)rmdir(folder);
}

void store_files_path(const char *name, char path[STORE_FILES_PATH])
{
	(void)snprintf(path, STORE_FILES_PATH, "%s/%s", folder, name);
}

uint8_t *store_files_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	*len = 0;
	if (f == NULL) {
		return NULL;
	}
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	assert_true(size >= 0);
	rewind(f);
	data = malloc((size_t)size + 1);
	assert_non_null(data);
	*len = fread(data, 1, (size_t)size, f);
	assert_int_equal(*len, size);
	(void)fclose(f);
	return data;
}

void store_files_write(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

bool store_files_hold(const char *path, const uint8_t *pattern, size_t len)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	bool found = false;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		char name[STORE_FILES_PATH + 16];
		uint8_t *data;
		size_t there;

		(void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
		data = store_files_read(name, &there);
		found = found || (data != NULL && memmem(data, there, pattern, len) != NULL);
		free(data);
	}
	return found;
}

void store_files_tamper(const char *path, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
		fail_msg("%s: %s", sql, message);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
