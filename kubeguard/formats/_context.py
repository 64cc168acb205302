"""What a report does not hold but its reader wants to know."""

from typing import NamedTuple

from kubeguard.model.finding import Check
from kubeguard.model.severity import Profile, Severity
from kubeguard.version import VERSION


class Style(NamedTuple):
    """How the text format looks; `width` counts cells of a terminal."""

    color: bool = False
    width: int = 100
    verbose: bool = False
    quiet: bool = False


_PLAIN = Style()


class Context(NamedTuple):
    """The circumstances of a scan: which kubeguard, judging by which rules, for how long."""

    profile: Profile = Profile.RESTRICTED
    fail_on: Severity | None = Severity.MEDIUM
    """None never fails."""
    kubernetes: str = ""
    """The release judged for, such as `1.33`; '' when none was chosen."""
    checks: tuple[Check, ...] = ()
    """Every check that ran, so that a clean rule is known to be one."""
    duration: float | None = None
    """Seconds."""
    docs: str = ""
    """Where the pages of the checks are published, without the trailing slash; '' if nowhere."""
    version: str = VERSION
    style: Style = _PLAIN
