"""The registry loads what was signed, and nothing else."""

import json
import pickle
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import REGISTRY

from reference_app.models.errors import RefusedModelError
from reference_app.models.registry import Manifest, Registry

FILES = {"model.json": b"[1]", "card.md": b"# A card"}


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def registry(tmp_path: Path, key: Ed25519PrivateKey) -> Registry:
    return Registry(tmp_path, key.public_key())


def refused_models() -> float:
    """How many versions were refused so far."""
    return REGISTRY.get_sample_value("reference_app_refused_models_total") or 0.0


def forge(folder: Path, manifest: Manifest, key: Ed25519PrivateKey) -> None:
    """A manifest as its signer would write it, if the signer did not look."""
    (folder / "manifest.json").write_bytes(bytes(manifest))
    (folder / "manifest.sig").write_bytes(key.sign(bytes(manifest)))


def test_a_signed_version_is_loaded_with_its_files(registry, key):
    added = registry.add("digits", FILES, {"accuracy": 0.9}, key)
    loaded = registry.load("digits", 1)
    assert loaded == added
    assert loaded.label == "digits/1"
    assert loaded.parsed("model.json") == [1]


def test_versions_count_up_and_none_is_current_before_it_is_promoted(registry, key):
    for _ in range(3):
        registry.add("digits", FILES, {}, key)
    assert registry.versions("digits") == [1, 2, 3]
    with pytest.raises(RefusedModelError, match="no version of digits was promoted"):
        registry.load("digits")


def test_promote_and_roll_back(registry, key):
    for version in (1, 2):
        registry.add("digits", FILES, {}, key)
        registry.promote("digits", version)
    assert registry.current("digits") == 2
    assert registry.roll_back("digits") == 1
    assert registry.load("digits").label == "digits/1"
    with pytest.raises(RefusedModelError, match="no earlier version"):
        registry.roll_back("digits")


@pytest.mark.parametrize("file", ["model.json", "card.md", "manifest.json", "manifest.sig"])
def test_an_altered_file_is_refused(registry, key, tmp_path, file):
    registry.add("digits", FILES, {}, key)
    before = refused_models()
    path = tmp_path / "digits" / "1" / file
    path.write_bytes(path.read_bytes().replace(path.read_bytes()[-1:], b"?"))
    with pytest.raises(RefusedModelError):
        registry.load("digits", 1)
    assert refused_models() == before + 1


@pytest.mark.parametrize("file", ["model.json", "card.md", "manifest.json", "manifest.sig"])
def test_a_missing_file_is_refused_by_name(registry, key, tmp_path, file):
    registry.add("digits", FILES, {}, key)
    (tmp_path / "digits" / "1" / file).unlink()
    with pytest.raises(RefusedModelError, match=file):
        registry.load("digits", 1)


def test_another_signer_is_refused(registry, key, tmp_path):
    registry.add("digits", FILES, {}, key)
    manifest = Manifest.parse((tmp_path / "digits/1/manifest.json").read_bytes())
    forge(tmp_path / "digits/1", manifest, Ed25519PrivateKey.generate())
    with pytest.raises(RefusedModelError, match="trusted"):
        registry.load("digits", 1)


def test_an_old_version_under_a_new_number_is_refused(registry, key, tmp_path):
    registry.add("digits", FILES, {}, key)
    shutil.copytree(tmp_path / "digits/1", tmp_path / "digits/2")
    with pytest.raises(RefusedModelError, match="another model"):
        registry.promote("digits", 2)


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path("exploded").touch, ())


def test_a_pickle_is_refused_even_when_it_is_signed(registry, key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bomb = pickle.dumps(Bomb())
    with pytest.raises(RefusedModelError, match=r"model\.pkl"):
        registry.add("digits", {**FILES, "model.pkl": bomb}, {}, key)
    registry.add("digits", FILES, {}, key)
    (tmp_path / "digits/1/model.pkl").write_bytes(bomb)
    hashes = {**registry.load("digits", 1).manifest.files, "model.pkl": "0" * 64}
    forge(tmp_path / "digits/1", Manifest("digits", 1, hashes, {}), key)
    with pytest.raises(RefusedModelError, match=r"model\.pkl"):
        registry.load("digits", 1)
    assert not Path("exploded").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd.json", "/etc/x.json", "a/b.json", ".hidden.md"])
def test_a_manifest_cannot_name_files_elsewhere(registry, key, tmp_path, name):
    registry.add("digits", FILES, {}, key)
    hashes = {**registry.load("digits", 1).manifest.files, name: "0" * 64}
    forge(tmp_path / "digits/1", Manifest("digits", 1, hashes, {}), key)
    with pytest.raises(RefusedModelError, match="is no ONNX"):
        registry.load("digits", 1)


@pytest.mark.parametrize("name", ["..", "a/b", "", "Digits", "a" * 60])
def test_a_model_cannot_be_named_like_a_path(registry, name):
    with pytest.raises(RefusedModelError, match="name"):
        registry.load(name, 1)


def test_a_version_without_card_is_refused(registry, key):
    with pytest.raises(RefusedModelError, match="card"):
        registry.add("digits", {"model.json": b"[]"}, {}, key)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"name": 1}'])
def test_an_unreadable_manifest_is_refused_though_signed(registry, key, tmp_path, content):
    registry.add("digits", FILES, {}, key)
    (tmp_path / "digits/1/manifest.json").write_bytes(content)
    (tmp_path / "digits/1/manifest.sig").write_bytes(key.sign(content))
    with pytest.raises(RefusedModelError, match="not readable"):
        registry.load("digits", 1)


@pytest.mark.parametrize("content", ["{}", '["1"]', "nonsense", "[true]"])
def test_a_spoilt_promotion_file_is_refused(registry, tmp_path, content):
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits/current.json").write_text(content)
    with pytest.raises(RefusedModelError, match=r"current\.json"):
        registry.load("digits")


def test_signing_with_an_untrusted_key_stores_nothing(registry):
    with pytest.raises(RefusedModelError):
        registry.add("digits", FILES, {}, Ed25519PrivateKey.generate())
    assert registry.versions("digits") == []


def test_the_manifest_is_plain_json(registry, key, tmp_path):
    registry.add("digits", FILES, {"accuracy": 0.5}, key)
    raw = json.loads((tmp_path / "digits/1/manifest.json").read_bytes())
    assert raw["metrics"] == {"accuracy": 0.5}
    assert set(raw["files"]) == set(FILES)
