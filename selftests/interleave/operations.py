#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The operations that tools/interleave stops at every instruction, as functions in C and in Rust.

usage: operations.py c.c|rust.rs

They are the lines of selftests/machine_code/lines, each also on a field and on an
element, and those of MORE. An operation joins by a line there. What may come in between is found by
what its C names: see `Operation.may_come_between`.
"""

import importlib.util
import re
import sys
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

LINES = Path(__file__).resolve().parent.parent / "machine_code" / "lines"


def load(path):
    """A program beside us, as a module."""
    loader = SourceFileLoader("machine_code_lines", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


lines = load(LINES)
Line, TYPES, GUARD = lines.Line, lines.TYPES, lines.GUARD

# The same in C and in Rust, and a u64 between others: size and where it is.
FIELDS = {"u8": (1, 0), "u16": (2, 2), "u32": (4, 4), "u64": (8, 8), "bool": (1, 16), "pointer": (8, 24)}
FIELDS_SIZE = 32
# Elements of arrays; those of static_hist that are looked at, and the one that is used.
ELEMENTS = 5
HIST = range(3, 9)
INDEX = 4

SUM = "({{ {0} sum = 0; int cpu; for_each_possible_cpu(cpu) " \
    "sum += READ_ONCE(per_cpu(static_{0}, cpu)); sum; }})"
V = ("u64", "v")
MORE = [
    *(Line(f"sum_{name}", name, [], SUM.format(name), f"STATIC_{name.upper()}.sum()")
      for name in ("u8", "u64")),
    # What is not Sync, with interrupts off.
    Line("irqs_off_cell_add", "u64", [V],
         "({ unsigned long flags; u64 *p, old; local_irq_save(flags); "
         "p = this_cpu_ptr(&static_cell); old = *p; *p = old + v; local_irq_restore(flags); old; })",
         "irqs_off(|irqs| { let cell = STATIC_CELL.this_cpu_local(irqs); "
         "let old = cell.get(); cell.set(old.wrapping_add(v)); old })"),
    Line("irqs_off_cell_replace", "u64", [V],
         "({ unsigned long flags; u64 *p, old; local_irq_save(flags); "
         "p = this_cpu_ptr(&static_cell); old = *p; *p = v; local_irq_restore(flags); old; })",
         "irqs_off(|irqs| STATIC_CELL.this_cpu_local(irqs).replace(v))"),
    # What no interrupt writes to, under the guards that keep others off.
    Line("__this_cpu_add_get_cpu", "void", [V],
         "get_cpu(); __this_cpu_add(static_u64, v); put_cpu()",
         "get_cpu(|guard| STATIC_U64.__this_cpu_add(guard, v))"),
    Line("__this_cpu_add_migrate_disable", "void", [V],
         "migrate_disable(); __this_cpu_add(static_u64, v); migrate_enable()",
         "migrate_disable(|guard| STATIC_U64.__this_cpu_add(guard, v))"),
    Line("get_cpu_var_this_cpu_add", "void", [V],
         "(void)get_cpu_var(static_pair); this_cpu_add(static_pair.second, v); put_cpu_var(static_pair)",
         "STATIC_PAIR.get_cpu_var(|_| field!(STATIC_PAIR, Pair, second).this_cpu_add(v))"),
    # What is built on it. Who is refused returns REFUSED.
    Line("local_lock_add", "u64", [V],
         "({ u64 *p, old; local_lock(&static_locked.lock); p = this_cpu_ptr(&static_locked.value); "
         "old = READ_ONCE(*p); WRITE_ONCE(*p, old + v); local_unlock(&static_locked.lock); old; })",
         "STATIC_LOCKED.local_lock(|value| add(value, v))"),
    Line("local_lock_irqsave_add", "u64", [V],
         "({ unsigned long flags; u64 *p, old; local_lock_irqsave(&static_locked.lock, flags); "
         "p = this_cpu_ptr(&static_locked.value); old = READ_ONCE(*p); WRITE_ONCE(*p, old + v); "
         "local_unlock_irqrestore(&static_locked.lock, flags); old; })",
         "STATIC_LOCKED.local_lock_irqsave(|value| add(value, v))"),
    Line("local_trylock_add", "u64", [V],
         "({ u64 *p, old = REFUSED; if (local_trylock(&static_locked.lock)) { "
         "p = this_cpu_ptr(&static_locked.value); old = READ_ONCE(*p); WRITE_ONCE(*p, old + v); "
         "local_unlock(&static_locked.lock); } old; })",
         "STATIC_LOCKED.local_trylock(|value| add(value, v)).unwrap_or(REFUSED)"),
    Line("local_trylock_irqsave_add", "u64", [V],
         "({ unsigned long flags; u64 *p, old = REFUSED; "
         "if (local_trylock_irqsave(&static_locked.lock, flags)) { "
         "p = this_cpu_ptr(&static_locked.value); old = READ_ONCE(*p); WRITE_ONCE(*p, old + v); "
         "local_unlock_irqrestore(&static_locked.lock, flags); } old; })",
         "STATIC_LOCKED.local_trylock_irqsave(|value| add(value, v)).unwrap_or(REFUSED)"),
    # C's readers of 64 bits see an addition by half.
    *(Line(f"u64_stats_try_read{name}", "u64", arguments,
           f"({{ const struct traffic *t = per_cpu_ptr(&static_traffic, {cpu}); u64 packets, bytes; "
           "unsigned int start; do { start = u64_stats_fetch_begin(&t->sync); "
           "packets = u64_stats_read(&t->packets); bytes = u64_stats_read(&t->bytes); } "
           "while (u64_stats_fetch_retry(&t->sync, start)); packets << 32 ^ bytes; })",
           f"STATIC_TRAFFIC.u64_stats_try_read({cpu_in_rust})"
           ".map_or(REFUSED, |traffic| traffic.packets << 32 ^ traffic.bytes)")
      for name, arguments, cpu, cpu_in_rust in (
          ("", [("possible_cpu", "cpu")], "cpu", "cpu"),
          ("_first", [], "0", "possible_cpus().next().unwrap()"))),
    Line("counter_inc", "void", [("struct percpu_counter *", "counter")],
         "percpu_counter_inc(counter)", "counter.inc()"),
    Line("counter_add_local", "void", [("struct percpu_counter *", "counter"), ("s64", "v")],
         # Of one sign: if that changes meanwhile, C (7.2) takes it for too much to be kept by a CPU. The
         # sum is right, but no order leaves it where it is then.
         "percpu_counter_add_local(counter, v & 0xffff)", "counter.add_local(v & 0xffff)"),
    Line("counter_sync", "void", [("struct percpu_counter *", "counter")],
         "percpu_counter_sync(counter)", "counter.sync()"),
    Line("refcount_put", "void", [("struct percpu_ref *", "ref_")],
         "percpu_ref_put(ref_)", "drop(unsafe { core::ptr::from_ref(ref_).read() })"),
    # As C kills it: see mistakes.c.
    Line("refcount_kill", "void", [("struct percpu_ref *", "ref_")],
         "kill_ref(ref_)", "unsafe { kill_ref(raw(ref_)) }"),
]

# What is two operations: something may come between them.
TWO = ("refcount_get_put", "rwsem_read")
# What is returned by who finds the lock held or the counts being changed.
REFUSED = 0xbad
REFUSING = {"local_trylock": 0, "local_trylock_add": REFUSED, "local_trylock_irqsave_add": REFUSED,
            "u64_stats_try_read": REFUSED, "u64_stats_try_read_first": REFUSED}
# What must not come where the lock is held, and, if any, the operations that keep interrupts out then.
ASKING = {"local_lock": None, "local_lock_add": None, "local_lock_irqsave": "irqsave",
          "local_lock_irqsave_add": "irqsave"}
# What is passed to operations on the kernel's own structures: what of these they touch.
BUILT = {
    "struct percpu_counter *": ("dynamic_counter", "shared_counter"),
    "struct percpu_ref *": ("dynamic_ref", "shared_ref", "shared_ref_count", "shared_killed"),
    "struct gate *": ("dynamic_ref", "shared_ref", "shared_ref_count", "shared_killed"),
    "struct percpu_rw_semaphore *": ("dynamic_rwsem",),
}

# Functions of mistakes.c: name, what is returned, variable, the result of who is kept out, and what
# tools/interleave has to find.
MISTAKES = [
    ("mistake_two_instruction_exchange", "u64", "mistaken", None, "lost"),
    ("mistake_guard_one_instruction_late", "void", "mistaken", None, "lost"),
    ("mistake_offset_before_preemption_is_off", "void", "mistaken", None, "another CPU's copy"),
    ("mistake_interrupts_on_too_early", "void", "mistaken", None, "lost"),
    ("mistake_flag_cleared_too_early", "bool", "flagged", 0, "lost"),
    ("mistake_guard_not_dropped", "void", "mistaken", None, "left off"),
    ("mistake_lock_check_and_set_apart", "u64", "flagged", REFUSED, "another CPU's copy"),
    ("mistake_lock_lends_before_it_is_set", "u64", "flagged", REFUSED, "lost"),
    ("mistake_writer_begins_too_late", "void", "counted", None, "wrong"),
    ("mistake_copy_looked_at_only_before", "u64", "counted", REFUSED, "wrong"),
    ("mistake_reference_after_its_section", "void", "referenced", None, "wrong"),
    ("right_add", "void", "mistaken", None, None),
    ("right_flag", "bool", "flagged", 0, None),
    ("right_lock", "u64", "flagged", REFUSED, None),
    ("right_writer", "void", "counted", None, None),
    ("right_copy", "u64", "counted", REFUSED, None),
    ("right_reference", "void", "referenced", None, None),
    ("right_kill", "void", "referenced", None, None),
]
MISTAKEN = {"referenced": ("referenced", "shared_references", "shared_killed")}

FORM = re.compile(r"(?P<form>this_cpu_|__this_cpu_|raw_cpu_)(?P<operation>\w+?)_"
                  rf"(?P<type>{'|'.join(TYPES)})_(?P<place>static|dynamic|field|dynamic_field|element)")


def of_fields(line):
    """The same line on the field of a structure."""
    name = FORM.fullmatch(line.name)["type"]
    field = f"of_{name}"
    if line.name.endswith("_static"):
        return Line(line.name.replace("_static", "_field"), line.returns, line.arguments,
                    re.sub(r"\bstatic_\w+", f"static_fields.{field}", line.c),
                    re.sub(r"\bSTATIC_\w+", f"field!(STATIC_FIELDS, Fields, {field})", line.rust))
    return Line(line.name.replace("_dynamic", "_dynamic_field"), line.returns,
                [("struct box_fields *", "p"), *line.arguments[1:]],
                line.c.replace("*p->p", f"p->p->{field}"),
                line.rust.replace("p.", f"field!(*p, Fields, {field}).", 1))


def of_elements(line):
    """The same line on the element of an array, whose index is known when it runs."""
    if not line.name.endswith("_static"):
        return
    array = f"array_{FORM.fullmatch(line.name)['type']}"
    yield Line(line.name.replace("_static", "_element"), line.returns, [*line.arguments, ("u64", "i")],
               re.sub(r"\bstatic_\w+", f"static_{array}[i]", line.c),
               re.sub(r"\bSTATIC_\w+", f"STATIC_{array.upper()}.element(i as usize).unwrap()", line.rust))


def variables_of(line):
    """What a line touches, by the names in its C."""
    allocated = [f"dynamic_{kind[11:-2]}" for kind, _ in line.arguments if kind.startswith("struct box_")]
    allocated += ["dynamic_u64" for kind, _ in line.arguments if kind == "u64_ref"]
    allocated += [name for kind, _ in line.arguments for name in BUILT.get(kind, ())]
    return tuple(dict.fromkeys(re.findall(r"\bstatic_\w+", line.c) + allocated))


def all_lines():
    """Those that are one operation, on what the engine knows: what touches two variables is two."""
    whole = [*lines.operations()]
    elements = (element for line in whole for element in of_elements(line))
    return [line for line in [*whole, *map(of_fields, whole), *elements, *lines.OTHERS, *MORE]
            if line.name not in TWO and set(variables_of(line)) <= {*NAMES}
            and (len(variables_of(line)) < 2 or any(kind in BUILT for kind, _ in line.arguments))]


STATICS = [*(f"static_{name}" for name in TYPES), *(f"static_array_{name}" for name in TYPES),
           "static_pair", "static_bins", "static_fields", "static_cell", "static_locked",
           "static_traffic", "static_hist"]
BOXES = {**{f"dynamic_{name}": f"box_{name}" for name in TYPES}, "dynamic_fields": "box_fields"}
# Parts of the kernel's own structures, which begin as they are made. Shared ones are not per CPU.
KERNEL_S = list(dict.fromkeys(name for names in BUILT.values() for name in names))
NAMES = [*STATICS, *BOXES, *KERNEL_S]
# In the order of interleave_variables.
VARIABLES = ([("c", name) for name in NAMES] + [("rust", name) for name in NAMES]
             + [("mistakes", name) for name in ("mistaken", "flagged", "counted", "referenced",
                                                "shared_references", "shared_killed")])


@dataclass(frozen=True)
class Operation:
    """A function in one of the languages."""

    number: int         # in interleave_functions
    language: str       # c, rust or mistakes
    name: str
    returns: str
    arguments: tuple
    variables: tuple    # what its C names
    reads_all: bool     # copies of other CPUs
    refused: int | None = None      # what it returns if it cannot be done now
    expected: str | None = None

    @property
    def form(self):
        """Of its name; what has none is to be as good as this_cpu_."""
        found = re.match(r"__this_cpu_|raw_cpu_", self.name)
        return found[0] if found else "this_cpu_"

    @property
    def only_reads(self):
        """Whether it may be refused by what interrupts it, and not only by what it interrupts."""
        return "copy" in self.name or "try_read" in self.name

    @property
    def pinned(self):
        """Whether its caller has preemption off."""
        return GUARD in self.arguments

    def may_come_between(self, other):
        """Whether the other one may come in the middle of this one: what touches the same variable and
        is made for being called anywhere, and the same again."""
        if other.name in ASKING:
            return bool(ASKING[other.name]) and ASKING[other.name] in self.name and (
                other.language == self.language)
        return other == self or (
            other.language == self.language and set(other.variables) & set(self.variables)
            and other.form == "this_cpu_" and not other.pinned and not other.expected)


def operations():
    """All of them, as interleave_functions has them."""
    found = []
    for language in ("c", "rust"):
        for line in all_lines():
            found.append(Operation(len(found), language, line.name, line.returns,
                                   tuple(line.arguments), variables_of(line),
                                   bool(re.search(r"\bper_cpu(_ptr)?\(", line.c)),
                                   REFUSING.get(line.name)))
    for name, returns, variable, refused, expected in MISTAKES:
        found.append(Operation(len(found), "mistakes", name, returns, (V,),
                               MISTAKEN.get(variable, (variable,)), False, refused, expected))
    return found


C_FIELDS = "".join(f" {kind} of_{name};" for name, kind in TYPES.items())


def in_c():
    chosen = all_lines()
    yield from lines.in_c([])
    yield f"""
#include <linux/percpu.h>
#include <linux/slab.h>
#include "engine.h"
#include "mistakes.h"

#define REFUSED {REFUSED}ULL

struct fields {{{C_FIELDS} }};
static_assert(sizeof(struct fields) == {FIELDS_SIZE});
struct box_fields {{ struct fields __percpu *p; }};
static DEFINE_PER_CPU(struct fields, static_fields);
static DEFINE_PER_CPU(u64, static_cell);
"""
    for name, kind in TYPES.items():
        yield f"static DEFINE_PER_CPU({kind}, static_array_{name}[{ELEMENTS}]);\n"
    for name, (_size, offset) in FIELDS.items():
        yield f"static_assert(offsetof(struct fields, of_{name}) == {offset});\n"
    yield from (line.in_c() for line in chosen)
    for name, box in BOXES.items():
        yield f"static struct {box} {name};\n"
    yield f"\nstruct variable interleave_variables[{len(VARIABLES)}];\n"
    yield f"const int interleave_variable_count = {len(VARIABLES)};\n"
    yield """
static struct percpu_counter counter;
static struct gate gate;
static struct percpu_rw_semaphore sem;

static void released(struct percpu_ref *unused)
{
	WARN_ON(true);
}

#define PUT(b, v, s) \\
	do { *to++ = (struct variable) { b, (void *)(unsigned long)(v), s, false }; } while (0)
#define PUT_SHARED(b, v) \\
	do { *to++ = (struct variable) { b, v, sizeof(*(v)), true }; } while (0)

static int put_kernel_s(struct variable *to)
{
	int error = percpu_counter_init(&counter, 0, GFP_KERNEL) ?:
		    percpu_ref_init(&gate.ref, released, 0, GFP_KERNEL) ?:
		    percpu_init_rwsem(&sem);

	if (error)
		return error;
	percpu_ref_get(&gate.ref);
	PUT(&counter, counter.counters, sizeof(*counter.counters));
	PUT_SHARED(NULL, &counter.count);
	PUT(&gate.ref, counts_of(&gate.ref), sizeof(*counts_of(&gate.ref)));
	PUT_SHARED(&gate, &gate.ref.percpu_count_ptr);
	PUT_SHARED(NULL, &gate.ref.data->count);
	PUT_SHARED(NULL, &killed);
	PUT(&sem, sem.read_count, sizeof(*sem.read_count));
	return 0;
}

int interleave_c_variables(struct variable *to)
{
"""
    for name in STATICS[:-1]:
        yield f"\tPUT(NULL, &{name}, sizeof({name}));\n"
    yield f"\tPUT(NULL, &static_hist[{HIST.start}], {len(HIST)} * sizeof(static_hist[0]));\n"
    for name in BOXES:
        yield (f"\t{name}.p = __alloc_percpu(sizeof(*{name}.p), 8);\n"
               f"\tPUT(&{name}, {name}.p, sizeof(*{name}.p));\n")
    yield f"\tif (!({' && '.join(f'{name}.p' for name in BOXES)}) || put_kernel_s(to))\n"
    yield "\t\treturn -ENOMEM;\n"
    yield f"\tto += {len(KERNEL_S) + len(NAMES)};\n"
    for name in ("mistaken", "flagged", "counted", "referenced"):
        yield f"\tPUT(NULL, &{name}, sizeof({name}));\n"
    yield "\tPUT_SHARED(NULL, &references);\n\tPUT_SHARED(NULL, &killed);\n\treturn 0;\n}\n"
    yield "\nvoid interleave_c_free(struct variable *unused)\n{\n"
    yield from (f"\tfree_percpu({name}.p);\n" for name in BOXES)
    yield "\tpercpu_counter_destroy(&counter);\n\tpercpu_ref_exit(&gate.ref);\n"
    yield "\tpercpu_free_rwsem(&sem);\n}\n"
    yield from (f"extern char rust_{line.name}[];\n" for line in chosen)
    yield "\nvoid *const interleave_functions[] = {\n"
    for operation in operations():
        prefix = {"c": "c_", "rust": "rust_", "mistakes": ""}[operation.language]
        yield f"\t{prefix}{operation.name},\n"
    yield "};\n"


def in_rust():
    yield from lines.in_rust([])
    yield f"""use core::cell::Cell;
use kernel::{{bindings, prelude::*}};

const REFUSED: u64 = {REFUSED};

fn add(value: &mut u64, v: u64) -> u64 {{
    let old = *value;
    *value = old.wrapping_add(v);
    old
}}

unsafe extern "C" {{
    fn kill_ref(_: *mut bindings::percpu_ref);
    static mut killed: u64;
}}

/// The kernel's own, to which a guard is a pointer.
fn raw(guard: &PercpuRefGuard<'_>) -> *mut bindings::percpu_ref {{
    const {{ assert!(size_of::<PercpuRefGuard<'_>>() == size_of::<usize>()) }};
    // SAFETY: It is as large.
    unsafe {{ core::mem::transmute_copy(guard) }}
}}
"""
    rust_fields = "".join(f" pub of_{name}: Scalar<{lines.rust_type(kind)}>," for name, kind in TYPES.items())
    yield f"#[derive(Zeroable)]\n#[repr(C)]\npub struct Fields {{{rust_fields} }}\n"
    values = "".join(f" of_{name}: Scalar::new({lines.ZEROS.get(name, 0)})," for name in TYPES)
    yield f"""
define_per_cpu! {{
static STATIC_FIELDS: Fields = Fields {{{values} }};
static STATIC_CELL: Cell<u64> = Cell::new(0);
"""
    for name, kind in TYPES.items():
        yield (f"static STATIC_ARRAY_{name.upper()}: [Scalar<{lines.rust_type(kind)}>; {ELEMENTS}] = "
               f"[const {{ Scalar::new({lines.ZEROS.get(name, 0)}) }}; {ELEMENTS}];\n")
    yield "}\n"
    yield from (line.in_rust() for line in all_lines())
    yield "pub struct Boxes {\n"
    for name in TYPES:
        yield f"    dynamic_{name}: PerCpuBox<Scalar<{lines.rust_type(TYPES[name])}>>,\n"
    yield """    dynamic_fields: PerCpuBox<Fields>,
    counter: PercpuCounterBox,
    // Before what it is of.
    guard: Option<PercpuRefGuard<'static>>,
    gate: PercpuRef<Nothing>,
    sem: PercpuRwSemaphore<u64>,
}
"""
    yield """
#[repr(C)]
pub struct Variable { r#box: *const u8, copies: *const u8, size: u64, shared: u64 }

fn boxes() -> Result<KBox<Boxes>> {
    let mut boxes = KBox::new(Boxes {
"""
    for name in BOXES:
        yield f"        {name}: PerCpuBox::zeroed(GFP_KERNEL)?,\n"
    yield """        counter: PercpuCounter::new(0, GFP_KERNEL)?,
        guard: None,
        gate: PercpuRef::new(Nothing, PercpuRefInit::Percpu, GFP_KERNEL)?,
        sem: new_percpu_rwsem!(0, GFP_KERNEL)?,
    }, GFP_KERNEL)?;
    let guard = boxes.gate.tryget();
    // SAFETY: It is dropped before the gate, to whose allocation it points.
    boxes.guard = unsafe { core::mem::transmute::<Option<PercpuRefGuard<'_>>, _>(guard) };
    Ok(boxes)
}

fn variable<P: Place, B>(this: &PerCpu<P>, r#box: *const B) -> Variable {
    Variable {
        r#box: r#box.cast(),
        copies: this.as_ptr().cast(),
        size: size_of::<P::Target>() as u64,
        shared: 0,
    }
}

fn per_cpu_of<T, B>(copies: *const T, r#box: *const B) -> Variable {
    Variable { r#box: r#box.cast(), copies: copies.cast(), size: size_of::<T>() as u64, shared: 0 }
}

fn shared_of<T, B>(place: *const T, r#box: *const B) -> Variable {
    Variable { r#box: r#box.cast(), copies: place.cast(), size: size_of::<T>() as u64, shared: 1 }
}

/// What is per CPU and what is shared of the kernel's own structures.
fn of_kernel_s(boxes: &Boxes, mut put: impl FnMut(Variable)) {
    const NONE: *const u8 = core::ptr::null();
    let counter = core::ptr::from_ref::<PercpuCounter>(&boxes.counter);
    let Some(guard) = &boxes.guard else { return };
    let count = raw(guard);
    // SAFETY: All are initialised, and begin with what is the kernel's.
    unsafe {
        let in_c = counter.cast::<bindings::percpu_counter>();
        put(per_cpu_of((*in_c).counters, counter));
        put(shared_of(&raw const (*in_c).count, NONE));
        // Both flags are off.
        put(per_cpu_of((*count).percpu_count_ptr as *const usize, guard));
        put(shared_of(&raw const (*count).percpu_count_ptr, &boxes.gate));
        put(shared_of(&raw const (*(*count).data).count, NONE));
        put(shared_of(&raw const killed, NONE));
        let sem = *(&raw const boxes.sem).cast::<*const bindings::percpu_rw_semaphore>();
        put(per_cpu_of((*sem).read_count, &raw const boxes.sem));
    }
}

#[no_mangle]
pub unsafe extern "C" fn interleave_rust_variables(to: *mut Variable) -> *mut Boxes {
    let Ok(boxes) = boxes() else { return core::ptr::null_mut() };
    let mut number = NAMES;
    let mut put = |variable| {
        // SAFETY: The caller has room for all of them.
        unsafe { to.add(number).write(variable) };
        number += 1;
    };
"""
    for name in STATICS[:-1]:
        yield f"    put(variable(&{name.upper()}, core::ptr::null::<u8>()));\n"
    yield f"""    put(Variable {{
        r#box: core::ptr::null(),
        copies: STATIC_HIST.as_ptr().cast::<u64>().wrapping_add({HIST.start}).cast(),
        size: {8 * len(HIST)},
        shared: 0,
    }});
"""
    for name in BOXES:
        yield f"    put(variable(&boxes.{name}, &boxes.{name}));\n"
    yield f"""    of_kernel_s(&boxes, put);
    KBox::into_raw(boxes)
}}

const NAMES: usize = {len(NAMES)};

#[no_mangle]
pub unsafe extern "C" fn interleave_rust_free(boxes: *mut Boxes) {{
    // SAFETY: What `interleave_rust_variables` returned, once.
    drop(unsafe {{ KBox::from_raw(boxes) }});
}}
"""


def main(path):
    write = {"c.c": in_c, "rust.rs": in_rust}[path.name]
    head = "// SPDX-License-Identifier: GPL-2.0\n// Made by selftests/interleave/operations.py.\n"
    path.write_text(head + "".join(write()), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    main(Path(sys.argv[1]))
