"""What was known stays known, and only that."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_catalogue import CATALOGUE

from kubeguard.engine import audit
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.finding import Fault, Finding, Report, Spelling, Suppression
from kubeguard.policy.baseline import Baseline, load, mark, write
from kubeguard.sources.text import read

RAN = ("KG3001", "KG3002")


def pod(name: str, *lines: str) -> str:
    spec = "".join(f"  {line}\n" for line in ("hostNetwork: true", "containers: []", *lines))
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n{spec}"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scan(*names: str, ran: tuple[str, ...] = RAN) -> Report:
    """Judge files of the working directory."""
    checks = [check for check in CATALOGUE if check.id in ran]
    return audit([read(name, Path(name).read_bytes()) for name in names], checks)


def known(report: Report, baseline: Baseline) -> list[bool]:
    return [finding.known for finding in mark(report, baseline, RAN)[0].findings]


def test_what_is_written_is_known(here) -> None:
    Path("a.yaml").write_text(pod("a"))
    write(here / "b.json", scan("a.yaml"), RAN)
    Path("a.yaml").write_text(pod("a") + "---\n" + pod("new"))
    marked, gone = mark(scan("a.yaml"), load(here / "b.json"), RAN)
    assert [(f.subject.name, f.known) for f in marked.findings] == [("a", True), ("new", False)]
    assert [f.counts for f in marked.findings] == [False, True]
    assert gone == 0


def test_a_copy_of_a_known_flaw_is_new(here) -> None:
    Path("a.yaml").write_text(pod("a"))
    baseline = write(here / "b.json", scan("a.yaml"), RAN)
    Path("a.yaml").write_text(pod("a") + "---\n" + pod("a"))
    assert known(scan("a.yaml"), baseline) == [True, False]


@given(
    order=st.permutations(["a.yaml", "b.yaml", "c.yaml"]),
    above=st.lists(st.sampled_from(["# note", "", "---", "# another"]), max_size=4),
    extra=st.lists(st.sampled_from(["nodeName: x", "hostname: y", "# z"]), max_size=3, unique=True),
)
def test_file_order_and_edits_elsewhere_change_nothing(order, above, extra) -> None:
    def judge(names: list[str], head: str, *lines: str) -> Report:
        texts = {name: head + pod(name[0], *lines) for name in names}
        checks = [check for check in CATALOGUE if check.id in RAN]
        return audit([read(name, text.encode()) for name, text in texts.items()], checks)

    before = judge(["a.yaml", "b.yaml", "c.yaml"], "")
    baseline = Baseline(Path("b.json"), tuple(entry(finding) for finding in before.findings))
    assert all(known(judge(order, "\n".join([*above, ""]), *extra), baseline))


def entry(finding: Finding):
    from kubeguard.policy.baseline import Entry

    return Entry(finding.location.source, finding.check.id, "", finding.fingerprint)


class TestOnTopOfABaseline:
    def test_known_findings_are_written_again(self, here) -> None:
        Path("a.yaml").write_text(pod("a"))
        file = here / "b.json"
        first = write(file, scan("a.yaml"), RAN)
        marked, _ = mark(scan("a.yaml"), first, RAN)
        assert write(file, marked, RAN) == first

    def test_files_and_checks_that_were_not_asked_are_kept(self, here) -> None:
        Path("a.yaml").write_text(pod("a"))
        Path("b.yaml").write_text(pod("b"))
        file = here / "b.json"
        first = write(file, scan("a.yaml", "b.yaml"), RAN)
        Path("a.yaml").write_text("a: b: c")
        assert write(file, scan("a.yaml"), RAN) == first, "a.yaml is broken now: not judged"
        Path("a.yaml").write_text(pod("a").replace("true", "false"))
        assert write(file, scan("a.yaml", ran=("KG3002",)), ("KG3002",)) == first
        second = write(file, scan("a.yaml"), RAN)
        assert [entry.path for entry in second.entries] == ["b.yaml"]
        Path("b.yaml").unlink()
        assert write(file, scan("a.yaml"), RAN).entries == ()

    def test_a_renamed_file_is_not_known_twice(self, here) -> None:
        Path("a.yaml").write_text(pod("a"))
        file = here / "b.json"
        write(file, scan("a.yaml"), RAN)
        Path("a.yaml").rename("z.yaml")
        Path("a.yaml").write_text("{}")
        assert [e.path for e in write(file, scan("z.yaml"), RAN).entries] == ["z.yaml"]


def test_suppressed_findings_have_their_own_record(here) -> None:
    Path("a.yaml").write_text(pod("a"))
    file = here / "b.json"
    report = scan("a.yaml")
    decided = Suppression("a reason", Spelling.COMMENT)
    suppressed = replace(report, findings=(replace(report.findings[0], suppression=decided),))
    first = write(file, report, RAN)
    marked, gone = mark(suppressed, first, RAN)
    assert (marked.findings[0].known, gone) == (False, 0)
    assert write(file, suppressed, RAN).entries == ()


def test_what_a_crashed_check_may_have_missed_is_kept(here) -> None:
    Path("a.yaml").write_text(pod("a"))
    file = here / "b.json"
    first = write(file, scan("a.yaml"), RAN)
    crashed = replace(scan("a.yaml"), findings=(), faults=(Fault("KG3001", "a.yaml", "a bug"),))
    assert mark(crashed, first, RAN)[1] == 0
    assert write(file, crashed, RAN) == first


def test_a_repaired_input_is_gone_although_it_is_not_ours_to_judge(here) -> None:
    ran = (*RAN, "KG9002")
    Path("a.yaml").write_text("a: b: c")
    file = here / "b.json"
    first = write(file, scan("a.yaml", ran=ran), ran)
    assert [entry.check for entry in first.entries] == ["KG9002"]
    Path("a.yaml").write_text("a: b")
    assert mark(scan("a.yaml", ran=ran), first, ran)[1] == 1
    assert write(file, scan("a.yaml", ran=ran), ran).entries == ()


def test_gone_counts_only_what_was_looked_for(here) -> None:
    for name in "abc":
        Path(f"{name}.yaml").write_text(pod(name))
    baseline = write(here / "b.json", scan("a.yaml", "b.yaml", "c.yaml"), RAN)
    Path("a.yaml").write_text(pod("a").replace("true", "false"))
    assert mark(scan("a.yaml"), baseline, RAN)[1] == 1
    Path("b.yaml").unlink()
    assert mark(scan("a.yaml"), baseline, RAN)[1] == 2
    assert mark(scan("c.yaml", ran=("KG3002",)), baseline, ("KG3002",))[1] == 0


def test_paths_do_not_depend_on_the_working_directory(here, monkeypatch) -> None:
    (here / "deploy").mkdir()
    Path("deploy/a.yaml").write_text(pod("a"))
    first = write(here / "b.json", scan("deploy/a.yaml"), RAN)
    monkeypatch.chdir(here / "deploy")
    assert write(here / "b.json", scan("a.yaml"), RAN) == first
    assert first.entries[0].path == "deploy/a.yaml"


def test_the_file_is_sorted_versioned_and_says_no_more_than_it_must(here) -> None:
    Path("b.yaml").write_text(pod("b"))
    Path("a.yaml").write_text(pod("a"))
    write(here / "b.json", scan("b.yaml", "a.yaml"), RAN)
    data = json.loads((here / "b.json").read_text())
    assert data["kubeguard_baseline"] == 1
    assert [each["path"] for each in data["findings"]] == ["a.yaml", "b.yaml"]
    assert set(data["findings"][0]) == {"path", "check", "subject", "fingerprint"}
    assert [path.name for path in here.iterdir() if path.suffix == ".new"] == []


def test_the_old_file_is_whole_until_the_new_one_is(here, monkeypatch) -> None:
    Path("a.yaml").write_text(pod("a"))
    file = here / "b.json"
    write(file, scan("a.yaml"), RAN)
    before = file.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KubeguardError, match="No space left on device"):
        write(file, scan("a.yaml"), RAN)
    assert file.read_bytes() == before
    assert sorted(os.listdir(here)) == ["a.yaml", "b.json"]


def test_a_link_stays_a_link(here) -> None:
    Path("a.yaml").write_text(pod("a"))
    (here / "link.json").symlink_to("b.json")
    write(here / "link.json", scan("a.yaml"), RAN)
    assert (here / "link.json").is_symlink()
    assert load(here / "b.json").entries


def test_nowhere_to_write(here) -> None:
    with pytest.raises(KubeguardError, match="No such file or directory"):
        write(here / "none" / "b.json", Report(), RAN)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "b.json:1:1: not JSON: Expecting value"),
        ('{"a":\n 1 2}', "b.json:2:4: "),
        ("\xff", "b.json: not JSON"),
        ("[" * 100_000, "b.json: not JSON"),
        ("[]", "b.json: not a baseline of kubeguard"),
        ('{"kubeguard_baseline": 2}', "b.json: baseline version 2 is not 1"),
        ('{"kubeguard_baseline": 1}', "b.json: findings is not a list"),
        ('{"kubeguard_baseline": 1, "findings": [1]}', "b.json: findings[0].path is not text"),
        (
            '{"kubeguard_baseline": 1, "findings": [{"path": "a", "check": 1}]}',
            "b.json: findings[0].check is not text",
        ),
    ],
)
def test_a_broken_one_is_refused_with_its_place(here, text, message) -> None:
    Path("b.json").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError) as caught:
        load(Path("b.json"))
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_a_missing_one_is_refused(here) -> None:
    with pytest.raises(UsageError, match="No such file") as caught:
        load(Path("b.json"))
    assert caught.value.hint == "write one with --write-baseline"
