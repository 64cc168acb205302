"""Containers and their images in one run, with the images at hand or only facts about them."""

from __future__ import annotations

import json
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard import audit
from kubeguard.errors import KubeguardError, SourceError, UsageError
from kubeguard.model.facts import ImageFacts, Images
from kubeguard.model.finding import Report
from kubeguard.model.image import ImageReference
from kubeguard.policy.policy import Policy
from kubeguard.sources.images import facts
from kubeguard.sources.images.reading import read as read_image
from kubeguard.sources.images.transports import Target, Transport
from tests.building import Description, build, digest, docker_archive, oci_files, write_folder

IMAGE: Description = {
    "names": ["nginx:1.29"],
    "config": {
        "User": "root",
        "Entrypoint": ["/docker-entrypoint.sh"],
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/cache/": {}},
    },
    "layers": [
        {
            "files": {
                "/etc/passwd": "root:x:0:0::/root:/bin/sh\nnginx:x:101:101::/:/bin/false",
                "/docker-entrypoint.sh": {"mode": "0755", "text": "#!/bin/sh"},
                "/usr/sbin/nginx": {"mode": "0755", "text": "nginx"},
                "/usr/lib/libc.so.6": {"mode": "0755", "text": "libc"},
                "/sbin": {"link": "usr/sbin"},
                "/etc/nginx.conf": "",
            }
        }
    ],
}
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext: {runAsNonRoot: true}
  containers:
    - name: web
      image: %s
      command: [/sbin/nginy]
"""
BOTH = {"KG2501", "KG2507"}
Judge = Callable[..., set[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("web.tar").write_bytes(docker_archive(IMAGE))
    return tmp_path


def pod(image: str) -> str:
    Path("pod.yaml").write_text(POD % image)
    return "pod.yaml"


def joined(report: Report) -> set[str]:
    assert not report.faults
    return {finding.check.id for finding in report.findings if finding.check.family == "join"}


NAMES = [
    ("nginx:1.29", True),
    ("docker.io/nginx:1.29", True),
    ("docker.io/library/nginx:1.29", True),
    ("index.docker.io/library/nginx:1.29", True),
    ("library/nginx:1.29", True),
    (f"nginx:1.29@sha256:{'1' * 64}", True),  # an archive does not know its manifest's digest
    (f"nginx@sha256:{'1' * 64}", False),
    ("nginx:1.28", False),
    ("nginx", False),
    ("localhost:5000/nginx:1.29", False),
    ("registry.example/nginx:1.29", False),
    ("NGINX:1.29", False),
    ("$(IMAGE)", False),
]


@pytest.mark.parametrize(("name", "same"), NAMES)
def test_by_name(folder: Path, name: str, same: bool) -> None:
    report = audit(pod(json.dumps(name)), "web.tar")

    assert joined(report) == (BOTH if same else set())
    missing = [each.source for each in report.accounts if each.reason.startswith("named by")]
    assert missing == ([] if same else [name])


def test_without_any_image_nothing_is_said(folder: Path) -> None:
    report = audit(pod("nginx:1.29"))

    assert joined(report) == set()
    assert len(report.accounts) == 1


class TestDigests:
    FILES = oci_files(build(IMAGE), pack=bytes)
    MANIFEST = next(
        digest(data)
        for name, data in FILES.items()
        if name.startswith("blobs/") and b'"layers"' in data
    )

    def test_the_one_that_is_pinned(self, folder: Path) -> None:
        write_folder(folder / "layout", self.FILES)
        pinned = f"registry.example/mirror@{self.MANIFEST}"
        assert joined(audit(pod(pinned), "layout")) == BOTH

    def test_another_one(self, folder: Path) -> None:
        write_folder(folder / "layout", self.FILES)
        report = audit(pod(f"nginx:1.29@sha256:{'1' * 64}"), "layout")
        assert joined(report) == {"KG2506"}

    def test_that_of_an_index(self, folder: Path) -> None:
        files = oci_files(nested=[build(IMAGE)], pack=bytes)
        write_folder(folder / "layout", files)
        index = json.loads(files["index.json"])["manifests"][0]["digest"]
        assert joined(audit(pod(f"nginx@{index}"), "layout")) == BOTH


def test_processes_know_each_others_images(folder: Path) -> None:
    alone = audit(pod("nginx:1.29"), "web.tar", jobs=1)
    several = audit("pod.yaml", "web.tar", jobs=2)

    def told(report: Report) -> list[tuple[str, str]]:
        return [(finding.check.id, finding.message) for finding in report.findings]

    assert told(several) == told(alone)
    assert several.accounts == alone.accounts


@pytest.fixture
def known(folder: Path) -> tuple[ImageFacts, ...]:
    (image,) = read_image("web.tar", Target(Transport.ANY, "web.tar")).images
    return (ImageFacts.of(image),)


def test_what_is_known(known: tuple[ImageFacts, ...]) -> None:
    assert known[0] == ImageFacts(
        digest=digest(build(IMAGE).config),
        names=("docker.io/library/nginx:1.29",),
        platform="linux/amd64",
        user="root",
        uid=0,
        entrypoint="/docker-entrypoint.sh",
        path=("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"),
        ports=("80/tcp",),
        volumes=("/cache",),
        programs=("/docker-entrypoint.sh", "/usr/sbin/nginx"),
        links={"/sbin": "/usr/sbin"},
    )


def test_facts_say_what_the_image_says(folder: Path, known: tuple[ImageFacts, ...]) -> None:
    facts.write("facts.json", known)
    policy = Policy(images=Images(facts.read("facts.json")))

    assert facts.read("facts.json") == known
    assert joined(audit(pod("nginx:1.29"), policy=policy)) == BOTH


def test_the_image_at_hand_wins(folder: Path, known: tuple[ImageFacts, ...]) -> None:
    older = Images([known[0]._replace(digest="sha256:0", uid=65532, programs=None)])

    assert joined(audit(pod("nginx:1.29"), policy=Policy(images=older))) == set()
    assert joined(audit(pod("nginx:1.29"), "web.tar", policy=Policy(images=older))) == BOTH


def test_a_name_that_moved_is_written_once(folder: Path, known: tuple[ImageFacts, ...]) -> None:
    facts.write("facts.json", [*known, known[0]._replace(digest="sha256:0")])

    assert [each.names for each in facts.read("facts.json")] == [(), known[0].names]


def test_the_same_facts_are_the_same_bytes(folder: Path, known: tuple[ImageFacts, ...]) -> None:
    others = [known[0]._replace(digest=f"sha256:{number}") for number in range(3)]
    facts.write("one.json", Images(others))
    facts.write("other.json", Images(reversed(others)))

    assert Path("one.json").read_bytes() == Path("other.json").read_bytes()


texts = st.text(max_size=20)
lists = st.lists(texts, max_size=4).map(tuple)


@settings(deadline=None)
@given(
    st.builds(
        ImageFacts,
        digest=texts,
        digests=lists,
        names=lists,
        user=texts,
        uid=st.none() | st.integers(0, 2**31),
        programs=st.none() | lists.map(lambda found: tuple(sorted(found))),
        links=st.dictionaries(texts, texts, max_size=3),
    )
)
def test_facts_come_back(tmp_path_factory: pytest.TempPathFactory, one: ImageFacts) -> None:
    file = str(tmp_path_factory.getbasetemp() / "facts.json")
    facts.write(file, [one._replace(names=tuple(dict.fromkeys(one.names)))])

    assert facts.read(file) == (one._replace(names=tuple(dict.fromkeys(one.names))),)


class TestKeys:
    @pytest.fixture(autouse=True)
    def _keys(self, folder: Path, known: tuple[ImageFacts, ...]) -> None:
        serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
        ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
        pem, raw = serialization.Encoding.PEM, serialization.NoEncryption()
        for name in ("ours", "theirs"):
            key = ed25519.Ed25519PrivateKey.generate()
            own = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, raw)
            public = serialization.PublicFormat.SubjectPublicKeyInfo
            Path(f"{name}.key").write_bytes(own)
            Path(f"{name}.pub").write_bytes(key.public_key().public_bytes(pem, public))
        facts.write("facts.json", known, "ours.key")

    @pytest.mark.parametrize("key", ["", "ours.pub", "ours.key"])
    def test_signed(self, key: str, known: tuple[ImageFacts, ...]) -> None:
        assert facts.read("facts.json", key) == known

    def test_by_another(self) -> None:
        with pytest.raises(SourceError, match="altered, or signed by another"):
            facts.read("facts.json", "theirs.pub")

    def test_not_at_all(self, known: tuple[ImageFacts, ...]) -> None:
        facts.write("plain.json", known)
        with pytest.raises(SourceError, match="not signed"):
            facts.read("plain.json", "ours.pub")

    @pytest.mark.parametrize(
        "change",
        [
            lambda found: found["images"].clear(),
            lambda found: next(iter(found["images"].values())).update(uid=65532, user="65532"),
            lambda found: found.update(version=2),
            lambda found: found.update(more=1),
            lambda found: found.update(signature="AAAA"),
            lambda found: found.update(signature="?"),
        ],
    )
    def test_altered(self, change: Callable[[dict[str, Any]], None]) -> None:
        found = json.loads(Path("facts.json").read_text())
        change(found)
        Path("facts.json").write_text(json.dumps(found))
        with pytest.raises(SourceError, match="altered"):
            facts.read("facts.json", "ours.pub")

    def test_written_in_another_way_they_say_the_same(self, known: tuple[ImageFacts, ...]) -> None:
        found = json.loads(Path("facts.json").read_text())
        Path("facts.json").write_text(json.dumps(dict(reversed(found.items()))))
        assert facts.read("facts.json", "ours.pub") == known

    @pytest.mark.parametrize("key", ["ours.pub", "web.tar", "nowhere.key", "rsa.key"])
    def test_no_key_to_sign_with(self, key: str, known: tuple[ImageFacts, ...]) -> None:
        before = Path("facts.json").read_bytes()
        if key == "rsa.key":
            subprocess.run(
                ["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True
            )
        with pytest.raises(UsageError):
            facts.write("facts.json", known, key)
        assert Path("facts.json").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "null", '{"version": 2, "images": {}}', '{"version": 1, "images": []}'),
        *(
            f'{{"version": 1, "images": {{"sha256:1": {image}}}}}'
            for image in (
                *("[]", "1", "null", '{"uid": "0"}', '{"uid": true}', '{"user": 1}'),
                *('{"programs": 1}', '{"programs": [1]}', '{"links": []}', '{"links": {"/": 1}}'),
                *('{"ports": null}', '{"new": 1}', '{"digest": "sha256:2"}'),
            )
        ),
    ],
)
def test_no_facts(folder: Path, text: str) -> None:
    Path("facts.json").write_text(text)
    with pytest.raises(SourceError, match=r"facts\.json: "):
        facts.read("facts.json")


def test_no_file(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.json"):
        facts.read("nowhere.json")
    with pytest.raises(KubeguardError, match="nowhere"):
        facts.write("nowhere/facts.json", [])


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("localhost/nginx:1", "localhost/nginx:1"),
        ("registry-1.docker.io/shop/web:1@sha256:0", "docker.io/shop/web:1"),
    ],
)
def test_whole_names(text: str, whole: str) -> None:
    assert ImageReference.parse(text).whole == whole


def test_images_do_not_pile_up(folder: Path) -> None:
    """A scan of 200 images holds one of them at a time, and facts of the others."""
    files = {f"/usr/share/{number}": "text" for number in range(100)}
    for number in range(200):
        image = {"names": [f"shop/web:{number}"], "layers": [{"files": files}]}
        Path(f"{number}.tar").write_bytes(docker_archive(image))

    def peak(count: int) -> int:
        tracemalloc.start()
        report = audit(*(f"{number}.tar" for number in range(count)), jobs=1)
        assert report.complete
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)
    assert peak(200) < peak(10) + 3_000_000
