/* A folder for the files of one test program, and what tests do to files. */
#ifndef TESTS_STORE_FILES_H
#define TESTS_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define STORE_FILES_PATH 200U

void store_files_make(void);
/* With all that is in it. */
void store_files_remove(void);
void store_files_path(const char *name, char path[STORE_FILES_PATH]);
/* Read a whole file: {NULL, 0} when it is not there; data is given, for free(). */
uint8_t *store_files_read(const char *path, size_t *len);
void store_files_write(const char *path, const uint8_t *data, size_t len);
/* Is the pattern anywhere in the database, its log or its index? */
bool store_files_hold(const char *path, const uint8_t *pattern, size_t len);
/* Run SQL on the database at the path, behind the back of the store. */
void store_files_tamper(const char *path, const char *sql);

#endif
