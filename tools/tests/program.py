# SPDX-License-Identifier: GPL-2.0
"""A program of tools/ as a module."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent


def load(program):
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(TOOLS))
    name = program.replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(TOOLS / program))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.modules[name] = module
    loader.exec_module(module)
    return module
