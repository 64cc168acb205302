"""What a walk leaves out: `.gitignore` files on the way, and the user's own patterns."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec
    from pathspec.pattern import RegexPattern

_MAX_BYTES = 1 << 20
_MAX_DOUBLE_STARS = 4
_STAR = "[^/]*"
_RUN = re.compile(r"[^()]+")


class Ignore(NamedTuple):
    """Patterns in gitignore's language; the deepest file has the last word, as in git."""

    layers: tuple[tuple[str, GitIgnoreSpec], ...] = ()
    """Absolute folder (with slash at the end) and the patterns that hold below it."""
    excludes: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    @classmethod
    def of(cls, patterns: Iterable[tuple[Path, str]]) -> Ignore:
        """The user's excludes, each with the folder it is relative to."""
        by_root: dict[str, list[str]] = {}
        for root, pattern in patterns:
            by_root.setdefault(_slashed(root), []).append(pattern)
        return cls(excludes=tuple((root, _compile(lines)) for root, lines in by_root.items()))

    def above(self, folder: Path) -> Ignore:
        """With the `.gitignore` files of the folders above, up to the top of the repository.

        A folder that they leave out is judged all the same: the user has named it.
        """
        full = Path(os.path.abspath(folder))
        top = repository(full)
        if top is None:
            return self
        ignore = Ignore()
        for parent in reversed(full.parents):
            if parent.is_relative_to(top):
                ignore = ignore.below(parent)
        if ignore.reason(str(full), is_folder=True):
            return self
        return Ignore(ignore.layers, self.excludes)

    def below(self, folder: Path) -> Ignore:
        """With the `.gitignore` of this folder."""
        file = folder / ".gitignore"
        if not os.path.isfile(file):  # a pipe of that name would never end
            return self
        try:
            with file.open("rb") as stream:
                text = stream.read(_MAX_BYTES).decode("utf-8-sig", "replace")
        except OSError:
            return self
        layer = (_slashed(folder), _compile(text.splitlines()))
        return Ignore((*self.layers, layer), self.excludes)

    def reason(self, path: str, is_folder: bool) -> str:
        """Why this path is left out; '' when it is not."""
        if not self.layers and not self.excludes:
            return ""
        full = _slashed(path) if is_folder else _absolute(path)
        for base, spec in self.excludes:
            below = full.removeprefix(base) if full.startswith(base) else full.lstrip("/")
            if spec.match_file(below):
                return "excluded"
        for base, spec in reversed(self.layers):
            if full.startswith(base):
                verdict = spec.check_file(full.removeprefix(base)).include
                if verdict is not None:
                    return "ignored by .gitignore" if verdict else ""
        return ""


def repository(folder: Path) -> Path | None:
    """The top of the git repository that an absolute folder lies in."""
    return next((each for each in (folder, *folder.parents) if os.path.exists(each / ".git")), None)


def _absolute(path: str | Path) -> str:
    return os.path.abspath(path).replace(os.sep, "/")


def _slashed(path: str | Path) -> str:
    return _absolute(path).rstrip("/") + "/"


def _compile(lines: Iterable[str]) -> GitIgnoreSpec:
    """The patterns that git would understand; the others match nothing, as in git."""
    from pathspec import GitIgnoreSpec

    patterns: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        for line in lines:
            if line.count("**") <= _MAX_DOUBLE_STARS:
                with contextlib.suppress(ValueError, re.error):
                    patterns += map(_linear, GitIgnoreSpec.from_lines([line]).patterns)
    return GitIgnoreSpec(patterns)


def _linear(pattern: RegexPattern) -> RegexPattern:
    """The pattern, but each star takes the first fit and never comes back for another.

    `*a*a*a*a*b` in a stranger's repository would otherwise try for hours.
    """
    regex = pattern.regex
    if regex is not None and regex.pattern.count(_STAR) > 2:
        pattern.regex = re.compile(_RUN.sub(lambda run: _atomic(run[0]), regex.pattern))
    return pattern


def _atomic(run: str) -> str:
    first, *middle = run.split(_STAR)
    if not middle:
        return run
    *middle, last = middle
    return first + "".join(f"(?>{_STAR}?{part})" for part in middle) + _STAR + last
