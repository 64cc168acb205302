"""PostgreSQL and Redis as real servers that speak TLS alone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep

import pytest
import trustme
from cluster import free_port

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
START_SECONDS = 20.0
PASSWORD = "correct-horse"


@dataclass(frozen=True)
class RealServer:
    """A server that runs, and how to reach it."""

    url: str
    authority: Path
    process: subprocess.Popen[bytes]


@contextmanager
def postgresql() -> Iterator[RealServer]:
    """PostgreSQL with TLS and a password."""
    initdb = shutil.which("initdb") or (str(DEBIAN[-1]) if DEBIAN else None)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    # It refuses to run as root, and its user may not enter a folder of root's.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    folder = Path(mkdtemp(prefix="pg-", dir="/tmp"))
    data, port = folder / "data", free_port()
    certify(folder)
    (folder / "password").write_text(PASSWORD)
    if as_user:
        shutil.chown(folder, "postgres")
        for path in folder.iterdir():
            shutil.chown(path, "postgres")
    start = ["-D", str(data), "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-U", "app"]
    subprocess.run([*as_user, initdb, *start], check=True, capture_output=True, timeout=60)
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": folder / "server.pem",
        "ssl_key_file": folder / "server.key",
        "fsync": "off",
    }
    flags = [f"-c{name}={value}" for name, value in options.items()]
    program = str(Path(initdb).with_name("postgres"))
    command = [*as_user, program, "-D", str(data), *flags]
    verified = f"sslmode=verify-full&sslrootcert={folder / 'ca.pem'}"
    url = f"postgresql://app:{PASSWORD}@127.0.0.1:{port}/postgres?{verified}"
    with ended(command, folder) as process:
        wait_for(process, folder, "ready to accept connections")
        yield RealServer(url, folder / "ca.pem", process)


@contextmanager
def redis() -> Iterator[RealServer]:
    """Redis with TLS, and a user who may do no more than the cache needs."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed")
    folder, port = Path(mkdtemp(prefix="redis-")), free_port()
    certify(folder)
    allowed = "~reference_app/* +get +set +hello"
    acl = f"user default off\nuser cache on >{PASSWORD} {allowed}\n"
    (folder / "users.acl").write_text(acl)
    options = {
        "port": 0,
        "tls-port": port,
        "tls-cert-file": folder / "server.pem",
        "tls-key-file": folder / "server.key",
        "tls-ca-cert-file": folder / "ca.pem",
        "tls-auth-clients": "no",
        "aclfile": folder / "users.acl",
        "dir": folder,
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with ended([program, *flags, "--save", ""], folder) as process:
        wait_for(process, folder, "Ready to accept connections")
        url = f"rediss://cache:{PASSWORD}@127.0.0.1:{port}"
        yield RealServer(url, folder / "ca.pem", process)


def certify(folder: Path) -> None:
    """Write an authority, and a certificate of it for this machine."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "server.key")
    issued.cert_chain_pems[0].write_to_path(folder / "server.pem")
    (folder / "server.key").chmod(0o600)


@contextmanager
def ended(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended afterwards, and its folder removed."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def wait_for(process: subprocess.Popen[bytes], folder: Path, words: str) -> None:
    """Wait until a server logs that it is ready."""
    end = monotonic() + START_SECONDS
    while monotonic() < end and process.poll() is None:
        if words in (folder / "log").read_text():
            return
        sleep(0.05)
    raise AssertionError((folder / "log").read_text()[-2000:])
