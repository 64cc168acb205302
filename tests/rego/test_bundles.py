"""OPA bundles, plain and signed, made by `opa` itself; and archives that somebody tampered with."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from judging import Bench

from kubeguard.errors import UsageError
from kubeguard.model.trouble import TroubleKind
from kubeguard.rego import bundle
from kubeguard.rego.engine import CompileError
from kubeguard.rego.engines.worker import WORKER
from kubeguard.rego.load import load
from kubeguard.rego.policies import PolicySet, Spec

pytestmark = pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built")

POLICY = """\
package main

deny contains sprintf("owner is none of %v", [data.teams.names]) if {
	not input.metadata.labels.owner
}
"""
OLD = 'package main\n\ndeny[msg] {\n\tnot input.metadata.labels\n\tmsg := "no labels"\n}\n'
FILES = {"policy/owner.rego": POLICY, "teams/data.json": '{"names": ["a", 12345678901234567890]}'}
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
SECRET = "0123456789abcdef0123456789abcdef"
FOUND = ("main.deny", "a.yaml", 3, 18, 'owner is none of ["a", 12345678901234567890]')


def archive(where: Path, files: Mapping[str, str], *others: tarfile.TarInfo) -> Path:
    """An archive as `tar` makes it."""
    with tarfile.open(where, "w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
        for other in others:
            tar.addfile(other)
    return where


def refusal(where: Path, key: str = "") -> str:
    with pytest.raises(CompileError) as error:
        bundle.read(where, key)
    (said,) = error.value.diagnostics
    assert said.file.startswith(str(where))
    return said.message


def found(bench: Bench, where: Path, key: str = "") -> tuple[list[PolicySet], list[object]]:
    name = str(where.relative_to(bench.folder))
    return bench.load({}, at=name, key=key), bench.found({}, POD, at=name, key=key)


@pytest.fixture
def folder(bench: Bench) -> Path:
    bench.put({f"source/{name}": text for name, text in FILES.items()})
    return bench.folder


@pytest.mark.parametrize("prefix", ["", "/", "./"])
def test_an_archive_with_policies_and_data(bench: Bench, folder: Path, prefix: str) -> None:
    files = {f"{prefix}{name}": text for name, text in FILES.items()}
    where = archive(folder / "b.tar.gz", files)
    sets, findings = found(bench, where)

    assert findings == [FOUND]
    assert [each.troubles for each in sets] == [()]


def test_what_opa_builds(bench: Bench, folder: Path, opa: Path) -> None:
    where = folder / "b.tar.gz"
    subprocess.run([opa, "build", "-b", folder / "source", "-o", where], check=True)
    assert found(bench, where)[1] == [FOUND]


def test_a_folder_is_a_bundle_by_its_manifest(bench: Bench) -> None:
    bench.put({**FILES, ".manifest": '{"roots": ["main", "teams"]}', ".hidden/c.rego": "package x"})
    assert "permit 'package x'" in refusal(bench.folder)


def test_its_tests_are_left_out(bench: Bench, folder: Path) -> None:
    where = archive(folder / "b.tgz", {**FILES, "policy/owner_test.rego": POLICY})
    (policies,) = load(Spec(str(where)), bench.engine)
    assert {each.module for each in policies.program.packages} == {f"{where}/policy/owner.rego"}


@pytest.mark.parametrize(
    ("manifest", "versions"),
    [
        ("{}", ["v0"]),
        ('{"rego_version": 0}', ["v0"]),
        ('{"rego_version": 1, "file_rego_versions": {"/old.rego": 0}}', ["v0"]),
    ],
)
def test_the_manifest_says_which_rego_it_is(
    folder: Path, manifest: str, versions: list[str]
) -> None:
    where = archive(folder / "b.tar.gz", {"/old.rego": OLD, "/.manifest": manifest})
    assert [module.version for module in bundle.read(where).modules] == versions


def test_a_version_that_is_said_counts(folder: Path) -> None:
    where = archive(folder / "b.tar.gz", {"p/old.rego": OLD, ".manifest": '{"rego_version": 1}'})
    with pytest.raises(CompileError) as error:
        bundle.read(where)
    first = error.value.diagnostics[0]
    assert (first.file, first.line, first.column) == (f"{where}/p/old.rego", 3, 1)


KEYS = {
    "RS256": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "PS384": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
}


def key_pair(folder: Path, algorithm: str) -> tuple[str, str]:
    """Files with the private and the public key."""
    if algorithm.startswith("HS"):
        (folder / "secret").write_text(SECRET)
        return SECRET, str(folder / "secret")
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here to make keys")
    private, public = folder / "key.pem", folder / "public.pem"
    subprocess.run(["openssl", *KEYS[algorithm], "-out", private], check=True, capture_output=True)
    public_of = ["openssl", "pkey", "-in", private, "-pubout", "-out", public]
    subprocess.run(public_of, check=True, capture_output=True)
    return str(private), str(public)


def signed(folder: Path, opa: Path, algorithm: str, *more: str) -> tuple[Path, str]:
    """A bundle signed by OPA, and the file with the key to check it."""
    private, public = key_pair(folder, algorithm)
    where = folder / "signed.tar.gz"
    made = [opa, "build", "-b", folder / "source", "-o", where, *more]
    subprocess.run([*made, "--signing-key", private, "--signing-alg", algorithm], check=True)
    return where, public


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "HS256"])
def test_a_signature_is_verified(bench: Bench, folder: Path, opa: Path, algorithm: str) -> None:
    where, key = signed(folder, opa, algorithm)
    sets, findings = found(bench, where, key)

    assert findings == [FOUND]
    assert sets[0].troubles == ()
    other = {"policy/owner.rego": POLICY.replace("not ", "")}
    assert "digest mismatch" in refusal(repacked(where, other), key)
    assert "not included" in refusal(repacked(where, {"policy/more.rego": "package more"}), key)
    assert "not found" in refusal(repacked(where, {"policy/owner.rego": None}), key)


def repacked(where: Path, changes: Mapping[str, str | None]) -> Path:
    """The archive with other contents for some files, more files, or without those of None."""
    with tarfile.open(where) as tar:
        entries = {each.name: tar.extractfile(each) for each in tar.getmembers() if each.isfile()}
        files = {name: file.read().decode() for name, file in entries.items() if file}
    for name, text in changes.items():
        there = next((each for each in files if each.endswith(name)), f"/{name}")
        files.pop(there, None)
        if text is not None:
            files[there] = text
    return archive(where.with_name("repacked.tar.gz"), files)


def test_a_signature_that_nobody_checks_is_told(bench: Bench, folder: Path, opa: Path) -> None:
    where, _ = signed(folder, opa, "HS256")
    ((policies,), findings) = found(bench, where)

    assert findings == [FOUND]
    (trouble,) = policies.troubles
    assert trouble.kind is TroubleKind.DOUBTFUL_POLICY
    assert trouble.message == "the bundle is signed, and no key is configured to check that"


def test_another_key_does_not_verify(folder: Path, opa: Path) -> None:
    where, key = signed(folder, opa, "HS256")
    Path(key).write_text("another secret")
    assert "verify" in refusal(where, key)


def test_a_public_key_is_never_a_secret(folder: Path, opa: Path) -> None:
    """Whoever knows the public key could sign with it as the secret of an HMAC (CVE-2015-9235)."""
    _, public = key_pair(folder, "RS256")
    where = folder / "forged.tar.gz"
    made = [opa, "build", "-b", folder / "source", "-o", where, "--signing-alg", "HS256"]
    subprocess.run([*made, "--signing-key", public], check=True)
    assert refusal(where, public) == (
        "it is signed with HS256, for which the key is of the wrong kind"
    )


def test_a_scope_that_is_not_asked_for(folder: Path, opa: Path) -> None:
    (folder / "claims.json").write_text('{"scope": "write"}')
    where, key = signed(folder, opa, "HS256", "--claims-file", str(folder / "claims.json"))
    assert refusal(where, key) == "scope mismatch"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "....."])
def test_no_signature_in_the_file_for_it(folder: Path, token: str) -> None:
    (folder / "secret").write_text(SECRET)
    files = {**FILES, ".signatures.json": json.dumps({"signatures": [token]})}
    where = archive(folder / "b.tar.gz", files)
    assert "no known algorithm" in refusal(where, str(folder / "secret"))


def test_with_a_key_it_has_to_be_signed(bench: Bench, folder: Path) -> None:
    (folder / "secret").write_text(SECRET)
    key = str(folder / "secret")
    where = archive(folder / "b.tar.gz", FILES)
    assert refusal(where, key) == "bundle missing .signatures.json file"
    with pytest.raises(CompileError, match="missing"):
        load(Spec(str(folder / "source"), key=key), bench.engine)
    with pytest.raises(UsageError, match="no bundle that could be signed"):
        load(Spec(str(folder / "source/policy/owner.rego"), key=key), bench.engine)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_key_that_is_none(folder: Path, content: str | None) -> None:
    key = folder / "key"
    if content is not None:
        key.write_text(content)
    with pytest.raises(UsageError, match="key"):
        bundle.read(archive(folder / "b.tar.gz", FILES), str(key))


def test_webassembly_and_deltas_are_refused(folder: Path) -> None:
    wasm = archive(folder / "wasm.tar.gz", {"policy.wasm": "\0asm"})
    assert "WebAssembly" in refusal(wasm)
    patch = '{"data": [{"op": "replace", "path": "/teams", "value": {}}]}'
    assert "delta" in refusal(archive(folder / "delta.tar.gz", {"patch.json": patch}))


def test_what_is_no_archive(folder: Path) -> None:
    where = folder / "b.tar.gz"
    where.write_bytes(b"PK\x03\x04")
    assert "no gzipped archive" in refusal(where)
    where.write_bytes(gzip.compress(b"no tar" * 1000))
    assert "cannot be read" in refusal(where)
    archive(where, FILES)
    where.write_bytes(where.read_bytes()[:-40])
    assert "cannot be read" in refusal(where)


def test_an_archive_that_unpacks_to_more_than_memory(folder: Path) -> None:
    where = folder / "bomb.tar.gz"
    with gzip.open(where, "wb", compresslevel=1) as file:
        entry = tarfile.TarInfo("data.json")
        entry.size = 300 << 20
        file.write(entry.tobuf())
        for _ in range(300):
            file.write(b" " * (1 << 20))
    assert refusal(where) == "it holds more than 100000 files or 256 MiB"


def test_names_that_lead_out_of_the_archive_are_only_names(bench: Bench, folder: Path) -> None:
    where = archive(
        folder / "b.tar.gz", {"../../etc/owner.rego": 'package a\n\ndeny contains "x"\n'}
    )
    (module,) = bundle.read(where).modules
    assert module.name == f"{where}/etc/owner.rego"
    assert not (folder.parent / "etc").exists()


def test_one_name_twice(folder: Path) -> None:
    where = archive(folder / "b.tar.gz", {"a.rego": POLICY, "./a.rego": OLD})
    assert refusal(where) == "./a.rego is there twice"


@pytest.mark.parametrize(
    ("name", "refused"), [("a.rego", True), ("x/data.json", True), ("docs", False)]
)
def test_links_are_no_part_of_a_bundle(folder: Path, name: str, refused: bool) -> None:
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    where = archive(folder / "b.tar.gz", FILES, link)
    if refused:
        assert refusal(where) == f"{name} is no regular file"
    else:
        assert len(bundle.read(where).modules) == 1


def test_data_that_is_no_json(folder: Path) -> None:
    where = archive(folder / "b.tar.gz", {**FILES, "x/data.json": "{"})
    assert "x/data.json" in refusal(where)
