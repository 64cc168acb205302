"""What pip, its predecessors and npm leave beside the code that they install."""

from __future__ import annotations

import orjson

from kubeguard.model.package import Ecosystem, Listing, Package


def python(_: str, data: bytes) -> Listing:
    """Core metadata (PEP 566): headers, then a blank line, then the description."""
    fields: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        if not line.strip():
            break
        key, _, value = line.partition(":")
        fields.setdefault(key.lower(), value.strip())
    name, version = fields.get("name"), fields.get("version")
    return Listing((Package(Ecosystem.PYTHON, name, version),) if name and version else ())


def node(_: str, data: bytes) -> Listing:
    """The package.json of an installed package, by its own name."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return Listing(unread="not JSON")
    name, version = (
        (found.get("name"), found.get("version")) if isinstance(found, dict) else (None, None)
    )
    if not (isinstance(name, str) and isinstance(version, str) and name and version):
        return Listing()  # a folder for tests, or one that only says "type": "module"
    return Listing((Package(Ecosystem.NODE, name, version),))
