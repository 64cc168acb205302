"""The images of an input, with the vulnerabilities that Trivy knows of."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from kubeguard import sbom
from kubeguard.errors import UsageError
from kubeguard.model.finding import Outcome
from kubeguard.model.image import Image
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.model.vulnerability import PACKAGES, Vulnerability
from kubeguard.sources.images.transports import Target, Transport
from kubeguard.trivy.answer import Answer, Row, parse
from kubeguard.trivy.program import NotEvaluatedError, Trivy


def evaluated(reading: Reading, target: Target, trivy: Trivy) -> Reading:
    """The reading with what Trivy says, or else failed with the reason why it says nothing."""
    try:
        for image in reading.images:
            attach(image, _asked(image, reading, target, trivy).rows)
    except NotEvaluatedError as error:
        return unevaluated(reading, error)
    return reading


def unevaluated(reading: Reading, error: NotEvaluatedError) -> Reading:
    """The reading failed: its images are judged, but nobody knows their vulnerabilities."""
    hint = f"; run `{error.hint}`" if error.hint else ""
    reason = f"vulnerabilities not evaluated: {error.message}{hint}"
    node = Node(None, reading.images[0].node.source, (PACKAGES,))
    trouble = Trouble(node, TroubleKind.UNEVALUATED_VULNERABILITIES, reason)
    return replace(
        reading,
        outcome=Outcome.FAILED,
        reason=reason,
        troubles=(*reading.troubles, trouble),
    )


def attach(image: Image, rows: tuple[Row, ...]) -> None:
    """Give an image its vulnerabilities, each once, the worst first."""
    numbers = {layer.digest: number for number, layer in enumerate(image.layers)}
    ordered = sorted(set(rows), key=_order)
    image.vulnerabilities = [_vulnerability(image, row, numbers) for row in ordered]


def _order(row: Row) -> tuple[int, str, str, str, str]:
    return -(row.severity or 0), row.package, row.id, row.installed, row.path


def _vulnerability(image: Image, row: Row, numbers: dict[str, int]) -> Vulnerability:
    package = f"{row.package} {row.installed}".strip()
    steps = (PACKAGES, *([row.path] if row.path else []), package, row.id)
    node = Node(None, image.node.source, steps)
    origin = image.step(numbers[row.layer]) if row.layer in numbers else ""
    return Vulnerability(
        node, row.id, row.package, row.installed, row.fixed, row.severity, row.title, origin
    )


def _asked(image: Image, reading: Reading, target: Target, trivy: Trivy) -> Answer:
    """What Trivy says about this very image, which it reads itself where it can find it."""
    path = _readable(target) if len(reading.images) == 1 else ""
    if path:
        answer = parse(trivy.report(("image", "--input", path, "--scanners", "vuln")))
        if answer.kind == "container_image" and answer.image == image.digest:
            return answer
        if not os.path.isdir(path.partition(":")[0]):
            raise NotEvaluatedError("Trivy has looked at another image")
    return _asked_by_inventory(image, trivy)


def _asked_by_inventory(image: Image, trivy: Trivy) -> Answer:
    """What Trivy says about the packages that were read as the image streamed by."""
    if image.inventory is None or image.inventory.unread:
        why = str(image.inventory.unread[0]) if image.inventory else "no packages were read"
        raise NotEvaluatedError(f"{why[:150]}; Trivy can read the image from a docker archive")
    try:
        bill = sbom.render([image.inventory])
    except UsageError as error:
        raise NotEvaluatedError(error.message, error.hint) from error
    with tempfile.TemporaryDirectory(prefix="kubeguard-") as folder:
        file = Path(folder, "image.cdx.json")
        file.write_text(bill, encoding="utf-8")
        answer = parse(trivy.report(("sbom", str(file), "--scanners", "vuln")))
    if answer.kind != "cyclonedx":
        raise NotEvaluatedError("Trivy has looked at something else")
    return answer


def _readable(target: Target) -> str:
    """The path by which Trivy finds the image; '' when it cannot."""
    path = os.path.realpath(target.path)
    if not target.transport.has_path or target.transport is Transport.OCI_ARCHIVE:
        return ""
    if os.path.isdir(path):
        if ":" in path or "@" in path:  # it would take what comes then for a tag
            return ""
        return f"{path}:{target.tag}" if target.tag else path
    return "" if target.tag else path
