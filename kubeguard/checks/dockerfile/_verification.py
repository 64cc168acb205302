"""Ways in which a download is told to trust anybody."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Command, Fix, Grade, Instruction, Node, Word, advise, drop, put

FALSE = frozenset({"0", "false", "no", "off", "n"})
_HERE = re.compile(r"(?i)(?:\w+://)?(?:[^@/]*@)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)")


def commands(instruction: Instruction, *programs: str) -> Iterator[Command]:
    """The calls of these programs while building or running, not those of a health check."""
    if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT"):
        for command in instruction.commands:
            if command.program in programs:
                yield command


def is_local(text: str) -> bool:
    """Whether an address or a host name, with or without a port, is this machine."""
    return bool(_HERE.match(text))


def stays_here(command: Command) -> bool:
    """Whether every address is this very machine, where nobody sits in between."""
    words = [word.text for word in command.operands]
    addresses = [text for text in words if "://" in text or is_local(text)]
    return bool(addresses) and all(map(is_local, addresses))


def without(word: Word, letter: str = "") -> Fix:
    """Take an option away, or its letter out of a cluster."""
    text = word.node.text
    if not letter or text.startswith("--") or len(text) == 2:
        return drop(word.node, hint=f"remove {word.text}")
    return put(
        word.node,
        text.replace(letter, "", 1),
        grade=Grade.UNSAFE,
        hint=f"remove the {letter} from {text}",
    )


def back_to(where: Node, value: str) -> Fix:
    """Set a variable so that certificates are checked again."""
    return put(where, value, grade=Grade.UNSAFE, hint=f"set it to {value}, and add the CA instead")


def trust_the_ca() -> Fix:
    return advise("install the CA certificate instead")
