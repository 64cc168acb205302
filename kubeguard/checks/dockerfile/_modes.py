"""File modes as chmod reads them."""

import re

_OCTAL = re.compile(r"[0-7]{1,5}")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=][rwxXst]*)+)")
_ACTION = re.compile(r"([-+=])([rwxXst]*)")
_OTHERS_WRITE, _STICKY = 0o2, 0o1000
_LETTERS = {"w": _OTHERS_WRITE, "t": _STICKY}


def world_writable(mode: str) -> bool:
    """Whether the mode lets everybody write, and no sticky bit keeps files with their owners."""
    bits = int(mode, 8) if _OCTAL.fullmatch(mode) else _symbolic(mode)
    return bool(bits & _OTHERS_WRITE) and not bits & _STICKY


def _symbolic(mode: str) -> int:
    """The two bits that `u=rwx,o+w` leaves on a file that had neither, under a umask of 022."""
    bits = 0
    for clause in mode.split(","):
        found = _CLAUSE.fullmatch(clause)
        if not found:
            return 0
        who, actions = found.groups()
        everything = _OTHERS_WRITE | _STICKY
        affected = everything if "o" in who or "a" in who else 0
        for sign, letters in _ACTION.findall(actions):
            value = sum(bit for letter, bit in _LETTERS.items() if letter in letters)
            value &= affected if who else _STICKY
            if sign == "=":
                bits &= ~affected if who else 0
            bits = bits & ~value if sign == "-" else bits | value
    return bits


def without_others(mode: str) -> str:
    """The octal mode without write permission for everybody; '' for a symbolic mode."""
    if not _OCTAL.fullmatch(mode):
        return ""
    return mode[:-1] + str(int(mode[-1]) & ~_OTHERS_WRITE)
