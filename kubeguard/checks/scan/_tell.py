"""A trouble becomes a problem as it stands: its reader has already said where and why."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Trouble, TroubleKind, advise


def tell(trouble: Trouble, kind: TroubleKind, advice: str) -> Iterator[Problem]:
    """The problem, when the trouble is of this kind."""
    if trouble.kind is kind:
        yield Problem(trouble.node, trouble.message, trouble.fix or advise(advice))
