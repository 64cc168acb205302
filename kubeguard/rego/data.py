"""Documents for `data`, read from JSON and YAML files and placed as OPA places them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from kubeguard.errors import KubeguardError, UsageError

SUFFIXES = (".json", ".yaml", ".yml")
_BUNDLED = {"data.json", "data.yaml", "data.yml"}


def walk(folder: Path) -> Iterator[Path]:
    """The files in a folder and below, hidden ones left out, always in the same order.

    Raises KubeguardError for a folder that cannot be looked into.
    """
    for root, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(root, name)


def _refuse(error: OSError) -> NoReturn:
    raise KubeguardError(f"{error.filename}: cannot be read: {error.strerror}") from error


def beside(folder: Path) -> dict[str, Any]:
    """The documents in files called `data.json` or `data.yaml`, each under its folder's path."""
    data: dict[str, Any] = {}
    for file in walk(folder):
        if file.name in _BUNDLED:
            _merge(data, _placed(document(file), file.parent.relative_to(folder).parts, file), file)
    return data


def given(paths: Iterable[str], data: Mapping[str, Any]) -> dict[str, Any]:
    """The documents with those at the paths of `--data` added.

    A file is the root of `data`, in a folder every JSON and YAML file is placed under the path of
    its folder; `a.b:PATH` is placed under `data.a.b`. Raises UsageError, KubeguardError.
    """
    merged = dict(data)
    for each in paths:
        prefix, where = _split(each)
        if where.is_dir():
            for file in walk(where):
                if file.suffix in SUFFIXES:
                    under = (*prefix, *file.parent.relative_to(where).parts)
                    _merge(merged, _placed(document(file), under, file), file)
        elif where.exists():
            _merge(merged, _placed(document(where), prefix, where), where)
        else:
            raise UsageError(f"there is no data at {str(where)[:200]!r}")
    return merged


def _split(path: str) -> tuple[tuple[str, ...], Path]:
    prefix, colon, rest = path.partition(":")
    if colon and rest and not os.path.exists(path) and len(prefix) > 1:
        return tuple(prefix.removeprefix("data.").split(".")), Path(rest)
    return (), Path(path)


def document(file: Path) -> Any:
    """The first document of a file. Raises KubeguardError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KubeguardError(f"{file}: cannot be read: {error}") from error
    if file.suffix == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise KubeguardError(f"{file}: not JSON: {error}") from error
    from kubeguard.sources import yaml

    documents, broken = yaml.read(str(file), text)
    for trouble in broken:
        raise KubeguardError(f"{trouble.node.location}: {trouble.message}")
    return documents[0].node.value if documents else {}


def _placed(value: Any, under: tuple[str, ...], file: Path) -> dict[str, Any]:
    for name in reversed(under):
        value = {name: value}
    if isinstance(value, dict):
        return value
    raise KubeguardError(f"{file}: data at the root has to be a mapping")


def _merge(data: dict[str, Any], more: Mapping[str, Any], file: Path) -> None:
    """Put mappings together; two values for one place contradict each other."""
    for key, value in more.items():
        old = data.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            data[key] = old = dict(old)
            _merge(old, value, file)
        elif key in data:
            raise KubeguardError(f"{file}: data.{key} is given twice")
        else:
            data[key] = value
