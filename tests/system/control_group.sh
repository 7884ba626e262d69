#!/bin/bash
# Who may use the control socket: the node's own user, root, the members of its group, and nobody
# else. Users are numbers here: none is made.
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
OWN=64701    # the node's user, and user group
OFFICER=64702
STRANGER=64703
[ "$(id -u)" -eq 0 ] || skip_all "only root can be somebody else"
need setpriv
as() { # as USER GROUPS COMMAND...: with these further groups ("-": none)
	local user=$1 groups=(--groups "$2")
	[ "$2" = - ] && groups=(--clear-groups)
	shift 2
	setpriv --reuid "$user" --regid "$user" "${groups[@]}" -- "$@"
}
as "$STRANGER" - true 2>/dev/null || skip_all "nobody can be somebody else here"
# Any group that has a name will do but root's.
IFS=: read -r GROUP _ GID _ < <(getent group users || getent group | grep -v ':0:')
[ -n "${GID:-}" ] || skip_all "no group has a name here"
begin

# The programs where others can run them, wherever they were built.
chmod 0711 "$ROOT"
mkdir -m 0755 "$ROOT/bin"
cp "$BUILD/outpostd" "$BUILD/outpostctl" "$BUILD/outpost-worker" "$POLICY" "$ROOT/bin"
chmod 0644 "$ROOT/bin/policy.lua"

up() { # up OPTION...: the node, as its own user, who is in the group (no function: its own id)
	setpriv --reuid "$OWN" --regid "$OWN" --groups "$GID" -- "$ROOT/bin/outpostd" --dir "$ROOT/hq" --worker "$ROOT/bin/outpost-worker" \
		--listen none --no-discovery --passphrase-file "$ROOT/hq/passphrase" \
		--policy "$ROOT/bin/policy.lua" "$@" >>"$ROOT/hq.log" 2>&1 &
	echo $! >"$ROOT/hq.pid"
	disown $!
	wait_for 10 answers hq
}
asks_as() { # asks_as USER GROUPS
	as "$1" "$2" "$ROOT/bin/outpostctl" --dir "$ROOT/hq" --officer X status
}
asks_in() { # asks_in GROUP: a stranger whose first group it is
	setpriv --reuid "$STRANGER" --regid "$1" --clear-groups -- \
		"$ROOT/bin/outpostctl" --dir "$ROOT/hq" --officer X status
}
refusals() { grep -c 'at=control state=refused' "$ROOT/hq.log" || true; }
refused_by() { # refused_by modes|node USER GROUPS: by the node when the modes have let it pass
	local before
	before=$(refusals)
	exits 4 asks_as "$2" "$3" || return
	[ "$1" = modes ] || before=$((before + 1))
	is "$before" refusals
}
open_up() { # what a careless administrator might do to the modes
	chmod 0711 "$ROOT/hq" && chmod 0666 "$ROOT/hq/control"
}
mode_of() { stat -c '%a %g' "$1"; }

must "keys are made" node_make hq hq "Headquarters" 4701
cp "$ROOT/passphrase" "$ROOT/hq"
chown -R $OWN:"$GID" "$ROOT/hq"
chmod 0710 "$ROOT/hq"

must "a node starts with a control group" up --control-group "$GROUP"
point "its socket is for its user and the group" is "660 $GID" mode_of "$ROOT/hq/control"
point "its own user may ask" asks_as $OWN -
point "root may ask" answers hq
point "a member of the group may ask" asks_as $OFFICER "$GID"
point "and one whose first group it is" asks_in "$GID"
point "and one of several groups" asks_as $OFFICER "64710,$GID,64711"
point "another user does not reach it" refused_by modes $STRANGER -
point "nor the member of another group" refused_by modes $STRANGER 64710
open_up
point "modes that are too wide let nobody else in" refused_by node $STRANGER -
point "nor the member of another group" refused_by node $STRANGER 64710
point "the group may still ask" asks_as $OFFICER "$GID"

node_stop hq
chmod 0700 "$ROOT/hq"
must "a node starts without a control group" up
point "its socket is for its user alone" is 600 stat -c %a "$ROOT/hq/control"
point "its own user may ask" asks_as $OWN -
point "the group does not reach it" refused_by modes $OFFICER "$GID"
open_up
point "nor with modes that are too wide" refused_by node $OFFICER "$GID"
finish
