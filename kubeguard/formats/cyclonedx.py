"""The packages of images as a CycloneDX bill of materials; findings are not in it."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from kubeguard import sbom
from kubeguard.formats._context import Context
from kubeguard.formats._json import dumps
from kubeguard.model.finding import Outcome, Report


def render(report: Report, _: Context) -> str:
    """CycloneDX 1.6 as JSON, on one line; text that a terminal obeys stands as escapes."""
    return dumps(orjson.loads(sbom.render(report.inventories, _gaps(report)))) + "\n"


def _gaps(report: Report) -> Iterator[str]:
    """What was not read, and so is not in it."""
    if not report.count(Outcome.JUDGED):
        yield "nothing was judged"
    elif not report.inventories:
        yield "no image was judged"
    for account in report.accounts:
        if account.outcome is not Outcome.JUDGED:
            yield f"{account.source}: {account.outcome.value}: {account.reason}"
    for fault in report.faults:
        yield f"{fault.source}: {fault.check} crashed: {fault.reason}"
