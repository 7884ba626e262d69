#!/bin/bash
# Hostile files through outpostctl check: each gets one clear error that says which file, where in it
# and what, or an answer that calls the capture unusable; no worker dies of one, the node goes on.
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq gzip xxd
begin
CORPUS=$srcdir/tests/fuzz
H=$ROOT/hostile
mkdir "$H"

check() {
	ctl hq --json check --purpose border --basis "Border Act 12" "$@" >"$OUT" 2>"$ERR"
}
bytes() { printf '%s' "$*" | xxd -r -p; }           # bytes HEX...
zeroes() { head -c "$1" /dev/zero; }
be32() { printf '%08x' "$1"; }
crc() { gzip -c | tail -c 8 | head -c 4 | xxd -p | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/'; }

chunk() { # chunk TYPE FILE: a PNG chunk
	be32 "$(wc -c <"$2")" | xxd -r -p
	printf '%s' "$1"
	cat "$2"
	{ printf '%s' "$1"; cat "$2"; } | crc | xxd -r -p
}
png() { # png WIDTH HEIGHT ZEROES: the pixels unpack to so many zeroes
	bytes "$(be32 "$1") $(be32 "$2") 08 00 00 00 00" >"$H/.head"
	{
		bytes 78 9c
		zeroes "$3" | gzip -nc | tail -c +11 | head -c -8
		bytes "$(be32 $((($3 % 65521) << 16 | 1)))"
	} >"$H/.data"
	bytes 89 50 4e 47 0d 0a 1a 0a
	chunk IHDR "$H/.head"
	chunk IDAT "$H/.data"
	: >"$H/.head"
	chunk IEND "$H/.head"
	rm "$H/.head" "$H/.data"
}
jpeg_of_size() { # jpeg_of_size FILE HEX: other sizes in the frame header
	local at
	at=$(grep -obUaP '\xff[\xc0\xc2]\x00\x0b\x08' "$1" | head -n 1 | cut -d : -f 1)
	head -c $((at + 5)) "$1"
	bytes "$2"
	tail -c +$((at + 10)) "$1"
}
tiff() { # tiff WIDTH HEIGHT: 8 bits grey, one strip of 4 bytes
	bytes 49 49 2a 00 08 00 00 00 07 00
	local field
	for field in "0001 0004 $1" "0101 0004 $2" "0201 0003 08000000" "0301 0003 01000000" \
		"0601 0003 01000000" "1101 0004 04000000" "1701 0004 04000000"; do
		# shellcheck disable=SC2086
		set -- $field "$1" "$2"
		bytes "$1 ${2:2:2}${2:0:2} 01000000 $3"
		set -- "$4" "$5"
	done
	bytes 00 00 00 00
}

# A print as PNG, its checksum and all; and as minutiae.
large() {
	mkdir -p "$ROOT/large"/{png,pgm,fmr}
	cp "$ROOT/good/1_1.pgm" "$ROOT/large/pgm"
	"$BUILD/outpost-synth" templates --fingers 1 --impressions 1 -o "$ROOT/large/fmr" >/dev/null
	bytes "$(be32 320) $(be32 400) 08 00 00 00 00" >"$H/.head"
	tail -c 128000 "$ROOT/good/1_1.pgm" | xxd -p -c 320 | sed 's/^/00/' | xxd -r -p >"$H/.rows"
	{
		bytes 78 9c
		gzip -nc "$H/.rows" | tail -c +11 | head -c -8
		od -An -v -tu1 -w1 "$H/.rows" |
			awk 'BEGIN { a = 1 } { a = (a + $1) % 65521; b = (b + a) % 65521 }
				END { printf "%04x%04x", b, a }' | xxd -r -p
	} >"$H/.data"
	{
		bytes 89 50 4e 47 0d 0a 1a 0a
		chunk IHDR "$H/.head"
		chunk IDAT "$H/.data"
		: >"$H/.head"
		chunk IEND "$H/.head"
	} >"$ROOT/large/png/print.png"
	rm "$H"/.head "$H"/.data "$H"/.rows
}

# What must be refused outright.
bombs() {
	local f=$CORPUS
	printf 'P5\n60000 60000\n255\n' >"$H/huge.pgm"
	printf 'P5\n99999999999999999999 9\n255\n' >"$H/overflow.pgm"
	printf 'P5\n300 300\n255\nshort' >"$H/short.pgm"
	printf 'P5\n-3 300\n255\n' >"$H/negative.pgm"
	printf 'P6\n3 3\n255\n%27s' '' >"$H/colour.pgm"
	png 60000 60000 100 >"$H/huge.png"
	png 2147483647 1 100 >"$H/wide.png"
	png 300 300 100000000 >"$H/unpacks-to-100-MB.png"
	png 300 300 100 >"$H/too-few-pixels.png"
	png 0 0 0 >"$H/nothing.png"
	jpeg_of_size "$f/corpus_jpeg/grey" "ffff ffff" >"$H/huge.jpg"
	jpeg_of_size "$f/corpus_jpeg/grey-progressive" "ffff ffff" >"$H/huge-progressive.jpg"
	tiff ffffffff ffffffff >"$H/huge.tiff"
	tiff 00000080 00000080 >"$H/negative.tiff"
	tiff 2c010000 2c010000 >"$H/short.tiff"
	bytes ffa0 ffa2 0011 00 ff ffff ffff 00 0000 00 0000 00 0000 ffa1 >"$H/huge.wsq"
	bytes ffa0 >"$H/begun.wsq"
	bytes 464d5200 20323000 ffffffff 0000 ffff ffff 0100 0100 ff 00 >"$H/long.fmr"
	bytes 464d5200 20323000 00000019 0000 0100 0100 0000 0000 01 00 00 >"$H/no-resolution.fmr"
	printf '1.001:99999999999\03541.002:0500\034' >"$H/length.an2"
	printf '1.%.0s' $(seq 20000) >"$H/fields.an2"
	printf 'GIF89a\001\000\001\000' >"$H/picture.gif"
	printf 'PK\003\004%100s' '' >"$H/archive.zip"
	head -c 100000 "$BUILD/outpostd" >"$H/program"
	printf 'a letter to the officer\n' >"$H/letter"
	zeroes 33554432 >"$H/zeroes-32-MiB"
	{ bytes ffd8ff; zeroes 8000000; } >"$H/zeroes.jpg"
	"$BUILD/outpost-synth" finger --seed 9 --fingers 1 --impressions 1 -o "$H/.noise" >/dev/null 2>&1
	gzip -nc "$H/.noise/1_1.pgm" | tail -c 40000 >"$H/noise"
	for f in png:89504e470d0a1a0a jpg:ffd8ffe0 tif:49492a0008000000 tiff:4d4d002a00000008 wsq:ffa0ffa4 \
		fmr:464d5200 an2:312e3030313a; do
		{ bytes "${f#*:}"; tail -c 5000 "$H/noise"; } >"$H/noise.${f%%:*}"
	done
	rm -rf "$H/.noise"
}

clear_error='^outpostctl: check: (file 1(, [^:]+ at byte [0-9]+)?|no print in it): [^:]+ \(ERR_[A-Z]+\)$'
is_refused() { # is_refused FILE
	local rc
	check "$1"
	rc=$?
	[ "$rc" -eq 2 ] && [ "$(wc -l <"$ERR")" -eq 1 ] && grep -Eq "$clear_error" "$ERR" &&
		jq -e '.error | startswith("ERR_")' "$OUT" && return
	echo "exit $rc"
	cat "$ERR"
	return 1
}

# What may be read or not: but never more than an error or a poor capture.
is_survived() { # is_survived FILE
	local rc
	check "$1"
	rc=$?
	case $rc in
	0 | 5) jq -e '.sentence | length > 0' "$OUT" >/dev/null ;;
	2) [ "$(wc -l <"$ERR")" -eq 1 ] && grep -Eq "$clear_error" "$ERR" ;;
	*) false ;;
	esac || {
		echo "${1##*/}: exit $rc: $(cat "$ERR")"
		return 1
	}
	echo "$rc" >>"$ROOT/codes"
}
bases() { # bases FORMAT: the fuzz corpus, and prints large enough to be read
	find "$CORPUS/corpus_$1" "$ROOT/large/$1" -type f 2>/dev/null | sort
}
cut_short() { # cut_short FORMAT: each file at four places
	local f n
	for f in $(bases "$1"); do
		n=$(wc -c <"$f")
		for n in 3 $((n / 4)) $((n / 2)) $((n - 1)); do
			head -c "$n" "$f" >"$H/.cut"
			is_survived "$H/.cut" || { echo "$f cut to $n bytes"; return 1; }
		done
	done
}
damaged() { # damaged FORMAT: with bytes changed
	local f n i
	RANDOM=5
	for f in $(bases "$1"); do
		n=$(wc -c <"$f")
		cp "$f" "$H/.bad"
		chmod u+w "$H/.bad"
		for i in 1 2 3; do
			bytes "$(printf '%02x' $((RANDOM % 256)))" |
				dd of="$H/.bad" bs=1 seek=$((RANDOM * 32768 % n + RANDOM % (n < 400 ? n : 400) * (i % 2) % n)) conv=notrunc status=none
			is_survived "$H/.bad" || { echo "$f with $i bytes changed"; return 1; }
		done
	done
}

goes_on() { [ "$(pid_of hq)" = "$PID" ] && kill -0 "$PID" && answers hq; }
no_case() { [ "$(asks hq '.cases | length' queue)" = "$1" ]; }
good_check() {
	check "$ROOT/good/1_1.pgm@2" && [ "$(jq '.samples[0].usable' "$OUT")" = 1 ]
}
no_worker_died() { ! grep 'at=worker' "$ROOT/hq.log"; }
names_the_file() { # names_the_file: the third of five
	local g=$ROOT/good/1_1.pgm
	! check "$g" "$g" "$H/huge.png" "$g" "$g" && grep -q ': check: file 3, .*(ERR_LIMIT)$' "$ERR"
}
notice() {
	exits 2 ctl hq notice add --ref UTO-1 --type red --family DOE "$ROOT/good/1_1.pgm@1" "$H/huge.png@2" &&
		grep -Eq '^outpostctl: notice.add: file 2, .*\(ERR_LIMIT\)$' "$ERR" && is 0 people hq
}
client_refuses() { # client_refuses TEXT ARGUMENT...: before the node is asked
	local text=$1
	shift
	check "$@"
	[ $? -eq 2 ] && grep -q "$text" "$ERR"
}
twenty() {
	local i all=()
	for ((i = 0; i < 20; i++)); do all+=("$H/noise.png"); done
	check "${all[@]}"
	[ $? -eq 2 ] || return 1
	check "${all[@]}" "$H/noise.png"
	[ $? -eq 2 ] && grep -q 'at most 20' "$ERR"
}
many_at_once() { # more than the node takes: each is served or told to come again
	local i pids=() rc bad=0
	for ((i = 0; i < 40; i++)); do
		ctl hq check --purpose border --basis x "$H/huge.png" >/dev/null 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
		rc=$?
		[ "$rc" -eq 2 ] || [ "$rc" -eq 75 ] || bad=$rc
	done
	[ "$bad" -eq 0 ] || echo "exit $bad"
	return "$bad"
}

NODE_HOST[hq]=$HOST
must "a node starts" eval 'node_make hq hq "Headquarters" 4701 && node_start hq'
PID=$(pid_of hq)
fingers 1 1 "$ROOT/good"
large
for f in "$ROOT"/large/*/*; do
	point "a good ${f##*.} is searched" exits 0 check "$f"
done
bombs
for f in "$H"/*; do
	point "refused with its place: ${f##*/}" is_refused "$f"
done
point "the node goes on" goes_on
point "nothing was kept of all this" no_case 3
point "no worker died" no_worker_died
for c in png jpeg tiff wsq pgm fmr nist; do
	point "$c cut short: an error or a poor capture" cut_short $c
	point "$c damaged: an error or a poor capture" damaged $c
done
note "$(sort "$ROOT/codes" | uniq -c | awk '{printf "%s files: exit %s; ", $1, $2}')"
point "no worker died of those" no_worker_died
point "among five files the bad one is named" names_the_file
point "a notice with a bad file is not issued" notice
: >"$H/.empty"
zeroes 33554433 >"$H/.large"
mkfifo "$H/.pipe"
point "an empty file is refused" client_refuses "is empty" "$H/.empty"
point "so is one above 32 MiB" client_refuses "too large" "$H/.large"
point "and a pipe to which nobody writes" client_refuses "is no file" "$H/.pipe"
point "and a file that is not there" client_refuses "No such file" "$H/.nothing"
point "and a folder" client_refuses "is no file" "$H"
point "twenty bad files are refused, twenty-one are too many" twenty
point "forty at once are served or told to come again" many_at_once
point "the node still goes on" goes_on
point "a good check works" good_check
note "outpostd needed $(awk '/VmHWM/ {print $2}' "/proc/$PID/status") kB at most"
finish
