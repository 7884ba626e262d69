#!/bin/sh
# spread.sh LABEL=FILE...: a picture (SVG, on standard output) of what outpost-bench spread printed
# into each FILE as text.  Made-up prints come from the first, images from each, under its LABEL.
[ $# -gt 0 ] || {
	echo "usage: spread.sh LABEL=FILE... >PICTURE.svg" >&2
	exit 2
}
for pair in "$@"; do
	printf 'label %s\n' "${pair%%=*}"
	cat "${pair#*=}" || exit 1
done | awk '
function bins_of(line, x, y,    text, n, i, item, part) { # lower ends into x, counts into y
	text = line
	if (!sub(/.*"bins":\[\[/, "", text)) return 0
	sub(/\]\]\}.*/, "", text)
	n = split(text, item, /\],\[/)
	for (i = 1; i <= n; i++) {
		split(item[i], part, ",")
		x[i] = part[1] + 0
		y[i] = part[2] + 0
	}
	return n
}
function keep(curve, what, line,    x, y, n, i, all, left) {
	n = bins_of(line, x, y)
	for (i = 1; i <= n; i++) all += y[i]
	left = all
	for (i = 1; i <= n; i++) {
		points[curve, what, "x", i] = x[i]
		points[curve, what, "share", i] = y[i] / all
		points[curve, what, "left", i] = left / all
		left -= y[i]
	}
	points[curve, what, "n"] = n
}
function px(v) { return left0 + (v - low[p]) / (high[p] - low[p]) * width }
function py(share,    v) {
	v = tail[p] ? 1 + log(share) / log(10) / 5 : share / most
	return top0 + height - (v < 0 ? 0 : v) * height
}
function panel(    c, i, line, what, how, v) {
	what = name[p]
	how = tail[p] ? "left" : "share"
	left0 = 50 + (p - 1) % 3 * 300
	top0 = 40 + int((p - 1) / 3) * 210
	most = 0
	for (c = 0; c <= curves; c++)
		for (i = 1; i <= points[c, what, "n"]; i++)
			if (points[c, what, "share", i] > most) most = points[c, what, "share", i]
	printf "<text x=\"%d\" y=\"%d\" class=\"t\">%s</text>\n", left0, top0 - 8, title[p]
	printf "<path d=\"M%d %dv%dh%d\" class=\"a\"/>\n", left0, top0, height, width
	for (i = 0; i <= 4; i++) {
		v = low[p] + i * (high[p] - low[p]) / 4
		printf "<text x=\"%.1f\" y=\"%d\" class=\"m\">%g</text>\n", px(v), top0 + height + 14, v
	}
	if (tail[p])
		for (i = 0; i <= 5; i++)
			printf "<text x=\"%d\" y=\"%.1f\" class=\"e\">1e-%d</text>\n", left0 - 4, top0 + i * height / 5 + 4, i
	for (c = 0; c <= curves; c++) {
		line = ""
		for (i = 1; i <= points[c, what, "n"]; i++) {
			v = points[c, what, "x", i]
			if (v >= low[p] && v <= high[p])
				line = line sprintf("%s%.1f %.1f", line == "" ? "M" : "L", px(v), py(points[c, what, how, i]))
		}
		printf "<path d=\"%s\" class=\"c%d\"/>\n", line, c
	}
}
function add(key, about, from, to, is_tail) {
	panels++
	name[panels] = key
	title[panels] = about
	low[panels] = from
	high[panels] = to
	tail[panels] = is_tail
}
$1 == "label" { label[++curves] = substr($0, 7); next }
$1 ~ /_images$/ { what = $1; sub(/_images$/, "", what); keep(curves, what, $0); next }
curves == 1 { keep(0, $1, $0) }
END {
	label[0] = "made up"
	width = 240
	height = 140
	add("minutiae", "minutiae of a record", 0, 100, 0)
	add("second", "minutiae of the second channel", 0, 100, 0)
	add("cells", "cells of flow", 0, 640, 0)
	add("spacing", "pixels to the nearest other", 0, 80, 0)
	add("off_flow", "degrees from the flow", 0, 20, 0)
	add("shared", "share seen by both channels", 0.4, 1, 0)
	add("genuine", "scores of mates", -400, 2000, 0)
	add("impostor", "scores of others", -800, 200, 0)
	add("impostor", "share of others who reach a score", -200, 400, 1)
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"930\" height=\"690\" font-family=\"sans-serif\" font-size=\"11\">"
	print "<style>.t{font-weight:bold}.m{text-anchor:middle}.e{text-anchor:end}.a{fill:none;stroke:#888}"
	print ".c0,.c1,.c2,.c3{fill:none;stroke-width:1.6}.c0{stroke:#c0392b;stroke-width:2.4}.c1{stroke:#1f618d}"
	print ".c2{stroke:#1e8449;stroke-dasharray:5 3}.c3{stroke:#7d3c98;stroke-dasharray:2 2}</style>"
	print "<rect width=\"930\" height=\"690\" fill=\"#fff\"/>"
	for (p = 1; p <= panels; p++) panel()
	for (c = 0; c <= curves; c++) {
		printf "<path d=\"M%d 672h30\" class=\"c%d\"/>", 50 + c * 200, c
		printf "<text x=\"%d\" y=\"676\">%s</text>\n", 86 + c * 200, label[c]
	}
	print "</svg>"
}'
