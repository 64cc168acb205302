"""`kubeguard scan`: from arguments to a report, its files and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import click

from kubeguard import api
from kubeguard.cli import completing
from kubeguard.cli.output import Outputs, note, parse_format, style
from kubeguard.cli.progress import showing_progress
from kubeguard.errors import UsageError
from kubeguard.formats import FORMATS, Context
from kubeguard.model.facts import Images
from kubeguard.model.finding import Report
from kubeguard.model.severity import Severity
from kubeguard.policy.configuration import Options
from kubeguard.policy.policy import Policy
from kubeguard.policy.sources import ENGINES, FactsSource, PolicySource
from kubeguard.sources.images.transports import Look

if TYPE_CHECKING:
    from kubeguard.cli.known import Known

CLEAN, FOUND, BROKEN = 0, 1, 3
_SEVERITIES = [severity.name.lower() for severity in Severity]
_FILE = click.Path(readable=False)
"""Looked at by those who can tell what is wrong with it; the shell completes it."""


class Flags(NamedTuple):
    """The options of `scan` that are no choices of a policy."""

    config: str | None
    baseline: str | None
    write_baseline: str | None
    suppressions: bool
    jobs: int
    platform: str
    images: str
    dockerfile: str | None
    write_facts: str | None
    verify_key: str | None
    vulnerabilities: bool
    format: tuple[str, ...]
    color: str
    quiet: bool
    verbose: bool


def _filled(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """An empty value is a variable that is not set, and would silently mean no file."""
    if value == "":
        raise UsageError(f"{option.opts[0]}: no file is named")
    return value


@click.command()
@click.argument("targets", nargs=-1, type=_FILE)
@click.option(
    "--profile",
    type=click.Choice(["baseline", "restricted", "pedantic"]),
    help="How strict to be.  [default: restricted]",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "none"]),
    help="The severity from which findings fail the scan.  [default: medium]",
)
@click.option(
    "--kubernetes-version",
    metavar="VERSION",
    help="The release to judge for, 1.27 or newer.  [default: the newest known]",
)
@click.option(
    "--select",
    multiple=True,
    metavar="CHECK",
    shell_complete=completing.checks_and_families,
    help="Run only these: ids, names or families.  Repeatable, or with commas.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CHECK",
    shell_complete=completing.checks_and_families,
    help="Leave these out.  Repeatable, or with commas.",
)
@click.option(
    "--policy",
    multiple=True,
    metavar="PATH",
    shell_complete=completing.policies,
    help="Policies in Rego: a file, folder or bundle, or pack:NAME.  Repeatable.",
)
@click.option(
    "--policy-data",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="Data for these policies: JSON or YAML.  Repeatable.",
)
@click.option(
    "--rego-engine",
    type=click.Choice(ENGINES),
    help="What evaluates them: the engine that ships, opa on PATH, a server.  [default: builtin]",
)
@click.option("--opa-url", metavar="URL", help="The server, which has policies of its own.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files that match, as in .gitignore.  Repeatable.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="The configuration.  [default: kubeguard.yaml here or above]",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="Known findings, which do not fail the scan.",
)
@click.option(
    "--write-baseline",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="Make today's findings the known ones.",
)
@click.option(
    "--suppressions/--no-suppressions",
    default=True,
    help="Whether comments, annotations and the configuration may suppress.",
)
@click.option(
    "--format",
    "-f",
    multiple=True,
    metavar="FORMAT[=FILE]",
    shell_complete=completing.formats,
    help=f"{', '.join(FORMATS)}.  Repeatable.  [default: text]",
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(0),
    default=0,
    help="Processes; 0 takes several when it pays.",
)
@click.option(
    "--platform",
    metavar="OS/ARCH",
    default="",
    help="Which image to take of one that is for several.  [default: the host's]",
)
@click.option(
    "--dockerfile",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="What made the image: its findings are at the lines of this file.",
)
@click.option(
    "--images",
    type=click.Choice([look.value for look in Look]),
    default=Look.NOWHERE.value,
    help="Where to look for images that manifests name and TARGETS do not.  [default: none]",
)
@click.option(
    "--facts",
    multiple=True,
    metavar="FILE",
    type=_FILE,
    help="Image facts to judge manifests by, in place of the images.  Repeatable.",
)
@click.option(
    "--write-facts",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="Write down the facts of the images at hand.",
)
@click.option(
    "--facts-key",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="The key (Ed25519, PEM) that signs image facts, or that they must be signed with.",
)
@click.option(
    "--verify-key",
    metavar="FILE",
    type=_FILE,
    callback=_filled,
    help="The public key that images must be signed with, as cosign does.",
)
@click.option(
    "--vulnerabilities",
    is_flag=True,
    help="Have Trivy look for the known vulnerabilities of images.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour in text.  NO_COLOR and FORCE_COLOR are honoured.",
)
@click.option("--quiet", "-q", is_flag=True, help="One line per finding, nothing else.")
@click.option("--verbose", "-v", is_flag=True, help="Also what was suppressed and skipped.")
def scan(
    targets: tuple[str, ...],
    profile: str | None,
    fail_on: str | None,
    kubernetes_version: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    policy: tuple[str, ...],
    policy_data: tuple[str, ...],
    rego_engine: str | None,
    opa_url: str | None,
    facts: tuple[str, ...],
    facts_key: str | None,
    **flags: object,
) -> None:
    """Judge TARGETS: files, folders, images, or - for standard input (default: this folder).

    Images: docker-archive:FILE, oci-archive:FILE, oci:FOLDER, each with :NAME if need be, or
    plainly the path; docker-daemon:NAME, docker://NAME.
    """
    named = _named("--select", select), _named("--ignore", ignore)
    sources = _sources(policy, policy_data)
    choices = (profile, fail_on, kubernetes_version, *named, exclude)
    given = FactsSource(facts, facts_key or "")
    options = Options(*choices, sources, rego_engine, opa_url, given)
    raise SystemExit(_scan(targets, options, Flags(**flags)))  # type: ignore[arg-type]


def _named(option: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """What stands between the commas; an empty value would silently mean everything."""
    found = tuple(item.strip() for value in values for item in value.split(",") if item.strip())
    if values and not found:
        raise UsageError(f"{option}: no check is named", "`kubeguard checks` lists them")
    return found


def _sources(paths: tuple[str, ...], data: tuple[str, ...]) -> tuple[PolicySource, ...]:
    if data and not paths:
        raise UsageError("--policy-data: data for which policies?", "name them with --policy")
    return tuple(PolicySource(path, data=data) for path in paths)


def _scan(targets: tuple[str, ...], options: Options, flags: Flags) -> int:
    started = perf_counter()
    if flags.quiet and flags.verbose:
        raise UsageError("--quiet and --verbose contradict each other")
    outputs = Outputs.of([parse_format(text) for text in flags.format])
    if options.facts.key and not (options.facts.files or flags.write_facts or flags.config):
        raise UsageError("--facts-key: a key for which facts?", "--facts or --write-facts")
    known = _known(flags)
    policy = api.load_policy(flags.config, options)
    with showing_progress() as progress:
        report = api.audit(
            *targets,
            policy=policy,
            suppress=flags.suppressions,
            context=outputs.context_lines,
            jobs=flags.jobs,
            platform=flags.platform,
            dockerfile=flags.dockerfile or "",
            look=Look(flags.images),
            known=_writer(flags.write_facts, policy.facts.key),
            verify_key=flags.verify_key or "",
            packages=outputs.tell_packages,
            vulnerabilities=flags.vulnerabilities,
            found=progress.found,
        )
    told = known or flags.verbose or outputs.tell_checks
    checks = api.checks_of(policy) if told else ()
    notes = ""
    if known:
        report, notes = known.marked(report, [check.id for check in checks])
    context = Context(
        policy.profile,
        policy.fail_on,
        ".".join(map(str, policy.kubernetes_version)),
        checks,
        perf_counter() - started,
        style=style(flags.color, flags.quiet, flags.verbose),
    )
    outputs.write(report, context)
    for line in policy.rules.prints if policy.rules and flags.verbose else ():
        note(line)
    if notes and not flags.quiet:
        note(notes)
    return exit_code(report, policy)


def _writer(file: str | None, key: str) -> Callable[[Images], object] | None:
    if file is None:
        return None
    from kubeguard.sources.images import facts

    return partial(facts.write, file, key=key)


def _known(flags: Flags) -> Known | None:
    if not flags.baseline and not flags.write_baseline:
        return None
    from kubeguard.cli.known import Known

    return Known.of(flags.baseline, flags.write_baseline)


def exit_code(report: Report, policy: Policy) -> int:
    """3 when something was not judged, else 1 when something fails the policy, else 0."""
    if not report.complete:
        return BROKEN
    failing = policy.fail_on is not None and report.at_least(policy.fail_on)
    return FOUND if failing else CLEAN
