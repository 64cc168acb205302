"""`kubeguard policy bench`: what each policy costs on real inputs, the slowest first."""

from __future__ import annotations

import statistics
from collections import defaultdict

import click

from kubeguard.cli.output import note, say
from kubeguard.cli.policy._said import complain
from kubeguard.errors import UsageError
from kubeguard.formats._digest import plural
from kubeguard.model.manifest import Manifest
from kubeguard.model.views import View
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.rego.engine import CompileError
from kubeguard.rego.engines.worker import Worker
from kubeguard.rego.load import load
from kubeguard.sources import targets


@click.command()
@click.argument("targets_", nargs=-1, required=True, metavar="TARGET...", type=click.Path())
@click.option("--policy", multiple=True, required=True, metavar="PATH", help="As in scan.")
@click.option("--top", type=click.IntRange(1), default=20, help="How many rules to show.")
@click.option("--runs", type=click.IntRange(1), default=5, help="How often; medians are shown.")
def bench(targets_: tuple[str, ...], policy: tuple[str, ...], top: int, runs: int) -> None:
    """Judge TARGETs by policies again and again, and show the time of each rule."""
    views = _views(targets_)
    if not views:
        raise UsageError("there is nothing to judge in these targets")
    spent: dict[str, list[float]] = defaultdict(list)
    with Worker(EngineChoice()) as worker:
        try:
            sets = [found for path in policy for found in load(PolicySource(path), worker)]
        except CompileError as error:
            complain(error.diagnostics)
            raise SystemExit(1) from None
        for _ in range(runs):
            once: dict[str, float] = defaultdict(float)
            for policies in sets:
                for ask in policies.asks(views):
                    queries = [question.query for question in ask.questions]
                    (answers,) = worker.evaluate(policies.program, queries, [ask.input])
                    for query, answer in zip(queries, answers, strict=True):
                        once[query] += answer.nanoseconds / 1e6
            for query, milliseconds in once.items():
                spent[query].append(milliseconds)
    medians = sorted(((statistics.median(s), q) for q, s in spent.items()), reverse=True)
    for milliseconds, query in medians[:top]:
        say(f"{milliseconds:10.2f} ms  {milliseconds / len(views):8.3f} ms an object  {query}")
    total = sum(milliseconds for milliseconds, _ in medians)
    rules, objects = plural(len(medians), "rule"), plural(len(views), "object")
    note(f"{rules}, {objects}, {total:.2f} ms; medians of {plural(runs, 'run')}")


def _views(paths: tuple[str, ...]) -> list[View]:
    readings = [targets.load(entry) for entry in targets.find(list(paths))]
    manifests: list[View] = [Manifest(node) for reading in readings for node in reading.objects]
    return [*manifests, *(reading.dockerfile for reading in readings if reading.dockerfile)]
