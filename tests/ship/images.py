"""The reference service's images, on bases out of Debian packages: no registry is to be had."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stacks import APPLICATION

from tests.container_engine import Engine

SERVICE = "registry.example.com/reference-app"
TRAINING = "registry.example.com/reference-app-training"
_REPOSITORY = "kubeguard-test"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_POSTGRESQL = "/usr/lib/postgresql/15/bin"

# What `python3 -m reference_app` loads: the interpreter, and what its wheels want of the system.
_INTERPRETER = (
    *("python3-minimal", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib"),
    *("libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libexpat1", "libssl3", "libbz2-1.0"),
    *("libffi8", "liblzma5", "libsqlite3-0", "libuuid1", "ca-certificates", "netbase", "tzdata"),
)

# As far as manifests/compose asks for it, what the entry point of the well-known image does.
_POSTGRESQL_ENTRYPOINT = """\
#!/bin/sh
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD_FILE:?the file with the password}"
  user=${POSTGRES_USER:-postgres}
  # Options are separated by spaces, as there.
  initdb --username="$user" --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  database=${POSTGRES_DB:-$user}
  if [ "$database" != postgres ]; then
    echo "CREATE DATABASE \\"$database\\"" | postgres --single -j postgres >/dev/null
  fi
fi
exec "$@"
"""


class Recipe(NamedTuple):
    """A file system, and what its image says beside it."""

    variant: str
    packages: tuple[str, ...]
    hooks: tuple[str, ...] = ()  # options of mmdebstrap; "$1" is the root of the file system
    changes: tuple[str, ...] = ()  # lines of a Dockerfile


def _user(name: str) -> str:
    """There before the package comes, so that it has the number of the well-known image."""
    return (
        f'--essential-hook=echo "{name}:x:999:999::/var/lib/{name}:/bin/sh" >>"$1/etc/passwd";'
        f' echo "{name}:x:999:" >>"$1/etc/group"'
    )


RECIPES: Mapping[str, Recipe] = {
    # Where an image is built: a Python with pip and a shell, which trusts whom this machine trusts.
    "python": Recipe(
        "apt",
        ("python3", "python3-pip", "ca-certificates"),
        (
            '--customize-hook=test ! -e /etc/pip.conf || cp /etc/pip.conf "$1/etc/pip.conf"',
            "--customize-hook=cp -L /etc/ssl/certs/ca-certificates.crt "
            '"$1/etc/ssl/certs/ca-certificates.crt"',
        ),
    ),
    # Where it runs: the same Python, and neither a shell nor a package manager.
    "runtime": Recipe(
        "extract",
        _INTERPRETER,
        (
            '--customize-hook=cd "$1" && find bin sbin usr/bin usr/sbin usr/local '
            "! -type d ! -name 'python3*' -delete",
            '--customize-hook=echo "nonroot:x:65532:65532::/nonexistent:/nonexistent" '
            '>"$1/etc/passwd"; echo "nonroot:x:65532:" >"$1/etc/group"',
            '--customize-hook=mkdir --mode=1777 --parents "$1/tmp"',
        ),
    ),
    "postgresql": Recipe(
        "apt",
        ("postgresql-15",),
        (
            _user("postgres"),
            '--essential-hook=mkdir -p "$1/etc/postgresql-common" && '
            'echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"',
            '--customize-hook=install -d -o 999 -g 999 -m 1777 "$1/var/lib/postgresql/data"',
            "--customize-hook=echo \"listen_addresses = '*'\" "
            '>>"$1/usr/share/postgresql/15/postgresql.conf.sample"',
            '--customize-hook=printf %s "$POSTGRESQL_ENTRYPOINT" '
            '>"$1/usr/local/bin/docker-entrypoint.sh" && '
            'chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"',
        ),
        (
            f"ENV PATH={_POSTGRESQL}:{_PATH} LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data",
            "VOLUME /var/lib/postgresql/data",
            "STOPSIGNAL SIGINT",
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            'CMD ["postgres"]',
        ),
    ),
    "redis": Recipe(
        "apt",
        ("redis-server",),
        (
            _user("redis"),
            '--customize-hook=install -d -o 999 -g 999 -m 755 "$1/data"',
        ),
        ("WORKDIR /data", "VOLUME /data", 'CMD ["redis-server"]'),
    ),
}


def pack(name: str, folder: Path) -> Path:
    """The file system of a recipe as an archive, from the machine's own mirror."""
    recipe = RECIPES[name]
    packed = folder / f"{name}.tar"
    command = ["mmdebstrap", "--quiet", f"--variant={recipe.variant}", *recipe.hooks]
    command += [
        f"--include={','.join(recipe.packages)}",
        '--aptopt=APT::Install-Recommends "false"',
    ]
    command += ["--dpkgopt=path-exclude=/usr/share/man/*", "bookworm", str(packed)]
    told = {"SOURCE_DATE_EPOCH": "0", "POSTGRESQL_ENTRYPOINT": _POSTGRESQL_ENTRYPOINT}
    subprocess.run(
        command, check=True, capture_output=True, timeout=300, env={**os.environ, **told}
    )
    return packed


def changes(name: str) -> tuple[str, ...]:
    """What an imported image does not have by itself."""
    return (f"ENV PATH={_PATH}", *RECIPES[name].changes)


def imported(engine: Engine, name: str, folder: Path) -> str:
    """Give the engine the image of a recipe; how it is called there."""
    image = f"{_REPOSITORY}/{name}:1"
    flags = (f"--change={line}" for line in changes(name))
    engine.docker("import", *flags, str(pack(name, folder)), image)
    return image


class Built(NamedTuple):
    """An image by its name, by its digest, and as `docker save` writes it."""

    name: str
    digest: str
    archive: Path


class Build(NamedTuple):
    """What is built with what; `keys` has signing.pem and trusted.pem."""

    engine: Engine
    python: str
    runtime: str
    keys: Path

    def __call__(self, image: str, target: str, *more: str, context: Path = APPLICATION) -> str:
        """Build a target of reference_app/Dockerfile as its head says; the image's digest."""
        arguments = ["build", "--quiet", f"--target={target}", f"--tag={image}", *more]
        arguments += ["--provenance=false", "--build-arg=SOURCE_DATE_EPOCH=0"]
        arguments += [f"--build-arg=PYTHON={self.python}"]
        arguments += [f"--build-arg=RUNTIME={self.runtime}", *_NETWORK]
        for key in ("signing.pem", "trusted.pem"):
            arguments.append(f"--secret=id={key},src={self.keys / key}")
        return self.engine.docker(*arguments, str(context), timeout=900)


# PyPI is reached as from this machine, by its proxy if it has one.
_NETWORK = ("--network=host", "--build-arg=HTTP_PROXY", "--build-arg=HTTPS_PROXY")
