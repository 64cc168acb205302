"""An image of 1 GB beside `zcat` and `tar -t` on its layers; then 200 images in one process."""

from __future__ import annotations

import gc
import gzip
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

from benchmarks.__main__ import KUBEGUARD, measure
from kubeguard import audit

SIZE = 1_000_000_000
LAYER = 250_000_000
SOAK = 200
_KIND = "application/vnd.oci.image"


def image(folder: Path, size: int, layer: int) -> list[Path]:
    """An OCI layout with the files of this machine's /usr, as often as it takes; its layers."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    made, plain = [], []
    for number in range(max(size // layer, 1)):
        file = blobs / "making"
        plain.append(_layer(file, min(layer, size), f"part{number}"))
        made.append(_named(file, f"{_KIND}.layer.v1.tar+gzip"))
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": plain},
    }
    described = _document(blobs, config, f"{_KIND}.config.v1+json")
    manifest = {"schemaVersion": 2, "config": described, "layers": made}
    index = {"manifests": [_document(blobs, manifest, f"{_KIND}.manifest.v1+json")]}
    (folder / "index.json").write_text(json.dumps(index))
    return [blobs / layer["digest"][7:] for layer in made]


class _Plain:
    """A packed file that knows the digest and the size of what was put into it."""

    def __init__(self, file: Path) -> None:
        self.packed = gzip.GzipFile(file, "wb", compresslevel=6)
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self.packed.write(data)


def _layer(file: Path, size: int, folder: str) -> str:
    """Files of /usr from another beginning for every folder, until there are enough bytes."""
    plain = _Plain(file)
    with tarfile.open(fileobj=plain, mode="w|") as tar:
        for path in sorted(Path("/usr").rglob("*"), key=lambda path: hash((folder, str(path)))):
            if plain.size >= size:
                break
            if path.is_file() and not path.is_symlink():
                tar.add(path, f"{folder}{path}", recursive=False)
    plain.packed.close()
    return f"sha256:{plain.hash.hexdigest()}"


def _named(file: Path, kind: str) -> dict[str, str | int]:
    """The descriptor of a blob, which is moved to where its digest wants it."""
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    file.rename(file.with_name(digest))
    return {
        "mediaType": kind,
        "digest": f"sha256:{digest}",
        "size": file.with_name(digest).stat().st_size,
    }


def _document(blobs: Path, value: object, kind: str) -> dict[str, str | int]:
    file = blobs / "making"
    file.write_text(json.dumps(value))
    return _named(file, kind)


def resident() -> float:
    """MB that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def soak(folder: Path) -> None:
    """The memory of one process that reads image after image."""
    image(folder, 20_000_000, 20_000_000)
    seen = []
    for _ in range(SOAK):
        report = audit(f"oci:{folder}")
        assert report.complete
        del report
        gc.collect()
        seen.append(resident())
    print(f"{SOAK} images: {seen[9]:.0f} MB after 10, {seen[-1]:.0f} MB at the end")


def main() -> None:
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ProcessPoolExecutor(1) as other:  # its memory would count as that of what is measured
            made = other.submit(image, folder / "large", SIZE, LAYER).result()
        layers = " ".join(map(str, made))
        plain = int(subprocess.check_output(["sh", "-c", f"zcat {layers} | wc -c"]))
        for title, command in (
            ("zcat", ["sh", "-c", f"zcat {layers} > /dev/null"]),
            ("tar -tz", ["sh", "-c", f"for l in {layers}; do tar -tzf $l > /dev/null; done"]),
            ("kubeguard scan", [*KUBEGUARD, "scan", "--config", os.devnull, f"oci:{folder}/large"]),
        ):
            cost = measure(command, folder)
            speed = plain / 1e6 / cost.wall
            print(
                f"{title:16} {cost.wall:6.2f} s {speed:6.0f} MB/s {cost.memory:5.0f} MB", flush=True
            )
        soak(folder / "small")


if __name__ == "__main__":
    main()
