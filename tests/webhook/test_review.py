"""A review is read as far as it is judged, and no further."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from reviews import ask, hook, said

from kubeguard.webhook.review import judged, value

_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
_KEYS = st.text(max_size=4) | st.sampled_from(["kind", "metadata", "managedFields", "name"])
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3)
)


@given(_JSON)
def test_all_but_who_manages_what(found: Any) -> None:
    raw = msgspec.Raw(json.dumps(found).encode())
    wanted = value(raw)
    if isinstance(wanted, dict) and isinstance(wanted.get("metadata"), dict):
        wanted["metadata"].pop("managedFields", None)
    assert judged(raw) == wanted


@given(_JSON)
def test_who_manages_what_changes_no_verdict(managed: Any) -> None:
    metadata = {"name": "web", "namespace": "shop", "uid": "u", "managedFields": managed}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"hostNetwork": True}}
    plain = {**pod, "metadata": {**metadata, "managedFields": []}}
    assert said(ask(_HOOK, pod)) == said(ask(_HOOK, plain))


_HOOK = hook()
