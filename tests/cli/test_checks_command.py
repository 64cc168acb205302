"""The catalogue as a table and as JSON, and the ways to narrow it."""

from __future__ import annotations

import json

import pytest
from terminal import Cli

from kubeguard import load_checks


def names(cli: Cli, *arguments: str) -> set[str]:
    ran = cli("checks", *arguments)
    assert ran.code == 0
    listed = {line.split()[1] for line in ran.out.splitlines()}
    assert ran.err.startswith(f"{len(listed)} of ")
    return listed


def test_the_table_has_a_line_for_each(cli: Cli) -> None:
    lines = cli("checks").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[c.id, c.name] for c in load_checks()]


@pytest.mark.parametrize(
    "theirs",
    [
        "KSV-0017",
        "ksv017",
        "AVD-KSV-0017",
        "trivy:KSV-0017",
        "CKV_K8S_16",
        "C-0057",
        "runAsPrivileged",
        "privileged-container",
    ],
)
def test_like(cli: Cli, theirs: str) -> None:
    assert names(cli, "--like", theirs) == {"privileged"}


def test_like_of_dockerfiles(cli: Cli) -> None:
    assert names(cli, "--like", "DL3002") >= {"root_image_user"}
    assert names(cli, "--like", "DS-0002") & names(cli, "--like", "AVD-DS-0002")


def test_filters_combine(cli: Cli) -> None:
    workload = names(cli, "--family", "workload")
    baseline = names(cli, "--profile", "baseline")
    pss = names(cli, "--framework", "PSS")
    chosen = names(cli, "--family", "workload", "--profile", "baseline", "--framework", "pss")
    assert chosen == workload & baseline & pss
    assert "privileged" in chosen


def test_a_section_is_not_the_beginning_of_another(cli: Cli) -> None:
    one = names(cli, "--framework", "CIS-Docker 4.1")
    ten = names(cli, "--framework", "CIS-Docker 4.10")
    assert "root_image_user" in one
    assert "secret_in_dockerfile" in ten
    assert not one & ten
    assert names(cli, "--framework", "cis-docker 4") >= one | ten


def test_nothing_fits(cli: Cli) -> None:
    ran = cli("checks", "--family", "dockerfile", "--like", "KSV-0017")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("0 of ")


UNKNOWN = {
    ("--family", "pods"): ("no family is called 'pods'", "there are access, dockerfile, "),
    ("--framework", "PSS basline"): (
        "no check serves 'PSS basline'",
        "did you mean 'PSS baseline'?",
    ),
    ("--framework", "CIS-Kubernets"): (
        "no check serves 'CIS-Kubernets'",
        "did you mean 'CIS-Kubernetes'?",
    ),
    ("--framework", "SOC 2"): (
        "no check serves 'SOC 2'",
        "there are CIS-Docker, CIS-Kubernetes, CVE, CWE, MITRE, NSA-CISA, PSS, SLSA",
    ),
    ("--framework", ""): ("no check serves ''", "there are CIS-Docker, "),
    ("--framework", "CIS-Docker 4.12"): ("no check serves 'CIS-Docker 4.12'", "did you mean 'CIS-"),
    ("--like", "KSV-0999"): ("no check is the counterpart of 'KSV-0999'", "did you mean "),
    ("--like", "run-as-rot"): (
        "no check is the counterpart of 'run-as-rot'",
        "did you mean ",
    ),
    ("--like", "9"): (
        "no check is the counterpart of '9'",
        "there are ids of buildkit, checkov, hadolint, kube-linter, kube-score, kubescape, ",
    ),
}


@pytest.mark.parametrize("option", UNKNOWN, ids=" ".join)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_nothing_is_called_is_a_mistake(cli: Cli, option: tuple[str, str], form: str) -> None:
    ran = cli("checks", *option, "--format", form)
    mistake, hint = UNKNOWN[option]
    assert (ran.code, ran.out) == (2, "")
    assert mistake in ran.err
    assert f"hint: {hint}" in ran.err
    assert len(ran.err.splitlines()) == 2


def test_json_has_everything(cli: Cli) -> None:
    records = json.loads(cli("checks", "--format", "json").out)
    assert [record["id"] for record in records] == [check.id for check in load_checks()]
    (tag,) = [record for record in records if record["name"] == "latest_tag"]
    assert tag["family"] == "supply_chain"
    assert tag["parameters"] == {"tags": ["latest"]}
    assert tag["waivable"] is True
    assert "SLSA" in tag["frameworks"]
    assert "checkov:CKV_K8S_14" in tag["like"]


def test_json_of_nothing_is_an_empty_list(cli: Cli) -> None:
    assert (
        json.loads(
            cli("checks", "--family", "dockerfile", "--like", "KSV-0017", "--format", "json").out
        )
        == []
    )
