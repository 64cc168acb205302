"""An image reference, taken apart once (distribution/reference grammar)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class ImageReference(NamedTuple):
    """`registry/repository:tag@digest`; registry and repository as Docker would complete them."""

    registry: str
    repository: str
    tag: str
    digest: str

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> ImageReference:
        """Take a reference apart; what is missing is '', but registry and repository are completed.

        >>> ImageReference.parse("nginx")
        ImageReference(registry='docker.io', repository='library/nginx', tag='', digest='')
        """
        rest, _, digest = text.partition("@")
        head, slash, tail = rest.rpartition("/")
        name, _, tag = tail.partition(":")
        rest = head + slash + name
        first, slash, path = rest.partition("/")
        if slash and ("." in first or ":" in first or first == "localhost"):
            return cls(first, path, tag, digest)
        return cls("docker.io", rest if slash else f"library/{rest}", tag, digest)
