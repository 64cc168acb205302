"""What files are called and contain never commands the terminal, in any output."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from terminal import Cli, Put

from kubeguard.formats import FORMATS

BIDI = "\u202e"
EVIL = f"\x1b[31m\x07\x9b{BIDI}\u200b"
RAW = ("\x1b", "\x07", "\x9b", "\x08", BIDI, "\u200b")

POD = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: "web\\e[31m\\a\\x9b\\u202e\\u200b", namespace: "a\\nb"}}
"\\e[31m": x
spec:
  hostNetwork: true
  containers:
  - name: "c\\e]0;pwned\\a\\u202e"
    image: "{BIDI}x:latest"
    securityContext: {{privileged: true}} # {BIDI}
"""
DOCKERFILE = f"FROM base:latest AS {BIDI}x\n# {EVIL}\nRUN sudo true {EVIL}\nBOGUS{BIDI} {EVIL}\n"
BROKEN = f'apiVersion: v1\nkind: "{BIDI}\n'


@pytest.fixture
def _hostile(put: Put) -> None:
    put(f"evil{EVIL}.yaml", POD)
    put(f"new\nline{BIDI}.yaml", BROKEN)
    put("Dockerfile", DOCKERFILE)
    put("good.Dockerfile", DOCKERFILE.rpartition("BOGUS")[0])
    Path(b"not-utf8-\xff.yaml".decode(errors="surrogateescape")).write_text(POD)


def raw(text: str) -> list[str]:
    return [char for char in RAW if char in text]


@pytest.mark.usefixtures("_hostile")
@pytest.mark.parametrize("more", [[], ["--verbose"], ["--quiet"]], ids=str)
def test_no_format_emits_a_control_character(cli: Cli, more: list[str]) -> None:
    outputs = itertools.chain.from_iterable(("-f", f"{name}=out.{name}") for name in FORMATS)
    ran = cli("scan", "--profile", "pedantic", *more, *outputs)
    assert (ran.code, ran.out, ran.err) == (3, "", "")
    for name in FORMATS:
        text = Path(f"out.{name}").read_text()
        assert raw(text) == [], name
        assert "evil" in text or name == "cyclonedx"  # which names no object


@pytest.mark.usefixtures("_hostile")
@pytest.mark.parametrize("form", ["text", "json"])
def test_nor_does_standard_output(cli: Cli, form: str) -> None:
    assert raw(cli("scan", "-f", form).out) == []


@pytest.mark.usefixtures("_hostile")
def test_the_exact_names_are_in_the_json_all_the_same(cli: Cli) -> None:
    files = {entry["file"] for entry in json.loads(cli("scan", "-f", "json").out)["inputs"]}
    assert f"evil{EVIL}.yaml" in files


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", f"nowhere{EVIL}"],
        ["scan", "--baseline", f"nowhere{EVIL}"],
        ["scan", "--config", f"nowhere{EVIL}"],
        ["scan", "--select", EVIL],
        ["scan", "--profile", EVIL],
        ["scan", "--format", EVIL],
        ["scan", "--format", f"json=none{EVIL}/x"],
        ["scan", f"--{EVIL}"],
        ["explain", EVIL],
        ["checks", "--family", EVIL],
        [EVIL],
    ],
    ids=lambda arguments: " ".join(arguments[:2]).encode("ascii", "replace").decode(),
)
def test_nor_do_complaints(cli: Cli, arguments: list[str]) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert raw(ran.err) == []
