"""From what the user typed to inputs: nothing twice, nothing lost, nothing that never ends."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kubeguard import api
from kubeguard.errors import UsageError
from kubeguard.model.finding import Outcome
from kubeguard.model.reading import Reading
from kubeguard.sources import targets
from kubeguard.sources.budget import Budget

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and links as in POSIX")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def put(name: str, text: str = POD) -> Path:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def link(name: str, target: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).symlink_to(target)


def names(*given: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """What will be read."""
    patterns = [(Path.cwd(), pattern) for pattern in exclude]
    return [e.name for e in targets.find(given or (".",), patterns) if not e.skip and not e.fail]


def left_out(*given: str) -> dict[str, str]:
    entries = targets.find(given or (".",))
    return {e.name: e.skip or "FAIL " + e.fail for e in entries if e.skip or e.fail}


def load(*given: str, budget: Budget | None = None) -> list[Reading]:
    return [targets.load(entry, budget or Budget()) for entry in targets.find(given)]


# Folders


def test_the_order_depends_on_nothing_but_names() -> None:
    for name in ("b/z.yaml", "a/c/x.yaml", "a/b.yaml", "z.yaml", "A.yaml", "b/a.yaml"):
        put(name)
    expected = ["A.yaml", "z.yaml", "a/b.yaml", "a/c/x.yaml", "b/a.yaml", "b/z.yaml"]
    assert names() == names(".") == names("./") == expected


def test_every_file_is_named_as_the_user_would() -> None:
    put("a/b.yaml")
    assert names("a") == names("a/") == names("./a") == names("a/b.yaml") == ["a/b.yaml"]
    absolute = str(Path("a").absolute())
    assert names(absolute) == [f"{absolute}/b.yaml"]
    put("../up.yaml")
    assert names("../up.yaml") == ["../up.yaml"]


def test_what_is_named_twice_is_read_once() -> None:
    put("a/b.yaml")
    assert names("a/b.yaml", "a", ".", "./a/b.yaml", "a/b.yaml") == ["a/b.yaml"]
    assert names("-", "-") == ["-"]


def test_a_folder_may_be_called_like_a_file() -> None:
    put("x.yaml/Dockerfile/y.yaml")
    assert names() == names("x.yaml") == ["x.yaml/Dockerfile/y.yaml"]


def test_an_empty_folder_is_no_success() -> None:
    report = api.audit(".")
    assert report.accounts == ()
    assert not report.complete


def test_only_broken_files_are_no_success() -> None:
    put("a.yaml", "a: [")
    report = api.audit(".")
    assert [account.outcome for account in report.accounts] == [Outcome.FAILED]
    assert not report.complete


def test_one_broken_file_among_many_is_seen_and_the_others_are_judged() -> None:
    for number in range(50):
        put(f"{number:02}.yaml")
    put("25.yaml", "kind: [")
    report = api.audit(".")
    assert (report.count(Outcome.JUDGED), report.count(Outcome.FAILED)) == (49, 1)
    assert not report.complete
    assert len({finding.location.source for finding in report.findings}) == 50


def test_a_target_that_is_not_there_is_an_error_of_use() -> None:
    with pytest.raises(UsageError, match=r"nothing\.yaml: no such file or directory"):
        names("nothing.yaml")


# Links


def test_a_link_to_nothing_fails_when_its_name_is_ours() -> None:
    for name in ("gone.yaml", "Dockerfile", "gone.txt"):
        link(name, "nowhere")
    assert left_out() == {
        "Dockerfile": "FAIL a link to nothing",
        "gone.txt": "a link to nothing",
        "gone.yaml": "FAIL a link to nothing",
    }
    assert left_out("gone.txt") == {"gone.txt": "FAIL no such file or directory"}


def test_loops_of_links_end() -> None:
    put("a/b.yaml")
    link("a/up", "..")
    link("a/self", ".")
    link("loop.yaml", "loop.yaml")
    link("one", "two")
    link("two", "one")
    assert names() == ["a/b.yaml"]
    assert left_out() == {
        "loop.yaml": "FAIL too many levels of symbolic links",
        "one": "too many levels of symbolic links",
        "two": "too many levels of symbolic links",
    }


def test_a_file_is_read_once_and_under_its_own_name() -> None:
    put("m/real.yaml")
    for name in ("a_link.yaml", "m/a.yaml", "m/z.yaml"):
        link(name, str(Path("m/real.yaml").absolute()))
    link("a_folder", "m")
    assert names() == ["m/real.yaml"]


def test_links_are_followed_inside_the_repository_only() -> None:
    put("../outside/x.yaml")
    link("folder", "../outside")
    link("file.yaml", "../outside/x.yaml")
    assert names() == []
    assert left_out() == {
        "file.yaml": "a link that leads out of the repository",
        "folder/": "a link that leads out of the repository",
    }
    assert names("folder") == ["folder/x.yaml"]
    assert names("file.yaml") == ["file.yaml"]
    Path("../.git").mkdir()
    assert names() == ["folder/x.yaml"]


# Pipes, devices and what cannot be read


def test_a_pipe_in_a_folder_is_left_alone() -> None:
    os.mkfifo("pipe.yaml")
    os.mkfifo("pipe")
    os.mkfifo(".gitignore")
    assert names() == []
    assert set(left_out().values()) == {"not a regular file"}


def test_a_pipe_without_a_writer_fails_at_once() -> None:
    os.mkfifo("pipe.yaml")
    (found,) = load("pipe.yaml")
    assert (found.outcome, found.reason) == (Outcome.FAILED, "a pipe that nobody writes to")
    assert found.troubles[0].kind.value == "unreadable"


def test_a_pipe_is_read_to_its_end() -> None:
    read_end, write_end = os.pipe()

    def slowly() -> None:
        with open(write_end, "wb") as stream:
            for part in (POD[:20], POD[20:]):
                stream.write(part.encode())
                stream.flush()

    writer = threading.Thread(target=slowly)
    writer.start()
    (found,) = load(f"/dev/fd/{read_end}")
    writer.join()
    os.close(read_end)
    assert (found.outcome, len(found.objects)) == (Outcome.JUDGED, 1)


def test_an_endless_device_ends_at_the_budget() -> None:
    (found,) = load("/dev/zero", budget=Budget(bytes=5_000))
    assert (found.outcome, found.reason[:21]) == (Outcome.SKIPPED, "more than 5,000 bytes")
    (nothing,) = load("/dev/null")
    assert (nothing.outcome, nothing.reason) == (Outcome.SKIPPED, "nothing but comments")


def test_a_file_beyond_the_budget_fails_with_a_place() -> None:
    put("a.yaml", POD * 100)
    (found,) = load("a.yaml", budget=Budget(bytes=200))
    assert (found.outcome, found.troubles[0].kind.value) == (Outcome.FAILED, "over budget")
    assert str(found.troubles[0].node.location) == "a.yaml:1:1"


def test_of_a_large_binary_only_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("weights").write_bytes(b"\x93NUMPY\0" + b"x" * 1_000_000)
    put("wide", POD.replace("\n", "#" * 9000 + "\n"))
    Path("wide").write_bytes(Path("wide").read_text().encode("utf-16"))
    sizes = {}

    def remember(name: str, data: bytes, **_: object) -> Reading:
        sizes[name] = len(data)
        return Reading(name, Outcome.SKIPPED, "other")

    monkeypatch.setattr(targets, "read", remember)
    load(".")
    assert sizes["weights"] == 8192
    assert sizes["wide"] == Path("wide").stat().st_size


def test_a_file_without_permission_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.yaml")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    (found,) = load("a.yaml")
    assert (found.outcome, found.reason) == (Outcome.FAILED, "permission denied")


def test_a_folder_without_permission_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a/b.yaml")
    put("c.yaml")
    listing = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert left_out() == {"a": "FAIL folder: permission denied"}
    assert names() == ["c.yaml"]


def test_a_file_that_vanishes_fails() -> None:
    put("a.yaml")
    (entry,) = targets.find(["a.yaml"])
    Path("a.yaml").unlink()
    assert targets.load(entry).reason == "no such file or directory"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POD.encode("utf-16"))))
    (found,) = load("-")
    assert (found.name, found.outcome, len(found.objects)) == ("-", Outcome.JUDGED, 1)
    monkeypatch.setattr(sys, "stdin", None)
    assert load("-")[0].reason == "standard input is closed"


@pytest.mark.parametrize("name", [b"\xff.yaml", b"a\nb.yaml", "é.yaml".encode()])
def test_any_name_can_be_told(name: bytes) -> None:
    Path(os.fsdecode(name)).write_text(POD)
    (found,) = load(".")
    assert found.outcome is Outcome.JUDGED
    assert found.name == name.decode("utf-8", "backslashreplace")


def test_names_are_told_by_every_format() -> None:
    Path(os.fsdecode(b"\xff.yaml")).write_text(POD)
    command = [
        sys.executable,
        "-m",
        "kubeguard",
        "scan",
        "-f",
        "text",
        "-f",
        "json=out.json",
        "-f",
        "sarif=out.sarif",
        ".",
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


# Left out


def test_gitignore_as_git_does_it() -> None:
    put(".gitignore", "*.bak.yaml\nbuild/\n/top.yaml\n!keep.bak.yaml\n\n# c\n!\n[z-a]\nx\\\n")
    put("sub/.gitignore", "!again.bak.yaml\nlocal*\n")
    for name in (
        "a.yaml",
        "a.bak.yaml",
        "keep.bak.yaml",
        "top.yaml",
        "build/x.yaml",
        "sub/build/y.yaml",
        "sub/top.yaml",
        "sub/again.bak.yaml",
        "sub/local.yaml",
        "sub/deep/local2.yaml",
        "sub/deep/b.bak.yaml",
        "local.yaml",
        ".git/config.yaml",
    ):
        put(name)
    kept = [name for name in names() if not name.endswith(".gitignore")]
    assert kept == [
        "a.yaml",
        "keep.bak.yaml",
        "local.yaml",
        "sub/again.bak.yaml",
        "sub/top.yaml",
    ]
    assert set(left_out().values()) == {"ignored by .gitignore"}
    assert "sub/build/" in left_out()


def test_gitignore_of_the_folders_above_up_to_the_repository() -> None:
    put("../.gitignore", "outer.yaml")
    put(".gitignore", "inner.yaml\nbuild/")
    for name in ("a/b/outer.yaml", "a/b/inner.yaml", "a/b/c.yaml", "build/x.yaml"):
        put(name)
    assert names("a/b") == ["a/b/c.yaml", "a/b/inner.yaml", "a/b/outer.yaml"]
    Path(".git").mkdir()
    assert names("a/b") == ["a/b/c.yaml", "a/b/outer.yaml"]
    Path(".git").rmdir()
    Path("../.git").mkdir()
    assert names("a/b") == ["a/b/c.yaml"]
    assert names("build") == ["build/x.yaml"], "the user has named it"
    assert names("a/b/inner.yaml") == ["a/b/inner.yaml"]


def test_gitignore_of_the_working_directory_says_nothing_about_its_neighbours() -> None:
    put(".gitignore", "*.yaml")
    Path(".git").mkdir()
    put("../other/a.yaml")
    assert names("../other") == ["../other/a.yaml"]


def test_excludes_are_relative_to_their_folder() -> None:
    for name in ("a.yaml", "tests/b.yaml", "src/tests/c.yaml", "src/d.yaml", "../e.yaml"):
        put(name)
    assert names(exclude=("/tests",)) == ["a.yaml", "src/d.yaml", "src/tests/c.yaml"]
    assert names(exclude=("tests/", "!src/tests")) == ["a.yaml", "src/d.yaml", "src/tests/c.yaml"]
    assert names("src", exclude=("src/tests",)) == ["src/d.yaml"]
    assert names("..", exclude=("e.yaml", "/here/a.yaml", "a.yaml"))[:1] == ["../here/src/d.yaml"]


def test_a_strangers_patterns_take_no_time() -> None:
    put(".gitignore", "*a" * 40 + "b\n" + "**/a/" * 40 + "b\n")
    put("a" * 250)
    assert names()[-1] == "a" * 250


# Charts


def test_templates_of_a_chart_are_known_by_their_folder() -> None:
    put("c/Chart.yaml", "apiVersion: v2\nname: c\n")
    put("c/values.yaml", "a: 1\n")
    put("c/templates/pod.yaml", POD + "# {{ x }}\n")
    put("c/templates/plain.yaml")
    put("other/templates/pod.yaml", POD + "# {{ x }}\n")
    expected = {
        "c/templates/pod.yaml": "template",
        "c/templates/plain.yaml": "Kubernetes",
        "other/templates/pod.yaml": "Kubernetes",
    }
    found = {reading.name: reading.what for reading in load(".")}
    assert {name: found[name] for name in expected} == expected
    for target in ("c/templates", "c/templates/pod.yaml"):
        assert "template" in {reading.what for reading in load(target)}
