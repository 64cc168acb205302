"""Which files list packages, or are packages, by their path, and who reads them."""

from __future__ import annotations

import re
from collections.abc import Callable

from kubeguard.model.package import Listing
from kubeguard.sources.images.packages import distribution, languages

Parser = Callable[[str, bytes], Listing]
"""From a path and the whole content to what it lists; never raises."""


def _java(path: str, data: bytes) -> Listing:
    from kubeguard.sources.images.packages import java

    return java.archive(path, data)


_PARSERS: tuple[tuple[str, Parser], ...] = (
    (r"/var/lib/dpkg/status(?:\.d/[^/]+(?<!\.md5sums))?", distribution.dpkg),
    (r"/(?:usr/)?lib/apk/db/installed", distribution.apk),
    (r"/(?:var|usr)/lib/(?:sysimage/)?rpm/(?:Packages(?:\.db)?|rpmdb\.sqlite)", distribution.rpm),
    (r".*\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)", languages.python),
    (r".*/node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json", languages.node),
    (r"(?i:.*\.[jwe]ar)", _java),
)
_ANY = re.compile("|".join(f"({pattern})" for pattern, _ in _PARSERS))


def parser(path: str) -> Parser | None:
    """Who reads a file of this name; None for most."""
    found = _ANY.fullmatch(path)
    return _PARSERS[(found.lastindex or 1) - 1][1] if found else None
