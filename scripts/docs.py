"""Writes the generated parts of the pages: help texts, the check index, the samples' report.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; `--check` fails when one is
out of date.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import click
from click.testing import CliRunner

from kubeguard.cli import COMMANDS, kubeguard
from kubeguard.registry import load_checks
from scripts import reference

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PART = re.compile(
    r"(?P<open><!-- generated: (?P<name>[a-z ]+) -->\n)(?P<body>.*?)(?P<end><!-- end -->)",
    re.DOTALL,
)


def main() -> None:
    stale = []
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = PART.sub(lambda part: part["open"] + PARTS[part["name"]]() + part["end"], old)
        if new != old:
            stale.append(page.relative_to(ROOT).as_posix())
            if "--check" not in sys.argv:
                page.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run `make docs`")
    print(
        f"{len(PAGES)} pages, {len(stale)} rewritten"
        if stale
        else f"{len(PAGES)} pages, all current"
    )


def help_of(command: str) -> Callable[[], str]:
    arguments = [command, "--help"] if command else ["--help"]

    def part() -> str:
        result = CliRunner().invoke(kubeguard, arguments, prog_name="kubeguard", terminal_width=96)
        return f"```\n$ kubeguard {' '.join(arguments)}\n{result.output.rstrip()}\n```\n"

    return part


def scan_of(target: str) -> Callable[[], str]:
    """What a person sees who scans a sample."""

    def part() -> str:
        os.chdir(ROOT)
        result = CliRunner().invoke(kubeguard, ["scan", target], prog_name="kubeguard")
        text = click.unstyle(result.output).rstrip()
        return f"```\n$ kubeguard scan {target}\n{text}\n```\n\nExit code {result.exit_code}.\n"

    return part


def checks() -> str:
    """The index of all checks, a table for each family."""
    lines = []
    catalogue = load_checks()
    for family in dict.fromkeys(check.family for check in catalogue):
        lines += [
            f"\n### {family}\n",
            "| id | name | what it finds | severity | profile | frameworks |",
        ]
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for check in catalogue:
            if check.family == family:
                page = check.page.relative_to(ROOT).as_posix()
                lines.append(
                    f"| [{check.id}](../{page}) | `{check.name}` | {check.title} "
                    f"| {check.severity.name.lower()} | {check.profile.name.lower()} "
                    f"| {', '.join(check.refs)} |"
                )
    return "\n".join([f"{len(catalogue)} checks.", *lines]) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "samples": scan_of("docs/samples"),
    "deployment": scan_of("docs/samples/deployment.yaml"),
    "checks": checks,
    "twin": reference.table,
    "help": help_of(""),
    **{f"help {command}": help_of(command) for command in COMMANDS},
}


if __name__ == "__main__":
    main()
