"""How tests judge small inputs by small policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kubeguard import engine as kubeguard
from kubeguard.model.finding import Report
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Engine
from kubeguard.rego.engines import start
from kubeguard.rego.judge import LoadedRules
from kubeguard.rego.load import load
from kubeguard.rego.policies import PolicySet, Spec
from kubeguard.sources.text import read

Found = tuple[str, str, int, int, str]
"""Check, input, line, column and message."""


@contextmanager
def started() -> Iterator[Engine]:
    engine = start(EngineChoice())
    try:
        yield engine
    finally:
        engine.close()


@dataclass(frozen=True)
class Bench:
    """A folder for policies, and an engine that judges by them."""

    folder: Path
    engine: Engine

    def put(self, files: Mapping[str, str]) -> Path:
        """Write files, named by their path in the folder."""
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        return self.folder

    def load(self, files: Mapping[str, str], at: str = "", **spec: Any) -> list[PolicySet]:
        """What is loaded from the folder, or from one path in it."""
        return load(Spec(str(self.put(files) / at), **spec), self.engine)

    def report(
        self,
        files: Mapping[str, str],
        inputs: Mapping[str, str],
        parameters: Mapping[str, Mapping[str, Any]] | None = None,
        **spec: Any,
    ) -> Report:
        """Everything that is said about the inputs."""
        rules = LoadedRules(self.engine, self.load(files, **spec))
        chosen = [_with(check, (parameters or {}).get(check.id)) for check in rules.checks]
        settings = kubeguard.Settings(policies=partial(rules.judge, chosen))
        readings = [read(name, text.encode()) for name, text in inputs.items()]
        report = kubeguard.audit(readings, (), settings)
        assert not report.faults
        return report

    def found(
        self, files: Mapping[str, str], inputs: Mapping[str, str] | str, **spec: Any
    ) -> list[Found]:
        """The findings with their places; an input without a name is `a.yaml`."""
        inputs = {"a.yaml": inputs} if isinstance(inputs, str) else inputs
        report = self.report(files, inputs, **spec)
        assert [account.reason for account in report.accounts if account.reason] == []
        return [
            (
                finding.check.id,
                finding.location.source,
                *(finding.location.span[:2] if finding.location.span else (0, 0)),
                finding.message,
            )
            for finding in report.findings
        ]


def _with(check: Any, parameters: Mapping[str, Any] | None) -> Any:
    from dataclasses import replace

    return replace(check, parameters={**check.parameters, **parameters}) if parameters else check
