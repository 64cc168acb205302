"""The same truth for a person, a pipeline and a code host: a Report becomes text."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType

from kubeguard.errors import UsageError
from kubeguard.formats._context import Context, Style
from kubeguard.model.finding import Report

__all__ = ["FORMATS", "Context", "Style", "pieces", "render"]

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "for people: code frames with a caret, and a summary",
        "json": "for programs: everything the report holds, versioned (docs/json.md)",
        "sarif": "SARIF 2.1.0, for code scanning",
        "junit": "JUnit XML, for test dashboards",
        "github": "GitHub Actions annotations",
        "gitlab": "GitLab Code Quality",
        "markdown": "a pull request comment",
        "html": "one self-contained page with filters",
        "cyclonedx": "CycloneDX 1.6: what images have installed, without findings",
    }
)
"""Every format and what it is for; its module is imported when it is asked for."""


def render(name: str, report: Report, context: Context | None = None) -> str:
    """The report as text that ends in a newline, unless it is empty; UsageError when unknown."""
    return "".join(pieces(name, report, context))


def pieces(name: str, report: Report, context: Context | None = None) -> Iterable[str]:
    """The same in pieces: a report of a hundred megabytes need not stand in memory as one text."""
    if name not in FORMATS:
        raise UsageError(f"no format is called {name!r}", f"there are {', '.join(FORMATS)}")
    made = import_module(f"kubeguard.formats.{name}").render(report, context or Context())
    return (made,) if isinstance(made, str) else made
