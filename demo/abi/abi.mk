# SPDX-License-Identifier: GPL-2.0
#
# The demo's border to C, for the object $(demo-abi-user), whose source has `mod abi`. To be included
# after percpu.mk. The module is linked with trace.o and event.o.

demo-abi := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

$(obj)/$(demo-abi-user): export DEMO_ABI_BINDINGS = $(abspath $(obj))/demo_abi_bindings.rs
$(obj)/$(demo-abi-user): $(obj)/demo_abi_bindings.rs

$(obj)/demo_abi_bindings.rs: percpu-bindgen-items := \
	demo_event_.*|rust_do_trace_rust_percpu_.*|__tracepoint_rust_percpu_.*
$(obj)/demo_abi_bindings.rs: $(demo-abi)/bindings.h FORCE
	$(call if_changed_dep,percpu_bindgen)

$(obj)/trace.o $(obj)/event.o: $(obj)/%.o: $(demo-abi)/%.c FORCE
	$(call if_changed_rule,cc_o_c)

# For <trace/define_trace.h>, which includes the event header once more.
CFLAGS_trace.o := -I$(demo-abi)

targets += demo_abi_bindings.rs
