/* What the commands of outpostctl share; for src/cmd alone. */
#ifndef CMD_CTL_H
#define CMD_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "node/ask.h"

enum ctl_exit {
	CTL_OK = 0,
	CTL_NEGATIVE = 1, /* it worked, and the answer is no */
	CTL_USAGE = 2,
	CTL_UNREACHED = 3,
	CTL_DENIED = 4,
	CTL_PARTIAL = 5,
	CTL_INTERNAL = 70,
	CTL_LATER = 75,
};

/* What stands before the command. */
struct ctl {
	const char *dir;
	const char *officer;
	const char *worker;
	bool json;
	struct arena arena; /* for the whole run */
};

/* An option of a command: "--name VALUE", or "--name" when value is NULL and flag is not. */
struct ctl_option {
	const char *name;
	const char **value;
	bool *flag;
};

/* ---- ctl_arguments.c ---- */

/* Read a command's options; argv[0] is the command.  The rest begins at *rest.  Prints what
 * is wrong and returns CTL_USAGE. */
int ctl_options(int argc, char *argv[], const struct ctl_option *options, size_t count, int *rest);
/* The same where nothing may follow the options. */
int ctl_only_options(int argc, char *argv[], const struct ctl_option *options, size_t count);
/* A whole number of at most max; NULL leaves *out as it is.  name is for the complaint. */
int ctl_number(const char *name, const char *text, uint64_t max, uint64_t *out);
/* "border,identify" to purpose bits. */
int ctl_purposes(const char *words, uint64_t *out);
/* "1985-03-12", "1985-03" or "1985" to first and last yyyymmdd. */
int ctl_birth(const char *text, uint64_t *from, uint64_t *to);
/* Print "outpostctl: ..." on stderr and return the code. */
int ctl_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- ctl_ask.c ---- */

/* Ask the node; out is decoded by the verb's schema (NULL: none wanted).  A refusal is
 * printed, in JSON too, and its exit code returned. */
int ctl_ask(struct ctl *c, const char *verb, const void *body, void *out);
/* With --json: print the object by the schema and return true. */
bool ctl_json(const struct ctl *c, const struct schema *schema, const void *object);
/* With --json: print {} for a command that has nothing to tell, and return true. */
bool ctl_json_done(const struct ctl *c);
/* All cases of the node, newest first, asked for piece by piece: struct answer_case. */
int ctl_cases(struct ctl *c, struct list *out);
/* 16 bytes from their hex; a prefix is completed from the node's queue. */
int ctl_encounter(struct ctl *c, const char *hex, uint8_t out[16]);

/* ---- ctl_files.c ---- */

/* Whole files.  The bytes live in the arena. */
int ctl_read_file(struct ctl *c, const char *path, size_t max, struct bytes *out);
/* A new file; it must not be there. */
int ctl_write_file(const char *path, struct bytes content, unsigned mode);
/* A file for its owner alone, in place of one that may be there: all of it or nothing. */
int ctl_replace_file(const char *path, struct bytes content);
/* FILE[@POSITION][:PPI] arguments as files to be handed in. */
int ctl_files(struct ctl *c, int argc, char *argv[], struct list *out);

/* ---- ctl_try.c ---- */

/* What outpost-worker makes of FILE[@POSITION][:PPI]: struct worker_sample. */
int ctl_examine(struct ctl *c, char *argument, struct list *out);

/* ---- the commands; each prints its own help ---- */

int ctl_init(struct ctl *c, int argc, char *argv[]);
int ctl_passport(struct ctl *c, int argc, char *argv[]);
int ctl_notice(struct ctl *c, int argc, char *argv[]);
int ctl_check(struct ctl *c, int argc, char *argv[]);
int ctl_review(struct ctl *c, int argc, char *argv[]);
int ctl_action(struct ctl *c, int argc, char *argv[]);
int ctl_case(struct ctl *c, int argc, char *argv[]);
int ctl_queue(struct ctl *c, int argc, char *argv[]);
int ctl_gallery(struct ctl *c, int argc, char *argv[]);
int ctl_peers(struct ctl *c, int argc, char *argv[]);
int ctl_status(struct ctl *c, int argc, char *argv[]);
int ctl_audit(struct ctl *c, int argc, char *argv[]);
int ctl_bundle(struct ctl *c, int argc, char *argv[]);
int ctl_policy(struct ctl *c, int argc, char *argv[]);
int ctl_finger(struct ctl *c, int argc, char *argv[]);
/* finger show, with argv[0] "show" */
int ctl_show(struct ctl *c, int argc, char *argv[]);
/* finger convert, with argv[0] "convert" */
int ctl_finger_convert(struct ctl *c, int argc, char *argv[]);
int ctl_doctor(struct ctl *c, int argc, char *argv[]);

#endif
