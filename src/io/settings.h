/* The settings of outpostd: from the command line, and from DIR/outpost.conf under the same
 * names ("name = value", one a line, # begins a comment).
 *
 * What the command line says counts; the file fills in the rest.  A name that is not known, or
 * said twice, and a value that cannot be, are refused with the place. */
#ifndef IO_SETTINGS_H
#define IO_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

#define SETTINGS_PEERS_MAX 64U
#define SETTINGS_TEXT_MAX  512U /* of a value, with its zero */
#define SETTINGS_FILE_MAX  65536U

struct settings {
	char dir[SETTINGS_TEXT_MAX];
	char listen[SETTINGS_TEXT_MAX];
	char peer[SETTINGS_PEERS_MAX][SETTINGS_TEXT_MAX];
	size_t peers;
	char policy[SETTINGS_TEXT_MAX];
	char passphrase_file[SETTINGS_TEXT_MAX];
	char worker[SETTINGS_TEXT_MAX];
	char workers[SETTINGS_TEXT_MAX];
	char user[SETTINGS_TEXT_MAX];
	char control_group[SETTINGS_TEXT_MAX];
	char region[SETTINGS_TEXT_MAX];
	char country[SETTINGS_TEXT_MAX];
	char owner[SETTINGS_TEXT_MAX];
	char label[SETTINGS_TEXT_MAX];
	bool no_discovery;
	bool allow_root;
	bool check_config;
	bool help;
	bool version;
};

/* Read the command line.  What is wrong is written into message.  ERR_MALFORMED, ERR_RANGE,
 * ERR_LIMIT. */
int settings_arguments(struct settings *s, int argc, const char *const argv[], char *message,
		       size_t size);
/* Add what the text of a file says about what is not settled yet; path is for messages. */
int settings_text(struct settings *s, const char *path, struct bytes text, char *message,
		  size_t size);
/* Read DIR/outpost.conf, if there is one. */
int settings_file(struct settings *s, char *message, size_t size);
/* What nobody has said: the defaults.  Checks addresses and numbers. */
int settings_finish(struct settings *s, char *message, size_t size);
/* Print the options, for --help. */
void settings_help(void);

#endif
