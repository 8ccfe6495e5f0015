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
]

# Functions of mistakes.c: name, what is returned, variable, the result of who is kept out, and what
# tools/interleave has to find.
MISTAKES = [
    ("mistake_two_instruction_exchange", "u64", "mistaken", None, "lost"),
    ("mistake_guard_one_instruction_late", "void", "mistaken", None, "lost"),
    ("mistake_offset_before_preemption_is_off", "void", "mistaken", None, "another CPU's copy"),
    ("mistake_interrupts_on_too_early", "void", "mistaken", None, "lost"),
    ("mistake_flag_cleared_too_early", "bool", "flagged", 0, "lost"),
    ("mistake_guard_not_dropped", "void", "mistaken", None, "left off"),
    ("right_add", "void", "mistaken", None, None),
    ("right_flag", "bool", "flagged", 0, None),
]

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
    return tuple(dict.fromkeys(re.findall(r"\bstatic_\w+", line.c) + allocated))


def all_lines():
    """Those that are one operation, on what the engine knows: what touches two variables is two."""
    whole = [*lines.operations()]
    elements = (element for line in whole for element in of_elements(line))
    return [line for line in [*whole, *map(of_fields, whole), *elements, *lines.OTHERS, *MORE]
            if len(variables_of(line)) < 2 and set(variables_of(line)) <= {*NAMES}
            and not any(kind.startswith("struct percpu_") or kind == "struct gate *"
                        for kind, _ in line.arguments)]


STATICS = [*(f"static_{name}" for name in TYPES), *(f"static_array_{name}" for name in TYPES),
           "static_pair", "static_bins", "static_fields", "static_cell", "static_hist"]
BOXES = {**{f"dynamic_{name}": f"box_{name}" for name in TYPES}, "dynamic_fields": "box_fields"}
NAMES = [*STATICS, *BOXES]
# In the order of interleave_variables.
VARIABLES = ([("c", name) for name in NAMES] + [("rust", name) for name in NAMES]
             + [("mistakes", "mistaken"), ("mistakes", "flagged")])


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
    refused: int | None = None
    expected: str | None = None

    @property
    def form(self):
        """Of its name; what has none is to be as good as this_cpu_."""
        found = re.match(r"__this_cpu_|raw_cpu_", self.name)
        return found[0] if found else "this_cpu_"

    @property
    def pinned(self):
        """Whether its caller has preemption off."""
        return GUARD in self.arguments

    def may_come_between(self, other):
        """Whether the other one may come in the middle of this one: what touches the same variable and
        is made for being called anywhere, and the same again."""
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
                                   bool(re.search(r"\bper_cpu\(", line.c))))
    for name, returns, variable, refused, expected in MISTAKES:
        found.append(Operation(len(found), "mistakes", name, returns, (V,), (variable,), False, refused,
                               expected))
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
    yield """
#define PUT(b, v, s) do { *to++ = (struct variable) { b, (void *)(unsigned long)(v), s }; } while (0)

int interleave_c_variables(struct variable *to)
{
"""
    for name in STATICS[:-1]:
        yield f"\tPUT(NULL, &{name}, sizeof({name}));\n"
    yield f"\tPUT(NULL, &static_hist[{HIST.start}], {len(HIST)} * sizeof(static_hist[0]));\n"
    for name in BOXES:
        yield (f"\t{name}.p = __alloc_percpu(sizeof(*{name}.p), 8);\n"
               f"\tPUT(&{name}, {name}.p, sizeof(*{name}.p));\n")
    yield f"\tto += {len(NAMES)};\n\tPUT(NULL, &mistaken, sizeof(mistaken));\n"
    yield "\tPUT(NULL, &flagged, sizeof(flagged));\n"
    yield f"\treturn {' && '.join(f'{name}.p' for name in BOXES)} ? 0 : -ENOMEM;\n}}\n"
    yield "\nvoid interleave_c_free(struct variable *unused)\n{\n"
    yield from (f"\tfree_percpu({name}.p);\n" for name in BOXES)
    yield "}\n"
    yield from (f"extern char rust_{line.name}[];\n" for line in chosen)
    yield "\nvoid *const interleave_functions[] = {\n"
    for operation in operations():
        prefix = {"c": "c_", "rust": "rust_", "mistakes": ""}[operation.language]
        yield f"\t{prefix}{operation.name},\n"
    yield "};\n"


def in_rust():
    yield from lines.in_rust([])
    yield "use core::cell::Cell;\nuse kernel::prelude::*;\n"
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
    yield "    dynamic_fields: PerCpuBox<Fields>,\n}\n"
    yield """
#[repr(C)]
pub struct Variable { r#box: *const u8, copies: *const u8, size: u64 }

fn boxes() -> Result<KBox<Boxes>> {
    Ok(KBox::new(Boxes {
"""
    for name in BOXES:
        yield f"        {name}: PerCpuBox::zeroed(GFP_KERNEL)?,\n"
    yield """    }, GFP_KERNEL)?)
}

fn variable<P: Place, B>(this: &PerCpu<P>, r#box: *const B) -> Variable {
    Variable { r#box: r#box.cast(), copies: this.as_ptr().cast(), size: size_of::<P::Target>() as u64 }
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
    }});
"""
    for name in BOXES:
        yield f"    put(variable(&boxes.{name}, &boxes.{name}));\n"
    yield f"""    KBox::into_raw(boxes)
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
