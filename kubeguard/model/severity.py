"""How bad a finding is, and how strict its reader, as ordered types."""

from enum import IntEnum


class Severity(IntEnum):
    """Ordered, so that a threshold is a plain comparison."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


class Profile(IntEnum):
    """How strict a reader is: a profile includes every check of the ones before it."""

    BASELINE = 1
    RESTRICTED = 2
    PEDANTIC = 3
