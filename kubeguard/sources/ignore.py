"""What a walk leaves out: `.gitignore` files on the way, and the user's own patterns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Ignore:
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
        """With the `.gitignore` files of the folders above, up to the top of the repository."""
        full = folder.absolute()
        found: list[Path] = []
        for parent in (full, *full.parents):
            if parent != full and (parent / ".gitignore").is_file():
                found.insert(0, parent)
            if (parent / ".git").exists():
                break
        else:
            return self
        ignore = self
        for parent in found:
            ignore = ignore.below(parent)
        return ignore

    def below(self, folder: Path) -> Ignore:
        """With the `.gitignore` of this folder."""
        try:
            lines = (folder / ".gitignore").read_text("utf-8", "replace").splitlines()
        except OSError:
            return self
        layer = (_slashed(folder), _compile(lines))
        return Ignore((*self.layers, layer), self.excludes)

    def reason(self, path: str, is_folder: bool) -> str:
        """Why this path is left out; '' when it is not."""
        if not self.layers and not self.excludes:
            return ""
        full = _slashed(Path(path)) if is_folder else Path(path).absolute().as_posix()
        for base, spec in self.excludes:
            if full.startswith(base) and spec.match_file(full.removeprefix(base)):
                return "excluded"
        for base, spec in reversed(self.layers):
            if full.startswith(base):
                verdict = spec.check_file(full.removeprefix(base)).include
                if verdict is not None:
                    return "ignored by .gitignore" if verdict else ""
        return ""


def _slashed(path: Path) -> str:
    return path.absolute().as_posix().rstrip("/") + "/"


def _compile(lines: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
