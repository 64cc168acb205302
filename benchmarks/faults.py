"""Writes docs/webhook-faults.md: what fifty clients see of the faults of the tests."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "webhook-faults.md"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "webhook")]

from arena import CLIENTS, TIMEOUT  # noqa: E402
from control_plane import control_plane, find_assets  # noqa: E402
from faults import FAULTS, Outcome, suffer  # noqa: E402

HEAD = f"""\
# What faults do to the webhook

{CLIENTS} clients create good and bad objects through a kube-apiserver, which asks two replicas
of `kubeguard webhook serve` behind a Service, waits {TIMEOUT} s for them, and admits nothing
that they have not judged (`failurePolicy: Fail`). Meanwhile something goes wrong. Nobody helps.

Wrong is what was admitted and should not have been, or denied and should not have been. Refused is
what nobody could judge. Recovery is the time from the begin of the fault to the last refusal.

| fault | requests | wrong | refused | longest answer | recovery |
| --- | ---: | ---: | ---: | ---: | ---: |
"""


def row(outcome: Outcome) -> str:
    tally = outcome.tally
    wrong = len(tally.wrong) + len(outcome.admitted)
    cells = (
        outcome.fault.name,
        f"{tally.requests:,}",
        wrong,
        f"{len(tally.refused):,}",
        f"{tally.longest:.2f} s",
        f"{outcome.recovery:.1f} s" if tally.refused else "",
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def main() -> None:
    if not find_assets():
        raise SystemExit("KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
    rows = []
    with tempfile.TemporaryDirectory() as folder, control_plane() as cluster:
        for number, fault in enumerate(FAULTS):
            rows.append(row(suffer(cluster, Path(folder, str(number)), fault)))
            print(rows[-1], end="", flush=True)
    foot = (
        f"\nMeasured by `python -m benchmarks.faults` on {date.today()}, on\n"
        f"{os.cpu_count()} cores for all of it together. The same faults are tests:\n"
        "`tests/webhook/test_faults.py`.\n"
    )
    PAGE.write_text(HEAD + "".join(rows) + foot)


if __name__ == "__main__":
    main()
