"""A check answers to its id and to its name, however it is spelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubeguard.model.finding import Check


def fold(text: str) -> str:
    """One spelling for `KG3001`, `kg3001`, `host-network` and `host_network`."""
    return text.strip().lower().replace("-", "_")


def suggest(text: str, options: Iterable[str]) -> str:
    """`did you mean 'profile'?`, or '' when nothing is close."""
    import difflib

    spellings = {fold(option): option for option in options}
    close = difflib.get_close_matches(fold(text[:80]), spellings, n=1, cutoff=0.6)
    return f"did you mean {spellings[close[0]]!r}?" if close else ""


def is_like(theirs: str, asked: str) -> bool:
    """`KSV-0017`, `KSV017`, `AVD-KSV-0017` and `trivy:KSV-0017` all name `trivy:KSV-0017`."""
    bare = _digested(theirs.partition(":")[2])
    return _digested(asked) in (_digested(theirs), bare, f"avd{bare}")


def _digested(text: str) -> str:
    letters = "".join(char for char in text.lower() if char.isalnum())
    head = letters.rstrip("0123456789")
    return head + letters[len(head) :].lstrip("0")


class Names:
    """The ids, names and families of a catalogue."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = {check.id: check for check in checks}
        self._ids = {fold(c.name): c.id for c in checks} | {fold(c.id): c.id for c in checks}
        self._families = {fold(check.family): check.family for check in checks}

    def check(self, text: str) -> str | None:
        """The id of the check that is called this."""
        return self._ids.get(fold(text))

    def check_or_family(self, text: str) -> str | None:
        """The id of the check, or the family, that is called this."""
        return self.check(text) or self._families.get(fold(text))

    def called(self, id: str) -> str:
        """How a message calls a check: `host_network (KG3001)`."""
        return f"{self.checks[id].name} ({id})"

    def hint(self, text: str) -> str:
        """What may have been meant by a name that nothing has."""
        if family := self._families.get(fold(text)):
            return (
                f"{family} is a family: name its checks, see `kubeguard checks --family {family}`"
            )
        for check in self.checks.values():
            for theirs in check.like:
                if is_like(theirs, text):
                    return f"{theirs} is {self.called(check.id)} here"
        known = (name for check in self.checks.values() for name in (check.name, check.id))
        return suggest(text, [*known, *self._families.values()]) or "`kubeguard checks` lists them"
