/* outpostd: one node of Outpost, as a daemon (docs/man/outpostd.8.scd). */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "io/control.h"
#include "io/lockdown.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/notify.h"
#include "io/settings.h"
#include "io/worker_once.h"

#ifndef OUTPOST_VERSION
#define OUTPOST_VERSION "0.1.0"
#endif

#define KEY_FILE_MAX   65536U
#define PASSPHRASE_MAX 1024U
#define PATH_MAX_BYTES (SETTINGS_TEXT_MAX + 64U)

enum exit_code {
	EXIT_DONE = 0,
	EXIT_USAGE = 2,
	EXIT_DENIED = 4,
	EXIT_BUSY = 6,
	EXIT_FAILED = 70, /* start again from disk */
	EXIT_LATER = 75,
};

struct daemon {
	struct settings settings;
	struct keys *keys;
	struct store *store;
	struct node_policy policy;
	char policy_label[NODE_LABEL_MAX];
	struct node *node;
	struct loop *loop;
	char worker[PATH_MAX_BYTES];
	char control[PATH_MAX_BYTES];
	const char *peers[SETTINGS_PEERS_MAX];
};

static int fail(int code, const char *what, const char *why)
{
	log_write(LOG_LEVEL_ERROR, "start", "what=\"%s\" err=\"%s\"", what, why);
	return code;
}

/* ---- files ---- */

/* At most size - 1 bytes; *mode as fstat() says.  errno tells why not. */
static int read_file(const char *path, uint8_t *data, size_t size, size_t *len, mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t done = 0;
	ssize_t n = 0;

	if (fd < 0) {
		return ERR_IO;
	}
	if (fstat(fd, &st) == 0) {
		*mode = st.st_mode;
		do {
			n = read(fd, data + done, size - done);
			done += n > 0 ? (size_t)n : 0;
		} while (n > 0 && done < size);
	} else {
		n = -1;
	}
	(void)close(fd);
	if (n < 0) {
		return ERR_IO;
	}
	*len = done;
	return done < size ? ERR_OK : ERR_LIMIT;
}

/* Nobody else may look into the node's directory; a control group may pass through it. */
static int check_dir(const struct settings *s)
{
	mode_t others = s->control_group[0] != '\0' ? 0027 : 0077;
	struct stat st;

	if (stat(s->dir, &st) != 0) {
		return fail(EXIT_USAGE, s->dir, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode)) {
		return fail(EXIT_USAGE, s->dir, "it is no directory");
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		return fail(EXIT_DENIED, s->dir, "it belongs to another user");
	}
	if ((st.st_mode & others) != 0) {
		return fail(EXIT_DENIED, s->dir,
			    others == 0077 ? "others may look into it: chmod 0700"
					   : "others may look into it: chmod 0710");
	}
	return EXIT_DONE;
}

/* ---- keys ---- */

static int type_passphrase(char *out, size_t size)
{
	FILE *tty = fopen("/dev/tty", "r+e");
	struct termios old;
	struct termios quiet;
	bool read = false;

	if (tty == NULL || tcgetattr(fileno(tty), &old) != 0) {
		if (tty != NULL) {
			(void)fclose(tty);
		}
		return fail(EXIT_USAGE, "passphrase",
			    "neither --passphrase-file nor $CREDENTIALS_DIRECTORY nor a terminal");
	}
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)setvbuf(tty, NULL, _IONBF, 0);
	(void)fputs("passphrase: ", tty);
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	read = fgets(out, (int)size, tty) != NULL;
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
	(void)fputc('\n', tty);
	(void)fclose(tty);
	return read ? EXIT_DONE : fail(EXIT_USAGE, "passphrase", "nothing was typed");
}

static int get_passphrase(const struct settings *s, char *out, size_t size)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX_BYTES];
	size_t len = 0;
	mode_t mode = 0;
	int rc;

	if (s->passphrase_file[0] != '\0') {
		(void)snprintf(path, sizeof path, "%s", s->passphrase_file);
	} else if (credentials != NULL) {
		(void)snprintf(path, sizeof path, "%.512s/passphrase", credentials);
	} else {
		return type_passphrase(out, size);
	}
	rc = read_file(path, (uint8_t *)out, size, &len, &mode);
	if (rc != ERR_OK) {
		return fail(EXIT_USAGE, path, rc == ERR_IO ? strerror(errno) : err_text(rc));
	}
	out[len] = '\0';
	if ((mode & 0077) != 0) {
		log_write(LOG_LEVEL_WARN, "start",
			  "what=\"%s\" err=\"others may read the passphrase: chmod 0600\"", path);
	}
	return EXIT_DONE;
}

static int open_keys(struct daemon *d)
{
	static char passphrase[PASSPHRASE_MAX];
	static uint8_t file[KEY_FILE_MAX];
	char path[PATH_MAX_BYTES];
	size_t len = 0;
	mode_t mode = 0;
	int rc;

	(void)snprintf(path, sizeof path, "%s/node.key", d->settings.dir);
	rc = read_file(path, file, sizeof file, &len, &mode);
	if (rc != ERR_OK) {
		return fail(EXIT_USAGE, path,
			    rc == ERR_IO && errno == ENOENT ? "no keys: run outpostctl init first"
			    : rc == ERR_IO                  ? strerror(errno)
							    : err_text(rc));
	}
	if ((mode & 0077) != 0) {
		return fail(EXIT_DENIED, path, "others may read it: chmod 0600");
	}
	(void)mlock(passphrase, sizeof passphrase);
	rc = get_passphrase(&d->settings, passphrase, sizeof passphrase);
	if (rc == EXIT_DONE) {
		passphrase[strcspn(passphrase, "\n")] = '\0';
		rc = keys_load((struct bytes){ file, len }, bytes_of(passphrase), &d->keys);
		rc = rc == ERR_OK ? EXIT_DONE
		     : rc == ERR_FORGED
			 ? fail(EXIT_DENIED, path, "wrong passphrase, or a damaged file")
			 : fail(EXIT_USAGE, path, err_text(rc));
	}
	explicit_bzero(passphrase, sizeof passphrase);
	return rc;
}

/* ---- store and policy ---- */

static int open_store(struct daemon *d)
{
	struct fault fault = { .what = "" };
	char url[PATH_MAX_BYTES];
	int rc;

	(void)snprintf(url, sizeof url, "sqlite:%s/store.db", d->settings.dir);
	rc = store_open(url, &d->store, &fault);
	if (rc == ERR_OK) {
		return EXIT_DONE;
	}
	log_write(LOG_LEVEL_ERROR, "start", "what=\"%s\" place=\"%s\" err=\"%s\"", url + 7,
		  fault.what != NULL ? fault.what : "", err_text(rc));
	return rc == ERR_BUSY          ? EXIT_BUSY
	       : rc == ERR_UNSUPPORTED ? EXIT_USAGE
	       : rc == ERR_FULL        ? EXIT_LATER
				       : EXIT_FAILED;
}

static uint64_t cpu_us(void *context)
{
	struct timespec t = { 0 };

	(void)context;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

/* Read the policy file; on a refusal nothing has changed. */
static int load_policy(const struct settings *s, struct node_policy *out,
		       char label[NODE_LABEL_MAX])
{
	const struct policy_limits limits = { .cpu_clock = cpu_us };
	static uint8_t source[POLICY_SOURCE_MAX + 1];
	uint8_t hash[KEYS_HASH_BYTES];
	char hex[17];
	char message[256] = "";
	size_t len = 0;
	mode_t mode = 0;
	int rc = read_file(s->policy, source, sizeof source, &len, &mode);

	if (rc != ERR_OK) {
		return fail(EXIT_USAGE, s->policy, rc == ERR_IO ? strerror(errno) : err_text(rc));
	}
	rc = policy_new((struct bytes){ source, len }, &limits, &out->policy, message,
			sizeof message);
	if (rc != ERR_OK) {
		return fail(EXIT_USAGE, s->policy, message[0] != '\0' ? message : err_text(rc));
	}
	keys_hash((struct bytes){ source, len }, hash);
	bytes_hex(hash, 8, hex);
	(void)snprintf(label, NODE_LABEL_MAX, "%s version %llu, %s", policy_name(out->policy),
		       (unsigned long long)policy_version(out->policy), hex);
	memcpy(out->digest, hash, sizeof out->digest);
	out->label = label;
	return EXIT_DONE;
}

/* The node answers by it now, and has said so in its audit log. */
static void take_policy(struct daemon *d, const struct node_policy *policy)
{
	log_write(LOG_LEVEL_INFO, "reload", "state=changed policy=\"%s\" was=\"%s\"", policy->label,
		  d->policy_label);
	policy_free(d->policy.policy);
	d->policy = *policy;
	memcpy(d->policy_label, policy->label, strlen(policy->label) + 1);
	d->policy.label = d->policy_label;
}

static void on_reload(void *context)
{
	struct daemon *d = context;
	struct node_policy policy = { .policy = NULL };
	char label[NODE_LABEL_MAX];
	int rc;

	(void)notify_send("RELOADING=1");
	if (d->settings.policy[0] == '\0') {
		log_write(LOG_LEVEL_INFO, "reload", "state=kept policy=none");
	} else if (load_policy(&d->settings, &policy, label) != EXIT_DONE) {
		log_write(LOG_LEVEL_ERROR, "reload", "state=kept policy=\"%s\"", d->policy_label);
	} else {
		rc = loop_tell(d->loop, &(struct event){ .kind = EVENT_POLICY, .policy = &policy });
		if (rc != ERR_OK) {
			log_write(LOG_LEVEL_ERROR, "reload", "state=kept policy=\"%s\" err=\"%s\"",
				  d->policy_label, err_text(rc));
			policy_free(policy.policy);
		} else {
			take_policy(d, &policy);
		}
	}
	(void)notify_send("READY=1");
}

/* ---- the node ---- */

static int make_node(struct daemon *d)
{
	const struct settings *s = &d->settings;
	struct node_config config = {
		.store = d->store,
		.keys = d->keys,
		.policy = d->policy.policy,
		.policy_label = d->policy.label,
		.founding = { .region = s->region[0] != '\0' ? s->region : NULL,
			      .country = s->country[0] != '\0' ? s->country : NULL,
			      .owner = s->owner[0] != '\0' ? s->owner : NULL,
			      .label = s->label[0] != '\0' ? s->label : NULL },
	};
	int rc;

	memcpy(config.policy_digest, d->policy.digest, sizeof config.policy_digest);
	if (keys_region_public(d->keys) != NULL && config.founding.region == NULL) {
		return fail(EXIT_USAGE, "outpost.conf",
			    "keys that found a region need region, country, owner and label");
	}
	rc = node_new(&config, &d->node);
	return rc == ERR_OK ? EXIT_DONE : fail(EXIT_FAILED, "node", err_text(rc));
}

static int find_group(const char *name, gid_t *out)
{
	const struct group *group = getgrnam(name);

	if (group == NULL) {
		return fail(EXIT_USAGE, name, "there is no such group");
	}
	*out = group->gr_gid;
	return EXIT_DONE;
}

static int run_node(struct daemon *d)
{
	const struct settings *s = &d->settings;
	struct loop_config config = {
		.node = d->node,
		.listen = strcmp(s->listen, "none") == 0 ? NULL : s->listen,
		.control = d->control,
		.control_group = CONTROL_NO_GROUP,
		.peers = d->peers,
		.peer_count = s->peers,
		.discovery = !s->no_discovery,
		.worker = worker_once_find(s->worker[0] != '\0' ? s->worker : NULL, d->worker,
					   sizeof d->worker),
		.workers = s->workers[0] == '2' ? 2 : 1,
		.signals = true,
		.on_reload = on_reload,
		.context = d,
	};
	struct fault fault = { .what = "" };
	int rc = s->control_group[0] != '\0' ? find_group(s->control_group, &config.control_group)
					     : EXIT_DONE;

	if (rc != EXIT_DONE) {
		return rc;
	}
	for (size_t i = 0; i < s->peers; i++) {
		d->peers[i] = s->peer[i];
	}
	(void)snprintf(d->control, sizeof d->control, "%s/control", s->dir);
	rc = loop_new(&config, &d->loop, &fault);
	if (rc != ERR_OK) {
		(void)fail(0, fault.what != NULL ? fault.what : "", err_text(rc));
		return rc == ERR_STORE || rc == ERR_CORRUPT ? EXIT_FAILED
		       : rc == ERR_EXISTS                   ? EXIT_LATER
		       : rc == ERR_DENIED                   ? EXIT_DENIED
							    : EXIT_USAGE;
	}
	log_write(LOG_LEVEL_INFO, "start", "state=ready version=%s port=%u policy=\"%s\"",
		  OUTPOST_VERSION, loop_port(d->loop),
		  d->policy.label != NULL ? d->policy.label : "none");
	(void)notify_send("READY=1");
	rc = loop_run(d->loop);
	(void)notify_send("STOPPING=1");
	log_write(rc == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "end", "err=\"%s\"",
		  rc == ERR_OK ? "none" : err_text(rc));
	return rc == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

static int lock_down(const struct settings *s)
{
	int rc = lockdown_user(s->user[0] != '\0' ? s->user : NULL, s->allow_root);

	if (rc == ERR_DENIED) {
		return fail(EXIT_DENIED, "root",
			    "outpostd does not run as root: --user NAME, or --allow-root in tests");
	}
	if (rc != ERR_OK) {
		return fail(EXIT_USAGE, s->user, err_text(rc));
	}
	rc = lockdown_process();
	return rc == ERR_OK ? EXIT_DONE : fail(EXIT_FAILED, "lockdown", err_text(rc));
}

static int run(struct daemon *d)
{
	int rc = lock_down(&d->settings);

	if (rc == EXIT_DONE) {
		rc = check_dir(&d->settings);
	}
	if (rc == EXIT_DONE) {
		rc = open_keys(d);
	}
	if (rc == EXIT_DONE) {
		rc = open_store(d);
	}
	if (rc == EXIT_DONE && d->settings.policy[0] != '\0') {
		rc = load_policy(&d->settings, &d->policy, d->policy_label);
	}
	if (rc == EXIT_DONE) {
		rc = make_node(d);
	}
	if (rc == EXIT_DONE) {
		rc = run_node(d);
	}
	loop_free(d->loop);
	node_free(d->node);
	policy_free(d->policy.policy);
	store_close(d->store);
	keys_free(d->keys);
	return rc;
}

int main(int argc, char *argv[])
{
	static struct daemon d;
	struct settings *s = &d.settings;
	char message[1024] = "";
	int rc = settings_arguments(s, argc, (const char *const *)argv, message, sizeof message);

	if (rc == ERR_OK && s->help) {
		settings_help();
		return EXIT_DONE;
	}
	if (rc == ERR_OK && s->version) {
		(void)printf("outpostd %s\n", OUTPOST_VERSION);
		return EXIT_DONE;
	}
	if (rc == ERR_OK && s->dir[0] == '\0') {
		(void)snprintf(message, sizeof message, "--dir DIR is needed; see --help");
		rc = ERR_MALFORMED;
	}
	if (rc == ERR_OK) {
		rc = settings_file(s, message, sizeof message);
	}
	if (rc == ERR_OK) {
		rc = settings_finish(s, message, sizeof message);
	}
	if (rc != ERR_OK) {
		(void)fprintf(stderr, "outpostd: %s\n", message);
		return EXIT_USAGE;
	}
	return s->check_config ? EXIT_DONE : run(&d);
}
