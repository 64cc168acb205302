"""Users' own policies in Rego, judged by OPA itself in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubeguard.policy.sources import EngineChoice, PolicySource
    from kubeguard.rego.engine import Diagnostic
    from kubeguard.rego.judge import LoadedRules


def load(sources: Sequence[PolicySource], choice: EngineChoice) -> LoadedRules:
    """Start the engine and load every policy.

    One that cannot be loaded is told in the verdict, and the others judge all the same. Raises
    UsageError for a path that does not exist.
    """
    from kubeguard.errors import KubeguardError, UsageError
    from kubeguard.model.finding import Account, Outcome
    from kubeguard.model.trouble import Trouble, TroubleKind
    from kubeguard.rego.diagnostics import trouble
    from kubeguard.rego.engines import start
    from kubeguard.rego.judge import LoadedRules
    from kubeguard.rego.load import load as load_one
    from kubeguard.rego.policies import PolicySet

    engine = start(choice)
    sets: list[PolicySet] = []
    troubles: list[Trouble] = []
    accounts: list[Account] = []
    for source in sources:
        try:
            sets += load_one(source, engine)
        except UsageError:
            engine.close()
            raise
        except KubeguardError as error:
            for said in _diagnostics(source, error):
                told = trouble(TroubleKind.UNEVALUATED_POLICY, said)
                troubles.append(told)
                accounts.append(
                    Account(told.node.source.name, Outcome.FAILED, "policy", said.message)
                )
    return LoadedRules(engine, sets, troubles, accounts)


def _diagnostics(source: PolicySource, error: Exception) -> Iterator[Diagnostic]:
    from kubeguard.rego.engine import CompileError, Diagnostic

    if isinstance(error, CompileError):
        yield from error.diagnostics
    else:
        yield Diagnostic("load", str(error), source.path)
