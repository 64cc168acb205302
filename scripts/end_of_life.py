"""Make kubeguard/model/end_of_life.json anew, out of what endoflife.date gathers from vendors.

    python -m scripts.end_of_life

Of several dates the last one counts that costs nothing: Debian's LTS, not somebody's contract.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "kubeguard" / "model" / "end_of_life.json"
ADDRESS = "https://endoflife.date/api/{}.json"
DISTRIBUTIONS = {
    "debian": "debian",
    "ubuntu": "ubuntu",
    "alpine": "alpine-linux",
    "centos": "centos",
    "rhel": "rhel",
    "rocky": "rocky-linux",
    "almalinux": "almalinux",
    "fedora": "fedora",
    "amzn": "amazon-linux",
}
"""What os-release calls them, and what the site does."""
RUNTIMES = {
    "python": "python",
    "node": "nodejs",
    "php": "php",
    "ruby": "ruby",
    "dotnet": "dotnet",
}
FREE_EXTENSIONS = ("debian",)

Releases = list[dict[str, Any]]


def gathered(fetch: Callable[[str], Releases], today: date) -> dict[str, Any]:
    """The document, with the dates of every product."""
    return {
        "as_of": today.isoformat(),
        "source": "https://endoflife.date",
        "distributions": {name: _dates(name, fetch(site)) for name, site in DISTRIBUTIONS.items()},
        "runtimes": {name: _dates(name, fetch(site)) for name, site in RUNTIMES.items()},
    }


def _dates(product: str, releases: Releases) -> dict[str, str]:
    """Release to date; one without an end has none."""
    key = "extendedSupport" if product in FREE_EXTENSIONS else "eol"
    found = {}
    for release in releases:
        end = release.get(key) or release.get("eol")
        if isinstance(end, str):
            found[str(release["cycle"])] = date.fromisoformat(end).isoformat()
    if not found:
        sys.exit(f"{product}: no release with a date; has the site changed?")
    return dict(sorted(found.items(), key=_number))


def _number(release: tuple[str, str]) -> list[int]:
    return [int(part) for part in release[0].split(".") if part.isdecimal()]


def _fetch(product: str) -> Releases:
    with urllib.request.urlopen(ADDRESS.format(product), timeout=30) as answer:
        found: Releases = json.load(answer)
    return found


def main() -> None:
    document = gathered(_fetch, date.today())
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
