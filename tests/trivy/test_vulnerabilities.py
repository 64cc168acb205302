"""`--vulnerabilities`: what Trivy is told, and what becomes of its answer, or of none."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from stand_in import Place, StandIn, about, report

from tests.building import archive, build, digest, oci_files, write_folder

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the stand-in for Trivy is a script with #!"
)
CRITICAL = {
    "VulnerabilityID": "CVE-2019-14697",
    "PkgName": "openssl",
    "InstalledVersion": "1.1.1c-r0",
    "FixedVersion": "1.1.1d-r0",
    "Severity": "CRITICAL",
    "Title": "a bad one",
}


@pytest.fixture
def image(place: Place) -> str:
    return digest(place.built.config)


def layer(place: Place, number: int) -> str:
    return digest(place.built.layers[number])


def found(place: Place, *arguments: str) -> list[tuple[str, str, str]]:
    """Check, message and place of the findings about vulnerabilities."""
    ran = place.scan("image.tar", "--vulnerabilities", "--format", "json", *arguments)
    return [
        (one["check"], one["message"], ".".join(map(str, one["path"])))
        for one in json.loads(ran.out)["findings"]
        if one["check"].startswith("KG27")
    ]


def test_a_vulnerability_is_a_finding(place: Place, trivy: StandIn, image: str) -> None:
    trivy.says("image", report(image, CRITICAL | {"Layer": {"DiffID": layer(place, 1)}}))

    assert found(place) == [
        (
            "KG2701",
            "openssl 1.1.1c-r0 has CVE-2019-14697 (a bad one), from layer 2",
            "packages.openssl 1.1.1c-r0.CVE-2019-14697",
        )
    ]
    ran = place.scan("image.tar", "--vulnerabilities")
    assert ran.code == 1
    assert "update openssl to 1.1.1d-r0" in ran.out


@pytest.mark.parametrize(
    ("severity", "check"),
    [("HIGH", "KG2702"), ("MEDIUM", "KG2703"), ("LOW", "KG2704"), ("UNKNOWN", "KG2705")],
)
def test_the_severity_decides_the_check(
    place: Place, trivy: StandIn, image: str, severity: str, check: str
) -> None:
    trivy.says("image", report(image, CRITICAL | {"Severity": severity}))

    assert [row[0] for row in found(place)] == [check]


def test_an_image_without_any_is_clean_of_them(place: Place, trivy: StandIn, image: str) -> None:
    trivy.says("image", report(image))

    assert found(place) == []


def test_what_it_is_told(
    place: Place, trivy: StandIn, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("TRIVY_SEVERITY", "CRITICAL")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    Path(".trivyignore").write_text("CVE-2019-14697\n")
    trivy.says("image", report(image, CRITICAL))

    assert len(found(place)) == 1

    version, asked = trivy.asked
    assert version["arguments"] == ["version", "--format", "json"]
    assert asked["arguments"][:5] == [
        "image",
        "--input",
        os.path.realpath("image.tar"),
        "--scanners",
        "vuln",
    ]
    assert {"--offline-scan", "--skip-db-update", "--skip-java-db-update"} < {*asked["arguments"]}
    assert asked["files"] == []
    hidden = {"AWS_SECRET_ACCESS_KEY", "TRIVY_SEVERITY", "HTTPS_PROXY"}
    assert not hidden & {*asked["environment"]}


def test_online_when_the_configuration_says_so(
    place: Place, trivy: StandIn, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("PATH", os.environ["PATH"].partition(":")[2])
    Path("kubeguard.yaml").write_text(f"trivy: {{program: {trivy.path}, offline: false}}\n")
    trivy.says("image", report(image, CRITICAL))

    assert len(found(place)) == 1

    asked = trivy.asked[1]
    assert "--offline-scan" not in asked["arguments"]
    assert asked["environment"]["HTTPS_PROXY"] == "http://proxy.example"


def unevaluated(place: Place) -> str:
    """Why vulnerabilities were not evaluated, which every format says and exit code 3."""
    ran = place.scan("image.tar", "--vulnerabilities", "--format", "json", "--format", "junit=j")
    told = json.loads(ran.out)
    message = next(f["message"] for f in told["findings"] if f["check"] == "KG9031")
    assert ran.code == 3
    assert not any(f["check"].startswith("KG27") for f in told["findings"])
    assert any(f["check"].startswith("KG20") for f in told["findings"])
    assert "vulnerabilities not evaluated" in Path("j").read_text()
    prefix, colon, why = message.partition(": ")
    assert prefix + colon == "vulnerabilities not evaluated: "
    return str(why)


def test_no_program(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.getcwd())

    assert unevaluated(place) == "there is no program 'trivy'"


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (about("0.69.4"), "Trivy 0.69.4 is a malicious release and is not used"),
        (about("v0.69.4"), "Trivy 0.69.4 is a malicious release and is not used"),
        (
            about(database=False),
            "Trivy has no database; run `trivy image --download-db-only`",
        ),
        (
            about(days=8.5),
            "Trivy's database is 8 days old; run `trivy image --download-db-only`",
        ),
        (
            about() | {"VulnerabilityDB": {"UpdatedAt": "soon"}},
            "Trivy does not tell how old its database is",
        ),
        ({"version": "0.74.0"}, "Trivy does not tell its version"),
        ([], "Trivy does not tell its version"),
    ],
)
def test_a_release_or_database_that_is_not_used(
    place: Place, trivy: StandIn, image: str, version: object, why: str
) -> None:
    trivy.says("image", report(image, CRITICAL))
    trivy.says("version", version)

    assert unevaluated(place) == why
    assert [one["arguments"][0] for one in trivy.asked] == ["version"]


UNKNOWN_SHAPE = "Trivy's answer has an unknown shape: "


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], UNKNOWN_SHAPE + "the report is no mapping"),
        ({}, UNKNOWN_SHAPE + "SchemaVersion of the report is missing"),
        ({"SchemaVersion": "2"}, UNKNOWN_SHAPE + "SchemaVersion of the report is of another type"),
        ({"SchemaVersion": 3}, "Trivy's report is of version 3"),
        ({"SchemaVersion": True}, UNKNOWN_SHAPE + "SchemaVersion of the report is of another type"),
        ({"SchemaVersion": 2, "ArtifactType": "vm"}, "Trivy's report is about 'vm'"),
        (report("sha256:0", CRITICAL), "Trivy has looked at another image"),
        (report("", CRITICAL), "Trivy has looked at another image"),
        (
            report("x", CRITICAL | {"Severity": "AWFUL"}),
            "Trivy knows a severity 'AWFUL', kubeguard does not",
        ),
        (
            report("x", {"PkgName": "a"}),
            UNKNOWN_SHAPE + "VulnerabilityID of a vulnerability is missing",
        ),
        (
            report("x", CRITICAL | {"Layer": []}),
            UNKNOWN_SHAPE + "Layer of a vulnerability is of another type",
        ),
        (report("x") | {"Results": {}}, UNKNOWN_SHAPE + "Results of the report is of another type"),
        (report("x") | {"Results": [None]}, UNKNOWN_SHAPE + "a result is no mapping"),
    ],
)
def test_an_answer_of_unknown_shape(
    place: Place, trivy: StandIn, document: object, why: str
) -> None:
    trivy.says("image", document)

    assert unevaluated(place) == why


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ({"out": "<html>"}, "Trivy's answer is not JSON"),
        ({"out": ""}, "Trivy's answer is not JSON"),
        (
            {"code": 2, "err": "x\nFATAL Fatal error\trun error: bad\n"},
            "Trivy failed with exit code 2: run error: bad",
        ),
        ({"code": 7}, "Trivy failed with exit code 7: and said nothing"),
        ({"signal": 9}, "Trivy was killed by signal 9"),
        (
            {"code": 1, "err": "FATAL The first run cannot skip downloading DB"},
            "Trivy has no database",
        ),
    ],
)
def test_a_crash(place: Place, trivy: StandIn, behaviour: dict[str, object], why: str) -> None:
    trivy.says("image", **behaviour)

    assert unevaluated(place) == why


def test_too_slow_is_killed_with_its_children(place: Place, trivy: StandIn) -> None:
    Path("kubeguard.yaml").write_text("trivy: {seconds: 0.5}\n")
    trivy.says("image", {}, seconds=30, child=True)
    started = time.monotonic()

    assert unevaluated(place) == "Trivy gave no answer within 0.5 s"
    assert time.monotonic() - started < 15


def test_one_vulnerability_is_suppressed_by_its_id(
    place: Place, trivy: StandIn, image: str
) -> None:
    Path("kubeguard.yaml").write_text(
        "suppressions:\n"
        "  - {checks: [critical_vulnerability], vulnerability: CVE-2019-*, reason: unused}\n"
    )
    other = CRITICAL | {"VulnerabilityID": "GHSA-qq97-vm5h-rrhg"}
    trivy.says("image", report(image, CRITICAL, other))

    ran = place.scan("image.tar", "--vulnerabilities", "--format", "json")

    told = json.loads(ran.out)["findings"]
    suppressed = {
        one["path"][-1]: bool(one.get("suppression")) for one in told if one["check"] == "KG2701"
    }
    assert suppressed == {"CVE-2019-14697": True, "GHSA-qq97-vm5h-rrhg": False}


def test_without_an_image_it_makes_no_sense(place: Place) -> None:
    Path("pod.yaml").write_text("apiVersion: v1\nkind: Pod\n")

    ran = place.scan("pod.yaml", "--vulnerabilities")

    assert ran.code == 2
    assert "no image is among the targets" in ran.err


def test_a_layout_is_named_with_its_tag(place: Place, trivy: StandIn, image: str) -> None:
    write_folder(Path("layout"), oci_files(place.built))
    trivy.says("image", report(image, CRITICAL))

    ran = place.scan("oci:layout:1.2", "--vulnerabilities", "--quiet")

    assert "CVE-2019-14697" in ran.out
    assert trivy.asked[1]["arguments"][2] == f"{os.path.realpath('layout')}:1.2"


def test_what_trivy_cannot_read_is_given_as_a_bill_of_materials(
    place: Place, trivy: StandIn, image: str
) -> None:
    pytest.importorskip("cyclonedx", reason="the extra `sbom` is not installed")
    Path("image.oci.tar").write_bytes(archive(oci_files(place.built)))
    layers = {"Layer": {"DiffID": layer(place, 1)}}
    trivy.says("sbom", report("", CRITICAL | layers, kind="cyclonedx"))

    ran = place.scan("oci-archive:image.oci.tar", "--vulnerabilities", "--quiet")

    assert "openssl 1.1.1c-r0 has CVE-2019-14697 (a bad one), from layer 2" in ran.out
    bill = trivy.asked[1]["sbom"]
    assert bill["metadata"]["component"]["version"] == image
    assert "pkg:apk/alpine/openssl@1.1.1c-r0?arch=x86_64&distro=3.10.2" in {
        part.get("purl") for part in bill["components"]
    }


def test_an_image_with_gaps_in_its_bill_is_not_evaluated(place: Place, trivy: StandIn) -> None:
    built = build({"layers": [{"files": {"/var/lib/rpm/Packages": "x"}}]})
    Path("image.oci.tar").write_bytes(archive(oci_files(built)))

    ran = place.scan("oci-archive:image.oci.tar", "--vulnerabilities")

    assert ran.code == 3
    assert "vulnerabilities not evaluated: /var/lib/rpm/Packages: databases of rpm" in ran.out
    assert trivy.asked == []


def test_a_malicious_release_is_known_before_it_runs(
    place: Place, trivy: StandIn, image: str
) -> None:
    listed = b"path\tx\nmod\tgithub.com/aquasecurity/trivy\tv0.69.4\th1:a\n"
    modules = bytes(16) + listed + bytes(16)
    header = b"\xff Go buildinf:\x08\x02" + bytes(16)
    strings = bytes([8]) + b"go1.24.1" + bytes([len(modules)]) + modules
    trivy.path.write_bytes(b"\x7fELF" + bytes(12) + header + strings)

    assert unevaluated(place) == "Trivy 0.69.4 is a malicious release and is not used"
    assert trivy.asked == []
