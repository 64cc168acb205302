"""What a release can be put on, and the steps that are the same for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from kubeguard.cli.output import note
from kubeguard.cli.scan import exit_code
from kubeguard.errors import KubeguardError
from kubeguard.formats import Context, pieces
from kubeguard.model.finding import Report
from kubeguard.policy.policy import Policy

if TYPE_CHECKING:
    from kubeguard.deploy.change import Change


class TargetName(StrEnum):
    """As it is called on the command line."""

    KUBERNETES = "kubernetes"
    COMPOSE = "compose"


class Target(Protocol):
    """A release in its place. Every step raises KubeguardError when it cannot be done."""

    def plan(self, files: Sequence[str], /) -> Iterator[Change]:
        """What `apply` would change."""

    def apply(self, files: Sequence[str], policy: Policy, seconds: float, /) -> None:
        """Judge what is in the files, and bring it to run when it passes."""

    def verified(self, policy: Policy, probes: bool, /) -> int:
        """Judge what runs, show what is found; the exit code."""

    def rollback(self, to: int, seconds: float, /) -> None:
        """Bring an earlier revision back; the last that was deployed if `to` is 0."""

    def made(self, volumes: bool, /) -> Sequence[str]:
        """What `delete` would delete, by name."""

    def delete(self, seconds: float, volumes: bool, /) -> None:
        """Delete what the release made."""


def pass_or_refuse(report: Report, chosen: Policy) -> None:
    """Show what a scan has found. Raises KubeguardError when it does not pass."""
    show(report, chosen)
    if exit_code(report, chosen):
        hint = "correct what is found, or suppress it with a reason; nothing was applied"
        raise KubeguardError("kubeguard does not let this pass", hint)


def show(report: Report, chosen: Policy) -> None:
    """A report as text, when there is something in it."""
    if report.findings or report.faults or exit_code(report, chosen):
        text = "".join(pieces("text", report, Context(chosen.profile, chosen.fail_on)))
        note(text.rstrip("\n"))
