#!/bin/bash
# The story of one person's record, on this machine (see ./try).
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-$PWD/build}
ROOT=${ROOT:-$PWD/try.d}
POLICY=$PWD/policies/open-region/policy.lua
declare -A NODE_HOST NODE_RUN
# shellcheck source=scripts/nodes.sh
. scripts/nodes.sh

bold() { if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }
part() { echo; bold "$*"; }
fail() {
	echo "the story ends here: $*" >&2
	exit 1
}
indent() { sed 's/^/    /'; }

data=
case ${1:-} in
--stop)
	nodes_stop
	echo "the nodes are stopped; their folders are in $ROOT"
	exit 0
	;;
--data)
	data=${2:?--data needs a folder}
	[ -d "$data" ] || fail "$data is no folder"
	data=$(cd "$data" && pwd)
	;;
"") ;;
*)
	echo "usage: ./try [--data DIR | --stop]" >&2
	exit 2
	;;
esac

if [ "${TRY_BUILT:-0}" = 0 ]; then
	bold "Setting up: packages, then the programs (the first time takes a minute or two)"
	sh scripts/packages.sh || exit 1
	sh scripts/build.sh build || exit 1
fi
started=$(date +%s)
nodes_stop
rm -rf "$ROOT"
mkdir -p "$ROOT"
chmod 700 "$ROOT"
echo "correct horse battery staple demo" >"$ROOT/passphrase"
chmod 600 "$ROOT/passphrase"

# Two fingers of the person, touched for the notice and again at the border.
prints=$ROOT/prints
mkdir -p "$prints"
if [ -n "$data" ]; then
	first=$(find "$data" -maxdepth 1 -name '*_1.*' | sort -V | head -n 1)
	second=$(find "$data" -maxdepth 1 -name '*_1.*' | sort -V | sed -n 2p)
	[ -n "$second" ] || fail "$data has no two fingers named FINGER_1.ext"
	touch_of() { find "$data" -maxdepth 1 -name "$(basename "$1" | sed 's/_1\..*//')_$2.*" | head -n 1; }
	N1=$first N2=$second
	P1=$(touch_of "$first" 2) P2=$(touch_of "$second" 2)
	O1=$(find "$data" -maxdepth 1 -name '*_1.*' | sort -V | sed -n 3p)
	O2=$(find "$data" -maxdepth 1 -name '*_1.*' | sort -V | sed -n 4p)
else
	"$BUILD/outpost-synth" finger --seed 2026 --fingers 4 --impressions 3 --difficulty 0.3 \
		-o "$prints" >/dev/null || fail "no prints"
	N1=$prints/1_1.pgm N2=$prints/2_1.pgm P1=$prints/1_2.pgm P2=$prints/2_2.pgm
	O1=$prints/3_1.pgm O2=$prints/4_1.pgm
fi
for f in "$N1" "$N2" "$P1" "$P2" "$O1" "$O2"; do
	[ -f "$f" ] || fail "$f is missing"
done

part "1. A headquarters and three posts: A – B – C in a line, only A sees headquarters"
base=${TRY_PORT:-47000}
node_make hq hq "Headquarters" $((base + 1)) || fail "init"
node_make a post "Post A" $((base + 2)) hq || fail "init"
node_make b post "Post B" $((base + 3)) a || fail "init"
node_make c post "Post C" $((base + 4)) b || fail "init"
for n in hq a b c; do
	node_start $n || fail "start"
done
for n in a b c; do
	node_enrol $n post "Post ${n^^}" || fail "enrol $n"
done
ctl hq status | indent

part "2. Headquarters issues a notice with two fingers; it travels over A and B to C"
OFFICER="I. Issuer" ctl hq notice add --ref UTO-2026-0001 --type red --family DOE --given ANNA \
	--born 1985-03-12 --nationality UTO --sex F --grounds "fraud, article 12" "$N1@2" "$N2@3" | indent
wait_for 30 has_people c 1 || fail "the notice did not reach post C"
for n in a b c; do
	echo "    post ${n^^} can find $(people $n) person; it never talked to headquarters: $([ $n = a ] && echo no, A did || echo right)"
done

part "3. The cable is pulled: post A is switched off, B and C are on their own"
node_stop a
ctl b peers | indent

part "4. An officer at post C checks a traveller: fingerprints, purpose, legal basis"
ctl c check --purpose border --basis "Border Act 12" --family ROE --given JANE "$P1@2" "$P2@3" | indent
CASE=$(ctl c --json queue | jq -r '.cases[0].encounter')
case $CASE in "" | null) fail "no case" ;; esac
[ "$(ctl c --json case "$CASE" | jq '.candidates | length')" = 1 ] || fail "no candidate"

part "5. Nobody is stopped by a machine: two officers look, each for themselves"
OFFICER="K. Officer" ctl c review --reason "deltas and loops agree" "$CASE" 1 potential | indent
OFFICER="L. Second" ctl c review "$CASE" 1 potential | indent

part "6. Another traveller, of whom nothing is known"
ctl c check --purpose border --basis "Border Act 12" "$O1@2" "$O2@3" | indent

part "7. The cable comes back: the checks travel over B and A to headquarters, which looks for itself"
node_start a || fail "post A"
wait_for 60 has_case hq "$CASE" || fail "the check did not reach headquarters"
OFFICER="H. Examiner" ctl hq review "$CASE" 1 potential >/dev/null || fail "review at headquarters"
OFFICER="J. Examiner" ctl hq review "$CASE" 1 potential | indent

part "8. The verdict travels back, and both answers are put side by side at post C"
wait_for 60 has_result c "$CASE" confirmed || fail "no verdict at post C"
ctl c case "$CASE" | indent

part "9. The notice is withdrawn: it stops matching everywhere"
OFFICER="I. Issuer" ctl hq notice withdraw --reason "case closed" UTO-2026-0001 | indent
wait_for 60 has_people c 0 || fail "post C still finds the person"
ctl c check --purpose border --basis "Border Act 12" "$P1@2" "$P2@3" | indent
ctl c queue | indent

part "The nodes go on running ($(($(date +%s) - started)) s). To play on:"
cat <<EOT
    export PATH="$BUILD:\$PATH"
    outpostctl --dir $ROOT/hq status          # the nodes: hq, a, b, c
    outpostctl --dir $ROOT/c queue --all
    outpostctl --dir $ROOT/c audit
    outpostctl --dir $ROOT/hq notice add --ref UTO-2026-0002 --type blue --family ROE $prints/3_1.pgm@2
    ./try --stop
EOT
