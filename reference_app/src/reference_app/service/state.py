"""Whether a process wants requests: it warms up first, and drains before it ends."""

from dataclasses import dataclass


@dataclass(slots=True)
class State:
    """The life of a process, as readiness tells it."""

    draining: bool = False
    warm: bool = True
