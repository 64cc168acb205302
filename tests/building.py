"""Images as a test describes them, built into real archives and layouts.

    config: {User: root}
    layers:
      - by: COPY . /app
        files:
          /app/run.sh: "#!/bin/sh"
          /usr/bin/su: {mode: "4755", text: program}
        deleted: [/app/.env]

A file is its text, or a mapping of `text` or `hex`, `mode`, `uid`, `gid`, `folder`, `link` (a
symbolic one), `same_as` (a hard one), `size` (of zeros) and `pax`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Description = Mapping[str, Any]


class Built(NamedTuple):
    """The blobs of an image: configuration and layers, with what else a manifest says."""

    config: bytes
    layers: tuple[bytes, ...]
    names: tuple[str, ...]


def build(description: Description) -> Built:
    """Lay out the layers of a description, unpacked."""
    steps = [*description.get("layers", [])]
    layers = tuple(layer(step) for step in steps)
    history = description.get("whole_history") or [
        *({"created_by": line, "empty_layer": True} for line in description.get("history", ())),
        *({"created_by": step.get("by", "COPY . /")} for step in steps),
    ]
    document = {
        "architecture": description.get("architecture", "amd64"),
        "os": description.get("os", "linux"),
        "config": description.get("config", {}),
        "created": description.get("created", "2026-11-20T08:00:00Z"),
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
    }
    names = tuple(description.get("names", ["shop/web:1.2"]))
    return Built(json.dumps(document).encode(), layers, names)


def layer(step: Mapping[str, Any]) -> bytes:
    """A layer as a tar stream."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, spec in step.get("files", {}).items():
            member, content = _member(path, spec if isinstance(spec, dict) else {"text": spec})
            tar.addfile(member, io.BytesIO(content))
        for path in step.get("deleted", ()):
            folder, _, name = path.rpartition("/")
            tar.addfile(tarfile.TarInfo(f"{folder}/.wh.{name}".lstrip("/")))
        for folder in step.get("emptied", ()):
            tar.addfile(tarfile.TarInfo(f"{folder}/.wh..wh..opq".lstrip("/")))
    return stream.getvalue()


def _member(path: str, spec: Mapping[str, Any]) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(path.lstrip("/"))
    content = bytes.fromhex(spec["hex"]) if "hex" in spec else spec.get("text", "").encode()
    content = content or bytes(spec.get("size", 0))
    member.size = len(content)
    member.mode = int(str(spec.get("mode", "0755" if spec.get("folder") else "0644")), 8)
    member.uid, member.gid = spec.get("uid", 0), spec.get("gid", 0)
    member.pax_headers = spec.get("pax", {})
    if spec.get("folder"):
        member.type = tarfile.DIRTYPE
    elif "link" in spec:
        member.type, member.linkname = tarfile.SYMTYPE, spec["link"]
    elif "same_as" in spec:
        member.type, member.linkname = tarfile.LNKTYPE, spec["same_as"].lstrip("/")
    return member, content


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def archive(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A tar archive of these files and symbolic links."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return stream.getvalue()


def docker_files(*images: Built) -> dict[str, bytes]:
    """What `docker save` of 20.10 writes: a folder per layer, plain."""
    files: dict[str, bytes] = {}
    manifest = []
    for image in images:
        config = f"{digest(image.config)[7:]}.json"
        names = [f"{digest(data)[7:]}/layer.tar" for data in image.layers]
        files |= {config: image.config, **dict(zip(names, image.layers, strict=True))}
        manifest.append({"Config": config, "RepoTags": [*image.names], "Layers": names})
    return files | {"manifest.json": json.dumps(manifest).encode()}


def docker_archive(*descriptions: Description) -> bytes:
    return archive(docker_files(*map(build, descriptions)))


def manifest(blobs: dict[str, bytes], image: Built, pack: Any = gzip.compress) -> dict[str, Any]:
    """Put an image into the blobs of a layout; the descriptor of its manifest."""
    kind = "application/vnd.oci.image"
    config = put(blobs, image.config, f"{kind}.config.v1+json")
    layers = [put(blobs, pack(data), f"{kind}.layer.v1.tar+gzip") for data in image.layers]
    document = {"schemaVersion": 2, "config": config, "layers": layers}
    return put(blobs, json.dumps(document).encode(), f"{kind}.manifest.v1+json")


def put(blobs: dict[str, bytes], data: bytes, media_type: str) -> dict[str, Any]:
    """Add a blob; its descriptor."""
    found = digest(data)
    blobs[f"blobs/sha256/{found[7:]}"] = data
    return {"mediaType": media_type, "digest": found, "size": len(data)}


def oci_files(
    *images: Built, pack: Any = gzip.compress, nested: Sequence[Built] = ()
) -> dict[str, bytes]:
    """An OCI layout; the images of `nested` are one image for several platforms."""
    blobs: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    descriptors = []
    for image in images:
        notes = {"org.opencontainers.image.ref.name": image.names[0]} if image.names else {}
        descriptors.append(manifest(blobs, image, pack) | {"annotations": notes})
    if nested:
        inner = [manifest(blobs, image, pack) for image in nested]
        index = json.dumps({"schemaVersion": 2, "manifests": inner}).encode()
        descriptors.append(put(blobs, index, "application/vnd.oci.image.index.v1+json"))
    index = {"schemaVersion": 2, "manifests": descriptors}
    return blobs | {"index.json": json.dumps(index).encode()}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
