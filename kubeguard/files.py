"""Files are replaced whole or not at all."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def replace(file: Path, pieces: Iterable[str]) -> None:
    """Write a text in place of the file; the old one stays until the new one is on disk.

    Keeps the mode of the old file, follows a link to what it names. Raises OSError.
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
        os.chmod(name, file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask())
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
