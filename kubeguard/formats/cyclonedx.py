"""The packages of images as a CycloneDX bill of materials; findings are not in it."""

from __future__ import annotations

from kubeguard import sbom
from kubeguard.formats._context import Context
from kubeguard.model.finding import Report


def render(report: Report, _: Context) -> str:
    """CycloneDX 1.6 as JSON."""
    return sbom.render(report.inventories)
