#!/bin/bash
# fuzz.sh [NAME...]: run the fuzz targets (all, or the named ones) from their committed corpora,
# with clang's libFuzzer, ASan and UBSan, as many at once as there are cores.
# RUNS: inputs for each, 1000000 unless said; SECONDS_MAX: give up on a target's RUNS after so
# long, 0 never.  What a target learns stays in build-fuzz/found; exit 1 when one finds a fault.
set -u
cd "$(dirname "$0")/.." || exit 1
one() {
	found=build-fuzz/found/$1
	mkdir -p "$found"
	top_builddir=build-fuzz srcdir=. nice "build-fuzz/tests/fuzz/fuzz_$1" \
		-runs="${RUNS:-1000000}" -max_total_time="${SECONDS_MAX:-0}" -timeout=20 \
		-artifact_prefix="$found-" "$found" "tests/fuzz/corpus_$1" >"$found.log" 2>&1 || {
		echo "FAULT $1: the input is $found-*, its report in $found.log"
		return 1
	}
	sed -n "s/^Done \([0-9]*\) runs in \([0-9]*\) second.*/$1: \1 inputs, \2 s, no fault/p" \
		"$found.log"
}
if [ "${1:-}" = --one ]; then
	one "$2"
	exit
fi
CC=clang-14 sh scripts/build.sh build-fuzz --enable-fuzzing \
	--enable-sanitizers=address,undefined || exit 1
[ $# -gt 0 ] || {
	set -- tests/fuzz/fuzz_*.c
	set -- "${@#tests/fuzz/fuzz_}"
	set -- "${@%.c}"
}
make -C build-fuzz -j"$(nproc)" "${@/#/tests/fuzz/fuzz_}" >>build-fuzz.log 2>&1 || {
	tail -n 30 build-fuzz.log >&2
	exit 1
}
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 bash scripts/fuzz.sh --one || exit 1
