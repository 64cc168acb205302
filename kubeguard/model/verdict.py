"""What rules that are no Python say about the views of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from kubeguard.model.finding import Account, Check, Problem
from kubeguard.model.trouble import Trouble
from kubeguard.model.views import View


class Verdict(NamedTuple):
    """Problems in the inputs, troubles in the policies, and the policies that were not evaluated.

    Problems are like those of a check on the bundle: each is in an input of the run.
    """

    problems: tuple[tuple[Check, Problem], ...] = ()
    troubles: tuple[Trouble, ...] = ()
    accounts: tuple[Account, ...] = ()


class Rules(Protocol):
    """The policies of a run, loaded."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """Each rule that can find something, as a check."""

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What kept policies from being loaded."""

    @property
    def prints(self) -> Sequence[str]:
        """What policies printed while they were asked, each line behind its place."""

    def judge(self, chosen: Sequence[Check], views: Sequence[View], /) -> Verdict:
        """What the rules of these checks, with their severities and parameters, say."""
