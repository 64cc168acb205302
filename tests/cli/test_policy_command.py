"""What an author of policies does: begin one, test it, check it, format it, measure it."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import PRIVILEGED, Cli, Put

from kubeguard.rego.engines.worker import WORKER

pytestmark = pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built")


@pytest.fixture
def _new(cli: Cli) -> None:
    assert cli("policy", "new", "required-owner").code == 0


@pytest.mark.usefixtures("_new")
def test_a_new_policy_is_whole(cli: Cli, put: Put) -> None:
    assert sorted(file.name for file in Path("policies").iterdir()) == [
        "required_owner.md",
        "required_owner.rego",
        "required_owner_test.rego",
    ]
    ran = cli("policy", "test", "policies", "--minimum", "100")
    assert (ran.code, ran.err) == (0, "4 pass\n")
    assert (
        cli("policy", "check", "policies").out
        == "policies: 1 rule to find something with (kubeguard)\n"
    )
    assert cli("policy", "fmt", "--check", "policies").code == 0

    put("pod.yaml", PRIVILEGED)
    ran = cli("scan", "pod.yaml", "--policy", "policies", "--select", "required_owner", "-q")
    assert ran.code == 1
    assert 'Pod "web" has no label owner' in ran.out


@pytest.mark.usefixtures("_new")
def test_nothing_is_overwritten(cli: Cli) -> None:
    before = Path("policies/required_owner.rego").read_text()
    Path("policies/required_owner.md").unlink()

    ran = cli("policy", "new", "required_owner")

    assert ran.code == 2
    assert "nothing was written" in ran.err
    assert Path("policies/required_owner.rego").read_text() == before
    assert not Path("policies/required_owner.md").exists()


@pytest.mark.parametrize("name", ["../x", "9lives", "a.b", "", "Ä"])
def test_names(cli: Cli, name: str) -> None:
    ran = cli("policy", "new", name)
    assert ran.code == 2
    assert "no name for a policy" in ran.err
    assert not Path("policies").exists()


@pytest.mark.usefixtures("_new")
def test_a_failure_says_where_and_a_trace_says_why(cli: Cli) -> None:
    file = Path("policies/required_owner_test.rego")
    file.write_text(file.read_text().replace("== 0", "== 1"))

    ran = cli("policy", "test", "policies", "-q")

    assert ran.code == 1
    assert ran.err == "3 pass, 1 fail\n"
    lines = ran.out.splitlines()
    assert lines[0].startswith("fail  policies.required_owner_test.test_with_owner (")
    assert lines[1] == "      policies/required_owner_test.rego:12"
    assert len(lines) == 2
    assert "Fail data.policies" in cli("policy", "test", "policies", "-q", "--trace").out


@pytest.mark.usefixtures("_new")
def test_examples_on_the_page_are_tests(cli: Cli) -> None:
    page = Path("policies/required_owner.md")
    page.write_text(page.read_text().replace('hl_lines="3"', 'hl_lines="4"'))

    ran = cli("policy", "test", "policies", "-q")

    assert ran.code == 1
    assert ran.out.splitlines() == [
        "fail  policies/required_owner.md:9 bad example",
        "      expected on lines 4, found 3",
    ]


@pytest.mark.usefixtures("_new")
def test_coverage_has_a_minimum(cli: Cli) -> None:
    file = Path("policies/required_owner.rego")
    file.write_text(file.read_text() + '\nwarn contains "x" if {\n\tinput.x\n\tinput.y\n}\n')

    ran = cli("policy", "test", "policies", "-q", "--coverage", "--minimum", "90")

    assert ran.code == 1
    assert "policies/required_owner.rego  not: 15-17" in ran.out
    assert "below the minimum of 90 %" in ran.err


def test_a_table_names_the_case_that_fails(cli: Cli, put: Put) -> None:
    put(
        "p/table_test.rego",
        """\
package table_test

test_sums[note] if {
	some note, case in {"right": {"a": 1, "sum": 2}, "wrong": {"a": 1, "sum": 3}}
	case.a + 1 == case.sum
}

todo_test_later if false
""",
    )
    ran = cli("policy", "test", "p")
    assert ran.code == 1
    assert ran.err == "1 fail, 1 skip\n"
    assert "wrong" in ran.out


def test_a_folder_without_tests_is_no_success(cli: Cli, put: Put) -> None:
    put("p/a.rego", "package a\n\ndeny contains 1 if false\n")
    ran = cli("policy", "test", "p")
    assert ran.code == 1
    assert "no test was found" in ran.err


def test_check_shows_every_mistake_with_its_line(cli: Cli, put: Put) -> None:
    put("p/a.rego", "package a\n\ndeny contains 1 if {\n\tx := 2\n\tinput.y\n}\n")
    put("p/b.rego", "package b\n\ndeny contains msg if nothing(msg)\n")

    ran = cli("policy", "check", "p")
    assert ran.code == 1
    assert "p/b.rego:3:22: undefined function nothing" in ran.out
    put("p/b.rego", "package b\n")

    ran = cli("policy", "check", "p")
    assert ran.code == 1
    assert ran.out.splitlines()[:3] == [
        "p/a.rego:4:2: assigned var x unused",
        "     x := 2",
        "     ^",
    ]
    assert cli("policy", "check", "p", "--no-strict").code == 0


def test_fmt_writes_as_opa_does(cli: Cli, put: Put) -> None:
    put("p/a.rego", "package a\ndeny contains 1 if {input.y\n input.z}")
    put("p/broken.rego", "package b\ndeny if {\n")

    ran = cli("policy", "fmt", "--check", "p")
    assert ran.code == 1
    assert "+\tinput.y" in ran.out
    ran = cli("policy", "fmt", "p")
    assert ran.code == 1
    assert ran.err == "1 formatted, 1 broken\n"

    formatted = "package a\n\ndeny contains 1 if {\n\tinput.y\n\tinput.z\n}\n"
    assert Path("p/a.rego").read_text() == formatted
    assert Path("p/broken.rego").read_text() == "package b\ndeny if {\n"


@pytest.mark.usefixtures("_new")
def test_bench_names_each_rule(cli: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = cli("policy", "bench", "--policy", "policies", "pod.yaml", "--runs", "2")
    assert ran.code == 0
    assert ran.out.endswith("an object  policies.required_owner.deny\n")
    assert ran.err.startswith("1 rule, 1 object, ")
