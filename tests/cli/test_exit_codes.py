"""The table in docs/usage.md, each cause by itself."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from terminal import BROKEN, CLEAN, PRIVILEGED, Cli, Put

from kubeguard import Check, Policy, api

ONLY = ("--select", "privileged")


def test_0_when_nothing_is_found(program: Cli, put: Put) -> None:
    put("Dockerfile", CLEAN)
    ran = program("scan")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No findings\n1 input judged")


def test_0_when_everything_is_below_the_threshold(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    assert program("scan", *ONLY, "--fail-on", "none").code == 0


def test_1_for_findings(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = program("scan", *ONLY)
    assert (ran.code, ran.err) == (1, "")
    assert "pod.yaml" in ran.out
    assert "9:19" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Usage: kubeguard"),
        (["scna"], "kubeguard: no command is called 'scna'\nhint: did you mean 'scan'?"),
        (["pod.yaml"], "hint: kubeguard scan pod.yaml"),
        (["scan", "--nope"], "kubeguard: No such option"),
        (["scan", "nowhere.yaml"], "kubeguard: nowhere.yaml: no such file or directory"),
        (["scan", "--profile", "lax"], "'lax' is not one of 'baseline', 'restricted', 'pedantic'"),
        (["scan", "--fail-on", "never"], "'never' is not one of"),
        (["scan", "--jobs", "-1"], "-1 is not in the range"),
        (["scan", "--kubernetes-version", "1.20"], "hint: known are 1.27 to "),
        (["scan", "--kubernetes-version", "abc"], "'abc' is no Kubernetes release"),
        (["scan", "--select", "privilegd"], "hint: did you mean 'privileged'?"),
        (["scan", "--select", "KSV017"], "hint: trivy:KSV-0017 is privileged (KG3004) here"),
        (["scan", "--select", " , "], "--select: no check is named"),
        (["scan", "--ignore", "workloads"], "hint: did you mean 'workload'?"),
        (["scan", "--ignore", "KG9001"], "is about the scan itself and always runs"),
        (["scan", "--quiet", "--verbose"], "contradict"),
        (["scan", "--format", "sraif"], "hint: did you mean 'sarif'?"),
        (["scan", "--format", "sarif="], "no file after '='"),
        (["scan", "-f", "text", "-f", "json"], "two formats go to standard output"),
        (["scan", "-f", "json=a", "-f", "sarif=./a"], "two formats go to ./a"),
        (["scan", "-f", "json=none/a"], "none/a: no such folder"),
        (["scan", "-f", "json=."], ".: is a folder"),
        (["scan", "--write-baseline", "none/a"], "none/a: no such folder"),
        (["scan", "--write-baseline", "pod.yaml"], "pod.yaml:1:1: "),
        (["scan", "--baseline", "none"], "hint: write one with --write-baseline"),
        (["scan", "--baseline", ""], "--baseline: no file is named"),
        (["scan", "--write-baseline="], "--write-baseline: no file is named"),
        (["scan", "--config="], "--config: no file is named"),
        (["scan", ""], "kubeguard: '': no such file or directory"),
        (["-"], "hint: kubeguard scan -"),
        (["checks", "--family="], "no family is called ''"),
        (["completion"], "Choose from: bash, zsh, fish"),
        (["scan", "-f", "json=/dev/stdout", "-f", "text"], "two formats go to standard output"),
        (["scan", "--config", "none.yaml"], "none.yaml: no such file or directory"),
        (["explain"], "Missing argument 'CHECK'"),
        (["explain", "priviledged"], "hint: did you mean 'privileged'?"),
        (["checks", "--family", "pods"], "no family is called 'pods'"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "says",
)
def test_2_for_wrong_usage(cli: Cli, put: Put, arguments: list[str], says: str) -> None:
    put("pod.yaml", PRIVILEGED)
    before = sorted(Path().iterdir())

    ran = cli(*arguments)

    assert ran.code == 2
    assert ran.out == ""
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize("value", ["1.27", "v1.33", "1.30.4-gke.7"])
def test_releases(cli: Cli, put: Put, value: str) -> None:
    put("pod.yaml", PRIVILEGED)
    assert cli("scan", *ONLY, "--kubernetes-version", value).code == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.yaml", BROKEN), ("chart.yaml", "apiVersion: v1\nkind: {{ .Kind }}\n"), ("a.txt", "")],
    ids=["broken", "a template", "nothing of ours"],
)
def test_3_when_something_is_not_judged(program: Cli, put: Put, name: str, content: str) -> None:
    put(name, content)
    ran = program("scan")
    assert (ran.code, ran.err) == (3, "")
    assert "Nothing was judged." in ran.out


def test_3_for_an_empty_folder(program: Cli) -> None:
    ran = program("scan")
    assert ran.code == 3
    assert "Nothing was judged." in ran.out


def test_3_for_a_file_that_may_not_be_read(
    cli: Cli, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    put("pod.yaml", PRIVILEGED)
    monkeypatch.setattr("kubeguard.sources.targets.os.open", refuse)
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    ran = cli("scan", "pod.yaml", "--quiet")
    assert ran.code == 3
    assert "pod.yaml: failed: permission denied" in ran.out


def test_3_when_the_working_directory_is_gone(program: Cli, put: Put) -> None:
    put("gone/pod.yaml", PRIVILEGED)
    os.chdir("gone")
    shutil.rmtree(Path.cwd())
    ran = program("scan")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "kubeguard: the working directory: no such file or directory\n"


def test_3_for_a_link_in_a_circle(cli: Cli) -> None:
    Path("circle.yaml").symlink_to("circle.yaml")
    assert "too many levels of symbolic links" in cli("scan", "circle.yaml").out
    assert cli("scan", "circle.yaml").code == 3


def test_a_folder_that_may_not_be_searched_hides_no_other(
    cli: Cli, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = os.stat

    def refuse(path: str, **how: bool) -> os.stat_result:
        if os.fspath(path).endswith((".git", "kubeguard.yaml", "kubeguard.yml")):
            raise PermissionError(13, "Permission denied")
        return stat(path, **how)

    put("pod.yaml", PRIVILEGED)
    monkeypatch.setattr("os.stat", refuse)
    assert cli("scan", *ONLY).code == 1


def test_3_wins_over_1_and_the_findings_are_printed(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    put("broken.yaml", BROKEN)
    ran = program("scan", *ONLY)
    assert ran.code == 3
    assert "container 'web' is privileged" in ran.out
    assert "failed: broken.yaml: " in ran.out


def test_3_wins_over_fail_on_none(cli: Cli, put: Put) -> None:
    put("Dockerfile", CLEAN)
    put("broken.yaml", BROKEN)
    assert cli("scan", "--fail-on", "none").code == 3


def test_3_for_an_output_that_cannot_be_written(program: Cli, put: Put) -> None:
    put("Dockerfile", CLEAN)
    ran = program("scan", "-f", "json=/proc/none.json", "-f", "text")
    assert ran.code == 3
    assert ran.out.startswith("No findings")
    assert ran.err == "kubeguard: /proc/none.json: no such file or directory\n"


def test_3_for_a_check_that_crashes(cli: Cli, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: object) -> None:
        raise ZeroDivisionError("a bug")

    def select(checks: tuple[Check, ...], _: Policy) -> tuple[Check, ...]:
        return tuple(replace(c, find=crash) if c.name == "privileged" else c for c in checks)

    monkeypatch.setattr(api, "select", select)
    put("pod.yaml", PRIVILEGED)
    ran = cli("scan")
    assert ran.code == 3
    assert "KG3004 crashed on pod.yaml" in ran.out
    assert "container 'web' can write to its root file system" in ran.out
