/* outpostctl: the node's command line.  A table of commands, and nothing else. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ctl.h"
#include "trust/keys.h"

static const struct {
	const char *name;
	int (*run)(struct ctl *c, int argc, char *argv[]);
	const char *help;
} commands[] = {
	{ "init", ctl_init, "make a node's folder and keys" },
	{ "passport", ctl_passport, "request | sign FILE | install FILE: become a member" },
	{ "check", ctl_check, "check a person: fingerprints in, possible candidates out" },
	{ "review", ctl_review, "give an opinion on a candidate" },
	{ "case", ctl_case, "show one check" },
	{ "queue", ctl_queue, "show all checks and what is to be done about them" },
	{ "action", ctl_action, "report what was done, or that a task is dealt with" },
	{ "notice", ctl_notice, "add | amend | block | withdraw: an owner's notices" },
	{ "gallery", ctl_gallery, "show whom this node can find" },
	{ "peers", ctl_peers, "show the neighbours and what is missing between us" },
	{ "bundle", ctl_bundle, "export | import FILE | show FILE: what a courier carries" },
	{ "status", ctl_status, "show the node" },
	{ "audit", ctl_audit, "show the audit log and check its chain" },
	{ "policy", ctl_policy, "test DIR: try a sharing policy" },
	{ "finger", ctl_finger,
	  "extract | compare | show | convert: fingerprints, without a node" },
	{ "doctor", ctl_doctor, "look for what is wrong with this node" },
};

static int usage(FILE *to)
{
	(void)fputs("usage: outpostctl [--dir DIR] [--officer NAME] [--json] COMMAND [...]\n\n",
		    to);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		(void)fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
	}
	(void)fputs("\n--dir is the node's folder (else $OUTPOST_DIR, else /var/lib/outpost);\n"
		    "--officer is whom the audit log names (else $USER).  See outpostctl(1).\n",
		    to);
	return to == stdout ? CTL_OK : CTL_USAGE;
}

static const char *or_else(const char *a, const char *b)
{
	return a != NULL && a[0] != '\0' ? a : b;
}

static int run(struct ctl *c, int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].name, argv[0]) == 0) {
			return commands[i].run(c, argc, argv);
		}
	}
	return ctl_fail(CTL_USAGE, "there is no command \"%s\"; see outpostctl --help", argv[0]);
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "officer", required_argument, NULL, 'o' },
		{ "worker", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl c = { .dir = or_else(getenv("OUTPOST_DIR"), "/var/lib/outpost"),
			 .officer = or_else(getenv("USER"), "root"),
			 .worker = getenv("OUTPOST_WORKER") };
	int option;
	int rc;

	while ((option = getopt_long(argc, argv, "+d:o:jh", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			c.dir = optarg;
			break;
		case 'o':
			c.officer = optarg;
			break;
		case 'w':
			c.worker = optarg;
			break;
		case 'j':
			c.json = true;
			break;
		case 'h':
			return usage(stdout);
		case 'V':
			(void)puts("outpostctl 0.1.0");
			return CTL_OK;
		default:
			return usage(stderr);
		}
	}
	if (optind == argc) {
		return usage(stderr);
	}
	arena_init(&c.arena, 0);
	rc = run(&c, argc - optind, argv + optind);
	arena_done(&c.arena);
	return rc;
}
