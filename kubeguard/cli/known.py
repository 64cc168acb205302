"""`--baseline` and `--write-baseline`: what is known before a scan, and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kubeguard.cli.output import writable
from kubeguard.model.finding import Report
from kubeguard.policy import baseline as baselines
from kubeguard.policy.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Known:
    """The baseline to compare with and the one to write, each when asked for."""

    old: Baseline | None
    new: Path | None

    @classmethod
    def of(cls, read: str | None, write: str | None) -> Known:
        """Look at the files before the work begins. Raises UsageError."""
        old = baselines.load(Path(read)) if read else None
        new = Path(write) if write else None
        if new and writable(str(new)).exists():
            baselines.load(new)  # what is no baseline is not overwritten
        return cls(old, new)

    def marked(self, report: Report, ran: Sequence[str]) -> tuple[Report, str]:
        """The report with what is known, and a sentence for the user; `ran` are ids of checks."""
        said = ""
        if self.old:
            report, gone = baselines.mark(report, self.old, ran)
            said = f"{self.old.file}: {gone} known but gone; write it anew" if gone else ""
        if self.new:
            written = baselines.write(self.new, report, ran)
            report, _ = baselines.mark(report, written, ran)
            said = f"{self.new}: {len(written.entries)} known"
        return report, said
