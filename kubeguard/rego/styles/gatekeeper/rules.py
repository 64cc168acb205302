"""What Gatekeeper demands of the Rego in a template, before and after it is compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.rego.engine import Diagnostic, Module, Program
from kubeguard.rego.source import at, code
from kubeguard.rego.styles.gatekeeper.template import Template

_PACKAGE = re.compile(r"^[ \t]*package[ \t]+(\S+)", re.MULTILINE)
_DATA = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<![\w.])data\b(?:\.(?P<name>\w+)|\["(?P<key>[^"]*)"\])?"""
)
_LIBRARY = "lib"
_INVENTORY = "inventory"


def package_of(module: Module) -> str:
    """The package that a module says it is; '' when it says none."""
    found = _PACKAGE.search(code(module.text))
    return found[1] if found else ""


def compares(template: Template) -> bool:
    """Whether the Rego looks at other objects than the one under review."""
    return any(name == _INVENTORY for module in template.modules for _, name in _names(module))


def broken(template: Template, program: Program) -> Iterator[Diagnostic]:
    """What Gatekeeper would refuse in Rego that compiles."""
    first, *libraries = template.modules
    package = package_of(first)
    if not any(r.path == f"{package}.violation" and r.module == first.name for r in program.rules):
        yield _at(first, _PACKAGE, f"{template.kind} has no rule called violation")
    packages = {each.module: each for each in program.packages}
    for library in libraries:
        if not packages[library.name].package.startswith(f"{_LIBRARY}."):
            yield _at(library, _PACKAGE, "the package of a library has to be in lib")
    for module in template.modules:
        for name in packages[module.name].imports:
            if not name.startswith((f"data.{_LIBRARY}", "future.")):
                pattern = re.compile(rf"^[ \t]*import[ \t]+{re.escape(name)}", re.MULTILINE)
                yield _at(module, pattern, f"imports {name}: a template may import data.lib only")
        for offset, name in _names(module):
            if name not in (_LIBRARY, _INVENTORY):
                said = f"reads data.{name}: a template may read data.lib and data.inventory only"
                yield at(module, offset, "gatekeeper", said)


def _names(module: Module) -> Iterator[tuple[int, str]]:
    """What the module names below `data`, and where."""
    for found in _DATA.finditer(code(module.text)):
        if found["string"] is None:
            yield found.start(), found["name"] or found["key"] or ""


def _at(module: Module, pattern: re.Pattern[str], message: str) -> Diagnostic:
    found = pattern.search(code(module.text))
    offset = found.start() + len(found[0]) - len(found[0].lstrip()) if found else 0
    return at(module, offset, "gatekeeper", message)
