"""Kubernetes' own schemas, one file per release, made by scripts/vendor_schemas.py."""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent

Json = dict[str, Any]


class Definitions(dict[str, Json]):
    """JSON schemas by name, parsed when first asked for: one kind needs an eighth of them."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, name: str) -> Json:
        schema: Json = json.loads(self._texts[name])
        self[name] = schema
        return schema


@cache
def release(version: tuple[int, int]) -> tuple[dict[str, dict[str, str]], Definitions]:
    """The definition's name by apiVersion and kind, and the definitions.

    Raises FileNotFoundError for a release outside `model.cluster.OLDEST` to `NEWEST`.
    """
    kinds, *lines = _read(f"{version[0]}.{version[1]}.z").splitlines()
    texts = {name: text for name, _, text in (line.partition(" ") for line in lines)}
    return json.loads(kinds), Definitions(texts)


@cache
def history() -> dict[str, dict[str, tuple[int, int]]]:
    """First and last minor release, from 25 on, of every kind of every apiVersion."""
    return {
        api_version: {kind: (first, last) for kind, (first, last) in kinds.items()}
        for api_version, kinds in json.loads(_read("kinds.z")).items()
    }


def _read(name: str) -> str:
    return zlib.decompress((_FOLDER / name).read_bytes()).decode()
