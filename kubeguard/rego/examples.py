"""The examples on a policy's page are tests: what it must find on which lines, and what not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from kubeguard import engine
from kubeguard.model.finding import Check
from kubeguard.model.verdict import Rules
from kubeguard.sources.text import read

_FENCE = re.compile(r"^```(yaml|json|dockerfile) ([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ATTRIBUTE = re.compile(r"(\w+)=(?:\"([^\"]*)\"|'([^']*)')")
_FILES = {"yaml": "example.yaml", "json": "example.json", "dockerfile": "Dockerfile"}


class Example(NamedTuple):
    """One fence: `line` is where it begins on the page, `expected` the lines of its findings."""

    page: Path
    line: int
    verdict: str
    expected: tuple[int, ...]
    file: str
    body: bytes
    parameters: Mapping[str, object]

    def found(self, rules: Rules, checks: Sequence[Check]) -> tuple[int, ...]:
        """The lines on which the checks of the page report something in this example, in order.

        A finding without a place is on line 0; so is every reason why one was not evaluated.
        """
        asked = [replace(c, parameters={**c.parameters, **self.parameters}) for c in checks]
        settings = engine.Settings(policies=partial(rules.judge, asked))
        report = engine.audit([read(self.file, self.body)], (), settings)
        spans = [finding.location.span for finding in report.findings]
        failed = [0 for account in report.accounts if account.what == "policy"]
        return (*failed, *(span.line if span else 0 for span in spans))


def examples(page: Path) -> Iterator[Example]:
    """The fences titled `bad` or `good`; a page that is not there has none."""
    text = page.read_text(encoding="utf-8") if page.suffix == ".md" and page.exists() else ""
    for fence in _FENCE.finditer(text):
        language, info, body = fence.groups()
        given = {key: one or other for key, one, other in _ATTRIBUTE.findall(info)}
        if given.get("title") in ("bad", "good"):
            yield Example(
                page,
                text.count("\n", 0, fence.start()) + 1,
                given["title"],
                tuple(int(n) for n in given.get("hl_lines", "").split()),
                given.get("file", _FILES[language]),
                body.encode(),
                json.loads(given.get("parameters", "{}")),
            )
