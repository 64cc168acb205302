"""A language whose time is over has holes that everybody can read about, and nobody closes."""

import re
from collections.abc import Iterator
from datetime import date

from kubeguard.checks.kit import FileKind, Image, Node, Problem, Severity, advise, check, support

_VARIABLES = {
    "PYTHON_VERSION": "python",
    "NODE_VERSION": "node",
    "PHP_VERSION": "php",
    "RUBY_VERSION": "ruby",
    "DOTNET_VERSION": "dotnet",
}
"""By which official images say what they are."""
_PROGRAM = re.compile(r"/(?:usr/local|opt/[^/]+)/bin/(python|ruby)(\d+\.\d+)")
"""Not in /usr/bin: there the distribution mends it for as long as it does itself."""


@check(
    "KG2025",
    "Built image has a language runtime that is no longer mended",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CWE-1104",),
)
def ended_runtime(image: Image) -> Iterator[Problem]:
    seen: set[str] = set()
    for where, name, version in (*_announced(image), *_installed(image)):
        end = support.runtime_ended(name, version)
        release = f"{name} {'.'.join(version.split('.')[:2])}"
        if end and end < date.today() and release not in seen:
            seen.add(release)
            message = f"{name} {version[:20]} was mended until {end}"
            yield Problem(where, message, advise(f"move to a release of {name} that is supported"))


def _announced(image: Image) -> Iterator[tuple[Node, str, str]]:
    for variable in image.config["Env"]:
        key, _, version = variable.text.partition("=")
        if key in _VARIABLES:
            yield variable, _VARIABLES[key], version.removeprefix("v")


def _installed(image: Image) -> Iterator[tuple[Node, str, str]]:
    for path, file in image.files.items():
        if path.startswith(("/usr/local/bin/", "/opt/")) and file.kind is FileKind.FILE:
            found = _PROGRAM.fullmatch(path)
            if found:
                yield image.place(file), found[1], found[2]
