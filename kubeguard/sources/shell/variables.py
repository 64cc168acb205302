"""The variables of a running script, as far as its text tells."""

from __future__ import annotations

from collections.abc import Sequence

from kubeguard.sources.expansion import Lookup, Missing, Room, Value

_MAX_VARIABLES = 300
_SHELL_OWN = frozenset(
    (
        *("HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "UID", "EUID", "GROUPS", "HOSTNAME"),
        *("SHELL", "SHLVL", "PATH", "IFS", "LANG", "TERM", "TMPDIR", "PPID", "BASHPID"),
        *("_", "RANDOM", "SECONDS", "EPOCHSECONDS", "LINENO", "FUNCNAME", "PIPESTATUS", "REPLY"),
        *("OPTARG", "OPTIND", "OSTYPE", "MACHTYPE", "HOSTTYPE"),
        *("BASH", "BASH_ENV", "BASH_SOURCE", "BASH_VERSION", "BASH_VERSINFO"),
    )
)

Saved = dict[str, Value]


class Variables:
    """What has been assigned so far, before the environment the script was started in."""

    def __init__(self, environment: Lookup, room: Room) -> None:
        self._environment = environment
        self._room = room
        self._set: Saved = {}

    def fresh(self) -> Variables:
        """Those of a script that is started from here, which sees the environment only."""
        return Variables(self._environment, self._room)

    def lookup(self, name: str) -> Value:
        value = self._set.get(name)
        if value is None:
            value = self._environment(name)
            if value is Missing.UNDECLARED and (name in _SHELL_OWN or not name.isidentifier()):
                return Missing.OPAQUE
            return value
        return self._room.take(value)

    def set(self, name: str, value: Value) -> None:
        if len(self._set) < _MAX_VARIABLES or name in self._set:
            self._set[name] = value

    def touch(self, name: str) -> None:
        """Something gives it a value that the text does not show."""
        if not isinstance(self.lookup(name), str):
            self.set(name, Missing.OPAQUE)

    def save(self) -> Saved:
        return dict(self._set)

    def restore(self, saved: Saved) -> None:
        self._set = dict(saved)

    def merge(self, ends: Sequence[Saved]) -> None:
        """After a choice: a variable keeps a value only when every way through leaves the same."""
        merged: Saved = {}
        for name in {name for end in ends for name in end}:
            values = {end.get(name, Missing.UNDECLARED) for end in ends}
            merged[name] = values.pop() if len(values) == 1 else Missing.OPAQUE
        self._set = merged
