#include "io/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/address.h"

#define LINE_MAX_BYTES 1024U

enum option_kind { TEXT, PEER, FLAG };

/* The one list: the command line, the file and the help are read from it. */
static const struct option_row {
	const char *name;
	enum option_kind kind;
	bool in_file; /* may stand in outpost.conf */
	size_t offset;
	const char *value;
	const char *help;
} rows[] = {
#define AT(member) offsetof(struct settings, member)
	{ "dir", TEXT, false, AT(dir), "DIR", "where the node lives: keys, store, control socket" },
	{ "listen", TEXT, true, AT(listen), "ADDR:PORT",
	  "where peers can call [default [::]:4700]" },
	{ "peer", PEER, true, AT(peer), "ADDR:PORT", "a peer to be called for ever; repeatable" },
	{ "policy", TEXT, true, AT(policy), "FILE", "the sharing policy, in Lua" },
	{ "passphrase-file", TEXT, true, AT(passphrase_file), "FILE",
	  "opens the keys [default $CREDENTIALS_DIRECTORY/passphrase, else it is asked for]" },
	{ "no-discovery", FLAG, true, AT(no_discovery), NULL,
	  "neither announce this node on the local network nor look for others" },
	{ "workers", TEXT, true, AT(workers), "N",
	  "how many outpost-worker processes [default 1]" },
	{ "worker", TEXT, true, AT(worker), "FILE",
	  "the outpost-worker program [default $OUTPOST_WORKER, else the installed one]" },
	{ "control-group", TEXT, true, AT(control_group), "GROUP",
	  "whose members may use the control socket" },
	{ "user", TEXT, true, AT(user), "NAME", "become this user first" },
	{ "region", TEXT, true, AT(region), "NAME", "of a headquarters that founds a region" },
	{ "country", TEXT, true, AT(country), "CODE", "likewise, three letters" },
	{ "owner", TEXT, true, AT(owner), "NAME", "likewise, the agency" },
	{ "label", TEXT, true, AT(label), "NAME", "likewise, what people call it" },
	{ "allow-root", FLAG, false, AT(allow_root), NULL, "run as root; for tests" },
	{ "check-config", FLAG, false, AT(check_config), NULL,
	  "read the settings, say what is wrong, end" },
	{ "help", FLAG, false, AT(help), NULL, "show this" },
	{ "version", FLAG, false, AT(version), NULL, "show the version" },
#undef AT
};

#define ROWS (sizeof rows / sizeof rows[0])

static const struct option_row *find(const char *name, size_t len)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

static void *member(struct settings *s, const struct option_row *row)
{
	return (uint8_t *)s + row->offset;
}

static int set_text(char *to, const char *value)
{
	size_t len = strlen(value);

	if (len == 0) {
		return ERR_MALFORMED;
	}
	if (len >= SETTINGS_TEXT_MAX) {
		return ERR_LIMIT;
	}
	memcpy(to, value, len + 1);
	return ERR_OK;
}

static int set_flag(bool *to, const char *value)
{
	if (value == NULL || strcmp(value, "yes") == 0) {
		*to = true;
		return ERR_OK;
	}
	return strcmp(value, "no") == 0 ? ERR_OK : ERR_MALFORMED;
}

static int set(struct settings *s, const struct option_row *row, const char *value)
{
	int rc;

	switch (row->kind) {
	case TEXT:
		return set_text(member(s, row), value);
	case FLAG:
		return set_flag(member(s, row), value);
	case PEER:
		break;
	}
	if (s->peers == SETTINGS_PEERS_MAX) {
		return ERR_LIMIT;
	}
	rc = set_text(s->peer[s->peers], value);
	s->peers += rc == ERR_OK;
	return rc;
}

/* ---- the command line ---- */

int settings_arguments(struct settings *s, int argc, const char *const argv[], char *message,
		       size_t size)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i] + 2;
		const char *equals = strchr(argv[i], '=');
		const struct option_row *row = NULL;
		const char *value = equals != NULL ? equals + 1 : NULL;
		int rc;

		if (strncmp(argv[i], "--", 2) == 0) {
			row = find(name, equals != NULL ? (size_t)(equals - name) : strlen(name));
		}
		if (row == NULL) {
			(void)snprintf(message, size, "%.200s: there is no such option", argv[i]);
			return ERR_MALFORMED;
		}
		if (row->kind == FLAG ? value != NULL : value == NULL && i + 1 == argc) {
			(void)snprintf(message, size, "--%s: %s", row->name,
				       row->kind == FLAG ? "takes no value" : "needs a value");
			return ERR_MALFORMED;
		}
		if (row->kind != FLAG && value == NULL) {
			value = argv[++i];
		}
		rc = set(s, row, value);
		if (rc != ERR_OK) {
			(void)snprintf(message, size, "--%s: %s", row->name, err_text(rc));
			return rc;
		}
	}
	return ERR_OK;
}

void settings_help(void)
{
	(void)printf("usage: outpostd --dir DIR [OPTION...]\n"
		     "The node of a border post, a relay, a region or headquarters.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[64];

		(void)snprintf(left, sizeof left, "--%s%s%s", rows[i].name,
			       rows[i].value != NULL ? " " : "",
			       rows[i].value != NULL ? rows[i].value : "");
		(void)printf("  %-26s %s\n", left, rows[i].help);
	}
	(void)printf(
	    "\nMost may also stand in DIR/outpost.conf, as \"name = value\"; see outpostd(8).\n");
}

/* ---- the file ---- */

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
		*--end = '\0';
	}
	while (*text == ' ' || *text == '\t') {
		text++;
	}
	return text;
}

/* What the settings had before the file: that counts more. */
static bool is_settled(const struct settings *before, const struct option_row *row)
{
	const void *p = (const uint8_t *)before + row->offset;

	return row->kind == PEER   ? before->peers > 0
	       : row->kind == FLAG ? *(const bool *)p
				   : *(const char *)p != '\0';
}

static int take_line(struct settings *s, const struct settings *before, char *line, bool *seen,
		     const char **what)
{
	char *equals;
	const struct option_row *row;

	*what = "";
	line = trim(line);
	if (*line == '\0' || *line == '#') {
		return ERR_OK;
	}
	equals = strchr(line, '=');
	if (equals == NULL) {
		*what = "there is no = in it";
		return ERR_MALFORMED;
	}
	*equals = '\0';
	line = trim(line);
	row = find(line, strlen(line));
	if (row == NULL || !row->in_file) {
		*what = "there is no such setting";
		return ERR_MALFORMED;
	}
	if (row->kind != PEER && seen[row - rows]) {
		*what = "it was said before";
		return ERR_MALFORMED;
	}
	seen[row - rows] = true;
	return is_settled(before, row) ? ERR_OK : set(s, row, trim(equals + 1));
}

int settings_text(struct settings *s, const char *path, struct bytes text, char *message,
		  size_t size)
{
	struct settings before = *s;
	bool seen[ROWS] = { false };
	size_t at = 0;
	unsigned number = 0;

	while (at < text.len) {
		const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
		size_t len = end != NULL ? (size_t)(end - text.data) - at : text.len - at;
		char line[LINE_MAX_BYTES];
		const char *what = "it is too long, or no text";
		int rc = bytes_text((struct bytes){ text.data + at, len }, line, sizeof line);

		number++;
		at += len + 1;
		if (rc == ERR_OK) {
			rc = take_line(s, &before, line, seen, &what);
		}
		if (rc != ERR_OK) {
			(void)snprintf(message, size, "%s:%u: %.100s: %s", path, number, trim(line),
				       *what != '\0' ? what : err_text(rc));
			return rc;
		}
	}
	return ERR_OK;
}

int settings_file(struct settings *s, char *message, size_t size)
{
	static uint8_t text[SETTINGS_FILE_MAX];
	char path[SETTINGS_TEXT_MAX + 16];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof path, "%s/outpost.conf", s->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		return ERR_OK;
	}
	len = fd < 0 ? -1 : read(fd, text, sizeof text);
	if (fd >= 0) {
		(void)close(fd);
	}
	if (len < 0 || (size_t)len == sizeof text) {
		(void)snprintf(message, size, "%s: %s", path,
			       len < 0 ? strerror(errno) : "it is too long");
		return len < 0 ? ERR_IO : ERR_LIMIT;
	}
	return settings_text(s, path, (struct bytes){ text, (size_t)len }, message, size);
}

/* ---- together ---- */

static int check_address(const char *name, const char *text, char *message, size_t size)
{
	struct address_parts parts;
	int rc = address_parse(bytes_of(text), &parts);

	if (rc == ERR_OK && strcmp(name, "listen") == 0 && !parts.numeric) {
		rc = ERR_MALFORMED;
	}
	if (rc != ERR_OK) {
		(void)snprintf(message, size, "%s: \"%.100s\" is no address such as %s: %s", name,
			       text, "192.0.2.1:4700 or [2001:db8::1]:4700", err_text(rc));
	}
	return rc;
}

static int check_founding(const struct settings *s, char *message, size_t size)
{
	bool any = s->region[0] != '\0' || s->country[0] != '\0' || s->owner[0] != '\0' ||
		   s->label[0] != '\0';
	bool all = s->region[0] != '\0' && s->country[0] != '\0' && s->owner[0] != '\0' &&
		   s->label[0] != '\0';

	if (any && !all) {
		(void)snprintf(message, size,
			       "region, country, owner and label belong together: one is missing");
		return ERR_MALFORMED;
	}
	return ERR_OK;
}

int settings_finish(struct settings *s, char *message, size_t size)
{
	int rc = ERR_OK;

	if (s->listen[0] == '\0') {
		(void)set_text(s->listen, "[::]:4700");
	}
	if (s->workers[0] == '\0') {
		(void)set_text(s->workers, "1");
	}
	if (strcmp(s->workers, "1") != 0 && strcmp(s->workers, "2") != 0) {
		(void)snprintf(message, size, "workers: 1 or 2, not \"%.40s\"", s->workers);
		return ERR_RANGE;
	}
	if (strcmp(s->listen, "none") != 0) {
		rc = check_address("listen", s->listen, message, size);
	}
	for (size_t i = 0; rc == ERR_OK && i < s->peers; i++) {
		rc = check_address("peer", s->peer[i], message, size);
	}
	return rc == ERR_OK ? check_founding(s, message, size) : rc;
}
