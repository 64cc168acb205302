"""An expression is compiled when it is first asked: of all there are, a scan needs a few."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

_Find = Callable[..., re.Match[str] | None]


class Regex:
    """`re.compile`, put off until the first question; later ones are the pattern's own methods."""

    def __init__(self, expression: str, flags: int = 0) -> None:
        self.expression = expression
        self.flags = flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.expression, self.flags)

    @cached_property
    def search(self) -> _Find:
        return self.pattern.search

    @cached_property
    def match(self) -> _Find:
        return self.pattern.match

    @cached_property
    def fullmatch(self) -> _Find:
        return self.pattern.fullmatch

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[str]]]:
        return self.pattern.finditer

    @cached_property
    def sub(self) -> Callable[..., str]:
        return self.pattern.sub
