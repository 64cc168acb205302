"""A module of our own that asks the rules of a user's policies what they cannot be asked plainly.

A query names a rule; it cannot say "with these parameters", "unless excepted" or "in this file".
So a module that is compiled with the policies says it, in Rego, and the queries name its rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from kubeguard.model.views import View
from kubeguard.rego.engine import Module
from kubeguard.rego.policies import Parameters, Question

_PACKAGE = "kubeguard_asking"
_NAME = "(kubeguard)"


class Asking(NamedTuple):
    """What has to be said with the questions of one set.

    `parameters` that its checks have, `file` the path of the input (conftest's
    `data.conftest.file`), `exceptions` by the path of a rule: the rule that lists them and the name
    that is excepted.
    """

    parameters: bool = False
    file: bool = False
    exceptions: Mapping[str, tuple[str, str]] = {}

    @property
    def needed(self) -> bool:
        return self.wrapped or bool(self.exceptions)

    @property
    def wrapped(self) -> bool:
        """Whether the input carries more than the object."""
        return self.parameters or self.file

    def module(self, questions: Sequence[Question]) -> Module:
        """A rule for each question, under the path that `query` gives."""
        rules = (line for question in questions for line in self._rule(question))
        return Module(_NAME, "\n".join((f"package {_PACKAGE}", "", *rules, "")), "v1")

    def _rule(self, question: Question) -> list[str]:
        path, name = question.query, question.check.id
        replaced = self._replacements(name)
        lines = [f"asked.{path} := answer if {{".replace(".[", "[")]
        excepted = self.exceptions.get(path)
        if excepted:
            lines.append(f"\tnot excepted[{_quoted(path)}]")
        lines += [f"\tanswer := {_data(path)}{replaced}", "}"]
        if excepted:
            rule, what = excepted
            said = f"\tsome rules in {_data(rule)}{replaced}"
            lines += [f"excepted[{_quoted(path)}] if {{", said, f"\t{_quoted(what)} in rules", "}"]
        return lines

    def _replacements(self, name: str) -> str:
        said = {"input": "input.input"} if self.wrapped else {}
        if self.parameters:
            said["data.parameters"] = f"input.parameters[{_quoted(name)}]"
        if self.file:
            said["data.conftest.file"] = "input.file"
        return "".join(f" with {what} as {value}" for what, value in said.items())

    def query(self, path: str) -> str:
        """The path under which a rule is asked for."""
        return f"{_PACKAGE}.asked.{path}".replace(".[", "[") if self.needed else path

    def input(
        self, view: View, value: Any, questions: Sequence[Question], parameters: Parameters
    ) -> Any:
        """What the rules of the module take for their input."""
        if not self.wrapped:
            return value
        said: dict[str, Any] = {"input": value}
        if self.parameters:
            checks = (question.check for question in questions)
            said["parameters"] = {c.id: parameters.get(c.id, c.parameters) for c in checks}
        if self.file:
            said["file"] = _file(view)
        return said


def _file(view: View) -> dict[str, str]:
    """Name and folder of the input's file, as conftest tells them."""
    import os

    folder, name = os.path.split(os.path.abspath(view.node.source.name))
    return {"name": name, "dir": folder}


def _data(path: str) -> str:
    return f"data.{path}".replace(".[", "[")


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


PLAINLY = Asking()
"""Nothing has to be said with the questions."""
