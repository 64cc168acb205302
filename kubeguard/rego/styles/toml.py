"""conftest.toml: what a project has told conftest about its policies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.errors import KubeguardError
from kubeguard.rego.styles.metadata import texts

NAME = "conftest.toml"
DEFAULT = "policy"
"""The folder in which conftest looks for policies when none is named."""
_REFUSED = {
    "capabilities": "kubeguard has its own list of functions that policies may use",
    "update": "run `conftest pull` first; nothing is fetched here",
    "parser": "kubeguard reads Kubernetes manifests and Dockerfiles only",
}
"""Settings that would change a verdict and are not followed."""


class Toml(NamedTuple):
    """The settings that matter here; paths are seen from the file's folder, as conftest does.

    `version` is v0, v1 or auto.
    """

    policy: tuple[Path, ...] = ()
    namespaces: tuple[str, ...] = ()
    everything: bool = False
    data: tuple[str, ...] = ()
    combine: bool = False
    strict: bool = False
    version: str = "auto"


def settings(where: Path) -> Toml | None:
    """The settings beside these policies, or of a project above that counts them among its own.

    `policy` is filled only for the folder that the file is in: it says where the policies are.
    Raises KubeguardError.
    """
    folder = where if where.is_dir() else where.parent
    for each in _upwards(folder.absolute()):
        if (each / NAME).is_file():
            beside = each == folder.absolute()
            said = read((folder if beside else each) / NAME)
            own = said.policy or ((folder if beside else each) / DEFAULT,)
            if beside:
                there = tuple(path for path in own if said.policy or path.is_dir())
                return said._replace(policy=there if where.is_dir() else ())
            inside = any(folder.absolute().is_relative_to(path.absolute()) for path in own)
            return said._replace(policy=()) if inside else None
    return None


def _upwards(folder: Path) -> Iterator[Path]:
    here = Path.cwd()
    for each in (folder, *folder.parents):
        yield each
        if each == here or (each / ".git").exists():
            return


def read(file: Path) -> Toml:
    """The settings in a file. Raises KubeguardError for what is broken or cannot be followed."""
    import tomllib

    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KubeguardError(f"{file}: {error}") from error
    for key, why in _REFUSED.items():
        if said.get(key):
            raise KubeguardError(f"{file}: {key} is not supported: {why}")
    folder = file.parent
    return Toml(
        tuple(folder / path for path in texts(said.get("policy"))),
        texts(said.get("namespace")),
        said.get("all-namespaces") is True,
        tuple(_from(folder, path) for path in texts(said.get("data"))),
        said.get("combine") is True,
        said.get("strict") is True,
        _version(said.get("rego-version")),
    )


def _from(folder: Path, path: str) -> str:
    prefix, colon, rest = path.rpartition(":")
    return f"{prefix}{colon}{folder / rest}"


def _version(said: Any) -> str:
    return said.lower() if isinstance(said, str) and said.lower() in ("v0", "v1") else "auto"
