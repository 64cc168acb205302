"""An image that was built long ago lacks all that was mended since."""

from collections.abc import Iterator
from datetime import UTC, datetime

from kubeguard.checks.kit import Image, Problem, Profile, Severity, advise, check

_REPRODUCIBLE = datetime(1990, 1, 1, tzinfo=UTC)
"""What claims to be older is from a build that gives the same bytes twice, with no date at all."""


@check(
    "KG2021",
    "Built image is old",
    on=Image,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 4.4",),
)
def stale_image(image: Image, *, days: int = 180) -> Iterator[Problem]:
    created = image.node["created"]
    built = _date(created.text)
    age = (datetime.now(UTC) - built).days if built else 0
    if built and built > _REPRODUCIBLE and age > days:
        message = f"the image was built {age:,} days ago, on {built:%Y-%m-%d}"
        yield Problem(created, message, advise("build it anew, from a base image of today"))


def _date(text: str) -> datetime | None:
    """RFC 3339, as far as the seconds; the fraction has more digits than Python reads."""
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
