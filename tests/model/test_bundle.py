"""Which pods a selector picks, and what an unnamed namespace or an unseen label means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.model.bundle import Bundle, selects
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node, Source


def pod(name: str, namespace: str = "", labels: object = None, **other: object) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec = {"containers": [{"name": name}]}
    base = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return Manifest(Node({**base, **other}, Source("run")))


def picked(bundle: Bundle, namespace: str, selector: dict[str, object]) -> list[str]:
    return sorted(w.manifest.name for w in bundle.selected(namespace, selector))


BUNDLE = Bundle(
    (
        pod("a", "one", {"app": "web", "tier": "front"}),
        pod("b", "one", {"app": "web"}),
        pod("c", "two", {"app": "web"}),
        pod("d", "", {"app": "web"}),
        pod("e", "", {"app": "db"}),
        pod("f", "one", None),
        pod("model", "two", None, apiVersion="serving.kserve.io/v1beta1", kind="Model"),
    )
)


@pytest.mark.parametrize(
    ("namespace", "selector", "names"),
    [
        ("one", {}, "abdef"),
        ("one", {"matchLabels": {"app": "web"}}, "abd"),
        ("one", {"matchLabels": {"app": "web", "tier": "front"}}, "a"),
        ("one", {"matchLabels": {"app": "nothing"}}, ""),
        ("", {"matchLabels": {"app": "db"}}, ["e", "model"]),
        ("two", {"matchLabels": {"app": "db"}}, ["e", "model"]),
        ("three", {"matchLabels": {"app": "web"}}, "d"),
        ("one", {"matchLabels": {"app": "web", "pod-template-hash": "1"}}, "abd"),
        ("one", {"matchLabels": {"statefulset.kubernetes.io/pod-name": "x-0"}}, "abdef"),
        ("one", {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, "a"),
        ("one", {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, "bdef"),
        (
            "one",
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]},
            "ef",
        ),
        (
            "one",
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db", 1]}]},
            "abde",
        ),
        ("one", {"matchExpressions": [{"key": "app", "operator": "Sometimes"}]}, ""),
        ("one", {"matchLabels": ["app"], "matchExpressions": "app"}, "abdef"),
    ],
)
def test_selected(namespace: str, selector: dict[str, object], names: str | list[str]) -> None:
    assert picked(BUNDLE, namespace, selector) == list(names)


def test_the_same_question_gets_the_same_answer() -> None:
    first = BUNDLE.selected("one", {"matchLabels": {"app": "web", "tier": "front"}})

    assert BUNDLE.selected("one", {"matchLabels": {"tier": "front", "app": "web"}}) is first


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"))
EXPRESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from("abc"),
            "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
            "values": st.lists(st.sampled_from("xyz")),
        }
    ),
    max_size=2,
)


@given(st.lists(LABELS, max_size=6), LABELS, EXPRESSIONS)
def test_the_index_finds_what_reading_all_pods_finds(
    pods: list[dict[str, str]], exact: dict[str, str], expressions: list[dict[str, object]]
) -> None:
    bundle = Bundle(tuple(pod(str(n), "one", labels) for n, labels in enumerate(pods)))
    selector = {"matchLabels": exact, "matchExpressions": expressions}

    expected = [str(n) for n, labels in enumerate(pods) if selects(selector, labels)]

    assert picked(bundle, "one", selector) == expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["matchLabels", "matchExpressions", "key", "values"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_any_value_may_stand_for_labels_and_selectors(value: object) -> None:
    bundle = Bundle((pod("a", "one", value),))
    selector = value if isinstance(value, dict) else {"matchLabels": value}

    assert len(bundle.selected("one", selector)) <= 1
