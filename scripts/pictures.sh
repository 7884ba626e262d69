#!/bin/sh
# pictures.sh BUILD DIR: make the pictures of docs/FINGERPRINT.md in DIR, from people who do not
# exist.  A test compares them with those in docs/pictures.
set -eu
build=$1
to=$2
prints=$(mktemp -d)
trap 'rm -rf "$prints"' EXIT
"$build/outpost-synth" finger --seed 7 --fingers 2 --impressions 2 --difficulty 0.3 -o "$prints"
show() { # show PICTURE ARGUMENT...
	picture=$1
	shift
	OUTPOST_WORKER=$build/outpost-worker "$build/outpostctl" finger show --output "$to/$picture" "$@" \
		>/dev/null || [ $? -eq 1 ] # 1: different fingers
	chmod 644 "$to/$picture"
}
show finger-flow.svg --layers mask,quality,flow "$prints/1_1.pgm"
show finger-minutiae.svg "$prints/1_1.pgm"
show finger-mates.svg "$prints/1_1.pgm" "$prints/1_2.pgm"
show finger-strangers.svg "$prints/1_1.pgm" "$prints/2_1.pgm"
