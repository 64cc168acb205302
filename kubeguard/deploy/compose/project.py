"""A Compose file with its variables, as it stands there and as docker reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.deploy.compose.program import Docker
from kubeguard.deploy.release import LABEL
from kubeguard.errors import UsageError
from kubeguard.sources import targets
from kubeguard.sources.objects import Family

_HELD = ("environment", "command", "entrypoint", "env_file", "configs", "secrets")
"""What may hold secrets that variables bring, and is judged as it is written in the file alone."""


class Project(NamedTuple):
    """What is to run: `model` as docker resolves it, `judged` the same as far as that is judged."""

    file: Path
    model: Mapping[str, Any]
    judged: Mapping[str, Any]


def file(paths: Sequence[str]) -> Path:
    """The one Compose file among what was named. Raises UsageError."""
    entries = [entry for entry in targets.find(paths) if entry.image is None]
    found = [e for e in entries if targets.load(e).what == Family.COMPOSE.value]
    if not found:
        raise UsageError("there is no Compose file in what is to be applied")
    if len(found) > 1:
        hint = "put together what belongs together: docker compose -f A -f B config"
        raise UsageError(f"{len(found)} Compose files are too many: {found[1].name[:100]}", hint)
    if found[0].path == "-":
        raise UsageError("a Compose file is needed in its folder", "what it mounts lies there")
    return Path(found[0].path).resolve()


def variables(folder: Path) -> dict[str, str]:
    """What Compose puts in: this process's environment, then the file `.env` in its folder."""
    try:
        text = (folder / ".env").read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        text = ""  # docker tells what is wrong with it
    lines = (line.strip().removeprefix("export ") for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): _plain(value.strip()) for name, _, value in pairs} | os.environ


def _plain(value: str) -> str:
    quote = value[:1]
    if quote in ("'", '"') and quote in value[1:]:
        return value[1 : value.index(quote, 1)]
    return value.partition(" #")[0].rstrip()


def resolved(file: Path, release: str, docker: Docker) -> Project:
    """The project as docker puts it together. Raises KubeguardError with what docker says."""
    config = ("compose", "--project-name", release, "--file", str(file), "config", "--format=json")
    model = docker.json(*config)
    judged = docker.json(*config, "--no-path-resolution")
    services = judged.get("services") or {}
    shown = {n: {k: v for k, v in s.items() if k not in _HELD} for n, s in services.items()}
    return Project(file, _labelled(model, release), {**judged, "services": shown})


def _labelled(model: Mapping[str, Any], release: str) -> dict[str, Any]:
    """With the label by which everything is known as this release's."""
    label = {LABEL: release}
    labelled = dict(model)
    for key in ("services", "networks", "volumes"):
        labelled[key] = {
            name: each if each.get("external") else {**each, "labels": _labels(each) | label}
            for name, each in (model.get(key) or {}).items()
        }
    for service in labelled["services"].values():
        service.pop("profiles", None)  # those that are not active are not in it
    return labelled


def _labels(each: Mapping[str, Any]) -> dict[str, str]:
    return dict(each.get("labels") or {})
