# What the system tests share: test points, a folder and an address of their own; sourced.
# With KEEP=1 the folder stays, to be looked at.
# shellcheck shell=bash disable=SC2034
set -u
export LC_ALL=C
srcdir=$(cd "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd) || exit 1
BUILD=$(cd "${top_builddir:-$srcdir/build}" && pwd) || exit 1
POLICY=$srcdir/policies/open-region/policy.lua
SHARED=$srcdir/../shared
declare -A NODE_HOST NODE_RUN
# shellcheck source=scripts/nodes.sh
. "$srcdir/scripts/nodes.sh"

points=0
failures=0

skip_all() { # skip_all REASON: nothing can be tested here
	echo "1..0 # SKIP $*"
	exit 0
}

need() { # need PROGRAM...
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || skip_all "$p is not installed"
	done
	for p in outpostd outpostctl outpost-worker outpost-synth; do
		[ -x "$BUILD/$p" ] || skip_all "$p is not built"
	done
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

point() { # point TEXT COMMAND...
	local text=$1
	shift
	points=$((points + 1))
	if "$@" >"$ROOT/point.out" 2>&1; then
		echo "ok $points - $text"
		return 0
	fi
	echo "not ok $points - $text"
	failures=$((failures + 1))
	note "failed: $*"
	tail -n 20 "$ROOT/point.out" | sed 's/^/# | /'
	return 1
}

skip() { # skip TEXT REASON
	points=$((points + 1))
	echo "ok $points - $1 # SKIP $2"
}

logs() { # the ends of the nodes' logs
	local f
	for f in "$ROOT"/*.log; do
		[ -f "$f" ] && tail -n "${1:-8}" "$f" | sed "s|^|# $(basename "$f" .log): |"
	done
}

must() { # must TEXT COMMAND...: without it nothing else makes sense
	point "$@" && return 0
	logs 20
	finish
}

sanitizers_are_silent() {
	! grep -hE 'runtime error|Sanitizer' "$ROOT"/*.log
}

finish() {
	nodes_stop
	point "no sanitizer has complained" sanitizers_are_silent
	echo "1..$points"
	[ "$failures" -eq 0 ]
	exit
}

on_end() { :; } # what a test has to undo besides

begin() { # begin: the folder, and what happens at the end
	ROOT=$(mktemp -d "${TMPDIR:-/tmp}/outpost.XXXXXX") || exit 1
	trap clean EXIT
	trap 'exit 1' INT TERM HUP PIPE
	HOST=127.$((BASHPID % 200 + 20)).$((RANDOM % 250 + 1)).1 # nobody else's
	OUT=$ROOT/out ERR=$ROOT/err
	echo "correct horse battery staple demo" >"$ROOT/passphrase"
	chmod 600 "$ROOT/passphrase"
}

clean() {
	on_end
	nodes_stop
	if [ "${KEEP:-0}" = 1 ]; then
		note "$ROOT is kept"
	else
		rm -rf "$ROOT"
	fi
}

line_up() { # line_up ROLE_OF_A...: hq and posts a, b, c on $HOST, each knows its left neighbour
	local n left=hq port=4701
	NODE_HOST[hq]=$HOST
	node_make hq hq "Headquarters" $port || return 1
	for n in "$@"; do
		port=$((port + 1))
		NODE_HOST[$n]=$HOST
		node_make "$n" post "Post ${n^^}" $port "$left" || return 1
		left=$n
	done
}

enrol_all() { # enrol_all NODE...
	local n
	for n in hq "$@"; do
		node_start "$n" || return 1
	done
	for n in "$@"; do
		node_enrol "$n" "${ROLE_OF[$n]:-post}" "Post ${n^^}" || return 1
	done
}
declare -A ROLE_OF

exits() { # exits CODE COMMAND...: its words are in $OUT and $ERR
	local want=$1 rc
	shift
	"$@" >"$OUT" 2>"$ERR"
	rc=$?
	[ "$rc" -eq "$want" ] && return 0
	echo "exit $rc instead of $want"
	cat "$ERR"
	return 1
}

asks() { # asks NODE FILTER COMMAND...: what jq makes of the JSON answer
	local node=$1 filter=$2
	shift 2
	ctl "$node" --json "$@" | jq -r "$filter"
}

is() { # is WHAT COMMAND...: it prints exactly that
	local want=$1 got
	shift
	got=$("$@") && [ "$got" = "$want" ] && return 0
	echo "\"$got\" instead of \"$want\""
	return 1
}

answers() { ctl "$1" status; }
pid_of() { cat "$ROOT/$1.pid"; }
audit_is_whole() { ctl "$1" audit --max 1; }
fingers() { # fingers SEED COUNT DIR: two touches of each
	"$BUILD/outpost-synth" finger --seed "$1" --fingers "$2" --impressions 2 --difficulty 0.3 \
		-o "$3" >/dev/null 2>&1
}
