"""Errors a user can act on; anything else is a bug and may traceback.

KubeguardError
├── UsageError        a wrong option, or a `kubeguard.yaml` that does not say what it means   exit 2
├── SourceError       an input that could not be read, with the place                         exit 3
└── CatalogueError    a set of checks that contradicts itself                                 exit 3
"""


class KubeguardError(Exception):
    """Shown as one line with a hint, never as a traceback."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(KubeguardError):
    """The user asked for something that does not exist or does not make sense."""


class SourceError(KubeguardError):
    """An input that cannot be read; `line` and `column` are 1-based, 0 when unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0, hint: str = "") -> None:
        super().__init__(message, hint)
        self.line = line
        self.column = column


class CatalogueError(KubeguardError):
    """Two checks claim one id, or a check lacks its page."""
