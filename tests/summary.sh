#!/bin/sh
# Adds up the test points that make check wrote to *.trs under the folders named.
find "${@:-.}" -name '*.trs' -exec cat {} + | awk '
	/^:test-result: (PASS|XFAIL)/ {p++} /^:test-result: (FAIL|XPASS|ERROR)/ {f++} /^:test-result: SKIP/ {s++}
	END {printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0}'
