"""A running OPA as the engine: it is asked for its own policies, and gets no others."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from opa_client.errors import PolicyNotFoundError

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import (
    Answer,
    Budget,
    Diagnostic,
    EngineError,
    Module,
    Program,
)
from kubeguard.rego.engines import lines
from kubeguard.rego.engines.client import Client
from kubeguard.rego.engines.process import DiedError
from kubeguard.rego.engines.questions import GIVEN_UP, PATIENCE
from kubeguard.rego.engines.syntax import Tree, program
from kubeguard.rego.places import steps

TOKEN = "KUBEGUARD_OPA_TOKEN"  # noqa: S105 - its name
"""The environment variable with the token, where no file has it."""
_BUILTIN = "eval_builtin_error"
_STRICTLY = {"strict-builtin-errors": "true"}


class Server:
    """Asks one rule about one input at a time. It does not tell what policies print.

    A server does not say where in a module a rule stands, nor of which version it is: the line is
    found in the text, and the version said to be v1.
    """

    def __init__(self, choice: EngineChoice, *, budget: Budget | None = None) -> None:
        self._choice = choice
        self._budget = budget or Budget(choice.seconds)
        self._program: Program | None = None
        self._breaches: Counter[str] = Counter()

    def modules(self) -> tuple[Module, ...]:
        """The policies that the server has. Raises EngineError, also when there are none."""
        return tuple(Module(tree.module, tree.text) for tree in self._trees)

    def compile(
        self,
        modules: Sequence[Module],
        data: Mapping[str, Any] | None = None,
        *,
        strict: bool = False,  # noqa: ARG002 - the server has compiled them already
        functions: Sequence[str] = (),  # noqa: ARG002
        tests: bool = False,  # noqa: ARG002
    ) -> Program:
        """What the server has compiled. Raises EngineError for modules and data that are not
        its own."""
        own = {tree.module: tree.text for tree in self._trees}
        for module in modules:
            if own.get(module.name) != module.text:
                raise EngineError(f"the server judges by policies of its own, not by {module.name}")
        if data:
            raise EngineError("the server has data of its own and takes no others")
        if self._program is None:
            self._program = program(1, self._trees)
        return self._program

    def evaluate(
        self,
        program: Program,  # noqa: ARG002 - there is only one
        queries: Sequence[str],
        inputs: Sequence[Any],
    ) -> list[list[Answer]]:
        """The answers by input, then by query. Raises EngineError when the server cannot be
        reached, or refuses to answer."""
        return [list(self._row(queries, each)) for each in inputs]

    def close(self) -> None:
        """Close the connections; a second time does nothing."""
        if "_client" in self.__dict__:
            self._client.close_connection()

    @cached_property
    def _client(self) -> Client:
        return Client(self._choice, _token(self._choice), self._budget)

    @cached_property
    def _trees(self) -> tuple[Tree, ...]:
        try:
            with self._client.explained():
                names = self._client.get_policies_list()
                said = [self._client.get_policy(quote(name))["result"] for name in names]
            trees = tuple(Tree(each["id"], "v1", each["raw"], each["ast"]) for each in said)
        except DiedError as error:
            raise EngineError(f"{self._client.shown} cannot be reached: {error}") from None
        except (PolicyNotFoundError, LookupError, TypeError, AttributeError) as error:
            raise EngineError(f"{self._client.shown} is no OPA: {error!r}") from None
        if not trees:
            raise EngineError(f"{self._client.shown} has no policies")
        return trees

    def _row(self, queries: Sequence[str], given: Any) -> Iterator[Answer]:
        sent = lines.as_input(given, self._budget)
        value = json.loads(sent) if isinstance(sent, bytes) else None
        for query in queries:
            if isinstance(sent, Diagnostic):
                yield Answer(failure=sent)
            elif self._breaches[query] >= PATIENCE:
                yield GIVEN_UP
            else:
                yield self._answer(query, value)

    def _answer(self, query: str, value: Any) -> Answer:
        """First with errors of functions for errors, so that they are told; then without."""
        try:
            told, errors = self._asked(query, value, _STRICTLY)
            warnings = tuple(_diagnostic(e) for e in errors if e.get("code") == _BUILTIN)
            if warnings:
                told, errors = self._asked(query, value, {})
        except DiedError as error:
            self._breaches[query] += 1
            return Answer(failure=Diagnostic("engine", str(error)))
        if errors:
            return Answer(failure=_diagnostic(errors[0]), warnings=warnings)
        return Answer(told.get("result"), "result" in told, warnings)

    def _asked(
        self, query: str, value: Any, options: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
        """What the server says, or the errors that it says. Raises DiedError, EngineError."""
        path = "/".join(quote(str(step), safe="").replace(".", "%2E") for step in steps(query))
        with self._client.explained():
            try:
                told = self._client.query_rule(value, path, None, options)
            except requests.HTTPError as error:
                return {}, _errors(error)
        if not isinstance(told, dict):
            raise EngineError(f"{self._client.shown} is no OPA")
        return told, ()


def _errors(error: requests.HTTPError) -> list[Mapping[str, Any]]:
    """What OPA says of an evaluation; everything else is a refusal, which is raised again."""
    try:
        errors = error.response.json()["errors"] if error.response is not None else []
        if [each["message"] for each in errors]:
            return list(errors)
    except (ValueError, LookupError, TypeError):
        pass
    raise error


def _diagnostic(error: Mapping[str, Any]) -> Diagnostic:
    place = error.get("location") or {}
    return Diagnostic(
        error.get("code", "error"),
        error["message"],
        place.get("file", ""),
        place.get("row", 0),
        place.get("col", 0),
    )


def _token(choice: EngineChoice) -> str:
    """The token that the server wants, if any. Raises EngineError; it never shows the token."""
    if not choice.token_file:
        return os.environ.get(TOKEN, "").strip()
    try:
        token = Path(choice.token_file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise EngineError(f"the token in {choice.token_file} cannot be read: {why}") from None
    if not token or not token.isprintable():
        raise EngineError(f"there is no token in {choice.token_file}")
    return token
