"""A repository with a past: make it known, then fail on what is new only."""

from __future__ import annotations

from pathlib import Path

from terminal import BROKEN, PRIVILEGED, Cli, Put

ONLY = ("--select", "privileged,writable_root_filesystem")


def test_known_findings_do_not_fail_and_new_ones_do(cli: Cli, put: Put) -> None:
    put("a/pod.yaml", PRIVILEGED)
    assert cli("scan", *ONLY).code == 1

    ran = cli("scan", *ONLY, "--write-baseline", "known.json")
    assert (ran.code, ran.err) == (0, "known.json: 2 known\n")

    ran = cli("scan", *ONLY, "--baseline", "known.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No findings; 2 in the baseline")

    put("a/pod.yaml", "# a comment moves every line\n\n" + PRIVILEGED.replace(":1.4", ":1.5"))
    assert cli("scan", *ONLY, "--baseline", "known.json").code == 0

    put("b/pod.yaml", PRIVILEGED.replace("web", "other"))
    ran = cli("scan", *ONLY, "--baseline", "known.json")
    assert ran.code == 1
    assert "b/pod.yaml" in ran.out
    assert "a/pod.yaml" not in ran.out


def test_a_broken_input_is_3_all_the_same(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    put("broken.yaml", BROKEN)
    assert cli("scan", *ONLY, "--write-baseline", "known.json").code == 3
    assert cli("scan", *ONLY, "--baseline", "known.json").code == 3


def test_what_is_gone_is_told(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    cli("scan", *ONLY, "--write-baseline", "known.json")
    put("pod.yaml", PRIVILEGED.replace("privileged: true", "readOnlyRootFilesystem: true"))
    ran = cli("scan", *ONLY, "--baseline", "known.json")
    assert ran.code == 0
    assert ran.err == "known.json: 2 known but gone; write it anew\n"
    assert cli("scan", *ONLY, "--baseline", "known.json", "--quiet").err == ""


def test_read_and_write_at_once(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    cli("scan", *ONLY, "--write-baseline", "known.json")
    put("more.yaml", PRIVILEGED.replace("web", "other"))
    both = ("--baseline", "known.json", "--write-baseline", "known.json")
    ran = cli("scan", *ONLY, *both)
    assert (ran.code, ran.err) == (0, "known.json: 4 known\n")
    assert Path("known.json").read_text().count("fingerprint") == 4


def test_a_file_that_is_no_baseline_is_not_overwritten(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    assert cli("scan", "--write-baseline", "pod.yaml").code == 2
    assert Path("pod.yaml").read_text() == PRIVILEGED
