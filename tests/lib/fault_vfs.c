#include "tests/lib/fault_vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/store_sample.h"

#define FILES_MAX  8
#define NAME_BYTES 64
#define SECTOR     512

/* A change that is not synced yet: bytes at an offset, or a truncation to it. */
struct change {
	struct change *next;
	size_t offset;
	size_t len;
	bool truncates;
	uint8_t data[];
};

struct content {
	uint8_t *data;
	size_t len;
	size_t room;
};

struct node {
	char name[NAME_BYTES];
	bool exists;
	struct content seen;
	struct content durable;
	struct change *first;
	struct change **last;
};

struct open_file {
	sqlite3_file base;
	struct node *node;
};

static struct {
	struct node nodes[FILES_MAX];
	uint64_t random;
	enum fault_vfs_kind kind;
	unsigned long countdown;
	bool struck;
	sqlite3_vfs *before;
} disk;

static void *must(void *p)
{
	if (p == NULL) {
		abort();
	}
	return p;
}

static void content_grow(struct content *c, size_t len)
{
	if (len > c->room) {
		c->room = len * 2;
		c->data = must(realloc(c->data, c->room));
	}
	if (len > c->len) {
		memset(c->data + c->len, 0, len - c->len);
		c->len = len;
	}
}

static void content_apply(struct content *c, const struct change *change)
{
	if (change->truncates) {
		c->len = change->offset < c->len ? change->offset : c->len;
		return;
	}
	content_grow(c, change->offset + change->len);
	memcpy(c->data + change->offset, change->data, change->len);
}

static void content_copy(struct content *to, const struct content *from)
{
	to->len = 0;
	content_grow(to, from->len);
	if (from->len > 0) {
		memcpy(to->data, from->data, from->len);
	}
}

/* Remember a change, and let reads see it. */
static void node_change(struct node *node, const void *data, size_t len, size_t offset)
{
	struct change *change = must(malloc(sizeof *change + len));

	*change = (struct change){ .offset = offset, .len = len, .truncates = data == NULL };
	if (data != NULL) {
		memcpy(change->data, data, len);
	}
	*node->last = change;
	node->last = &change->next;
	content_apply(&node->seen, change);
}

/* End the list of changes; each is made durable with the probability of one in odds, none if
 * odds is 0. */
static void node_settle(struct node *node, unsigned odds)
{
	while (node->first != NULL) {
		struct change *change = node->first;

		if (odds > 0 && store_sample_random(&disk.random) % odds == 0) {
			content_apply(&node->durable, change);
		}
		node->first = change->next;
		free(change);
	}
	node->last = &node->first;
}

static void node_forget(struct node *node)
{
	node_settle(node, 0);
	free(node->seen.data);
	free(node->durable.data);
	*node = (struct node){ .exists = false };
	node->last = &node->first;
}

/* Is it this call's turn to fail?  The power stays off, a full disk stays full. */
static bool strikes(enum fault_vfs_kind kind)
{
	if (disk.kind != kind) {
		return false;
	}
	if (disk.countdown > 0) {
		disk.countdown--;
	}
	if (disk.countdown > 0) {
		return false;
	}
	if (disk.struck && kind != FAULT_VFS_POWER && kind != FAULT_VFS_FULL) {
		return false;
	}
	disk.struck = true;
	return true;
}

static bool is_off(void)
{
	return disk.kind == FAULT_VFS_POWER && disk.struck;
}

static struct node *node_of(sqlite3_file *file)
{
	return ((struct open_file *)(void *)file)->node;
}

static int file_close(sqlite3_file *file)
{
	file->pMethods = NULL;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	struct node *node = node_of(file);
	size_t at = (size_t)offset;
	size_t n = (size_t)len;
	size_t there = at < node->seen.len ? node->seen.len - at : 0;

	if (is_off() || strikes(FAULT_VFS_READ)) {
		return SQLITE_IOERR_READ;
	}
	there = there < n ? there : n;
	memset(out, 0, n);
	if (there > 0) {
		memcpy(out, node->seen.data + at, there);
	}
	return there < n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct node *node = node_of(file);
	const uint8_t *from = data;
	size_t at = (size_t)offset;
	size_t left = (size_t)len;
	bool half;

	if (is_off()) {
		return SQLITE_IOERR_WRITE;
	}
	if (at + left > node->seen.len && strikes(FAULT_VFS_FULL)) {
		return SQLITE_FULL;
	}
	half = strikes(FAULT_VFS_WRITE);
	left = half ? left / 2 / SECTOR * SECTOR : left;
	while (left > 0) {
		size_t piece = SECTOR - at % SECTOR;

		piece = piece < left ? piece : left;
		node_change(node, from, piece, at);
		from += piece;
		at += piece;
		left -= piece;
	}
	return half || strikes(FAULT_VFS_POWER) ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (is_off() || strikes(FAULT_VFS_WRITE)) {
		return SQLITE_IOERR_TRUNCATE;
	}
	node_change(node_of(file), NULL, 0, (size_t)size);
	return strikes(FAULT_VFS_POWER) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
	struct node *node = node_of(file);

	(void)flags;
	if (is_off() || strikes(FAULT_VFS_POWER)) {
		return SQLITE_IOERR_FSYNC;
	}
	if (strikes(FAULT_VFS_SYNC_SEEN)) {
		node_settle(node, 0);
		return SQLITE_IOERR_FSYNC;
	}
	if (strikes(FAULT_VFS_SYNC_LOST)) {
		node_settle(node, 0);
		content_copy(&node->seen, &node->durable);
		return SQLITE_IOERR_FSYNC;
	}
	node_settle(node, 1);
	return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)node_of(file)->seen.len;
	return is_off() ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int file_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

static int file_device(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_lock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
};

static struct node *find(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (disk.nodes[i].exists && strcmp(disk.nodes[i].name, name) == 0) {
			return &disk.nodes[i];
		}
	}
	return NULL;
}

static struct node *create(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct node *node = &disk.nodes[i];

		if (!node->exists && strlen(name) < sizeof node->name) {
			node_forget(node);
			node->exists = true;
			memcpy(node->name, name, strlen(name) + 1);
			return node;
		}
	}
	abort();
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct open_file *f = (struct open_file *)(void *)file;

	(void)vfs;
	f->base.pMethods = NULL;
	f->node = name == NULL ? NULL : find(name);
	if (is_off() || name == NULL || (f->node == NULL && (flags & SQLITE_OPEN_CREATE) == 0)) {
		return SQLITE_CANTOPEN;
	}
	if (f->node == NULL) {
		f->node = create(name);
	}
	f->base.pMethods = &methods;
	if (out != NULL) {
		*out = flags;
	}
	return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	struct node *node = find(name);
	bool off = strikes(FAULT_VFS_POWER);

	(void)vfs;
	(void)sync_directory;
	if (node == NULL) {
		return off ? SQLITE_IOERR_DELETE : SQLITE_IOERR_DELETE_NOENT;
	}
	if (!off || store_sample_random(&disk.random) % 2 == 0) {
		node_forget(node);
	}
	return off ? SQLITE_IOERR_DELETE : SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const struct node *node = find(name);

	(void)vfs;
	*out = flags == SQLITE_ACCESS_EXISTS ? node != NULL && node->seen.len > 0 : node != NULL;
	return SQLITE_OK;
}

static int disk_name(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
	(void)vfs;
	(void)sqlite3_snprintf(len, out, "%s", name);
	return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	for (int i = 0; i < len; i++) {
		out[i] = (char)(store_sample_random(&disk.random) & 0x7f);
	}
	return len;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int disk_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	*out = 2460000.5;
	return SQLITE_OK;
}

static int disk_error(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	(void)len;
	(void)out;
	return 0;
}

static sqlite3_vfs fault_vfs = {
	.iVersion = 1,
	.szOsFile = sizeof(struct open_file),
	.mxPathname = NAME_BYTES,
	.zName = "fault",
	.xOpen = disk_open,
	.xDelete = disk_delete,
	.xAccess = disk_access,
	.xFullPathname = disk_name,
	.xRandomness = disk_randomness,
	.xSleep = disk_sleep,
	.xCurrentTime = disk_time,
	.xGetLastError = disk_error,
};

void fault_vfs_install(void)
{
	disk.before = sqlite3_vfs_find(NULL);
	if (sqlite3_vfs_register(&fault_vfs, 1) != SQLITE_OK) {
		abort();
	}
	fault_vfs_clear(0);
}

void fault_vfs_remove(void)
{
	fault_vfs_clear(0);
	(void)sqlite3_vfs_unregister(&fault_vfs);
	(void)sqlite3_vfs_register(disk.before, 1);
}

void fault_vfs_clear(uint64_t seed)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		node_forget(&disk.nodes[i]);
	}
	disk.random = seed;
	sqlite3_randomness(0, NULL); /* its generator is seeded from ours when next asked */
	fault_vfs_fail(FAULT_VFS_NONE, 0);
}

void fault_vfs_fail(enum fault_vfs_kind kind, unsigned long n)
{
	disk.kind = kind;
	disk.countdown = n;
	disk.struck = false;
}

bool fault_vfs_struck(void)
{
	return disk.struck;
}

void fault_vfs_power_cycle(void)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct node *node = &disk.nodes[i];

		if (node->exists) {
			node_settle(node, 2);
			content_copy(&node->seen, &node->durable);
		}
	}
	fault_vfs_fail(FAULT_VFS_NONE, 0);
}

uint8_t *fault_vfs_content(const char *name, size_t *len)
{
	struct node *node = find(name);

	*len = node == NULL ? 0 : node->seen.len;
	return node == NULL ? NULL : node->seen.data;
}
