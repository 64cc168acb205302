"""The vendored schemas come out of their wheel the same each time, strict and without prose."""

from __future__ import annotations

import importlib.util
import json
import os
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
WHEEL = os.environ.get("KUBEGUARD_SCHEMAS_WHEEL", "")


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "scripts/vendor_schemas.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def definitions(required: list[str]) -> dict[str, Any]:
    """A kind with a required and an optional field, as the wheel has them."""
    meta = "/api/_definitions.json#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    text = {"type": ["string", "null"], "description": "Prose."}
    return {
        "io.k8s.api.toys.v1.Toy": {
            "type": ["object", "null"],
            "description": "A toy.",
            "properties": {
                "metadata": {"$ref": meta},
                "name": {"type": "string"},
                "old": text,
                "size": {"type": ["integer", "null"], "format": "int32"},
                "status": {"type": ["object", "null"], "properties": {"seen": text}},
            },
            "required": required,
            "x-kubernetes-group-version-kind": [
                {"group": "toys.k8s.io", "version": "v1", "kind": "Toy"}
            ],
        },
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
            "type": ["object", "null"],
            "properties": {"name": text},
        },
        "io.k8s.api.toys.v1.Unused": {"type": "object", "properties": {"a": text}},
    }


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "schemas.whl"
    releases = {26: None, 27: ["name", "old"], 28: ["name", "metadata"]}
    with ZipFile(path, "w") as archive:
        for minor, required in releases.items():
            content = {"$defs": definitions(required) if required else {}}
            archive.writestr(f"x/v1.{minor}.0-local/_definitions.json", json.dumps(content))
            archive.writestr(f"x/v1.{minor}.0-local-strict/_definitions.json", "not read")
    return path


def test_same_bytes_each_time(script: ModuleType, wheel: Path, tmp_path: Path) -> None:
    (first := tmp_path / "first").mkdir()
    (second := tmp_path / "second").mkdir()
    script.main([str(wheel)], first)
    script.main([str(wheel)], second)

    names = sorted(path.name for path in first.iterdir())
    assert names == ["1.27.z", "1.28.z", "kinds.z"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_what_is_kept(script: ModuleType, wheel: Path, tmp_path: Path) -> None:
    script.main([str(wheel)], tmp_path)
    kinds, *lines = zlib.decompress((tmp_path / "1.27.z").read_bytes()).decode().splitlines()
    held = {name: json.loads(text) for name, _, text in (line.partition(" ") for line in lines)}

    assert json.loads(kinds) == {"toys.k8s.io/v1": {"Toy": "toys.v1.Toy"}}
    assert sorted(held) == ["meta.v1.ObjectMeta", "toys.v1.Toy"]
    assert held["toys.v1.Toy"] == {
        "type": ["object", "null"],
        "additionalProperties": False,
        "required": ["metadata", "name"],
        "properties": {
            "metadata": {"$ref": "#/$defs/meta.v1.ObjectMeta", "type": "object"},
            "name": {"type": "string"},
            "old": {"type": ["string", "null"]},
            "size": {"type": ["integer", "null"], "minimum": -(2**31), "maximum": 2**31 - 1},
            "status": {"type": ["object", "null"]},
        },
    }
    history = json.loads(zlib.decompress((tmp_path / "kinds.z").read_bytes()))
    assert history == {"toys.k8s.io/v1": {"Toy": [27, 28]}}


@pytest.mark.skipif(not WHEEL, reason="KUBEGUARD_SCHEMAS_WHEEL names no kubernetes-validate wheel")
def test_the_vendored_files_are_those_of_the_wheel(script: ModuleType, tmp_path: Path) -> None:
    script.main([WHEEL], tmp_path)

    made = {path.name: zlib.decompress(path.read_bytes()) for path in tmp_path.glob("*.z")}
    vendored = (ROOT / "kubeguard/schemas").glob("*.z")
    assert {path.name: zlib.decompress(path.read_bytes()) for path in vendored} == made
