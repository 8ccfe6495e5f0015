#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The operations that `run` stops at every instruction, as functions in C and in Rust.

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

HERE = Path(__file__).resolve().parent
LINES = HERE.parent / "machine_code" / "lines"


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
lines.IN_RUST |= {"struct box_fields *": "&PerCpuBox<Fields>", "struct box_u128 *": "&PerCpuBox<Scalar128>",
                  "struct box_array *": "&PerCpuBox<[Scalar<u64>; 5]>",
                  "struct arc *": "&PercpuArc<Nothing>"}

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
COUNTER, REF, ARC, SEM = (("struct percpu_counter *", "counter"), ("struct percpu_ref *", "ref_"),
                          ("struct arc *", "arc"), ("struct percpu_rw_semaphore *", "sem"))
# What a CPU keeps is positive: if it changes to less than zero meanwhile, C (7.2) takes that for too much to
# be kept. The sum is right, but no order leaves it where it is then. So there is no percpu_counter_dec().
LOW = "v & 0xffff"
MORE = [
    *(Line(f"sum_{name}", name, [], SUM.format(name), f"STATIC_{name.upper()}.sum()")
      for name in ("u8", "u64")),
    Line("sum_as", "u64", [], SUM.format("u32").replace("u32 sum", "u64 sum"), "STATIC_U32.sum_as::<u64>()"),
    Line("iter", "u64", [], SUM.format("u64").replace("sum +=", "sum ^= sum << 8 ^"),
         "STATIC_U64.iter().fold(0, |sum: u64, (_, copy)| sum ^ sum << 8 ^ copy.read_once())"),
    Line("raw_cpu_ptr", "void *", [], "raw_cpu_ptr(&static_u64)", "STATIC_U64.raw_cpu_ptr().cast()"),
    # 16 bytes at once.
    *(Line(f"this_cpu_cmpxchg128_{place}", "u64", [*box, V, ("u64", "new")],
           f"half(this_cpu_cmpxchg128({c}, twice(v), twice(new)))",
           f"{rust}.this_cpu_cmpxchg128(twice(v), twice(new)).map_or(REFUSED, half)")
      for place, box, c, rust in (("static", [], "static_u128", "STATIC_U128"),
                                  ("dynamic", [("struct box_u128 *", "p")], "*p->p", "p"))),
    Line("this_cpu_cmpxchg128_until_done", "u64", [V],
         "({ u128 old = 0, now; while ((now = this_cpu_cmpxchg128(static_u128, old, old ^ twice(v))) != old) "
         "old = now; half(old); })",
         "{ let mut old = 0; loop { match STATIC_U128.this_cpu_cmpxchg128(old, old ^ twice(v)) { "
         "Ok(now) if now != old => old = now, Ok(_) => break half(old), _ => break REFUSED } } }"),
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
    *(Line(f"u64_stats_{name}", "u64", arguments, f"both(per_cpu_ptr(&static_traffic, {cpu}))", rust)
      for name, arguments, cpu, rust in (
          ("try_read", [("possible_cpu", "cpu")], "cpu",
           "STATIC_TRAFFIC.u64_stats_try_read(cpu).map_or(REFUSED, both)"),
          ("try_read_first", [], 0, "STATIC_TRAFFIC.u64_stats_try_read(first()).map_or(REFUSED, both)"),
          ("read", [], 0, "both(STATIC_TRAFFIC.u64_stats_read(first()))"))),
    Line("u64_stats_sum", "u64", [], "({ u64 sum = 0; int cpu; for_each_possible_cpu(cpu) "
         "sum += both(per_cpu_ptr(&static_traffic, cpu)); sum; })", "both(STATIC_TRAFFIC.u64_stats_sum())"),
    *(Line(f"counter_{name}", returns, [COUNTER, *arguments],
           f"percpu_counter_{name}({', '.join(['counter', *values])})", f"counter.{name}({', '.join(values)})")
      for name, returns, arguments, values in (
          ("inc", "void", [], []), ("sync", "void", [], []),
          ("sub", "void", [("s64", "v")], ["v"]), ("add_local", "void", [("s64", "v")], [LOW]),
          ("sub_local", "void", [("s64", "v")], [f"-({LOW})"]), ("set", "void", [("s64", "v")], ["v"]),
          ("sum", "s64", [], []), ("sum_positive", "s64", [], []), ("read", "s64", [], []),
          ("read_positive", "s64", [], []))),
    Line("counter_add_batch", "void", [COUNTER, ("s64", "v")],
         "percpu_counter_add_batch(counter, v & 0xff, 100)", "counter.add_batch(v & 0xff, 100)"),
    Line("counter_compare", "u8", [COUNTER], "2 + percpu_counter_compare(counter, 1)",
         "(2 + counter.compare(1) as i8) as u8"),
    Line("refcount_put", "void", [REF], "percpu_ref_put(ref_)",
         "drop(unsafe { core::ptr::from_ref(ref_).read() })"),
    *(Line(f"refcount_{name}", "bool", [("struct gate *", "gate")], f"percpu_ref_{name}(&gate->ref)",
           f"gate.{name}(){rust}")
      for name, rust in (("tryget", ".map(core::mem::forget).is_some()"), ("is_dying", ""), ("is_zero", ""))),
    # As C kills it: see mistakes.c.
    Line("refcount_kill", "void", [REF], "kill_ref(ref_)", "unsafe { kill_ref(raw(ref_)) }"),
    Line("arc_clone", "void", [ARC], "percpu_ref_get(&arc->ref)", "core::mem::forget(arc.clone())"),
    Line("arc_drop", "void", [ARC], "percpu_ref_put(&arc->ref)",
         "drop(unsafe { core::ptr::from_ref(arc).read() })"),
    Line("arc_tryget_live", "bool", [ARC], "percpu_ref_tryget_live(&arc->ref)",
         "arc.tryget_live().map(core::mem::forget).is_some()"),
    Line("arc_kill", "void", [ARC], "kill_ref(&arc->ref)", "unsafe { kill_ref(raw(arc)) }"),
    # By a task that comes instead of this one: not in interrupts.
    Line("rwsem_read_freezable", "u64", [SEM],
         "({ percpu_down_read_freezable(sem, true); percpu_up_read(sem); 7; })",
         "sem.read_freezable(|v| *v)"),
    Line("rwsem_try_read", "u64", [SEM],
         "({ bool done = percpu_down_read_trylock(sem); if (done) percpu_up_read(sem); done ? 7 : REFUSED; })",
         "sem.try_read(|v| *v).unwrap_or(REFUSED)"),
]

# What is two operations: something may come between them.
TWO = ("refcount_get_put",)
# What is returned by who finds the lock held or the counts being changed.
REFUSED = 0xbad
REFUSING = {"local_trylock": 0, "local_trylock_add": REFUSED, "local_trylock_irqsave_add": REFUSED,
            "u64_stats_try_read": REFUSED, "u64_stats_try_read_first": REFUSED}
# What must not come where the lock is held, and, if any, the operations that keep interrupts out then;
# and what is for tasks only.
ASKING = {"local_lock": None, "local_lock_add": None, "local_lock_irqsave": "irqsave",
          "local_lock_irqsave_add": "irqsave", "u64_stats_read": None, "u64_stats_sum": None}
# What is passed to operations on the kernel's own structures: what of these they touch.
BUILT = {
    "struct percpu_counter *": ("dynamic_counter", "shared_counter"),
    "struct percpu_ref *": ("dynamic_ref", "shared_ref", "shared_ref_count", "shared_killed"),
    "struct gate *": ("dynamic_ref", "shared_ref", "shared_ref_count", "shared_killed"),
    "struct arc *": ("dynamic_arc", "shared_arc", "shared_arc_count", "shared_killed"),
    "struct percpu_rw_semaphore *": ("summed_rwsem",),
}

# Functions of mistakes.c: name, what is returned, variable, the result of who is kept out, and what
# `run` has to find.
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
                  rf"(?P<type>{'|'.join(TYPES)})_(?P<place>static|dynamic|field|dynamic_field|element|dynamic_element)")


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
    if line.name.endswith("_u64_dynamic"):
        yield Line(line.name.replace("_dynamic", "_dynamic_element"), line.returns,
                   [("struct box_array *", "p"), *line.arguments[1:], ("u64", "i")],
                   line.c.replace("*p->p", "(*p->p)[i]"),
                   line.rust.replace("p.", "p.element(i as usize).unwrap().", 1))
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
           "static_pair", "static_u128", "static_bins", "static_fields", "static_cell", "static_locked",
           "static_traffic", "static_hist"]
BOXES = {f"dynamic_{name}": f"box_{name}" for name in (*TYPES, "fields", "array", "u128")}
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
        found = re.match(r"__this_cpu_|raw_cpu_(?!ptr)", self.name)
        return found[0] if found else "this_cpu_"

    @property
    def only_reads(self):
        """Whether it may be refused by what interrupts it, and not only by what it interrupts."""
        return "copy" in self.name or "try_read" in self.name

    @property
    def writes_all(self):
        """Whether it has to write to copies of other CPUs."""
        return self.name == "counter_set"

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
            other.language == self.language
            and set(other.variables) & set(self.variables) - {"shared_killed"}
            and other.form == "this_cpu_" and not other.pinned and not other.expected)


def operations():
    """All of them, as interleave_functions has them."""
    found = []
    for language in ("c", "rust"):
        for line in all_lines():
            found.append(Operation(len(found), language, line.name, line.returns,
                                   tuple(line.arguments), variables_of(line),
                                   bool(re.search(r"\bper_cpu(_ptr)?\(|counter_(sum|compare)", line.c)),
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
#include "parts.h"

#define REFUSED {REFUSED}ULL

struct fields {{{C_FIELDS} }};
static_assert(sizeof(struct fields) == {FIELDS_SIZE});
typedef u64 array[{ELEMENTS}];
struct box_fields {{ struct fields __percpu *p; }};
struct box_array {{ array __percpu *p; }};
struct box_u128 {{ u128 __percpu *p; }};
static DEFINE_PER_CPU(struct fields, static_fields);
static DEFINE_PER_CPU(u64, static_cell);
static DEFINE_PER_CPU_ALIGNED(u128, static_u128);
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
    yield "\nint interleave_c_variables(struct variable *to)\n{\n"
    for name in STATICS[:-1]:
        yield f"\tPUT(NULL, &{name}, sizeof({name}));\n"
    yield f"\tPUT(NULL, &static_hist[{HIST.start}], {len(HIST)} * sizeof(static_hist[0]));\n"
    for name in BOXES:
        yield (f"\t{name}.p = __alloc_percpu(sizeof(*{name}.p), __alignof__(*{name}.p));\n"
               f"\tPUT(&{name}, {name}.p, sizeof(*{name}.p));\n")
    yield f"\tif (!({' && '.join(f'{name}.p' for name in BOXES)}) || put_kernel_s(to))\n"
    yield "\t\treturn -ENOMEM;\n"
    yield f"\tto += {len(KERNEL_S) + len(NAMES)};\n"
    for name in ("mistaken", "flagged", "counted", "referenced"):
        yield f"\tPUT(NULL, &{name}, sizeof({name}));\n"
    yield "\tPUT_SHARED(NULL, &references);\n\tPUT_SHARED(NULL, &killed);\n\treturn 0;\n}\n"
    yield "\nvoid interleave_c_free(struct variable *unused)\n{\n"
    yield from (f"\tfree_percpu({name}.p);\n" for name in BOXES)
    yield "\tfree_kernel_s();\n}\n"
    yield from (f"extern char rust_{line.name}[];\n" for line in chosen)
    yield "\nvoid *const interleave_functions[] = {\n"
    for operation in operations():
        prefix = {"c": "c_", "rust": "rust_", "mistakes": ""}[operation.language]
        yield f"\t{prefix}{operation.name},\n"
    yield "};\n"


def in_rust():
    yield from lines.in_rust([])
    yield (HERE / "parts.rs").read_text(encoding="utf-8")
    yield f"const REFUSED: u64 = {REFUSED};\n"
    rust_fields = "".join(f" pub of_{name}: Scalar<{lines.rust_type(kind)}>," for name, kind in TYPES.items())
    yield f"#[derive(Zeroable)]\n#[repr(C)]\npub struct Fields {{{rust_fields} }}\n"
    values = "".join(f" of_{name}: Scalar::new({lines.ZEROS.get(name, 0)})," for name in TYPES)
    yield f"""
define_per_cpu! {{
static STATIC_FIELDS: Fields = Fields {{{values} }};
static STATIC_CELL: Cell<u64> = Cell::new(0);
static STATIC_U128: Scalar128 = Scalar128::new(0);
"""
    for name, kind in TYPES.items():
        yield (f"static STATIC_ARRAY_{name.upper()}: [Scalar<{lines.rust_type(kind)}>; {ELEMENTS}] = "
               f"[const {{ Scalar::new({lines.ZEROS.get(name, 0)}) }}; {ELEMENTS}];\n")
    yield "}\n"
    yield from (line.in_rust() for line in all_lines())
    yield "pub struct Boxes {\n"
    for name in TYPES:
        yield f"    dynamic_{name}: PerCpuBox<Scalar<{lines.rust_type(TYPES[name])}>>,\n"
    yield f"""    dynamic_fields: PerCpuBox<Fields>,
    dynamic_array: PerCpuBox<[Scalar<u64>; {ELEMENTS}]>,
    dynamic_u128: PerCpuBox<Scalar128>,
"""
    yield """    built: Built,
}

fn boxes() -> Result<KBox<Boxes>> {
    Ok(KBox::new(Boxes {
"""
    for name in BOXES:
        yield f"        {name}: PerCpuBox::zeroed(GFP_KERNEL)?,\n"
    yield """        built: built()?,
    }, GFP_KERNEL)?)
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
        kind: PER_CPU,
    }});
"""
    for name in BOXES:
        yield f"    put(variable(&boxes.{name}, &boxes.{name}));\n"
    yield f"""    of_kernel_s(&boxes.built, put);
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
