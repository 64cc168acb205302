"""Which variables an instruction sees: ENV and ARG of its stage and of those below it."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter

from kubeguard.sources.expansion import Lookup, Missing, Room, Value

_MAX_LINEAGE = 100
_PLATFORM = frozenset(
    f"{side}{part}"
    for side in ("TARGET", "BUILD")
    for part in ("PLATFORM", "OS", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
_PROXIES = frozenset(("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"))
_STAGE_WIDE = _PROXIES | frozenset(name.lower() for name in _PROXIES) | {"PATH"}

_ENV, _ARG = 0, 1
_History = dict[str, list[tuple[int, Value]]]


class Scope:
    """The variables of one stage, or of the lines before the first FROM.

    Its clock ticks with every declaration, so that a RUN that is read later still sees what was
    declared above it and nothing else.
    """

    def __init__(self, room: Room, outer: Scope | None = None, parent: Scope | None = None) -> None:
        self.room = room
        self.outer = outer
        self.parent = parent
        self.clock = 0
        self._tables: tuple[_History, _History] = ({}, {})

    def env(self, name: str, value: Value) -> None:
        self._declare(_ENV, name, value)

    def arg(self, name: str, value: Value) -> None:
        self._declare(_ARG, name, value)

    def _declare(self, kind: int, name: str, value: Value) -> None:
        self.clock += 1
        self._tables[kind].setdefault(name, []).append((self.clock, value))

    def inherited_arg(self, name: str) -> Value:
        """What a bare `ARG name` takes over from the lines before the first FROM."""
        value = self.outer.lookup(name) if self.outer else Missing.UNDECLARED
        return Missing.NO_DEFAULT if value is Missing.UNDECLARED else value

    def lookup(self, name: str) -> Value:
        return self.at(self.clock)(name)

    def at(self, clock: int) -> Lookup:
        """The variables as they are when the clock shows this."""
        return lambda name: self.room.take(self._find(name, clock))

    def _find(self, name: str, clock: int) -> Value:
        """ENV, here or in the stages this one is built from, wins over any ARG."""
        for kind in (_ENV, _ARG):
            scope: Scope | None = self
            limit = clock
            for _ in range(_MAX_LINEAGE):
                if scope is None:
                    break
                history = scope._tables[kind].get(name, ())
                if count := bisect_right(history, limit, key=itemgetter(0)):
                    return history[count - 1][1]
                scope = scope.parent
                limit = scope.clock if scope else 0
        opaque = _PLATFORM if self.outer is None else _STAGE_WIDE
        return Missing.OPAQUE if name in opaque else Missing.UNDECLARED
