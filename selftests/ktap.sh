# SPDX-License-Identifier: GPL-2.0
#
# Results in KTAP, for the test scripts beside it: . "${0%/*}/ktap.sh"

number=0 failed=0

# So many tests will follow.
plan() { printf 'KTAP version 1\n1..%d\n' "$1"; }
skip_all() {
	echo "1..0 # SKIP $*"
	exit 4
}
# Skips all unless there are these files.
needs_files() { for file; do [ -e "$file" ] || skip_all "no $file here"; done; }
# The test named $1 passed, or was skipped for what $2 says.
ok() {
	number=$((number + 1))
	echo "ok $number $1${2:+ # SKIP $2}"
}
not_ok() {
	number=$((number + 1)) failed=1
	echo "not ok $number $1"
}
# The test named $1 passes if the words $2 and $3 are the same; what follows runs where they are not.
equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
		return
	fi
	echo "# \"$2\", expected \"$3\""
	name=$1
	shift 3
	"$@"
	not_ok "$name"
}
# What the module $1 said in the kernel's log, without time and name.
said() { dmesg | sed -n "s/^\[ *[0-9.]*\] $1: //p"; }
