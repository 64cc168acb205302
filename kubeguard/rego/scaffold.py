"""The three files with which a policy begins: the policy, its page and its test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_POLICY = """\
# METADATA
# title: {title}
# description: Nobody knows whom to ask about an object without an owner.
# custom:
#   severity: medium
package {package}

deny contains {{
	"msg": sprintf("%s %q has no label owner", [input.kind, input.metadata.name]),
	"path": ["metadata", "labels", "owner"],
}} if {{
	not input.metadata.labels.owner
}}
"""
_TEST = """\
package {package}_test

import data.{package}

test_without_owner if {{
	{rule}.deny == {{{{
		"msg": "Pod \\"web\\" has no label owner",
		"path": ["metadata", "labels", "owner"],
	}}}} with input as {{"kind": "Pod", "metadata": {{"name": "web"}}}}
}}

test_with_owner if {{
	count({rule}.deny) == 0 with input as {{"metadata": {{"labels": {{"owner": "shop"}}}}}}
}}
"""
_PAGE = """\
# {title}

Nobody knows whom to ask about an object without an owner.

## What to do

Add the label.

```yaml title="bad" hl_lines="3"
apiVersion: v1
kind: Pod
metadata:
  name: web
```

```yaml title="good"
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {{owner: shop}}
```
"""


def is_name(text: str) -> bool:
    """Whether a policy may be called this: a word that Rego, files and `kubeguard.yaml` take."""
    return bool(_NAME.fullmatch(text))


def scaffold(name: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """The files and what is in them; together they pass `kubeguard policy test`."""
    words = {
        "title": name.replace("_", " ").capitalize(),
        "package": f"policies.{name}",
        "rule": name,
    }
    for suffix, text in ((".rego", _POLICY), (".md", _PAGE), ("_test.rego", _TEST)):
        yield folder / f"{name}{suffix}", text.format(**words)
