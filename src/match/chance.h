/* How likely it is that people who are not the one searched for reach a score: the impostors'
 * scores as measured, summed over fingers, over as many people as a gallery has.
 *
 * One comparison: a table of measured shares, then an exponential tail.  Several fingers of one
 * person: independent draws of it (a convolution), but never less than three quarters of what
 * one finger would need, since they are not quite independent.  Many people: their chances added,
 * which bounds what the best of them does, whatever they have to do with each other.  All that is
 * not known is decided on the safe side: a threshold is rather too high.  Where the numbers come
 * from stands in docs/FINGERPRINT.md, "How sure". */
#ifndef MATCH_CHANCE_H
#define MATCH_CHANCE_H

#include <stdint.h>

#define CHANCE_FINGERS_MAX 10U

/* The score that a sum over this many fingers (1..10) of one person who is somebody else reaches
 * with this rate (0..1) at most.  The same on every machine; falls with the rate, and is never
 * below 0: a sum that proves nothing is no candidate. */
int chance_threshold(unsigned fingers, double rate);
/* Rates below this were not measured on real prints: what chance_threshold says of them is
 * extrapolated along the tail. */
double chance_measured(void);

#endif
