#!/bin/bash
# The story, round after round, while nodes and workers are killed at random moments (kill -9) and
# start again.  Each round must still end right, and what a node has acknowledged must be there.
#
#   KILLS=200 SEED=7 tests/system/kills.sh      # make check: 20
#
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
begin
KILLS=${KILLS:-20}
SEED=${SEED:-1}
ACKS=$ROOT/acknowledged
NODES="hq a b c"
RANDOM=$SEED
note "KILLS=$KILLS SEED=$SEED"
: >"$ROOT/killed"
: >"$ROOT/strange"
: >"$ROOT/workers-killed"
: >"$ACKS"

alive() { [ -f "$ROOT/$1.pid" ] && kill -0 "$(cat "$ROOT/$1.pid")" 2>/dev/null; }
# A subshell would draw the same numbers each time: they are drawn before.
draw() { moment=0.$(printf %03d $((RANDOM % $1))); } # draw MILLISECONDS: a shorter time

heal() { # start whatever is dead; a node that never comes up again is a failure, not a reason to wait
	local n i
	for n in $NODES; do
		for ((i = 0; i < 50; i++)); do
			alive "$n" && break
			node_start "$n" 2>/dev/null
		done
		if ! alive "$n" && [ "$i" -eq 50 ]; then
			echo "$n does not start any more" | tee -a "$ROOT/strange" >&2
			return 1
		fi
	done
}

# The number may belong to somebody else by now.
is_ours() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q -- "--dir $ROOT/"; }
strike() { # strike NODE
	local pid
	pid=$(cat "$ROOT/$1.pid")
	is_ours "$pid" && kill -9 "$pid" 2>/dev/null && echo "$1" >>"$ROOT/killed"
}
strike_worker() { # strike_worker NODE
	local pid child children
	pid=$(cat "$ROOT/$1.pid")
	is_ours "$pid" || return
	read -ra children 2>/dev/null <"/proc/$pid/task/$pid/children"
	for child in "${children[@]}"; do
		kill -9 "$child" 2>/dev/null && echo "$1" >>"$ROOT/workers-killed"
	done
}

killer() { # until $ROOT/peace is there
	local nodes=(hq a b c)
	RANDOM=$((SEED + 1 + $1))
	while [ ! -f "$ROOT/peace" ]; do
		draw 700
		sleep "$moment"
		if [ $((RANDOM % 4)) -eq 0 ]; then
			strike_worker "${nodes[RANDOM % 4]}"
		else
			strike "${nodes[RANDOM % 4]}"
		fi
	done
}

# Ask until it is acknowledged.  Every second time the node is killed while it works on it.
# Returns 0 when it said so itself, 1 when DONE says that a lost answer had been yes.
ask() { # ask NODE DONE COMMAND...: the answer is in $OUT
	local node=$1 done=$2 rc i
	shift 2
	for ((i = 0; i < 300; i++)); do
		heal || return 1
		if [ $((RANDOM % 2)) -eq 0 ]; then
			draw 120
			(sleep "$moment" && strike "$node") &
			ctl "$node" --json "$@" >"$OUT" 2>"$ERR"
			rc=$?
			wait "$!"
		else
			ctl "$node" --json "$@" >"$OUT" 2>"$ERR"
			rc=$?
		fi
		case $rc in
		0)
			echo "$node $*" >>"$ROOT/asked"
			return 0
			;;
		3 | 75) ;; # it died, or its worker did
		*)
			heal
			$done || echo "exit $rc: $node $*: $(cat "$ERR")" >>"$ROOT/strange"
			;;
		esac
		heal || return 1
		$done && return 1
	done >/dev/null 2>&1
	echo "no answer: $node $*" >>"$ROOT/strange"
	return 1
}

reaches() { # reaches SECONDS COMMAND...: heals meanwhile
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		heal || return 1
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done >/dev/null 2>&1
}

row() { # row NODE REFERENCE: "active.1"
	asks "$1" ".rows[] | select(.reference == \"$2\") | .status + \".\" + (.revision | tostring)" \
		gallery --max 10000
}
has_prints() { [ "$(asks "$1" ".rows[] | select(.reference == \"$2\") | .fingers" gallery --max 10000)" = "$3" ]; }
has_row() { [ "$(row "$1" "$2")" = "$3" ]; }
has_opinion() { # has_opinion NODE CASE OFFICER: who has not judged sees no opinions
	OFFICER=$3 asks "$1" '.candidates[].opinions[].text' case "$2" | grep -q ", by $3"
}
has_candidate() { [ "$(asks "$1" '.candidates | length' case "$2")" = 1 ]; }
opinion() { # opinion NODE CASE OFFICER
	OFFICER=$3 ask "$1" "has_opinion $1 $2 $3" review "$2" 1 potential &&
		echo "opinion $1 $2 $3" >>"$ACKS"
	reaches 60 has_opinion "$1" "$2" "$3" || { echo "no opinion by $3 at $1"; return 1; }
}
never() { false; }

round() { # round NUMBER
	local ref=UTO-R$1 case p=$ROOT/p$1
	fingers "$((1000 * SEED + $1))" 2 "$p" || return 1

	ask hq "has_row hq $ref active.1" notice add --ref "$ref" --type red --family DOE --given "ANNA $1" \
		"$p/1_1.pgm@2" "$p/2_1.pgm@3" && echo "row hq $ref active.1" >>"$ACKS"
	# The notice comes first, its prints after it: who checks in between is told so.
	reaches 60 has_row c "$ref" active.1 || { echo "the notice is not at c"; return 1; }
	reaches 60 has_prints c "$ref" 2 || { echo "the prints are not at c"; return 1; }

	ask c never check --purpose border --basis "Border Act 12" "$p/1_2.pgm@2" "$p/2_2.pgm@3" || return 1
	case=$(jq -r .encounter "$OUT")
	echo "case c $case" >>"$ACKS"
	[ "$(jq '.candidates | length' "$OUT")" = 1 ] || { echo "no candidate"; return 1; }
	opinion c "$case" K.Officer || return 1
	opinion c "$case" L.Second || return 1

	reaches 60 has_candidate hq "$case" || { echo "no candidate at headquarters"; return 1; }
	opinion hq "$case" H.Examiner || return 1
	opinion hq "$case" J.Examiner || return 1
	reaches 60 has_result c "$case" confirmed || { echo "not confirmed at c"; return 1; }
	ask c never action --closes location "$case" "told headquarters" &&
		echo "action c $case" >>"$ACKS"

	# When the answer was lost, the gallery has said it instead: from here on it must stay.
	ask hq "has_row hq $ref withdrawn.2" notice withdraw "$ref"
	reaches 60 has_row hq "$ref" withdrawn.2 || { echo "not withdrawn at headquarters"; return 1; }
	sed -i "s/^row hq $ref active.1\$/row hq $ref withdrawn.2/" "$ACKS"
	for n in hq a b c; do
		reaches 60 has_people "$n" 0 || { echo "$n still finds the person"; return 1; }
	done
}

story_round() { # the round with its killer
	local k
	rm -f "$ROOT/peace"
	killer "$1" >/dev/null 2>&1 &
	k=$!
	round "$1"
	local rc=$?
	touch "$ROOT/peace"
	wait "$k"
	heal
	return "$rc"
}

audit_of() { asks "$1" '.lines[].text' audit --max 10000; }
in_audit() { grep -q "verb=$2 .*object=${3:0:8} " "$ROOT/audit.$1"; }
all_there() { # every acknowledged thing, in the store and in the audit log
	local kind node what rest missing=0
	for node in hq c; do
		audit_of "$node" >"$ROOT/audit.$node"
	done
	while read -r kind node what rest; do
		case $kind in
		row) is "$rest" row "$node" "$what" ;;
		case) has_case "$node" "$what" >/dev/null && in_audit "$node" check "$what" ;;
		opinion) has_opinion "$node" "$what" "$rest" && in_audit "$node" review "$what" ;;
		action) in_audit "$node" action "$what" ;;
		esac || {
			echo "lost: $kind $node $what $rest"
			missing=1
		}
	done <"$ACKS"
	return "$missing"
}
same_everywhere() {
	local n
	for n in a b c; do
		is "$(rows_of hq)" rows_of "$n" || return 1
	done
}
rows_of() { asks "$1" '[.rows[] | [.reference, .status, .revision]] | sort | tostring' gallery --max 10000; }
nothing_strange() { [ ! -s "$ROOT/strange" ] || { cat "$ROOT/strange"; false; }; }
no_error_logged() { ! grep -h 'level=error' "$ROOT"/*.log; }

# ---- workers ----

# A check whose worker dies says so and nothing worse; asked again, it works.  Ten files give the
# killer time to meet the worker at its work.
worker_check() {
	local p=$ROOT/p1
	ctl c check --purpose border --basis "Border Act 12" "$p"/{1,2}_2.pgm "$p"/{1,2}_2.pgm \
		"$p"/{1,2}_2.pgm "$p"/{1,2}_2.pgm "$p"/{1,2}_2.pgm >"$OUT" 2>"$ERR"
}
worker_round() {
	local rc pid
	pid=$(pid_of c)
	tries=0 lost=0
	while [ "$lost" -lt 5 ] && [ $((tries += 1)) -le 60 ]; do
		draw 150
		(sleep "$moment" && strike_worker c) &
		worker_check
		rc=$?
		wait "$!"
		case $rc in
		0) ;;
		75)
			lost=$((lost + 1))
			grep -q '^outpostctl: check: .*(ERR_WORKER)$' "$ERR" || return 1
			worker_check || return 1
			;;
		*)
			echo "exit $rc: $(cat "$ERR")"
			return 1
			;;
		esac
	done
	[ "$lost" -eq 5 ] && alive c && [ "$pid" = "$(pid_of c)" ]
}

started=$SECONDS
must "headquarters and three posts start" eval 'line_up a b c && enrol_all a b c'
number=0
while [ "$(wc -l <"$ROOT/killed")" -lt "$KILLS" ]; do
	number=$((number + 1))
	before=$(wc -l <"$ROOT/killed")
	must "round $number ends right" story_round $number
	note "$(($(wc -l <"$ROOT/killed") - before)) nodes killed"
done
point "nothing acknowledged is lost" all_there
point "all nodes hold the same notices" same_everywhere
for n in $NODES; do
	point "the audit chain of $n is whole" audit_is_whole "$n"
done
point "the only failures were unreachable nodes and workers" nothing_strange
point "no node knows an error" no_error_logged
note "$(sort "$ROOT/killed" | uniq -c | tr -s ' \n' ' ')killed in $number rounds and $((SECONDS - started)) s," \
	"$(wc -l <"$ROOT/workers-killed") workers; $(wc -l <"$ACKS") acknowledged"
point "a check whose worker is killed says so, and works when asked again" worker_round
note "$lost of $tries checks lost their worker"
finish
