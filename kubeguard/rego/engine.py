"""What every Rego engine can do, and the shapes in which it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from kubeguard.errors import KubeguardError

OUTWARD = frozenset({"http.send", "net.lookup_ip_addr", "opa.runtime"})
"""Functions that reach out of the evaluation; a policy may not use them unless allowed by name."""


class Module(NamedTuple):
    """One file of Rego: `version` is v0, v1, or auto (v1 where it parses as such, else v0)."""

    name: str
    text: str
    version: str = "auto"


class Diagnostic(NamedTuple):
    """What OPA says about a place in a policy; `line` and `column` are 1-based, 0 when unknown.

    `code` is OPA's own (`rego_parse_error`, `rego_type_error`, `eval_builtin_error`), `text` the
    line of the policy it is about, `details` OPA's further lines.
    """

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else ""
        return f"{place or (self.file and f'{self.file}: ')}{self.message}"


class Rule(NamedTuple):
    """One rule of a module: `path` is how a query asks for it, without `data.` (`main.deny`).

    `kind` is `set`, `object`, `value` or `function`; `annotations` are the METADATA blocks that
    speak about it, the narrowest scope (rule, document, package, subpackages) winning per key;
    `custom` is merged key by key.
    """

    module: str
    package: str
    path: str
    line: int
    column: int
    kind: str
    annotations: Mapping[str, Any] = {}


class Package(NamedTuple):
    """One module as it was compiled: `version` is v0 or v1, `imports` such as `data.lib.k`."""

    module: str
    package: str
    version: str
    imports: tuple[str, ...] = ()
    annotations: Mapping[str, Any] = {}


class Program(NamedTuple):
    """Modules compiled together; `number` is how the engine calls them."""

    number: int
    packages: tuple[Package, ...]
    rules: tuple[Rule, ...]


class Answer(NamedTuple):
    """What one query says about one input.

    `value` is None and `defined` False where the rule is undefined. `warnings` are errors of
    builtins, which OPA itself drops silently. `failure` says why there is no answer at all: the
    policy was *not evaluated*.
    """

    value: Any = None
    defined: bool = False
    warnings: tuple[Diagnostic, ...] = ()
    prints: tuple[str, ...] = ()
    failure: Diagnostic | None = None
    nanoseconds: int = 0


class Budget(NamedTuple):
    """What one question may cost; the defaults are generous to honest policies."""

    seconds: float = 5.0
    """Per input and query."""
    answer_bytes: int = 8 * 1024 * 1024
    """Per input and query."""
    memory_bytes: int = 1024 * 1024 * 1024
    """Of a whole worker."""
    input_bytes: int = 64 * 1024 * 1024
    depth: int = 1_000
    """Levels of an input."""


class Run(NamedTuple):
    """One test of `policy test`: `status` is pass, fail, skip or error; `trace` when asked for."""

    package: str
    name: str
    file: str
    line: int
    status: str
    nanoseconds: int = 0
    output: str = ""
    trace: str = ""
    error: Diagnostic | None = None
    cases: tuple[str, ...] = ()


class Coverage(NamedTuple):
    """Lines of one file that ran and that did not, and the share that did, 0 to 100."""

    file: str
    covered: tuple[int, ...] = ()
    uncovered: tuple[int, ...] = ()
    percent: float = 0.0


class Tests(NamedTuple):
    """What the tests of a program said."""

    runs: tuple[Run, ...]
    coverage: tuple[Coverage, ...] = ()


class CompileError(KubeguardError):
    """Policies that OPA refuses, with every reason it gives."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = tuple(diagnostics)


class NoRulesError(KubeguardError):
    """A path with policies of which none can find anything."""


class EngineError(KubeguardError):
    """The engine is missing, dead, late or over its budget: nothing was evaluated."""


class Engine(Protocol):
    """Compiles and evaluates. One engine is used by one thread at a time."""

    def compile(
        self,
        modules: Sequence[Module],
        data: Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
        functions: Sequence[str] = (),
        tests: bool = False,
    ) -> Program:
        """Compile modules together. `functions` are functions of other tools to add by name.

        `tests` keeps what `test` and coverage need. Raises CompileError and EngineError.
        """
        ...

    def evaluate(
        self, program: Program, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """The answers by input, then by query; queries are rule paths such as `main.deny`.

        Inputs are values that orjson can encode (also `orjson.Fragment`). Never raises for what a
        policy does: a breach of the budget is the `failure` of that answer, the others stand.
        """
        ...

    def close(self) -> None:
        """End it; a second time does nothing."""
        ...


@runtime_checkable
class Serving(Engine, Protocol):
    """An engine that has policies of its own, and compiles nothing else."""

    def modules(self) -> tuple[Module, ...]:
        """Its policies. Raises EngineError."""
        ...
