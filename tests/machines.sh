#!/bin/sh
# machines.sh DIR: reading, comparing and searching prints give the same bits on every processor.
# Builds tests/machines/same.c in DIR for x86-64 and aarch64, runs it here and under qemu as
# processors that have fewer vector instructions, and compares what it prints.  Without the
# cross compiler or qemu it says what it leaves out.
set -eu
dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
cd "$(dirname "$0")/.."
flags="-std=gnu11 -g -D_GNU_SOURCE -Isrc -I. -ffp-contract=off -Wall -Wextra -Werror"
sources="tests/machines/same.c src/record/fmr.c src/record/fmr_extended.c src/record/image.c $(echo src/base/*.c src/finger/*.c src/match/*.c)"
sources="$sources $(echo src/synth/*.c | sed 's,src/synth/person.c,,')"
bad=0
build() { # build NAME COMPILER OPTION...
	name=$1
	shift
	# shellcheck disable=SC2086
	"$@" $flags -o "$dir/$name" $sources -lm
}
same() { # same NAME COMMAND...: what it prints, against the first
	name=$1
	shift
	if "$@" >"$dir/$name.out" 2>"$dir/$name.err" && [ -s "$dir/$name.out" ]; then
		[ -f "$dir/first.out" ] || cp "$dir/$name.out" "$dir/first.out"
		if cmp -s "$dir/first.out" "$dir/$name.out"; then
			echo "ok - $name: $(tail -n 1 "$dir/$name.err")"
			return
		fi
	fi
	echo "not ok - $name: $(cat "$dir/$name.err")"
	diff "$dir/first.out" "$dir/$name.out" || true
	bad=1
}
rm -f "$dir"/*.out
build here "${CC:-gcc}" -O2
same here "$dir/here"
build here-O0 "${CC:-gcc}" -O0
same here-O0 "$dir/here-O0"
if command -v clang-14 >/dev/null; then
	build here-clang clang-14 -O2
	same here-clang "$dir/here-clang"
fi
if [ "$(uname -m)" = x86_64 ] && command -v qemu-x86_64-static >/dev/null; then
	# plain C alone, SSSE3, AVX2
	for cpu in qemu64,-ssse3 Nehalem Haswell; do
		same "x86-64 $cpu" qemu-x86_64-static -cpu "$cpu" "$dir/here"
	done
else
	echo "# left out: other x86-64 processors (no qemu-x86_64-static)"
fi
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64-static >/dev/null; then
	build aarch64 aarch64-linux-gnu-gcc -O2 -static
	same aarch64 qemu-aarch64-static "$dir/aarch64"
else
	echo "# left out: aarch64 (no aarch64-linux-gnu-gcc or qemu-aarch64-static)"
fi
exit "$bad"
