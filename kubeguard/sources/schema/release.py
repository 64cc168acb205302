"""One Kubernetes release: its kinds, and the shape of each, made when first asked for."""

from __future__ import annotations

from functools import cache

from kubeguard import schemas
from kubeguard.sources.schema.shape import Shape


class Release:
    """Read once per process: see `release`."""

    def __init__(self, version: tuple[int, int]) -> None:
        self.minor = version[1]
        self.kinds, self.definitions = schemas.release(version)
        self._shapes: dict[tuple[str, str], Shape] = {}

    def shape(self, api_version: str, kind: str) -> Shape | None:
        """The schema of a kind; None when this release does not serve it."""
        key = api_version, kind
        if key not in self._shapes:
            name = self.kinds.get(api_version, {}).get(kind)
            if name is None:
                return None
            self._shapes[key] = Shape({"$ref": f"#/$defs/{name}"}, self.definitions)
        return self._shapes[key]


@cache
def release(version: tuple[int, int]) -> Release:
    """The release, shared by everybody who asks for it."""
    return Release(version)
