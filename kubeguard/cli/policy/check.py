"""`kubeguard policy check`: everything that a compiler can say about policies."""

from __future__ import annotations

import click

from kubeguard.cli.output import say
from kubeguard.cli.policy._said import complain
from kubeguard.formats._digest import plural
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.rego.authoring import with_tests
from kubeguard.rego.engine import CompileError
from kubeguard.rego.engines.worker import Worker
from kubeguard.rego.load import load


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--strict/--no-strict", default=True, help="Refuse also what is unused or deprecated."
)
@click.option("--data", multiple=True, type=click.Path(), help="Data for them.  Repeatable.")
def check(paths: tuple[str, ...], strict: bool, data: tuple[str, ...]) -> None:
    """Compile the policies in PATHs (files, folders, bundles, pack:NAME), with their tests."""
    broken = 0
    with Worker(EngineChoice()) as worker:
        for path in paths:
            source = PolicySource(path, data=data)
            try:
                modules, known = with_tests(source)
                worker.compile(modules, known, strict=strict, tests=True)
                sets = load(source, worker)
            except CompileError as error:
                broken += 1
                complain(error.diagnostics)
                continue
            rules = sum(len(policies.questions) for policies in sets)
            styles = ", ".join(sorted({policies.style.value for policies in sets}))
            say(f"{path}: {plural(rules, 'rule')} to find something with ({styles or 'no policy'})")
    raise SystemExit(1 if broken else 0)
