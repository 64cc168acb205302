"""From the structural schemas of CustomResourceDefinitions to JSON schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubeguard.model.node import Node
from kubeguard.sources.schema.shape import Json, Shape

DEPTH = 100
"""Far more levels than any real schema has; deeper ones are left unjudged."""

RANGES = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}
LIMITS = (
    *("enum", "pattern", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "uniqueItems", "minimum", "maximum"),
)
META: Json = {"$ref": "#/$defs/meta.v1.ObjectMeta"}
ANY_OBJECT: Json = {"type": ["object", "null"]}


class UnusableError(Exception):
    """The schema in the definition is none; the API server would refuse it too."""


class CustomKinds:
    """The kinds that CustomResourceDefinitions of the same run define."""

    def __init__(self, crds: Iterable[Node], definitions: Mapping[str, Json]) -> None:
        self._definitions = definitions
        self._versions: dict[tuple[str, str], dict[str, Node]] = {}
        for crd in crds:
            if crd.get("apiVersion") == "apiextensions.k8s.io/v1":
                key = crd["spec"]["group"].text, crd["spec"]["names"]["kind"].text
                versions = {item["name"].text: item for item in crd["spec"]["versions"]}
                self._versions.setdefault(key, {}).update(versions)
        self._shapes: dict[tuple[str, str], Shape | None] = {}

    def served(self, group: str, kind: str) -> list[str] | None:
        """The versions that the definition serves; None when nobody defines the kind here."""
        versions = self._versions.get((group, kind))
        if versions is None:
            return None
        return [name for name, item in versions.items() if item.get("served") is not False]

    def shape(self, api_version: str, kind: str) -> Shape | None:
        """The schema of a served version; None when there is none, or none that makes sense."""
        key = api_version, kind
        if key not in self._shapes:
            self._shapes[key] = self._make(api_version, kind)
        return self._shapes[key]

    def _make(self, api_version: str, kind: str) -> Shape | None:
        group, _, version = api_version.rpartition("/")
        item = self._versions.get((group, kind), {}).get(version)
        if item is None or item.get("served") is False:
            return None
        try:
            root = _object(item.get("schema", "openAPIV3Schema"))
            shape = Shape(root, self._definitions)
            shape.validator  # noqa: B018  compiled here, where a schema that is none can be told
        except (UnusableError, ValueError, KeyError):
            return None
        return shape


def _object(schema: object) -> Json:
    """The schema of a whole object, with what every object has whether or not it is declared."""
    if not isinstance(schema, dict):
        raise UnusableError
    return {**_embedded(_convert(schema, DEPTH)), "type": "object"}


def _embedded(converted: Json) -> Json:
    properties = converted.get("properties", {})
    text = {"type": ["string", "null"]}
    implied = {"apiVersion": text, "kind": text, "metadata": META}
    if "status" in properties:
        implied["status"] = ANY_OBJECT
    return {**converted, "properties": {**properties, **implied}}


def _convert(schema: object, depth: int) -> Json:
    """One structural schema, strict about fields unless it preserves unknown ones."""
    if not isinstance(schema, dict) or not depth:
        raise UnusableError
    converted = _assertions(schema, depth)
    if isinstance(schema.get("type"), str):
        converted["type"] = [schema["type"], "null"]
    if schema.get("x-kubernetes-int-or-string") is True:
        converted["type"] = ["integer", "string", "null"]
        converted.pop("anyOf", None)
    if "items" in schema:
        converted["items"] = _filled(schema["items"], depth - 1)
    properties = _mapping(schema.get("properties"))
    required = _names(schema.get("required"))
    if schema.get("type") == "object":
        below = {key: _convert(child, depth - 1) for key, child in properties.items()}
        below |= {key: _filled(properties[key], depth - 1) for key in required if key in below}
        converted["properties"] = below
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            converted["additionalProperties"] = _convert(extra, depth - 1)
        elif extra is not True and schema.get("x-kubernetes-preserve-unknown-fields") is not True:
            converted["additionalProperties"] = False
    if schema.get("x-kubernetes-embedded-resource") is True:
        converted = _embedded(converted)
    return converted


def _filled(schema: object, depth: int) -> Json:
    """The same where null is not as good as absent: a required field, an item of a list."""
    converted = _convert(schema, depth)
    if isinstance(schema, dict) and schema.get("nullable") is not True and "type" in converted:
        converted["type"] = [name for name in converted["type"] if name != "null"]
    return converted


def _assertions(schema: Mapping[str, Any], depth: int) -> Json:
    """The keywords that only say yes or no, alike in OpenAPI v3.0 and JSON Schema but for two."""
    found: Json = dict(RANGES.get(str(schema.get("format")), {}))
    found |= {key: schema[key] for key in LIMITS if key in schema}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and bound in schema:
            found[exclusive] = found.pop(bound)
    if isinstance(found.get("enum"), list):
        found["enum"] = [*found["enum"], None]  # null is absent here; see `_filled` where it is not
    if required := _names(schema.get("required")):
        found["required"] = required
    for key in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            found[key] = [_junctor(item, depth - 1) for item in schema[key]]
    if "not" in schema:
        found["not"] = _junctor(schema["not"], depth - 1)
    return found


def _junctor(schema: object, depth: int) -> Json:
    """A schema below allOf, anyOf, oneOf or not: it asserts, and never declares fields."""
    if not isinstance(schema, dict) or not depth:
        raise UnusableError
    found = _assertions(schema, depth)
    if isinstance(schema.get("type"), str):
        found["type"] = schema["type"]
    if "properties" in schema:
        properties = _mapping(schema["properties"])
        found["properties"] = {key: _junctor(child, depth - 1) for key, child in properties.items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found[key] = _junctor(schema[key], depth - 1)
    return found


def _mapping(value: object) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnusableError
    return value


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
