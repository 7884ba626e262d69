#!/bin/sh
# bench.sh [BUILD]: every figure that outpost-bench knows, as lines of JSON with their commands.
# DATA: a folder with fingerprint sets (one folder each, files named FINGER_IMPRESSION.ext).
set -u
cd "$(dirname "$0")/.." || exit 1
bench=${1:-build}/outpost-bench
[ -x "$bench" ] || sh scripts/build.sh "${1:-build}" || exit 1
run() {
	printf '# outpost-bench %s\n' "$*"
	"$bench" "$@" --json || exit 1
}
for set in "${DATA:-}"/*_b; do
	[ -d "$set" ] && run finger "$set"
done
run gallery --people 10000 --fingers 2 --probes 200
run sync fill --records 10000 --bytes 700 --fingers 2
run bundle --records 10000 --bytes 700
