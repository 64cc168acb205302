"""What the command line does, as functions: find, read, judge, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kubeguard import engine, parallel
from kubeguard.errors import UsageError
from kubeguard.model.facts import Images
from kubeguard.model.finding import Check, Outcome, Problem, Report
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.model.verdict import Rules, Verdict
from kubeguard.model.views import View
from kubeguard.policy import configuration
from kubeguard.policy.configuration import Options
from kubeguard.policy.mention import mentions_us
from kubeguard.policy.policy import Policy
from kubeguard.policy.selection import select
from kubeguard.policy.sources import TrivyChoice
from kubeguard.registry import checks_for, load_checks
from kubeguard.sources import admission, kustomize, targets, yaml
from kubeguard.sources.images import origins, transports
from kubeguard.sources.images.transports import Look
from kubeguard.sources.objects import Family


def audit(
    *paths: str | os.PathLike[str],
    policy: Policy | None = None,
    suppress: bool = True,
    context: int = 0,
    today: date | None = None,
    jobs: int = 0,
    platform: str = "",
    look: Look = Look.NOWHERE,
    verify_key: str = "",
    packages: bool = False,
    vulnerabilities: bool = False,
    known: Callable[[Images], object] | None = None,
    dockerfile: str = "",
    found: Callable[[int], object] = lambda _: None,
    variables: Mapping[str, str] | None = None,
) -> Report:
    """Judge files, folders, images and `-` (standard input); this folder when none is named.

    `policy` is the default one unless given (`load_policy` reads a `kubeguard.yaml`), `suppress`
    False judges as if nobody had suppressed anything, `context` is how many lines of the input
    stand around each finding's own, `today` decides which suppressions have expired, `jobs` is how
    many processes to use (0: as many as pay), `platform` which image to take of one that is for
    several (`linux/arm64`; the host's unless given), `look` where images are looked for that
    manifests name, `verify_key` the file with the public key that images must be signed with,
    `packages` puts into the report what images have installed, `vulnerabilities` has Trivy asked
    for those that are known in them, `known` is told all images that the run knows, `dockerfile`
    is the file whose lines findings about the images made by it are at, `found` is told the number
    of inputs before the work, `variables` are those that Compose files may use.

    Raises UsageError for a path that does not exist, for a `dockerfile` that made none of the
    images, and whatever `known` raises; what else goes wrong is in the report.
    """
    chosen = policy or Policy()
    made = origins.Origins(dockerfile) if dockerfile else None
    load = _load(platform, packages or vulnerabilities, verify_key, variables)
    if packages:
        load = _telling_gaps(load)
    if vulnerabilities:
        load = _asking_trivy(load, chosen.trivy)
    load = partial(_settled, load, chosen, made)
    given = [os.fspath(path) for path in paths] or ["."]
    entries = list(targets.find(given, _excludes(chosen)))
    no_image = look is Look.NOWHERE and not any(entry.image for entry in entries)
    if no_image and (vulnerabilities or verify_key):
        option = "--vulnerabilities" if vulnerabilities else "--verify-key"
        raise UsageError(f"{option}: no image is among the targets", "name an image")
    found(len(entries))
    whole = _whole(given, chosen)
    alone = chosen.rules or known or dockerfile or look is not Look.NOWHERE
    if not alone and (number := parallel.processes(entries, jobs)) > 1:
        checks = checks_of(chosen)
        suppressions = _suppressions(chosen, today) if suppress else None
        settings = _settings(chosen, checks, suppressions, context, whole)
        prepare = kustomize.set_patches_aside
        return parallel.audit(entries, load, prepare, checks, settings, number)
    readings = kustomize.set_patches_aside(map(load, entries))
    if look is not Look.NOWHERE:
        readings += tuple(map(load, _missing(readings, chosen, look)))
    if made:
        made.complain()
    if known:
        known(_images(readings, chosen))
    checks = select(checks_for(readings, bool(chosen.images)), chosen)
    suppress = suppress and (bool(chosen.suppressions) or any(map(mentions_us, readings)))
    suppressions = _suppressions(chosen, today) if suppress else None
    settings = _settings(chosen, checks, suppressions, context, whole)
    return engine.audit(readings, checks, settings)


def objects(*paths: str | os.PathLike[str], policy: Policy | None = None) -> list[Node]:
    """The Kubernetes objects in files, folders and `-`, as kubectl would read them.

    What else is there, and what cannot be read, is not among them: `audit` tells. Raises UsageError
    for a path that does not exist.
    """
    entries = targets.find([os.fspath(path) for path in paths], _excludes(policy or Policy()))
    texts = (entry for entry in entries if entry.image is None)
    nodes = (node for entry in texts for node in targets.load(entry).objects)
    return [node for node in nodes if node.source.translation is None]


def audit_objects(
    objects: Mapping[str, Mapping[str, Any]],
    policy: Policy | None = None,
    problems: Mapping[str, Sequence[tuple[Check, Problem]]] = MappingProxyType({}),
) -> Report:
    """Judge objects that have no text, such as those of a running cluster, all together.

    Each has the name that its findings are reported with. `problems` are what somebody found out
    about them in another way, by that name.
    """
    chosen = policy or Policy()
    readings = [
        replace(
            admission.read(dict(each), Source(name)),
            problems=tuple((check, p, p.where) for check, p in problems.get(name, ())),
        )
        for name, each in objects.items()
    ]
    return _judged_alone(readings, chosen)


def audit_projects(
    projects: Mapping[str, Mapping[str, Any]],
    policy: Policy | None = None,
    problems: Mapping[str, Sequence[tuple[Check, Problem]]] = MappingProxyType({}),
) -> Report:
    """Judge Compose projects that have no text, such as what runs on a machine.

    Each has the name that its findings are reported with, and no variables but `$$`. `problems`
    are what somebody found out about them in another way, by that name.
    """
    from kubeguard.sources import compose

    found = {name: compose.pods(Node(dict(p), Source(name)), {}) for name, p in projects.items()}
    what = Family.COMPOSE.value
    readings = [
        Reading(
            name,
            Outcome.JUDGED,
            what,
            objects=pods.objects,
            troubles=pods.troubles,
            problems=tuple((check, p, p.where) for check, p in problems.get(name, ())),
        )
        for name, pods in found.items()
    ]
    return _judged_alone(readings, policy or Policy())


def _judged_alone(readings: Sequence[Reading], chosen: Policy) -> Report:
    """These readings, which have no text."""
    checks = select(checks_for(readings, bool(chosen.images)), chosen)
    settings = _settings(chosen, checks, _suppressions(chosen, None), 0, whole=False)
    return engine.audit(readings, checks, settings)


def _settled(
    load: Callable[[targets.Entry], Reading],
    policy: Policy,
    made: origins.Origins | None,
    entry: targets.Entry,
) -> Reading:
    """The entry read, and when it holds images, those judged."""
    reading = load(entry)
    if not reading.images:
        return reading
    for image in reading.images if made else ():
        assert made
        made.attach(image)
    return engine.settled(reading, select(checks_for([reading]), policy))


def _images(readings: Sequence[Reading], policy: Policy) -> Images:
    """What is known of images; what was read now wins."""
    read = (facts for reading in readings for facts in engine.facts_of(reading))
    return Images([*read, *policy.images])


def _missing(readings: Sequence[Reading], policy: Policy, look: Look) -> Iterator[targets.Entry]:
    """The images that manifests name and nobody gave, as inputs."""
    images = _images(readings, policy)
    manifests = (Manifest(node) for reading in readings for node in reading.objects)
    for text, reference in engine.references(manifests).items():
        if images.of(reference) is None:
            name = look.target(text)
            yield targets.Entry(name, "", image=transports.target(name))


def _load(
    platform: str, packages: bool, key: str, variables: Mapping[str, str] | None
) -> Callable[[targets.Entry], Reading]:
    """How entries are read. Raises UsageError for a platform or a key that is none."""
    load = partial(targets.load, packages=packages, variables=variables)
    if platform:
        from kubeguard.sources.images import platforms

        load = partial(load, platform=platforms.parse(platform))
    if key:
        from kubeguard.sources.images.signatures import load_key

        load = partial(load, key=load_key(key))
    return load


def _telling_gaps(
    load: Callable[[targets.Entry], Reading],
) -> Callable[[targets.Entry], Reading]:
    from kubeguard.sources.images.packages.inventory import telling_gaps

    return lambda entry: telling_gaps(load(entry))


def _asking_trivy(
    load: Callable[[targets.Entry], Reading], choice: TrivyChoice
) -> Callable[[targets.Entry], Reading]:
    from kubeguard.trivy.evaluation import evaluated
    from kubeguard.trivy.program import Trivy

    trivy = Trivy(choice)

    def loaded(entry: targets.Entry) -> Reading:
        reading = load(entry)
        return evaluated(reading, entry.image, trivy) if entry.image else reading

    return loaded


def load_policy(
    config: str | os.PathLike[str] | None = None, options: Options | None = None
) -> Policy:
    """The policy in `config`, or in the `kubeguard.yaml` at or above the working directory.

    `options` are choices of a command line, which win. Policies in Rego are loaded meanwhile: one
    that does not compile is in the report of whoever asks it, one that does not exist is a
    UsageError there. Raises UsageError with the place, SourceError for image facts that cannot be
    believed.
    """
    node = _configuration(config)
    policy = _with_rules(node, options)
    if node is not None:
        policy = configuration.parse(node, catalogue(policy), policy)
    if options is not None:
        names_checks = options.select or options.ignore
        policy = configuration.override(policy, options, catalogue(policy) if names_checks else ())
    return _with_images(policy)


def _with_images(policy: Policy) -> Policy:
    """The policy with the images that its files of facts describe."""
    if not policy.facts.files:
        return policy
    from kubeguard.sources.images import facts

    read = (facts.read(file, policy.facts.key) for file in policy.facts.files)
    return replace(policy, images=Images(each for file in read for each in file))


def with_policies(options: Options) -> Policy:
    """The default policy with the policies in Rego that `kubeguard.yaml` and a command line name:
    for whoever wants to know which checks there are. Raises UsageError."""
    return _with_rules(_configuration(None), options)


def catalogue(policy: Policy) -> tuple[Check, ...]:
    """The built-in checks, then those of the policies in Rego."""
    return (*load_checks(), *(policy.rules.checks if policy.rules else ()))


def checks_of(policy: Policy) -> tuple[Check, ...]:
    """The checks that a policy selects, with its severities and parameters."""
    return select(catalogue(policy), policy)


def _configuration(config: str | os.PathLike[str] | None) -> Node | None:
    file = Path(config) if config is not None else configuration.find(Path.cwd())
    return _read(file) if file is not None else None


def _with_rules(node: Node | None, options: Options | None) -> Policy:
    policy = configuration.about_rego(node) if node is not None else Policy()
    policy = configuration.with_rego(policy, options or Options())
    if not policy.policies and policy.rego.engine != "server":
        return policy
    from kubeguard.rego import rules

    return replace(policy, rules=rules.Loading(policy.policies, policy.rego))


def _read(file: Path) -> Node | None:
    """The one document in a configuration; None when there is nothing in it."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text") from error
    documents, broken = yaml.read(_shown(file), text)
    for trouble in (*broken, *(t for document in documents for t in document.troubles)):
        raise UsageError(f"{trouble.node.location}: {trouble.message}")
    if len(documents) > 1:
        raise UsageError(f"{documents[1].node.location}: a configuration is one document")
    return documents[0].node if documents else None


def _shown(file: Path) -> str:
    """Relative to the working directory when it lies below, so that a reader can click on it."""
    full = file.absolute()
    here = Path.cwd()
    return (full.relative_to(here) if full.is_relative_to(here) else full).as_posix()


def _excludes(policy: Policy) -> tuple[tuple[Path, str], ...]:
    """Patterns with the folder they are relative to."""
    root = policy.root or Path.cwd()
    return tuple((root, pattern) for pattern in policy.exclude)


def _whole(paths: list[str], policy: Policy) -> bool:
    """Whether everything is judged that the configuration speaks for: its folder, or one above."""
    root = Path(os.path.realpath(policy.root or Path.cwd()))
    return any(path != "-" and root.is_relative_to(os.path.realpath(path)) for path in paths)


def _settings(
    policy: Policy,
    checks: tuple[Check, ...],
    suppressions: engine.Suppressions | None,
    context: int,
    whole: bool,
) -> engine.Settings:
    return engine.Settings(
        version=policy.kubernetes_version,
        policies=partial(_judged, policy.rules, policy) if policy.rules else None,
        schemas=_schemas(policy) if any(check.family == "schema" for check in checks) else None,
        suppressions=suppressions,
        context=context,
        whole=whole,
        images=policy.images,
    )


def _judged(rules: Rules, policy: Policy, views: Sequence[View]) -> Verdict:
    """What the policies in Rego say that the user chose."""
    return rules.judge(select(rules.checks, policy), views)


def _suppressions(policy: Policy, today: date | None) -> engine.Suppressions:
    from kubeguard.policy.suppressions import Suppressions

    ran = [check.id for check in checks_of(policy)]
    return Suppressions(policy, catalogue(policy), ran, today or date.today())


def _schemas(policy: Policy) -> Callable[..., engine.Schemas]:
    from kubeguard.sources.schema import Schemas

    return partial(Schemas, policy.kubernetes_version)
