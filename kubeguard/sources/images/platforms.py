"""Which of the images for several platforms is meant."""

from __future__ import annotations

import platform as host
from collections.abc import Sequence
from typing import Any, NamedTuple

from kubeguard.errors import SourceError, UsageError

_ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "i686": "386",
    "i386": "386",
}


class Platform(NamedTuple):
    """`os/architecture[/variant]`, as `docker build --platform` takes it."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self if part)

    def runs(self, other: Platform) -> bool:
        """Whether an image for `other` is one for this platform; 64-bit ARM is v8 in any case."""
        same = (self.os, self.architecture) == (other.os, other.architecture)
        return same and (not self.variant or self._full() == other._full())

    def _full(self) -> str:
        return self.variant or ("v8" if self.architecture == "arm64" else "")


def parse(text: str) -> Platform:
    """Raises UsageError."""
    parts = text.lower().split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise UsageError(f"--platform: {text!r} is none", "write linux/amd64 or linux/arm64/v8")
    os, architecture, *variant = parts
    return Platform(os, _ARCHITECTURES.get(architecture, architecture), *variant)


def of_host() -> Platform:
    """Containers are Linux unless somebody says otherwise, also on a Mac."""
    machine = host.machine().lower()
    return Platform("linux", _ARCHITECTURES.get(machine, machine))


def of(described: Any) -> Platform:
    """The platform in a descriptor or a configuration; parts that are not there are ''."""
    fields = described if isinstance(described, dict) else {}
    texts = (str(fields.get(key) or "") for key in ("os", "architecture", "variant"))
    return Platform(*texts)


def choose(offered: Sequence[Platform], wanted: Platform | None) -> int:
    """The number of the one to take: what was asked for, the only one, or the host's.

    Raises SourceError with what there is.
    """
    wish = wanted or of_host()
    for number, platform in enumerate(offered):
        if wish.runs(platform):
            return number
    if len(offered) == 1 and wanted is None:
        return 0
    there = ", ".join(str(platform) for platform in offered[:20])
    hint = "choose one with --platform"
    raise SourceError(f"no image for {wish}: there are {there}", hint=hint)
