#!/bin/sh
# outpost-synth as its users run it.
bin=${top_builddir:-.}/outpost-synth
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
point() { # point TEXT COMMAND...
	n=$((n + 1))
	text=$1
	shift
	if "$@"; then
		echo "ok $n - $text"
	else
		echo "not ok $n - $text"
	fi
}
exits() { # exits CODE ARGUMENT...
	want=$1
	shift
	"$bin" "$@" >"$dir/out" 2>"$dir/err"
	[ $? -eq "$want" ]
}
finger_pictures() {
	exits 0 finger --seed 7 --fingers 2 --impressions 2 -o "$dir/a" &&
		[ "$(head -c 15 "$dir/a/2_2.pgm")" = "$(printf 'P5\n320 400\n255\n')" ] &&
		[ "$(wc -c <"$dir/a/1_1.pgm")" -eq 128015 ] &&
		[ "$(find "$dir/a" -type f | wc -l)" -eq 4 ] && [ ! -s "$dir/err" ]
}
repeats() {
	exits 0 finger --seed 7 --fingers 1 --impressions 1 -o "$dir/b" &&
		cmp -s "$dir/a/1_1.pgm" "$dir/b/1_1.pgm" &&
		exits 0 finger --seed 8 --fingers 1 --impressions 1 -o "$dir/c" &&
		! cmp -s "$dir/a/1_1.pgm" "$dir/c/1_1.pgm"
}
templates() {
	exits 0 templates --fingers 3 --impressions 1 -o "$dir/t" &&
		[ "$(head -c 3 "$dir/t/3_1.fmr")" = FMR ]
}
private_data() {
	exits 0 templates --private --fingers 2 --impressions 1 -o "$dir/p" &&
		[ "$(od -An -tu1 -N1 "$dir/p/2_1.fpx" | tr -d ' ')" = 1 ] &&
		cmp -s "$dir/t/2_1.fmr" "$dir/p/2_1.fmr"
}
stream() { # both files of each finger, each behind four bytes of length
	exits 0 templates --private --stream --fingers 2 --impressions 1 &&
		[ "$(wc -c <"$dir/out")" -eq $(($(cat "$dir"/p/* | wc -c) + 16)) ] &&
		[ "$(dd if="$dir/out" bs=1 skip=4 count=3 2>/dev/null)" = FMR ]
}
people() {
	exits 0 people --count 20 --canary && [ "$(wc -l <"$dir/out")" -eq 20 ] &&
		[ "$(grep -c '^{"surname":"CANARY[A-F]*",.*"number":"CANARY' "$dir/out")" -eq 20 ]
}
full_disk() {
	"$bin" people --count 10 >/dev/full 2>"$dir/err"
	[ $? -eq 70 ]
}
point "writes pictures of the stated size" finger_pictures
point "the same seed gives the same picture, another seed another" repeats
point "writes minutiae records" templates
point "private data stand beside the records, which stay the same" private_data
point "a stream holds the same bytes" stream
point "pictures do not stream" exits 2 finger --stream
point "prints one person a line, with canaries" people
point "help is no error" exits 0 --help
point "no command is wrong usage" exits 2
point "pictures need a directory" exits 2 finger
point "a number that is none is wrong usage" exits 2 people --count 1x
point "a difficulty beyond 1 is wrong usage" exits 2 finger --difficulty 1.5 -o "$dir/d"
point "an unknown option is wrong usage" exits 2 people --colour
point "a directory that cannot be made is a failure" exits 70 finger -o "$dir/out/x"
point "a full disk is a failure" full_disk
echo "1..$n"
