"""Colour says how bad it is, and nothing else needs it."""

from collections.abc import Callable, Mapping

from kubeguard.formats._digest import WORDS
from kubeguard.model.severity import Severity

_COLORS: Mapping[Severity, str] = {
    Severity.CRITICAL: "magenta",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}
LABEL = max(map(len, WORDS.values()))
"""Cells that a severity takes in a column."""


class Paint:
    """Colours strings, or leaves them as they are; what a line repeats is coloured once."""

    def __init__(self, color: bool) -> None:
        self._style: Callable[..., str] = _plain
        if color:
            from click import style

            self._style = style
        self.labels = {s: self.severity(s, f"{WORDS[s]:<{LABEL}}") for s in Severity}
        self.marks = {s: self.severity(s, "^").partition("^")[::2] for s in Severity}
        self.bar = self.faint("│")
        self.fix = self._style("fix:", fg="green")

    def severity(self, severity: Severity, text: str) -> str:
        return self._style(text, fg=_COLORS[severity], bold=True)

    def strong(self, text: str) -> str:
        return self._style(text, bold=True)

    def faint(self, text: str) -> str:
        return self._style(text, dim=True)

    def alarm(self, text: str) -> str:
        return self._style(text, fg="red", bold=True)


def _plain(text: str, **_: object) -> str:
    return text
