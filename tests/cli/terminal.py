"""How tests run kubeguard, and small inputs with known verdicts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

CLEAN = "FROM registry.example/base:1.4\nUSER 65532\n"
"""A Dockerfile without findings."""

PRIVILEGED = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: registry.example/web:1.4
    securityContext:
      privileged: true
"""

BROKEN = "apiVersion: v1\nkind: Pod\n\tmetadata: {}\n"


class Ran(NamedTuple):
    """What a user sees of a run."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]
Put = Callable[[str, str | bytes], str]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kubeguard", *arguments]


def environment(**more: str) -> dict[str, str]:
    """This one, with the package found from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}
