"""The only module a check imports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from kubeguard.model import credentials, models, ports, secret_files, support, users
from kubeguard.model.bundle import Bundle, selects
from kubeguard.model.credentials import Credential
from kubeguard.model.dockerfile import (
    Command,
    Dockerfile,
    Heredoc,
    Instruction,
    Stage,
    Word,
    behind_shell,
)
from kubeguard.model.facts import ImageFacts
from kubeguard.model.finding import Check, Problem
from kubeguard.model.fix import REMOVE, Edit, Fix, Grade, advise, drop, put
from kubeguard.model.image import File, FileKind, Image, ImageReference
from kubeguard.model.inside import part
from kubeguard.model.manifest import Container, Manifest, Role, ShippedContainer, Workload
from kubeguard.model.node import Node
from kubeguard.model.regex import Regex
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.signature import SignatureState
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.model.views import View
from kubeguard.model.vulnerability import Vulnerability

__all__ = [
    "REMOVE",
    "Bundle",
    "Command",
    "Container",
    "Credential",
    "Dockerfile",
    "Edit",
    "File",
    "FileKind",
    "Fix",
    "Grade",
    "Heredoc",
    "Image",
    "ImageFacts",
    "ImageReference",
    "Instruction",
    "Manifest",
    "Node",
    "Problem",
    "Profile",
    "Regex",
    "Role",
    "Severity",
    "ShippedContainer",
    "SignatureState",
    "Stage",
    "Trouble",
    "TroubleKind",
    "Vulnerability",
    "Word",
    "Workload",
    "advise",
    "behind_shell",
    "check",
    "credentials",
    "drop",
    "models",
    "part",
    "ports",
    "put",
    "secret_files",
    "selects",
    "support",
    "users",
]

V = TypeVar("V", bound=View)


def check(
    id: str,
    title: str,
    *,
    on: type[V],
    severity: Severity,
    profile: Profile = Profile.RESTRICTED,
    kinds: Iterable[str] = (),
    refs: Iterable[str] = (),
    like: Iterable[str] = (),
    waivable: bool = True,
) -> Callable[[Callable[..., Iterable[Problem]]], Check]:
    """Turn a function over one view into a Check named like the function.

    The page is the `.md` beside the module. Keyword-only arguments of the function, which need
    defaults, are the parameters that `kubeguard.yaml` may set.
    """

    def wrap(find: Callable[..., Iterable[Problem]]) -> Check:
        module = sys.modules[find.__module__].__file__ or ""
        return Check(
            id=id,
            name=find.__name__,
            title=title,
            severity=severity,
            profile=profile,
            on=on,
            find=find,
            page=Path(module).with_suffix(".md"),
            kinds=frozenset(kinds),
            refs=tuple(refs),
            like=tuple(like),
            parameters=find.__kwdefaults__ or {},
            waivable=waivable,
        )

    return wrap
