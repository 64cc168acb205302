"""What every style of policy in Rego is to a run: questions, the inputs they fit, and findings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from kubeguard.model.finding import Check, Problem
from kubeguard.model.manifest import Manifest
from kubeguard.model.trouble import Trouble
from kubeguard.model.views import View
from kubeguard.policy.sources import PolicySource as Spec
from kubeguard.rego.engine import Program

__all__ = ["NO_PARAMETERS", "Ask", "Parameters", "PolicySet", "Question", "Spec", "Style"]

Parameters = Mapping[str, Mapping[str, Any]]
"""What the user sets in kubeguard.yaml, by the id of the check; defaults where one is missing."""
NO_PARAMETERS: Parameters = MappingProxyType({})


class Style(Enum):
    """The tool a policy was written for; it decides what `input` is and what a result means."""

    KUBEGUARD = "kubeguard"
    CONFTEST = "conftest"
    TRIVY = "trivy"
    GATEKEEPER = "gatekeeper"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A rule that yields findings, the check that it is, and the views it is asked about.

    `query` is the path of the rule without `data.` (`main.deny`).
    """

    check: Check
    query: str
    views: tuple[type[View], ...] = (Manifest,)

    def fits(self, view: View) -> bool:
        """Whether the rule is about this view, by its type and its kind, with or without group."""
        if not isinstance(view, self.views):
            return False
        kinds = self.check.kinds
        if not kinds or not isinstance(view, Manifest):
            return True
        return view.group_kind in kinds or view.kind in kinds


class Ask(NamedTuple):
    """One input, and what is asked of it; findings point into `view` unless they say better.

    `input` is what orjson can encode. `view` is a Bundle where inputs are judged together.
    """

    view: View
    input: Any
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PolicySet(ABC):
    """Policies compiled together: a file, a folder, a bundle, one Gatekeeper template."""

    name: str
    style: Style
    program: Program
    questions: tuple[Question, ...]
    troubles: tuple[Trouble, ...] = ()

    @abstractmethod
    def asks(self, views: Sequence[View], parameters: Parameters = NO_PARAMETERS) -> Iterator[Ask]:
        """The inputs made of these views, each with the questions that fit it."""

    @abstractmethod
    def problems(self, ask: Ask, question: Question, value: Any) -> Iterable[tuple[Check, Problem]]:
        """What a defined answer finds; the check may carry what the result says of its own."""
