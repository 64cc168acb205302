"""kubeguard.yaml becomes a Policy, or one sentence that says where it is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path as File
from typing import Any, NamedTuple, TypeVar

from kubeguard.errors import UsageError
from kubeguard.model.finding import Check, Spelling, Suppression
from kubeguard.model.node import Node, Source
from kubeguard.model.severity import Profile, Severity
from kubeguard.policy.admission import Admission, Exempt, Mode, ModeRule, ProfileRule, Where
from kubeguard.policy.names import Names, suggest
from kubeguard.policy.policy import Exemption, Policy, release
from kubeguard.policy.schema import mistake, shown, validate
from kubeguard.policy.selection import about_the_scan
from kubeguard.policy.sources import EngineChoice, FactsSource, PolicySource, TrivyChoice

Choice = TypeVar("Choice", Profile, Severity)
SCOPES = ("file", "kind", "namespace", "name", "container", "stage", "vulnerability")
FILE_NAMES = ("kubeguard.yaml", "kubeguard.yml")


def find(start: File) -> File | None:
    """The configuration of a folder: in it, or above it up to the root of its Git repository."""
    for folder in (start, *start.parents):
        found = [folder / name for name in FILE_NAMES if os.path.isfile(folder / name)]
        if len(found) > 1:
            raise UsageError(f"{found[0]} and {found[1].name} are both here", "remove one")
        if found:
            return found[0]
        if os.path.exists(folder / ".git"):
            break
    return None


def about_rego(node: Node) -> Policy:
    """What a parsed kubeguard.yaml says about policies in Rego: they bring checks, and so names.

    The caller reads the file; `node.source.name` is its path. Raises UsageError with
    `file:line:column` for whatever has the wrong shape.
    """
    root = File(node.source.name).absolute().parent
    if node.value is None:
        return Policy(root=root)
    validate(node)
    rego = node["rego"]
    choice = {key: value.value for key, value in rego.items() if value.exists}
    choice |= {key: _beside(rego[key], root) for key in ("ca", "token_file") if key in choice}
    if "allow" in choice:
        choice["allow"] = frozenset(rego["allow"].sequence)
    return Policy(
        root=root,
        policies=tuple(_policy_source(item, root) for item in node["policies"]),
        rego=EngineChoice(**choice),  # type: ignore[arg-type]
    )


def _policy_source(node: Node, root: File) -> PolicySource:
    if node.text:
        return PolicySource(_beside(node, root))
    key = node["key"]
    return PolicySource(
        _beside(node["path"], root),
        node["style"].text,
        tuple(item.text for item in node["namespaces"]),
        tuple(_beside(item, root) for item in node["data"]),
        node["combine"].value is True,
        _beside(key, root) if key.exists else "",
    )


def _beside(node: Node, root: File) -> str:
    """A path in the file is relative to the file; it is shown as seen from here."""
    text = node.text
    return text if text.startswith("pack:") else os.path.relpath(root / text)


def parse(node: Node, checks: Sequence[Check], policy: Policy | None = None) -> Policy:
    """All choices in a parsed kubeguard.yaml. Raises UsageError with `file:line:column`.

    `checks` is the whole catalogue, with those of the policies; `policy` is what `about_rego`
    said, when it has been asked already.
    """
    policy = policy or about_rego(node)
    if node.value is None:
        return policy
    names = Names(checks)
    read = _Reader(names)
    return replace(
        policy,
        profile=Profile[node["profile"].text.upper()] if node["profile"].exists else policy.profile,
        fail_on=threshold(node["fail_on"].text) if node["fail_on"].exists else policy.fail_on,
        kubernetes_version=read.release(node["kubernetes_version"]),
        severities={
            check: Severity[item.text.upper()] for check, item in read.by_check(node["severities"])
        },
        select=frozenset(map(read.check_or_family, node["select"])),
        ignore=frozenset(map(read.ignorable, node["ignore"])),
        exclude=tuple(item.text for item in node["exclude"]),
        parameters={
            check: read.parameters(check, item) for check, item in read.by_check(node["parameters"])
        },
        non_waivable=frozenset(map(read.check, node["non_waivable"])),
        suppressions=tuple(map(read.exemption, node["suppressions"])),
        admission=_admission(node["webhook"], read),
        facts=_facts(node["image_facts"], policy.root or File.cwd()),
        trivy=_trivy(node["trivy"]),
    )


def _facts(node: Node, root: File) -> FactsSource:
    key = node["key"]
    files = tuple(_beside(item, root) for item in node["files"])
    return FactsSource(files, _beside(key, root) if key.exists else "")


def _trivy(node: Node) -> TrivyChoice:
    chosen: dict[str, Any] = {key: value.value for key, value in node.items()}
    root = File(node.source.name).absolute().parent
    if "/" in chosen.get("program", ""):  # a bare name is looked up in PATH
        chosen["program"] = str(root / chosen["program"])
    if "cache" in chosen:
        chosen["cache"] = str(root / chosen["cache"])
    return TrivyChoice(**chosen)


def _admission(node: Node, read: _Reader) -> Admission:
    chosen: dict[str, Any] = {
        key: Mode(node[key].text) for key in ("mode", "on_fault", "unchanged") if node[key].exists
    }
    return Admission(
        **chosen,
        annotations=node["annotations"].value is True,
        modes=tuple(
            ModeRule(Mode(item["mode"].text), read.checks(item["checks"]), _where(item))
            for item in node["modes"]
        ),
        profiles=tuple(
            ProfileRule(Profile[item["profile"].text.upper()], _where(item))
            for item in node["profiles"]
        ),
        exempt=Exempt(**{key: _texts(value) for key, value in node["exempt"].items()}),
    )


def _where(node: Node) -> Where:
    selector = node["namespace_selector"]
    return Where(_texts(node["namespaces"]), selector.mapping if selector.exists else None)


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(item.text for item in node)


class Options(NamedTuple):
    """What the command line says, as it was typed; None and () leave the choice to the file."""

    profile: str | None = None
    fail_on: str | None = None
    kubernetes_version: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    policies: tuple[PolicySource, ...] = ()
    rego_engine: str | None = None
    opa_url: str | None = None
    facts: FactsSource = FactsSource()


def with_rego(policy: Policy, options: Options) -> Policy:
    """The policy with what the command line says about Rego. Raises UsageError."""
    rego = policy.rego._replace(
        engine=options.rego_engine or policy.rego.engine, url=options.opa_url or policy.rego.url
    )
    if rego.engine == "server" and not rego.url:
        raise UsageError("which server is to be asked?", "--opa-url http://localhost:8181")
    if rego.url and rego.engine != "server":
        raise UsageError("an address is for --rego-engine server", "leave --opa-url out")
    return replace(policy, policies=(*policy.policies, *options.policies), rego=rego)


def override(policy: Policy, options: Options, checks: Sequence[Check]) -> Policy:
    """The policy with the options of the command line, which win over the file.

    `select` sets the file's `select` and `ignore` aside; `ignore`, `exclude` and `facts` add to
    the file's. `checks` is the whole catalogue, which only these two ask.
    """
    read = _Reader(Names(checks))
    if options.profile is not None:
        policy = replace(policy, profile=_member(Profile, options.profile, "--profile"))
    if options.fail_on is not None:
        policy = replace(policy, fail_on=threshold(options.fail_on))
    if options.kubernetes_version is not None:
        policy = replace(policy, kubernetes_version=release(options.kubernetes_version))
    if options.select:
        chosen = frozenset(read.check_or_family(item) for item in _typed("select", options.select))
        policy = replace(policy, select=chosen, ignore=frozenset())
    ignored = frozenset(read.ignorable(item) for item in _typed("ignore", options.ignore))
    given = options.facts
    return replace(
        policy,
        ignore=policy.ignore | ignored,
        exclude=(*policy.exclude, *options.exclude),
        facts=FactsSource((*policy.facts.files, *given.files), given.key or policy.facts.key),
    )


def threshold(text: str) -> Severity | None:
    """What `fail_on` says; None for `none`."""
    return None if text.lower() == "none" else _member(Severity, text, "--fail-on")


def _member(kind: type[Choice], text: str, option: str) -> Choice:
    if text.upper() not in kind.__members__:
        known = [name.lower() for name in kind.__members__]
        raise UsageError(
            f"{option}: {text[:40]!r} is none of {', '.join(known)}", suggest(text, known)
        )
    return kind[text.upper()]


def _typed(option: str, values: tuple[str, ...]) -> list[Node]:
    """The values of an option as nodes, so that one reader serves file and command line."""
    source = Source(f"--{option}")
    return [Node(value, source) for value in values]


class _Reader:
    """Values that need the catalogue, each refused at its place."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def check(self, node: Node, key: bool = False) -> str:
        return self._named(node, self.names.check, "check", key)

    def check_or_family(self, node: Node) -> str:
        return self._named(node, self.names.check_or_family, "check or family", False)

    def checks(self, node: Node) -> frozenset[str]:
        """The ids that a list of ids, names and families means."""
        named = set(map(self.check_or_family, node))
        every = self.names.checks.values()
        return frozenset(c.id for c in every if c.id in named or c.family in named)

    def ignorable(self, node: Node) -> str:
        """A check or family that may be switched off."""
        found = self.check_or_family(node)
        family = (c.id for c in self.names.checks.values() if c.family == found)
        if about_the_scan(found) or any(map(about_the_scan, family)):
            raise mistake(
                node,
                f"{node.text!r} is about the scan itself and always runs",
                "lower its severity, or suppress it for the files in question",
            )
        return found

    def _named(self, node: Node, find: Callable[[str], str | None], what: str, key: bool) -> str:
        text = str(node.path[-1]) if key else node.text
        found = find(text)
        if found is None:
            raise mistake(
                node, f"no {what} is called {text[:60]!r}", self.names.hint(text), key=key
            )
        return found

    def release(self, node: Node) -> tuple[int, int]:
        if not node.exists:
            return Policy().kubernetes_version
        try:
            return release(node.text)
        except UsageError as error:
            raise mistake(node, error.message, error.hint) from error

    def by_check(self, node: Node) -> Iterator[tuple[str, Node]]:
        """What a mapping says about each check, which its id and its name may not both do."""
        seen: set[str] = set()
        for key in node.mapping:
            item = node[key]
            check = self.check(item, key=True)
            if check in seen:
                raise mistake(item, f"{self.names.called(check)} is given twice", key=True)
            seen.add(check)
            yield check, item

    def parameters(self, id: str, node: Node) -> dict[str, object]:
        """The parameters of one check, of the types that their defaults have."""
        check = self.names.checks[id]
        return {name: _parameter(value, name, check) for name, value in node.items()}

    def exemption(self, node: Node) -> Exemption:
        until = node["until"]
        try:
            expires = date.fromisoformat(until.text) if until.exists else None
        except ValueError as error:
            raise mistake(until, f"{until.text!r} is no date of the calendar") from error
        return Exemption(
            tuple(map(self.check, node["checks"])),
            Suppression(node["reason"].text.strip(), Spelling.CONFIGURATION, expires),
            node,
            **{scope: node[scope].text for scope in SCOPES},
        )


def _parameter(node: Node, name: str, check: Check) -> object:
    if name not in check.parameters:
        known = ", ".join(check.parameters)
        hint = suggest(name, check.parameters) or (f"it has {known}" if known else "it has none")
        raise mistake(node, f"{check.name} has no parameter {shown(name)}", hint, key=True)
    default, value = check.parameters[name], node.value
    if isinstance(default, tuple | frozenset):
        for item in node:
            if not isinstance(item.value, str):
                raise mistake(item, f"{shown(item.value)} is not text, as {name} wants", "quote it")
        if isinstance(value, list):
            return type(default)(value)
    elif type(value) is type(default) or (isinstance(default, float) and type(value) is int):
        return value
    kind = _KINDS.get(type(default), "what it takes")
    raise mistake(node, f"{name} is {shown(value)}, not {kind}")


_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list of text",
    frozenset: "a list of text",
    dict: "a mapping",
}
