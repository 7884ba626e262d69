#!/bin/sh
# mutants.sh [SEEDS]: takes each rule of src/base/rule.h away in turn and says by which seed
# the simulator has noticed.  Fails when it has not.  SEEDS: how many at most; 1000.
set -eu
cd "$(dirname "$0")/.."
seeds=${1:-1000}
sh scripts/build.sh build-mutants --enable-mutants
bad=0
# shellcheck disable=SC2013
for rule in $(sed -n 's/^	X(\([a-z_]*\)).*/\1/p' src/base/rule.h); do
	case $rule in
	alert_first) how="--scenario backlog" ;;
	*) how="--scenario swarm" ;;
	esac
	# shellcheck disable=SC2086
	if found=$(build-mutants/outpost-sim --without "$rule" $how --seeds "1-$seeds" 2>&1 >/dev/null); then
		echo "not ok - $rule: not noticed in $seeds seeds"
		bad=1
	else
		echo "ok - $rule: $(echo "$found" | head -n 1)"
	fi
done
exit $bad
