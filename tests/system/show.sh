#!/bin/bash
# outpostctl finger show as its users run it, without a node: pictures, JSON, exit codes, and files
# that are whole or not there.
# shellcheck shell=bash disable=SC2016,SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
begin
export OUTPOST_WORKER=$BUILD/outpost-worker
P=$ROOT/prints
O=$ROOT/pictures
mkdir "$O"

show() { "$BUILD/outpostctl" finger show "$@"; }
says() { # says CODE PATTERN ARGUMENT...: one line that helps, and no file is left
	local code=$1 pattern=$2
	shift 2
	exits "$code" show "$@" </dev/null || return 1
	[ "$(wc -l <"$ERR")" -eq 1 ] && grep -Eq "^outpostctl: .*($pattern)" "$ERR" && is_tidy && return
	echo "it says: $(cat "$ERR")"
	return 1
}
refuses() { point "refused: $1" says 2 "$@"; }
is_tidy() { # nothing but whole pictures
	[ -z "$(find "$O" -type f ! -name '*.svg' ! -name '*.png')" ] && [ ! -e "$O/none.svg" ]
}
is_svg() {
	[ "$(head -c 5 "$1")" = '<svg ' ] && [ "$(tail -c 7 "$1")" = '</svg>' ] &&
		{ ! command -v xmllint >/dev/null || xmllint --noout "$1"; }
}
is_png() { # that the worker can decode; as if it were small, so that looking for ridges is quick
	exits 1 "$BUILD/outpostctl" finger extract "$1:2000" ||
		exits 0 "$BUILD/outpostctl" finger extract "$1:2000"
}
draws() { # draws CODE FILE ARGUMENT...
	local code=$1 file=$2
	shift 2
	exits "$code" show "$@" --output "$file" && [ "$(stat -c %a "$file")" = 600 ] &&
		case $file in
		*.svg) is_svg "$file" ;;
		*.png) is_png "$file" ;;
		esac
}
json() { # json CODE FILTER ARGUMENT...
	local code=$1 filter=$2
	shift 2
	exits "$code" show --json --output "$O/json.svg" "$@" && jq -e "$filter" "$OUT" && return
	cat "$OUT" "$ERR"
	return 1
}

fingers 7 2 "$P"
must "the prints are there" test -s "$P/2_2.pgm"

# ---- one print ----

point "one print as SVG" draws 0 "$O/one.svg" "$P/1_1.pgm"
point "one print as PNG" draws 0 "$O/one.png" "$P/1_1.pgm"
point "the same again is the same" eval 'draws 0 "$O/again.svg" "$P/1_1.pgm" && cmp "$O/one.svg" "$O/again.svg"'
point "in place of a picture that is there" eval 'draws 0 "$O/again.svg" --layers flow "$P/1_1.pgm" &&
	! cmp -s "$O/one.svg" "$O/again.svg"'
point "options may stand behind the file" eval 'exits 0 show "$P/1_1.pgm" -o "$O/again.svg" --layers=flow,mask'
has_layer() { # has_layer NAME COLOUR OTHER_COLOUR
	draws 0 "$O/layer.svg" "$P/1_1.pgm" --layers "$1" && grep -q "$2" "$O/layer.svg" &&
		! grep -q "$3" "$O/layer.svg"
}
point "ridges alone" has_layer skeleton '#0072b2' '#d55e00'
point "minutiae alone" has_layer minutiae '#d55e00" fill="none"' '#0072b2'
point "flow alone" has_layer flow '#8f4f9f' '#d55e00'
point "the mask alone" has_layer mask '#555555' '#d55e00'
point "JSON tells what is drawn" json 0 '(.prints | length == 1) and (.prints[0] |
	.usable and .quality > 20 and .print_blocks > 500 and .clarity > 0.3 and .width == 320 and
	(.minutiae_b | length > 10) and (.minutiae_a | length > 10) and
	(.cores | type == "array") and
	(.minutiae_b[0] | .quality > 0 and (.type == "ending" or .type == "bifurcation"))) and
	.layers == ["mask", "skeleton", "minutiae", "core"] and (has("comparison") | not)' "$P/1_1.pgm"
count_is_that_of_extract() {
	json 0 '.prints[0].minutiae_b | length' "$P/1_1.pgm" || return 1
	local n
	n=$(jq '.prints[0].minutiae_b | length' "$OUT")
	exits 0 "$BUILD/outpostctl" finger extract "$P/1_1.pgm" && grep -q " $n minutiae" "$OUT"
}
point "as many minutiae as extraction tells" count_is_that_of_extract
point "another resolution" json 1 '.prints[0].width == 80' "$P/1_1.pgm" --ppi 2000
point "a file's own resolution comes first" json 0 '.prints[0].width == 320' "$P/1_1.pgm:500" --ppi 2000

# ---- records ----

"$BUILD/outpost-synth" templates --seed 7 --fingers 1 --impressions 2 -o "$ROOT/records" 2>/dev/null
point "a minutiae record" draws 0 "$O/record.svg" "$ROOT/records/1_1.fmr"
must "a record of a print" exits 0 "$BUILD/outpostctl" finger extract --output "$ROOT/one.iso" "$P/1_1.pgm"
point "a record against an image" json 0 '.comparison.score > 300 and
	(.prints[0].minutiae_b == .prints[1].minutiae_b)' "$ROOT/one.iso" "$P/1_1.pgm"

# ---- two prints ----

point "two prints of one finger" draws 0 "$O/two.svg" "$P/1_1.pgm" "$P/1_2.pgm"
point "as PNG" draws 0 "$O/two.png" "$P/1_1.pgm" "$P/1_2.pgm"
point "with their mates in JSON" json 0 '.comparison | .score > 300 and (.b.mates | length > 8) and
	(.a.mates | length > 8) and (.word | test("strong support for one finger")) and
	.log10_lr * 100 - .score < 0.01 and (.b.mates[0] | .first[0] >= 0 and .fit <= 100)' "$P/1_1.pgm" "$P/1_2.pgm"
score_is_that_of_compare() {
	json 0 '.comparison.score' "$P/1_1.pgm" "$P/1_2.pgm" || return 1
	local n
	n=$(jq .comparison.score "$OUT")
	is "$n" eval '"$BUILD/outpostctl" --json finger compare "$P/1_1.pgm" "$P/1_2.pgm" | jq .score'
}
point "the score is that of finger compare" score_is_that_of_compare
point "different fingers: drawn, and exit 1" draws 1 "$O/strangers.svg" "$P/1_1.pgm" "$P/2_1.pgm"
point "without mates" json 1 '.comparison | .score < 0 and .a.mates == [] and .b.mates == []' \
	"$P/1_1.pgm" "$P/2_1.pgm"

# ---- what is no fingerprint ----

pgm() { # pgm WIDTH HEIGHT: light grey
	printf 'P5\n%d %d\n255\n' "$1" "$2"
	head -c $(($1 * $2)) /dev/zero | tr '\0' '\360'
}
pgm 300 300 >"$ROOT/blank.pgm"
pgm 3000 3000 >"$ROOT/large.pgm"
printf 'P5\n60000 60000\n255\n' >"$ROOT/huge.pgm"
head -c 5000 "$P/1_1.pgm" >"$ROOT/cut.pgm"
head -c 5000 /dev/urandom >"$ROOT/noise.png"
echo hello >"$ROOT/text.pgm"
: >"$ROOT/empty.pgm"
printf 'FMR\0 20\0' >"$ROOT/cut.iso"
blank() {
	exits 1 show "$ROOT/blank.pgm" --output "$O/blank.svg" && grep -q "no fingerprint that can be used" "$ERR" &&
		is_svg "$O/blank.svg" && grep -q "no fingerprint that can be used" "$O/blank.svg"
}
point "a blank image: drawn, and exit 1" blank
point "in JSON too" json 1 '.prints[0].usable == false and .prints[0].faults > 0' "$ROOT/blank.pgm"
point "nothing is compared with it" json 1 '(.comparison | not) and (.prints | length == 2)' \
	"$ROOT/blank.pgm" "$P/1_1.pgm"
for f in large huge cut text; do
	refuses "$f.pgm: .*\(ERR_" "$ROOT/$f.pgm" --output "$O/none.svg"
done
refuses "noise.png: .*\(ERR_" "$ROOT/noise.png" --output "$O/none.svg"
refuses "cut.iso: .*\(ERR_" "$ROOT/cut.iso" --output "$O/none.svg"
refuses "second.* is empty|empty.pgm: is empty" "$P/1_1.pgm" "$ROOT/empty.pgm" --output "$O/none.svg"
refuses "No such file" "$ROOT/missing.pgm" --output "$O/none.svg"
refuses "no file" "$ROOT" --output "$O/none.svg"

# ---- wrong usage ----

refuses "--output FILE" "$P/1_1.pgm"
refuses "--output FILE" --output "$O/none.svg"
refuses "needs a value" "$P/1_1.pgm" --output
refuses "ends in .svg or .png" "$P/1_1.pgm" --output "$O/none.gif"
refuses "ends in .svg or .png" "$P/1_1.pgm" --output .svg
refuses "some of mask" "$P/1_1.pgm" --layers ridges --output "$O/none.svg"
refuses "channel is a or b" "$P/1_1.pgm" --channel c --output "$O/none.svg"
refuses "ppi is a number" "$P/1_1.pgm" --ppi many --output "$O/none.svg"
refuses "ppi is a number" "$P/1_1.pgm" --ppi 2001 --output "$O/none.svg"
refuses "one word too many" "$P/1_1.pgm" "$P/1_2.pgm" "$P/2_1.pgm" --output "$O/none.svg"
refuses "there is no option --colour" "$P/1_1.pgm" --colour --output "$O/none.svg"

# ---- where nothing can be written ----

refuses "No such file" "$P/1_1.pgm" --output "$ROOT/nowhere/none.svg"
mkdir "$O/folder.svg"
refuses "Is a directory" "$P/1_1.pgm" --output "$O/folder.svg"
full() { # a file may have one block only
	cp "$O/one.svg" "$O/kept.svg"
	(
		trap '' XFSZ
		ulimit -f 1
		show "$P/1_1.pgm" --output "$O/kept.svg" 2>"$ERR"
		[ $? -eq 70 ]
	) && grep -q "cannot be written" "$ERR" && cmp "$O/one.svg" "$O/kept.svg" && is_tidy
}
point "a full disk leaves the old picture as it was" full
no_worker() {
	exits 75 "$BUILD/outpostctl" --worker "$ROOT/none" finger show "$P/1_1.pgm" --output "$O/none.svg" && is_tidy
}
point "no worker, no picture: exit 75" no_worker

# ---- the pictures in the documentation ----

# The images within are PNG, whose bytes depend on zlib's version: only how many there are is compared.
without_images() { sed 's|base64,[^"]*|base64|' "$1"; }
pictures_are_current() {
	mkdir "$ROOT/docs" && sh "$srcdir/scripts/pictures.sh" "$BUILD" "$ROOT/docs" || return 1
	local f
	for f in "$ROOT"/docs/*.svg; do
		[ "$(without_images "$f")" = "$(without_images "$srcdir/docs/pictures/${f##*/}")" ] &&
			[ "$(wc -c <"$f")" -lt 150000 ] && continue
		echo "docs/pictures/${f##*/} is not what the program draws: make pictures"
		return 1
	done
	is 4 eval 'ls "$ROOT/docs" | wc -l'
}
point "docs/pictures are what the program draws" pictures_are_current
finish
