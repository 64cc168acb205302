"""Several formats at once, each whole in its place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from terminal import CLEAN, PRIVILEGED, Cli, Put

from kubeguard.formats import FORMATS

ONLY = ("--select", "privileged")


def test_files_and_standard_output_at_once(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    Path("out.sarif").write_text("the old one")
    ran = cli("scan", *ONLY, "-f", "sarif=out.sarif", "-f", "text", "-f", "json=out.json")
    assert ran.code == 1
    assert "container 'web' is privileged" in ran.out
    (run,) = json.loads(Path("out.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["KG3004"]
    (finding,) = json.loads(Path("out.json").read_text())["findings"]
    assert (finding["check"], finding["file"], finding["span"]["line"]) == ("KG3004", "pod.yaml", 9)


def test_only_files(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = cli("scan", *ONLY, "-f", "json=out.json")
    assert (ran.code, ran.out, ran.err) == (1, "", "")


@pytest.mark.parametrize("form", FORMATS)
def test_a_dash_is_standard_output(cli: Cli, put: Put, form: str) -> None:
    put("Dockerfile", CLEAN)
    ran = cli("scan", "-f", f"{form}=-")
    assert ran.code == 0
    assert ran.out.endswith("\n")


def test_one_that_fails_keeps_none_of_the_others(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = cli("scan", *ONLY, "-f", "sarif=/proc/none", "-f", "json=out.json", "-f", "text")
    assert ran.code == 3
    assert "container 'web' is privileged" in ran.out
    assert json.loads(Path("out.json").read_text())["findings"]


@pytest.mark.skipif(os.getuid() == 0, reason="root writes everywhere")
def test_a_folder_that_nobody_may_write_to(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    Path("locked").mkdir(mode=0o500)
    ran = cli("scan", "-f", "json=locked/out.json")
    assert (ran.code, ran.err) == (3, "kubeguard: locked/out.json: permission denied\n")


def test_quiet_is_one_line_per_finding(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = cli("scan", *ONLY, "--quiet")
    assert ran.out == "pod.yaml:9:19: critical KG3004 container 'web' is privileged\n"


def test_verbose_tells_every_input_and_what_was_suppressed(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED.replace("true", "true # kubeguard: ignore[privileged] -- a test"))
    put("notes.txt", "hello")
    ran = cli("scan", *ONLY, "--verbose")
    assert ran.code == 0
    assert "container 'web' is privileged" in ran.out
    assert "notes.txt" in ran.out
    assert "Kubernetes 1." in ran.out


def test_no_suppressions_judges_as_if_there_were_none(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED.replace("true", "true # kubeguard: ignore[privileged] -- a test"))
    assert cli("scan", *ONLY).code == 0
    assert cli("scan", *ONLY, "--no-suppressions").code == 1
