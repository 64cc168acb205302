"""Whether a process wants more requests: it drains before it ends."""

from dataclasses import dataclass


@dataclass(slots=True)
class State:
    """The life of a process, as its readiness tells it."""

    draining: bool = False
