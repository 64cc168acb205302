"""From one entry of `--policy` to policies that can be asked, for whatever tool they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.trouble import TroubleKind
from kubeguard.rego import bundle, data, packs
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import CompileError, Diagnostic, Engine, Module, NoRulesError, Serving
from kubeguard.rego.policies import PolicySet, Spec, Style
from kubeguard.rego.source import calls, code
from kubeguard.rego.styles import conftest, plain, toml, trivy
from kubeguard.rego.styles.modules import FUNCTIONS, Compiled, compiled
from kubeguard.rego.styles.toml import Toml

TESTS = "_test.rego"
_TEMPLATE = re.compile(
    r"\bConstraintTemplate\b"
    r"|\b(?:templates|constraints|mutations|expansion|externaldata|config)\.gatekeeper\.sh/"
)
_CONFTEST = re.compile(r"\bdata\.conftest\b")
_COMMANDS = re.compile(r"\bCmd\b")
_STAGES = re.compile(r"\bStages\b")


def load(spec: Spec, engine: Engine) -> list[PolicySet]:
    """The policies at a path, compiled together; those of each Gatekeeper template by themselves.

    Raises UsageError for a path that does not exist, CompileError or KubeguardError for policies
    that cannot be judged as they are meant.
    """
    if spec.path.startswith(packs.PREFIX):
        return _pack(spec, engine)
    if isinstance(engine, Serving) and spec.path.startswith(("http://", "https://")):
        return _served(spec, engine)
    where = Path(spec.path)
    if not where.exists():
        raise UsageError(f"there is no policy at {spec.path[:200]!r}")
    if bundle.is_bundle(where) or (spec.key and where.is_dir()):
        return _bundled(where, spec, engine)
    if spec.key:
        raise UsageError(f"{where} has a key, and is no bundle that could be signed")
    return _Target.of(where, spec).load(engine)


def _served(spec: Spec, engine: Serving) -> list[PolicySet]:
    """The policies that a server has."""
    return _Target.made(spec, {}).policies(engine.modules(), engine)


def _bundled(where: Path, spec: Spec, engine: Engine) -> list[PolicySet]:
    """The policies of an OPA bundle, with its data."""
    read = bundle.read(where, spec.key)
    modules = [each for each in read.modules if not each.name.endswith(TESTS)]
    first, *others = _Target.made(spec, read.data).policies(modules, engine)
    return [replace(first, troubles=(*read.troubles, *first.troubles)), *others]


def _pack(spec: Spec, engine: Engine) -> list[PolicySet]:
    """A pack with what all packs share."""
    folders = packs.folders(spec.path.removeprefix(packs.PREFIX))
    modules = [module(file) for folder in folders for file in rego_files(folder)]
    documents = data.given(spec.data, data.beside(folders[0]))
    made = compiled(spec.path, modules, documents, engine)
    return list(plain.load(made, made.packages, engine))


class _Target(NamedTuple):
    """A file or folder with policies, and how they are to be taken."""

    where: Path
    spec: Spec
    rego: tuple[Path, ...]
    templates: tuple[Path, ...]
    toml: Toml | None
    data: Mapping[str, Any] | None = None

    @classmethod
    def made(cls, spec: Spec, data: Mapping[str, Any]) -> _Target:
        """One that is no file or folder: its policies and data come from elsewhere."""
        return cls(Path(spec.path), spec, (), (), None, data)

    @classmethod
    def of(cls, where: Path, spec: Spec) -> _Target:
        settings = toml.settings(where) if spec.style in ("", Style.CONFTEST.value) else None
        if where.is_file():
            is_rego = where.suffix == ".rego"
            return cls(where, spec, (where,) * is_rego, (where,) * (not is_rego), settings)
        folders = settings.policy if settings and settings.policy else (where,)
        return cls(where, spec, tuple(_rego(folders)), tuple(_templates(where)), settings)

    def load(self, engine: Engine) -> list[PolicySet]:
        sets: list[PolicySet] = []
        if self.templates:
            from kubeguard.rego.styles import gatekeeper

            sets += gatekeeper.load(list(self.templates), self.spec, engine)
        modules = [module(file, self._version) for file in self.rego]
        if self.templates:
            modules = [each for each in modules if not _of_gatekeeper(each)]
        if modules:
            sets += self._modules(modules, engine)
        return self._some(sets)

    def policies(self, modules: Sequence[Module], engine: Engine) -> list[PolicySet]:
        """Those among the modules, for whatever tool they are."""
        return self._some(list(self._modules(modules, engine)))

    def _some(self, sets: list[PolicySet]) -> list[PolicySet]:
        if not sets:
            raise NoRulesError(f"{self.spec.path}: there is no rule here that can find anything")
        return sets

    @property
    def _version(self) -> str:
        return self.toml.version if self.toml else "auto"

    def _modules(self, modules: Sequence[Module], engine: Engine) -> Iterator[PolicySet]:
        made, refused = _compiled(self.spec.path, modules, self._data(modules), engine)
        troubles = (
            *(trouble(TroubleKind.UNEVALUATED_POLICY, said) for said in refused),
            *(trouble(TroubleKind.UNDEFINED_IMPORT, said) for said in made.missing),
        )
        for each in self._split(made, engine):
            yield replace(each, troubles=(*troubles, *each.troubles))
            troubles, refused = (), ()
        if refused:
            raise CompileError(refused)

    def _split(self, made: Compiled, engine: Engine) -> Iterator[PolicySet]:
        split = _Split.of(made, self.spec, self.toml)
        yield from trivy.load(made, split.trivy, engine)
        if split.namespaces:
            combine = self.spec.combine or bool(self.toml and self.toml.combine)
            yield from conftest.load(made, split.namespaces, engine, combine=combine)
        yield from plain.load(made, split.plain, engine)

    def _data(self, modules: Sequence[Module]) -> dict[str, Any]:
        beside = self.data
        if beside is None:
            beside = data.beside(self.where) if self.where.is_dir() else {}
        paths = self.spec.data or (self.toml.data if self.toml else ())
        documents = data.given(paths, beside)
        if any(calls(each.text, "result.new") for each in modules):
            documents.setdefault("namespaces", _namespaces(modules))
        return documents


def _compiled(
    name: str, modules: Sequence[Module], documents: dict[str, Any], engine: Engine
) -> tuple[Compiled, Sequence[Diagnostic]]:
    """Trivy goes on without its checks that do not compile, each a package of its own; so do we,
    and say which. Everything else compiles as a whole or not at all."""
    left, refused = list(modules), list[Diagnostic]()
    while True:
        try:
            return compiled(name, left, documents, engine), refused
        except CompileError as error:
            refused += error.diagnostics
            broken = {said.file for said in error.diagnostics}
            kept = [each for each in left if each.name not in broken or not trivy.is_check(each)]
            if not kept or len(kept) + len(broken) != len(left):
                raise CompileError(refused) from error
            left = kept


class _Split(NamedTuple):
    """Which packages of a target are whose: those of Trivy, namespaces of conftest, our own."""

    trivy: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    @classmethod
    def of(cls, made: Compiled, spec: Spec, settings: Toml | None) -> _Split:
        """By what the user says, else by what the policies say."""
        style = _style(spec)
        if style is Style.TRIVY:
            return cls(trivy=_named(made, spec))
        if style is Style.KUBEGUARD:
            return cls(plain=_named(made, spec))
        theirs = tuple(p for p in made.packages if style is None and trivy.is_trivy(made, p))
        rest = tuple(p for p in made.packages if p not in theirs)
        if style is Style.CONFTEST or _speaks_conftest(made, spec, settings):
            return cls(theirs, _conftest_namespaces(spec, settings, rest))
        if conftest.DEFAULT not in rest or not _has_sets(made, conftest.DEFAULT):
            return cls(theirs, (), rest)
        shaped = tuple(p for p in rest if p == conftest.DEFAULT or _reads_commands(made, p))
        return cls(theirs, shaped, tuple(p for p in rest if p not in shaped))


def _style(spec: Spec) -> Style | None:
    try:
        style = Style(spec.style) if spec.style else None
    except ValueError:
        known = ", ".join(each.value for each in Style)
        raise UsageError(
            f"{spec.style[:40]!r} is no style of policy", f"there are {known}"
        ) from None
    if style is Style.GATEKEEPER:
        raise UsageError(f"{spec.path}: Rego of Gatekeeper comes in a ConstraintTemplate")
    return style


def _named(made: Compiled, spec: Spec) -> tuple[str, ...]:
    return conftest.chosen(made, spec.namespaces) if spec.namespaces else made.packages


def _speaks_conftest(made: Compiled, spec: Spec, settings: Toml | None) -> bool:
    """By its settings, or by what only conftest has: its functions, its data, exceptions."""
    if settings is not None or spec.namespaces or spec.combine:
        return True
    texts = [code(module.text) for module in made.modules]
    if any(calls(text, name) for text in texts for name in FUNCTIONS["conftest"]):
        return True
    main = conftest.DEFAULT
    exceptions = any(rule.path == f"{main}.exception" for rule in made.program.rules)
    return exceptions or any(_CONFTEST.search(text) for text in texts)


def _conftest_namespaces(
    spec: Spec, settings: Toml | None, packages: Sequence[str]
) -> tuple[str, ...]:
    """What conftest would ask; a folder that is all Trivy's need not have anything of conftest."""
    if not packages:
        return ()
    if spec.namespaces:
        return spec.namespaces
    if settings and settings.everything:
        return tuple(packages)
    if settings and settings.namespaces:
        return settings.namespaces
    return (conftest.DEFAULT,)


def _has_sets(made: Compiled, package: str) -> bool:
    """conftest sees results only in sets and lists; `deny := "text"` is for somebody else."""
    return any(rule.kind == "set" for rule in conftest.findings_of(made, package))


def _reads_commands(made: Compiled, package: str) -> bool:
    """Whether a package reads Dockerfiles in conftest's shape: a list of commands."""
    own = {each.module for each in made.program.packages if each.package == package}
    texts = [code(module.text) for module in made.modules if module.name in own]
    return any(_COMMANDS.search(text) and not _STAGES.search(text) for text in texts)


def module(file: Path, version: str = "auto") -> Module:
    """A file of Rego. Raises KubeguardError."""
    try:
        return Module(str(file), file.read_text(encoding="utf-8-sig"), version)
    except (OSError, UnicodeDecodeError) as error:
        raise KubeguardError(f"{file}: cannot be read: {error}") from error


def rego_files(folder: Path) -> Iterator[Path]:
    """The policies in a folder and below, without their tests."""
    for file in data.walk(folder):
        if file.suffix == ".rego" and not file.name.endswith(TESTS):
            yield file


def _rego(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if not place.exists():
            raise UsageError(f"{toml.NAME} names {str(place)!r}, which is not there")
        yield from rego_files(place) if place.is_dir() else (place,)


def _templates(folder: Path) -> Iterator[Path]:
    """The files with templates or constraints of Gatekeeper."""
    for file in data.walk(folder):
        if file.suffix in data.SUFFIXES:
            try:
                text = file.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                continue
            if _TEMPLATE.search(text):
                yield file


def _of_gatekeeper(each: Module) -> bool:
    """Whether a module is the source of a template that lies beside it."""
    return re.search(r"\binput\.(?:review|parameters)\b", code(each.text)) is not None


def _namespaces(modules: Sequence[Module]) -> list[str]:
    """The packages, which Trivy tells its checks."""
    found = (re.search(r"^\s*package\s+(\S+)", each.text, re.MULTILINE) for each in modules)
    return sorted({match[1] for match in found if match})
