"""The program `opa` as the engine does what all engines do, and agrees with the one that ships."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract import FIRST, LIBRARY, Contract, named

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Budget, EngineError, Module
from kubeguard.rego.engines import start
from kubeguard.rego.engines.opa import Opa
from kubeguard.rego.engines.worker import Worker

ROOT = Path(__file__).parents[2]
BUDGET = Budget(seconds=0.5, answer_bytes=1_000_000)


@pytest.fixture(scope="module")
def engine(opa: Path) -> Iterator[Opa]:
    made = Opa(EngineChoice(), program=str(opa), budget=BUDGET)
    yield made
    made.close()


@pytest.mark.corpus
class TestOpa(Contract):
    """What all engines do."""

    def test_functions_of_other_tools_are_all_unknown(self, engine: Opa):
        from contract import refused

        said = refused(engine, LIBRARY, functions=["result.new", "parse_config"]).diagnostics
        assert [s.message.rpartition(" ")[2] for s in said] == ["result.new", "parse_config"]

    def test_programs_are_described_as_by_the_worker(self, engine: Opa):
        policies = sorted(ROOT.glob("policies/**/*.rego"))
        modules = [Module(str(file), file.read_text()) for file in policies]
        with Worker(EngineChoice()) as worker:
            for several in (modules, [FIRST, LIBRARY]):
                mine, its = engine.compile(several), worker.compile(several)
                assert mine.packages == its.packages
                assert mine.rules == its.rules

    def test_a_program_that_is_too_old_to_say_what_failed(
        self, engine: Opa, monkeypatch: pytest.MonkeyPatch
    ):
        """Then each question is asked by itself."""

        def untold(error: object) -> int:
            raise DiedError("no trace")

        from kubeguard.rego.engines.process import DiedError

        monkeypatch.setattr("kubeguard.rego.engines.opa._line", untold)
        inputs = [{"number": "1"}, {"number": "abc"}]
        rows = engine.evaluate(named(engine), ["main.fine", "main.number"], inputs)
        assert [[len(a.warnings) for a in row] for row in rows] == [[0, 0], [0, 1]]
        assert [row[1].value for row in rows] == [1, None]

    def test_nothing_remains(self, opa: Path):
        made = Opa(EngineChoice(), program=str(opa))
        named(made)
        folder = made._root
        assert folder.stat().st_mode & 0o077 == 0
        made.close()
        made.close()
        assert not folder.exists()


def test_no_program_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = start(EngineChoice(engine="opa"))
    with pytest.raises(EngineError, match="no program opa on PATH"):
        engine.compile([FIRST])
    engine.close()


@pytest.mark.skipif(os.name == "nt", reason="a script is no program there")
@pytest.mark.parametrize(
    ("script", "why"),
    [("exit 3", "ended with code 3"), ("kill -9 $$", "signal 9"), ("echo no", "ended with code 0")],
)
def test_a_program_that_is_another(tmp_path: Path, script: str, why: str):
    program = tmp_path / "opa"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    engine = Opa(EngineChoice(), program=str(program))
    with pytest.raises(EngineError, match=why):
        engine.compile([FIRST])
    engine.close()
