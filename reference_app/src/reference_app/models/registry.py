"""A folder of signed model versions, of which one is current; whatever is not proven is refused.

registry/digits/1/manifest.json        files with their SHA-256, metrics, name and version
registry/digits/1/manifest.sig         Ed25519 signature of the manifest's bytes
registry/digits/1/card.md              what the model is for, and how well it does it
registry/digits/1/model.onnx
registry/digits/current.json           promoted versions, the newest last

Which version is current is not signed: whoever can write here may choose, but only among versions
that were signed.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from prometheus_client import Counter

from reference_app.models.errors import RefusedModelError
from reference_app.models.signing import verify

MANIFEST, SIGNATURE, CARD, CURRENT = "manifest.json", "manifest.sig", "card.md", "current.json"
REFUSED = Counter("reference_app_refused_models", "Model versions that were not loaded.")
FORMATS = frozenset({".onnx", ".safetensors", ".json", ".md"})  # none of them runs code when read
NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.[a-z]{2,12}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version consists of; its signed bytes are the JSON of these fields."""

    name: str
    version: int
    files: Mapping[str, str]  # file name to SHA-256, hexadecimal
    metrics: Mapping[str, float]

    def __bytes__(self) -> bytes:
        return json.dumps(asdict(self), indent=2, sort_keys=True).encode()

    @classmethod
    def parse(cls, content: bytes) -> "Manifest":
        """A manifest from its bytes; RefusedModelError when a field is missing or wrong."""
        try:
            raw = json.loads(content)
            manifest = cls(raw["name"], raw["version"], dict(raw["files"]), dict(raw["metrics"]))
        except (ValueError, TypeError, KeyError):
            raise RefusedModelError("the manifest is not readable") from None
        if not all(isinstance(text, str) for pair in manifest.files.items() for text in pair):
            raise RefusedModelError("the manifest's files are not names with hashes")
        return manifest


@dataclass(frozen=True, slots=True)
class Model:
    """A proven version: exactly the bytes whose hashes were checked, so nothing is read twice."""

    manifest: Manifest
    files: Mapping[str, bytes]

    @property
    def label(self) -> str:
        """Name and version, as metrics and answers tell them."""
        return f"{self.manifest.name}/{self.manifest.version}"

    def parsed(self, name: str) -> Any:
        """A JSON file of the model; RefusedModelError when there is none of this name."""
        return json.loads(self.file(name))

    def file(self, name: str) -> bytes:
        """A file of the model; RefusedModelError when there is none of this name."""
        if name not in self.files:
            raise RefusedModelError(f"{self.label} has no {name}")
        return self.files[name]


class Registry:
    """The folder; it reads with the trusted public key and writes with a signing key."""

    def __init__(self, folder: Path, trusted: Ed25519PublicKey) -> None:
        self.folder = folder
        self.trusted = trusted

    def versions(self, name: str) -> list[int]:
        """All versions of a model, oldest first; most lie idle, proven only when loaded."""
        folder = self._model_folder(name)
        entries = folder.iterdir() if folder.is_dir() else ()
        return sorted(int(entry.name) for entry in entries if entry.name.isdecimal())

    def current(self, name: str) -> int:
        """The promoted version; RefusedModelError when none was promoted."""
        return self._promoted(name)[-1]

    def add(
        self,
        name: str,
        files: Mapping[str, bytes],
        metrics: Mapping[str, float],
        key: Ed25519PrivateKey,
    ) -> Model:
        """Sign and store a new version, not yet current."""
        version = max(self.versions(name), default=0) + 1
        hashes = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
        model = Model(Manifest(name, version, hashes, dict(metrics)), dict(files))
        _refuse_shape(model.manifest)
        manifest = bytes(model.manifest)
        signed = {MANIFEST: manifest, SIGNATURE: key.sign(manifest)}
        verify(self.trusted, signed[SIGNATURE], manifest)
        folder = self._model_folder(name) / str(version)
        staging = folder.with_name(f".{version}.new")
        staging.mkdir(parents=True)
        for file, content in {**files, **signed}.items():
            (staging / file).write_bytes(content)
        staging.rename(folder)  # a version appears whole or not at all
        return model

    def load(self, name: str, version: int | None = None) -> Model:
        """A version (the current one by default) once signature, hashes and card are proven."""
        try:
            return self._checked(name, self.current(name) if version is None else version)
        except RefusedModelError:
            REFUSED.inc()
            raise

    def _checked(self, name: str, number: int) -> Model:
        folder = self._model_folder(name) / str(number)
        content = _read(folder, MANIFEST)
        verify(self.trusted, _read(folder, SIGNATURE), content)
        manifest = Manifest.parse(content)
        # An old version under a new number would carry a valid signature.
        if (manifest.name, manifest.version) != (name, number):
            raise RefusedModelError(f"{name}/{number} holds another model's manifest")
        _refuse_shape(manifest)
        return Model(manifest, {file: _proven(folder, file, manifest) for file in manifest.files})

    def promote(self, name: str, version: int) -> None:
        """Make a version current, once it is proven."""
        self.load(name, version)
        self._write_promoted(name, [*self._history(name), version])

    def roll_back(self, name: str) -> int:
        """Make the version promoted before current again; RefusedModelError when there is none."""
        history = self._promoted(name)[:-1]
        if not history:
            raise RefusedModelError(f"{name} has no earlier version to return to")
        self.load(name, history[-1])
        self._write_promoted(name, history)
        return history[-1]

    def models(self) -> Iterator[str]:
        """The names of all models."""
        entries = sorted(self.folder.iterdir()) if self.folder.is_dir() else ()
        return (entry.name for entry in entries if entry.is_dir() and NAME.fullmatch(entry.name))

    def _model_folder(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise RefusedModelError("a model's name is lower-case letters, digits and hyphens")
        return self.folder / name

    def _history(self, name: str) -> list[int]:
        path = self._model_folder(name) / CURRENT
        if not path.exists():
            return []
        try:
            history = json.loads(path.read_bytes())
        except ValueError:
            history = None
        if not isinstance(history, list) or not all(type(entry) is int for entry in history):
            raise RefusedModelError(f"{name}/{CURRENT} is not a list of versions")
        return history

    def _promoted(self, name: str) -> list[int]:
        if history := self._history(name):
            return history
        raise RefusedModelError(f"no version of {name} was promoted")

    def _write_promoted(self, name: str, history: list[int]) -> None:
        path = self._model_folder(name) / CURRENT
        partial = path.with_suffix(".new")
        partial.write_text(json.dumps(history), "utf-8")
        os.replace(partial, path)


def _refuse_shape(manifest: Manifest) -> None:
    """RefusedModelError for a version without a card, or with a file that is not plain data."""
    if CARD not in manifest.files:
        raise RefusedModelError(f"{manifest.name} has no model card ({CARD})")
    for file in manifest.files:
        if not FILE.fullmatch(file) or Path(file).suffix not in FORMATS:
            raise RefusedModelError(f"{file!r:.80} is no ONNX, safetensors, JSON or Markdown file")


def _read(folder: Path, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except OSError:
        raise RefusedModelError(f"{folder.parent.name}/{folder.name} has no {file}") from None


def _proven(folder: Path, file: str, manifest: Manifest) -> bytes:
    content = _read(folder, file)
    if hashlib.sha256(content).hexdigest() != manifest.files[file]:
        raise RefusedModelError(f"{file} is not the file that was signed")
    return content
