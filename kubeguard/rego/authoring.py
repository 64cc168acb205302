"""What the tools of authors work on: the modules at a path, their tests with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kubeguard.errors import UsageError
from kubeguard.policy.sources import PolicySource
from kubeguard.rego import bundle, data, packs
from kubeguard.rego.engine import Module
from kubeguard.rego.load import module


def modules(paths: Iterable[Path]) -> Iterator[Module]:
    """Every file of Rego at or below the paths. Raises UsageError, KubeguardError."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no policy at {str(path)[:200]!r}")
        files = data.walk(path) if path.is_dir() else (path,)
        yield from (module(file) for file in files if file.suffix == ".rego")


def with_tests(source: PolicySource) -> tuple[list[Module], dict[str, Any]]:
    """The modules of a source, their tests and their data. Raises UsageError, KubeguardError."""
    where = Path(source.path)
    if source.path.startswith(packs.PREFIX):
        folders = packs.folders(source.path.removeprefix(packs.PREFIX))
    elif bundle.is_bundle(where):
        read = bundle.read(where, source.key)
        return list(read.modules), data.given(source.data, read.data)
    else:
        folders = (where,)
    found = list(modules(folders))
    return found, data.given(source.data, data.beside(folders[0]) if folders[0].is_dir() else {})
