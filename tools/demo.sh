#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What `make demo` shows: per-CPU counters, counting. Runs as root in a guest or on any machine that
# has the module's kernel, from the directory with rust_percpu.ko.

set -e
# Not every sh has it.
# shellcheck disable=SC3040
if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi
counters=/sys/kernel/debug/rust_percpu
tracing=/sys/kernel/tracing
online=$(awk '/^processor/ { print $3 }' /proc/cpuinfo)

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '  $ %s\n' "$*"; sh -c "$*" | sed 's/^/    /'; }

# Writes 1 to the "add" file $1 as often as $3 says, on CPU $2.
count() {
	taskset -c "$2" sh -c 'set -e; i=0; while [ $i -lt '"$3"' ]; do echo 1; i=$((i + 1)); done >"$0"' "$1"
}

# In the background; all of them are waited for, and each has to succeed.
counting=
start() { count "$@" & counting="$counting $!"; }
join() { for job in $counting; do wait "$job"; done; counting=; }

bars() {
	awk '{ cpu[NR] = $1; value[NR] = $2; sum += $2; if ($2 > most) most = $2 }
	END {
		for (i = 1; i <= NR; i++) {
			bar = ""
			for (j = 0; most && j < value[i] / most * 40; j++) bar = bar "█"
			printf "    CPU %-3d %8d  %s\n", cpu[i], value[i], bar
		}
		printf "    %-7s %8d\n", "sum", sum
	}' "$1"
}

[ -e rust_percpu.ko ] || {
	echo 'demo: there is no rust_percpu.ko: build it; the build says so where the kernel lacks what it takes' >&2
	exit 1
}
say "Linux $(uname -r), $(echo "$online" | wc -l) CPUs: insmod rust_percpu.ko"
insmod rust_percpu.ko
dmesg | grep 'rust_percpu: ' | tail -n 1 | sed 's/^/    /'

say 'Every CPU counts on its own copy, all at once, and nobody takes a lock'
for cpu in $online; do
	start $counters/static/add "$cpu" $((500 + cpu * 500))
	start $counters/dynamic/add "$cpu" $((2000 - cpu * 400))
done
join
for counter in static dynamic; do
	printf '  %s, total %s\n' $counter "$(cat $counters/$counter/total)"
	bars $counters/$counter/per_cpu
done

say 'The same by hand'
show "echo 42 > $counters/static/add"
show "cat $counters/static/total"
show "echo 1 > $counters/reset"
show "cat $counters/static/per_cpu"
echo '  $ echo -1 > '$counters/static/add
if echo -1 2>/dev/null >$counters/static/add; then
	echo 'demo: -1 was taken' >&2
	exit 1
fi
echo '    write error: Invalid argument'

say "What the kernel does, counted by one instruction an event"
# Without starting a program, which would be switches too.
switches() { while read -r name switches _; do [ "$name" = ctxt ] && return; done </proc/stat; }
event=$counters/events/sched:sched_switch
echo "  \$ echo sched:sched_switch > $counters/events/attach"
echo sched:sched_switch >$counters/events/attach
switches
before=$switches
for cpu in $online; do
	start $counters/static/add "$cpu" $((cpu * 1000))
done
sleep 1
join
read -r total <$event/total
switches
bars $event/per_cpu
echo "    $total context switches, $((switches - before)) by /proc/stat"

say 'Trace events, a no-op instruction until they are turned on'
echo 1 >$tracing/events/rust_percpu/enable
for cpu in $online; do
	taskset -c "$cpu" sh -c "echo $((cpu + 1)) >$counters/dynamic/add"
done
echo 0 >$tracing/events/rust_percpu/enable
grep -o '\[[0-9]*\].*rust_percpu_.*' $tracing/trace | sed 's/^/    /'

say 'rmmod rust_percpu'
rmmod rust_percpu
if [ -e $counters ]; then
	echo "demo: $counters is still there" >&2
	exit 1
fi
echo '    gone, and nothing left behind'

say 'What to try next'
echo '    make shell       look around in this guest yourself'
echo '    make test        see it proved, on 1, 2, 4 and 16 CPUs'
echo '    rust_percpu.rs   the module: it has no unsafe code'
