"""All policies of a run, from what the user chose to rules that can judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Thread

from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.finding import Check
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.model.verdict import Verdict
from kubeguard.model.views import View
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.rego import load as loading
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import CompileError, Diagnostic
from kubeguard.rego.engines import start
from kubeguard.rego.judge import LoadedRules
from kubeguard.rego.policies import PolicySet


class Loading:
    """Policies that load while the caller goes on; whatever is asked of them waits for that.

    The first question raises what `load` raises.
    """

    def __init__(self, sources: Sequence[PolicySource], choice: EngineChoice) -> None:
        self._loaded: LoadedRules | None = None
        self._error: Exception | None = None
        self._thread = Thread(target=self._load, args=(sources, choice), daemon=True)
        self._thread.start()

    def _load(self, sources: Sequence[PolicySource], choice: EngineChoice) -> None:
        try:
            self._loaded = load(sources, choice)
        except Exception as error:  # for whoever asks
            self._error = error

    @property
    def _rules(self) -> LoadedRules:
        self._thread.join()
        if self._error:
            raise self._error
        assert self._loaded
        return self._loaded

    @property
    def checks(self) -> tuple[Check, ...]:
        return self._rules.checks

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        return self._rules.troubles

    @property
    def prints(self) -> Sequence[str]:
        return self._rules.prints

    def judge(self, chosen: Sequence[Check], views: Sequence[View]) -> Verdict:
        return self._rules.judge(chosen, views)


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
