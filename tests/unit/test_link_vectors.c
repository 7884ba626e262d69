/* Every byte of two whole links, as a second implementation made them. */
#include "tests/lib/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "channel/link.h"
#include "tests/lib/link_pair.h"
#include "tests/lib/seeded.h"

/* One "name value [value]" line of tests/data/link_own.txt; false at the end of a link. */
static bool next_line(FILE *f, char *line, size_t size, char *words[3])
{
	do {
		if (fgets(line, (int)size, f) == NULL || line[0] == '\n') {
			return false;
		}
	} while (line[0] == '#');
	words[0] = strtok(line, " \n");
	words[1] = strtok(NULL, " \n");
	words[2] = strtok(NULL, " \n");
	return true;
}

static struct bytes read_hex(struct arena *arena, const char *hex)
{
	size_t len = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
	uint8_t *data = arena_take(arena, len, 1);

	assert_non_null(data);
	assert_true(len == 0 || bytes_unhex(hex, data, len) == ERR_OK);
	return (struct bytes){ data, len };
}

/* What a link of the file is made of, by name. */
struct script {
	const char *name;
	struct bytes value;
};

enum {
	PSK_ID,
	PSK,
	PROLOGUE,
	STATIC_0,
	EPHEMERAL_0,
	STATIC_1,
	EPHEMERAL_1,
	HELLO_0,
	HELLO_1,
	WIRE_1,
	WIRE_2,
	WIRE_3,
	HASH,
	SCRIPT_COUNT
};

static void make_scripted_keys(struct link_pair *p, const struct script *script)
{
	for (int i = 0; i < 2; i++) {
		struct link_keys_config config = {
			.psk = script[PSK].value.data,
			.own_secret = script[i == 0 ? STATIC_0 : STATIC_1].value.data,
			.own_public = p->public[i],
			.prologue = script[PROLOGUE].value,
		};

		memcpy(config.id, script[PSK_ID].value.data, LINK_ID_BYTES);
		assert_int_equal(crypto_scalarmult_base(p->public[i], config.own_secret), 0);
		link_keys_free(p->keys[i]);
		assert_int_equal(link_keys_new(&config, &p->keys[i]), ERR_OK);
		p->config[i].keys[0] = p->keys[i];
		p->config[i].hello = script[i == 0 ? HELLO_0 : HELLO_1].value;
	}
}

/* The handshake's three messages, byte for byte. */
static void shake_hands_by_script(struct link_pair *p, const struct script *script, uint64_t now_ms,
				  uint32_t counter)
{
	make_scripted_keys(p, script);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(link_new(&p->config[i], &p->links[i]), ERR_OK);
	}
	seeded_give(script[EPHEMERAL_0].value.data, NOISE_KEY_BYTES);
	assert_int_equal(link_start(p->links[0], now_ms, counter, &p->wire[0]), ERR_OK);
	assert_true(bytes_equal(buf_bytes(&p->wire[0]), script[WIRE_1].value));
	seeded_give(script[EPHEMERAL_1].value.data, NOISE_KEY_BYTES);
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_true(bytes_equal(buf_bytes(&p->wire[1]), script[WIRE_2].value));
	assert_int_equal(link_pair_take(p, INITIATOR), ERR_OK);
	assert_true(bytes_equal(buf_bytes(&p->wire[0]), script[WIRE_3].value));
	assert_int_equal(link_pair_take(p, RESPONDER), ERR_OK);
	assert_memory_equal(p->events[0]->hash, script[HASH].value.data, NOISE_HASH_BYTES);
	assert_memory_equal(p->events[1]->hash, script[HASH].value.data, NOISE_HASH_BYTES);
}

/* One link of the file; the number of messages that went right. */
static int run_script(FILE *f, struct link_pair *p)
{
	struct script script[SCRIPT_COUNT] = {
		[PSK_ID] = { .name = "psk_id" },
		[PSK] = { .name = "psk" },
		[PROLOGUE] = { .name = "prologue" },
		[STATIC_0] = { .name = "initiator_static" },
		[EPHEMERAL_0] = { .name = "initiator_ephemeral" },
		[STATIC_1] = { .name = "responder_static" },
		[EPHEMERAL_1] = { .name = "responder_ephemeral" },
		[HELLO_0] = { .name = "initiator_hello" },
		[HELLO_1] = { .name = "responder_hello" },
		[WIRE_1] = { .name = "wire1" },
		[WIRE_2] = { .name = "wire2" },
		[WIRE_3] = { .name = "wire3" },
		[HASH] = { .name = "hash" },
	};
	static char line[8192];
	uint64_t now_ms = 0;
	uint32_t counter = 0;
	char *words[3];
	int right = 0;

	while (next_line(f, line, sizeof line, words)) {
		if (strcmp(words[0], "pad") == 0) {
			p->config[0].pad_bytes = p->config[1].pad_bytes =
			    strtoul(words[1], NULL, 10);
		} else if (strcmp(words[0], "rekey_messages") == 0) {
			p->config[0].rekey_messages = strtoul(words[1], NULL, 10);
			p->config[1].rekey_messages = p->config[0].rekey_messages;
		} else if (strcmp(words[0], "now_ms") == 0) {
			now_ms = strtoull(words[1], NULL, 10);
		} else if (strcmp(words[0], "counter") == 0) {
			counter = (uint32_t)strtoul(words[1], NULL, 10);
		} else if (strncmp(words[0], "from_", 5) == 0) {
			int from = strcmp(words[0], "from_responder") == 0;
			struct bytes message = read_hex(&p->arena, words[1]);

			assert_int_equal(link_send(p->links[from], message, &p->wire[from]),
					 ERR_OK);
			assert_true(
			    bytes_equal(buf_bytes(&p->wire[from]), read_hex(&p->arena, words[2])));
			assert_int_equal(link_pair_take(p, 1 - from), ERR_OK);
			assert_non_null(p->events[1 - from]);
			assert_true(bytes_equal(p->events[1 - from]->data, message));
			right++;
		} else {
			int i = 0;

			while (i < HASH && strcmp(script[i].name, words[0]) != 0) {
				i++;
			}
			assert_string_equal(script[i].name, words[0]);
			script[i].value = read_hex(&p->arena, words[1]);
			if (i == HASH) {
				shake_hands_by_script(p, script, now_ms, counter);
			}
		}
	}
	return right;
}

static void gives_every_byte_of_our_own_vectors(void **state)
{
	struct link_pair pair;
	const char *srcdir = getenv("srcdir");
	char path[512];
	char line[512];
	char *words[3];
	FILE *f;

	(void)state;
	link_pair_init(&pair);
	(void)snprintf(path, sizeof path, "%s/tests/data/link_own.txt", srcdir ? srcdir : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	assert_false(next_line(f, line, sizeof line, words)); /* the head of the file */
	assert_int_equal(run_script(f, &pair), 7);
	link_pair_drop(&pair);
	assert_int_equal(run_script(f, &pair), 7);
	link_pair_done(&pair);
	(void)fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_every_byte_of_our_own_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
