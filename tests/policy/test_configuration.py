"""A wrong kubeguard.yaml gets one sentence, with its place; a right one is obeyed."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_catalogue import CATALOGUE

from kubeguard.errors import UsageError
from kubeguard.model.finding import Spelling
from kubeguard.model.node import Node, Source
from kubeguard.model.places import NOWHERE
from kubeguard.model.severity import Profile, Severity
from kubeguard.policy.configuration import Options, find, override, parse
from kubeguard.policy.policy import Policy, release
from kubeguard.policy.schema import SCHEMA

WHOLE = """\
profile: pedantic
fail_on: none
kubernetes_version: "1.30"
severities:
  host_network: low
  KG3002: critical
select: [privileged, supply-chain]
ignore:
- KG3003
exclude: ["vendor/"]
parameters:
  foreign_image:
    registries: [a, b]
    strict: true
    depth: 2
    word: b
non_waivable: [privileged]
suppressions:
- checks: [host-network]
  file: deploy/
  kind: DaemonSet
  namespace: monitoring
  name: agent
  container: app
  reason: " scrapes the node "
  until: 2027-01-31
"""


def test_everything_that_can_be_chosen(configure) -> None:
    policy = configure(WHOLE)
    assert policy.profile is Profile.PEDANTIC
    assert policy.fail_on is None
    assert policy.kubernetes_version == (1, 30)
    assert policy.severities == {"KG3001": Severity.LOW, "KG3002": Severity.CRITICAL}
    assert policy.select == {"KG3002", "supply_chain"}
    assert policy.ignore == {"KG3003"}
    assert policy.exclude == ("vendor/",)
    assert policy.parameters == {
        "KG7001": {"registries": ("a", "b"), "strict": True, "depth": 2, "word": "b"}
    }
    assert policy.non_waivable == {"KG3002"}
    (entry,) = policy.suppressions
    assert entry.checks == ("KG3001",)
    assert (entry.file, entry.kind, entry.namespace) == ("deploy/", "DaemonSet", "monitoring")
    assert (entry.name, entry.container, entry.stage) == ("agent", "app", "")
    assert entry.suppression.reason == "scrapes the node"
    assert entry.suppression.spelling is Spelling.CONFIGURATION
    assert entry.suppression.expires == date(2027, 1, 31)


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "{}", "---"])
def test_an_empty_one_changes_nothing(text: str) -> None:
    from kubeguard.sources.yaml import read

    documents, _ = read("kubeguard.yaml", text)
    node = documents[0].node if documents else Node(None, Source("kubeguard.yaml"))
    assert parse(node, CATALOGUE) == Policy(root=Path.cwd())


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("- a", "1:1: the configuration is a list, not a mapping", ""),
        (
            "profil: baseline",
            "1:1: unknown key 'profil' in the configuration",
            "did you mean 'profile'?",
        ),
        ("xyz: 1", "1:1: unknown key 'xyz' in the configuration", "known are profile, fail_on"),
        ("a: 1\nprofile: 2", "1:1: unknown key 'a' in the configuration", "known are"),
        (
            "profile: strict",
            "1:10: profile is 'strict', not one of baseline, restricted, pedantic",
            "",
        ),
        (
            "severities: {KG3001: low, host_network: high}",
            "1:27: host_network (KG3001) is given twice",
            "",
        ),
        ("non_waivable: [workload]", "1:16: no check is called 'workload'", "is a family"),
        ("profile: pedantc", "1:10: profile is 'pedantc', not one of", "did you mean 'pedantic'?"),
        ("profile:", "1:1: profile is null, not one of baseline, restricted, pedantic", ""),
        (
            "fail_on: no",
            "1:10: fail_on is false, not one of info, low, medium, high, critical, none",
            "",
        ),
        (
            "kubernetes_version: 1.30",
            "1:21: kubernetes_version is the number 1.3, and YAML drops the zero of 1.30: quote it",
            'for example kubernetes_version: "1.33"',
        ),
        (
            "kubernetes_version: '1.26'",
            "1:21: Kubernetes 1.26 is not known here",
            "known are 1.27 to 1.37",
        ),
        (
            "kubernetes_version: newest",
            "1:21: kubernetes_version is 'newest', not a release such as 1.33",
            "",
        ),
        (
            "kubernetes_version: 1.33x",
            "1:21: '1.33x' is no Kubernetes release",
            "write one of 1.27 to 1.37",
        ),
        ("select: privileged", "1:9: select is 'privileged', not a list", "write [privileged]"),
        ("select: [1]", "1:10: select[0] is 1, not text", ""),
        ("select:\n- privilegd", "2:3: no check or family is called 'privilegd'", "'privileged'"),
        (
            "ignore: [CKV_K8S_1]",
            "1:10: no check or family is called 'CKV_K8S_1'",
            "`kubeguard checks`",
        ),
        ("ignore: [ksv-0009]", "1:10: no check", "trivy:KSV-0009 is host_network (KG3001) here"),
        (
            "ignore: [KG9002]",
            "1:10: 'KG9002' is about the scan itself and always runs",
            "lower its",
        ),
        ("ignore: [scan]", "1:10: 'scan' is about the scan itself and always runs", "suppress it"),
        (
            "severities: {host_netwrk: low}",
            "1:14: no check is called 'host_netwrk'",
            "host_network",
        ),
        (
            "severities: {host_network: lo}",
            "1:28: severities.host_network is 'lo', not one of",
            "'low'",
        ),
        ("severities: {workload: low}", "1:14: no check is called 'workload'", ""),
        ("non_waivable: [workload]", "1:16: no check is called 'workload'", ""),
        ("exclude: ['']", "1:11: exclude[0] is empty", ""),
        (
            "parameters: {foreign_image: 1}",
            "1:29: parameters.foreign_image is 1, not a mapping",
            "",
        ),
        (
            "parameters: {foreign_image: {registry: [a]}}",
            "1:30: foreign_image has no parameter 'registry'",
            "did you mean 'registries'?",
        ),
        (
            "parameters: {privileged: {a: 1}}",
            "1:27: privileged has no parameter 'a'",
            "it has none",
        ),
        (
            "parameters: {foreign_image: {registries: a}}",
            "1:42: registries is 'a', not a list of text",
            "",
        ),
        (
            "parameters: {foreign_image: {registries: [1.10]}}",
            "1:43: 1.1 is not text, as registries wants",
            "quote it",
        ),
        ("parameters: {foreign_image: {strict: 1}}", "1:38: strict is 1, not true or false", ""),
        (
            "parameters: {foreign_image: {depth: true}}",
            "1:37: depth is true, not a whole number",
            "",
        ),
        ("parameters: {foreign_image: {word: 7}}", "1:36: word is 7, not text", ""),
        ("suppressions: {}", "1:1: suppressions is a mapping, not a list", ""),
        (
            "suppressions:\n- checks: [KG3001]",
            "2:3: suppressions[0] has no reason",
            "Why this is acceptable",
        ),
        ("suppressions:\n- reason: a", "2:3: suppressions[0] has no checks", "The checks, by id"),
        (
            "suppressions:\n- checks: [KG3001]\n  reason: ' '",
            "3:11: suppressions[0].reason is empty",
            "",
        ),
        (
            "suppressions: [{checks: [], reason: a}]",
            "1:17: suppressions[0].checks is empty",
            "",
        ),
        (
            "suppressions: [{checks: [KG3001], reason: a, until: soon}]",
            "1:53: suppressions[0].until is 'soon', not a date such as 2027-01-31",
            "",
        ),
        (
            "suppressions: [{checks: [KG3001], reason: a, until: 2027-02-30}]",
            "1:53: '2027-02-30' is no date of the calendar",
            "",
        ),
        (
            "suppressions: [{checks: [KG3001], reason: a, kind: Role.rbac}]",
            "1:52: suppressions[0].kind is 'Role.rbac', not a kind without its group, such as Role",
            "",
        ),
        (
            "suppressions: [{check: KG3001, reason: a}]",
            "1:17: unknown key 'check' in suppressions[0]",
            "did you mean 'checks'?",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(configure, text, message, hint) -> None:
    with pytest.raises(UsageError) as caught:
        configure(text)
    assert caught.value.message.startswith(f"kubeguard.yaml:{message}")
    assert hint in caught.value.hint
    assert bool(caught.value.hint) >= bool(hint)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(WHOLE.split()),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.text()
            | st.sampled_from(
                [
                    *json.loads(SCHEMA.read_text())["properties"],
                    "checks",
                    "reason",
                    "until",
                    "foreign_image",
                    "registries",
                    "KG3001",
                ]
            ),
            below,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_value_whatever_raises_anything_else(value: object) -> None:
    problem = ""
    try:
        parse(Node(value, Source("kubeguard.yaml", places=NOWHERE)), CATALOGUE)
    except UsageError as error:
        problem = error.message
    assert problem == "" or problem.startswith("kubeguard.yaml: ")
    assert len(problem) < 300


def test_the_published_schema_is_a_schema_and_describes_everything() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    described = [
        *schema["properties"].values(),
        *schema["$defs"]["suppression"]["properties"].values(),
    ]
    assert all(each.get("description") for each in described)


class TestFind:
    def test_upwards(self, tmp_path) -> None:
        below = tmp_path / "a" / "b"
        below.mkdir(parents=True)
        (tmp_path / "kubeguard.yml").touch()
        assert find(below) == tmp_path / "kubeguard.yml"
        (tmp_path / "a" / "kubeguard.yaml").touch()
        assert find(below) == tmp_path / "a" / "kubeguard.yaml"

    @pytest.mark.parametrize("is_file", [True, False], ids=["worktree", "repository"])
    def test_not_beyond_the_repository(self, tmp_path, is_file) -> None:
        below = tmp_path / "a" / "b"
        below.mkdir(parents=True)
        (tmp_path / "kubeguard.yaml").touch()
        git = tmp_path / "a" / ".git"
        git.touch() if is_file else git.mkdir()
        assert find(below) is None
        (tmp_path / "a" / "kubeguard.yaml").touch()
        assert find(below) == tmp_path / "a" / "kubeguard.yaml"

    def test_two_are_one_too_many(self, tmp_path) -> None:
        (tmp_path / "kubeguard.yaml").touch()
        (tmp_path / "kubeguard.yml").touch()
        with pytest.raises(UsageError, match="are both here"):
            find(tmp_path)


@pytest.mark.parametrize(
    "text", ["1.33", "v1.33", " 1.33.4", "v1.33.2-eks.1", "1.33.0+k3s1", "v1.33-gke.5"]
)
def test_a_release_as_kubectl_and_clouds_write_it(text: str) -> None:
    assert release(text) == (1, 33)


@pytest.mark.parametrize(
    "text", ["", "1", "1.26", "1.38", "2.0", "1.33x", "1.\u0663\u0663", "x1.33"]
)
def test_no_release(text: str) -> None:
    with pytest.raises(UsageError):
        release(text)


class TestOptions:
    def test_nothing_typed_changes_nothing(self, configure) -> None:
        policy = configure(WHOLE)
        assert override(policy, Options(), CATALOGUE) == policy

    def test_what_is_typed_wins(self, configure) -> None:
        options = Options("baseline", "HIGH", "v1.33", exclude=("build/",), ignore=("KG3001",))
        policy = override(configure(WHOLE), options, CATALOGUE)
        assert policy.profile is Profile.BASELINE
        assert policy.fail_on is Severity.HIGH
        assert policy.kubernetes_version == (1, 33)
        assert policy.exclude == ("vendor/", "build/")
        assert policy.ignore == {"KG3001", "KG3003"}

    def test_a_selection_sets_that_of_the_file_aside(self, configure) -> None:
        policy = override(configure(WHOLE), Options(select=("writable-root",)), CATALOGUE)
        assert (policy.select, policy.ignore) == ({"KG3003"}, frozenset())

    @pytest.mark.parametrize(
        ("options", "message", "hint"),
        [
            (Options(select=("privilegd",)), "--select: no check or family is", "'privileged'"),
            (Options(ignore=("KG9002",)), "--ignore: 'KG9002' is about the scan itself", ""),
            (Options(profile="strict"), "--profile: 'strict' is none of baseline, restricted", ""),
            (Options(fail_on="hig"), "--fail-on: 'hig' is none of info, low", "'high'"),
            (Options(kubernetes_version="1.2"), "Kubernetes 1.2 is not known here", "1.27 to 1.37"),
        ],
    )
    def test_a_mistake_names_the_option(self, options, message, hint) -> None:
        with pytest.raises(UsageError) as caught:
            override(Policy(), options, CATALOGUE)
        assert caught.value.message.startswith(message)
        assert hint in caught.value.hint
