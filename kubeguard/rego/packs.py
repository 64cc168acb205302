"""The policies that ship with kubeguard, each pack chosen by its name."""

from __future__ import annotations

from pathlib import Path

from kubeguard.errors import UsageError
from kubeguard.policy.names import suggest

PREFIX = "pack:"
LIBRARY = "lib"
"""The folder of what packs share; no pack itself."""
_PACKAGE = Path(__file__).parent.parent
_SHIPPED = _PACKAGE / "policies"
_ROOT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent / "policies"


def packs() -> dict[str, str]:
    """The names of the packs, and what each is about: the first line of its README."""
    return {
        folder.name: (folder / "README.md")
        .read_text(encoding="utf-8")
        .partition("\n")[0]
        .lstrip("# ")
        for folder in sorted(_ROOT.glob("*/"))
        if folder.name != LIBRARY
    }


def folders(name: str) -> tuple[Path, ...]:
    """The folder of a pack, and the one of what it shares. Raises UsageError."""
    known = packs()
    if name not in known:
        there = suggest(name, known) or f"there are {', '.join(known)}"
        raise UsageError(f"no pack of policies is called {name[:60]!r}", there)
    return _ROOT / name, _ROOT / LIBRARY
