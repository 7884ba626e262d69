#!/bin/bash
# outpost-sim: the same seed plays the same world; a fixed set of seeds breaks nothing; wrong
# arguments are refused.
set -u
sim=$PWD/${top_builddir:-.}/outpost-sim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
point() { # point TEXT COMMAND...
	n=$((n + 1))
	text=$1
	shift
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $n - $text"
	else
		echo "not ok $n - $text"
		tail -n 5 "$dir/out" | sed 's/^/# /'
	fi
}
usage() { # the command must end with 2
	"$@"
	[ $? -eq 2 ]
}
"$sim" --seeds 3 --trace | grep -v CPU-s >"$dir/one"
"$sim" --seeds 3 --trace | grep -v CPU-s >"$dir/two"
"$sim" --seeds 2-3 --trace | grep '^seed=3 ' >"$dir/three"
long() {
	[ "$(wc -l <"$dir/one")" -gt 1000 ]
}
point "a trace tells what happens" long
point "the same seed gives a byte-identical trace" cmp "$dir/one" "$dir/two"
point "a seed does not depend on those before it" grep -qxF -f "$dir/three" "$dir/one"
point "nothing is broken in a fixed set of seeds" "$sim" --seeds 1-40 --json
point "an alert reaches everybody on a ring of twelve" "$sim" --scenario alert --nodes 12 --topology ring
point "an alert overtakes a backlog" "$sim" --scenario backlog
point "refuses a seed that is none" usage "$sim" --seeds x
point "refuses a scenario that is none" usage "$sim" --scenario none
point "refuses to do without a rule" usage "$sim" --without tombstone
echo "1..$n"
