"""What a package manager is asked to do, whatever options stand before the verb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kubeguard.checks.dockerfile._written import written
from kubeguard.checks.kit import Command, Instruction, Word

APT = ("apt-get", "apt", "aptitude")
YUM = ("yum", "dnf", "dnf5", "microdnf", "tdnf")
APK = ("apk",)
ZYPPER = ("zypper",)

_APT_VALUED = re.compile(r"-[octa]|--(option|config-file|(target|default)-release)")
_YUM_VALUED = re.compile(
    r"-[cdex]|--(config|exclude|installroot|releasever|setopt|repo|repoid|(en|dis)able(repo|plugin))"
)
_APK_VALUED = re.compile(
    r"-[pXt]|--(root|repository|virtual|keys-dir|repositories-file|arch|cache-(dir|max-age)|wait)"
)
_ZYPPER_VALUED = re.compile(r"-[RcDC]|--(root|config|reposd-dir|cache-dir)")
_VALUED = {
    **dict.fromkeys(APT, _APT_VALUED),
    **dict.fromkeys(YUM, _YUM_VALUED),
    **dict.fromkeys(APK, _APK_VALUED),
    **dict.fromkeys(ZYPPER, _ZYPPER_VALUED),
}
"""The options whose value is a word of its own."""
_OPTIONS_INSIDE = re.compile(r"(?i)opt|arg|flag|param")


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """`apt-get -qq install -y curl`: the verb, and the packages it is about.

    `sure` is False when a variable that nobody can resolve may hold further options.
    """

    command: Command
    verb: Word
    packages: tuple[Word, ...]
    sure: bool

    @property
    def manager(self) -> str:
        return self.command.program


def requests(instruction: Instruction, managers: tuple[str, ...]) -> Iterator[Request]:
    """What these package managers are asked in a RUN, in the order of the text."""
    if instruction.keyword == "RUN":
        for command in instruction.commands:
            if command.program in managers:
                request = _request(command)
                if request:
                    yield request


def _request(command: Command) -> Request | None:
    valued = _VALUED[command.program]
    positional: list[Word] = []
    sure, skip = True, False
    for word in command.arguments:
        text = word.text
        if skip:
            skip = False
        elif text.startswith("-"):
            skip = bool(valued.fullmatch(text))
        elif word.value is None and text.startswith(("$", '"$')) and not positional:
            sure = False
        else:
            sure = sure and (word.value is not None or not _OPTIONS_INSIDE.search(text))
            positional.append(word)
    return Request(command, positional[0], tuple(positional[1:]), sure) if positional else None


def apt_setting(command: Command, key: str) -> str | None:
    """The value of `-o Key=value` in lower case, None when the key is not set."""
    key = key.lower()
    words = [word.text.lower() for word in command.arguments]
    for before, text in zip(["", *words], words, strict=False):
        if before in ("-o", "--option") or text.startswith(("-o", "--option=")):
            name, _, value = text.removeprefix("--option=").removeprefix("-o").partition("=")
            if name.strip() == key:
                return value.strip(" \"'")
    return None


def configures_apt(instruction: Instruction, key: str) -> bool:
    """Whether apt is told once and for all: this stage, or one below, writes the key to a file."""
    key = key.lower()
    stage = instruction.stage
    while stage is not None:
        if any(key in text.lower() for each in stage.instructions for _, text in written(each)):
            return True
        stage = stage.parent
    return False
