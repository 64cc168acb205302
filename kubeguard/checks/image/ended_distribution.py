"""Nobody mends the packages of a distribution whose time is over."""

from collections.abc import Iterator
from datetime import date

from kubeguard.checks.kit import Image, Problem, Severity, advise, check, support


@check(
    "KG2024",
    "Built image is of a distribution that is no longer mended",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 4.4", "CWE-1104"),
)
def ended_distribution(image: Image) -> Iterator[Problem]:
    file = image.find("/etc/os-release") or image.find("/usr/lib/os-release")
    if file is None:
        return
    said = dict(_settings(file.text))
    name, version = said.get("ID", ""), said.get("VERSION_ID", "")
    end = support.distribution_ended(name, version)
    if end and end < date.today():
        message = f"{name} {version} was mended until {end}, from {image.origin(file)}"
        yield Problem(image.place(file), message, advise("build on a release that is supported"))


def _settings(text: str) -> Iterator[tuple[str, str]]:
    """The lines of os-release(5)."""
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            yield key, value.strip("\"'")
