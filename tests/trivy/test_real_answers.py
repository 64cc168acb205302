"""What the real Trivy answered, as it lies beside the corpus."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from stand_in import Place, StandIn

from kubeguard.trivy.answer import parse
from tests.building import digest

PLACE = Path(os.environ.get("KUBEGUARD_CORPUS", ""), "trivy")
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        "KUBEGUARD_CORPUS" not in os.environ or not PLACE.is_dir(),
        reason="KUBEGUARD_CORPUS does not lead to what Trivy answered",
    ),
]


@pytest.mark.parametrize(
    ("name", "severities"),
    [
        ("alpine-310", {"MEDIUM": 4}),
        ("alpine-39-high-critical", {"CRITICAL": 2}),
        ("distroless-base", {"MEDIUM": 2, "LOW": 2}),
    ],
)
def test_reports_about_images(name: str, severities: dict[str, int]) -> None:
    document = json.loads((PLACE / f"expected/{name}.json").read_bytes())

    answer = parse(document)

    assert answer.image == document["Metadata"]["ImageID"]
    assert Counter(row.severity.name for row in answer.rows if row.severity) == severities
    layers = {row.layer for row in answer.rows}
    assert layers <= {*document["Metadata"]["DiffIDs"]}


def test_all_reports_about_images_are_understood() -> None:
    seen = Counter[str]()
    for file in sorted((PLACE / "expected").glob("*.json")):
        document = json.loads(file.read_bytes())
        if document["ArtifactType"] == "container_image":
            told = sum(len(r.get("Vulnerabilities", ())) for r in document["Results"])
            assert len(parse(document).rows) == told
            seen[file.stem] += told
    assert len(seen) == 9
    assert all(seen.values())


def test_a_report_without_vulnerabilities() -> None:
    document = json.loads((PLACE / "observed/image-packages.out").read_bytes())

    assert parse(document).rows == ()


def test_an_unrated_vulnerability_is_no_harmless_one() -> None:
    document = json.loads((PLACE / "expected/gomod-vex.json").read_bytes())

    rows = parse(document | {"ArtifactType": "container_image"}).rows

    assert [row.severity for row in rows][:2] == [None, None]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Trivy is a script with #!")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("image-no-database", "Trivy has no database"),
        ("image-no-database-no-flags", "failed to download vulnerability DB"),
        ("image-garbage", "Trivy has no database"),
    ],
)
def test_a_failure_replayed(place: Place, trivy: StandIn, name: str, why: str) -> None:
    status = (PLACE / f"observed/{name}.status").read_text()
    complaint = (PLACE / f"observed/{name}.err").read_text()
    trivy.says("image", code=int(status.split(" ")[0]), out="", err=complaint)

    ran = place.scan("image.tar", "--vulnerabilities")

    assert ran.code == 3
    assert why in ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Trivy is a script with #!")
def test_its_version_without_a_database(place: Place, trivy: StandIn) -> None:
    trivy.says("version", out=(PLACE / "observed/version-json.out").read_text())

    ran = place.scan("image.tar", "--vulnerabilities")

    assert ran.code == 3
    assert "Trivy has no database" in ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Trivy is a script with #!")
def test_a_report_replayed(place: Place, trivy: StandIn) -> None:
    document = json.loads((PLACE / "expected/alpine-310.json").read_bytes())
    document["Metadata"]["ImageID"] = digest(place.built.config)
    trivy.says("image", document)

    ran = place.scan("image.tar", "--vulnerabilities", "--quiet")

    assert ran.code == 1
    assert ran.out.count("has CVE-2019-1549") == 2
