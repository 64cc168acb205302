"""What others know and judge, as the user chose: policies in Rego, image facts, Trivy."""

from __future__ import annotations

from typing import NamedTuple

ENGINES = ("builtin", "opa", "server")


class PolicySource(NamedTuple):
    """One `--policy`, or one entry of `policies:`.

    `path` is a file, a folder, a bundle or `pack:NAME`; `style` '' is recognised by content;
    `namespaces`, `data` and `combine` are what conftest calls so; `key` is the file with the key
    that a bundle must be signed with.
    """

    path: str
    style: str = ""
    namespaces: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    combine: bool = False
    key: str = ""


class FactsSource(NamedTuple):
    """Files of image facts, and the file with the key that they must be signed with."""

    files: tuple[str, ...] = ()
    key: str = ""


class EngineChoice(NamedTuple):
    """`rego:` in kubeguard.yaml, and the options `--rego-engine` and `--opa-url`.

    `allow` are functions that reach out and are allowed all the same, `seconds` is what one
    question about one input may take, `memory` what a worker may use, in MiB.
    """

    engine: str = "builtin"
    url: str = ""
    ca: str = ""
    token_file: str = ""
    allow: frozenset[str] = frozenset()
    seconds: float = 5.0
    memory: int = 1024


class TrivyChoice(NamedTuple):
    """`trivy:` in kubeguard.yaml.

    `program` is a path, or a name that is looked up in PATH; `cache` is the folder of its
    databases ('' where Trivy keeps it), `offline` whether it may fetch nothing, `seconds` what it
    may take for one image, `database_days` how old its database may be.
    """

    program: str = "trivy"
    cache: str = ""
    offline: bool = True
    seconds: float = 600.0
    database_days: float = 7.0
