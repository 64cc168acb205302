"""What became of an image's signature when somebody had it checked."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class SignatureState(Enum):
    """Closed set; each but the first has its check."""

    GOOD = "good"
    OTHER_IMAGE = "signed with the key, for another image"
    WRONG = "not by the key"
    MISSING = "no signature"


class Signature(NamedTuple):
    """The best that was found, and in a few words what is wrong with it."""

    state: SignatureState
    reason: str = ""
