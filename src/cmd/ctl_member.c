/* outpostctl init and passport: a node's beginning. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/ctl.h"
#include "trust/keys.h"
#include "trust/passport.h"

#define PASSPHRASE_MIN 20U
#define PASSPHRASE_MAX 1024U

/* The first line of the file, or what is typed. */
static int passphrase(struct ctl *c, const char *file, struct bytes *out)
{
	const uint8_t *newline;

	if (file == NULL) {
		char *typed = getpass("passphrase (five words or more): ");

		if (typed == NULL) {
			return ctl_fail(CTL_USAGE,
					"init: --passphrase-file, or a terminal to type on");
		}
		*out = arena_copy(&c->arena, bytes_of(typed));
		explicit_bzero(typed, strlen(typed));
	} else {
		int rc = ctl_read_file(c, file, PASSPHRASE_MAX, out);

		if (rc != CTL_OK) {
			return rc;
		}
	}
	newline = memchr(out->data, '\n', out->len);
	out->len = newline != NULL ? (size_t)(newline - out->data) : out->len;
	if (out->len < PASSPHRASE_MIN) {
		return ctl_fail(CTL_USAGE,
				"init: the passphrase is too short: five random words, or %u "
				"characters",
				PASSPHRASE_MIN);
	}
	return CTL_OK;
}

static int write_settings(struct ctl *c, const char *path, const char *const *pairs)
{
	struct buf b;
	int rc;

	(void)c;
	buf_init(&b, 0);
	for (size_t i = 0; pairs[i] != NULL; i += 2) {
		char line[512];

		if (pairs[i + 1] != NULL) {
			(void)snprintf(line, sizeof line, "%s = %s\n", pairs[i], pairs[i + 1]);
			buf_put(&b, line, strlen(line));
		}
	}
	if (b.len == 0) {
		buf_put(&b, "# see outpostd(8)\n", 18);
	}
	rc = ctl_write_file(path, buf_bytes(&b), 0600);
	buf_done(&b);
	return rc;
}

static int write_keys(struct ctl *c, bool founds, struct bytes phrase, bool fast, char *print)
{
	char path[512];
	struct keys *keys = NULL;
	struct buf file;
	int rc = keys_new(founds, &keys);

	buf_init(&file, 0);
	if (rc == ERR_OK) {
		rc = keys_save(keys, phrase, fast ? KEYS_COST_UNLOCK : KEYS_COST_STRONG, &file);
	}
	if (rc == ERR_OK) {
		passport_fingerprint(keys_sign_public(keys), print);
		(void)snprintf(path, sizeof path, "%s/node.key", c->dir);
		rc = ctl_write_file(path, buf_bytes(&file), 0600);
	} else {
		rc = ctl_fail(CTL_INTERNAL, "init: %s", err_text(rc));
	}
	keys_free(keys);
	buf_done(&file);
	return rc;
}

/* What init was told. */
struct beginning {
	const char *role, *region, *country, *owner, *label;
	const char *listen, *policy, *file;
	bool fast, founds;
};

static int check_beginning(struct beginning *b)
{
	const char *country = b->country;

	b->founds = strcmp(b->role, "hq") == 0;
	if (!b->founds && strcmp(b->role, "post") != 0) {
		return ctl_fail(CTL_USAGE, "init: --role is hq for a headquarters that founds a "
					   "region, else post: what a node may do stands in its "
					   "passport");
	}
	if (!b->founds) {
		return CTL_OK;
	}
	if (b->region == NULL || country == NULL || b->owner == NULL || b->label == NULL) {
		return ctl_fail(CTL_USAGE,
				"init: a headquarters that founds a region needs --region, "
				"--country, --owner and --label");
	}
	if (strlen(country) != 3 || strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) {
		return ctl_fail(CTL_USAGE, "init: --country is three letters: UTO");
	}
	return CTL_OK;
}

/* A new folder, or one that is private already: nobody else's is taken over. */
static int make_dir(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) == 0) {
		return CTL_OK;
	}
	if (errno != EEXIST || stat(dir, &st) != 0) {
		return ctl_fail(CTL_USAGE, "%s: %s", dir, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0077) != 0) {
		return ctl_fail(CTL_USAGE,
				"%s is there and is no private folder of yours: chmod 0700 it, or "
				"name one that is not there yet",
				dir);
	}
	return CTL_OK;
}

static int write_conf(struct ctl *c, const struct beginning *b)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/outpost.conf", c->dir);
	return write_settings(
	    c, path,
	    (const char *const[]){
		"region", b->founds ? b->region : NULL, "country", b->founds ? b->country : NULL,
		"owner", b->founds ? b->owner : NULL, "label", b->founds ? b->label : NULL,
		"listen", b->listen, "policy", b->policy, "passphrase-file", b->file, NULL });
}

static void tell_beginning(const struct ctl *c, bool founds, const char *print)
{
	if (c->json) {
		json_t *json = json_pack("{s:s,s:s}", "dir", c->dir, "fingerprint", print);

		(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
		json_decref(json);
		return;
	}
	(void)printf("%s is ready.\nfingerprint %s\nnext: start outpostd --dir %s%s\n", c->dir,
		     print, c->dir, founds ? "" : ", then outpostctl passport request");
}

int ctl_init(struct ctl *c, int argc, char *argv[])
{
	struct beginning b = { .role = "post" };
	const struct ctl_option options[] = {
		{ "role", &b.role, NULL },        { "region", &b.region, NULL },
		{ "country", &b.country, NULL },  { "owner", &b.owner, NULL },
		{ "label", &b.label, NULL },      { "listen", &b.listen, NULL },
		{ "policy", &b.policy, NULL },    { "passphrase-file", &b.file, NULL },
		{ "fast-unlock", NULL, &b.fast },
	};
	char print[PASSPORT_PRINT_BYTES + 8];
	struct bytes phrase = { NULL, 0 };
	int rc = ctl_only_options(argc, argv, options, sizeof options / sizeof options[0]);

	if (rc == CTL_OK) {
		rc = check_beginning(&b);
	}
	if (rc == CTL_OK) {
		rc = passphrase(c, b.file, &phrase);
	}
	if (rc == CTL_OK) {
		rc = make_dir(c->dir);
	}
	if (rc == CTL_OK) {
		rc = write_keys(c, b.founds, phrase, b.fast, print);
	}
	if (rc == CTL_OK) {
		rc = write_conf(c, &b);
	}
	if (rc == CTL_OK) {
		tell_beginning(c, b.founds, print);
	}
	return rc;
}

static int request(struct ctl *c, int argc, char *argv[])
{
	const char *label = NULL;
	const char *output = "passport.request";
	const struct ctl_option options[] = { { "label", &label, NULL },
					      { "output", &output, NULL } };
	struct ask_label ask;
	struct answer_file file = { .content = { NULL, 0 } };
	int rc = ctl_only_options(argc, argv, options, 2);

	if (rc == CTL_OK && label == NULL) {
		return ctl_fail(CTL_USAGE,
				"passport request: --label NAME says which post this is");
	}
	if (rc == CTL_OK) {
		ask.label = bytes_of(label);
		rc = ctl_ask(c, "passport.request", &ask, &file);
	}
	if (rc == CTL_OK) {
		rc = ctl_write_file(output, file.content, 0644);
	}
	if (rc == CTL_OK && !ctl_json(c, ask_find(bytes_of("passport.request"))->answer, &file)) {
		(void)printf("%s written\nfingerprint %.*s\nThe issuer compares it with what "
			     "\"passport sign\" prints.\n",
			     output, (int)file.fingerprint.len,
			     (const char *)file.fingerprint.data);
	}
	return rc;
}

static int sign(struct ctl *c, int argc, char *argv[])
{
	const char *role = "post";
	const char *region = NULL;
	const char *country = NULL;
	const char *owner = NULL;
	const char *days = NULL;
	const char *output = "passport.grant";
	const struct ctl_option options[] = {
		{ "role", &role, NULL },       { "region", &region, NULL },
		{ "country", &country, NULL }, { "owner", &owner, NULL },
		{ "days", &days, NULL },       { "output", &output, NULL },
	};
	struct ask_sign ask = { .days = 0 };
	struct answer_file file = { .content = { NULL, 0 } };
	int rest;
	int rc = ctl_options(argc, argv, options, sizeof options / sizeof options[0], &rest);

	if (rc == CTL_OK && rest + 1 != argc) {
		return ctl_fail(CTL_USAGE, "passport sign: one request file");
	}
	if (rc == CTL_OK) {
		rc = ctl_number("--days", days, 400, &ask.days);
	}
	if (rc == CTL_OK) {
		rc = ctl_read_file(c, argv[rest], 4096, &ask.request);
	}
	if (rc == CTL_OK) {
		ask.role = bytes_of(role);
		ask.region = bytes_of(region);
		ask.country = bytes_of(country);
		ask.owner = bytes_of(owner);
		rc = ctl_ask(c, "passport.sign", &ask, &file);
	}
	if (rc == CTL_OK) {
		rc = ctl_write_file(output, file.content, 0600);
	}
	if (rc == CTL_OK && !ctl_json(c, ask_find(bytes_of("passport.sign"))->answer, &file)) {
		(void)printf(
		    "%s written for node %.*s\nfingerprint %.*s\nHand it over only if the node "
		    "shows the same.\n",
		    output, (int)file.node.len, (const char *)file.node.data,
		    (int)file.fingerprint.len, (const char *)file.fingerprint.data);
	}
	return rc;
}

static int install(struct ctl *c, int argc, char *argv[])
{
	struct ask_install ask;
	int rc;

	if (argc != 2) {
		return ctl_fail(CTL_USAGE, "passport install: one grant file");
	}
	rc = ctl_read_file(c, argv[1], 16384, &ask.grant);
	if (rc == CTL_OK) {
		rc = ctl_ask(c, "passport.install", &ask, NULL);
	}
	if (rc == CTL_OK && !ctl_json_done(c)) {
		(void)puts("This node is a member now.");
	}
	return rc;
}

int ctl_passport(struct ctl *c, int argc, char *argv[])
{
	if (argc > 1 && strcmp(argv[1], "request") == 0) {
		return request(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "sign") == 0) {
		return sign(c, argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "install") == 0) {
		return install(c, argc - 1, argv + 1);
	}
	return ctl_fail(CTL_USAGE,
			"passport request --label NAME [--output FILE] | sign FILE [--role "
			"post|relay|region|hq] [--owner AGENCY] | install FILE");
}
