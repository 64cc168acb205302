"""The program `opa` as the engine: slower than the one that ships, and everybody's reference."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import (
    OUTWARD,
    Answer,
    Budget,
    CompileError,
    Diagnostic,
    EngineError,
    Module,
    Program,
)
from kubeguard.rego.engines import lines
from kubeguard.rego.engines.command import Ran, run
from kubeguard.rego.engines.process import DiedError
from kubeguard.rego.engines.questions import OUT_OF_TIME, Questions
from kubeguard.rego.engines.syntax import Tree, program
from kubeguard.rego.engines.written import Written

_BATCH = 100
"""Inputs of one run of the program."""
_COMPILE_SECONDS = 60.0
_GRACE = 1.0
_MOST_ERRORS = "100"
_ALL = "[[i, v] | x := input.i[i]; v := {rule} with input as x]"
_ONE = "[v | x := input.i[{number}]; v := {rule} with input as x]"

Told = dict[str, Any]


class Opa:
    """The program on PATH. It does not tell what policies print, nor how long each takes."""

    def __init__(
        self, choice: EngineChoice, *, program: str = "opa", budget: Budget | None = None
    ) -> None:
        self._choice = choice
        self._program = program
        self._budget = budget or Budget(choice.seconds, memory_bytes=choice.memory << 20)
        self._last = 0
        self._bundles: dict[int, Written] = {}
        self._breaches: defaultdict[int, Counter[str]] = defaultdict(Counter)

    def compile(
        self,
        modules: Sequence[Module],
        data: Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
        functions: Sequence[str] = (),
        tests: bool = False,  # noqa: ARG002 - nothing is left out for evaluation only
    ) -> Program:
        """Compile modules together. Raises CompileError, also for any function of other tools, and
        EngineError."""
        if functions:
            raise CompileError([_unknown(name) for name in functions])
        self._last += 1
        bundle = Written.of(self._root / str(self._last), modules)
        trees = self._trees(bundle)
        bundle.complete([name for name, tree in trees.items() if tree.version == "v0"], data or {})
        options = ("--strict",) if strict else ()
        ran = self._run(
            "check",
            *self._capabilities,
            *options,
            "-f",
            "json",
            "-m",
            _MOST_ERRORS,
            "-b",
            bundle.at,
        )
        if ran.code:
            raise CompileError(list(bundle.diagnostics(_told(ran))))
        self._bundles[self._last] = bundle
        return program(self._last, list(trees.values()))

    def evaluate(
        self, program: Program, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """The answers by input, then by query. Raises EngineError when it cannot be run."""
        rows = partial(self._rows, self._bundles[program.number])
        questions = Questions(rows, self._breaches[program.number])
        return [
            row
            for batch in lines.batches(inputs, self._budget, lambda: _BATCH)
            for row in questions.answers(queries, batch)
        ]

    def close(self) -> None:
        """Remove what was written; a second time does nothing."""
        if "_folder" in self.__dict__:
            self._folder.cleanup()

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="kubeguard-opa-")

    @property
    def _root(self) -> Path:
        return Path(self._folder.name)

    @cached_property
    def _found(self) -> str:
        found = shutil.which(self._program)
        if not found:
            raise EngineError(f"there is no program {self._program} on PATH")
        return found

    @cached_property
    def _capabilities(self) -> tuple[str, str]:
        """The option that takes away the functions that reach out."""
        known = _told(self._run("capabilities", "--current"))
        forbidden = OUTWARD - self._choice.allow
        known["builtins"] = [each for each in known["builtins"] if each["name"] not in forbidden]
        file = self._root / "capabilities.json"
        file.write_bytes(lines.encoded(known))
        return "--capabilities", str(file)

    def _run(self, *arguments: str) -> Ran:
        """Raises EngineError."""
        command = (self._found, *arguments)
        try:
            return run(command, b"", _COMPILE_SECONDS, self._budget)
        except DiedError as error:
            raise EngineError(str(error)) from None

    def _trees(self, bundle: Written) -> dict[str, Tree]:
        """The modules by their names in the bundle. Raises CompileError with what is wrong in
        any of them."""
        trees: dict[str, Tree] = {}
        refused: list[Diagnostic] = []
        for name, module in bundle.modules.items():
            found = self._tree(bundle, name, module)
            if isinstance(found, Tree):
                trees[name] = found
            else:
                refused += found
        if refused:
            raise CompileError(refused)
        return trees

    def _tree(self, bundle: Written, name: str, module: Module) -> Tree | list[Diagnostic]:
        """A module of the version it says; for auto that is v1, else v0, else what is wrong in
        the one that gets further."""
        refused: list[Diagnostic] = []
        for version in ("v1", "v0") if module.version in ("", "auto") else (module.version,):
            old = ("--v0-compatible",) if version == "v0" else ()
            options = ("-f", "json", "--json-include", "locations,-comments", *old)
            tree = _told(self._run("parse", *options, str(bundle.folder / name)))
            if "package" in tree:
                return Tree(module.name, version, module.text, tree)
            wrong = list(bundle.diagnostics(tree)) or [_empty(module)]
            if not refused or wrong[0].line > refused[0].line:
                refused = wrong
        return refused

    def _rows(
        self, bundle: Written, queries: Sequence[str], inputs: Sequence[bytes]
    ) -> list[list[Answer]]:
        """What the program says of inputs. Raises DiedError when something stops it."""
        (self._root / "input.json").write_bytes(b'{"i":[' + b",".join(inputs) + b"]}")
        told = self._evaluated(bundle, [_ALL.format(rule=_data(query)) for query in queries])
        alone = len(inputs) == len(queries) == 1
        if "result" not in told:
            failure = next(bundle.diagnostics(told), Diagnostic("opa", "it says nothing"))
            if failure.code == OUT_OF_TIME:
                raise DiedError(f"it takes longer than {self._budget.seconds:g} s", late=True)
            if not alone:
                raise DiedError(str(failure))
            return [[Answer(failure=failure)]]
        rows = [[Answer() for _ in queries] for _ in inputs]
        for query, answers in enumerate(told["result"][0]["expressions"][0]["value"]):
            for number, value in answers:
                rows[number][query] = self._answer(value)
        if alone:
            warnings = tuple(dict.fromkeys(bundle.diagnostics(told)))
            rows[0][0] = rows[0][0]._replace(warnings=warnings)
        elif "errors" in told:
            self._warn(bundle, queries, rows, sorted(set(map(_line, told["errors"]))))
        return rows

    def _answer(self, value: Any) -> Answer:
        most = self._budget.answer_bytes
        if len(lines.encoded(value)) > most:
            said = f"the answer is longer than {most} bytes"
            return Answer(failure=Diagnostic("answer_bytes", said))
        return Answer(value, True)

    def _warn(
        self,
        bundle: Written,
        queries: Sequence[str],
        rows: Sequence[list[Answer]],
        noted: Sequence[int],
    ) -> None:
        """Ask the queries in which functions failed again, of each input apart: then the program
        says whose failures they are."""
        pairs = [(number, query) for number in range(len(rows)) for query in noted]
        asked = [_ONE.format(number=n, rule=_data(queries[query])) for n, query in pairs]
        for error in self._evaluated(bundle, asked).get("errors", ()):
            number, query = pairs[_line(error)]
            warning = bundle.diagnostic(error)
            known = rows[number][query]
            if warning not in known.warnings:
                rows[number][query] = known._replace(warnings=(*known.warnings, warning))

    def _evaluated(self, bundle: Written, terms: Sequence[str]) -> Told:
        """What the program says of terms, each on a line of its own. Raises DiedError."""
        size = (self._root / "input.json").stat().st_size
        seconds = self._budget.seconds + size / lines.BYTES_PER_SECOND
        command = (
            *(self._found, "eval", *self._capabilities, "-f", "json", "-b", bundle.at),
            *("--stdin", "-i", str(self._root / "input.json"), "--show-builtin-errors"),
            *("--timeout", f"{seconds}s"),
        )
        query = "[" + ",\n".join(terms) + "]"
        outward = bool(self._choice.allow)
        return run(command, query.encode(), seconds + _GRACE, self._budget, outward).told()


def _told(ran: Ran) -> Told:
    """Raises EngineError."""
    try:
        return ran.told()
    except DiedError as error:
        raise EngineError(str(error)) from None


def _line(error: Mapping[str, Any]) -> int:
    """The line of the query, from 0, in whose evaluation a function failed. Raises DiedError for
    a program of old that does not say it."""
    for frame in error.get("stack_trace", ()):
        if not frame["location"]["file"]:
            return int(frame["location"]["row"]) - 1
    raise DiedError("the program does not say what failed")


def _data(query: str) -> str:
    return f"data{query}" if query.startswith("[") else f"data.{query}"


def _unknown(function: str) -> Diagnostic:
    return Diagnostic("unknown_function", f"the program opa has no function {function}")


def _empty(module: Module) -> Diagnostic:
    return Diagnostic("rego_parse_error", "empty module", module.name, 1, 1)
