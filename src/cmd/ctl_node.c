/* outpostctl gallery, peers, status, audit, doctor: how the node is. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/ctl.h"
#include "io/worker_once.h"

#define S(b) (int)(b).len, (const char *)(b).data

static int range_of(int argc, char *argv[], struct ask_range *range)
{
	const char *from = NULL;
	const char *max = NULL;
	const struct ctl_option options[] = { { "from", &from, NULL }, { "max", &max, NULL } };
	int rc = ctl_only_options(argc, argv, options, 2);

	*range = (struct ask_range){ .max = 0 };
	if (rc == CTL_OK) {
		rc = ctl_number("--from", from, INT64_MAX, &range->from);
	}
	return rc == CTL_OK ? ctl_number("--max", max, ASK_ROWS_MAX, &range->max) : rc;
}

int ctl_gallery(struct ctl *c, int argc, char *argv[])
{
	struct ask_range range;
	struct answer_gallery out;
	const struct answer_row *rows;
	int rc = range_of(argc, argv, &range);

	if (rc == CTL_OK) {
		rc = ctl_ask(c, "gallery", &range, &out);
	}
	if (rc != CTL_OK || ctl_json(c, ask_find(bytes_of("gallery"))->answer, &out)) {
		return rc;
	}
	(void)printf("%.*s: %llu people, %llu fingers; last word from headquarters: %.*s\n",
		     S(out.gallery), (unsigned long long)out.people,
		     (unsigned long long)out.fingers, S(out.synced));
	rows = out.rows.items;
	for (size_t i = 0; i < out.rows.count; i++) {
		(void)printf("  %-16.*s %-10.*s %-9.*s rev %llu, until %.*s, %llu fingers%s%.*s\n",
			     S(rows[i].reference), S(rows[i].notice), S(rows[i].status),
			     (unsigned long long)rows[i].revision, S(rows[i].valid_until),
			     (unsigned long long)rows[i].fingers, rows[i].name.len > 0 ? ", " : "",
			     S(rows[i].name));
	}
	return CTL_OK;
}

int ctl_peers(struct ctl *c, int argc, char *argv[])
{
	struct answer_peers out;
	const struct answer_peer *p;
	int rc = ctl_only_options(argc, argv, NULL, 0);

	if (rc == CTL_OK) {
		rc = ctl_ask(c, "peers", NULL, &out);
	}
	if (rc != CTL_OK || ctl_json(c, ask_find(bytes_of("peers"))->answer, &out)) {
		return rc;
	}
	p = out.peers.items;
	for (size_t i = 0; i < out.peers.count; i++) {
		(void)printf("%.*s %.*s %.*s%s%.*s%s: %.*s\n", S(p[i].state), S(p[i].role),
			     S(p[i].label), p[i].address.len > 0 ? " (" : "", S(p[i].address),
			     p[i].address.len > 0 ? ")" : "", S(p[i].sentence));
	}
	if (out.peers.count == 0) {
		(void)puts("no neighbour is known: is discovery on, or a --peer set?");
	}
	return CTL_OK;
}

int ctl_status(struct ctl *c, int argc, char *argv[])
{
	struct answer_status s;
	int rc = ctl_only_options(argc, argv, NULL, 0);

	if (rc == CTL_OK) {
		rc = ctl_ask(c, "status", NULL, &s);
	}
	if (rc != CTL_OK || ctl_json(c, ask_find(bytes_of("status"))->answer, &s)) {
		return rc;
	}
	(void)printf("node         %.*s  %.*s\n", S(s.node), S(s.fingerprint));
	(void)printf("member       %.*s\n", S(s.enrolled));
	if (s.role.len > 0) {
		(void)printf("is           %.*s, %.*s, region %.*s\n", S(s.label), S(s.role),
			     S(s.region));
		(void)printf(
		    "gallery      %llu people, %llu fingers; headquarters' last word: %.*s\n",
		    (unsigned long long)s.people, (unsigned long long)s.fingers, S(s.synced));
		(void)printf("members      %llu, in %llu classes; %llu links up\n",
			     (unsigned long long)s.members, (unsigned long long)s.classes,
			     (unsigned long long)s.links);
		(void)printf("cases        %llu open, %llu tasks\n",
			     (unsigned long long)s.open_cases, (unsigned long long)s.tasks);
	}
	(void)printf("store        %llu entries, %llu erased, %llu bytes\n",
		     (unsigned long long)s.entries, (unsigned long long)s.erased,
		     (unsigned long long)s.store_bytes);
	(void)printf("audit        %llu lines, head %.*s\n", (unsigned long long)s.audit,
		     S(s.audit_head));
	(void)printf("policy       %.*s\n", S(s.policy));
	return CTL_OK;
}

int ctl_audit(struct ctl *c, int argc, char *argv[])
{
	struct ask_range range;
	struct answer_audit out;
	const struct line *lines;
	int rc = range_of(argc, argv, &range);

	if (rc == CTL_OK) {
		rc = ctl_ask(c, "audit", &range, &out);
	}
	if (rc != CTL_OK) {
		return rc;
	}
	if (!ctl_json(c, ask_find(bytes_of("audit"))->answer, &out)) {
		lines = out.lines.items;
		for (size_t i = 0; i < out.lines.count; i++) {
			(void)printf("%.*s\n", S(lines[i].text));
		}
		(void)printf("chain: %.*s\n", S(out.chain));
	}
	return out.chain.len >= 5 && memcmp(out.chain.data, "whole", 5) == 0 ? CTL_OK
									     : CTL_NEGATIVE;
}

/* ---- doctor ---- */

/* What was looked at, in order. */
struct doctor {
	struct ctl *c;
	json_t *findings; /* owned */
	bool bad;
};

static void finding(struct doctor *d, bool good, const char *what, const char *advice)
{
	d->bad = d->bad || !good;
	if (!d->c->json) {
		(void)printf("%s %s%s%s\n", good ? "ok  " : "BAD ", what, good ? "" : ": ",
			     good ? "" : advice);
		return;
	}
	(void)json_array_append_new(d->findings, json_pack("{s:s,s:b,s:s}", "what", what, "ok",
							   good, "advice", good ? "" : advice));
}

static bool has_mode(const char *dir, const char *name, unsigned mode)
{
	char path[512];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return stat(path, &st) == 0 && (st.st_mode & 0777) == mode;
}

static bool is_whole(struct ctl *c)
{
	struct ask_range range = { .max = 1 };
	struct answer_audit audit;

	return ctl_ask(c, "audit", &range, &audit) == CTL_OK && audit.chain.len >= 5 &&
	       memcmp(audit.chain.data, "whole", 5) == 0;
}

static void look_at_files(struct doctor *d)
{
	const char *dir = d->c->dir;

	finding(d, has_mode(dir, ".", 0700), "the folder is private", "chmod 700 it");
	finding(d, has_mode(dir, "node.key", 0600), "the key file is private",
		"chmod 600 node.key; if it is missing: outpostctl init");
	finding(d, has_mode(dir, "store.db", 0600), "the store is private",
		"chmod 600 store.db; if it is missing: start outpostd");
	finding(d, worker_once_ping(d->c->worker) == ERR_OK, "outpost-worker answers",
		"set $OUTPOST_WORKER or --worker to its path");
	finding(d, access("/run/dbus/system_bus_socket", F_OK) == 0, "D-Bus is there for Avahi",
		"without it only peers that are set by hand are found");
}

static void look_at_node(struct doctor *d)
{
	struct answer_status s;
	bool answers = ctl_ask(d->c, "status", NULL, &s) == CTL_OK;

	finding(d, answers, "outpostd answers", "start it: outpostd --dir DIR");
	if (!answers) {
		return;
	}
	finding(d, s.role.len > 0, "the node is a member",
		"passport request, sign at the issuer, install");
	if (s.role.len > 0) {
		finding(d, is_whole(d->c), "the audit chain is whole",
			"the log was changed or lost: call the DPO");
		finding(d, s.links > 0, "a neighbour is linked", "outpostctl peers says why not");
	}
}

int ctl_doctor(struct ctl *c, int argc, char *argv[])
{
	struct doctor d = { .c = c };
	int rc = ctl_only_options(argc, argv, NULL, 0);

	if (rc != CTL_OK) {
		return rc;
	}
	d.findings = json_array();
	look_at_files(&d);
	look_at_node(&d);
	if (c->json) {
		json_t *all = json_pack("{s:b,s:O}", "ok", !d.bad, "findings", d.findings);

		(void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
		json_decref(all);
	}
	json_decref(d.findings);
	return d.bad ? CTL_NEGATIVE : CTL_OK;
}
