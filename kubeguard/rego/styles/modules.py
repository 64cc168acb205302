"""Modules and data that are compiled together, and compiled again with questions of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubeguard.rego.engine import CompileError, Diagnostic, Engine, Module, Program, Rule
from kubeguard.rego.places import steps
from kubeguard.rego.policies import Question
from kubeguard.rego.source import at, call, calls
from kubeguard.rego.styles.asking import Asking

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "trivy": (
        *("result.new", "isManaged", "cidr.count_addresses", "cidr.is_public"),
        *("sh.parse_commands", "squealer.scan_string"),
    ),
    "conftest": ("parse_config",),
}
"""What other tools add to Rego; the engine has them, or says which it has not."""
READERS = ("parse_config_file", "parse_combined_config_files")
"""Functions of conftest that read files, which no policy may do here while it is evaluated."""
_GIVEN = {("parameters",), ("conftest",)}
"""Documents that are there only while a question is asked."""
_LIBRARY = "import data.lib."
"""What Trivy's checks import of its own."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What one target brings, compiled; `name` is how the user calls it.

    `missing` are imports of what is nowhere, which OPA takes for undefined.
    """

    name: str
    modules: tuple[Module, ...]
    data: Mapping[str, Any]
    program: Program
    missing: tuple[Diagnostic, ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        return {module.name: module.text for module in self.modules}

    def rules_of(self, package: str) -> Iterator[tuple[Rule, str]]:
        """The rules of a package that are no functions, with their names inside it."""
        for rule in self.program.rules:
            if rule.package == package and rule.kind != "function":
                yield rule, rule.path.removeprefix(package).removeprefix(".")

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(package.package for package in self.program.packages))

    def ask(
        self, asking: Asking, questions: Sequence[Question], engine: Engine
    ) -> tuple[Program, tuple[Question, ...]]:
        """The program and the questions as they are put to it. Raises CompileError."""
        if not asking.needed:
            return self.program, tuple(questions)
        program = _compile((*self.modules, asking.module(questions)), self.data, engine)
        return program, tuple(replace(q, query=asking.query(q.query)) for q in questions)


def compiled(
    name: str, modules: Sequence[Module], data: Mapping[str, Any], engine: Engine
) -> Compiled:
    """Compile modules together; raises CompileError for what OPA refuses, for functions that are
    not there, and for checks of Trivy without its libraries, which would find nothing."""
    program = _compile(modules, data, engine)
    missing = tuple(_missing(program, modules, data))
    if without := [said for said in missing if said.text.lstrip().startswith(_LIBRARY)]:
        raise CompileError(without)
    return Compiled(name, tuple(modules), data, program, missing)


def _compile(modules: Sequence[Module], data: Mapping[str, Any], engine: Engine) -> Program:
    _refuse_readers(modules)
    functions = [
        name
        for name in (*FUNCTIONS["trivy"], *FUNCTIONS["conftest"])
        if any(calls(module.text, name) for module in modules)
    ]
    try:
        return engine.compile(modules, data, functions=functions)
    except CompileError as error:
        raise CompileError([_placed(said, modules) for said in error.diagnostics]) from error


def _refuse_readers(modules: Sequence[Module]) -> None:
    wrong = [
        at(module, found.start(), "unsupported_function", f"{name} reads files: give them as data")
        for module in modules
        for name in READERS
        if (found := call(module.text, name))
    ]
    if wrong:
        raise CompileError(wrong)


def _placed(said: Diagnostic, modules: Sequence[Module]) -> Diagnostic:
    """An engine that lacks a function of another tool does not know who calls it."""
    if said.code != "unknown_function":
        return said
    name = said.message.rpartition(" ")[2]
    for module in modules:
        if found := call(module.text, name):
            message = f"{name} is a function of another tool that is not supported here"
            return at(module, found.start(), said.code, message)
    return said


def _missing(
    program: Program, modules: Sequence[Module], data: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Imports of packages and documents that nothing here defines."""
    there = {steps(package.package) for package in program.packages}
    above = {path[:length] for path in there for length in range(len(path) + 1)}
    sources = {module.name: module for module in modules}
    for package in program.packages:
        for each in package.imports:
            path = steps(each)
            if path[:1] != ("data",) or len(path) == 1 or path[1:2] in _GIVEN:
                continue
            wanted = path[1:]
            inside = any(wanted[:length] in there for length in range(len(wanted)))
            if wanted in above or inside or _within(data, wanted):
                continue
            module = sources[package.module]
            found = re.search(rf"^\s*import\s+({re.escape(each)})", module.text, re.MULTILINE)
            message = f"imports {each}, which neither the policies nor their data define"
            yield at(module, found.start(1) if found else 0, "undefined_import", message)


def _within(data: object, path: Sequence[str | int]) -> bool:
    for step in path:
        if not isinstance(data, Mapping) or step not in data:
            return False
        data = data[step]
    return True
