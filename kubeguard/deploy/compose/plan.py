"""What applying a Compose project would change, by what runs and by Compose's own hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubeguard.deploy.change import Change, Kind, difference, fingerprint
from kubeguard.deploy.compose import containers
from kubeguard.deploy.compose.engine import Engine
from kubeguard.deploy.compose.project import Project
from kubeguard.deploy.release import LABEL

_PARTS = {"network": "networks", "volume": "volumes"}
_SECRET = ("command", "entrypoint", "environment", "labels")
"""Keys into which variables may bring what is secret."""


def plan(project: Project, before: Mapping[str, Any], engine: Engine) -> Iterator[Change]:
    """Networks and volumes, then services; `before` are those of the newest revision."""
    model = project.model
    for kind, key in _PARTS.items():
        there = engine.named(kind)
        for each in (model.get(key) or {}).values():
            if not each.get("external"):
                what = Kind.KEEP if each["name"] in there else Kind.CREATE
                yield Change(what, f"{kind}/{each['name']}")
    yield from _services(project, before, engine)


def _services(project: Project, before: Mapping[str, Any], engine: Engine) -> Iterator[Change]:
    services = project.model["services"]
    text = project.file.read_text(encoding="utf-8", errors="replace")
    hashes, ours = engine.hashes(project.model, str(project.file.parent)), engine.ours()
    for name, wanted in sorted(services.items()):
        there = [each for each in ours if each.service == name]
        edits = tuple(containers.differences(name, there, project.model, hashes))
        if not there or not edits:
            yield Change(Kind.KEEP if there else Kind.CREATE, f"service/{name}")
        else:
            old = before.get(name, {})
            lines = tuple(difference(_told(old, text), _told(wanted, text)))
            yield Change(Kind.CHANGE, f"service/{name}", lines or edits)
    for name in sorted({each.service for each in ours} - services.keys()):
        yield Change(Kind.DELETE, f"service/{name}")


def _told(service: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Without our label; what is not written in the file itself is only told apart."""
    labels = {name: each for name, each in (service.get("labels") or {}).items() if name != LABEL}
    shown = {**service, "labels": labels or None}
    shown |= {key: _masked(shown[key], text) for key in _SECRET if shown.get(key)}
    return {key: value for key, value in shown.items() if value is not None}


def _masked(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: _masked(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, text) for each in value]
    return value if value is None or str(value) in text else fingerprint(value)
