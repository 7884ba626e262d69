/* Beside the chapters: which policy answers, and the audit log's word for since when. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "node/chapter.h"

#define VERB "policy"
#define WAS  "; was "
#define NONE "none"

void rules_set(struct node *n, const struct node_policy *p)
{
	n->config.policy = p->policy;
	n->config.policy_label = NULL;
	memset(n->policy_digest, 0, sizeof n->policy_digest);
	if (p->label != NULL) {
		assert(strlen(p->label) < sizeof n->policy_label);
		(void)snprintf(n->policy_label, sizeof n->policy_label, "%s", p->label);
		n->config.policy_label = n->policy_label;
		memcpy(n->policy_digest, p->digest, sizeof n->policy_digest);
	}
}

/* The chain is read at start: its last line of ours says what counted until then. */
void rules_heard(struct node *n, const struct audit_line *line)
{
	struct bytes label = line->detail;
	const uint8_t *end;

	if (!bytes_is(line->verb, VERB)) {
		return;
	}
	memcpy(n->audited_digest, line->object, sizeof n->audited_digest);
	end = label.len == 0 ? NULL : memmem(label.data, label.len, WAS, strlen(WAS));
	label.len = end == NULL ? label.len : (size_t)(end - label.data);
	if (bytes_text(label, n->audited_label, sizeof n->audited_label) != ERR_OK) {
		n->audited_label[0] = '\0';
	}
}

/* The digest tells policies apart: a label is what a policy says of itself. */
int rules_audit(struct node *n)
{
	const char *label = n->config.policy_label != NULL ? n->config.policy_label : NONE;
	struct audit_line line = { 0 };

	if (memcmp(n->audited_digest, n->policy_digest, sizeof n->audited_digest) == 0) {
		return ERR_OK;
	}
	line.detail = node_text(n, "%s" WAS "%s", label,
				n->audited_label[0] != '\0' ? n->audited_label : NONE);
	if (line.detail.len == 0) {
		return ERR_NOMEM;
	}
	memcpy(n->audited_digest, n->policy_digest, sizeof n->audited_digest);
	(void)snprintf(n->audited_label, sizeof n->audited_label, "%s", label);
	return node_audit(n, VERB, (struct bytes){ NULL, 0 }, n->audited_digest, &line);
}

int rules_change(struct node *n)
{
	node_touch(n);
	rules_set(n, n->event->policy);
	n->roster_came = true; /* what peers that are linked may have is looked at again */
	return rules_audit(n);
}
