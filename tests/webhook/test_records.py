"""Reviews that are kept, read again, and answered again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from reviews import POD, hook, review

from kubeguard.cli import kubeguard
from kubeguard.errors import UsageError
from kubeguard.webhook import records
from kubeguard.webhook.records import Recorder, redacted, reviews
from kubeguard.webhook.replay import replay

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3h4i"
HOST = POD + "  hostNetwork: true\n"


@pytest.mark.parametrize(
    "found",
    [
        {"kind": "Secret", "data": {"a": "c2VjcmV0LXZhbHVl"}, "stringData": {"b": "secret-value"}},
        {"kind": "ConfigMap", "data": {"PASSWORD": "secret-value"}},
        {"kind": "ConfigMap", "data": {"app.conf": f"token = {TOKEN}"}},
        {
            "kind": "Pod",
            "spec": {"containers": [{"env": [{"name": "DB_PASSWORD", "value": "secret-value"}]}]},
        },
        {"kind": "Pod", "spec": {"containers": [{"args": [f"--token={TOKEN}"]}]}},
        {
            "kind": "Secret",
            "metadata": {"annotations": {APPLIED: '{"data": {"a": "secret-value"}}'}},
        },
    ],
)
def test_no_secret_is_kept(found: dict[str, Any]) -> None:
    text = json.dumps(redacted(review(found, oldObject=found)))
    for secret in ("secret-value", "c2VjcmV0", TOKEN[:8]):
        assert secret not in text


def test_a_folder_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 3)
    recorder = Recorder(tmp_path / "new")
    for number in range(5):
        recorder.keep(json.dumps(review(POD, uid=f"../{number}")).encode(), f"{number:03}")
    names = sorted(file.name for file in (tmp_path / "new").iterdir())
    assert names == ["002-2.json", "003-3.json", "004-4.json"]
    assert [r["request"]["name"] for r in reviews("x", (tmp_path / "new" / names[0]).read_bytes())]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError):
        Recorder(tmp_path / "file" / "x")


AUDIT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a-1",
    "verb": "create",
    "user": {"username": "jane", "groups": ["dev"]},
    "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
    "requestObject": json.loads(json.dumps(review(HOST)["request"]["object"])),
}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(review(HOST)),
        json.dumps([review(HOST)]),
        "\n" + json.dumps(review(HOST)) + "\n\n",
        json.dumps(AUDIT) + "\n" + json.dumps({**AUDIT, "verb": "delete", "requestObject": None}),
        json.dumps({**AUDIT, "verb": "patch", "responseObject": AUDIT["requestObject"]}),
    ],
)
def test_reviews_come_in_many_forms(tmp_path: Path, content: str) -> None:
    (tmp_path / "reviews.json").write_text(content)
    ran = CliRunner().invoke(kubeguard, ["webhook", "replay", str(tmp_path)])
    assert ran.exit_code == 1
    assert "deny  CREATE Pod shop/web by jane" in ran.output or "deny  UPDATE" in ran.output
    assert "KG3001 spec.hostNetwork: the pod joins the node's network namespace" in ran.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "f.json:1: no JSON"),
        (json.dumps(review(POD)) + "\n{", "f.json:2: no JSON"),
        ('{"kind": "Pod"}', "f.json:1: neither an AdmissionReview nor an event"),
        ("5", "f.json:1: neither"),
    ],
)
def test_what_is_no_review_is_told_with_its_line(content: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        list(reviews("f.json", content.encode()))


def test_who_would_newly_be_denied(tmp_path: Path) -> None:
    (tmp_path / "reviews.json").write_text(json.dumps([review(HOST), review(HOST), review(POD)]))
    (tmp_path / "kubeguard.yaml").write_text("profile: baseline\nwebhook: {mode: warn}\n")
    (tmp_path / "other.yaml").write_text("profile: baseline\n")
    arguments = ["--config", str(tmp_path / "kubeguard.yaml"), str(tmp_path / "reviews.json")]
    compare = ["--compare", str(tmp_path / "other.yaml")]
    ran = CliRunner().invoke(kubeguard, ["webhook", "replay", *arguments, *compare])
    assert ran.exit_code == 1
    assert "     2 newly denied in shop: Pod web, asked for by jane" in ran.output
    assert "3 reviews: 0 deny, 2 warn, 1 allow" in ran.output
    ran = CliRunner().invoke(kubeguard, ["webhook", "replay", *arguments])
    assert ran.exit_code == 0


@pytest.mark.parametrize(
    ("reference", "owner"),
    [
        ({"kind": "ReplicaSet", "name": "web-5d7", "controller": True}, "Deployment web"),
        ({"kind": "ReplicaSet", "name": "lonely", "controller": True}, "ReplicaSet lonely"),
        ({"kind": "Job", "name": "nightly", "controller": True}, "Job nightly"),
        ({"kind": "Backup", "name": "b"}, "Pod web-5d7-x"),
        (None, "Pod web-5d7-x"),
        ("odd", "Pod web-5d7-x"),
    ],
)
def test_whose_it_is(reference: object, owner: str) -> None:
    labels = {"pod-template-hash": "5d7"}
    metadata = {"name": "web-5d7-x", "labels": labels, "ownerReferences": [reference]}
    asked = review({"kind": "Pod", "metadata": metadata})
    [replayed] = replay([asked], hook())
    assert replayed.owner == owner
