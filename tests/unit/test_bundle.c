/* channel/bundle_writer.c and bundle_reader.c: what is sealed comes out the same, and nothing
 * that was changed comes out at all. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/lib/bundle_make.h"
#include "tests/lib/seeded.h"

static struct bundle_make make;
static struct buf file; /* three chunks */
static struct bundle_seen good;

#define HEAD_BYTES (BUNDLE_FIXED_BYTES + BUNDLE_SLOTS_MIN * BUNDLE_SLOT_BYTES)

static uint8_t *chunk(size_t i)
{
	return file.data + HEAD_BYTES + i * BUNDLE_CHUNK_BYTES;
}

static int setup(void **state)
{
	(void)state;
	seeded_start(14);
	bundle_make_init(&make);
	buf_init(&file, 0);
	assert_int_equal(bundle_make_file(&make, 100, 1500, &file), ERR_OK);
	assert_int_equal(file.len, HEAD_BYTES + 3 * BUNDLE_CHUNK_BYTES);
	assert_int_equal(bundle_make_read(&make, 0, buf_bytes(&file), file.len, &good), ERR_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_done(&file);
	return 0;
}

/* The error; and no END was ever shown. */
static int read_as(size_t who, struct bytes in)
{
	struct bundle_seen seen;
	int rc = bundle_make_read(&make, who, in, 7000, &seen);

	assert_true(rc == ERR_OK || !seen.ended || seen.fault.code == ERR_MALFORMED);
	return rc;
}

static void gives_each_recipient_what_was_put_in_however_it_is_cut(void **state)
{
	static const size_t pieces[] = { 1, 57, 58, 59, 4096, 65536, 65537, 1U << 20 };

	(void)state;
	assert_true(good.ended);
	assert_int_equal(good.entries, 100);
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		for (size_t who = 0; who < 2; who++) {
			struct bundle_seen seen;

			assert_int_equal(
			    bundle_make_read(&make, who, buf_bytes(&file), pieces[i], &seen),
			    ERR_OK);
			assert_memory_equal(&seen, &good, sizeof seen);
		}
	}
}

static void is_for_nobody_else(void **state)
{
	struct bundle_seen seen;
	struct bundle_make other = make;

	(void)state;
	assert_int_equal(bundle_make_read(&make, 2, buf_bytes(&file), 4096, &seen), ERR_NOKEY);
	/* not for its own sender either, if it is not among the recipients */
	assert_int_equal(bundle_make_read(&make, BUNDLE_SLOTS_MAX, buf_bytes(&file), 4096, &seen),
			 ERR_NOKEY);
	assert_int_equal(seen.records, 0);
	/* nor in another region: the context is another */
	other.config.context = bytes_of("elsewhere");
	buf_clear(&file);
	assert_int_equal(bundle_make_file(&other, 1, 10, &file), ERR_OK);
	assert_int_equal(read_as(0, buf_bytes(&file)), ERR_NOKEY);
}

static void knows_who_sealed_it(void **state)
{
	struct bundle_reader *r = NULL;
	struct bundle_record record;
	struct bytes in = buf_bytes(&file);

	(void)state;
	assert_int_equal(bundle_make_reader(&make, 1, &r), ERR_OK);
	assert_null(bundle_reader_sender(r));
	assert_null(bundle_reader_clear(r));
	assert_int_equal(bundle_reader_take(r, &in, &record), ERR_OK);
	assert_int_equal(record.type, BUNDLE_HEAD);
	assert_true(bytes_is(record.content, "CANARY head"));
	assert_memory_equal(bundle_reader_sender(r), make.public[BUNDLE_SLOTS_MAX],
			    NOISE_KEY_BYTES);
	assert_memory_equal(bundle_reader_clear(r)->id, file.data + 10, BUNDLE_ID_BYTES);
	bundle_reader_free(r);
}

static void shows_nothing_of_its_content(void **state)
{
	(void)state;
	assert_null(memmem(file.data, file.len, "CANARY", 6));
	assert_null(memmem(file.data, file.len, make.public[0], 8));
	assert_null(memmem(file.data, file.len, make.public[BUNDLE_SLOTS_MAX], 8));
}

/* Every bit of a bundle of one chunk's head and content, and of its zeroes a sample: whatever is
 * changed, not one record comes out. */
static void refuses_a_single_changed_bit_wherever_it_is(void **state)
{
	struct bundle_seen seen;
	size_t tried = 0;

	(void)state;
	buf_clear(&file);
	assert_int_equal(bundle_make_file(&make, 2, 20, &file), ERR_OK);
	assert_int_equal(file.len, HEAD_BYTES + BUNDLE_CHUNK_BYTES);
	for (size_t bit = 0; bit < 8 * file.len; bit += bit < 8 * (HEAD_BYTES + 160) ? 1 : 97) {
		file.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		if (bundle_make_read(&make, 0, buf_bytes(&file), file.len, &seen) == ERR_OK ||
		    seen.records > 0) {
			fail_msg("bit %zu went unseen", bit);
		}
		file.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		tried++;
	}
	assert_in_range(tried, 10000, 20000);
	assert_int_equal(bundle_make_read(&make, 0, buf_bytes(&file), 999, &seen), ERR_OK);
}

static void refuses_a_file_that_was_cut_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < file.len; len += len < 1000 ? 1 : 3001) {
		struct bytes in = { file.data, len };
		int rc = read_as(0, in);

		assert_true(rc == ERR_SHORT);
	}
	for (size_t i = 0; i < 3; i++) { /* exactly between chunks */
		assert_int_equal(
		    read_as(0, (struct bytes){ file.data, HEAD_BYTES + i * BUNDLE_CHUNK_BYTES }),
		    ERR_SHORT);
	}
}

static void refuses_chunks_that_moved(void **state)
{
	static uint8_t kept[BUNDLE_CHUNK_BYTES];
	struct bytes all = buf_bytes(&file);

	(void)state;
	memcpy(kept, chunk(0), sizeof kept);
	memcpy(chunk(0), chunk(1), sizeof kept);
	assert_int_equal(read_as(0, all), ERR_FORGED); /* doubled */
	memcpy(chunk(1), kept, sizeof kept);
	assert_int_equal(read_as(0, all), ERR_FORGED); /* swapped */
	memcpy(chunk(1), chunk(0), sizeof kept);
	memcpy(chunk(0), kept, sizeof kept);
	assert_int_equal(read_as(0, all), ERR_OK);
	memmove(chunk(1), chunk(2), BUNDLE_CHUNK_BYTES); /* left out */
	assert_int_equal(read_as(0, (struct bytes){ all.data, all.len - BUNDLE_CHUNK_BYTES }),
			 ERR_FORGED);
}

static void refuses_whatever_follows(void **state)
{
	(void)state;
	buf_u8(&file, 0);
	assert_int_equal(read_as(0, buf_bytes(&file)), ERR_MALFORMED);
	file.len--;
	assert_int_equal(bundle_make_file(&make, 1, 1, &file), ERR_OK); /* another one behind it */
	assert_int_equal(read_as(0, buf_bytes(&file)), ERR_MALFORMED);
}

static void refuses_the_chunk_of_another_bundle(void **state)
{
	struct buf other = { 0 };

	(void)state;
	assert_int_equal(bundle_make_file(&make, 100, 1500, &other), ERR_OK);
	memcpy(chunk(1), other.data + HEAD_BYTES + BUNDLE_CHUNK_BYTES, BUNDLE_CHUNK_BYTES);
	assert_int_equal(read_as(0, buf_bytes(&file)), ERR_FORGED);
	buf_done(&other);
}

static void an_insider_changes_what_has_to_be_signed(void **state)
{
	uint8_t key[NOISE_KEY_BYTES];
	struct bundle_seen seen;

	(void)state;
	assert_int_equal(bundle_make_key(make.secret[1], make.public[1],
					 bytes_of(BUNDLE_MAKE_CONTEXT), buf_bytes(&file), key),
			 ERR_OK);
	assert_int_equal(bundle_make_open(key, file.data, 1), ERR_OK);
	chunk(1)[5000] ^= 1;
	assert_int_equal(bundle_make_seal(key, file.data, 1), ERR_OK);
	assert_int_equal(bundle_make_read(&make, 0, buf_bytes(&file), 4096, &seen), ERR_OK);
	assert_memory_not_equal(seen.hash, good.hash, sizeof good.hash);
}

/* What an insider may write into the chunks: forms that no writer makes. */
static void refuses_forms_that_no_writer_makes(void **state)
{
	static const struct {
		size_t at; /* in the last chunk */
		uint8_t value;
		int code;
	} cases[] = {
		{ 0, 0, ERR_MALFORMED },                    /* chunks behind the end */
		{ 0, 2, ERR_MALFORMED },                    /* a flag that is none */
		{ BUNDLE_CONTENT_BYTES, 1, ERR_MALFORMED }, /* padding */
		{ 1, 9, ERR_UNSUPPORTED },                  /* type of the first record */
		{ 1, BUNDLE_ENTRY, ERR_MALFORMED },         /* it is no HEAD */
		{ 2, 1, ERR_LIMIT },                        /* its length: 16 MiB more */
		{ 3, 2, ERR_MALFORMED },                    /* 128 KiB: beyond the last chunk */
		{ 17, BUNDLE_HEAD, ERR_MALFORMED },         /* a second HEAD */
	};
	uint8_t key[NOISE_KEY_BYTES];
	uint8_t *last = file.data + HEAD_BYTES;

	(void)state;
	buf_clear(&file);
	assert_int_equal(bundle_make_file(&make, 1, 20, &file), ERR_OK);
	last = chunk(0);
	assert_int_equal(bundle_make_key(make.secret[1], make.public[1],
					 bytes_of(BUNDLE_MAKE_CONTEXT), buf_bytes(&file), key),
			 ERR_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t kept;

		assert_int_equal(bundle_make_open(key, file.data, 0), ERR_OK);
		kept = last[cases[i].at];
		last[cases[i].at] = cases[i].value;
		assert_int_equal(bundle_make_seal(key, file.data, 0), ERR_OK);
		assert_int_equal(read_as(0, buf_bytes(&file)), cases[i].code);
		assert_int_equal(bundle_make_open(key, file.data, 0), ERR_OK);
		last[cases[i].at] = kept;
		assert_int_equal(bundle_make_seal(key, file.data, 0), ERR_OK);
	}
	assert_int_equal(read_as(0, buf_bytes(&file)), ERR_OK);
}

static void stays_refused(void **state)
{
	struct bundle_reader *r = NULL;
	struct bundle_record record;
	struct bytes in = buf_bytes(&file);

	(void)state;
	chunk(0)[9] ^= 1;
	assert_int_equal(bundle_make_reader(&make, 0, &r), ERR_OK);
	assert_int_equal(bundle_reader_take(r, &in, &record), ERR_FORGED);
	assert_int_equal(bundle_reader_fault(r)->at, HEAD_BYTES);
	assert_int_equal(bundle_reader_take(r, &in, &record), ERR_FORGED);
	assert_int_equal(bundle_reader_end(r), ERR_FORGED);
	bundle_reader_free(r);
}

static void serves_one_to_64_recipients_in_changing_places(void **state)
{
	static const size_t counts[] = { 1, 4, 5, 33, 64 };
	static const size_t slots[] = { 4, 4, 8, 64, 64 };
	size_t first[2] = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct bundle_seen seen;

		make.config.recipient_count = counts[i];
		buf_clear(&file);
		assert_int_equal(bundle_make_file(&make, 3, 100, &file), ERR_OK);
		assert_int_equal(file.data[9], slots[i]);
		for (size_t who = 0; who < counts[i]; who++) {
			assert_int_equal(
			    bundle_make_read(&make, who, buf_bytes(&file), 1U << 20, &seen),
			    ERR_OK);
		}
		assert_int_equal(
		    bundle_make_read(&make, counts[i], buf_bytes(&file), 1U << 20, &seen),
		    ERR_NOKEY);
	}
	/* One recipient's slot is found now here, now there. */
	make.config.recipient_count = 1;
	for (size_t i = 0; i < 40; i++) {
		uint8_t key[NOISE_KEY_BYTES];

		buf_clear(&file);
		assert_int_equal(bundle_make_file(&make, 0, 0, &file), ERR_OK);
		/* Break the first slot: do we still get in? */
		file.data[BUNDLE_FIXED_BYTES] ^= 1;
		first[bundle_make_key(make.secret[0], make.public[0], bytes_of(BUNDLE_MAKE_CONTEXT),
				      buf_bytes(&file), key) == ERR_OK]++;
	}
	assert_in_range(first[0], 2, 20);
	assert_in_range(first[1], 20, 38);
}

static void refuses_what_no_bundle_may_be(void **state)
{
	struct bundle_writer *w = NULL;

	(void)state;
	make.config.recipient_count = 0;
	assert_int_equal(bundle_writer_new(&make.config, &w, &file), ERR_RANGE);
	make.config.recipient_count = 65;
	assert_int_equal(bundle_writer_new(&make.config, &w, &file), ERR_RANGE);
	make.config.recipient_count = 1;
	make.config.chunks_max = 0;
	assert_int_equal(bundle_writer_new(&make.config, &w, &file), ERR_RANGE);
	make.config.chunks_max = 1;
	memset(make.public[0], 0, NOISE_KEY_BYTES); /* a point of low order */
	assert_int_equal(bundle_writer_new(&make.config, &w, &file), ERR_MALFORMED);
	assert_null(w);
}

static void stops_at_the_size_that_was_asked_for(void **state)
{
	static const uint8_t entry[1000];
	struct bytes content = { entry, sizeof entry };
	uint8_t hash[BUNDLE_HASH_BYTES];
	uint8_t signature[BUNDLE_SIGNATURE_BYTES] = { 1 };
	struct bundle_writer *w = NULL;
	struct bundle_seen seen;
	size_t count = 0;

	(void)state;
	make.config.chunks_max = bundle_fit(2, 150000);
	assert_int_equal(make.config.chunks_max, 2);
	buf_clear(&file);
	assert_int_equal(bundle_writer_new(&make.config, &w, &file), ERR_OK);
	assert_int_equal(bundle_writer_put(w, BUNDLE_HEAD, bytes_of("h"), &file), ERR_OK);
	assert_int_equal(bundle_writer_hash(w, hash), ERR_STATE);
	assert_int_equal(bundle_writer_close(w, signature, &file), ERR_STATE);
	while (bundle_writer_room(w) >= 2 * BUNDLE_RECORD_HEAD + sizeof entry) {
		assert_int_equal(bundle_writer_put(w, BUNDLE_ENTRY, content, &file), ERR_OK);
		count++;
	}
	assert_int_equal(count, (2 * BUNDLE_CONTENT_BYTES - 6 - 64 - 5) / 1005);
	while (bundle_writer_room(w) > 2 * BUNDLE_RECORD_HEAD) { /* to the very last byte */
		content.len = bundle_writer_room(w) - 2 * BUNDLE_RECORD_HEAD;
		assert_int_equal(bundle_writer_put(w, BUNDLE_ENTRY, content, &file), ERR_OK);
		count++;
	}
	content.len = bundle_writer_room(w) - BUNDLE_RECORD_HEAD + 1;
	assert_int_equal(bundle_writer_put(w, BUNDLE_END, content, &file), ERR_FULL);
	content.len = 0;
	assert_int_equal(bundle_writer_put(w, BUNDLE_END, content, &file), ERR_OK);
	assert_int_equal(bundle_writer_put(w, BUNDLE_ENTRY, content, &file), ERR_STATE);
	assert_int_equal(bundle_writer_close(w, signature, &file), ERR_OK);
	bundle_writer_free(w);
	assert_int_equal(file.len, HEAD_BYTES + 2 * BUNDLE_CHUNK_BYTES);
	assert_int_equal(bundle_make_read(&make, 0, buf_bytes(&file), 5000, &seen), ERR_OK);
	assert_int_equal(seen.entries, count);
}

static void its_clear_part_says_what_it_is_and_no_more(void **state)
{
	struct bundle_clear clear;
	struct fault fault;

	(void)state;
	assert_int_equal(bundle_clear(buf_bytes(&file), &clear, &fault), ERR_OK);
	assert_int_equal(clear.slots, 4);
	assert_int_equal(bundle_chunks(&clear, file.len), 3);
	assert_int_equal(bundle_chunks(&clear, file.len - 1), 0);
	assert_int_equal(bundle_chunks(&clear, HEAD_BYTES), 0);
	for (size_t len = 0; len < BUNDLE_FIXED_BYTES; len++) {
		assert_int_equal(bundle_clear((struct bytes){ file.data, len }, &clear, &fault),
				 ERR_SHORT);
	}
	file.data[8] = 2;
	assert_int_equal(bundle_clear(buf_bytes(&file), &clear, &fault), ERR_UNSUPPORTED);
	file.data[8] = 1;
	for (unsigned slots = 0; slots < 256; slots++) {
		bool good_slots =
		    slots == 4 || slots == 8 || slots == 16 || slots == 32 || slots == 64;

		file.data[9] = (uint8_t)slots;
		assert_int_equal(bundle_clear(buf_bytes(&file), &clear, &fault),
				 good_slots ? ERR_OK : ERR_MALFORMED);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(gives_each_recipient_what_was_put_in_however_it_is_cut),
		T(is_for_nobody_else),
		T(knows_who_sealed_it),
		T(shows_nothing_of_its_content),
		T(refuses_a_single_changed_bit_wherever_it_is),
		T(refuses_a_file_that_was_cut_anywhere),
		T(refuses_chunks_that_moved),
		T(refuses_whatever_follows),
		T(refuses_the_chunk_of_another_bundle),
		T(an_insider_changes_what_has_to_be_signed),
		T(refuses_forms_that_no_writer_makes),
		T(stays_refused),
		T(serves_one_to_64_recipients_in_changing_places),
		T(refuses_what_no_bundle_may_be),
		T(stops_at_the_size_that_was_asked_for),
		T(its_clear_part_says_what_it_is_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
