#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/settings.h"

static struct settings s;
static char message[1024];

static int prepare(void **state)
{
	(void)state;
	memset(&s, 0, sizeof s);
	message[0] = '\0';
	return 0;
}

static int text(const char *content)
{
	return settings_text(&s, "x.conf", bytes_of(content), message, sizeof message);
}

static void the_file_and_the_command_line_have_the_same_names(void **state)
{
	const char *line[] = { "outpostd",      "--dir", "/x",     "--listen=127.0.0.1:1",
			       "--peer",        "a.b:2", "--peer", "192.0.2.1:3",
			       "--no-discovery" };

	(void)state;
	assert_int_equal(settings_arguments(&s, 9, line, message, sizeof message), ERR_OK);
	assert_string_equal(s.dir, "/x");
	assert_string_equal(s.listen, "127.0.0.1:1");
	assert_int_equal(s.peers, 2);
	assert_string_equal(s.peer[1], "192.0.2.1:3");
	assert_true(s.no_discovery);
	prepare(NULL);
	assert_int_equal(text("# a node\n listen = 127.0.0.1:1 \r\n\npeer=a.b:2\n"
			      "peer = 192.0.2.1:3\nno-discovery = yes\nregion = UTO = NORTH"),
			 ERR_OK);
	assert_string_equal(s.listen, "127.0.0.1:1");
	assert_int_equal(s.peers, 2);
	assert_string_equal(s.peer[1], "192.0.2.1:3");
	assert_true(s.no_discovery);
	assert_string_equal(s.region, "UTO = NORTH");
}

static void the_command_line_counts_more(void **state)
{
	const char *line[] = { "outpostd", "--listen", "127.0.0.1:1", "--peer", "a.b:2" };

	(void)state;
	assert_int_equal(settings_arguments(&s, 5, line, message, sizeof message), ERR_OK);
	assert_int_equal(text("listen = 127.0.0.1:9\npeer = c.d:9\nworkers = 2\n"), ERR_OK);
	assert_string_equal(s.listen, "127.0.0.1:1");
	assert_int_equal(s.peers, 1);
	assert_string_equal(s.peer[0], "a.b:2");
	assert_string_equal(s.workers, "2");
}

static void a_mistake_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} bad[] = {
		{ "listen = x:1\nlisten to = y\n",
		  "x.conf:2: listen to: there is no such setting" },
		{ "label\n", "x.conf:1: label: there is no = in it" },
		{ "label = a\nlabel = b\n", "x.conf:2: label: it was said before" },
		{ "label =\n", "x.conf:1: label: input is malformed" },
		{ "no-discovery = maybe\n", "x.conf:1: no-discovery: input is malformed" },
		{ "dir = /x\n", "x.conf:1: dir: there is no such setting" },
		{ "allow-root = yes\n", "x.conf:1: allow-root: there is no such setting" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		prepare(NULL);
		assert_int_equal(text(bad[i].text), ERR_MALFORMED);
		assert_string_equal(message, bad[i].want);
	}
}

static void a_mistake_on_the_command_line_is_named(void **state)
{
	const char *unknown[] = { "outpostd", "--lisen", "x" };
	const char *missing[] = { "outpostd", "--listen" };
	const char *flag[] = { "outpostd", "--no-discovery=yes" };
	const char *bare[] = { "outpostd", "listen" };

	(void)state;
	assert_int_equal(settings_arguments(&s, 3, unknown, message, sizeof message),
			 ERR_MALFORMED);
	assert_string_equal(message, "--lisen: there is no such option");
	assert_int_equal(settings_arguments(&s, 2, missing, message, sizeof message),
			 ERR_MALFORMED);
	assert_string_equal(message, "--listen: needs a value");
	assert_int_equal(settings_arguments(&s, 2, flag, message, sizeof message), ERR_MALFORMED);
	assert_string_equal(message, "--no-discovery: takes no value");
	assert_int_equal(settings_arguments(&s, 2, bare, message, sizeof message), ERR_MALFORMED);
}

static void values_have_limits(void **state)
{
	char longest[SETTINGS_TEXT_MAX + 16] = "label = ";
	char line[SETTINGS_TEXT_MAX * 3];
	char many[(SETTINGS_PEERS_MAX + 1) * 11 + 1];

	(void)state;
	memset(longest + 8, 'a', SETTINGS_TEXT_MAX - 1);
	assert_int_equal(text(longest), ERR_OK);
	prepare(NULL);
	memset(longest + 8, 'a', SETTINGS_TEXT_MAX);
	assert_int_equal(text(longest), ERR_LIMIT);
	prepare(NULL);
	memset(line, 'a', sizeof line);
	line[sizeof line - 1] = '\0';
	assert_int_equal(text(line), ERR_SPACE);
	prepare(NULL);
	assert_int_equal(settings_text(&s, "x.conf", (struct bytes){ (const uint8_t *)"a\0b", 3 },
				       message, sizeof message),
			 ERR_SPACE);
	prepare(NULL);
	for (size_t i = 0; i <= SETTINGS_PEERS_MAX; i++) {
		(void)snprintf(many + i * 11, sizeof many - i * 11, "peer = a:1\n");
	}
	assert_int_equal(text(many), ERR_LIMIT);
	assert_string_equal(message, "x.conf:65: peer: input goes beyond a stated limit");
}

static void what_nobody_says_has_a_default(void **state)
{
	(void)state;
	assert_int_equal(settings_finish(&s, message, sizeof message), ERR_OK);
	assert_string_equal(s.listen, "[::]:4700");
	assert_string_equal(s.workers, "1");
}

static void values_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} bad[] = {
		{ "workers = 3", ERR_RANGE },        { "listen = 4700", ERR_MALFORMED },
		{ "listen = a.b:1", ERR_MALFORMED }, { "peer = a.b", ERR_MALFORMED },
		{ "peer = a.b:70000", ERR_RANGE },   { "region = UTO", ERR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		prepare(NULL);
		assert_int_equal(text(bad[i].text), ERR_OK);
		assert_int_equal(settings_finish(&s, message, sizeof message), bad[i].code);
		assert_true(message[0] != '\0');
	}
}

static void a_folder_without_a_file_is_fine(void **state)
{
	char path[SETTINGS_TEXT_MAX + 16];
	FILE *f;

	(void)state;
	(void)snprintf(s.dir, sizeof s.dir, "/tmp/outpost-settings-XXXXXX");
	assert_non_null(mkdtemp(s.dir));
	assert_int_equal(settings_file(&s, message, sizeof message), ERR_OK);
	(void)snprintf(path, sizeof path, "%s/outpost.conf", s.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("label = Post 1\n", f);
	(void)fclose(f);
	assert_int_equal(settings_file(&s, message, sizeof message), ERR_OK);
	assert_string_equal(s.label, "Post 1");
	(void)unlink(path);
	(void)rmdir(s.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_file_and_the_command_line_have_the_same_names, prepare),
		cmocka_unit_test_setup(the_command_line_counts_more, prepare),
		cmocka_unit_test_setup(a_mistake_is_named_with_its_line, prepare),
		cmocka_unit_test_setup(a_mistake_on_the_command_line_is_named, prepare),
		cmocka_unit_test_setup(values_have_limits, prepare),
		cmocka_unit_test_setup(what_nobody_says_has_a_default, prepare),
		cmocka_unit_test_setup(values_that_cannot_be_are_refused, prepare),
		cmocka_unit_test_setup(a_folder_without_a_file_is_fine, prepare),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
