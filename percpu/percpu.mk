# SPDX-License-Identifier: GPL-2.0
#
# Builds the percpu crate into every module of the including Kbuild file:
#
#	obj-m := hello.o
#	hello-y := hello_main.o
#	include PATH/TO/percpu/percpu.mk
#
# after which hello_main.rs can say `use percpu::…`. The crate and its few C functions are compiled
# beside the module, once for all modules of the directory, and linked into each: there is no library
# module to load first, and nothing is exported that another module's copy could clash with.
#
# To debuggers, what hello_main.rs, main.rs or the module's only file defines is `hello::…`, by the
# module's name. Another file's has the file's name.

percpu-src := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
percpu-abi := $(percpu-src)/../percpu_abi

percpu-parts-of = $(strip $($(1)-y) $($(1)-objs) $($(1)-m))
percpu-modules := $(patsubst %.o,%,$(filter %.o,$(obj-m)))
# Not by modpost and `make clean`, which read this as well.
ifneq ($(filter %/Makefile.build,$(MAKEFILE_LIST)),)
ifeq ($(percpu-modules)$(filter %.o,$(obj-)),)
$(error percpu.mk: there is no module in obj-m yet: first say `obj-m := NAME.o` and `NAME-y := NAME_main.o`)
endif
$(foreach m,$(percpu-modules),$(if $(call percpu-parts-of,$(m))$(wildcard $(src)/$(m).[cS]),,$(error \
	percpu.mk: $(m).o has no parts yet: first say `$(m)-y := $(m)_main.o`, with the source in \
	$(m)_main.rs; to $(m).rs alone kbuild could not link the crate)))
endif
percpu-modules := $(foreach m,$(percpu-modules),$(if $(call percpu-parts-of,$(m)),$(m)))
percpu-users := $(foreach m,$(percpu-modules),$(call percpu-parts-of,$(m)))

# Of an archive the linker takes what is used, and so a module imports what its own code needs and no
# more. percpu.o has no code: all that is not generic is inline.
percpu-helpers := define_per_cpu irqs percpu_ref percpu_rwsem preempt raw_irqs rcu $(if $(CONFIG_X86_64),cmpxchg128) \
	$(if $(CONFIG_SMP),,percpu_counter) $(if $(CONFIG_PREEMPT_RT)$(CONFIG_DEBUG_LOCK_ALLOC),local_lock)
percpu-objs := percpu.o percpu_abi.o $(percpu-helpers:%=percpu_c_%.o)
percpu-name = $(if $(filter main.o $(1)_main.o,$(2))$(if $(word 2,$(call percpu-parts-of,$(1))),,1),$(subst -,_,$(1)))
$(foreach m,$(percpu-modules),$(foreach o,$(call percpu-parts-of,$(m)),$(if $(call percpu-name,$(m),$(o)),\
	$(eval RUSTFLAGS_$(o) += --crate-name=$(call percpu-name,$(m),$(o))))))
$(foreach m,$(percpu-modules),$(eval $(m)-y += percpu.a))

# objtool knows by name which functions of core do not return; those that RefCell panics by are not
# among them, so it would say of each `borrow_mut()` that the code after it falls through, and where
# CONFIG_OBJTOOL_WERROR is set the module would not be built. What objtool makes is the same.
objtool-args-y += --no-unreachable

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
percpu-crate = --crate-name=$(1) --emit=metadata=$(obj)/lib$(1).rmeta
# On um all Rust is compiled for what is linked with it. Modules are far away, and their loader refuses such
# relocations: they are compiled as C's are.
percpu-model := $(if $(CONFIG_UML),-Crelocation-model=static -Ccode-model=large)
RUSTFLAGS_percpu_abi.o := $(call percpu-crate,percpu_abi) $(percpu-model)
RUSTFLAGS_percpu.o := $(call percpu-crate,percpu) $(call percpu-extern,percpu_abi) $(percpu-cfg) $(percpu-model) \
	$(if $(percpu-untried),,@$(obj)/percpu_assumed.cfg)
$(foreach o,$(percpu-users),$(eval RUSTFLAGS_$(o) += \
	$(call percpu-extern,percpu) $(call percpu-extern,percpu_abi) -L $(percpu-made) $(percpu-model)))

$(addprefix $(obj)/,$(percpu-users)): $(obj)/percpu.a

# The kernel has no rule for bindings of a module. Its flags are taken from its own files.
percpu-kernel-rust := $(srctree)/rust/Makefile
percpu-bindgen-parameters := $(shell grep -Ev '^#|^$$' $(srctree)/rust/bindgen_parameters)
ifdef CONFIG_CC_IS_CLANG
percpu-bindgen-cflags = $(c_flags)
else
percpu-bindgen-skip := $(shell sed -n '/^bindgen_skip_c_flags := /,/[^\\]$$/ { s/.* := //; s/\\$$//; p }' \
	$(percpu-kernel-rust))
percpu-bindgen-target := $(shell sed -n 's/^BINDGEN_TARGET_$(or $(HEADER_ARCH),$(SRCARCH))[[:space:]]*:= *//p' \
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
	$(if $(CONFIG_X86_64),-fcf-protection=none) $(if $(CONFIG_ARM64),-mbranch-protection=none) \
	$(if $(CONFIG_RISCV),-fomit-frame-pointer -foptimize-sibling-calls)
quiet_cmd_percpu_assumed = ASSUME  [M] $@
      cmd_percpu_assumed = $(CONFIG_SHELL) $(percpu-abi)/assumed $@ $(@:.rs=.cfg) $< $(CC) $(percpu-assumed-cflags)

ifneq ($(percpu-copies),)
$(obj)/percpu.a: $(percpu-made)/percpu.a FORCE
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

$(percpu-helpers:%=$(obj)/percpu_c_%.o): $(obj)/percpu_c_%.o: $(percpu-abi)/%.c FORCE
	$(call if_changed_rule,cc_o_c)

quiet_cmd_percpu_ar = AR [M]   $@
      cmd_percpu_ar = rm -f $@; $(AR) cDrs $@ $(real-prereqs)

$(obj)/percpu.a: $(addprefix $(obj)/,$(percpu-objs)) FORCE
	$(call if_changed,percpu_ar)

# Which kbuild does not see, of what is in an archive.
$(addprefix $(obj)/,$(percpu-objs)): private part-of-module := y

$(obj)/percpu_abi_bindings.rs: percpu-bindgen-items := rust_percpu_.*
$(obj)/percpu_abi_bindings.rs: $(percpu-abi)/helpers.h FORCE
	$(call if_changed_dep,percpu_bindgen)

$(obj)/percpu_assumed.rs: $(percpu-abi)/assumed.c $(percpu-abi)/assumed FORCE
	$(call if_changed_dep,percpu_assumed)

targets += $(percpu-objs) percpu_abi_bindings.rs percpu_assumed.rs
clean-files += percpu_assumed.cfg percpu_assumed.s libpercpu.rmeta libpercpu_abi.rmeta
endif
