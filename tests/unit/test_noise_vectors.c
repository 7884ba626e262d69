/* The official test vectors, read in place, and our own ones for the two patterns in use. */
#include "tests/lib/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "channel/noise.h"
#include "tests/lib/seeded.h"

#define PSKS_MAX     5
#define MESSAGES_MAX 12
#define BYTES_MAX    512
#define PREFIX       "Noise_"
#define SUFFIX       "_25519_ChaChaPoly_BLAKE2b"

struct span {
	size_t len;
	uint8_t data[BYTES_MAX];
};

struct side {
	struct span prologue;
	bool has_static;
	bool has_remote;
	uint8_t own[NOISE_KEY_BYTES];
	uint8_t own_public[NOISE_KEY_BYTES];
	uint8_t remote[NOISE_KEY_BYTES];
	uint8_t ephemeral[NOISE_KEY_BYTES];
	uint8_t psks[PSKS_MAX][NOISE_KEY_BYTES];
	size_t psk_count;
	struct noise *noise;
};

struct message {
	bool rekey_before;
	struct span payload;
	struct span wire;
};

struct vector {
	char pattern[32];
	bool one_way;
	struct side sides[2]; /* initiator, responder */
	bool has_hash;
	uint8_t hash[NOISE_HASH_BYTES];
	struct message messages[MESSAGES_MAX];
	size_t message_count;
};

static struct bytes span_bytes(const struct span *s)
{
	return (struct bytes){ s->data, s->len };
}

static void read_span(const char *hex, struct span *out)
{
	out->len = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
	assert_true(out->len <= BYTES_MAX);
	assert_int_equal(out->len == 0 ? 0 : bytes_unhex(hex, out->data, out->len), ERR_OK);
}

static void read_key(const char *hex, uint8_t out[NOISE_KEY_BYTES])
{
	assert_int_equal(strlen(hex), 2 * NOISE_KEY_BYTES);
	assert_int_equal(bytes_unhex(hex, out, NOISE_KEY_BYTES), ERR_OK);
}

static void read_static(const char *hex, struct side *side)
{
	read_key(hex, side->own);
	assert_int_equal(crypto_scalarmult_base(side->own_public, side->own), 0);
	side->has_static = true;
}

/* A side that cannot be made is a pattern that we leave out. */
static int make_side(const struct vector *v, struct side *side, bool initiator)
{
	struct noise_config config = {
		.pattern = v->pattern,
		.initiator = initiator,
		.prologue = span_bytes(&side->prologue),
		.own_secret = side->has_static ? side->own : NULL,
		.own_public = side->has_static ? side->own_public : NULL,
		.remote_public = side->has_remote ? side->remote : NULL,
		.psks = (const uint8_t(*)[NOISE_KEY_BYTES])side->psks,
		.psk_count = side->psk_count,
	};

	return noise_new(&config, &side->noise);
}

/* Hand one message from one side to the other and compare all bytes on the way. */
static bool pass_message(struct side *from, struct side *to, const struct message *m)
{
	struct buf wire = { 0 };
	struct buf payload = { 0 };
	bool ok;

	if (noise_is_done(from->noise)) {
		uint8_t *sealed = buf_extend(&wire, m->payload.len + NOISE_TAG_BYTES);
		uint8_t *plain = buf_extend(&payload, m->payload.len);

		ok = sealed != NULL && plain != NULL &&
		     noise_seal(from->noise, span_bytes(&m->payload), sealed) == ERR_OK &&
		     noise_open(to->noise, buf_bytes(&wire), plain) == ERR_OK;
	} else {
		seeded_give(from->ephemeral, NOISE_KEY_BYTES);
		ok = noise_write(from->noise, span_bytes(&m->payload), &wire) == ERR_OK &&
		     noise_read(to->noise, buf_bytes(&wire), &payload) == ERR_OK;
		seeded_give(NULL, 0);
	}
	ok = ok && bytes_equal(buf_bytes(&wire), span_bytes(&m->wire)) &&
	     bytes_equal(buf_bytes(&payload), span_bytes(&m->payload));
	buf_done(&wire);
	buf_done(&payload);
	return ok;
}

/* Both ends must agree with the vector, and know each other if the pattern says so. */
static bool is_right_at_the_end(const struct vector *v)
{
	const struct side *sides = v->sides;

	for (int i = 0; i < 2; i++) {
		const uint8_t *remote = noise_remote(sides[i].noise);

		if (!noise_is_done(sides[i].noise)) {
			return false;
		}
		if (v->has_hash &&
		    memcmp(noise_hash(sides[i].noise), v->hash, sizeof v->hash) != 0) {
			return false;
		}
		if (remote != NULL &&
		    memcmp(remote, sides[1 - i].own_public, NOISE_KEY_BYTES) != 0) {
			return false;
		}
	}
	return memcmp(noise_hash(sides[0].noise), noise_hash(sides[1].noise), NOISE_HASH_BYTES) ==
	       0;
}

static bool is_right(struct vector *v)
{
	for (size_t i = 0; i < v->message_count; i++) {
		size_t from = v->one_way ? 0 : i % 2;
		struct side *sides = v->sides;

		for (int j = 0; v->messages[i].rekey_before && j < 2; j++) {
			if ((!v->one_way || j == 0) &&
			    noise_rekey(sides[j].noise, true) != ERR_OK) {
				return false;
			}
			if ((!v->one_way || j == 1) &&
			    noise_rekey(sides[j].noise, false) != ERR_OK) {
				return false;
			}
		}
		if (!pass_message(&sides[from], &sides[1 - from], &v->messages[i])) {
			return false;
		}
	}
	return is_right_at_the_end(v);
}

struct count {
	int right;
	int deferred; /* of those that are right */
	int wrong;
	int left_out;
};

static void run_vector(struct vector *v, struct count *count)
{
	size_t base = strcspn(v->pattern, "p");

	v->one_way = base == 1;
	if (make_side(v, &v->sides[0], true) != ERR_OK ||
	    make_side(v, &v->sides[1], false) != ERR_OK) {
		count->left_out++;
		print_message("# left out: %s\n", v->pattern);
	} else if (is_right(v)) {
		count->right++;
		count->deferred += memchr(v->pattern, '1', base) != NULL;
	} else {
		count->wrong++;
		print_message("# wrong: %s\n", v->pattern);
	}
	noise_free(v->sides[0].noise);
	noise_free(v->sides[1].noise);
}

static const char *text_at(const json_t *object, const char *side, const char *name)
{
	char key[64];

	(void)snprintf(key, sizeof key, "%s_%s", side, name);
	return json_string_value(json_object_get(object, key));
}

static void read_json_side(const json_t *object, const char *prefix, struct side *side)
{
	const char *text = text_at(object, prefix, "prologue");
	char key[64];
	json_t *psks;

	read_span(text != NULL ? text : "-", &side->prologue);
	text = text_at(object, prefix, "static");
	if (text != NULL) {
		read_static(text, side);
	}
	text = text_at(object, prefix, "remote_static");
	if (text != NULL) {
		read_key(text, side->remote);
		side->has_remote = true;
	}
	text = text_at(object, prefix, "ephemeral");
	if (text != NULL) {
		read_key(text, side->ephemeral);
	}
	(void)snprintf(key, sizeof key, "%s_psks", prefix);
	psks = json_object_get(object, key);
	side->psk_count = json_array_size(psks);
	assert_true(side->psk_count <= PSKS_MAX);
	for (size_t i = 0; i < side->psk_count; i++) {
		read_key(json_string_value(json_array_get(psks, i)), side->psks[i]);
	}
}

static void read_json_vector(const json_t *object, struct vector *v)
{
	const char *name = json_string_value(json_object_get(object, "protocol_name"));
	const char *hash = json_string_value(json_object_get(object, "handshake_hash"));
	const json_t *messages = json_object_get(object, "messages");
	size_t len = strlen(name) - strlen(PREFIX) - strlen(SUFFIX);

	assert_true(len < sizeof v->pattern);
	assert_string_equal(name + strlen(PREFIX) + len, SUFFIX);
	memcpy(v->pattern, name + strlen(PREFIX), len);
	read_json_side(object, "init", &v->sides[0]);
	read_json_side(object, "resp", &v->sides[1]);
	if (hash != NULL) {
		assert_int_equal(bytes_unhex(hash, v->hash, sizeof v->hash), ERR_OK);
		v->has_hash = true;
	}
	v->message_count = json_array_size(messages);
	assert_in_range(v->message_count, 1, MESSAGES_MAX);
	for (size_t i = 0; i < v->message_count; i++) {
		const json_t *m = json_array_get(messages, i);

		read_span(json_string_value(json_object_get(m, "payload")),
			  &v->messages[i].payload);
		read_span(json_string_value(json_object_get(m, "ciphertext")),
			  &v->messages[i].wire);
	}
}

static struct count run_file(const char *file)
{
	const char *srcdir = getenv("srcdir");
	struct count count = { 0 };
	char path[512];
	json_t *root;
	const json_t *vectors;

	(void)snprintf(path, sizeof path, "%s/../shared/data/noise/%s", srcdir ? srcdir : ".",
		       file);
	root = json_load_file(path, 0, NULL);
	if (root == NULL) {
		print_message("# no %s: official vectors are skipped\n", path);
		skip();
	}
	vectors = json_object_get(root, "vectors");
	for (size_t i = 0; i < json_array_size(vectors); i++) {
		struct vector *v = calloc(1, sizeof *v);

		assert_non_null(v);
		read_json_vector(json_array_get(vectors, i), v);
		run_vector(v, &count);
		free(v);
	}
	json_decref(root);
	print_message("# %s: %d right (%d of them deferred patterns), %d wrong, %d left out\n",
		      file, count.right, count.deferred, count.wrong, count.left_out);
	return count;
}

static void agrees_with_all_vectors_of_cacophony(void **state)
{
	struct count count = run_file("cacophony_25519_ChaChaPoly_BLAKE2b.json");

	(void)state;
	assert_int_equal(count.right - count.deferred, 36);
	assert_int_equal(count.deferred, 23);
	assert_int_equal(count.wrong, 0);
	assert_int_equal(count.left_out, 0);
}

static void agrees_with_all_vectors_of_snow(void **state)
{
	struct count count = run_file("snow_25519_ChaChaPoly_BLAKE2b.json");

	(void)state;
	assert_int_equal(count.right - count.deferred, 28);
	assert_int_equal(count.deferred, 23);
	assert_int_equal(count.wrong, 0);
	assert_int_equal(count.left_out, 0);
}

/* One "name value [value]" line of our own file. */
static void read_own_line(struct vector *v, char *line)
{
	const char *name = strtok(line, " \n");
	const char *value = strtok(NULL, " \n");
	const char *second = strtok(NULL, " \n");
	struct message *m = &v->messages[v->message_count];

	assert_non_null(name);
	if (strcmp(name, "rekey") == 0) {
		m->rekey_before = true;
		return;
	}
	assert_non_null(value);
	if (strcmp(name, "prologue") == 0) {
		read_span(value, &v->sides[0].prologue);
		v->sides[1].prologue = v->sides[0].prologue;
	} else if (strcmp(name, "psk") == 0) {
		for (int i = 0; i < 2; i++) {
			read_key(value, v->sides[i].psks[v->sides[i].psk_count++]);
		}
	} else if (strcmp(name, "initiator_static") == 0) {
		read_static(value, &v->sides[0]);
	} else if (strcmp(name, "initiator_ephemeral") == 0) {
		read_key(value, v->sides[0].ephemeral);
	} else if (strcmp(name, "responder_static") == 0) {
		read_static(value, &v->sides[1]);
		memcpy(v->sides[0].remote, v->sides[1].own_public, NOISE_KEY_BYTES);
		v->sides[0].has_remote = true;
	} else if (strcmp(name, "responder_ephemeral") == 0) {
		read_key(value, v->sides[1].ephemeral);
	} else if (strcmp(name, "hash") == 0) {
		assert_int_equal(bytes_unhex(value, v->hash, sizeof v->hash), ERR_OK);
		v->has_hash = true;
	} else {
		assert_string_equal(name, "message");
		assert_non_null(second);
		assert_in_range(v->message_count, 0, MESSAGES_MAX - 1);
		read_span(value, &m->payload);
		read_span(second, &m->wire);
		v->message_count++;
	}
}

static void agrees_with_our_own_vectors(void **state)
{
	const char *srcdir = getenv("srcdir");
	struct vector *v = calloc(1, sizeof *v);
	struct count count = { 0 };
	char line[2048];
	FILE *f;

	(void)state;
	(void)snprintf(line, sizeof line, "%s/tests/data/noise_own.txt", srcdir ? srcdir : ".");
	f = fopen(line, "r");
	assert_true(f != NULL && v != NULL);
	while (fgets(line, sizeof line, f) != NULL) {
		char *value = strchr(line, ' ');

		if (line[0] == '#' || line[0] == '\n') {
			continue;
		}
		if (strncmp(line, "pattern ", 8) == 0) {
			if (v->message_count > 0) {
				run_vector(v, &count);
			}
			memset(v, 0, sizeof *v);
			value[strcspn(value, "\n")] = '\0';
			(void)snprintf(v->pattern, sizeof v->pattern, "%s", value + 1);
			continue;
		}
		read_own_line(v, line);
	}
	run_vector(v, &count);
	(void)fclose(f);
	free(v);
	assert_int_equal(count.right, 4);
	assert_int_equal(count.wrong, 0);
	assert_int_equal(count.left_out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_all_vectors_of_cacophony),
		cmocka_unit_test(agrees_with_all_vectors_of_snow),
		cmocka_unit_test(agrees_with_our_own_vectors),
	};

	seeded_start(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
