"""What can a process in this container write, which tokens has it, where can it connect?

For any Python from 3.7 on, without third-party packages; `probe.sh` asks the same of a shell.
"""

from __future__ import annotations

import errno
import os
import re
import select
import signal
import socket
import time
from collections.abc import Iterable, Iterator, Mapping

SECONDS = 2
ADDRESSES = "169.254.169.254", "fd00:ec2::254"
PLACES = (
    "/",
    "/etc",
    "/usr/local/bin",
    "/opt",
    "/var",
    "/var/tmp",
    "/home",
    "/tmp",
    "/proc/self/cwd",
)
STANDARD = "/var/run/secrets/kubernetes.io/serviceaccount/token"
SUBJECT = re.compile(
    rb"c3lzdGVtOnNlcnZpY2VhY2NvdW50|N5c3RlbTpzZXJ2aWNlYWNjb3Vud|zeXN0ZW06c2VydmljZWFjY291bn"
)
"""`system:serviceaccount` as base64 has it, at any of three offsets: every token's subject."""
MOST_FILES, MOST_BYTES = 100, 16384


def mounts() -> Iterator[tuple[str, str]]:
    """Where something is mounted, and whether it is read-only (proc_pid_mountinfo(5))."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                mount, _, system = line.partition(" - ")
                fields = mount.split()
                point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[4])
                options = fields[5].split(",") + system.split()[-1].split(",")
                yield point, "ro" if "ro" in options else "rw"
    except OSError:
        return


def is_of_root(place: str, points: Mapping[str, str]) -> bool:
    """Whether nothing is mounted there, or above."""
    while place not in points and place != "/":
        place = os.path.dirname(place)
    return place == "/" and bool(points)


def is_writable(place: str) -> bool:
    file = os.path.join(place, f".kubeguard-{os.getpid()}")
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        return False
    os.unlink(file)
    return True


def files(point: str) -> Iterator[str]:
    """The files of a volume that the kubelet writes: it keeps them behind a link `..data`."""
    if os.path.isfile(point):
        yield point
    for folder, _, names in os.walk(os.path.join(point, "..data", "")):
        for name in names:
            yield os.path.join(folder, name)


def has_token(file: str) -> bool:
    try:
        with open(file, "rb") as content:
            return bool(SUBJECT.search(content.read(MOST_BYTES)))
    except OSError:
        return False


def tokens(points: Iterable[str]) -> Iterator[str]:
    if os.access(STANDARD, os.R_OK):
        yield STANDARD
    for point in points:
        if point != os.path.realpath(os.path.dirname(STANDARD)):
            for _, file in zip(range(MOST_FILES), files(point)):  # noqa: B905 - Python 3.9
                if has_token(file):
                    yield file.replace("/..data/", "/")


def connections() -> dict[str, int]:
    """Error codes of the connections, by address; one that takes too long has none."""
    waiting, codes = {}, {}
    for address in ADDRESSES:
        try:
            connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        except OSError:
            continue  # no IPv6 here
        connection.setblocking(False)
        codes[address] = connection.connect_ex((address, 80))
        if codes[address] == errno.EINPROGRESS:
            waiting[connection] = address
    end = time.monotonic() + SECONDS
    while waiting and end > time.monotonic():
        for each in select.select([], list(waiting), [], max(0, end - time.monotonic()))[1]:
            codes[waiting.pop(each)] = each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return codes


def main() -> None:
    signal.alarm(5 * SECONDS)
    print("kubeguard-probe 1")
    points = dict(mounts())
    print("root", points.get("/", "unknown"))
    for place in dict.fromkeys(map(os.path.realpath, PLACES)):
        if is_of_root(place, points) and is_writable(place):
            print("writes", ascii(place)[1:-1])
    for file in dict.fromkeys(tokens(points)):
        print("token", ascii(file)[1:-1])
    codes = connections()
    answers = {0: "open", errno.ECONNREFUSED: "refused"}
    for address in ADDRESSES:
        print("reach", address, answers.get(codes.get(address, errno.ETIMEDOUT), "closed"))
    print("end")


if __name__ == "__main__":
    main()
