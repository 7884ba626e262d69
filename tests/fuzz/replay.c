/* Without libFuzzer a target replays its corpus, so that make check runs every
 * input that ever mattered; one TAP point for each file. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	static uint8_t buf[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		return -1;
	}
	n = fread(buf, 1, sizeof buf, f);
	(void)fclose(f);
	return LLVMFuzzerTestOneInput(buf, n);
}

int main(int argc, char *argv[])
{
	const char *srcdir = getenv("srcdir");
	const char *name = strrchr(argv[0], '_');
	char dir[512];
	DIR *d;
	struct dirent *e;
	int n = 0;

	(void)argc;
	(void)snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus%s", srcdir ? srcdir : ".",
		       name ? name : "");
	d = opendir(dir);
	if (d == NULL) {
		printf("Bail out! no corpus at %s\n", dir);
		return 1;
	}
	while ((e = readdir(d)) != NULL) {
		char path[1024];

		if (e->d_name[0] == '.') {
			continue;
		}
		(void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		n++;
		printf("%sok %d - %s\n", replay(path) == 0 ? "" : "not ", n, e->d_name);
	}
	(void)closedir(d);
	printf("1..%d\n", n);
	return 0;
}
