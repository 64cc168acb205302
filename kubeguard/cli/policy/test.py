"""`kubeguard policy test`: the tests of policies by OPA's own runner, and their pages' examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import click

from kubeguard.cli.output import note
from kubeguard.cli.policy._said import complain, tell
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.rego.authoring import with_tests
from kubeguard.rego.engine import CompileError, Coverage, NoRulesError, Run
from kubeguard.rego.engines.worker import Worker
from kubeguard.rego.examples import examples
from kubeguard.rego.judge import LoadedRules
from kubeguard.rego.load import load


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--run", metavar="REGEX", default="", help="Only the tests whose names match.")
@click.option("--trace", is_flag=True, help="How each failure came about.")
@click.option("--coverage", is_flag=True, help="Which lines of the policies ran.")
@click.option(
    "--minimum",
    type=click.FloatRange(0, 100),
    help="Fail below this coverage, in percent.",
)
@click.option("--data", multiple=True, type=click.Path(), help="Data for them.  Repeatable.")
@click.option("--quiet", "-q", is_flag=True, help="Only what did not pass.")
def test(
    paths: tuple[str, ...],
    run: str,
    trace: bool,
    coverage: bool,
    minimum: float | None,
    data: tuple[str, ...],
    quiet: bool,
) -> None:
    """Run the tests and examples of the policies in PATHs (files, folders, pack:NAME)."""
    tally: Counter[str] = Counter()
    low = False
    with Worker(EngineChoice()) as worker:
        for path in paths:
            source = PolicySource(path, data=data)
            try:
                modules, known = with_tests(source)
                program = worker.compile(modules, known, tests=True)
                tests = worker.test(program, run, coverage or minimum is not None, trace)
                shown = [run for run in tests.runs if not quiet or run.status != "pass"]
                for each in shown:
                    tell("\n".join(_told(each)))
                tally.update(each.status for each in tests.runs)
                if not run:
                    tally.update(_examples(_rules(source, worker), quiet))
            except CompileError as error:
                complain(error.diagnostics)
                tally["error"] += 1
                continue
            low = _covered(tests.coverage, minimum, coverage) or low
    note(", ".join(f"{tally[status]} {status}" for status in _STATUSES if tally[status]) or _NONE)
    bad = tally["fail"] + tally["error"]
    raise SystemExit(1 if bad or low or not tally.total() else 0)


_STATUSES = ("pass", "fail", "error", "skip")
_NONE = "no test was found: rules in *_test.rego whose names begin with test_"
_COLORS = {"pass": "green", "fail": "red", "error": "red", "skip": "yellow"}


def _told(run: Run) -> Iterator[str]:
    """`pass  package.test_name (0.3 ms)`, and all that is known of one that did not."""
    mark = click.style(f"{run.status:5}", fg=_COLORS[run.status])
    yield f"{mark} {run.package}.{run.name} ({run.nanoseconds / 1e6:.1f} ms)"
    if run.status in ("fail", "error"):
        yield f"      {run.file}:{run.line}"
        for text in (*run.cases, str(run.error or ""), run.output, run.trace):
            yield from (f"      {line}" for line in text.splitlines())


def _rules(source: PolicySource, worker: Worker) -> LoadedRules:
    """The policies at a source; there may be none, beside the tests of a library."""
    try:
        return LoadedRules(worker, load(source, worker))
    except NoRulesError:
        return LoadedRules(worker, ())


def _examples(rules: LoadedRules, quiet: bool) -> Iterator[str]:
    """The status of each example on the pages of the policies."""
    for page in dict.fromkeys(check.page for check in rules.checks):
        checks = [check for check in rules.checks if check.page == page]
        for example in examples(page):
            found = example.found(rules, checks)
            status = "pass" if found == example.expected else "fail"
            yield status
            if status == "fail" or not quiet:
                mark = click.style(f"{status:5}", fg=_COLORS[status])
                tell(f"{mark} {page}:{example.line} {example.verdict} example")
            if status == "fail":
                tell(f"      expected on lines {_lines(example.expected)}, found {_lines(found)}")


def _lines(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) if number else "without a place" for number in numbers) or "none"


def _covered(found: Iterable[Coverage], minimum: float | None, show: bool) -> bool:
    """Tell the coverage of the policies (not of their tests); whether it is too low."""
    policies = [c for c in found if not c.file.endswith("_test.rego")]
    if show:
        for each in sorted(policies, key=lambda c: c.file):
            missing = _ranges(each.uncovered)
            tell(f"{each.percent:5.1f} %  {each.file}{f'  not: {missing}' if missing else ''}")
    covered = sum(len(c.covered) for c in policies)
    lines = covered + sum(len(c.uncovered) for c in policies)
    total = 100 * covered / lines if lines else 100.0
    if minimum is not None and total < minimum:
        note(f"{total:.1f} % of the lines ran, below the minimum of {minimum:g} %")
        return True
    return False


def _ranges(lines: Iterable[int]) -> str:
    """`3, 7-9`."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][-1] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)
