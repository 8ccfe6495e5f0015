# SPDX-License-Identifier: GPL-2.0

# The kernel's build system, make or the shell take these for something else in a path; as in vm/cache.py.
hash := \#
odd := $(strip $(shell pwd -P | tr -dc ':;"`$$%&|<>()[]{}*?!\\,$(hash)'"'") $(if $(word 2,$(CURDIR)),blank))
$(if $(odd),$(error kbuild cannot work in $(CURDIR), for what is in its name: $(odd); move the checkout))

# The kernel to build for; `make kdir` prepares one where the headers package has no Rust metadata.
KDIR ?= /lib/modules/$(shell uname -r)/build
# What is built, and where results go.
M ?= $(CURDIR)
MO ?= $(M)
# What demo, test and shell boot; see vm/targets.py.
TARGET ?= amd64

kbuild = $(MAKE) -C $(KDIR) M=$(abspath $(M)) $(if $(filter-out $(M),$(MO)),MO=$(MO)) \
	$(if $(SELFTESTS),SELFTESTS="$(SELFTESTS)") $(if $(BENCH),BENCH="$(BENCH)")
# The same, in the build root and for TARGET.
vm-make = vm/make --target $(TARGET) -s --no-print-directory

.PHONY: modules modules_install clean
modules: preflight
	+@$(kbuild) modules

modules_install:
	@[ -e $(MO)/modules.order ] || { echo 'modules_install: nothing is built in $(MO); run make modules first' >&2; exit 1; }
	+@$(kbuild) modules_install

clean:
	+@$(if $(wildcard $(KDIR)/Makefile),$(kbuild) clean)
	rm -rf build

.PHONY: preflight
preflight:
	@tools/preflight $(KDIR)

# Begins a module of one's own: DIR=/where/it/goes NAME=its_name.
.PHONY: new
new:
	@tools/new "$(DIR)" "$(NAME)"

.PHONY: demo test test-matrix attacks shell gdb kdir
demo: python3
	@$(vm-make) modules
	@vm/run --target $(TARGET) --cpus 4 --copy tools/demo.sh -- ./demo.sh

test: python3
	@tools/test --target $(TARGET)

test-matrix: python3
	@tools/test-matrix $(TARGETS)

# Instructions of each operation in C and in Rust.
.PHONY: bench bench-native bench-plot bench-growth bench-events bench-size
bench: python3
	@bench/count --target $(TARGET)

# Nanoseconds on this machine's processor.
bench-native: python3
	@bench/native/run

bench-plot: python3
	@bench/plot

bench-growth: python3
	@bench/growth/run

bench-events: python3
	@bench/events/run

bench-size: python3
	@bench/size

# percpu-top as the README shows it.
.PHONY: percpu-top-picture
percpu-top-picture: python3
	@$(vm-make) modules
	@tools/percpu-top-picture --target $(TARGET)

shell: python3
	@$(vm-make) modules
	@vm/run --target $(TARGET) --cpus 4 --memory 2G --timeout 86400 --tools --interactive \
		--copy tools/guest-shell --copy tools/percpu-top -- ./guest-shell

kdir: python3
	@vm/kdir --target $(TARGET) $(if $(KERNEL),--kernel $(KERNEL))

gdb: TARGET := amd64-debug
gdb: python3
	@$(vm-make) modules
	@vm/gdb --target $(TARGET)

attacks: python3
	@tools/test --target $(TARGET) --attacks
	@vm/tests/kill

# All attacks, round after round, with memory before and after; not part of the tests. The last
# round is finished, which takes minutes on a busy machine.
SOAK_TARGETS := amd64-debug amd64-rt
SOAK_SECONDS := 1200
.PHONY: soak
soak: python3
	@set -e; for target in $(SOAK_TARGETS); do \
		echo "# $$target, $(SOAK_SECONDS) s"; \
		vm/make --target $$target -s --no-print-directory selftests; \
		vm/run --target $$target --cpus 4 --timeout $$(($(SOAK_SECONDS) * 3)) \
			--copy build/$$target/selftests/programs -- ./programs soak seconds=$(SOAK_SECONDS); \
	done

# The tests that run in a guest or on a real machine: modules, and a static program.
RUSTC ?= rustc

.PHONY: selftests
selftests: SELFTESTS := 1
selftests: modules $(MO)/selftests/programs

$(MO)/selftests/programs: $(wildcard selftests/*.rs)
	@mkdir -p $(@D)
	$(RUSTC) --edition 2021 -D warnings -A unknown_lints -A linker_messages -C strip=debuginfo \
		-C target-feature=+crt-static $(PROGRAM_FLAGS) -o $@ selftests/main.rs

# Programs that must not compile, against the crate as percpu_test has it.
.PHONY: compile-fail
compile-fail: SELFTESTS := 1
compile-fail: modules
	@selftests/compile_fail/run $(MO) $(PROGRAM)

# Every operation takes no more instructions than the same line of C. V=1 shows the code of all.
.PHONY: machine-code
machine-code: SELFTESTS := machine_code
machine-code: modules
	@if [ "$(PERCPU_GENERIC)" = 1 ] || ! grep -qxE 'CONFIG_(X86_64|ARM64|LOONGARCH)=y' $(KDIR)/include/config/auto.conf; then \
		echo '1..0 # SKIP for the backends of x86-64, arm64 and LoongArch'; \
	else \
		selftests/machine_code/run $(if $(V),-v,$(if $(QUIET),-q)) $(CROSS_COMPILE)objdump $(MO)/selftests/machine_code $(LINE); \
	fi

# Whether the crate is right on the kernel of KDIR, tried before or not: its code beside C's, and its
# tests where that kernel runs.
.PHONY: check-kernel
check-kernel:
	@$(MAKE) -s --no-print-directory PERCPU_GENERIC=0 SELFTESTS="1 machine_code" QUIET=1 machine-code
	@if [ "$$(uname -r)" != "$$(cat $(KDIR)/include/config/kernel.release)" ]; then \
		echo 'Tests: boot this kernel and say the same as root, or for a target: vm/run --target NAME' \
			'--copy $(MO)/selftests/percpu_test/percpu_test.ko --copy selftests/crate' \
			'--copy selftests/ktap.sh -- ./crate'; \
	elif [ "$$(id -u)" != 0 ]; then \
		echo 'Tests: say the same as root'; \
	else \
		cp selftests/crate selftests/ktap.sh $(MO)/selftests/percpu_test/ && \
			cd $(MO)/selftests/percpu_test && ./crate; \
	fi

# Each operation stopped at every instruction, with each other one in between; OPERATIONS=PATTERN for some.
.PHONY: interleave
interleave: python3
	@$(vm-make) SELFTESTS=interleave modules
	@selftests/interleave/run --target $(TARGET) '$(OPERATIONS)'

rust-files := $(wildcard *.rs demo/*.rs demo/*/*.rs percpu/*.rs percpu/*/*.rs percpu_abi/*.rs selftests/*.rs \
	selftests/*/*.rs examples/*/*.rs bench/*/*.rs)
# As the kernel's .rustfmt.toml has it; by the build root's where the machine has none.
RUSTFMT := $(or $(shell command -v rustfmt),vm/in-root -- rustfmt)

.PHONY: rustfmt rustfmtcheck rust-analyzer rustdoc
rustfmt:
	@$(RUSTFMT) --edition 2021 $(rust-files)

rustfmtcheck:
	@$(RUSTFMT) --edition 2021 --check $(rust-files)

# Every name of the kernel's per-CPU headers has a row in docs/c-api.md.
.PHONY: c-api
c-api:
	@tools/c-api $(KDIR)

rust-analyzer:
	@tools/rust-analyzer $(KDIR) $(M) $(MO)

rustdoc: modules
	@tools/rustdoc $(KDIR) $(MO)

.PHONY: distclean
distclean: clean
	vm/clean --cache

# The tools are written in it; a bare machine may lack it.
.PHONY: python3
python3:
	@command -v python3 >/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo 'This host lacks python3; you are root, so this is run now: apt-get install python3-minimal' >&2 && \
		{ apt-get -qq install python3-minimal || { apt-get -qq update && apt-get -qq install python3-minimal; } >/dev/null; } \
	} || { echo 'python3 is missing: install it (Debian: apt install python3)' >&2; exit 1; }

.PHONY: help
help:
	@echo 'Any user can do all of this but modules_install. Root is needed, once, where the host lacks'
	@echo 'mmdebstrap, uidmap or python3: root has them installed, which is said before; others are told how.'
	@echo 'Everything else is downloaded into ~/.cache/rust_percpu, see vm/README.md.'
	@echo 'Watch it:'
	@echo '  demo             - build, boot a distribution kernel in QEMU, count on all CPUs, show it'
	@echo '  shell            - a shell in that guest, module loaded, debugging tools there'
	@echo '  gdb              - a guest of the debug kernel under gdb, with the kernel'"'"'s scripts'
	@echo '  test             - everything that is tested'
	@echo '  bench            - instructions of each operation, in C and in Rust'
	@echo '                     TARGET=NAME for another kernel, see vm/targets.py'
	@echo '  bench-native     - nanoseconds of the same code in user space, on this processor'
	@echo '  bench-growth     - exactness and cost with 1 to 64 CPUs'
	@echo '  bench-events     - instructions that counting a trace event costs, and with bpftrace'
	@echo '  bench-size       - size and build time of the demo, and of the same in C'
	@echo '  bench-plot       - bench/results/counts.svg anew from the results'
	@echo '  test-matrix      - the same on every kernel; TARGETS="NAME..." for some'
	@echo '  attacks          - the attacks at full length, also on the cache, see docs/testing.md'
	@echo '  soak             - 20 minutes of attacks each on a debug and a real-time kernel'
	@echo 'Use it:'
	@echo '  new              - begin a module of your own: DIR=/where/it/goes NAME=its_name'
	@echo '  modules          - build rust_percpu.ko (default) for KDIR=$(KDIR)'
	@echo '  modules_install  - install it, which takes root: it goes into /lib/modules'
	@echo '  kdir             - prepare a KDIR for a distribution kernel and print its path'
	@echo '                     KERNEL=RELEASE for a certain kernel'
	@echo '  selftests        - build the test programs for a machine with the module loaded'
	@echo 'Work on it:'
	@echo '  compile-fail     - check that unsound programs do not compile; PROGRAM=NAME for one'
	@echo '  machine-code     - compare the instructions with those of C; LINE=NAME for one, V=1 shows them'
	@echo '  check-kernel     - the same, and the tests of the crate, for a kernel that was never tried'
	@echo '  interleave       - stop each operation at every instruction; OPERATIONS=PATTERN for some'
	@echo '  CLIPPY=1         - with modules: lint as well'
	@echo '  rustfmt          - format; rustfmtcheck only looks'
	@echo '  rustdoc          - the documentation of the crate as HTML'
	@echo '  percpu-top-picture - docs/percpu-top.svg anew from a guest'
	@echo '  rust-analyzer    - rust-project.json for editors, in M, once it is built'
	@echo '  clean            - remove what was built; distclean also drops the cache'
