"""Findings about an image, at the lines of the Dockerfile that made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeguard import audit
from kubeguard.errors import UsageError
from kubeguard.model.severity import Profile
from kubeguard.policy.policy import Policy
from tests.building import Description, docker_archive

DOCKERFILE = """\
ARG BASE=debian:12
FROM ${BASE} AS build
ARG VERSION=1
WORKDIR /src
RUN make \\
    # not part of it
    VERSION="$VERSION"
FROM ${BASE} AS common
ENV MODE=prod API_KEY=3fae09c2d1b84c7e9a51
FROM common
COPY --from=build /src/app /app/run
RUN chmod 4755 /app/run && \\
    true
EXPOSE 22 8080
USER root
CMD ["/app/run"]
"""
CONFIG = {
    "User": "root",
    "Env": [
        "PATH=/usr/bin:/bin",
        "DB_PASSWORD=Tr0ubadour",
        "MODE=prod",
        "API_KEY=3fae09c2d1b84c7e9a51",
    ],
    "ExposedPorts": {"22/tcp": {}, "8080/tcp": {}},
    "Cmd": ["/app/run"],
}
BASE = {"by": "ADD rootfs.tar / # buildkit", "files": {"/usr/bin/su": {"mode": "4755"}}}
COPIED = {"/app/run": {"mode": "0755", "text": "program"}}
CHANGED = {"/app/run": {"mode": "4755", "text": "program"}}
CLASSIC = [
    *("/bin/sh -c #(nop)  ENV MODE=prod API_KEY=3fae09c2d1b84c7e9a51", None),
    *("/bin/sh -c #(nop) COPY file:0123 in /app/run ", COPIED),
    *("/bin/sh -c chmod 4755 /app/run &&     true", CHANGED),
    *("/bin/sh -c #(nop)  EXPOSE 22 8080", None),
    *("/bin/sh -c #(nop)  USER root", None),
    *('/bin/sh -c #(nop)  CMD ["/app/run"]', None),
]
BUILDKIT = [
    *("ENV MODE=prod API_KEY=3fae09c2d1b84c7e9a51", None),
    *("COPY /src/app /app/run # buildkit", COPIED),
    *("RUN /bin/sh -c chmod 4755 /app/run &&     true # buildkit", CHANGED),
    *("EXPOSE map[22/tcp:{} 8080/tcp:{}]", None),
    *("USER root", None),
    *('CMD ["/app/run"]', None),
]
WITH_ARGUMENTS = [
    line.replace("/bin/sh -c chmod", "|1 VERSION=2 /bin/sh -c chmod")
    if isinstance(line, str)
    else line
    for line in BUILDKIT
]
KANIKO = [line.removesuffix(" # buildkit") if isinstance(line, str) else line for line in BUILDKIT]


def image(steps: list[object]) -> Description:
    """Steps in the order of the history, those without files as empty layers."""
    pairs = list(zip(steps[::2], steps[1::2], strict=True))
    history = [{"created_by": by} | ({} if files else {"empty_layer": True}) for by, files in pairs]
    layers = [{"by": by, "files": files} for by, files in pairs if files]
    first = {"created_by": BASE["by"]}
    return {"config": CONFIG, "layers": [BASE, *layers], "whole_history": [first, *history]}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text(DOCKERFILE)


def lines(file: str = "Dockerfile") -> dict[str, set[int]]:
    report = audit("web.tar", dockerfile=file, policy=Policy(profile=Profile.PEDANTIC))
    found: dict[str, set[int]] = {}
    for finding in report.findings:
        assert finding.location.source == file
        assert finding.location.span
        assert finding.subject.kind == "Image"
        found.setdefault(finding.check.id, set()).add(finding.location.span.line)
    return found


@pytest.mark.parametrize(
    "steps",
    [CLASSIC, BUILDKIT, WITH_ARGUMENTS, KANIKO],
    ids=["classic", "buildkit", "arguments", "kaniko"],
)
def test_what_made_it(steps: list[object]) -> None:
    Path("web.tar").write_bytes(docker_archive(image(steps)))

    found = lines()

    assert found["KG2001"] == {15}
    assert found["KG2004"] == {14}
    assert found["KG2006"] == {10}  # what is missing is missing in the last stage
    assert found["KG2007"] == {8, 9}  # one variable is the base image's
    assert found["KG2009"] == {8, 12}  # one file as well


def test_an_inner_stage() -> None:
    steps: list[object] = [
        "WORKDIR /src",
        None,
        "RUN |1 VERSION=1 /bin/sh -c make VERSION=$VERSION",
        COPIED,
    ]
    Path("web.tar").write_bytes(docker_archive(image(steps)))

    assert lines()["KG2001"] == {2}


def test_another_dockerfile() -> None:
    Path("web.tar").write_bytes(docker_archive(image(CLASSIC)))
    Path("Other").write_text(DOCKERFILE.replace("chmod 4755", "chmod 0755"))

    with pytest.raises(UsageError, match="another Dockerfile made the image"):
        audit("web.tar", dockerfile="Other")


@pytest.mark.parametrize("text", ["", "kind: Pod\n", "FROM"])
def test_no_dockerfile(text: str) -> None:
    Path("web.tar").write_bytes(docker_archive(image(CLASSIC)))
    Path("Other").write_text(text)

    with pytest.raises(UsageError, match="Other: "):
        audit("web.tar", dockerfile="Other")


def test_no_image() -> None:
    with pytest.raises(UsageError, match="there is no image"):
        audit("Dockerfile", dockerfile="Dockerfile")


def test_no_file() -> None:
    Path("web.tar").write_bytes(docker_archive(image(CLASSIC)))
    with pytest.raises(UsageError, match="no such file"):
        audit("web.tar", dockerfile="Nowhere")
