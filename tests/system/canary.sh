#!/bin/bash
# Canaries: 1,000 people with planted names, document numbers and templates go from headquarters
# over a relay to a post.  Nothing of them may stand on a disk, in a log or on the wire.
#
#   hq ---tap--- relay ---tap--- post c
#
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq xxd xargs
begin
PEOPLE=${PEOPLE:-1000}
CHECKS=${CHECKS:-60}
P=$ROOT/people.json
T=$ROOT/templates
TAP=$BUILD/tests/system/wiretap
[ -x "$TAP" ] || skip_all "tests/system/wiretap is not built"
TAPS=()
export OFFICER="CANARY Officer"
on_end() {
	[ ${#TAPS[@]} -eq 0 ] || kill "${TAPS[@]}" 2>/dev/null
}

tap() { # tap PORT TARGET-PORT FILE
	"$TAP" "$HOST" "$1" "$HOST" "$2" "$3" 2>"$ROOT/tap.err" &
	TAPS+=($!)
	disown $!
}

# ---- what is planted ----

plant() {
	local all=$((PEOPLE + CHECKS))
	"$BUILD/outpost-synth" people --count "$all" --canary >"$P" || return 1
	"$BUILD/outpost-synth" templates --seed 5 --fingers "$all" --impressions 1 -o "$T" 2>/dev/null ||
		return 1
	jq -r '.surname, .passport.number' "$P" | sort -u >"$ROOT/texts"
	local i at
	for ((i = 1; i <= all; i++)); do
		for at in 28 52 76; do # three pieces of the minutiae
			xxd -p -s "$at" -l 16 -c 16 "$T/${i}_1.fmr"
		done
	done | sort -u >"$ROOT/pieces"
	[ "$(wc -l <"$ROOT/pieces")" -gt $((2 * PEOPLE)) ]
}

# How many of the planted things are in these files and folders?
texts_in() {
	find "$@" -type f -exec cat {} + | grep -aoiF -f "$ROOT/texts" | tr '[:lower:]' '[:upper:]' | sort -u | wc -l
}
pieces_in() {
	find "$@" -type f -exec cat {} + | xxd -p | tr -d '\n' | grep -oF -f "$ROOT/pieces" | sort -u | wc -l
}
is_silent() { # is_silent FILE-OR-FOLDER...
	[ "$(find "$@" -type f -exec cat {} + | wc -c)" -gt 0 ] &&
		is 0 texts_in "$@" && is 0 pieces_in "$@" &&
		! find "$@" -type f -exec cat {} + | grep -aic canary
}

# ---- how it gets in ----

issue_some() { # issue_some FIRST STEP
	local i=0 surname given number born nationality
	while IFS=$'\t' read -r surname given number born nationality; do
		i=$((i + 1))
		if [ $((i % $2)) -ne "$1" ] || [ "$i" -gt "$PEOPLE" ]; then continue; fi
		ctl hq notice add --ref "UTO-$i" --type red --family "$surname" --given "$given" --born "$born" \
			--document "$number" --nationality "$nationality" "$T/${i}_1.fmr@2" || return 1
	done < <(jq -r '[.surname, .given, .passport.number, .birth, .nationality] | @tsv' "$P") >/dev/null
}
issue_all() {
	local k pids=() bad=0
	for k in 0 1 2 3; do
		issue_some "$k" 4 &
		pids+=($!)
	done
	for k in "${pids[@]}"; do
		wait "$k" || bad=1
	done
	return "$bad"
}
check_all() { # people of whom nothing is known, by the zones of their passports
	local i
	for ((i = PEOPLE + 1; i <= PEOPLE + CHECKS; i++)); do
		sed -n "${i}p" "$P" | jq -r '.passport.mrz[]' >"$ROOT/zone"
		ctl c check --purpose border --basis "CANARY Act 12" --mrz "$ROOT/zone" "$T/${i}_1.fmr@2" || return 1
	done >/dev/null
}
withdraw_some() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		ctl hq notice withdraw --reason "CANARYREASON $i" "UTO-$i" || return 1
	done
}
names_at() { asks "$1" '[.rows[] | select(.name | startswith("CANARY"))] | length' gallery --max 10000; }
is_settled() { # minors are outside of automatic search
	[ "$(states HQ_NO_HIT)" -gt $((CHECKS / 2)) ] &&
		is "$CHECKS" echo $(($(states HQ_NO_HIT) + $(states LOCAL_DONE)))
}
states() { asks c "[.cases[] | select(.state == \"$1\")] | length" queue; }
more_than() { [ "$1" -gt "$2" ] || { echo "$1"; false; }; }
number() { asks "$1" ".$2" status; }
logs_are_silent() { is_silent "$ROOT"/*.log; }

# ---- that the search finds what is there ----

finds_all() {
	is "$(wc -l <"$ROOT/texts")" texts_in "$P" && is "$(wc -l <"$ROOT/pieces")" pieces_in "$T"
}
finds_one() { # one name and one piece of a template, in the middle of a node's store
	cp -r "$ROOT/c" "$ROOT/copy" || return 1
	jq -rn 'input | .surname' "$P" | tr -d '\n' |
		dd of="$ROOT/copy/store.db" bs=1 seek=100001 conv=notrunc status=none
	head -n 1 "$ROOT/pieces" | xxd -r -p |
		dd of="$ROOT/copy/store.db" bs=1 seek=200001 conv=notrunc status=none
	is 1 texts_in "$ROOT/copy" && is 1 pieces_in "$ROOT/copy" && ! is_silent "$ROOT/copy" &&
		is_silent "$ROOT/c"
}
worker_keeps_pieces() { # the node keeps the very bytes that are looked for
	ctl hq finger extract --output "$ROOT/made.fmr" "$T/7_1.fmr" && is 3 pieces_in "$ROOT/made.fmr"
}

must "people and templates are made" plant
point "the search finds every name, number and template" finds_all
point "what the worker makes holds the same bytes" worker_keeps_pieces

for n in hq r c; do NODE_HOST[$n]=$HOST; done
ROLE_OF[r]=relay
node_make hq hq "Headquarters" 4701
node_make r post "Relay" 4702 hq-tap
node_make c post "Post C" 4703 r-tap
NODE_HOST[hq-tap]=$HOST NODE_PORT[hq-tap]=4711 NODE_HOST[r-tap]=$HOST NODE_PORT[r-tap]=4712
tap 4711 4701 "$ROOT/wire-1"
tap 4712 4702 "$ROOT/wire-2"
must "headquarters, a relay and a post start" enrol_all r c

must "headquarters issues $PEOPLE notices" issue_all
must "they reach the post through the relay" wait_for 60 has_people c "$PEOPLE"
point "the post knows their names" is "$PEOPLE" names_at hq
point "it checks $CHECKS other people" check_all
point "headquarters settles the checks of all adults" wait_for 60 is_settled
point "a running headquarters has nothing on disk" is_silent "$ROOT/hq"
point "a running post has nothing on disk" is_silent "$ROOT/c"
point "the relay carries it all" more_than "$(number r entries)" $((3 * PEOPLE))
point "and cannot find anyone" is 0 people r
point "a running relay has nothing on disk" is_silent "$ROOT/r"
point "some notices are withdrawn" withdraw_some
must "the post forgets them" wait_for 60 has_people c $((PEOPLE - 10))
for n in hq r c; do
	node_stop $n
done
for n in hq r c; do
	point "$n, stopped, has nothing on disk" is_silent "$ROOT/$n"
done
point "nothing went over the wire in clear" is_silent "$ROOT/wire-1" "$ROOT/wire-2"
point "though a lot went over it" more_than "$(cat "$ROOT"/wire-? | wc -c)" $((2000 * PEOPLE))
point "nothing is in the logs" logs_are_silent
point "a single name or template in a store is found" finds_one
for n in hq r c; do
	note "$n: $(du -sk "$ROOT/$n" | cut -f 1) kB; wire $(cat "$ROOT"/wire-? | wc -c) bytes"
done
node_start hq
point "the audit chain of headquarters is whole" audit_is_whole hq
finish
