#!/bin/sh
# plot-reconcile.sh BUILD: measure with BUILD/outpost-bench what it costs two nodes of a million
# ids each to find out what they lack, and draw docs/pictures/reconcile.svg.
# IDS: another number of ids; SEEDS: meetings for each point, 5 unless said.
set -eu
bench=$1/outpost-bench
out=$(dirname "$0")/../docs/pictures/reconcile.svg
ids=${IDS:-1000000}
points() { # METHOD SEEDS DIFF...
	method=$1
	seeds=$2
	shift 2
	for diff; do
		"$bench" sync reconcile --json --ids "$ids" --diff "$diff" --method "$method" \
			--seeds "$seeds" |
			awk -v m="$method" -v d="$diff" -F '[:,]' '/"bytes":/ {print m, d, $2 + 0}'
	done
}
{
	points sketch "${SEEDS:-5}" 1 2 5 10 20 50 100 200 500 1000 2000 5000 10000
	points ranges 1 1 2 5 10 20 50 100 200 500 1000 2000 5000 10000
	# Measured with negentropy's C++ library: 1M ids of 32 bytes, scattered, no frame limit.
	printf 'negentropy %s\n' '10 20708' '1000 1392537' '50000 36239497'
} | awk '
function x(d) { return 70 + log(d) / log(10) * 110 }
function y(b) { return 430 - (log(b) / log(10) - 1) * 58 }
function line(name, colour, n, at,   i, s) {
	for (i = 1; i <= n; i++) {
		s = s sprintf("%.1f,%.1f ", x(px[name, i]), y(py[name, i]))
	}
	printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", s, colour
	printf "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", x(px[name, n]) + 8, \
		y(py[name, n]) + 4, colour, at
}
{ n[$1]++; px[$1, n[$1]] = $2; py[$1, n[$1]] = $3 }
END {
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 480\" font-family=\"sans-serif\" font-size=\"13\">"
	print "<title>Bytes to find a difference, both ways, without the entries</title>"
	print "<rect width=\"760\" height=\"480\" fill=\"#ffffff\"/>"
	for (i = 1; i <= 8; i++) {
		label = i < 3 ? 10 ^ i " B" : i < 6 ? 10 ^ (i - 3) " kB" : 10 ^ (i - 6) " MB"
		printf "<line x1=\"70\" x2=\"640\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", y(10 ^ i), y(10 ^ i)
		printf "<text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", y(10 ^ i) + 4, label
	}
	for (i = 0; i <= 5; i++) {
		printf "<line y1=\"24\" y2=\"430\" x1=\"%.1f\" x2=\"%.1f\" stroke=\"#dddddd\"/>\n", x(10 ^ i), x(10 ^ i)
		printf "<text x=\"%.1f\" y=\"448\" text-anchor=\"middle\">%d</text>\n", x(10 ^ i), 10 ^ i
	}
	print "<text x=\"345\" y=\"470\" text-anchor=\"middle\">differences between two nodes of a million ids each</text>"
	for (i = 0; i <= 40; i++) {
		d = 10 ^ (i / 10)
		px["least", i + 1] = d
		py["least", i + 1] = d * (64 - log(d) / log(2) + 1 / log(2)) / 8
	}
	line("least", "#888888", 41, "least possible")
	line("ranges", "#c05020", n["ranges"], "by ranges")
	line("sketch", "#2060c0", n["sketch"], "by sketch")
	for (i = 1; i <= n["negentropy"]; i++) {
		printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#208040\"/>\n", x(px["negentropy", i]), y(py["negentropy", i])
		printf "<text x=\"%.1f\" y=\"%.1f\" fill=\"#208040\" text-anchor=\"end\">negentropy</text>\n", x(px["negentropy", i]) - 8, y(py["negentropy", i]) - 4
	}
	print "</svg>"
}' >"$out.new"
mv "$out.new" "$out"
