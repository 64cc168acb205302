"""Programs that only run another program, and how their own options end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from kubeguard.sources.shell.lexemes import Lexeme, assigned_value

SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh", "mksh"))
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")


class _Wrapper(NamedTuple):
    """Options whose value is a word of its own, operands before the program, and options that
    make it answer a question instead of running anything."""

    valued: frozenset[str] = frozenset()
    operands: int = 0
    asks: frozenset[str] = frozenset()


def _wrapper(valued: str = "", operands: int = 0, asks: str = "") -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), operands, frozenset(asks.split()))


_WRAPPERS = {
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir --role --type",
        asks="-l -v -K -k -e --list --validate --version",
    ),
    "doas": _wrapper("-u -C"),
    "env": _wrapper("-u -C --unset --chdir"),
    "exec": _wrapper("-a"),
    "command": _wrapper(asks="-v -V"),
    "builtin": _wrapper(),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n -p --class --classdata"),
    "time": _wrapper("-f -o --format --output"),
    "timeout": _wrapper("-s -k --signal --kill-after", operands=1),
    "xargs": _wrapper(
        "-I -n -P -L -d -a -s -E --max-args --max-procs --max-lines --delimiter --arg-file"
        " --replace --max-chars"
    ),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "chroot": _wrapper("--userspec --groups", operands=1),
    "gosu": _wrapper(operands=1),
    "su-exec": _wrapper(operands=1),
    "runuser": _wrapper("-u -g -G --user --group", asks="-c --command"),
    "ssh-agent": _wrapper("-a -E -P -t", asks="-k"),
    "xvfb-run": _wrapper("-e -f -n -p -s -w --server-num --server-args"),
    "dbus-run-session": _wrapper("--config-file --dbus-daemon"),
    "setpriv": _wrapper("--reuid --regid --groups"),
    "flock": _wrapper("-w -E -c --timeout", operands=1),
    "fakeroot": _wrapper("-l -s -i -b"),
    "eatmydata": _wrapper(),
    "linux32": _wrapper(),
    "linux64": _wrapper(),
    "tini": _wrapper("-p -e"),
    "dumb-init": _wrapper("-r --rewrite"),
    "catatonit": _wrapper(),
    "busybox": _wrapper(asks="--list --install"),
    "unbuffer": _wrapper(),
    "watch": _wrapper("-n --interval"),
}


def unwrap(words: Sequence[Lexeme]) -> tuple[Sequence[Lexeme], list[Lexeme], dict[str, Lexeme]]:
    """The command proper, the names of what was taken off, and assignments made on the way."""
    taken: list[Lexeme] = []
    assigned: dict[str, Lexeme] = {}
    while words:
        wrapper = _WRAPPERS.get(base_name(words[0]))
        end = _own(words, wrapper, assigned) if wrapper else None
        if end is None or end >= len(words):
            break
        taken.append(words[0])
        words = words[end:]
    return words, taken, assigned


def base_name(word: Lexeme) -> str:
    return word.text.rpartition("/")[2]


def _own(words: Sequence[Lexeme], wrapper: _Wrapper, assigned: dict[str, Lexeme]) -> int | None:
    """How many words belong to the wrapper itself; None when it runs nothing."""
    at = 1
    while at < len(words) and (text := words[at].text).startswith("-") and text != "-":
        if text in wrapper.asks:
            return None
        at += 2 if _takes_next(text, wrapper) else 1
        if text == "--":
            break
    if at < len(words) and words[at].text == "-":
        at += 1
    found: dict[str, Lexeme] = {}
    while at < len(words) and (assignment := _ASSIGNMENT.match(words[at].text)):
        found[assignment[1]] = assigned_value(words[at])
        at += 1
    at += wrapper.operands
    if at < len(words):
        assigned.update(found)
    return at


def _takes_next(text: str, wrapper: _Wrapper) -> bool:
    """Whether the option's value is the next word: `-u root`, the `n` of `-rn 1`."""
    if text.startswith("--"):
        return text in wrapper.valued
    for position, letter in enumerate(text[1:], 2):
        if f"-{letter}" in wrapper.valued:
            return position == len(text)
    return False


def executed(words: Sequence[Lexeme]) -> Iterator[Sequence[Lexeme]]:
    """The commands that `find ... -exec chmod 755 {} +` runs on what it finds."""
    start = None
    for at, word in enumerate(words):
        if word.text in ("-exec", "-execdir", "-ok", "-okdir"):
            start = at + 1
        elif word.text in (";", "+") and start is not None:
            if at > start:
                yield words[start:at]
            start = None


class Invocation(NamedTuple):
    """How a shell was started: the word that is its script if any, and its `pipefail`."""

    script: Lexeme | None
    reads_input: bool
    pipefail: bool


def invocation(words: Sequence[Lexeme]) -> Invocation:
    """`bash -euo pipefail -c '...'`: options up to the script."""
    at, takes_script, pipefail = 1, False, False
    while at < len(words) and (text := words[at].text)[:1] in ("-", "+") and len(text) > 1:
        at += 1
        if text == "--":
            break
        if text.startswith("--"):
            at += text in ("--rcfile", "--init-file")
            continue
        takes_script = takes_script or "c" in text
        if text[1:].strip("abefhilmnprstuvxBCDHPTcE") in ("o", "O") and at < len(words):
            pipefail = pipefail or (text[0] == "-" and words[at].text == "pipefail")
            at += 1
    rest = words[at:]
    if takes_script:
        return Invocation(rest[0] if rest else None, False, pipefail)
    return Invocation(None, not rest or rest[0].text in ("-", "/dev/stdin"), pipefail)


def pipefail_among(options: Sequence[str]) -> bool:
    """Whether `-o pipefail` is among a shell's options: `-o pipefail`, `-eo pipefail`."""
    return pipefail_after(options, before=False)


def pipefail_after(options: Sequence[str], *, before: bool) -> bool:
    """What `set` with these arguments makes of pipefail."""
    for option, value in pairwise(options):
        if value == "pipefail" and option.endswith("o") and option[:1] in ("-", "+"):
            before = option[0] == "-"
    return before
