"""Recorded reviews: kept without what is secret in them, read from wherever they come."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from kubeguard.errors import UsageError
from kubeguard.model import credentials
from kubeguard.model.credentials import mask
from kubeguard.webhook.review import KIND, VERSION

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object, also of a Secret."""
MOST = 10_000
"""Reviews that a folder keeps; the oldest go."""
REDACTED = "(redacted)"
_BYTES = 64 * 1024 * 1024


class Recorder:
    """Writes reviews into a folder, each a file of its own that is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageError for a folder that cannot be written to."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._there = sorted(file.name for file in folder.glob("*.json"))
        except OSError as error:
            raise UsageError(f"{folder}: {error.strerror}") from error
        self._folder = folder

    def keep(self, body: bytes, stamp: str) -> None:
        """Keep the review that came at this time. Raises OSError."""
        review = redacted(orjson.loads(body))
        uid = re.sub(r"[^\w-]", "", str(review["request"].get("uid")))[:64]
        name = f"{stamp}-{uid}.json"
        part = self._folder / f".{name}"
        try:
            part.write_bytes(orjson.dumps(review))
            os.replace(part, self._folder / name)
        finally:
            part.unlink(missing_ok=True)
        self._there.append(name)
        while len(self._there) > MOST:
            (self._folder / self._there.pop(0)).unlink(missing_ok=True)


def redacted(review: dict[str, Any]) -> dict[str, Any]:
    """The review without confidential values; what is judged by their presence stays judged."""
    request = review["request"]
    for key in ("object", "oldObject"):
        found = request.get(key)
        if isinstance(found, dict):
            request[key] = _redacted(found, found.get("kind") == "Secret")
    return review


def _redacted(value: Any, secret: bool, key: str = "") -> Any:
    if isinstance(value, dict):
        name = value.get("name")
        return {
            k: _redacted(v, secret, name if k == "value" and isinstance(name, str) else k)
            for k, v in value.items()
            if not (secret and k in ("data", "stringData"))
        }
    if isinstance(value, list):
        return [_redacted(each, secret, key) for each in value]
    if not isinstance(value, str):
        return value
    return REDACTED if key == _APPLIED or credentials.literal(key, value) else mask(value)


def reviews(file: str, content: bytes) -> Iterator[dict[str, Any]]:
    """The reviews in a file: one, a list, JSON lines, or an audit log with request objects.

    Raises UsageError with the line for what is none of these.
    """
    for number, found in _values(file, content):
        for each in found if isinstance(found, list) else [found]:
            yield _review(each, f"{file}:{number}")


def _values(file: str, content: bytes) -> Iterator[tuple[int, Any]]:
    if len(content) > _BYTES * 16:
        raise UsageError(f"{file} has more than {_BYTES * 16} bytes")
    try:
        yield 1, orjson.loads(content)
        return
    except ValueError as error:
        whole = error
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, orjson.loads(line)
        except ValueError as error:
            why = whole if number == 1 and len(lines) == 1 else error
            raise UsageError(f"{file}:{number}: no JSON: {why}") from None


def _review(found: Any, place: str) -> dict[str, Any]:
    if isinstance(found, dict):
        if found.get("kind") == KIND and isinstance(found.get("request"), dict):
            return found
        if found.get("kind") == "Event" and str(found.get("apiVersion")).startswith(
            "audit.k8s.io/"
        ):
            return _of_audit(found)
    raise UsageError(f"{place}: neither an AdmissionReview nor an event of an audit log")


_OPERATIONS = {"create": "CREATE", "update": "UPDATE", "patch": "UPDATE", "delete": "DELETE"}

_CONNECTED = ("attach", "exec", "portforward", "proxy")


def _of_audit(event: Mapping[str, Any]) -> dict[str, Any]:
    """The review that the request of an audit event (audit.k8s.io/v1) made, as far as it is told.

    A patch tells no object but the one that came of it; what was there before is not in the log.
    """
    about = event.get("objectRef") or {}
    patched = event.get("verb") == "patch"
    found = event.get("responseObject" if patched else "requestObject")
    kind = found.get("kind", "") if isinstance(found, dict) else ""
    group, version = about.get("apiGroup", ""), about.get("apiVersion", "")
    user = event.get("user") or {}
    operation = _OPERATIONS.get(str(event.get("verb")), "CONNECT")
    if about.get("subresource") in _CONNECTED:
        operation = "CONNECT"
    request = {
        "uid": str(event.get("auditID", "")),
        "operation": operation,
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": about.get("resource", "")},
        "subResource": about.get("subresource", ""),
        "name": about.get("name", ""),
        "namespace": about.get("namespace", ""),
        "userInfo": {"username": user.get("username", ""), "groups": user.get("groups") or []},
        "object": found if isinstance(found, dict) and kind != "Status" else None,
    }
    return {"apiVersion": VERSION, "kind": KIND, "request": request}
