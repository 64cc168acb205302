"""What the worker says, from JSON to the shapes of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kubeguard.rego.engine import (
    Answer,
    Coverage,
    Diagnostic,
    Module,
    Package,
    Program,
    Rule,
    Run,
    Tests,
)


def diagnostic(told: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        told["code"],
        told["message"],
        told.get("file", ""),
        told.get("line", 0),
        told.get("column", 0),
        told.get("text", ""),
        tuple(told.get("details") or ()),
    )


def program(number: int, told: Mapping[str, Any]) -> Program:
    """What was compiled, under the number by which this side calls it."""
    packages = (
        Package(p["module"], p["package"], p["version"], tuple(p["imports"]), p["annotations"])
        for p in told["packages"]
    )
    return Program(number, tuple(packages), tuple(Rule(**rule) for rule in told["rules"]))


class BundleFiles(NamedTuple):
    """What is in a bundle, and whether something signs it."""

    modules: tuple[Module, ...]
    data: dict[str, Any]
    signed: bool


def bundle(told: Mapping[str, Any]) -> BundleFiles:
    modules = tuple(Module(each["name"], each["text"], each["version"]) for each in told["modules"])
    return BundleFiles(modules, dict(told["data"]), bool(told["signed"]))


def rows(told: Mapping[str, Any], queries: int, inputs: int) -> list[list[Answer]]:
    """The answers by input and query. Raises ValueError when there are not as many as asked."""
    results = told["results"]
    if [len(row) for row in results] != [queries] * inputs:
        raise ValueError("it is the answer to another question")
    return [[_answer(each) for each in row] for row in results]


def _answer(told: Mapping[str, Any]) -> Answer:
    failure = told.get("failure")
    return Answer(
        told.get("value"),
        "value" in told,
        tuple(map(diagnostic, told.get("warnings", ()))),
        tuple(told.get("prints", ())),
        diagnostic(failure) if failure else None,
        told.get("ns", 0),
    )


def tests(told: Mapping[str, Any]) -> Tests:
    return Tests(
        tuple(map(_run, told["tests"])),
        tuple(
            Coverage(c["file"], tuple(c["covered"]), tuple(c["uncovered"]), c["percent"])
            for c in told.get("coverage", ())
        ),
    )


def _run(told: Mapping[str, Any]) -> Run:
    error = told.get("error")
    return Run(
        told["package"],
        told["name"],
        told["file"],
        told["line"],
        told["status"],
        told.get("ns", 0),
        told.get("output", ""),
        told.get("trace", ""),
        diagnostic(error) if error else None,
        tuple(told.get("cases", ())),
    )
