"""What to judge and how: options, kubeguard.yaml, and which of them wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terminal import CLEAN, PRIVILEGED, Cli, Put


def found(cli: Cli, *arguments: str) -> set[str]:
    """The names of the checks that reported something."""
    report = json.loads(cli("scan", *arguments, "-f", "json").out)
    names = {check["id"]: check["name"] for check in report["checks"]}
    return {names[finding["check"]] for finding in report["findings"]}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--select", "privileged"],
        ["--select", "KG3004"],
        ["--select", "kg3004"],
        ["--select", "host-network, Privileged"],
        ["--select", "host_network", "--select", "privileged"],
        ["--select", "workload", "--profile", "baseline"],
    ],
    ids=" ".join,
)
def test_select(cli: Cli, put: Put, arguments: list[str]) -> None:
    put("pod.yaml", PRIVILEGED)
    assert found(cli, *arguments) == {"privileged"}


def test_ignore_by_name_and_family(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    everything = found(cli)
    assert found(cli, "--ignore", "privileged") == everything - {"privileged"}
    families = "workload,resources,hygiene,network,service_account"
    assert found(cli, "--ignore", families) == set()


def test_each_profile_includes_the_one_before(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    steps = [found(cli, "--profile", name) for name in ("baseline", "restricted", "pedantic")]
    assert steps[0] < steps[1] < steps[2]
    assert steps[1] == found(cli)


@pytest.mark.parametrize(
    ("threshold", "code"), [("info", 1), ("high", 1), ("critical", 1), ("none", 0)]
)
def test_fail_on(cli: Cli, put: Put, threshold: str, code: int) -> None:
    put("pod.yaml", PRIVILEGED)
    assert cli("scan", "--select", "privileged", "--fail-on", threshold).code == code


def test_fail_on_spares_what_is_below(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    assert cli("scan", "--select", "writable_root_filesystem").code == 1
    assert cli("scan", "--select", "writable_root_filesystem", "--fail-on", "high").code == 0


def test_exclude(cli: Cli, put: Put) -> None:
    put("Dockerfile", CLEAN)
    put("vendor/pod.yaml", PRIVILEGED)
    assert cli("scan").code == 1
    assert cli("scan", "--exclude", "vendor/").code == 0
    assert cli("scan", "--exclude", "*.yaml", "--exclude", "*.json").code == 0


def test_the_configuration_is_found_above_and_options_win(
    cli: Cli, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("kubeguard.yaml", "select: [privileged]\nfail_on: none\n")
    put("deep/down/pod.yaml", PRIVILEGED)
    monkeypatch.chdir("deep/down")
    assert found(cli) == {"privileged"}
    assert cli("scan").code == 0
    assert cli("scan", "--fail-on", "low").code == 1
    assert found(cli, "--select", "host_network,writable_root_filesystem") == {
        "writable_root_filesystem"
    }


@pytest.mark.parametrize("name", ["/dev/null", "empty.yaml", "comment.yaml"])
def test_an_empty_configuration_is_the_default(cli: Cli, put: Put, name: str) -> None:
    put("kubeguard.yaml", "fail_on: none\n")
    put("empty.yaml", "")
    put("comment.yaml", "# nothing yet\n")
    put("pod.yaml", PRIVILEGED)
    assert cli("scan", "pod.yaml", "--config", name).code == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fail-on: high\n", "kubeguard.yaml:1:1: unknown key 'fail-on'"),
        ("profile: strict\n", "kubeguard.yaml:1:10: "),
        ("a: [\n", "kubeguard.yaml:1:4: "),
        ("ignore: [privilegd]\n", "hint: did you mean 'privileged'?"),
        ("- a\n", "kubeguard.yaml:1:1: "),
        ("profile: baseline\n---\nprofile: baseline\n", "a configuration is one document"),
        ('"\\e[31mprofile": baseline\n', "\\x1b[31mprofile"),
    ],
)
def test_a_mistake_has_its_place_and_a_way_out(cli: Cli, put: Put, text: str, says: str) -> None:
    put("kubeguard.yaml", text)
    put("Dockerfile", CLEAN)
    ran = cli("scan")
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "\x1b" not in ran.err


def test_a_folder_is_no_configuration(cli: Cli, put: Put) -> None:
    put("Dockerfile", CLEAN)
    Path("conf").mkdir()
    ran = cli("scan", "--config", "conf")
    assert (ran.code, ran.err) == (2, "kubeguard: conf: is a directory\n")


def test_an_entry_is_unused_only_when_all_it_may_be_about_was_judged(cli: Cli, put: Put) -> None:
    entry = "{checks: [host_network], name: agent, reason: it watches the node's network}"
    put("kubeguard.yaml", f"suppressions:\n- {entry}\n")
    pod = put("web.yaml", PRIVILEGED)
    assert "unused_suppression" not in found(cli, pod)
    assert "unused_suppression" in found(cli, ".")
    assert "unused_suppression" in found(cli, ".", "--jobs", "2")
