#!/bin/bash
# The story of one record between four machines: each node in network and mount namespaces of its
# own, with its own D-Bus and avahi-daemon, as an ordinary user.
#
#   HQ ---br1--- A ---br2--- B ---br3--- C        nobody is told an address
#
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq ip nsenter unshare setpriv dbus-daemon avahi-daemon
[ "$(id -u)" -eq 0 ] || skip_all "network namespaces need root"
getent passwd avahi >/dev/null || skip_all "there is no user avahi"
NS=op$$
ip netns add "$NS-sw" 2>/dev/null || skip_all "ip netns is not allowed here"
ip -n "$NS-sw" link set lo up 2>/dev/null || {
	ip netns del "$NS-sw"
	skip_all "network namespaces cannot be entered here: / is no mount point (a bare chroot)"
}

on_end() {
	local f n
	nodes_stop
	for f in "$ROOT"/net/*.daemon; do
		[ -f "$f" ] && kill -9 "$(cat "$f")" 2>/dev/null
	done
	wait # for those that held the namespaces
	for n in hq a b c sw; do
		ip netns del "$NS-$n" 2>/dev/null
	done
}
begin
mkdir "$ROOT/net" "$ROOT/bin"

# An ordinary user must be able to reach them.
cp "$BUILD/outpostd" "$BUILD/outpostctl" "$BUILD/outpost-worker" \
	"$BUILD/outpost-synth" "$POLICY" "$ROOT/bin"
BUILD=$ROOT/bin
POLICY=$ROOT/bin/policy.lua
NODE_OPTIONS=" " # discovery; no other peers
AS="setpriv --reuid=nobody --regid=nogroup --clear-groups"
chown nobody "$ROOT/passphrase"
chmod 711 "$ROOT"

hq_unsearched() { # hq_unsearched NODE CASE: is headquarters' gallery among what was not searched?
	ctl "$1" --json case "$2" |
		jq '[.not_searched[].text] | index("headquarters'"'"' gallery") != null'
}

plug() { # plug NODE INTERFACE BRIDGE ADDRESS
	ip link add "$2" netns "$NS-$1" type veth peer name "$1-$2" netns "$NS-sw" &&
		ip -n "$NS-sw" link set "$1-$2" master "$3" up &&
		ip -n "$NS-$1" addr add "$4/24" dev "$2" &&
		ip -n "$NS-$1" link set "$2" up &&
		ip -n "$NS-$1" route add 224.0.0.0/4 dev "$2" metric "${3#br}"
}

wire() {
	local n i
	for i in 1 2 3; do
		ip -n "$NS-sw" link add "br$i" type bridge forward_delay 0 || return 1
		ip -n "$NS-sw" link set "br$i" up
	done
	for n in hq a b c; do
		ip netns add "$NS-$n" || return 1
		ip -n "$NS-$n" link set lo up
	done
	plug hq e1 br1 10.79.1.1 && plug a e1 br1 10.79.1.2 && plug a e2 br2 10.79.2.2 &&
		plug b e2 br2 10.79.2.3 && plug b e3 br3 10.79.3.3 && plug c e3 br3 10.79.3.4
}

# /run, D-Bus and Avahi of one node; a process that keeps the namespaces.
machine() { # machine NODE INTERFACES
	local n=$1 w=$ROOT/net
	cat >"$w/$n.conf" <<-EOT
		[server]
		host-name=host-$n
		use-ipv4=yes
		use-ipv6=no
		allow-interfaces=$2
		[publish]
		publish-hinfo=no
		publish-workstation=no
		[rlimits]
	EOT
	cat >"$w/$n.sh" <<-EOT
		mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/dbus /run/avahi-daemon &&
			chown avahi:avahi /run/avahi-daemon || exit 1
		dbus-daemon --system --nopidfile --nofork --address=unix:path=/run/dbus/system_bus_socket &
		echo \$! >$w/$n-dbus.daemon
		for i in \$(seq 100); do [ -S /run/dbus/system_bus_socket ] && break; sleep 0.05; done
		avahi-daemon -f $w/$n.conf --no-chroot &
		echo \$! >$w/$n-avahi.daemon
		for i in \$(seq 100); do [ -S /run/avahi-daemon/socket ] && break; sleep 0.05; done
		echo \$\$ >$w/$n.holder
		mv $w/$n.holder $w/$n.pid
		wait
	EOT
	ip netns exec "$NS-$n" unshare -m bash "$w/$n.sh" >"$w/$n.out" 2>&1 &
	wait_for 10 test -f "$w/$n.pid" && wait_for 10 grep -q 'startup complete' "$w/$n.out"
}

machines() {
	machine hq e1 && machine a e1,e2 && machine b e2,e3 && machine c e3
}

cable() { # cable down|up: between A and B
	ip -n "$NS-sw" link set a-e2 "$1"
}

is_ordinary() { # outpostd and its children have no uid and no capability of root
	local n p
	for n in hq a b c; do
		for p in $(pid_of "$n") $(cat "/proc/$(pid_of "$n")/task/"*/children); do
			[ "$(awk '/^Uid:/ { print $2 + $3 + $4 + $5 } /^CapEff:/ { print $2 }' \
				"/proc/$p/status" | tr '\n' ' ')" = "262136 0000000000000000 " ] || return 1
		done
	done
}

neighbours() { # neighbours NODE: who is linked, by label
	asks "$1" '[.peers[] | select(.state == "up") | .label] | unique | join(",")' peers
}
is_linked() { # is_linked NODE LABELS
	[ "$(neighbours "$1")" = "$2" ]
}
candidate() { # candidate NODE CASE FIELD
	asks "$1" ".candidates[0].$3" case "$2"
}
cases() { asks "$1" '.cases | length' queue --all; }
check() { # check NODE FILE...: the answer as JSON in $OUT
	local n=$1
	shift
	exits 0 ctl "$n" --json check --purpose border --basis "Border Act 12" --family ROE --given JANE "$@"
}
answer() { jq -r "$1" "$OUT"; }
review() { # review NODE OFFICER CASE
	OFFICER=$2 ctl "$1" review --reason "deltas and loops agree" "$3" 1 potential
}
opinions() { # opinions NODE CASE OFFICER: how many are shown to that one
	OFFICER=$3 candidate "$1" "$2" 'opinions | length'
}
nothing_is_clear() { ! grep -i clear "$OUT"; }
in_audit() { # in_audit NODE VERB CASE
	ctl "$1" --json audit --max 1000 |
		jq -e --arg v "verb=$2 " --arg o "object=${3:0:8} " \
			'[.lines[].text | select(contains($v) and contains($o))] | length > 0'
}
logs_are_silent() { # no names, no errors
	! grep -hiE 'DOE|ANNA|JANE|level=error' "$ROOT"/*.log
}

freeze() { kill "-$1" "$(cat "$ROOT/net/c-avahi.daemon")"; } # freeze STOP|CONT: C's Avahi

ends() { # ends NODE: at its first TERM
	local pid
	pid=$(pid_of "$1")
	node_stop "$1"
	! kill -0 "$pid" 2>/dev/null
}

play() { # play NAME N1 N2 P1 P2 O1 O2: notice, probe and other prints
	local t=$1 n1=$2 n2=$3 p1=$4 p2=$5 o1=$6 o2=$7 n case other again
	for n in hq a b c; do
		NODE_RUN[$n]="nsenter -t $(cat "$ROOT/net/$n.pid") -n -m -r -- $AS"
		NODE_HOST[$n]=0.0.0.0
	done
	node_make hq hq "Headquarters" 4700
	for n in a b c; do
		node_make $n post "Post ${n^^}" 4700
	done
	chown -R nobody "$ROOT"/{hq,a,b,c}
	must "$t: four nodes start" enrol_all a b c
	point "$t: they run as an ordinary user, without capabilities" is_ordinary
	must "$t: headquarters and A find each other" wait_for 60 is_linked hq "Post A"
	must "$t: A is linked with headquarters and B" wait_for 60 is_linked a "Headquarters,Post B"
	must "$t: B is linked with A and C" wait_for 60 is_linked b "Post A,Post C"
	must "$t: C is linked with B" wait_for 60 is_linked c "Post B"

	point "$t: headquarters issues a notice with two fingers" ctl hq notice add --ref UTO-2026-0001 \
		--type red --family DOE --given ANNA --born 1985-03-12 --nationality UTO --sex F \
		--grounds "fraud, article 12" "$n1@2" "$n2@3"
	must "$t: it travels over A and B to C" wait_for 30 has_people c 1
	point "$t: C never talked to headquarters, nor headquarters to B" \
		is "Post B Post A" echo "$(neighbours c) $(neighbours hq)"

	cable down
	must "$t: cable out: C checks the person" check c "$p1@2" "$p2@3"
	case=$(answer .encounter)
	point "$t: there is one candidate" is 1 answer '.candidates | length'
	point "$t: neither name nor action before people have judged" is "//not judged yet" answer \
		'.candidates[0] | .name + "/" + .action + "/" + .review'
	point "$t: headquarters' gallery is named as not searched" is true answer \
		'[.not_searched[].text] | index("headquarters'"'"' gallery") != null'
	point "$t: the answer says how many people were searched" is 1 answer .people
	point "$t: it is never called clear" nothing_is_clear
	point "$t: its audit line is there" in_audit c check "$case"
	point "$t: one officer's opinion" review c "K. Officer" "$case"
	point "$t: is not enough for an action" is "" candidate c "$case" action
	point "$t: the second officer sees no opinion before giving one" is 0 opinions c "$case" "L. Second"
	point "$t: a second officer's opinion" review c "L. Second" "$case"
	point "$t: gives the action of a red notice" is "Locate and detain" eval \
		'candidate c '"$case"' action | cut -c 1-17'
	point "$t: both opinions are in the audit log" in_audit c review "$case"
	must "$t: another traveller is checked" check c "$o1@2" "$o2@3"
	other=$(answer .encounter)
	point "$t: of whom nothing is known" is 0 answer '.candidates | length'
	point "$t: that is not called clear either" nothing_is_clear
	point "$t: nothing has reached headquarters" is 0 cases hq

	point "$t: C's avahi-daemon hangs" freeze STOP
	node_stop c
	must "$t: C starts and answers all the same" node_start c
	point "$t: and ends at the first signal" ends c
	point "$t: saying what it left behind" grep -q 'at=discover state=stuck' "$ROOT/c.log"
	point "$t: the daemon goes on" freeze CONT
	must "$t: C starts again" node_start c
	must "$t: and finds B" wait_for 60 is_linked c "Post B"

	cable up
	must "$t: cable in: the check reaches headquarters" wait_for 90 has_case hq "$case"
	point "$t: headquarters sees no opinion of the posts" is "0" candidate hq "$case" 'opinions | length'
	point "$t: its first examiner" review hq "H. Examiner" "$case"
	point "$t: does not decide alone" is open case_result c "$case"
	point "$t: its second examiner" review hq "J. Examiner" "$case"
	must "$t: the verdict arrives at C: confirmed" wait_for 60 has_result c "$case" confirmed
	point "$t: and the state says who confirmed" is HQ_CONFIRMED case_state c "$case"
	point "$t: headquarters' gallery has been searched by now" is false hq_unsearched c "$case"
	must "$t: the other check is settled, too" wait_for 60 has_state c "$other" HQ_NO_HIT

	point "$t: the notice is withdrawn" ctl hq notice withdraw --reason "case closed" UTO-2026-0001
	for n in hq a b c; do
		must "$t: $n cannot find the person any more" wait_for 60 has_people $n 0
		point "$t: a check at $n has no candidate" check $n "$p1@2" "$p2@3"
		point "$t: and none is named" is 0 answer '.candidates | length'
		again=$(answer .encounter)
		point "$t: but it is in the audit log of $n" in_audit $n check "$again"
	done
	point "$t: at C the old case says that the notice is withdrawn" is "notice withdrawn" asks c \
		'[.tasks[].text] | join(",")' case "$case"
	for n in hq a b c; do
		point "$t: the audit chain of $n is whole" audit_is_whole $n
	done
	point "$t: the logs are silent about names and know no error" logs_are_silent
	nodes_stop
	point "$t: no sanitizer has complained" sanitizers_are_silent
	rm -rf "${ROOT:?}"/{hq,a,b,c} "$ROOT"/*.{log,request,grant}
}

mates() { # mates FOLDER: the first fingers whose touches 1 and 2 agree
	local f g
	for f in $(find "$1" -name '*_1.png' | sort -V); do
		g=${f%_1.png}_2.png
		if [ -f "$g" ] && ctl hq finger compare --threshold 300 "$f" "$g" >/dev/null 2>&1; then
			echo "${f%_1.png}"
		fi
	done
}

must "the network is there" wire
must "every node has a D-Bus and an Avahi of its own" machines

fingers 2026 4 "$ROOT/prints"
P=$ROOT/prints
play synthetic "$P/1_1.pgm" "$P/2_1.pgm" "$P/1_2.pgm" "$P/2_2.pgm" "$P/3_1.pgm" "$P/4_1.pgm"

FVC=$SHARED/data/fingerprint/fvc2002_db1_b
if [ -d "$FVC" ]; then
	mapfile -t M < <(mates "$FVC")
	must "four fingers of FVC2002 DB1 B have mates" test "${#M[@]}" -ge 4
	play fvc "${M[0]}_1.png" "${M[1]}_1.png" "${M[0]}_2.png" "${M[1]}_2.png" "${M[2]}_1.png" "${M[3]}_1.png"
else
	skip "the story with captured prints" "../shared/data is not there"
fi
finish
