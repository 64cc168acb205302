"""`kubeguard policy fmt`: policies as OPA would write them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import click

from kubeguard import files
from kubeguard.cli.output import note, say
from kubeguard.cli.policy._said import complain
from kubeguard.errors import UsageError
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.authoring import modules
from kubeguard.rego.engine import CompileError, Module
from kubeguard.rego.engines.worker import Worker


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; show what would change, exit with 1.")
def fmt(paths: tuple[Path, ...], check: bool) -> None:
    """Format the policies in PATHs: files, or folders (default: this one)."""
    changed = broken = 0
    with Worker(EngineChoice()) as worker:
        for module in modules(paths or (Path(),)):
            try:
                text = worker.format(module)
            except CompileError as error:
                complain(error.diagnostics)
                broken += 1
                continue
            if text != module.text:
                changed += 1
                say("\n".join(_diff(module, text)) if check else module.name)
                if not check:
                    _write(module.name, text)
    note(f"{changed} {'to format' if check else 'formatted'}, {broken} broken")
    raise SystemExit(1 if broken or (check and changed) else 0)


def _diff(module: Module, text: str) -> Iterator[str]:
    before, after = module.text.splitlines(), text.splitlines()
    return difflib.unified_diff(before, after, module.name, "formatted", lineterm="")


def _write(name: str, text: str) -> None:
    try:
        files.replace(Path(name), [text])
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from error
