"""What a constraint may say, by the schema of its template, and what is filled in for it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from kubeguard.model.node import Node
from kubeguard.sources.schema.shape import Json

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_GLOB: Json = {"type": "string", "pattern": r"^\*?[-:a-z0-9]*\*?$"}
_SELECTOR: Json = {
    "type": "object",
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": _TEXT},
        "matchExpressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "operator"],
                "properties": {
                    "key": _TEXT,
                    "operator": {**_TEXT, "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
                    "values": _TEXTS,
                },
            },
        },
    },
}
_KINDS: Json = {"type": "object", "properties": {"apiGroups": _TEXTS, "kinds": _TEXTS}}
MATCH: Json = {
    "type": "object",
    "properties": {
        "kinds": {"type": "array", "items": _KINDS},
        "scope": _TEXT,
        "source": {**_TEXT, "enum": ["All", "Generated", "Original"]},
        "namespaces": {"type": "array", "items": _GLOB},
        "excludedNamespaces": {"type": "array", "items": _GLOB},
        "labelSelector": _SELECTOR,
        "namespaceSelector": _SELECTOR,
        "name": _GLOB,
    },
}
"""`spec.match` as Gatekeeper's target declares it (pkg/mutation/match)."""
_SCOPED: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["action"],
        "properties": {
            "action": {**_TEXT, "enum": ["deny", "dryrun", "warn"]},
            "enforcementPoints": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": _TEXT}},
            },
        },
    },
}
_ACTION: Json = {**_TEXT, "enum": ["deny", "dryrun", "warn", "scoped"]}


def schema_of(template: Node) -> Json:
    """The schema of a constraint as Gatekeeper makes it of its template (pkg/client/crds).

    Before v1 a template without `legacySchema` takes parameters that it does not declare.
    """
    validation = template["spec"]["crd"]["spec"]["validation"]
    legacy = validation.get("legacySchema")
    if not isinstance(legacy, bool):
        legacy = template.get("apiVersion") != "templates.gatekeeper.sh/v1"
    given = validation.get("openAPIV3Schema")
    spec: Json = {"match": MATCH, "enforcementAction": _ACTION, "scopedEnforcementActions": _SCOPED}
    if given is not None or legacy:
        spec["parameters"] = _lenient(given or {}) if legacy else given
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": spec}}}


def _lenient(schema: Any) -> Any:
    """A schema under which objects may have more than it declares; one that has fields and no type
    is that of an object."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    if schema.get("type") in (None, "", "object"):
        made["x-kubernetes-preserve-unknown-fields"] = True
    if isinstance(schema.get("properties"), Mapping):
        made["properties"] = {key: _lenient(value) for key, value in schema["properties"].items()}
        made["type"] = "object"
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            made[key] = _lenient(schema[key])
    return made


def defaulted(value: Any, schema: Any) -> Any:
    """A value with what its schema fills in where nothing is written, or a null that may not be
    (structural defaulting of apiextensions/v1)."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [defaulted(item, schema.get("items")) for item in value]
    if not isinstance(value, dict):
        return value
    made, properties = dict(value), schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    for key, child in properties.items():
        if isinstance(child, Mapping) and "default" in child and _is_missing(made, key, child):
            made[key] = deepcopy(child["default"])
    others = schema.get("additionalProperties")
    return {key: defaulted(each, properties.get(key, others)) for key, each in made.items()}


def _is_missing(value: Mapping[str, Any], key: str, schema: Mapping[str, Any]) -> bool:
    return key not in value or (value[key] is None and schema.get("nullable") is not True)
