"""One idea in three spellings: who decided what, where, and whether it still means anything."""

from datetime import date
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_catalogue import CATALOGUE

from kubeguard.engine import audit
from kubeguard.model.finding import Outcome
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.policy.policy import Policy
from kubeguard.policy.suppressions import Suppressions
from kubeguard.sources.text import read

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: agent
  namespace: monitoring
spec:
  hostNetwork: true
  containers:
  - name: app
    image: registry.example/app
    securityContext:
      privileged: true
  - name: helper
    image: registry.example/helper
    securityContext:
      privileged: true
"""
BOTH = ("host_network", "privileged")


def commented(line: int, comment: str, *, behind: bool = False, text: str = POD) -> str:
    """The text with a comment above or behind one of its lines."""
    lines = text.splitlines()
    if behind:
        lines[line - 1] += f"  # kubeguard: {comment}"
    else:
        lines.insert(line - 1, f"# kubeguard: {comment}")
    return "\n".join(lines) + "\n"


class TestComments:
    @pytest.mark.parametrize(
        ("line", "closed"),
        [
            pytest.param(1, ["8 host_network", "13 privileged", "17 privileged"], id="object"),
            pytest.param(6, ["8 host_network", "13 privileged", "17 privileged"], id="spec"),
            pytest.param(7, ["8 host_network"], id="key"),
            pytest.param(8, ["13 privileged", "17 privileged"], id="list"),
            pytest.param(9, ["13 privileged"], id="container"),
            pytest.param(11, ["13 privileged"], id="securityContext"),
            pytest.param(12, ["13 privileged"], id="privileged"),
            pytest.param(13, ["17 privileged"], id="other container"),
            pytest.param(3, [], id="metadata"),
        ],
    )
    def test_above_an_entry_covers_it(self, judge, line, closed):
        judged = judge(commented(line, "ignore[KG3001, privileged] -- known"), *BOTH)
        assert judged.closed == closed

    @pytest.mark.parametrize(
        ("line", "closed"),
        [
            pytest.param(1, [], id="never the whole document"),
            pytest.param(6, ["7 host_network", "12 privileged", "16 privileged"], id="spec"),
            pytest.param(7, ["7 host_network"], id="key"),
            pytest.param(9, ["12 privileged"], id="container"),
            pytest.param(12, ["12 privileged"], id="privileged"),
        ],
    )
    def test_behind_an_entry_covers_it(self, judge, line, closed):
        text = commented(line, "ignore[KG3001, privileged] -- known", behind=True)
        assert judge(text, *BOTH).closed == closed

    def test_behind_the_first_key_of_a_list_item_it_never_means_the_object(self, judge):
        item = "- " + "".join(f"  {line}\n" for line in POD.splitlines())[2:]
        text = commented(
            4,
            "ignore[KG3001] -- a",
            behind=True,
            text=f"kind: List\napiVersion: v1\nitems:\n{item}",
        )
        assert judge(text, "host_network").closed == []

    def test_behind_the_first_key_it_does_not_cover_what_the_object_lacks(self, judge):
        """Although a missing field of the object has its place on that line."""
        text = "apiVersion: v1 # kubeguard: ignore[missing_owner] -- a\nkind: ConfigMap\n"
        assert judge(text, "missing_owner").open == ["1 missing_owner"]

    def test_a_missing_field_is_covered_by_the_entry_it_is_missing_from(self, judge):
        judged = judge(commented(9, "ignore[writable_root] -- writes its cache"), "writable_root")
        assert judged.closed == ["12 writable_root"]
        assert judged.open == ["16 writable_root"]

    def test_comments_blank_lines_and_separators_are_passed_over(self, judge):
        text = "# kubeguard: ignore[KG3001] -- a\n# prose\n\n--- # more\n# prose\n" + POD
        assert judge(text, "host_network").closed == ["12 host_network"]

    def test_several_comments_above_one_entry_all_cover_it(self, judge):
        above = "ignore[KG3001] -- a\n# kubeguard: ignore[KG3002] -- b"
        judged = judge(commented(1, above), *BOTH)
        assert judged.open == []
        assert judged.said == []

    def test_behind_the_separator_it_covers_the_document(self, judge):
        text = f"{POD}--- # kubeguard: ignore[KG3001] -- a\n{POD}"
        judged = judge(text, "host_network")
        assert judged.open == ["7 host_network"]
        assert judged.closed == ["24 host_network"]

    def test_behind_a_lone_dash_it_covers_the_item(self, judge):
        text = POD.replace("  - name: app", "  - # kubeguard: ignore[KG3002] -- a\n    name: app")
        assert judge(text, "privileged").closed == ["13 privileged"]

    def test_above_a_lone_dash_it_covers_the_item(self, judge):
        text = POD.replace(
            "  - name: app", "  # kubeguard: ignore[KG3002] -- a\n  -\n    name: app"
        )
        assert judge(text, "privileged").closed == ["14 privileged"]

    def test_above_an_item_of_a_list_it_covers_one_object(self, judge):
        item = "".join(f"  {line}\n" for line in POD.splitlines())
        item = "- " + item[2:]
        text = f"apiVersion: v1\nkind: List\nitems:\n{item}# kubeguard: ignore[KG3001] -- a\n{item}"
        judged = judge(text, "host_network")
        assert judged.open == ["10 host_network"]
        assert judged.closed == ["27 host_network"]

    def test_in_one_line_of_flow_style_it_covers_the_outermost_entry(self, judge):
        text = dedent("""\
            apiVersion: v1
            kind: Pod
            spec: # prose
              containers:
              - {name: a, securityContext: {privileged: true}} # kubeguard: ignore[KG3002] -- a
              - {name: b, securityContext: {privileged: true}}
            """)
        judged = judge(text, "privileged")
        assert (judged.closed, judged.open) == (["5 privileged"], ["6 privileged"])

    def test_at_an_anchor_it_covers_every_use_and_at_an_alias_only_that_one(self, judge):
        text = dedent("""\
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - name: a
                securityContext: &rights
                  privileged: true  {0}
              - name: b
                securityContext: *rights  {1}
            """)
        comment = "# kubeguard: ignore[KG3002] -- a"
        assert judge(text.format(comment, ""), "privileged").open == []
        at_alias = judge(text.format("", comment), "privileged")
        assert len(at_alias.open) == len(at_alias.closed) == 1

    @pytest.mark.parametrize(
        "value",
        [
            '"# kubeguard: ignore[nothing]"',
            "'a\n\n    # kubeguard: ignore[nothing] -- b'",
            "|\n    # kubeguard: ignore[nothing] -- b\n    text",
            ">-\n    text\n    # kubeguard: ignore[nothing] -- b\n\n",
            "&anchor !!str |2+\n    # kubeguard: ignore[nothing]\n",
            "text#kubeguard: ignore[nothing]",
        ],
    )
    def test_what_stands_inside_a_value_is_no_comment(self, judge, value):
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  key: {value}\n"
        assert judge(text).said == []

    def test_behind_the_header_of_a_block_scalar_it_is_one(self, judge):
        text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: | # kubeguard: ignore\n    b\n"
        assert judge(text).said == [
            "4:8 malformed: a suppression needs a reason behind ' -- ', so nothing is suppressed"
        ]

    def test_json_has_no_comments(self, judge):
        text = '{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x # kubeguard: y"}}'
        assert judge(text, name="a.json").said == []

    def test_windows_line_ends(self, judge):
        text = commented(7, "ignore[KG3001] -- a").replace("\n", "\r\n")
        judged = judge(text, "host_network")
        assert judged.findings[0].suppression.reason == "a"

    def test_in_a_broken_document_nothing_is_said_about_it(self, judge):
        text = f"{POD}---\n# kubeguard: ignore[KG3001] -- a\n{{\n# kubeguard: ignore[KG1] -- a\n"
        judged = judge(text, "host_network")
        assert judged.said == []
        assert judged.open == ["7 host_network", "19 broken_document"]


class TestMalformed:
    @pytest.mark.parametrize(
        ("comment", "message", "hint"),
        [
            ("ignore[KG3001]", "a suppression needs a reason behind ' -- '", "write ignore["),
            ("ignore[KG3001] because", "a suppression needs a reason behind ' -- '", "write"),
            ("ignore[KG3001] -- ...", "nothing is given as the reason behind ' -- '", "write"),
            ("ignore[] -- a", "a suppression names its checks, and here is none", "write"),
            ("ignore -- a", "a comment to kubeguard must say ignore[CHECK, ...]", "write"),
            ("skip[KG3001] -- a", "a comment to kubeguard must say ignore[CHECK, ...]", "write"),
            ("ignore[host_netwrk] -- a", "no check is called 'host_netwrk'", "'host_network'"),
            ("ignore[KSV-0009] -- a", "no check is called 'KSV-0009'", "host_network (KG3001)"),
            ("ignore[workload] -- a", "no check is called 'workload'", ""),
            ("ignore[KG3001] until=2027-02-30 -- a", "until=2027-02-30 is no date", "year-month"),
            ("ignore[KG3001] until=20270131 -- a", "until=20270131 is no date", "year-month-day"),
            (
                "ignore[KG3001] untill=2027-01-31 -- a",
                "'untill=2027-01-31' means nothing between the checks and ' -- '",
                "did you mean 'until='?",
            ),
            (
                "ignore[KG3001] container=app -- a",
                "'container=app' means nothing between the checks and ' -- '",
                "",
            ),
            (
                "ignore[KG3001] until=2027-01-31 until=2027-01-31 -- a",
                "until= is given twice",
                "write",
            ),
        ],
    )
    def test_says_what_is_wrong_at_its_place(self, judge, comment, message, hint):
        judged = judge(commented(7, comment, behind=True), "host_network")
        assert judged.said == [f"7:22 malformed: {message}, so nothing is suppressed"]
        assert hint in judged.troubles[0].fix.hint
        assert judged.open == ["7 host_network"]

    def test_a_comment_without_its_colon_is_a_slip(self, judge):
        text = POD.replace("true\n", "true # kubeguard ignore[KG3001] -- a\n", 1)
        assert judge(text, "host_network").closed == ["7 host_network"]

    @pytest.mark.parametrize(
        "prose",
        ["# kubeguard scans this", "#kubeguard", "# see kubeguard: the tool", "# kubeguard"],
    )
    def test_prose_is_left_alone(self, judge, prose):
        assert judge(f"{prose}\n{POD}").said == []

    def test_a_comment_at_nothing(self, judge):
        text = f"{POD}# kubeguard: ignore[KG3001] -- a\n"
        assert judge(text, "host_network").said == [
            "17:1 malformed: no entry begins below this comment, so nothing is suppressed"
        ]

    def test_a_comment_behind_the_end_of_a_value(self, judge):
        text = f"{POD}  nodeName: a\n    b # kubeguard: ignore[KG3001] -- a\n"
        assert judge(text, "host_network").said == [
            "18:7 malformed: no entry begins on this line, so nothing is suppressed"
        ]


class TestAnnotations:
    def annotated(self, value: str) -> str:
        lines = "".join(f"\n      {line}" for line in value.splitlines())
        return POD.replace(
            "spec:\n", f"  annotations:\n    kubeguard.io/ignore: |{lines}\nspec:\n", 1
        )

    def test_covers_the_object(self, judge):
        judged = judge(self.annotated("KG3001, privileged -- known"), *BOTH)
        assert judged.open == []
        assert {f.suppression.spelling.value for f in judged.findings} == {"annotation"}

    @pytest.mark.parametrize("value", ["ignore[KG3001] -- a", "[KG3001] -- a", "KG3001 — a"])
    def test_may_be_written_as_in_a_comment(self, judge, value):
        assert judge(self.annotated(value), "host_network").open == []

    def test_every_line_is_one_suppression(self, judge):
        lines = "KG3001 -- a\n\nKG3002 container=app until=2027-01-31 -- b"
        judged = judge(self.annotated(lines), *BOTH)
        assert judged.closed == ["12 host_network", "17 privileged"]
        assert judged.open == ["21 privileged"]
        assert judged.findings[1].suppression.expires == date(2027, 1, 31)

    def test_an_unknown_container(self, judge):
        judged = judge(self.annotated("KG3002 container=ap -- a"), "privileged")
        assert judged.said == [
            "7:26 malformed: no container is called 'ap' here, so nothing is suppressed"
        ]
        assert judged.troubles[0].fix.hint == "did you mean 'app'?"

    def test_of_a_pod_template_covers_the_pods_only(self, judge):
        text = dedent("""\
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: a}
            spec:
              template:
                metadata:
                  annotations:
                    kubeguard.io/ignore: host_network, missing_owner -- a
                spec:
                  hostNetwork: true
                  containers: []
            """)
        judged = judge(text, "host_network", "missing_owner")
        assert judged.closed == ["10 host_network"]
        assert judged.open == ["3 missing_owner"]

    @pytest.mark.parametrize("value", ["null", "[KG3001]", "{a: b}", "7", "''"])
    def test_must_be_text(self, judge, value):
        head = "apiVersion: v1\nkind: Pod\nmetadata:\n"
        text = f"{head}  annotations: {{kubeguard.io/ignore: {value}}}\n"
        (said,) = judge(text).said
        assert "malformed: kubeguard.io/ignore is " in said

    def test_another_annotation_of_ours_is_a_slip(self, judge):
        text = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: {kubeguard.io/skip: a}\n"
        (said,) = judge(text).said
        assert "the annotation is called kubeguard.io/ignore, not kubeguard.io/skip" in said

    def test_of_an_object_without_text(self, catalogue):
        """As in an admission review."""
        value = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"annotations": {"kubeguard.io/ignore": "KG3001 -- a"}},
            "spec": {"hostNetwork": True},
        }
        node = Node(value, Source("review", value=value))
        reading = Reading("review", Outcome.JUDGED, "Kubernetes", objects=(node,))
        checks = [check for check in catalogue if check.id == "KG3001"]
        suppressions = Suppressions(Policy(), catalogue, ["KG3001"], date(2026, 1, 1))
        (finding,), troubles = suppressions.apply(reading, audit([reading], checks).findings)
        assert finding.suppression.reason == "a"
        assert troubles == []


class TestConfiguration:
    @pytest.mark.parametrize(
        ("scope", "closed"),
        [
            ("", ["12 privileged", "16 privileged"]),
            ("container: app", ["12 privileged"]),
            ("container: '*p*'", ["12 privileged", "16 privileged"]),
            ("container: other", []),
            ("kind: Pod", ["12 privileged", "16 privileged"]),
            ("kind: pod", ["12 privileged", "16 privileged"]),
            ("kind: Deployment", []),
            ("namespace: monitoring", ["12 privileged", "16 privileged"]),
            ("namespace: mon*", ["12 privileged", "16 privileged"]),
            ("namespace: default", []),
            ("name: agent", ["12 privileged", "16 privileged"]),
            ("name: agent-2", []),
            ("file: app.yaml", ["12 privileged", "16 privileged"]),
            ("file: deploy/", ["12 privileged", "16 privileged"]),
            ("file: 'deploy/*.yaml'", ["12 privileged", "16 privileged"]),
            ("file: '/*.yaml'", []),
            ("file: other/", []),
            ("stage: build", []),
        ],
    )
    def test_scopes(self, judge, configure, scope, closed):
        policy = configure(f"suppressions:\n- checks: [KG3002]\n  reason: a\n  {scope}\n")
        assert judge(POD, "privileged", policy=policy, name="deploy/app.yaml").closed == closed

    def test_a_container_of_another_document_is_another_one(self, judge, configure):
        policy = configure(
            "suppressions: [{checks: [KG3002], name: agent, container: app, reason: a}]"
        )
        text = f"{POD}---\n{POD.replace('name: agent', 'name: other')}"
        assert judge(text, "privileged", policy=policy).closed == ["12 privileged"]
        text = f"{POD.replace('name: app', 'name: web')}---\n{POD}"
        assert judge(text, "privileged", policy=policy).closed == ["29 privileged"]

    def test_a_finding_about_the_scan_has_only_this_spelling(self, judge, configure):
        policy = configure("suppressions: [{checks: [KG9002], file: app.yaml, reason: a test}]")
        assert judge("a: b: c", policy=policy).closed == ["1 broken_document"]

    def test_patterns_are_relative_to_the_configuration(self, judge, configure, tmp_path):
        policy = configure(
            "suppressions: [{checks: [KG3002], file: /deploy, reason: a}]",
            str(tmp_path / "kubeguard.yaml"),
        )
        inside = judge(POD, "privileged", policy=policy, name=str(tmp_path / "deploy/a.yaml"))
        outside = judge(POD, "privileged", policy=policy, name="deploy/a.yaml")
        assert (len(inside.closed), len(outside.closed)) == (2, 0)

    def test_the_reason_nearest_to_the_finding_is_shown(self, judge, configure):
        policy = configure("suppressions: [{checks: [KG3002], reason: far}]")
        text = commented(9, "ignore[KG3002] -- near", text=commented(1, "ignore[KG3002] -- above"))
        judged = judge(text, "privileged", policy=policy)
        assert [f.suppression.reason for f in judged.findings] == ["near", "near"]
        text = commented(9, "ignore[KG3002] -- near")
        judged = judge(text, "privileged", policy=policy)
        assert [f.suppression.reason for f in judged.findings] == ["near", "far"]
        assert judged.suppressions.leftovers(whole=True) == []


class TestExpiry:
    @pytest.mark.parametrize(
        ("today", "closed"),
        [(date(2026, 11, 21), ["8 host_network"]), (date(2026, 11, 22), [])],
    )
    def test_the_date_is_the_last_day(self, judge, today, closed):
        text = commented(7, "ignore[KG3001] until=2026-11-21 -- the ticket")
        judged = judge(text, "host_network", today=today)
        assert judged.closed == closed
        ended = "the suppression of host_network (KG3001) ended on 2026-11-21: 'the ticket'"
        assert judged.said == ([] if closed else [f"7:1 expired: {ended}"])

    def test_in_the_configuration(self, judge, configure):
        policy = configure("suppressions:\n- checks: [KG3001]\n  reason: a\n  until: 2020-01-01\n")
        judged = judge(POD, "host_network", policy=policy)
        assert judged.open == ["7 host_network"]
        (trouble,) = judged.suppressions.leftovers(whole=False)
        assert trouble.node.location.span.line == 2


class TestUnused:
    def test_names_the_checks_that_report_nothing(self, judge):
        text = commented(7, "ignore[KG3001, KG3002] -- a", behind=True)
        judged = judge(text, *BOTH)
        assert judged.said == [
            "7:22 unused: privileged (KG3002) reports nothing here that this suppresses"
        ]

    def test_names_a_check_once_however_often_it_is_written(self, judge):
        judged = judge(commented(7, "ignore[KG3002, privileged] -- a", behind=True), "privileged")
        assert judged.said == [
            "7:22 unused: privileged (KG3002) reports nothing here that this suppresses"
        ]

    def test_is_not_said_about_checks_that_did_not_run(self, judge):
        assert judge(commented(7, "ignore[KG3002] -- a", behind=True), "host_network").said == []

    def test_a_suppression_under_another_one_is_used(self, judge):
        text = commented(9, "ignore[KG3002] -- inner", text=commented(1, "ignore[KG3002] -- outer"))
        judged = judge(text, "privileged")
        assert judged.said == []
        assert judged.open == []

    @pytest.mark.parametrize(
        ("scope", "whole", "unused"),
        [
            ("name: agent", False, True),
            ("name: somebody-else", False, False),
            ("name: somebody-else", True, True),
            ("container: app", False, True),
            ("container: gone", False, False),
        ],
    )
    def test_in_the_configuration_only_when_its_object_was_met(
        self, judge, configure, scope, whole, unused
    ):
        policy = configure(f"suppressions:\n- checks: [KG7001]\n  reason: a\n  {scope}\n")
        judged = judge(POD, "foreign_image", policy=policy)
        assert bool(judged.suppressions.leftovers(whole)) is unused


class TestRefused:
    def test_non_waivable_by_policy(self, judge, configure):
        policy = configure("non_waivable: [host-network]")
        judged = judge(commented(7, "ignore[KG3001] -- a"), "host_network", policy=policy)
        assert judged.open == ["8 host_network"]
        assert judged.said == ["7:1 refused: host_network (KG3001) may not be suppressed"]

    def test_non_waivable_in_the_configuration_itself(self, judge, configure):
        policy = configure(
            "non_waivable: [KG3001]\nsuppressions:\n- checks: [KG3001, KG3002]\n  reason: a\n"
        )
        judged = judge(POD, *BOTH, policy=policy)
        assert judged.open == ["7 host_network"]
        (trouble,) = judged.suppressions.leftovers(whole=True)
        assert trouble.message == "host_network (KG3001) may not be suppressed"

    def test_a_file_cannot_vouch_for_its_own_readability(self, judge):
        judged = judge(commented(7, "ignore[KG9002] -- a"))
        assert judged.said == [
            "7:1 refused: broken_document (KG9002) is about the scan itself "
            "and can be suppressed in kubeguard.yaml only"
        ]


RICH = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a,
    labels: {b: c}}
  spec: &spec
    hostNetwork: true

    containers:
    -
      name: app
      args: [a,
        b,
      ]
      command: ["sh", '-c']
      securityContext: &rights
        privileged: true
- apiVersion: v1
  kind: Pod
  metadata:
    name: "b"
  spec:
    <<: *spec
    hostPID: true
"""


@pytest.mark.parametrize("line", range(1, RICH.count("\n") + 1))
@pytest.mark.parametrize("behind", [True, False], ids=["behind", "above"])
def test_no_comment_goes_unheard(judge, line, behind):
    """Each suppresses something, or is said to be unused or malformed: never neither."""
    text = commented(line, "ignore[KG3001, KG3002] -- a", behind=behind, text=RICH)
    judged = judge(text, *BOTH)
    assert len(judged.findings) == 4
    if judged.said:
        assert len(judged.said) == 1
    else:
        assert {f.check.id for f in judged.findings if f.suppression} == {"KG3001", "KG3002"}


@given(text=st.text(), lines=st.lists(st.integers(0, 40), max_size=4), spaces=st.integers(0, 8))
def test_no_text_whatever_makes_it_fail(text, lines, spaces):
    rows = RICH.splitlines()
    for line in lines:
        rows.insert(line, " " * spaces + f"# kubeguard: {text}")
    reading = read("a.yaml", "\n".join(rows).encode(errors="replace"))
    suppressions = Suppressions(Policy(), CATALOGUE, ["KG3001"], date(2026, 1, 1))
    findings, troubles = suppressions.apply(reading, [])
    assert findings == []
    for trouble in troubles:
        span = trouble.node.location.span
        assert span
        assert 1 <= span.line <= len(rows) + text.count("\n") * len(lines) + 1
