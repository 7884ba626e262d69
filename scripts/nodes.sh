# Functions for starting and asking the nodes of a story; sourced by bash scripts.
#   ROOT  folder of the nodes      BUILD  folder of the programs      POLICY  their policy
#   NODE_RUN[NODE], NODE_OPTIONS   for tests: what stands before outpostd, and its options
# shellcheck shell=bash

declare -A NODE_PORT NODE_PEERS
NODE_LIST=()

ctl() { # ctl NODE COMMAND...
	local node=$1
	shift
	OUTPOST_WORKER="$BUILD/outpost-worker" "$BUILD/outpostctl" --dir "$ROOT/$node" \
		--officer "${OFFICER:-K. Officer}" "$@"
}

node_start() { # node_start NODE: returns when it answers
	local node=$1 peers=() p i
	for p in ${NODE_PEERS[$node]:-}; do
		peers+=(--peer "${NODE_HOST[$p]:-127.0.0.1}:${NODE_PORT[$p]}")
	done
	# shellcheck disable=SC2086
	${NODE_RUN[$node]:-} "$BUILD/outpostd" --dir "$ROOT/$node" --worker "$BUILD/outpost-worker" \
		--listen "${NODE_HOST[$node]:-127.0.0.1}:${NODE_PORT[$node]}" \
		--passphrase-file "$ROOT/passphrase" --policy "$POLICY" ${NODE_OPTIONS:---no-discovery --allow-root} \
		"${peers[@]}" >>"$ROOT/$node.log" 2>&1 &
	echo $! >"$ROOT/$node.pid"
	disown $!
	for ((i = 0; i < 200; i++)); do
		ctl "$node" status >/dev/null 2>&1 && return 0
		kill -0 "$(cat "$ROOT/$node.pid")" 2>/dev/null || break
		sleep 0.05
	done
	echo "node $node did not start; the end of its log:" >&2
	tail -n 5 "$ROOT/$node.log" >&2
	return 1
}

node_stop() { # node_stop NODE [SIGNAL]
	local pid i
	[ -f "$ROOT/$1.pid" ] || return 0
	pid=$(cat "$ROOT/$1.pid")
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	for ((i = 0; i < 100; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	rm -f "$ROOT/$1.pid"
}

nodes_stop() {
	local f
	for f in "$ROOT"/*.pid; do
		[ -f "$f" ] && node_stop "$(basename "$f" .pid)"
	done
	return 0
}

node_make() { # node_make NODE ROLE LABEL PORT PEERS...
	local node=$1 role=$2 label=$3 port=$4
	shift 4
	NODE_LIST+=("$node")
	NODE_PORT[$node]=$port
	NODE_PEERS[$node]="$*"
	if [ "$role" = hq ]; then
		ctl "$node" init --role hq --region UTO-NORTH --country UTO --owner UTO-NCB --label "$label" \
			--passphrase-file "$ROOT/passphrase" --fast-unlock >/dev/null
	else
		ctl "$node" init --role post --passphrase-file "$ROOT/passphrase" --fast-unlock >/dev/null
	fi
}

node_enrol() { # node_enrol NODE ROLE LABEL: a passport from node hq
	ctl "$1" passport request --label "$3" --output "$ROOT/$1.request" >/dev/null &&
		ctl hq passport sign --role "$2" --output "$ROOT/$1.grant" "$ROOT/$1.request" >/dev/null &&
		ctl "$1" passport install "$ROOT/$1.grant" >/dev/null
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

people() { # people NODE: how many it can find
	ctl "$1" --json status | jq .people
}
has_people() { [ "$(people "$1")" = "$2" ]; }
case_result() { # case_result NODE CASE
	ctl "$1" --json case "$2" | jq -r '.result'
}
has_result() { [ "$(case_result "$1" "$2")" = "$3" ]; }
case_state() {
	ctl "$1" --json case "$2" | jq -r '.state'
}
has_state() { [ "$(case_state "$1" "$2")" = "$3" ]; }
has_case() { ctl "$1" case "$2"; }
