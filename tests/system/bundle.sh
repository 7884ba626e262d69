#!/bin/bash
# A post without any link lives by what a courier brings: notices in, checks out, verdicts in; with
# the real programs, files that were changed or cut, and nodes killed in the middle of an import.
#
#   KILLS=40 SEED=3 tests/system/bundle.sh      # make check: 8
#
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
begin
RANDOM=${SEED:-1}
KILLS=${KILLS:-8}
STICK=$ROOT/stick
mkdir "$STICK"

export_to() { # export_to NODE FILE OPTION...: and the file is what JSON says
	local node=$1 name=$2
	shift 2
	rm -f "$STICK/$name"
	exits 0 ctl "$node" --json bundle export --output "$STICK/$name" "$@" || return 1
	is "$(stat -c %s "$STICK/$name")" jq -r .bytes "$OUT" && [ ! -e "$STICK/$name.part" ]
}
import_at() { exits "$1" ctl "$2" --json bundle import "$STICK/$3"; } # import_at CODE NODE FILE
lanes() { jq -r "[.lanes[] | .lane + \"=\" + (.$1 | tostring)] | join(\" \")" "$OUT"; }
taken() { jq -r '[.lanes[].taken] | add // 0' "$OUT"; }
entries() { jq -r '[.lanes[].entries] | add // 0' "$OUT"; }
left() { jq -r '[.lanes[].left] | add // 0' "$OUT"; }
held() { asks "$1" .entries status; }
rows() { asks "$1" '[.rows[] | [.reference, .status, .revision]] | sort | tostring' gallery --max 10000; }
same_rows() { is "$(rows hq)" rows "$1"; }

private() { [ "$(stat -c %a "$STICK/$1")" = 600 ]; }
shows() { # shows CODE NODE FILE PATTERN
	exits "$1" ctl "$2" bundle show "$STICK/$3" && grep -q "^bundle [0-9a-f]\{32\}, version 1: " "$OUT" &&
		cat "$OUT" "$ERR" | grep -q "$4"
}
no_names() { ! grep -aqE 'Post|Headquarters|UTO|DOE' "$STICK/$1"; }

flip() { # flip FILE BYTE
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\x$(printf %02x $((byte ^ (1 << (RANDOM % 8)))))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
refuses_changed() { # refuses_changed TIMES: 2 for the form, 4 for the rest; nothing is taken
	local i rc before size at
	size=$(stat -c %s "$STICK/1")
	before=$(held b)
	for ((i = 0; i < $1; i++)); do
		cp "$STICK/1" "$STICK/bad"
		at=$((i < 20 ? i * 29 : (RANDOM * 32768 + RANDOM) % size))
		flip "$STICK/bad" "$at"
		ctl b bundle import "$STICK/bad" >"$OUT" 2>"$ERR"
		rc=$?
		[ "$rc" -eq 4 ] || [ "$rc" -eq 2 ] || { echo "byte $at: exit $rc"; return 1; }
		is "$before" held b || return 1
	done
}
refuses_cut() {
	head -c 66105 "$STICK/1" >"$STICK/bad"
	import_at 2 b bad && head -c 30 "$STICK/1" >"$STICK/bad" && import_at 2 b bad
}
refuses_other_files() {
	head -c 70000 "$BUILD/outpostctl" >"$STICK/bad"
	import_at 2 b bad && import_at 2 b nothing && mkdir -p "$STICK/dir" && import_at 2 b dir
}

line_of_three() {
	local n
	for n in hq a b; do
		NODE_HOST[$n]=$HOST
	done
	node_make hq hq "Headquarters" 4701 && node_make a post "Post A" 4702 &&
		node_make b post "Post B" 4703 && enrol_all a b
}
first_notice() {
	fingers 41 2 "$ROOT/prints" && ctl hq notice add --ref UTO-1 --type red --family DOE \
		"$ROOT/prints/1_1.pgm@2" "$ROOT/prints/2_1.pgm@3"
}
brings_nothing() { import_at 0 b 1 && is 0 taken; }
brings_no_templates() { is 0 jq -r '[.lanes[] | select(.lane == "templates").entries] | add // 0' "$OUT"; }
in_audit() { # in_audit NODE PATTERN
	asks "$1" '.lines[].text' audit --max 100 >"$ROOT/lines" && grep -q "$2" "$ROOT/lines"
}
takes_what_fits() { export_to hq small --to "Post A" --limit 100k && [ "$(left)" -gt 0 ]; }
no_error_logged() { ! grep -h 'level=error' "$ROOT"/*.log; }

# ---- a check and its verdict ----

checks() {
	exits 0 ctl b --json check --purpose border --basis "Border Act 12" "$ROOT/prints/1_2.pgm@2" \
		"$ROOT/prints/2_2.pgm@3" && case=$(jq -r .encounter "$OUT") &&
		[ "$(jq '.candidates | length' "$OUT")" = 1 ]
}
judges() { # judges NODE
	OFFICER=K.One ctl "$1" review "$case" 1 potential && OFFICER=L.Two ctl "$1" review "$case" 1 potential
}
has_candidate() { [ "$(asks hq '.candidates | length' case "$case")" = 1 ]; }

# ---- kill -9 ----

many_notices() { # many_notices FROM COUNT
	local i
	for ((i = $1; i < $1 + $2; i++)); do
		ctl hq notice add --ref "M-$i" --type red --family DOE --given "ANNA $i" >/dev/null || return 1
	done
}
takes_all() { # at Post A, which is never killed; this says how long it takes
	local from=${EPOCHREALTIME/./}
	import_at 0 a many && took=$(((${EPOCHREALTIME/./} - from) / 1000)) && same_rows a
}
killed_while_importing() { # each at a moment of its own, until KILLS have met an import
	local i rc seen=0
	for ((i = 0; seen < KILLS && i < 6 * KILLS; i++)); do
		(sleep "0.$(printf %03d $((RANDOM % (took + 1) % 1000)))" && kill -9 "$(pid_of b)") 2>/dev/null &
		ctl b bundle import "$STICK/many" >"$OUT" 2>"$ERR"
		rc=$?
		wait "$!"
		case $rc in
		0) ;;
		3) seen=$((seen + 1)) ;;
		*)
			echo "exit $rc: $(cat "$ERR")"
			return 1
			;;
		esac
		node_start b && audit_is_whole b || return 1
	done
	echo "$seen of $i" >"$ROOT/killed"
	[ "$seen" -gt 0 ]
}

must "headquarters and two posts without any link" line_of_three
must "headquarters has a notice" first_notice
must "it makes a bundle for both posts" export_to hq 1 --to "Post A,Post B"
point "which nobody else of the machine may read" private 1
point "and which names nobody" no_names 1
point "a file that is there stays" exits 2 ctl hq bundle export --output "$STICK/1"
point "headquarters cannot open what it has made for others" shows 4 hq 1 "no slot of this bundle opens here"
point "Post B sees whose it is" shows 0 b 1 "^from Headquarters ([0-9a-f]*), made 20.* for 2 members"
point "and has taken nothing by looking" has_people b 0
point "a changed bundle is refused, wherever it was changed" refuses_changed 40
point "a bundle that was cut is refused" refuses_cut
point "other files are no bundles" refuses_other_files
point "Post B takes it" import_at 0 b 1
note "taken: $(lanes taken)"
point "and finds the person" has_people b 1
point "a second time it brings nothing" brings_nothing
point "Post B checks a person" checks
point "two officers judge" judges b
must "its bundle for headquarters" export_to b 2 --to Headquarters
note "from B: $(lanes entries), $(jq .receipts "$OUT") receipts"
point "brings the check home" import_at 0 hq 2
point "headquarters searches" wait_for 30 has_candidate
point "and judges" judges hq
must "the answer goes back" export_to hq 3 --to "Post B"
note "news alone: $(lanes entries)"
point "without what Post B has confirmed" brings_no_templates
point "Post B takes it too" import_at 0 b 3
point "the case is confirmed" has_result b "$case" confirmed
point "the audit log has what was made" in_audit b 'verb=bundle.export officer="K. Officer" object=[0-9a-f]* .* receipts for 1 member'
point "what was taken" in_audit b 'verb=bundle.import officer="K. Officer" object=[0-9a-f]* .* taken'
point "and what was refused, with the reason" in_audit b 'verb=bundle.refused .* detail="[a-z].*"'

must "headquarters writes many notices" many_notices 0 "${MANY:-600}"
point "a small stick takes what fits" takes_what_fits
must "a larger one all" export_to hq many --to "Post A,Post B"
note "$(entries) entries in $(stat -c %s "$STICK/many") bytes"
point "Post A takes it" takes_all
point "killed at any moment of an import, a post begins again" killed_while_importing
note "$(cat "$ROOT/killed") imports were killed; one takes $took ms"
point "and in the end takes all of it" import_at 0 b many
point "as headquarters has it" same_rows b
for n in hq a b; do
	point "the audit chain of $n is whole" audit_is_whole "$n"
done
point "no node knows an error" no_error_logged
finish
