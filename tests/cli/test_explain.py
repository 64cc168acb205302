"""The page of a check at a terminal."""

from __future__ import annotations

import pytest
from terminal import Cli

from kubeguard import load_checks


@pytest.mark.parametrize("called", ["KG3101", "kg3101", "latest_tag", "latest-tag", "Latest_Tag"])
def test_by_id_and_name(cli: Cli, called: str) -> None:
    ran = cli("explain", called)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("KG3101 latest_tag\n")


def test_the_record_stands_above_the_page(cli: Cli) -> None:
    out = cli("explain", "latest_tag").out
    head, _, page = out.partition("\n\n")
    assert "\nseverity    medium\n" in head
    assert "\nprofile     restricted\n" in head
    assert "trivy:KSV-0013" in head
    assert '\nparameter   tags: ["latest"]' in head
    assert all(len(line) <= 100 for line in head.splitlines())
    assert page.startswith("Image has no tag or the tag latest\n")
    assert "\nWhat to do\n" in page
    assert "  yaml: reported\n" in page
    assert "```" not in page


def test_offending_lines_are_marked(cli: Cli) -> None:
    marked = [line for line in cli("explain", "privileged").out.splitlines() if ">" in line[:4]]
    assert marked
    assert all("privileged: true" in line or "&strong" in line for line in marked)


def test_colour(cli: Cli) -> None:
    assert "\x1b[" in cli("explain", "privileged", "--color", "always").out
    assert "\x1b[" not in cli("explain", "privileged").out


@pytest.mark.parametrize("theirs", ["KSV-0017", "AVD-KSV-0017", "KSV017", "runAsPrivileged"])
def test_the_id_of_another_tool_leads_to_ours(cli: Cli, theirs: str) -> None:
    ran = cli("explain", theirs)
    assert ran.code == 2
    assert "is privileged (KG3004) here" in ran.err


def test_every_page_can_be_shown(cli: Cli) -> None:
    for check in load_checks():
        ran = cli("explain", check.id)
        assert ran.out.startswith(f"{check.id} {check.name}\n")
        assert f"\n{check.title}\n" in ran.out
        assert "```" not in ran.out
