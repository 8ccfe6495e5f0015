# SPDX-License-Identifier: GPL-2.0
#
# Builds the percpu crate into every module of the including Kbuild file:
#
#	obj-m := hello.o
#	hello-y := hello_main.o
#	include PATH/TO/percpu/percpu.mk
#
# after which hello_main.rs can say `use percpu::…`. The crate and its few C functions are compiled
# beside the module and linked into it: there is no library module to load first, and nothing is
# exported that another module's copy could clash with. One module a directory: kbuild cannot share
# a Rust object between two.

percpu-src := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
percpu-abi := $(percpu-src)/../percpu_abi

percpu-modules := $(patsubst %.o,%,$(filter %.o,$(obj-m)))
percpu-users := $(foreach m,$(percpu-modules),$($(m)-y))
percpu-objs := percpu.o percpu_abi.o percpu_helpers.o
$(foreach m,$(percpu-modules),$(eval $(m)-y += $(percpu-objs)))

# PERCPU_GENERIC=1 takes the backend that is right on every architecture. So does a kernel newer than
# any that was tried, and C's functions for all else, unless PERCPU_GENERIC=0 overrides that.
percpu-tried := 7.3
percpu-release := $(VERSION).$(PATCHLEVEL)
percpu-untried := $(if $(PERCPU_GENERIC),,$(shell printf '%s\n' $(percpu-release) $(percpu-tried) | \
	sort -CV || echo y))
percpu-cfg := $(if $(filter 1,$(PERCPU_GENERIC))$(percpu-untried),--cfg percpu_generic)
# What releases have differently, for versions.rs.
percpu-cfg += $(if $(wildcard $(srctree)/rust/kernel/interrupt.rs),--cfg percpu_kernel_interrupt)
percpu-cfg += $(if $(shell grep -s 'fn raw_try_init' $(srctree)/rust/pin-init/src/lib.rs),--cfg percpu_raw_try_init)

# Modules of the crate's own tree take a copy of what is made in its root, which they wait for.
percpu-tree := $(abspath $(percpu-src)/..)
percpu-copies := $(and $(filter $(percpu-tree),$(abspath $(KBUILD_EXTMOD))), \
	$(filter-out $(percpu-tree),$(abspath $(src))))
percpu-made := $(if $(percpu-copies),.,$(obj))
percpu-extern = --extern $(1)=$(percpu-made)/lib$(1).rmeta
percpu-crate = --crate-name $(1) --emit=metadata=$(obj)/lib$(1).rmeta
RUSTFLAGS_percpu_abi.o := $(call percpu-crate,percpu_abi)
RUSTFLAGS_percpu.o := $(call percpu-crate,percpu) $(call percpu-extern,percpu_abi) $(percpu-cfg) \
	$(if $(percpu-untried),,@$(obj)/percpu_assumed.cfg)
$(foreach o,$(percpu-users),$(eval RUSTFLAGS_$(o) += \
	$(call percpu-extern,percpu) $(call percpu-extern,percpu_abi) -L $(percpu-made)))

$(addprefix $(obj)/,$(percpu-users)): $(obj)/percpu.o

# The kernel has no rule for bindings of a module. Its flags are taken from its own files.
percpu-kernel-rust := $(srctree)/rust/Makefile
percpu-bindgen-parameters := $(shell grep -Ev '^#|^$$' $(srctree)/rust/bindgen_parameters)
ifdef CONFIG_CC_IS_CLANG
percpu-bindgen-cflags = $(c_flags)
else
percpu-bindgen-skip := $(shell sed -n '/^bindgen_skip_c_flags := /,/[^\\]$$/ { s/.* := //; s/\\$$//; p }' \
	$(percpu-kernel-rust))
percpu-bindgen-target := $(shell sed -n 's/^BINDGEN_TARGET_$(SRCARCH)[[:space:]]*:= *//p' \
	$(percpu-kernel-rust))
percpu-bindgen-cflags = $(filter-out $(percpu-bindgen-skip),$(c_flags)) -w --target=$(percpu-bindgen-target)
endif

# Types come from `kernel::bindings`, so only functions and variables are asked for, by their names.
quiet_cmd_percpu_bindgen = BINDGEN [M] $@
      cmd_percpu_bindgen = \
	$(BINDGEN) $< $(percpu-bindgen-parameters) --rust-target 1.85 \
		--use-core --ctypes-prefix ffi --no-layout-tests \
		--blocklist-type '.*' \
		--allowlist-item '$(percpu-bindgen-items)' \
		-o $@ -- $(filter-out $(CC_FLAGS_LTO),$(percpu-bindgen-cflags)) \
		-fno-builtin -D__BINDGEN__ -DMODULE

# What the backends take from the kernel: see assumed.c. Compiled as a module, but to be read.
percpu-assumed-cflags = $(filter-out -g% -pg -mfentry -mrecord-mcount -fpatchable-function-entry% -fsanitize% \
		-fstack-protector% -fzero-call-used-regs% $(CC_FLAGS_LTO) $(CC_FLAGS_FTRACE) $(CC_FLAGS_CFI), $(c_flags)) \
	$(KBUILD_CFLAGS_MODULE) -w $(if $(CONFIG_CC_IS_CLANG),-fno-integrated-as) \
	$(if $(CONFIG_X86_64),-fcf-protection=none) $(if $(CONFIG_ARM64),-mbranch-protection=none)
quiet_cmd_percpu_assumed = ASSUME  [M] $@
      cmd_percpu_assumed = $(CONFIG_SHELL) $(percpu-abi)/assumed $@ $(@:.rs=.cfg) $< $(CC) $(percpu-assumed-cflags)

ifneq ($(percpu-copies),)
$(addprefix $(obj)/,$(percpu-objs)): $(obj)/%.o: $(percpu-made)/%.o FORCE
	$(call if_changed,copy)
else
# Once, not for modpost too.
ifneq ($(and $(percpu-untried),$(filter %/Makefile.build,$(MAKEFILE_LIST))),)
$(info percpu: Linux $(percpu-release) is newer than $(percpu-tried), the newest tried: C's functions do \
	all; see `make check-kernel`)
endif

$(obj)/percpu.o: export PERCPU_ASSUMED = $(abspath $(obj))/percpu_assumed.rs
$(obj)/percpu.o: $(percpu-src)/lib.rs $(obj)/percpu_abi.o $(obj)/percpu_assumed.rs FORCE
	+$(call if_changed_rule,rustc_o_rs)

$(obj)/percpu_abi.o: export PERCPU_ABI_BINDINGS = $(abspath $(obj))/percpu_abi_bindings.rs
$(obj)/percpu_abi.o: $(percpu-abi)/lib.rs $(obj)/percpu_abi_bindings.rs FORCE
	+$(call if_changed_rule,rustc_o_rs)

$(obj)/percpu_helpers.o: $(percpu-abi)/helpers.c FORCE
	$(call if_changed_rule,cc_o_c)

$(obj)/percpu_abi_bindings.rs: percpu-bindgen-items := rust_percpu_.*
$(obj)/percpu_abi_bindings.rs: $(percpu-abi)/helpers.h FORCE
	$(call if_changed_dep,percpu_bindgen)

$(obj)/percpu_assumed.rs: $(percpu-abi)/assumed.c $(percpu-abi)/assumed FORCE
	$(call if_changed_dep,percpu_assumed)

targets += percpu_abi_bindings.rs percpu_assumed.rs
clean-files += percpu_assumed.cfg percpu_assumed.s libpercpu.rmeta libpercpu_abi.rmeta
endif
