"""Shell scripts as simple commands, each with the place of every word."""

from kubeguard.sources.shell.lexemes import Call, Input, Lexeme, quoted
from kubeguard.sources.shell.script import exec_form, parse
from kubeguard.sources.shell.wrappers import SHELLS, pipefail_among

__all__ = [
    "SHELLS",
    "Call",
    "Input",
    "Lexeme",
    "exec_form",
    "parse",
    "pipefail_among",
    "quoted",
]
