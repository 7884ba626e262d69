/* What the chapters of a node's story share; for src/node alone.
 *
 * A step has its event, time, memory and effects in the node while it runs.  A chapter checks
 * everything first; before it changes anything it says node_touch(), after which it may not
 * fail for the asker's or a peer's reasons any more. */
#ifndef NODE_CHAPTER_H
#define NODE_CHAPTER_H

#include "base/arena.h"
#include "base/day.h"
#include "base/map.h"
#include "base/rule.h"
#include "base/wire.h"
#include "channel/link.h"
#include "intake/worker.h"
#include "match/gallery.h"
#include "node/ask.h"
#include "node/book.h"
#include "node/ledger.h"
#include "node/node.h"
#include "node/permit.h"
#include "record/clock.h"
#include "record/merge.h"
#include "sync/sync.h"
#include "trust/audit.h"
#include "trust/members.h"
#include "trust/passport.h"
#include "trust/seal.h"

#define ADDRESS_MAX    64U /* text of an address, with its zero */
#define ADDRESSES_MAX  256U
#define PENDING_MAX    64U /* checks and notices under way */
#define SEARCHES_MAX   64U
#define GREETING_MS    5000U  /* a handshake must be done by then */
#define STALLED_MS     90000U /* a session that is not settled and silent that long is begun anew */
#define REDIAL_MIN_MS  1000U
#define REDIAL_MAX_MS  30000ULL
#define REDIAL_IDLE_MS 600000U     /* an address of a peer that is linked by another one */
#define QUEUED_MAX     (12U << 10) /* bytes waiting on a link before sync pauses: 1.5 s at 64 kbit */
#define PURGE_EVERY_MS 600000U
#define CASE_KEEP_DAYS 30U      /* own search records and mail, unless a policy says less */
#define LATE_MS        1200000U /* a verdict later than this finds the person gone */
#define LEASE_MS       60000U
#define CARRY_IDLE_MS  60000U /* a bundle under way that nobody asks about is given up */

/* headquarters' time */
#define BEACON_EVERY_MS 3600000U
#define LEAP_MAX_MS     (30 * DAY_MS) /* more without headquarters' word is not believed */

/* Scores may be negative; kept ones have this added. */
#define SEARCH_SCORE_OFFSET 10000U

/* One connection. */
struct wire_link {
	uint32_t number; /* 0: free */
	bool dialled;
	bool ready;
	struct link *link;         /* owned */
	struct sync_session *sync; /* owned, once ready */
	uint8_t peer[ENTRY_NODE_BYTES];
	char address[ADDRESS_MAX];
	uint64_t since_ms;
	uint64_t heard_ms; /* when the last bytes came */
	uint64_t wake_ms;  /* of the sync session; 0: none */
	size_t queued;     /* bytes handed out since the last LINK_DRAINED */
	uint64_t sent;     /* bytes on the wire, both ways */
	uint64_t received;
	bool settled;
	bool refused; /* an entry, for what we knew then: this link does not ask for it again */
	bool again;   /* we know more now: a new link is to ask for it */
};

/* Where a peer may be. */
struct address {
	char text[ADDRESS_MAX]; /* empty: free */
	bool fixed;
	bool busy; /* dialled or linked */
	bool known;
	uint8_t peer[ENTRY_NODE_BYTES]; /* who answered there last, if known */
	uint64_t next_ms;
	uint64_t wait_ms;
	uint64_t seen_ms;
};

/* A check or a notice whose files are with the worker. */
struct pending {
	uint64_t number; /* 0: free */
	uint64_t ask;
	struct arena arena; /* owns the request */
	struct ask head;
	bool is_notice; /* notice.add or notice.amend; else a check */
	struct ask_check check;
	struct ask_notice notice;
	size_t files;
	size_t answered;
	struct sample *samples;    /* in the arena, room for WORKER_SAMPLES_MAX */
	struct sample_note *notes; /* likewise */
	size_t sample_count;
	size_t unread; /* files of which nothing was made */
	int code;      /* of the first failure */
	char place[160];
};

/* A search in the work pool. */
struct searching {
	uint64_t job;            /* 0: free */
	struct pending *pending; /* a check here; NULL: headquarters' work */
	uint64_t store_job;      /* headquarters' queue */
	struct arena arena;      /* owns what follows */
	struct encounter encounter;
	uint8_t origin[ENTRY_NODE_BYTES];
	struct policy_match rules;
	size_t probes;
	uint64_t people; /* who were searched */
	int threshold;
	uint64_t not_searched;
};

struct carry;  /* a bundle that is being made */
struct unpack; /* a bundle that is being taken */

struct node {
	struct node_config config;
	struct store *store; /* borrowed */
	struct keys *keys;   /* borrowed */

	/* who we are */
	bool started;
	bool enrolled;
	struct passport self; /* texts borrowed from self_bytes */
	struct buf self_bytes;
	struct membership membership; /* texts borrowed from grant_arena */
	struct arena grant_arena;
	uint8_t region_public[KEYS_PUBLIC_BYTES];
	struct members *members; /* owned, once enrolled */
	uint8_t own_class[ENTRY_CLASS_BYTES];

	/* the policy that counts, and the one of which the audit log speaks last */
	char policy_label[NODE_LABEL_MAX];
	uint8_t policy_digest[NODE_DIGEST_BYTES];
	char audited_label[NODE_LABEL_MAX];
	uint8_t audited_digest[NODE_DIGEST_BYTES];

	/* what we write */
	struct clock clock;
	uint64_t sequence;
	uint8_t previous[ENTRY_PREVIOUS_BYTES];
	struct audit audit;
	uint64_t synced_ms;  /* when headquarters' last word came, by its clock or ours */
	uint64_t trusted_ms; /* the latest time that headquarters has signed */
	uint64_t beacon_ms;  /* as headquarters: when the next one is due */

	/* what we know */
	struct book *book;       /* owned */
	struct gallery *gallery; /* owned */
	struct permits *permits; /* owned: of the people in it */
	struct sync_set *set;    /* owned */

	/* whom we meet */
	struct wire_link links[NODE_LINKS_MAX];
	struct address addresses[ADDRESSES_MAX];
	struct link_keys *link_keys; /* owned */
	struct link_replay replay;
	uint32_t greetings;

	/* what is under way */
	struct pending pending[PENDING_MAX];
	struct searching searching[SEARCHES_MAX];
	uint64_t next_job;
	uint64_t next_purge_ms;
	struct carry *carry;   /* owned; NULL: none */
	struct unpack *unpack; /* likewise */

	/* the step that runs */
	const struct event *event;
	struct effects *effects;
	struct arena arena;
	struct bytes officer; /* who asks, if anybody */
	uint64_t now_ms;      /* the event's: for timers */
	uint64_t wall_ms;     /* not before headquarters' word: for everything that expires */
	uint32_t today;       /* of wall_ms: use ends by it */
	bool touched;
	bool keys_came; /* a class key is new: entries may be read now */
	bool roster_came;
	bool passport_came;      /* somebody is known now who was not */
	struct wire_link *giver; /* whom the entry comes from that is being taken */
	bool erased;             /* since the last commit: the files must be scrubbed */
};

/* ---- node.c ---- */
/* From here on an error is the node's end (see node.h). */
void node_touch(struct node *n);
int node_reply(struct node *n, uint64_t ask, int code, const char *place, const char *text,
	       const struct schema *schema, const void *body);
int node_tell(struct node *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line of the audit log, in this step's transaction. */
int node_audit(struct node *n, const char *verb, struct bytes officer, const uint8_t *object,
	       const struct audit_line *more);
/* Text in the step's arena; empty on no memory. */
struct bytes node_text(struct node *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
uint64_t node_job(struct node *n);

/* ---- rules.c ---- */
void rules_set(struct node *n, const struct node_policy *p);
int rules_change(struct node *n);
/* An audit line that is read at start; all of them, in their order. */
void rules_heard(struct node *n, const struct audit_line *line);
/* Say in the audit log which policy counts, if it is another than it says already. */
int rules_audit(struct node *n);

/* ---- the chapters ---- */
int capture_ask(struct node *n, const struct ask *ask, bool is_notice);
int capture_examined(struct node *n);
void capture_done(struct pending *p);
int search_begin(struct node *n, struct pending *p);
int search_found(struct node *n);
struct searching *search_new(struct node *n);
void search_done(struct searching *s);
/* Send the samples to the work pool. */
int search_ask(struct node *n, struct searching *s, const struct sample *samples, size_t count);
/* Those above the threshold that may be shown, best first; out has SEARCH_CANDIDATES_MAX. */
size_t search_candidates(struct node *n, const struct searching *s,
			 const struct search_result *found, struct candidate *out);
int search_keep(struct node *n, const struct search_record *r);
int review_ask(struct node *n, const struct ask *ask);
int review_action(struct node *n, const struct ask *ask);

/* share.c: writing entries */
struct share_order {
	uint64_t kind;
	const uint8_t *class_id;
	const uint8_t *recipient; /* seal key; NULL: under the class key */
	const struct schema *schema;
	const void *body;
	uint64_t expiry_day;
	struct bytes about; /* what the blind tag is made of; empty: no tag */
	uint64_t revision;
};
int share_write(struct node *n, const struct share_order *order, uint8_t id[ENTRY_ID_BYTES]);
/* The class for these labels; makes it (key, roster) when we are the issuer. */
int share_class(struct node *n, const struct labels *labels, uint8_t class_id[ENTRY_CLASS_BYTES]);
/* New roster and epochs after members or classes changed; issuer only. */
int share_publish(struct node *n, const struct labels *more, const uint8_t *more_key);
/* The class that holds a group's records of this region (control, mail, case). */
int share_group(const struct node *n, enum label_group group, uint8_t class_id[ENTRY_CLASS_BYTES]);
void share_peer(const struct passport *p, struct policy_peer *out);
/* An entry that is in the store now is known to all sessions. */
int share_offer(struct node *n, const struct sync_item *item);

int meet_peer_seen(struct node *n);
int meet_link_up(struct node *n);
int meet_link_bytes(struct node *n);
int meet_link_down(struct node *n);
int meet_wake(struct node *n);
int meet_drained(struct node *n);
/* Our clock was set back: what waits for a time must not wait for years. */
void meet_set_back(struct node *n);
/* Ask to be woken for what comes next. */
int meet_next(struct node *n);
struct wire_link *meet_find(struct node *n, uint32_t number);
int meet_close(struct node *n, struct wire_link *l, const char *why, int code);
/* Who is it?  Reads a signed passport, which must be the region's, for this dh key and valid
 * today.  ERR_FORGED, ERR_EXISTS: ourselves, ERR_EXPIRED, and what passport_read() says. */
int meet_check(const struct node *n, struct bytes signed_passport,
	       const uint8_t dh_public[KEYS_PUBLIC_BYTES], struct passport *out);

int exchange_begin(struct node *n, struct wire_link *l, const uint8_t *salt);
int exchange_message(struct node *n, struct wire_link *l, struct bytes message);
int exchange_pump(struct node *n, struct wire_link *l);
int exchange_classes(struct node *n, struct wire_link *l);
/* Check and keep one entry that a peer sent: what to tell sync. */
int exchange_take(struct node *n, struct bytes encoded);
/* An entry that is in the store, under that number, joins the book and the set. */
int exchange_hold(struct node *n, const struct entry *e, size_t bytes, uint64_t number);
/* May this node and the peer both have the entries of the class? */
bool exchange_shares(const struct node *n, const uint8_t peer[ENTRY_NODE_BYTES],
		     const uint8_t class_id[ENTRY_CLASS_BYTES]);

/* Bundles: one can be made and one taken at a time. */
int carry_export(struct node *n, const struct ask *ask);
int carry_next(struct node *n, const struct ask *ask);
/* Give up what nobody has asked about for long; and when that is next, 0: nothing is open. */
void carry_due(struct node *n);
uint64_t carry_wake(const struct node *n);
void carry_free(struct carry *c);
int unpack_import(struct node *n, const struct ask *ask);
int unpack_piece(struct node *n, const struct ask *ask);
void unpack_due(struct node *n);
uint64_t unpack_wake(const struct node *n);
void unpack_free(struct unpack *u);

int report_encounter(struct node *n, const struct entry *e, const struct encounter *enc);
int report_search(struct node *n);
int report_found(struct node *n, struct searching *s, const struct search_result *found);
int report_reviewed(struct node *n, struct kase *k);
int report_mail(struct node *n, uint64_t kind, const struct passport *to,
		const uint8_t encounter[KINDS_ENCOUNTER_BYTES], const struct schema *schema,
		const void *body, uint8_t id[ENTRY_ID_BYTES]);
/* As headquarters: say what time it is, when that is due. */
int report_beacon(struct node *n);
int report_receipt(struct node *n, const struct receipt *r, bool live);
const struct passport *report_headquarters(const struct node *n);

int forget_due(struct node *n);
/* The day up to which deletion is safe: headquarters' time, not our clock's. */
uint32_t forget_sure_day(const struct node *n);
/* Write an erasure of these entries of ours, and carry it out. */
int forget_erase(struct node *n, const struct erased *erased, size_t count);
int forget_apply(struct node *n, const struct entry *e, const struct erasure *erasure);
int forget_drop(struct node *n, const uint8_t id[ENTRY_ID_BYTES]);

/* ---- beside the chapters ---- */
/* For whom a bundle is: the members that are named by label or first digits, or all others with
 * valid passports when none is; members has room for BUNDLE_SLOTS_MAX.  ERR_NOTFOUND,
 * ERR_EXISTS: two have the name; ERR_EXPIRED, ERR_LIMIT; *wrong is then the name. */
int reach_choose(const struct node *n, const struct list *to, uint8_t (*members)[ENTRY_NODE_BYTES],
		 size_t *count, struct bytes *wrong);
/* Say so to who asks. */
int reach_refuse(struct node *n, int rc, struct bytes name);
/* All classes that this node shares with each of these members, sorted, in the step's arena, and
 * the hash of their ids.  ERR_NOMEM. */
int reach_classes(struct node *n, const uint8_t (*members)[ENTRY_NODE_BYTES], size_t count,
		  uint8_t (**ids)[ENTRY_CLASS_BYTES], size_t *id_count,
		  uint8_t hash[LEDGER_CLASS_BYTES]);
bool reach_has(const uint8_t (*ids)[ENTRY_CLASS_BYTES], size_t count,
	       const uint8_t class_id[ENTRY_CLASS_BYTES]);
/* What a kept entry means; live: it is news, not read back from the store. */
int apply_entry(struct node *n, const struct entry *e, bool live);
/* Entries that could not be opened before, after keys have come or clocks have moved. */
int apply_unopened(struct node *n);
int apply_gallery(struct node *n, struct person *p);
/* Out of it at once, if in it. */
void apply_leave(struct node *n, struct person *p);
bool apply_is_searchable(const struct node *n, const struct person *p);
/* Audit chain, erasures, grant and entries, in this order; a node that is to found a region
 * and has not yet does so. */
int start_read(struct node *n);
/* Take a grant as ours: everything that a member needs follows from it. */
int enrol_become(struct node *n, struct bytes file, struct fault *fault);
int enrol_found(struct node *n);
int enrol_request(struct node *n, const struct ask *ask);
int enrol_sign(struct node *n, const struct ask *ask);
int enrol_install(struct node *n, const struct ask *ask);
int issue_finish(struct node *n, struct pending *p);
struct person *issue_find(struct node *n, struct bytes reference);
/* Notes of captures as people see them, in the step's arena. */
struct list issue_samples(struct node *n, const struct sample_note *notes, size_t count);
int issue_standing(struct node *n, const struct ask *ask, uint64_t status);
/* A case as people see it, in the step's arena. */
int tell_kase(struct node *n, struct kase *k, struct answer_case *out);
int tell_case(struct node *n, const struct ask *ask);
/* How long ago headquarters' last word came, in words. */
struct bytes tell_synced(struct node *n, uint64_t synced_ms);
struct bytes tell_gallery_name(struct node *n);
const char *tell_notice_word(uint64_t type);
/* Name and birth from the sealed record, if this node may read it. */
void tell_identify(struct node *n, const struct person *p, struct answer_candidate *out);
int overview_status(struct node *n);
int overview_gallery(struct node *n, const struct ask *ask);
int overview_queue(struct node *n, const struct ask *ask);
int overview_peers(struct node *n);
int overview_audit(struct node *n, const struct ask *ask);
void kase_facts(struct node *n, struct kase *k, struct case_facts *f);
/* The facts, and the tasks that are still to be dealt with. */
uint32_t kase_tasks(struct node *n, struct kase *k, struct case_facts *f);
enum review_state kase_review(const struct node *n, const struct kase *k, size_t candidate);
/* Does this opinion count here, and may it be seen here? */
bool kase_counts(const struct node *n, const struct kase *k, const struct kase_opinion *o);
/* Has the asker given an opinion on this candidate?  Before that, others' opinions and the
 * identity are kept from him, so that his is his own. */
bool kase_has_judged(const struct node *n, const struct kase *k,
		     const uint8_t record[KINDS_RECORD_BYTES]);

#endif
