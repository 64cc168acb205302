"""Ports that an image announces: `22`, `22/tcp`, `8000-8010/udp`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TCP = re.compile(r"(?i)(\d{1,5})(?:-(\d{1,5}))?(?:/tcp)?")


def any_protocol(text: str) -> range:
    """The ports that EXPOSE means, of whatever protocol."""
    return tcp(text.partition("/")[0])


def tcp(text: str) -> range:
    """The TCP ports that EXPOSE means; none for other protocols, and for what is no port."""
    found = _TCP.fullmatch(text)
    if found is None:
        return range(0)
    return range(int(found[1]), int(found[2] or found[1]) + 1)


def all_tcp(texts: Iterable[str]) -> set[int]:
    """The TCP ports that several of them mean, without those nobody can have."""
    return {port for text in texts for port in tcp(text) if port < 65536}
