"""Files are replaced whole or not at all."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def replace(
    file: Path, pieces: Iterable[str], mode: int | None = None, owner: int | None = None
) -> None:
    """Write a text in place of the file; the old one stays until the new one is on disk.

    Keeps the mode of the old file unless one is given, follows a link to what it names; `owner` is
    a number of a user. Raises OSError.
    """
    if file.exists() and not file.is_file():
        # A device or pipe (/dev/stderr) has nothing to lose and cannot be renamed over.
        file.write_text("".join(pieces), encoding="utf-8")
        return
    import tempfile

    file = Path(os.path.realpath(file))

    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, _mode(file) if mode is None else mode)
        if owner is not None:
            os.chown(name, owner, -1)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _mode(file: Path) -> int:
    return file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
