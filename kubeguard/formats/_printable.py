r"""A file name can carry an escape sequence: a report shows it and never performs it.

Hidden are the control and format characters of Unicode (Cc, Cf, Zl, Zp), lone surrogates,
noncharacters that XML refuses, letters that have no shape (Default_Ignorable_Code_Point), and the
first `#` of `##[...]` and `##vso[...]`, which GitHub and Azure runners obey anywhere in a line.
"""

import re

from kubeguard.model.regex import Regex

HIDDEN = Regex(
    "["
    "\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "]"
    "|#(?=#[A-Za-z]*\\[)"
)

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""The text with every hidden character spelled out: `\x1b`, `\u202e`, `\n`."""
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    return HIDDEN.sub(spelled, text)


def no_command(line: str) -> str:
    """A printable line that no CI runner takes for a command, which begins with `::`."""
    return line.replace("::", "\\x3a:", 1) if line.lstrip().startswith("::") else line


def spelled(match: re.Match[str]) -> str:
    """One hidden character as an escape of Python's."""
    char = match[0]
    code = ord(char)
    if code < 0x100:
        return _NAMED.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
