"""All policies of a run, from what the user chose to rules that can judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.rego import load as loading
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import CompileError, Diagnostic
from kubeguard.rego.engines import start
from kubeguard.rego.judge import LoadedRules
from kubeguard.rego.policies import PolicySet


def load(sources: Sequence[PolicySource], choice: EngineChoice) -> LoadedRules:
    """Start the engine and load every policy.

    One that cannot be loaded is told in the verdict, and the others judge all the same. A server is
    asked for its own. Raises UsageError for a path that does not exist.
    """
    engine = start(choice)
    if choice.engine == "server":
        sources = (*sources, PolicySource(choice.url))
    sets: list[PolicySet] = []
    troubles: list[Trouble] = []
    try:
        for source in sources:
            try:
                sets += loading.load(source, engine)
            except UsageError:
                raise
            except KubeguardError as error:
                troubles += (
                    trouble(TroubleKind.UNEVALUATED_POLICY, said)
                    for said in _diagnostics(source, error)
                )
    except UsageError:
        engine.close()
        raise
    return LoadedRules(engine, sets, troubles)


def _diagnostics(source: PolicySource, error: KubeguardError) -> Iterator[Diagnostic]:
    if isinstance(error, CompileError):
        yield from error.diagnostics
    else:
        yield Diagnostic("load", error.message, source.path)
