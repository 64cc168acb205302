"""What `import kubeguard` gives to a program."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kubeguard
from kubeguard import Policy, Profile, Report, Severity, UsageError, audit, load_policy, render

ROOT = Path(kubeguard.__file__).parents[1]
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: web, image: "registry.example/web:1", securityContext: {privileged: true}}
"""

PROGRAM = """\
import sys
from collections.abc import Sequence
from pathlib import Path

from kubeguard import Finding, Policy, Profile, Severity, audit, load_checks, load_policy, render

def worst(paths: Sequence[Path]) -> Severity | None:
    report = audit(*paths, policy=Policy(profile=Profile.BASELINE), jobs=1)
    found: tuple[Finding, ...] = report.at_least(Severity.HIGH)
    for finding in found:
        line: int = finding.location.span.line if finding.location.span else 0
        print(finding.check.id, line, finding.fix.hint if finding.fix else "")
    print(render("sarif", report), len(load_checks()), load_policy().fail_on)
    return max((finding.severity for finding in found), default=None)

worst([Path(name) for name in sys.argv[1:]])
"""


@pytest.fixture(autouse=True)
def _a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pod.yaml").write_text(POD)
    monkeypatch.chdir(tmp_path)


def names(report: Report) -> set[str]:
    return {finding.check.name for finding in report.findings}


def test_the_example_of_the_package_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "pod.yaml").rename("k8s/pod.yaml")
    (tmp_path / "Dockerfile").write_text("FROM registry.example/base:1\nUSER 5\n")
    text = inspect.getdoc(kubeguard) or ""

    exec(text.partition("\n\n")[2], {})  # what a reader would paste

    assert "k8s/pod.yaml:6:80 KG3004 container 'web' is privileged" in capsys.readouterr().out


def test_the_example_of_the_documentation_is_the_same() -> None:
    text = (inspect.getdoc(kubeguard) or "").partition("\n\n")[2]
    assert f"```python\n{text}\n```" in (ROOT / "docs/usage.md").read_text()


def test_every_public_name_is_there_and_lazy() -> None:
    for name in kubeguard.__all__:
        assert getattr(kubeguard, name) is not None
    code = "import sys, kubeguard; print(*(m for m in sys.modules if m.startswith('kubeguard')))"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert sorted(loaded) == ["kubeguard", "kubeguard.version"]
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        kubeguard.nothing  # noqa: B018


def test_the_three_lists_of_names_agree() -> None:
    tree = ast.parse(inspect.getsource(kubeguard))
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        for statement in node.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert sorted(kubeguard.__all__) == sorted({*typed, "__version__"})
    assert typed == set(kubeguard._HOMES)


@pytest.mark.parametrize("paths", [(), ("pod.yaml",), (Path("pod.yaml"),), (Path(), "pod.yaml")])
def test_paths_of_any_type_or_none(paths: tuple[str | Path, ...]) -> None:
    report = audit(*paths)
    assert report.complete
    assert [account.source for account in report.accounts if account.objects] == ["pod.yaml"]
    assert "privileged" in names(report)


def test_a_policy_decides() -> None:
    assert names(audit(policy=Policy(select=frozenset({"KG3004"})))) == {"privileged"}
    assert names(audit(policy=Policy(profile=Profile.BASELINE))) < names(audit())
    report = audit(policy=Policy(severities={"KG3004": Severity.INFO}))
    (finding,) = [f for f in report.findings if f.check.name == "privileged"]
    assert finding.severity is Severity.INFO


def test_the_configuration_is_read_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "kubeguard.yaml").write_text("select: [privileged]\n")
    assert names(audit(policy=load_policy())) == {"privileged"}
    assert names(audit()) > {"privileged"}
    (tmp_path / "other.yaml").write_text("select: [host_network]\n")
    assert names(audit("pod.yaml", policy=load_policy(tmp_path / "other.yaml"))) == set()


def test_what_a_caller_did_wrong_is_an_error_of_its_own() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: no such file"):
        audit("nowhere.yaml")
    with pytest.raises(UsageError, match="no such file"):
        load_policy("nowhere.yaml")


def test_what_is_wrong_with_an_input_is_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("kind: [\n")
    report = audit()
    assert not report.complete
    assert "privileged" in names(report)


def test_any_format_can_be_made() -> None:
    assert '"KG3004"' in render("json", audit())


def test_mypy_accepts_a_strict_program(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "program.py"],
        capture_output=True,
        text=True,
        env={**os.environ, "MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(tmp_path / "cache")},
        check=False,
    )
    assert done.stdout.startswith("Success"), done.stdout
