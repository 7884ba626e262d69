/* Memory that runs out at any point: the link says so, leaks nothing and delivers nothing. */
#include "tests/lib/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "channel/link.h"
#include "tests/lib/fault_malloc.h"
#include "tests/lib/link_pair.h"
#include "tests/lib/seeded.h"

/* Everything from new links to a message each way; ERR_OK if all went well. */
static int whole_story(struct link_pair *p)
{
	int rc = link_pair_ready(p);

	for (int from = 0; from < 2 && rc == ERR_OK; from++) {
		rc = link_send(p->links[from], bytes_of("CANARY notice"), &p->wire[from]);
		if (rc == ERR_OK) {
			rc = link_pair_take(p, 1 - from);
		}
	}
	return rc;
}

static void says_so_wherever_memory_runs_out(void **state)
{
	struct link_pair p;
	int failures = 0;
	int rc = ERR_NOMEM;

	(void)state;
	link_pair_init(&p);
	for (int n = 1; rc != ERR_OK; n++) {
		link_pair_drop(&p);
		link_replay_init(&p.replay);
		fault_malloc_from(n);
		rc = whole_story(&p);
		if (rc != ERR_OK) {
			assert_int_equal(rc, ERR_NOMEM);
			assert_in_range(n, 1, 100);
			for (int side = 0; side < 2; side++) {
				const struct link_event *event = p.events[side];

				assert_true(event == NULL || event->kind == LINK_READY ||
					    bytes_is(event->data, "CANARY notice"));
			}
			failures++;
		}
		fault_malloc_stop();
	}
	assert_in_range(failures, 15, 100);
	link_pair_done(&p);
}

static void makes_keys_or_says_so(void **state)
{
	const uint8_t key[NOISE_KEY_BYTES] = { 1 };
	const struct link_keys_config config = { .psk = key, .own_secret = key, .own_public = key };
	struct link_keys *keys = NULL;
	int rc = ERR_NOMEM;
	int n = 0;

	(void)state;
	while (rc != ERR_OK) {
		fault_malloc_from(++n);
		rc = link_keys_new(&config, &keys);
		fault_malloc_stop();
		assert_true(rc == ERR_OK || (rc == ERR_NOMEM && keys == NULL));
	}
	assert_int_equal(n, 4); /* three allocations, each refused once */
	link_keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_so_wherever_memory_runs_out),
		cmocka_unit_test(makes_keys_or_says_so),
	};

	seeded_start(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
