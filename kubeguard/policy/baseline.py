"""Old findings that are known: reported, but no reason to fail."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path as File

from kubeguard import files
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.finding import Finding, Outcome, Report
from kubeguard.policy.selection import about_the_scan

VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One known finding; `path` is its input, relative to the folder of the baseline file."""

    path: str
    check: str
    subject: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known findings of a file, one entry for each, so that a copy of a flaw is new."""

    file: File
    entries: tuple[Entry, ...] = ()


def load(file: File) -> Baseline:
    """Read a baseline. Raises UsageError when it is missing, broken or of another version."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "write one with --write-baseline" if isinstance(error, FileNotFoundError) else ""
        raise UsageError(f"{file}: {error.strerror or error}", hint) from error
    except json.JSONDecodeError as error:
        raise _broken(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise _broken(f"{file}: not JSON") from error
    if not isinstance(data, dict) or "kubeguard_baseline" not in data:
        raise _broken(f"{file}: not a baseline of kubeguard")
    if (version := data["kubeguard_baseline"]) != VERSION:
        raise UsageError(
            f"{file}: baseline version {version!r} is not {VERSION}, which this release reads",
            "write it anew with --write-baseline",
        )
    found = data.get("findings")
    if not isinstance(found, list):
        raise _broken(f"{file}: findings is not a list")
    return Baseline(file, tuple(_entry(file, n, item) for n, item in enumerate(found)))


def mark(report: Report, baseline: Baseline, ran: Collection[str]) -> tuple[Report, int]:
    """The report with its known findings marked, and how many entries are gone.

    Gone are entries that this run looked for and did not find. `ran` are the ids of its checks.
    """
    left = Counter(entry.fingerprint for entry in baseline.entries)
    seen = Counter(finding.fingerprint for finding in report.findings)
    findings = []
    for finding in report.findings:
        if finding.suppression is None and left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            finding = replace(finding, known=True)
        findings.append(finding)
    asked = Counter(e.fingerprint for e in _asked(baseline, report, ran))
    gone = sum((asked - seen).values())
    return replace(report, findings=tuple(findings)), gone


def write(file: File, report: Report, ran: Collection[str]) -> Baseline:
    """Make the findings of a report known, and keep older entries that this run did not look for.

    Suppressed findings stay out: they have their own record. The old file is whole until the new
    one is. Raises KubeguardError when it cannot be written.
    """
    older = load(file) if file.exists() else Baseline(file)
    entries = [_of(finding, file) for finding in report.findings if finding.suppression is None]
    current = {entry.fingerprint for entry in entries}
    asked = set(_asked(older, report, ran))
    entries += [e for e in older.entries if e not in asked and e.fingerprint not in current]
    baseline = Baseline(file, tuple(sorted(entries)))
    data = {"kubeguard_baseline": VERSION, "findings": [asdict(e) for e in baseline.entries]}
    try:
        files.replace(file, [json.dumps(data, indent=2, ensure_ascii=False), "\n"])
    except OSError as error:
        raise KubeguardError(f"{file}: {error.strerror or error}") from error
    return baseline


def _asked(baseline: Baseline, report: Report, ran: Collection[str]) -> Iterable[Entry]:
    """The entries whose finding this run would have reported, had it still been there.

    An input that was not judged says nothing about the flaws in it, only about itself.
    """
    crashed = {fault.source for fault in report.faults}
    seen = {account.source: account.outcome for account in report.accounts}
    met = {_path(source, baseline.file) for source in seen}
    judged = {
        _path(source, baseline.file)
        for source, outcome in seen.items()
        if outcome is Outcome.JUDGED and source not in crashed
    }
    for entry in baseline.entries:
        inputs = met if about_the_scan(entry.check) else judged
        deleted = not (baseline.file.parent / entry.path).exists()
        if entry.check in ran and (entry.path in inputs or deleted):
            yield entry


def _of(finding: Finding, file: File) -> Entry:
    return Entry(
        _path(finding.location.source, file),
        finding.check.id,
        str(finding.subject),
        finding.fingerprint,
    )


def _path(source: str, file: File) -> str:
    """The same for every working directory; standard input and the run itself stay as they are."""
    return File(os.path.relpath(source, file.parent)).as_posix()


def _entry(file: File, number: int, item: object) -> Entry:
    values = [item.get(f.name) if isinstance(item, dict) else None for f in fields(Entry)]
    for field, value in zip(fields(Entry), values, strict=True):
        if not isinstance(value, str):
            raise _broken(f"{file}: findings[{number}].{field.name} is not text")
    return Entry(*map(str, values))


def _broken(message: str) -> UsageError:
    return UsageError(message, "restore it from version control, or delete it and write it anew")
