#!/bin/sh
# build.sh DIR [CONFIGURE-OPTION...]: builds the tree in DIR; what it prints goes to DIR.log.
set -eu
cd "$(dirname "$0")/.."
dir=$1
shift
mkdir -p "$dir"
(
	# Once there is a Makefile, it knows when to make configure anew.
	[ -x configure ] || autoreconf -fi
	cd "$dir"
	[ -f config.status ] || ../configure "$@"
	make -j"$(nproc)"
) >"$dir.log" 2>&1 || {
	echo "the build in $dir failed; the end of $dir.log:" >&2
	tail -n 30 "$dir.log" >&2
	exit 1
}
