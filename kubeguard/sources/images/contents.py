"""Which files a check looks into, so that their content is kept while a layer passes by."""

from __future__ import annotations

import re

from kubeguard.model.models import is_model
from kubeguard.model.secret_files import is_secret_file

_ACCOUNTS = re.compile(
    r"/etc/(?:passwd|shadow|group|os-release)|/usr/lib/os-release|.*/\.git/config"
)
_PEM = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
HEAD = 64
"""Bytes by which a file tells what it is."""


def is_wanted(path: str) -> bool:
    """Whether a check looks into every file of this name."""
    return bool(_ACCOUNTS.fullmatch(path)) or is_secret_file(path) or is_model(path)


def is_telling(head: bytes) -> bool:
    """Whether a check looks into a file that begins so, whatever it is called."""
    return head.startswith(b"-----BEGIN ") and bool(_PEM.match(head))
