"""What rules that are no Python say about the views of a run."""

from __future__ import annotations

from typing import NamedTuple

from kubeguard.model.finding import Account, Check, Problem
from kubeguard.model.trouble import Trouble


class Verdict(NamedTuple):
    """Problems in the inputs, troubles in the policies, and the policies that were not evaluated.

    Problems are like those of a check on the bundle: each is in an input of the run.
    """

    problems: tuple[tuple[Check, Problem], ...] = ()
    troubles: tuple[Trouble, ...] = ()
    accounts: tuple[Account, ...] = ()
