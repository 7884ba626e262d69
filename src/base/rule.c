#include "base/rule.h"

#ifdef OUTPOST_MUTANTS
#include <string.h>

enum rule rule_off = RULE_COUNT;

enum rule rule_find(const char *name)
{
#define RULE__NAME(name) #name,
	static const char *const names[] = { RULE_MAP(RULE__NAME) };
#undef RULE__NAME
	unsigned i = 0;

	while (i < RULE_COUNT && strcmp(names[i], name) != 0) {
		i++;
	}
	return (enum rule)i;
}
#else
/* ISO C wants something here. */
extern int rule_nothing;
#endif
