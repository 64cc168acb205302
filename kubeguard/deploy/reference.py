"""The reference service as objects, with the values of whoever wants it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from kubeguard.errors import UsageError
from kubeguard.model.node import Node, Source
from kubeguard.policy.schema import validate
from kubeguard.sources import yaml as source

SCHEMA = Path(__file__).with_name("values.schema.json")
"""Of the values; JSON Schema draft 2020-12."""
_RENDERED = Path(__file__).with_name("reference")
"""`manifests/reference/overlays`, as Kustomize renders them."""
_IMAGE = "registry.invalid/reference-app@"
_TRAINING = "registry.invalid/reference-app-training@"
_HOST = "questions.example.com"
_NAMESPACE = "reference-app"
_NAMING = (
    "namespace",
    "kubernetes.io/metadata.name",
    "gateway.envoyproxy.io/owning-gateway-namespace",
)
"""Keys whose value is a namespace."""


def values(files: Iterable[Path], settings: Iterable[str], schema: Path = SCHEMA) -> dict[str, Any]:
    """The defaults, then each file, then each `name=value`; later ones win.

    A value of a setting is a text, or the number that the schema wants in its place. Raises
    UsageError with the place of what the schema does not allow.
    """
    properties = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    found = {name: each["default"] for name, each in properties.items() if "default" in each}
    for file in files:
        found |= _checked(_document(file), schema)
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set {setting[:60]}: no value", "write --set name=value")
        is_number = properties.get(name, {}).get("type") == "integer" and value.isdecimal()
        said = int(value) if is_number else value
        found |= _checked(Node({name: said}, Source(f"--set {name}")), schema)
    return found


def objects(chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of the service with these values."""
    text = (_RENDERED / f"{chosen['overlay']}.yaml").read_text(encoding="utf-8")
    change = partial(_changed, chosen)
    return [change("", each) for each in yaml.load_all(text, yaml.CSafeLoader)]


def _document(file: Path) -> Node:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text") from error
    documents, broken = source.read(str(file), text)
    for trouble in (*broken, *(t for document in documents for t in document.troubles)):
        raise UsageError(f"{trouble.node.location}: {trouble.message}")
    if len(documents) != 1:
        raise UsageError(f"{file}: {len(documents)} documents, not one")
    return documents[0].node


def _checked(node: Node, schema: Path) -> dict[str, Any]:
    validate(node, schema)
    assert isinstance(node.value, dict)
    return node.value


def _changed(chosen: Mapping[str, Any], key: str, value: Any) -> Any:
    match value:
        case dict():
            changed = {name: _changed(chosen, name, each) for name, each in value.items()}
            if value.get("kind") == "Namespace":
                changed["metadata"]["name"] = chosen["namespace"]
            return changed
        case list():
            return [_changed(chosen, key, each) for each in value]
        case str():
            return _text(chosen, key, value)
    return value


def _text(chosen: Mapping[str, Any], key: str, text: str) -> str:
    if text.startswith(_TRAINING):
        return str(chosen.get("training_image") or text)
    if text.startswith(_IMAGE):
        return str(chosen.get("image") or text)
    if key in _NAMING and text == _NAMESPACE:
        return str(chosen["namespace"])
    if text.endswith("@kubernetescrd"):  # Traefik names a thing by its namespace and its name
        return text.replace(f"{_NAMESPACE}-", f"{chosen['namespace']}-", 1)
    return str(chosen["host"]) if text == _HOST else text
