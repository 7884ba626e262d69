#!/bin/sh
# valgrind.sh BUILD: memcheck over the unit tests that do not start programs or take minutes.
set -u
cd "$(dirname "$0")/../$1" || exit 1
bad=0
for p in tests/unit/test_base tests/unit/test_map tests/unit/test_cbor tests/unit/test_schema tests/unit/test_entry \
	tests/unit/test_merge tests/unit/test_clock tests/unit/test_kinds tests/unit/test_passport tests/unit/test_seal \
	tests/unit/test_members tests/unit/test_audit tests/unit/test_fmr tests/unit/test_nist tests/unit/test_worker \
	tests/unit/test_mrz tests/unit/test_policy tests/unit/test_noise tests/unit/test_gallery; do
	[ -x "$p" ] || continue
	echo "== $p"
	srcdir=.. valgrind -q --error-exitcode=9 --leak-check=full "./$p" >/dev/null 2>valgrind.out || {
		echo "not ok $p"
		tail -n 20 valgrind.out
		bad=1
	}
done
exit "$bad"
