# Makes C of the SQL steps named on the command line, in that order: one string for each.
function finish() {
	if (steps > 0) {
		print ";"
	}
}
FNR == 1 {
	finish()
	steps++
	printf "static const char step_%d[] =", steps
}
/^ *(--|$)/ { next }
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	printf "\n    \"%s\\n\"", $0
}
BEGIN {
	print "/* Made from src/store/schema by embed.awk. */"
	print "#include \"store/sqlite.h\"\n"
}
END {
	finish()
	print "\nconst char *const sqlite_steps[] = {"
	for (i = 1; i <= steps; i++) {
		printf "\tstep_%d,\n", i
	}
	print "};"
	printf "const int sqlite_steps_count = %d;\n", steps
}
