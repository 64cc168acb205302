"""OPA bundles: policies and data in an archive or a folder, signed or not.

https://www.openpolicyagent.org/docs/management-bundles
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.errors import UsageError
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import CompileError, Diagnostic, Module
from kubeguard.rego.engines.worker import Worker

ARCHIVES = (".tar.gz", ".tgz")
MANIFEST = ".manifest"
SIGNATURES = ".signatures.json"


class Bundle(NamedTuple):
    """What a bundle holds; the name of a module is that of the bundle and of the file in it."""

    modules: tuple[Module, ...]
    data: Mapping[str, Any]
    troubles: tuple[Trouble, ...] = ()


def is_bundle(where: Path) -> bool:
    """Whether this is a bundle: by the ending of an archive, by what a folder has at its top."""
    if where.is_dir():
        return (where / MANIFEST).is_file() or (where / SIGNATURES).is_file()
    return where.name.endswith(ARCHIVES)


def read(where: Path, key: str = "") -> Bundle:
    """What the bundle holds, as OPA reads it in the engine that ships, whichever one evaluates.

    `key` is the file with the key that it must be signed with: a public key in PEM, or the secret
    of an HMAC. Raises CompileError for what is no bundle or not signed with it, UsageError for a
    key that cannot be read, EngineError.
    """
    secret = _key(key) if key else ""
    with Worker(EngineChoice()) as worker:
        try:
            told = worker.bundle(str(where), secret)
        except CompileError as error:
            raise CompileError([_inside(where, said) for said in error.diagnostics]) from error
    modules = tuple(each._replace(name=str(where / each.name)) for each in told.modules)
    unchecked = told.signed and not key
    return Bundle(modules, told.data, (_unchecked(where),) * unchecked)


def _key(file: str) -> str:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the key {file!r} cannot be read: {error}") from error
    if not text.strip():
        raise UsageError(f"there is no key in {file!r}")
    return text


def _inside(where: Path, said: Diagnostic) -> Diagnostic:
    return said._replace(file=str(where / said.file.lstrip("/")))


def _unchecked(where: Path) -> Trouble:
    message = "the bundle is signed, and no key is configured to check that"
    return trouble(TroubleKind.DOUBTFUL_POLICY, Diagnostic("signature", message, str(where)))
