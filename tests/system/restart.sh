#!/bin/bash
# The end of a node and its next beginning: signals while it works, damaged and foreign stores, keys
# that do not fit, a full disk.
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
begin
N=$ROOT/hq
on_end() {
	[ ! -d "$ROOT/disk" ] || umount "$ROOT/disk" 2>/dev/null
}

daemon() { # daemon ARGUMENT...: in the foreground; its words are in $ERR
	timeout 20 "$BUILD/outpostd" --dir "$N" --worker "$BUILD/outpost-worker" --listen none --no-discovery \
		--passphrase-file "$ROOT/passphrase" --policy "$POLICY" --allow-root "$@" >"$OUT" 2>"$ERR"
}
ends() { # ends CODE PATTERN ARGUMENT...: it does not start, and says why in one line
	local rc code=$1 pattern=$2
	shift 2
	daemon "$@"
	rc=$?
	[ "$rc" -eq "$code" ] && [ "$(wc -l <"$ERR")" -eq 1 ] && grep -Eq "$pattern" "$ERR" && return
	echo "exit $rc: $(cat "$ERR")"
	return 1
}

refuses_root() {
	timeout 5 "$BUILD/outpostd" --dir "$N" --passphrase-file "$ROOT/passphrase" 2>"$ERR"
	[ $? -eq 4 ] && grep -q "does not run as root" "$ERR"
}

# A node whose exit code can be waited for.
up() { # up POLICY
	"$BUILD/outpostd" --dir "$N" --worker "$BUILD/outpost-worker" --listen none --no-discovery \
		--passphrase-file "$ROOT/passphrase" --policy "$1" --allow-root >>"$ROOT/hq.log" 2>&1 &
	PID=$!
	echo "$PID" >"$ROOT/hq.pid"
	wait_for 10 answers_or_ends
	answers hq >/dev/null 2>&1
}
answers_or_ends() { answers hq || ! kill -0 "$PID"; }
down() { # down CODE [SIGNAL]: it ends with that code within 5 s
	local rc began=$SECONDS
	kill "-${2:-TERM}" "$PID"
	wait "$PID"
	rc=$?
	rm -f "$ROOT/hq.pid"
	[ "$rc" -eq "$1" ] && [ $((SECONDS - began)) -le 5 ] && return
	echo "exit $rc after $((SECONDS - began)) s"
	return 1
}

# ---- traffic ----

work() { # work NUMBER: checks and notices until the node is gone
	local i rc
	for ((i = 0; i < 500; i++)); do
		if [ $((i % 3)) -eq 0 ]; then
			ctl hq --json notice add --ref "R-$round-$1-$i" --type red --family DOE \
				"$ROOT/prints/$1_1.pgm@2" >"$ROOT/out.$1" 2>/dev/null
		else
			ctl hq --json check --purpose border --basis x "$ROOT/prints/$1_2.pgm@2" \
				>"$ROOT/out.$1" 2>/dev/null
		fi
		rc=$?
		case $rc in
		0) jq -r '.reference // .encounter' "$ROOT/out.$1" >>"$ROOT/acknowledged" ;;
		75) ;;
		3) return 0 ;;
		*) echo "exit $rc" >>"$ROOT/strange" && return 1 ;;
		esac
	done
}
has_acknowledged() { [ "$(wc -l <"$ROOT/acknowledged")" -ge "$1" ]; }
stopped_at_work() { # stopped_at_work SIGNAL EXIT
	local k pids=() rc=0 before
	before=$(wc -l <"$ROOT/acknowledged")
	for k in 1 2 3; do
		work "$k" &
		pids+=($!)
	done
	wait_for 30 has_acknowledged $((before + 8))
	sleep "0.$((RANDOM % 4))"
	down "$2" "$1" || rc=1
	for k in "${pids[@]}"; do wait "$k"; done
	[ ! -s "$ROOT/strange" ] || { cat "$ROOT/strange"; rc=1; }
	rm -f "$ROOT/strange"
	up "$POLICY" || rc=1
	return "$rc"
}
all_there() {
	{
		asks hq '.rows[].reference' gallery --max 10000
		asks hq '.cases[].encounter' queue
	} | sort >"$ROOT/here"
	sort "$ROOT/acknowledged" | comm -23 - "$ROOT/here" | grep . && return 1
	has_acknowledged 32
}

# ---- policies ----

reloads() { # reloads FILE WORD: after SIGHUP the log says so
	cp "$1" "$ROOT/policy.lua"
	: >"$ROOT/hq.log"
	kill -HUP "$PID"
	wait_for 5 grep -q "at=reload state=$2" "$ROOT/hq.log" && answers hq
}

says_policies() { # says_policies COUNT WORDS: so many changes in the audit log, the last of them so
	asks hq '.lines[].text' audit --max 10000 | grep ' verb=policy ' >"$ROOT/policies"
	[ "$(wc -l <"$ROOT/policies")" -eq "$1" ] && tail -n 1 "$ROOT/policies" | grep -q "$2"
}

# ---- damage ----

picture() { # what can be asked, without what changes by itself
	asks hq '[.rows[] | tostring] | sort | .[]' gallery --max 10000
	asks hq '.cases[] | del(.synced, .sentence) | tostring' queue
	asks hq '.lines[].text, .chain' audit --max 10000
}
flip() { # flip FILE OFFSET: one bit
	local byte
	byte=$(dd if="$1" bs=1 skip="$2" count=1 status=none | od -An -tu1 | tr -d ' ')
	printf '%b' "\\x$(printf %02x $((byte ^ (1 << (RANDOM % 8)))))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# Either the node refuses the store (exit 70), or it tells exactly what it told before.
rotten() { # rotten TIMES
	local i size at seen=0 same=0
	RANDOM=${SEED:-11}
	size=$(wc -c <"$ROOT/whole/store.db")
	for ((i = 0; i < $1; i++)); do
		rm -f "$N"/store.db*
		cp "$ROOT/whole/store.db" "$N"
		at=$(((RANDOM * 32768 + RANDOM) % size))
		flip "$N/store.db" "$at"
		if up "$ROOT/second.lua"; then
			picture >"$ROOT/after" 2>/dev/null
			if cmp -s "$ROOT/before" "$ROOT/after"; then
				same=$((same + 1))
				down 0 || return 1
			else
				kill "$PID" 2>/dev/null
				wait "$PID"
				[ $? -eq 70 ] || { echo "byte $at: it goes on with something else"; return 1; }
				seen=$((seen + 1))
			fi
		else
			wait "$PID"
			if [ $? -ne 70 ] || ! tail -n 1 "$ROOT/hq.log" | grep -Eq 'level=error .*err="[^"]+"'; then
				echo "byte $at: $(tail -n 2 "$ROOT/hq.log")"
				return 1
			fi
			seen=$((seen + 1))
		fi
	done
	echo "$same harmless, $seen refused" >"$ROOT/rot"
}
whole_again() {
	rm -f "$N"/store.db*
	cp "$ROOT/whole/store.db" "$N"
}
store_is() { # store_is FILE CODE PATTERN
	rm -f "$N"/store.db*
	cp "$1" "$N/store.db"
	chmod 600 "$N/store.db"
	ends "$2" "$3"
}

# ---- a full disk ----

fill_disk() { # until the node cannot go on
	local i rc
	for ((i = 0; i < 3000; i++)); do
		ctl disk notice add --ref "D-$i" --type red --family DOE "$ROOT/prints/1_1.pgm@2" >/dev/null 2>&1
		rc=$?
		[ "$rc" -eq 0 ] || break
		echo "D-$i" >>"$ROOT/on-disk"
	done
	echo "exit $rc after $i notices"
	[ "$rc" -eq 3 ] || [ "$rc" -eq 70 ] || [ "$rc" -eq 75 ]
}
is_on_disk() {
	asks disk '.rows[].reference' gallery --max 10000 | sort >"$ROOT/rows"
	sort "$ROOT/on-disk" | comm -23 - "$ROOT/rows" | grep -q . && { echo "lost some"; return 1; }
	audit_is_whole disk
}

node_make hq hq "Headquarters" 4701
fingers 4 3 "$ROOT/prints"
: >"$ROOT/acknowledged"
RANDOM=3
must "a headquarters starts" up "$POLICY"
for round in 1 2 3; do
	point "SIGTERM at work, round $round: it ends with 0 and begins again" stopped_at_work TERM 0
done
round=4
point "SIGINT is no crash either" stopped_at_work INT 0
point "nothing acknowledged is lost" all_there
point "the audit chain is whole" audit_is_whole hq
note "$(wc -l <"$ROOT/acknowledged") acknowledged"

point "the node ends" down 0
cp "$POLICY" "$ROOT/policy.lua"
point "a node with a policy of its own" up "$ROOT/policy.lua"
sed 's/version = 1/version = 2/' "$POLICY" >"$ROOT/second.lua"
point "the audit log says which policy counts, once" says_policies 1 'detail="open-region version 1, .*; was none"'
point "SIGHUP takes a new policy" reloads "$ROOT/second.lua" changed
point "the audit log says so" says_policies 2 'version 2, .*; was open-region version 1, '
echo 'return {' >"$ROOT/broken.lua"
point "SIGHUP keeps the old one when the new one is broken" reloads "$ROOT/broken.lua" kept
point "nothing was changed, so nothing is said" says_policies 2 'version 2, '
point "it is the second version that counts" is 1 eval 'asks hq .policy status | grep -c "version 2"'

point "a second node in the same folder ends with 6" ends 6 'err="'
point "the first goes on" answers hq
picture >"$ROOT/before"
point "the node ends" down 0
mkdir "$ROOT/whole"
cp "$N/store.db" "$ROOT/whole"

if [ "$(id -u)" -eq 0 ]; then
	point "it does not run as root: exit 4" refuses_root
else
	skip "it does not run as root" "this is not root"
fi
echo "another battery staple passphrase" >"$ROOT/other"
chmod 600 "$ROOT/other"
point "a wrong passphrase is exit 4" ends 4 "wrong passphrase, or a damaged file" --passphrase-file "$ROOT/other"
point "no passphrase is exit 2" ends 2 "No such file" --passphrase-file "$ROOT/none"
point "a policy that is none is exit 2" ends 2 "policy|lua" --policy "$ROOT/broken.lua"
point "an unknown option is exit 2" ends 2 "no such option" --colour
point "an address that is none is exit 2" ends 2 "is no address" --peer nowhere
chmod 755 "$N"
point "a folder that others may look into is exit 4" ends 4 "chmod 0700"
chmod 700 "$N"
chmod 644 "$N/node.key"
point "a key file that others may read is exit 4" ends 4 "chmod 0600"
chmod 600 "$N/node.key"
mv "$N/node.key" "$ROOT/node.key"
point "no key file is exit 2" ends 2 "outpostctl init first"
head -c 100 "$ROOT/node.key" >"$N/node.key"
chmod 600 "$N/node.key"
point "half a key file is exit 2" ends 2 "node.key"
mv "$ROOT/node.key" "$N/node.key"

head -c $(($(wc -c <"$ROOT/whole/store.db") / 2)) "$ROOT/whole/store.db" >"$ROOT/half"
head -c 100000 "$BUILD/outpostd" >"$ROOT/garbage"
cp "$ROOT/whole/store.db" "$ROOT/newer"
printf '\0\0\0\143' | dd of="$ROOT/newer" bs=1 seek=60 conv=notrunc status=none
point "half a store is exit 70" store_is "$ROOT/half" 70 'err="'
point "garbage is no store: exit 70" store_is "$ROOT/garbage" 70 'err="'
point "the store of a later version is exit 2" store_is "$ROOT/newer" 2 'err="'
point "a changed bit is refused or does no harm" rotten "${ROT:-25}"
note "$(cat "$ROOT/rot")"
whole_again
point "the whole store still works" up "$ROOT/second.lua"
picture >"$ROOT/after"
point "and tells the same" cmp "$ROOT/before" "$ROOT/after"
point "the node ends" down 0

mkdir "$ROOT/disk"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1536k,mode=700 tmpfs "$ROOT/disk" 2>/dev/null; then
	NODE_HOST[disk]=$HOST
	: >"$ROOT/on-disk"
	node_make disk hq "Disk" 4709
	# node_make makes a post of every name but hq
	rm -f "$ROOT/disk"/*
	ctl disk init --role hq --region UTO-NORTH --country UTO --owner UTO-NCB --label Disk \
		--passphrase-file "$ROOT/passphrase" --fast-unlock >/dev/null
	must "a node on a small disk starts" node_start disk
	point "it ends when the disk is full" fill_disk
	note "$(wc -l <"$ROOT/on-disk") notices on $(du -sk "$ROOT/disk" | cut -f 1) kB"
	tail -n 2 "$ROOT/disk.log" | sed 's/^/# /'
	node_stop disk
	mount -o remount,size=20m "$ROOT/disk"
	must "with room it begins again" node_start disk
	point "nothing acknowledged is lost" is_on_disk
	point "and it takes new notices" ctl disk notice add --ref NEW --type red --family DOE
	node_stop disk
else
	rmdir "$ROOT/disk"
	skip "a full disk" "mounting a small one needs root"
fi
finish
