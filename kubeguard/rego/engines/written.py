"""Policies written to a folder as the program `opa` reads them: a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.rego.engine import Diagnostic, Module
from kubeguard.rego.engines import lines


class Written(NamedTuple):
    """The modules by their names in the folder."""

    folder: Path
    modules: dict[str, Module]

    @classmethod
    def of(cls, folder: Path, modules: Sequence[Module]) -> Written:
        folder.mkdir()
        bundle = cls(folder, {f"{i:05}.rego": module for i, module in enumerate(modules)})
        for name, module in bundle.modules.items():
            (folder / name).write_text(module.text, encoding="utf-8", newline="")
        return bundle

    def complete(self, old: Sequence[str], data: Mapping[str, Any]) -> None:
        """Write the data, and which modules are of version 0."""
        versions = {f"/{name}": 0 for name in old}
        manifest = {"roots": [""], "rego_version": 1, "file_rego_versions": versions}
        (self.folder / ".manifest").write_bytes(lines.encoded(manifest))
        (self.folder / "data.json").write_bytes(lines.encoded(dict(data)))

    @property
    def at(self) -> str:
        return str(self.folder)

    def diagnostics(self, told: Mapping[str, Any]) -> Iterator[Diagnostic]:
        yield from map(self.diagnostic, told.get("errors", ()))

    def diagnostic(self, error: Mapping[str, Any]) -> Diagnostic:
        """An error, at its place in the user's module."""
        place = error.get("location") or {}
        module = self.modules.get(Path(place.get("file", "")).name)
        message = error["message"].replace(f"{self.at}/", "")
        if not module:
            return Diagnostic(error["code"], message)
        line = place.get("row", 0)
        text = (module.text.split("\n")[line - 1 : line] or [""])[0].rstrip("\r")
        return Diagnostic(error["code"], message, module.name, line, place.get("col", 0), text)
