"""A schema's trouble becomes a problem as it stands: sources/schema has said where and why."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Trouble, TroubleKind


def passed_on(trouble: Trouble, kind: TroubleKind) -> Iterator[Problem]:
    """The problem, when the trouble is of this kind."""
    if trouble.kind is kind:
        yield Problem(trouble.node, trouble.message, trouble.fix)
