#!/bin/bash
# outpostctl as its users run it: exit codes, messages that help, and JSON from every command.
# shellcheck shell=bash disable=SC2317
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
begin
export OUTPOST_WORKER=$BUILD/outpost-worker
DIR=$ROOT/hq
NOBODY=00000000000000000000000000000000

run() { "$BUILD/outpostctl" --dir "$DIR" --officer "K. Officer" "$@"; }

# The command ends with that code; what it says is one line that begins with its name and fits.
says() { # says CODE PATTERN ARGUMENT...
	local code=$1 pattern=$2
	shift 2
	exits "$code" run "$@" </dev/null || return 1
	[ "$(wc -l <"$ERR")" -eq 1 ] && grep -Eq "^outpostctl: .*($pattern)" "$ERR" && return
	echo "it says: $(cat "$ERR")"
	return 1
}
refuses() { # refuses PATTERN ARGUMENT...: wrong usage
	point "wrong usage: ${*:2}" says 2 "$@"
}
denies() { point "not a member, so not: ${*:2}" says 4 "$@"; }

json() { # json FILTER ARGUMENT...: JSON and nothing else on the output, for which the filter is true
	local filter=$1
	shift
	exits 0 run --json "$@" || return 1
	jq -e "$filter" "$OUT" >/dev/null && [ ! -s "$ERR" ] && return
	cat "$OUT" "$ERR"
	return 1
}
gives() { point "JSON: ${*:2}" json "$@"; }

usage_is_shown() { # usage_is_shown CODE ARGUMENT...
	exits "$1" "$BUILD/outpostctl" "${@:2}" && cat "$OUT" "$ERR" | grep -q '^usage: outpostctl'
}
refusal_is_json() {
	exits 1 run --json case "$NOBODY" && jq -e '.error == "ERR_NOTFOUND" and .verb == "case" and
		(.text | length > 0) and .place == "encounter"' "$OUT"
}
finding() { # finding WHAT: the doctor finds it bad
	exits 1 run --json doctor && jq -e --arg w "$1" \
		'.ok == false and ([.findings[] | select(.what == $w and (.ok | not))] | length == 1)' "$OUT"
}
every_command_refuses() { # an unknown option
	local c
	for c in init "passport request" "passport sign" check review case queue action "notice add" \
		"notice withdraw" gallery peers status audit "bundle export" "finger extract" \
		"finger compare" "finger show" "finger convert" doctor; do
		# shellcheck disable=SC2086
		says 2 "there is no option --colour" $c --colour || return 1
	done
}
nothing_is_left() { [ ! -e "$ROOT/x" ] && [ ! -e "$ROOT/x.part" ]; }
none_takes_more() { # words that mean nothing
	local c
	for c in queue gallery peers status audit doctor; do
		says 2 '"more" is one word too many' "$c" more || return 1
	done
}

# ---- without a node ----

point "no command is wrong usage" usage_is_shown 2
point "help is no error" usage_is_shown 0 --help
point "the version is no error" exits 0 "$BUILD/outpostctl" --version
point "an unknown option before the command" usage_is_shown 2 --colour status
point "an option without its value" usage_is_shown 2 --dir
refuses 'there is no command "dance"' dance
point "a node that is not there is exit 3" says 3 "no answer at .*is outpostd running" status

echo short >"$ROOT/short"
refuses "too short: five random words" init --passphrase-file "$ROOT/short"
refuses "role is hq .* else post" init --role king --passphrase-file "$ROOT/passphrase"
refuses "needs --region" init --role hq --passphrase-file "$ROOT/passphrase"
refuses "three letters" init --role hq --region R --country UTOPIA --owner O --label L \
	--passphrase-file "$ROOT/passphrase"
mkdir -m 755 "$ROOT/open"
DIR=$ROOT/open refuses "no private folder of yours" init --passphrase-file "$ROOT/passphrase"
point "that folder was left as it is" is 755 stat -c %a "$ROOT/open"
DIR=$ROOT/a/b refuses "No such file" init --passphrase-file "$ROOT/passphrase"
DIR=$ROOT/made gives '.fingerprint | length > 20' init --fast-unlock --passphrase-file "$ROOT/passphrase"
DIR=$ROOT/made refuses "node.key: File exists" init --passphrase-file "$ROOT/passphrase"
point "keys and settings are private" is "700 600 600" echo "$(stat -c %a "$ROOT/made" \
	"$ROOT/made/node.key" "$ROOT/made/outpost.conf" | tr '\n' ' ' | sed 's/ $//')"

# ---- a headquarters, and a post that is no member yet ----

for n in hq post other; do NODE_HOST[$n]=$HOST; done
node_make hq hq "Headquarters" 4701
node_make post post "Post" 4702
node_make other post "Other" 4703
must "three nodes start" eval 'node_start hq && node_start post && node_start other'
fingers 3 2 "$ROOT/prints"
F=$ROOT/prints/1_1.pgm

point "every command refuses an unknown option" every_command_refuses
point "and words that mean nothing" none_takes_more
refuses "one of locate" check --purpose fishing --basis x
refuses "one purpose" check --purpose border,identify --basis x
refuses "part of every check" check --purpose border
refuses "part of every check" check --basis x
refuses "part of every check" check --purpose border --basis ""
refuses "needs a value" check --purpose border --basis
refuses "too long or not UTF-8" check --purpose border --basis $'\xff'
refuses "too long" check --purpose border --basis x --nationality UTOPIA
for d in 1985-02-29 1985-13-01 1985-00 1985-1-1 85-01-01 1985- 1985-03-12x hello "" 1700; do
	refuses "a date is 1985-03-12" check --purpose border --basis x --born "$d"
done
echo "P<UTODOE<<ANNA" >"$ROOT/zone"
refuses "character|line" check --purpose border --basis x --mrz "$ROOT/zone"
refuses "No such file" check --purpose border --basis x "$ROOT/none.png"
refuses "CASE CANDIDATE" review $NOBODY 1 guilty
refuses "CANDIDATE is a number" review $NOBODY x potential
refuses "four digits" case 123
refuses "four digits" case wxyz
refuses "CASE TEXT" action --closes everything $NOBODY text
refuses "from is a number" audit --from x
refuses "max is a number" gallery --max -1
refuses "one request file" passport sign
refuses "says which post" passport request
refuses "one grant file" passport install
refuses "owner's reference" notice add --type red
refuses "type is red" notice add --ref R --type purple
refuses "type: " notice add --ref R --family DOE
refuses "valid_until: " notice add --ref R --type red --valid-until 2020-01-01
refuses "is a day" notice add --ref R --type red --valid-until tomorrow
refuses "lease-hours is a number" notice add --ref R --type red --lease-hours many
refuses "reviewers is a number" notice add --ref R --type red --reviewers 9
refuses "No such file" policy test "$ROOT/none"
refuses "FILE FILE" finger compare "$F"
refuses "threshold is a number" finger compare --threshold x "$F" "$F"
refuses "export .* import FILE . show FILE" bundle
refuses "output FILE" bundle export
refuses "a size such as 500k" bundle export --limit lots --output "$ROOT/x"
refuses "a size such as 500k" bundle export --limit 1T --output "$ROOT/x"
refuses "a list of at most 64" bundle export --to Post,,Other --output "$ROOT/x"
refuses "is there already" bundle export --output "$ROOT/zone"
refuses "No such file" bundle export --output "$ROOT/none/x"
refuses "one file" bundle import
refuses "one file" bundle show
refuses "No such file" bundle import "$ROOT/none"
refuses "is no file" bundle import "$ROOT"
refuses "no whole bundle: magic" bundle show "$F"
refuses "magic: " bundle import "$F"
refuses "image format at byte 0" finger extract "$ROOT/zone"
refuses "OUT.iso|OUT.ansi" finger convert "$F"
refuses "neither .iso nor .ansi" finger convert "$F" --output "$ROOT/out.txt"

point "no such case is a negative answer" says 1 "no such case" case $NOBODY
point "nor by its first digits" says 1 "no such case" case 0000
point "the refusal is JSON, too" refusal_is_json
point "a notice that is not there" says 1 "no such notice" notice withdraw R-NONE
point "officer and purpose are asked for" says 2 "officer: " --officer "" check --purpose border --basis x
point "a worker that is not there is exit 75" says 75 "outpost-worker" --worker "$ROOT/none" finger extract "$F"

DIR=$ROOT/post
denies "not enrolled" check --purpose border --basis x
denies "not enrolled" notice add --ref R --type red
denies "not enrolled" queue
denies "not enrolled" gallery
denies "not enrolled" review $NOBODY 1 potential
denies "not enrolled" action $NOBODY text
denies "not enrolled" bundle export --output "$ROOT/x"
denies "not enrolled" bundle import "$F"
gives '.enrolled == "no"' status
gives '.peers == []' peers
point "a doctor finds it" finding "the node is a member"

# ---- a stranger calls ----

calls() ( # calls PORT: says nonsense, for a moment; it may be hung up on
	exec 3<>"/dev/tcp/$HOST/$1" || exit
	printf 'GET / HTTP/1.0\r\n\r\n%0500d' 0 >&3
	timeout 1 cat <&3 >/dev/null
)
alive() { kill -0 "$(pid_of "$1")" && answers "$1"; }
for n in hq post other; do
	calls "${NODE_PORT[$n]}" 2>/dev/null
	point "who calls $n and says nonsense does not end it" alive $n
done

# ---- a post becomes a member ----

gives '.fingerprint | length > 20' passport request --label Post --output "$ROOT/request"
refuses "File exists" passport request --label Post --output "$ROOT/request"
point "a request is no grant" says 2 "passport.install" passport install "$ROOT/request"
point "a post signs no passports" says 4 "" passport sign --output "$ROOT/x" "$ROOT/request"
DIR=$ROOT/hq
refuses "role: " passport sign --role king --output "$ROOT/x" "$ROOT/request"
refuses "days is a number" passport sign --days always --output "$ROOT/x" "$ROOT/request"
point "garbage is no request" says 2 "passport.sign" passport sign --output "$ROOT/x" "$ROOT/zone"
gives '.fingerprint | length > 20' passport sign --role post --output "$ROOT/grant" "$ROOT/request"
point "headquarters is a member already" says 1 "already" passport install "$ROOT/grant"
DIR=$ROOT/other
point "another node's grant is refused" says 4 "passport.install" passport install "$ROOT/grant"
DIR=$ROOT/post
gives '. == {}' passport install "$ROOT/grant"
gives '.enrolled | startswith("yes")' status
point "a post issues no notices" says 4 "owner" notice add --ref R --type red
DIR=$ROOT/hq

# ---- every command, as JSON ----

gives '.revision == 1 and (.samples | length == 1)' notice add --ref R-1 --type red --family DOE \
	--given ANNA --born 1984-02-29 --nationality UTO "$F@2"
point "the same reference again" says 1 "reference: " notice add --ref R-1 --type red
gives '.revision == 2' notice amend --ref R-1 --type red --warnings "may be armed"
gives '.candidates | length == 1' check --purpose border --basis "Act 12" --born 1985 "$F@2"
CASE=$(jq -r .encounter "$OUT")
gives '.candidates[0].opinions | length == 1' review --reason "deltas agree" "${CASE:0:6}" 1 potential
gives '.encounter | length == 32' case "$CASE"
gives '.encounter | length == 32' action "$CASE" "told the owner"
gives '.cases | length == 1' queue --all
gives '.people == 1 and .rows[0].reference == "R-1"' gallery
gives '.chain | startswith("whole")' audit
gives '.lines | length == 2' audit --from 2 --max 2
gives '.recipients == 1 and .done == 1 and (.lanes | length > 0)' bundle export --to Post --output "$ROOT/b"
point "a bundle is for no more than is there" says 1 "Nobody: there is no such member" bundle export --to Nobody --output "$ROOT/x"
refuses "limit_bytes: " bundle export --limit 64k --output "$ROOT/x"
point "nothing is left of a bundle that was refused" nothing_is_left
point "who is no recipient sees what anybody can see: exit 4" says 4 "no slot of this bundle opens here" bundle show "$ROOT/b"
DIR=$ROOT/post
gives '.label == "Headquarters" and .receipts == 0' bundle show "$ROOT/b"
gives '[.lanes[] | .taken == .entries] | all' bundle import "$ROOT/b"
gives '[.lanes[] | .taken == 0] | all' bundle import "$ROOT/b"
gives '.receipts == 1' bundle export --to Headquarters --output "$ROOT/back"
DIR=$ROOT/hq
gives '.iso | length > 100' finger extract "$F"
gives '.score > 300' finger compare "$F" "$F"
gives '.format == "ANSI INCITS 378-2004" and .views[0].minutiae > 8 and .views[0].position == 2' \
	finger convert "$F@2" -o "$ROOT/a.ansi"
gives '.format == "ISO/IEC 19794-2:2005" and .views[0].position == 2' finger convert --output "$ROOT/b.iso" "$ROOT/a.ansi"
gives '.bytes > 80' finger convert "$ROOT/b.iso" --json --output "$ROOT/c.ansi"
point "what came from ANSI goes back to the byte" cmp "$ROOT/a.ansi" "$ROOT/c.ansi"
gives '.score > 300' finger compare "$F" "$ROOT/a.ansi"
point "a record that is there stays" says 2 "File exists" finger convert "$F" --output "$ROOT/a.ansi"
gives '.revision == 3' notice block R-1
gives '.revision == 4' notice withdraw --reason "closed" R-1
point "withdrawn is final" says 4 "withdrawn already" notice withdraw R-1
point "and is not amended" says 4 "reference: " notice amend --ref R-1 --type red
gives '.revision == 1' notice add --ref R-2 --type red --family ROE
PRINTLESS='[.not_searched[].text] | any(startswith("notices whose fingerprints"))'
gives "$PRINTLESS" check --purpose border --basis "Act 12" "$F@2"
gives '.revision == 2' notice withdraw R-2
gives "$PRINTLESS | not" check --purpose border --basis "Act 12" "$F@2"
point "different fingers do not agree: exit 1" exits 1 run finger compare "$F" "$ROOT/prints/2_1.pgm"
for p in open-region match-only; do
	point "the policy $p passes its tests" exits 0 run policy test "$srcdir/policies/$p"
done
mkdir "$ROOT/policy"
cp "$srcdir/policies/open-region/"*.lua "$ROOT/policy"
chmod u+w "$ROOT/policy/"*
sed -i "s/headquarters = true/headquarters = false/; s/reviewers = 3/reviewers = 1/" "$ROOT/policy/policy.lua"
point "one that was changed does not: exit 1" exits 1 run policy test "$ROOT/policy"
echo 'return {' >"$ROOT/policy/policy.lua"
point "one that is no Lua is wrong usage" exits 2 run policy test "$ROOT/policy"

# ---- many cases ----

crowd() { # crowd COUNT: four at a time
	local i
	for ((i = 1; i <= $1; i++)); do
		run check --purpose border --basis x >/dev/null &
		[ $((i % 4)) -ne 0 ] || wait
	done
	wait
}
all_are_shown() { exits 0 run --json queue && is 523 jq '.cases | length' "$OUT"; }
are_in_order() { jq -e '[.cases[].captured_ms] | . == (sort | reverse)' "$OUT"; }
point "520 more checks" crowd 520
point "are all in the queue" all_are_shown
point "newest first" are_in_order
point "the oldest is found by its first digits" exits 0 run case "${CASE:0:10}"

# ---- doctor ----

chmod 644 "$ROOT/hq/node.key"
point "a doctor sees a key file that others may read" finding "the key file is private"
point "and says what to do" eval 'run doctor | grep "^BAD  the key file is private: chmod 600"'
chmod 600 "$ROOT/hq/node.key"
point "text for people is no JSON" eval 'run status | grep "^gallery "'
finish
