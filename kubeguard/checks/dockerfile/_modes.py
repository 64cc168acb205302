"""File modes as chmod reads them."""

import re

_OCTAL = re.compile(r"[0-7]{1,5}")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=][rwxXst]*)+)")
_ACTION = re.compile(r"([-+=])([rwxXst]*)")
_OTHERS_WRITE, _STICKY = 0o2, 0o1000


def world_writable(mode: str) -> bool:
    """Whether the mode lets everybody write, and no sticky bit keeps files with their owners."""
    if _OCTAL.fullmatch(mode):
        bits = int(mode, 8)
        return bool(bits & _OTHERS_WRITE) and not bits & _STICKY
    writable = sticky = False
    for clause in mode.split(","):
        found = _CLAUSE.fullmatch(clause)
        if not found:
            return False
        who, actions = found.groups()
        for sign, letters in _ACTION.findall(actions):
            sticky = sticky or (sign != "-" and "t" in letters)
            # Without a letter for who, the umask keeps others from writing.
            if "o" in who or "a" in who:
                writable = (sign != "-" and "w" in letters) or (sign == "+" and writable)
    return writable and not sticky


def without_others(mode: str) -> str:
    """The octal mode without write permission for everybody; '' for a symbolic mode."""
    if not _OCTAL.fullmatch(mode):
        return ""
    return mode[:-1] + str(int(mode[-1]) & ~_OTHERS_WRITE)
