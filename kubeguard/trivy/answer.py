"""Trivy's JSON becomes vulnerabilities; of a shape that is not known nothing is believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from kubeguard.model.severity import Severity
from kubeguard.trivy.program import NotEvaluatedError

_SCHEMA = 2
_KINDS = ("container_image", "cyclonedx")
_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "UNKNOWN": None,
}
T = TypeVar("T")


class Row(NamedTuple):
    """One vulnerability as Trivy tells it; `layer` is the digest of it unpacked, '' if untold."""

    id: str
    package: str
    installed: str
    fixed: str
    severity: Severity | None
    title: str
    layer: str
    path: str


class Answer(NamedTuple):
    """What Trivy looked at, an image by the digest of its configuration, and what it found."""

    kind: str
    image: str
    rows: tuple[Row, ...]


def parse(document: Any) -> Answer:
    """Raises NotEvaluatedError for an unknown shape."""
    report = _Object("the report", document)
    if report.get("SchemaVersion", int) != _SCHEMA:
        raise NotEvaluatedError(f"Trivy's report is of version {document['SchemaVersion']!r:.20}")
    kind = report.get("ArtifactType", str)
    if kind not in _KINDS:
        raise NotEvaluatedError(f"Trivy's report is about {kind[:40]!r}")
    metadata = _Object("Metadata", report.get("Metadata", dict, {}))
    return Answer(kind, metadata.get("ImageID", str, ""), tuple(_rows(report)))


def _rows(report: _Object) -> Iterator[Row]:
    for item in report.get("Results", list, []):
        result = _Object("a result", item)
        for found in result.get("Vulnerabilities", list, []):
            yield row(found)


def row(document: Any) -> Row:
    """One entry of `Vulnerabilities`. Raises NotEvaluatedError for an unknown shape."""
    found = _Object("a vulnerability", document)
    severity = found.get("Severity", str, "UNKNOWN")
    if severity not in _SEVERITIES:
        raise NotEvaluatedError(f"Trivy knows a severity {severity[:40]!r}, kubeguard does not")
    return Row(
        found.get("VulnerabilityID", str),
        found.get("PkgName", str),
        found.get("InstalledVersion", str, ""),
        found.get("FixedVersion", str, ""),
        _SEVERITIES[severity],
        found.get("Title", str, ""),
        _Object("a layer", found.get("Layer", dict, {})).get("DiffID", str, ""),
        found.get("PkgPath", str, ""),
    )


class _Object:
    """A mapping whose values have to be of the types that they are asked for."""

    def __init__(self, name: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise NotEvaluatedError(f"Trivy's answer has an unknown shape: {name} is no mapping")
        self.name = name
        self.value = value

    def get(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value, or the default when it is absent or null; one without a default is due."""
        found = self.value.get(key)
        if found is None and default is not None:
            return default
        if type(found) is not kind:
            raise NotEvaluatedError(
                f"Trivy's answer has an unknown shape: {key} of {self.name} "
                f"is {'missing' if found is None else 'of another type'}"
            )
        return found
