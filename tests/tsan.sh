#!/bin/sh
# The work pool, the gallery's snapshots and the loop under the thread sanitizer.
set -eu
cd "$(dirname "$0")/.."
sh scripts/build.sh build-tsan --enable-sanitizers=thread
programs="tests/unit/test_io_work tests/unit/test_io_loop tests/unit/test_gallery tests/unit/test_search
	tests/unit/test_filter tests/unit/test_io_discover_aside"
cd build-tsan
for p in $programs; do
	[ -f "../$p.c" ] || continue
	make -s "$p"
	srcdir=.. "./$p"
done
