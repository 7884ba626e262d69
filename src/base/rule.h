/* Rules of the protocol that can be taken away one at a time, to prove that the simulator
 * notices (scripts/mutants.sh).
 *
 * RULE(name, condition) is the condition and nothing else, unless the tree was configured with
 * --enable-mutants: then outpost-sim --without NAME makes it false. */
#ifndef BASE_RULE_H
#define BASE_RULE_H

#define RULE_MAP(X)                                                                                \
	X(alert_first)      /* alerts go before everything else */                                 \
	X(answer_durable)   /* answers leave after the commit */                                   \
	X(author_current)   /* an author's passport covers the day of the stamp */                 \
	X(author_known)     /* an author is a member */                                            \
	X(author_may)       /* an author may write this kind here */                               \
	X(clock_step)       /* a stranger's stamp moves our clock by little */                     \
	X(delivered_erased) /* what headquarters has is erased everywhere */                       \
	X(erase_own)        /* posts erase what is their own */                                    \
	X(erased_before)    /* an erasure counts for what comes after it */                        \
	X(expired_refused)  /* what has expired is not taken */                                    \
	X(future_waits)     /* what is stamped far ahead is not believed yet */                    \
	X(newer_replaces)   /* a newer revision ends the older one */                              \
	X(older_refused)    /* an older revision is not taken */                                   \
	X(peer_current)     /* a peer's passport is valid today */                                 \
	X(roster_latest)    /* the highest version of the roster counts */                         \
	X(send_entitled)    /* nothing is sent to who may not have it */                           \
	X(signed_by_author) /* an entry's signature fits */                                        \
	X(stamp_leap)       /* a leap of our clock is not stamped with */                          \
	X(take_entitled)    /* nothing is taken that we may not have */                            \
	X(tombstone)        /* an erased id is remembered */                                       \
	X(trusted_time)     /* only headquarters' time deletes */

#ifdef OUTPOST_MUTANTS
#define RULE__ENUM(name) RULE_##name,
enum rule { RULE_MAP(RULE__ENUM) RULE_COUNT };
#undef RULE__ENUM
/* The rule that does not hold; RULE_COUNT: all do. */
extern enum rule rule_off;
/* RULE_COUNT when there is none of that name. */
enum rule rule_find(const char *name);
#define RULE(name, condition) (rule_off != RULE_##name && (condition))
#else
#define RULE(name, condition) (condition)
#endif

#endif
