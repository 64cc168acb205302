"""A script that goes straight from the network into a shell is checked by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Command, Instruction, Problem, Severity, advise, check

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh", "fish")
_INTERPRETER = re.compile(r"(python|perl|ruby|node|nodejs|php)[\d.]*")
_FETCHERS = ("curl", "wget", "aria2c", "fetch", "lwp-download")
_FLAG = re.compile(r"-[uEIsSBbW]+|--?")
"""Options of interpreters that leave the program to standard input."""


@check(
    "KG1013",
    "Download is piped into a shell",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.11", "SLSA", "CWE-494", "MITRE T1195"),
)
def download_piped_to_shell(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword not in ("RUN", "CMD", "ENTRYPOINT"):
        return
    for command in instruction.commands:
        if command.program in _FETCHERS:
            runner = command.inside
            if runner and _runs_word(runner, command):
                yield _problem(runner, command)
        elif command.piped_from and _runs_input(command):
            fetcher = _fetcher(command.piped_from)
            if fetcher:
                yield _problem(command, fetcher)


def _problem(runner: Command, fetcher: Command) -> Problem:
    message = f"{runner.program} runs what {fetcher.program} downloads, unseen"
    return Problem(runner.node, message, advise("download a file, compare its hash, then run it"))


def _fetcher(before: Command | None) -> Command | None:
    """The download somewhere to the left in the pipe."""
    waiting = [before]
    while waiting:
        before = waiting.pop()
        if before is not None:
            if before.program in _FETCHERS:
                return before
            waiting += before.piped_from, before.beside
    return None


def _runs_word(runner: Command, fetcher: Command) -> bool:
    """Whether what stands in for the download is the script: `sh -c "$(curl ...)"`, `. <(curl)`,
    `sh <<< "$(curl ...)"`."""
    text = fetcher.node.text
    if any(text in value.node.text for value in runner.assignments.values()):
        return False
    if runner.program == "eval" or _runs_input(runner):
        return True
    if runner.program in (*_SHELLS, "source", "."):
        scripts = [word for word in runner.operands if word.text != "pipefail"]
        return bool(scripts) and text in scripts[0].node.text
    return False


def _runs_input(command: Command) -> bool:
    """Whether the program comes from standard input: no script, no -c, no module is named."""
    shell = command.program in _SHELLS
    if not shell and not _INTERPRETER.fullmatch(command.program):
        return False
    for word in command.arguments:
        text = word.text
        if text in ("-", "/dev/stdin") or (text == "--" and command.program.startswith("php")):
            return True
        if shell and text.startswith("-"):
            if not text.startswith("--") and ("c" in text or "s" in text):
                return "c" not in text
        elif not (shell and text == "pipefail") and not _FLAG.fullmatch(text):
            return False
    return True
