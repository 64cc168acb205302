"""Certificates for the services of a Compose project, as the files that it mounts.

A service NAME has the secrets NAME.crt and NAME.key, its key belongs to the user that it runs as,
and all of them trust `authority.crt`. The authorities are kept beside that in a private file that
nobody mounts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from kubeguard import files
from kubeguard.cluster.authority import State, utc_now
from kubeguard.deploy.certificates import expiry, packed, stepped, trusted, unpacked
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.node import Node
from kubeguard.sources import yaml

KEPT = ".kubeguard-certificates.json"
"""The file with the authorities."""
_AUTHORITY = "authority.crt"
_PRIVATE, _PUBLIC = 0o600, 0o644


class Renewed(NamedTuple):
    """When the certificate of each service ends, and whether anybody has to read files anew."""

    expires: dict[str, datetime]
    changed: bool


class _Place(NamedTuple):
    """The files of one service, and the number of the user that reads its key."""

    certificate: Path
    key: Path
    owner: int | None


def renew(services: Sequence[str], file: Path, clock: Callable[[], datetime] = utc_now) -> Renewed:
    """Make what is missing, take the next step where one is due. Raises KubeguardError.

    What was interrupted is finished by the same call again: all files follow the one that is
    written first.
    """
    project = _project(file)
    places = {name: _place(project, name, file) for name in services}
    authority = _file(project, _AUTHORITY, file)
    _check_owners(places)
    kept = authority.parent / KEPT
    before = _read(kept)
    hosts = {name: (name,) for name in services}
    states = before | stepped(before, hosts, clock())
    try:
        authority.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = {key: value.decode() for key, value in packed(states).items()}
        files.replace(kept, [json.dumps(content)], mode=_PRIVATE)
        changed = [_replace(authority, trusted(states), _PUBLIC)]
        for name, place in places.items():
            changed += _write(states[name], place)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise KubeguardError(f"{error.filename or authority.parent}: {said}") from None
    return Renewed({name: expiry(states[name]) for name in services}, any(changed))


def _write(state: State, place: _Place) -> list[bool]:
    return [
        _replace(place.key, state.leaf.key, _PRIVATE, place.owner),
        _replace(place.certificate, state.leaf.certificate, _PUBLIC),
    ]


def _replace(file: Path, content: bytes, mode: int, owner: int | None = None) -> bool:
    """Whether it was something else before."""
    before = file.read_bytes() if file.is_file() else b""
    files.replace(file, [content.decode()], mode, owner)
    return before != content


def _project(file: Path) -> Node:
    """The one document of a Compose file. Raises UsageError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text") from error
    documents, broken = yaml.read(str(file), text)
    for trouble in broken:
        raise UsageError(f"{trouble.node.location}: {trouble.message}")
    if len(documents) != 1 or not isinstance(documents[0].node.get("services"), dict):
        raise UsageError(f"{file}: no Compose file")
    return documents[0].node


def _place(project: Node, service: str, file: Path) -> _Place:
    if not isinstance(project.get("services", service), dict):
        raise UsageError(f"{file.name}: there is no service {service[:60]!r}")
    certificate, key = (_file(project, f"{service}.{end}", file) for end in ("crt", "key"))
    user = str(project.get("services", service, "user") or "").partition(":")[0]
    return _Place(certificate, key, int(user) if user.isdecimal() else None)


def _file(project: Node, secret: str, file: Path) -> Path:
    """Where a secret lies. Raises UsageError when the project has none of this name."""
    path = project["secrets"][secret]["file"].text
    if not path or "$" in path:
        hint = f"declare it: secrets: {{{secret}: {{file: secrets/{secret}}}}}"
        raise UsageError(f"{file.name}: no secret {secret[:80]} with a file", hint)
    return file.parent / path


def _check_owners(places: dict[str, _Place]) -> None:
    """Before anything is written: only root gives files away."""
    me = os.geteuid()
    for place in places.values():
        if me and place.owner not in (None, me):
            said = f"{place.key.name} has to belong to the user {place.owner}"
            raise KubeguardError(said, "run this as root")


def _read(kept: Path) -> dict[str, State]:
    """The authorities; those that are damaged are made anew, and so are all without the file."""
    try:
        content = json.loads(kept.read_text(encoding="utf-8"))
        return unpacked({key: value.encode() for key, value in content.items()})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KubeguardError(f"{kept}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, AttributeError):
        return {}
