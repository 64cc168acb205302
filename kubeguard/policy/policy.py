"""Every choice of one run in one frozen record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import NamedTuple

from kubeguard.errors import UsageError
from kubeguard.model.cluster import NEWEST, OLDEST
from kubeguard.model.facts import NO_IMAGES, Images
from kubeguard.model.finding import Suppression
from kubeguard.model.node import Node
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.verdict import Rules
from kubeguard.policy.admission import Admission
from kubeguard.policy.sources import EngineChoice, FactsSource, PolicySource, TrivyChoice


class Exemption(NamedTuple):
    """One entry of `suppressions` in kubeguard.yaml; '' means any. `checks` are ids.

    `file` is a pattern as in .gitignore, the other scopes are shell patterns (`agent-*`).
    """

    checks: tuple[str, ...]
    suppression: Suppression
    node: Node
    file: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    container: str = ""
    stage: str = ""
    vulnerability: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user chose; names of checks are resolved to ids, families stay names.

    `fail_on` None never fails, `root` is the folder that file patterns are relative to (None: the
    working directory), `exclude` holds .gitignore patterns, `rules` are the policies in Rego when
    there are any, loaded, `admission` is how the webhook answers, `images` are those that the
    files of `facts` describe, `trivy` is how known vulnerabilities are asked for.
    """

    profile: Profile = Profile.RESTRICTED
    fail_on: Severity | None = Severity.MEDIUM
    kubernetes_version: tuple[int, int] = NEWEST
    severities: Mapping[str, Severity] = field(default_factory=dict)
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    non_waivable: frozenset[str] = frozenset()
    suppressions: tuple[Exemption, ...] = ()
    policies: tuple[PolicySource, ...] = ()
    rego: EngineChoice = field(default_factory=EngineChoice)
    rules: Rules | None = None
    admission: Admission = field(default_factory=Admission)
    facts: FactsSource = field(default_factory=FactsSource)
    images: Images = NO_IMAGES
    trivy: TrivyChoice = field(default_factory=TrivyChoice)
    root: File | None = None


_RELEASE = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:[.+-].*)?", re.ASCII | re.DOTALL)


def release(text: str) -> tuple[int, int]:
    """`1.33`, `v1.33` or `v1.33.2-eks.1` as (1, 33). Raises UsageError outside what is known."""
    known = f"{_dotted(OLDEST)} to {_dotted(NEWEST)}"
    found = _RELEASE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{text[:40]!r} is no Kubernetes release", f"write one of {known}")
    version = int(found[1]), int(found[2])
    if not OLDEST <= version <= NEWEST:
        raise UsageError(f"Kubernetes {_dotted(version)} is not known here", f"known are {known}")
    return version


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
