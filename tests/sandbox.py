"""A process with namespaces, a root file system and a user of its own: what a container is made of.

    sandboxed(Sandbox(read_only=True), ["sh", "-c", "..."])  # the command to start, as root

This file is also the program that makes the namespaces and becomes the command.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

USER = 65532
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
METADATA = "169.254.169.254"


@dataclass(frozen=True)
class Sandbox:
    """How it differs from a container as it should be."""

    read_only: bool = True
    tokens: tuple[str, ...] = ()
    """Folders with a token, as the kubelet projects them; `/var/run` is a link to `/run`."""
    metadata: str = ""
    """Who is at the metadata address: `open` listens there, `silent` lets nobody get through,
    `refused` is there and does not listen."""
    programs: tuple[str, ...] | None = None
    """The only ones on PATH; None for those of this machine."""


def sandboxed(sandbox: Sandbox, command: Sequence[str]) -> list[str]:
    """The command that runs the command in a sandbox; exit code 127 when it is not there."""
    inside = [sys.executable, "-B", __file__, json.dumps(asdict(sandbox)), *command]
    return ["unshare", "--mount", "--net", "--propagation", "private", *inside]


@cache
def why_not() -> str:
    """Why there can be no sandbox on this machine, '' when there can."""
    if sys.platform != "linux" or os.getuid() or not shutil.which("unshare"):
        return "sandboxes need root on Linux, and unshare"
    if not shutil.which("python3", path=PATH):
        return f"sandboxes need a python3 in {PATH}"
    tried = subprocess.run(
        sandboxed(Sandbox(), ["python3", "-c", ""]), capture_output=True, text=True
    )
    return f"sandboxes do not work here: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


TOKEN = (  # {"alg":"none"}, {"aud":["vault"],"sub":"system:serviceaccount:shop:web"}
    "eyJhbGciOiJub25lIn0."
    "eyJhdWQiOlsidmF1bHQiXSwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6d2ViIn0."
)


def _main(sandbox: Sandbox, command: Sequence[str]) -> None:
    if sandbox.metadata:
        metadata_service(sandbox.metadata)
    root = _root()
    for folder in sandbox.tokens:
        _project(root / folder.replace("/var/run/", "/run/").lstrip("/"))
    path = PATH if sandbox.programs is None else _only(sandbox.programs, root)
    if sandbox.read_only:
        _mount("-o", "remount,bind,ro", root)
    os.chroot(root)
    os.chdir("/")
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)
    try:
        os.execvpe(command[0], command, {"PATH": path})
    except FileNotFoundError:
        sys.exit(127)


def _only(programs: Sequence[str], root: Path) -> str:
    """A PATH with links to these programs, as far as they are there."""
    folder = root / "tmp/bin"
    folder.mkdir()
    for name in programs:
        if there := shutil.which(name, path=PATH):
            (folder / name).symlink_to(os.path.realpath(there))
    return "/tmp/bin"


def _root() -> Path:
    """This machine's root file system, under a layer that takes what is written."""
    base = Path("/tmp")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", base)
    for name in ("upper", "work", "root"):
        (base / name).mkdir()
    root = base / "root"
    layers = f"lowerdir=/,upperdir={base}/upper,workdir={base}/work"
    _mount("-t", "overlay", "-o", layers, "overlay", root)
    for name in ("proc", "dev"):
        (root / name).mkdir(exist_ok=True)
        _mount("--rbind", f"/{name}", root / name)
    (root / "tmp").mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")
    (root / "opt").mkdir(exist_ok=True)
    (root / "opt").chmod(0o777)
    return root


def _project(folder: Path) -> None:
    """A token as the kubelet's atomic writer leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    data = folder / "..2026_11_21"
    data.mkdir()
    (data / "token").write_text(TOKEN)
    (folder / "..data").symlink_to(data.name)
    (folder / "token").symlink_to("..data/token")


_SIOCSIFADDR, _SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8916, 0x8913, 0x8914, 1


def metadata_service(how: str) -> None:
    """An address on the loopback interface of this network namespace, and who is there."""
    import fcntl  # which Windows does not have

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        where = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(METADATA))
        fcntl.ioctl(control, _SIOCSIFADDR, struct.pack("16s16s", b"lo", where))
        asked = fcntl.ioctl(control, _SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", asked)[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    if how == "refused":
        return
    server = socket.create_server((METADATA, 80), backlog=0 if how == "silent" else 128)
    waiting = _fill(server) if how == "silent" else []
    if os.fork():
        return
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # ends with the command
    os.closerange(0, 3)
    while not waiting:
        server.accept()[0].close()
    signal.pause()


def _fill(server: socket.socket) -> list[socket.socket]:
    """Who waits to be accepted: the kernel has no room for more, and drops their packets."""
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(server.getsockname())
    return waiting


def _mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


if __name__ == "__main__":
    _main(Sandbox(**json.loads(sys.argv[1])), sys.argv[2:])
