"""One request after the other, without a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from reviews import POD, ask, hook, said

from kubeguard.errors import SourceError
from kubeguard.model.bundle import Bundle
from kubeguard.model.facts import ImageFacts
from kubeguard.policy.policy import Policy
from kubeguard.registry import load_checks
from kubeguard.rego.engines.process import WORKER
from kubeguard.sources.images import facts
from kubeguard.webhook.hook import Webhook, fingerprint
from kubeguard.webhook.review import BadReviewError, decode

HOST = POD + "  hostNetwork: true\n"
CONTROLLER = {"username": "system:serviceaccount:kube-system:replicaset-controller"}


def test_the_verdict_of_a_scan_is_the_verdict_here() -> None:
    answered = ask(hook(), HOST)
    assert not answered.response.allowed
    assert answered.response.code == 403
    assert "KG3001" in said(answered)["deny"]
    assert "KG7105" in said(answered)["warn"]


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_a_mode_that_stops_nobody(tmp_path: Path, mode: str) -> None:
    answered = ask(hook(f"webhook: {{mode: {mode}}}", tmp_path), HOST)
    assert answered.response.allowed
    assert "KG3001" in said(answered)[mode]
    assert bool(answered.response.warnings) is (mode == "warn")


def test_the_first_rule_that_fits_decides(tmp_path: Path) -> None:
    configuration = """\
webhook:
  modes:
    - {checks: [host_network], namespaces: ["shop-*"], mode: audit}
    - {checks: [workload], namespaces: [shop], mode: warn}
    - {mode: audit}
"""
    found = said(ask(hook(configuration, tmp_path), HOST))
    assert "KG3001" in found["warn"]
    assert found["audit"] >= {"KG7105"}
    assert "deny" not in found


def test_a_rule_that_names_a_check_counts_below_the_threshold(tmp_path: Path) -> None:
    configuration = "webhook: {modes: [{checks: [naked_pod], mode: deny}]}"
    assert "KG7105" in said(ask(hook(configuration, tmp_path), POD))["deny"]


@pytest.mark.parametrize(
    ("labels", "denied"),
    [({}, True), ({"trust": "full"}, False), ({"trust": 5}, True), ({"trust": "none"}, True)],
)
def test_a_profile_for_namespaces_with_a_label(
    tmp_path: Path, labels: dict[str, object], denied: bool
) -> None:
    configuration = """\
webhook:
  profiles:
    - {namespace_selector: {matchLabels: {trust: full}}, profile: baseline}
"""
    answered = ask(hook(configuration, tmp_path, labels), POD)
    assert answered.response.allowed is not denied


def test_labels_that_decide_are_not_everybodys(tmp_path: Path) -> None:
    configuration = """\
webhook:
  exempt: {groups: [platform]}
  profiles:
    - namespace_selector: {matchExpressions: [{key: trust, operator: Exists}]}
      profile: baseline
"""
    webhook = hook(configuration, tmp_path)
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "namespace": "", "labels": {"trust": "full"}},
    }
    before = {**namespace, "metadata": {"name": "shop"}}
    for operation, old in (("CREATE", None), ("UPDATE", before)):
        answered = ask(webhook, namespace, operation, oldObject=old)
        assert not answered.response.allowed
        assert "'trust'" in answered.response.message
    assert ask(webhook, namespace, "UPDATE", oldObject=namespace).response.allowed
    theirs = {"username": "ann", "groups": ["platform"]}
    assert ask(webhook, namespace, userInfo=theirs).response.allowed
    assert not ask(webhook, before, "UPDATE", oldObject=namespace).response.allowed


@pytest.mark.parametrize(
    ("exempt", "user", "reason"),
    [
        ("users: [jane]", {"username": "jane"}, "user jane"),
        ("users: ['ja*']", {"username": "jane"}, "user jane"),
        ("groups: [dev]", {"username": "jane", "groups": ["a", "dev"]}, "group dev"),
        ("groups: [dev]", {"username": "jane", "groups": None}, ""),
        ("namespaces: ['sh*']", {"username": "jane"}, "namespace shop"),
        (
            "service_accounts: [ci/deployer]",
            {"username": "system:serviceaccount:ci:deployer"},
            "service account ci/deployer",
        ),
        ("service_accounts: ['*/*']", {"username": "jane"}, ""),
        ("users: [deployer]", {"username": "system:serviceaccount:ci:deployer"}, ""),
    ],
)
def test_who_is_exempt(tmp_path: Path, exempt: str, user: dict[str, object], reason: str) -> None:
    answered = ask(hook(f"webhook: {{exempt: {{{exempt}}}}}", tmp_path), HOST, userInfo=user)
    assert answered.judgement.exempt == reason
    assert answered.response.allowed is bool(reason)


def test_who_is_exempt_is_not_even_read(tmp_path: Path) -> None:
    webhook = hook("webhook: {exempt: {users: [jane]}}", tmp_path)
    body = b"""{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request":
      {"uid": "1", "operation": "CREATE", "userInfo": {"username": "jane"}, "object": [1, {}]}}"""
    assert webhook.respond(decode(body)).response.allowed


def test_an_update_answers_for_what_it_changes() -> None:
    webhook = hook()
    answered = ask(webhook, HOST, "UPDATE", oldObject=yaml.safe_load(HOST))
    assert answered.response.allowed
    assert "KG3001" in said(answered)["warn"]
    answered = ask(webhook, HOST + "  hostPID: true\n", "UPDATE", oldObject=yaml.safe_load(HOST))
    assert said(answered)["deny"] == {"KG3002"}


def test_a_second_flaw_of_the_same_kind_is_new() -> None:
    one = POD.replace("}]", ", securityContext: {privileged: true}}]")
    two = one.replace("}}]", "}}, {name: db, image: 'a/b:1', securityContext: {privileged: true}}]")
    answered = ask(hook(), two, "UPDATE", oldObject=yaml.safe_load(one))
    told = [d for d in answered.judgement.decisions if d.finding.check.id == "KG3004"]
    assert [d.unchanged for d in told] == [True, False]


def test_updates_may_have_to_be_clean(tmp_path: Path) -> None:
    webhook = hook("webhook: {unchanged: deny}", tmp_path)
    assert not ask(webhook, HOST, "UPDATE", oldObject=yaml.safe_load(HOST)).response.allowed


OWNED = HOST.replace(
    "uid: u-1", "uid: u-2, ownerReferences: [{uid: u-1, controller: true, kind: ReplicaSet}]"
)


@pytest.mark.parametrize(
    ("user", "body", "denied"),
    [
        (CONTROLLER, OWNED, False),
        ({"username": "jane"}, OWNED, True),
        (CONTROLLER, OWNED.replace("u-1", "u-9"), True),
        (CONTROLLER, OWNED.replace("controller: true", "controller: false"), True),
        (CONTROLLER, OWNED + "  hostPID: true\n", True),
    ],
)
def test_what_a_controller_makes_is_not_denied_twice(
    user: dict[str, object], body: str, denied: bool
) -> None:
    """What was let pass in the owner passes in its pods; whoever only says so is judged."""
    webhook = hook()
    ask(webhook, HOST, "UPDATE", oldObject=yaml.safe_load(HOST))
    assert ask(webhook, body, userInfo=user).response.allowed is not denied


def test_a_dry_run_is_not_remembered() -> None:
    webhook = hook()
    ask(webhook, HOST, "UPDATE", oldObject=yaml.safe_load(HOST), dryRun=True)
    assert not ask(webhook, OWNED, userInfo=CONTROLLER).response.allowed


WAIVED = HOST.replace(
    "name: web, names",
    "annotations: {kubeguard.io/ignore: 'KG3001 -- node agent'}, name: web, names",
)


@pytest.mark.parametrize(("annotations", "mode"), [("true", "audit"), ("false", "deny")])
def test_annotations_are_honoured_where_the_policy_says_so(
    tmp_path: Path, annotations: str, mode: str
) -> None:
    answered = ask(hook(f"webhook: {{annotations: {annotations}}}", tmp_path), WAIVED)
    assert "KG3001" in said(answered)[mode]


def test_what_may_not_be_waived_is_not(tmp_path: Path) -> None:
    configuration = "non_waivable: [host_network]\nwebhook: {annotations: true}"
    assert "KG3001" in said(ask(hook(configuration, tmp_path), WAIVED))["deny"]


def test_the_policy_waives_for_everybody(tmp_path: Path) -> None:
    configuration = """\
suppressions:
  - {checks: [host_network], namespace: shop, kind: Pod, reason: node agent}
"""
    assert "KG3001" in said(ask(hook(configuration, tmp_path), HOST))["audit"]


def broken(on_fault: str, folder: Path) -> Webhook:
    """A webhook of which one check crashes."""

    def crash(_: object) -> list[object]:
        raise RuntimeError("secret-value")

    webhook = hook(f"webhook: {{on_fault: {on_fault}}}", folder)
    checks = [c for c in load_checks() if c.id == "KG3001"]
    policy = replace(Policy(), admission=webhook._judge.policy.admission)
    return Webhook(policy, [replace(c, find=crash) for c in checks], lambda _: {})


def test_a_fault_follows_the_policy(tmp_path: Path) -> None:
    answered = ask(broken("deny", tmp_path), POD)
    assert not answered.response.allowed
    assert "not judged: KG3001 crashed" in answered.response.message
    assert "secret-value" not in answered.response.message
    answered = ask(broken("warn", tmp_path), POD)
    assert answered.response.allowed
    assert answered.response.warnings == ("kubeguard: not judged: KG3001 crashed",)


@pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built")
def test_policies_in_rego_judge_here_too(tmp_path: Path) -> None:
    (tmp_path / "owner.rego").write_text(
        "package owner\n\n"
        'deny contains {"msg": "no owner", "path": "metadata.labels"} '
        "if not input.metadata.labels.owner\n"
    )
    webhook = hook("policies: [owner.rego]\n", tmp_path)
    answered = ask(webhook, POD)
    assert "owner.deny metadata.labels: no owner" in answered.response.message
    labelled = POD.replace("uid: u-1", "uid: u-1, labels: {owner: ann}")
    assert "owner.deny" not in said(ask(webhook, labelled))["deny"]


@pytest.mark.parametrize(
    "found",
    [{}, {"kind": 5}, {"metadata": []}, {"kind": "Pod", "spec": None}, {"spec": {"containers": 5}}],
)
def test_no_shape_of_an_object_is_a_fault(found: object) -> None:
    for operation in ("CREATE", "UPDATE", "CONNECT"):
        answered = ask(hook(), {}, operation, object=found, oldObject=found)
        assert answered.judgement.faults == ()


@pytest.mark.parametrize("found", ["text", 5, [1]])
def test_what_is_no_object_is_a_fault(found: object) -> None:
    body = {"uid": "1", "operation": "CREATE", "object": found}
    answered = ask(hook(), {}, **body)
    assert answered.judgement.faults == ("the object of the request is no mapping",)
    assert not answered.response.allowed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}',
        b'{"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview", '
        b'"request": {"uid": "1", "operation": "CREATE"}}',
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", '
        b'"request": {"uid": "1", "operation": "EAT"}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_review_is_refused(body: bytes) -> None:
    with pytest.raises(BadReviewError):
        decode(body)


def test_a_denial_fits_on_a_screen() -> None:
    containers = [
        {"name": f"c{n}", "image": "a" * 300, "securityContext": {"privileged": True}}
        for n in range(200)
    ]
    body = {**yaml.safe_load(POD), "spec": {"hostPID": True, "containers": containers}}
    response = ask(hook(), body).response
    lines = response.message.splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 200
    assert "more" in lines[-2]
    assert len(response.warnings) <= 16
    assert max(len(w.encode()) for w in response.warnings) <= 256
    assert sum(len(w.encode()) for w in response.warnings) <= 4096


def test_no_terminal_obeys_a_denial() -> None:
    body = yaml.safe_load(HOST)
    body["spec"]["containers"][0]["name"] = "\x1b[2Jweb\n::error::"
    response = ask(hook(), body).response
    assert "\x1b" not in response.message + "".join(response.warnings)


def test_two_policies_have_two_fingerprints(tmp_path: Path) -> None:
    every = [
        "",
        "profile: pedantic",
        "fail_on: high",
        "kubernetes_version: '1.30'",
        "severities: {host_network: low}",
        "webhook: {mode: warn}",
        "non_waivable: [host_network]",
        "parameters: {latest_tag: {tags: [x]}}",
        "suppressions: [{checks: [host_network], reason: r}]",
        "suppressions: [{checks: [host_network], reason: r, namespace: a}]",
    ]
    found = {hook(text or "{}", tmp_path).policy for text in every}
    assert len(found) == len(every)
    checks = [c for c in load_checks() if c.on is not Bundle]
    assert fingerprint(Policy(), checks) == fingerprint(Policy(), tuple(checks))


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, uid: u-2}
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          command: [bash]
          securityContext: {runAsNonRoot: true}
"""


def test_a_deployment_is_judged_with_the_facts_of_its_image(tmp_path: Path) -> None:
    image = ImageFacts(
        "sha256:1", names=("registry.example/web:1",), user="app", programs=(), path=("/bin",)
    )
    facts.write(str(tmp_path / "facts.json"), [image._replace(uid=None)])
    webhook = hook("image_facts: {files: [facts.json]}", tmp_path)

    answered = ask(webhook, DEPLOYMENT)

    assert said(answered)["deny"] >= {"KG2502", "KG2507"}
    assert "image's user is a name, 'app'" in answered.response.message
    assert not {"KG2502", "KG2507"} & set.union(*said(ask(hook(), DEPLOYMENT)).values())
    assert webhook.policy != hook().policy


def test_facts_without_the_signature_asked_for_are_no_policy(tmp_path: Path) -> None:
    facts.write(str(tmp_path / "facts.json"), [])
    key = Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "facts.pub").write_bytes(pem)

    with pytest.raises(SourceError, match="not signed"):
        hook("image_facts: {files: [facts.json], key: facts.pub}", tmp_path)
