"""The JSON schema of one kind: its validator, and what it allows at a given place."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions

from kubeguard.model.location import Path

Json = dict[str, Any]


class Shape:
    """A root schema and the definitions it may refer to by `#/$defs/NAME`."""

    def __init__(self, root: Json, definitions: Mapping[str, Json]) -> None:
        self.root = root
        self.definitions = definitions

    @cached_property
    def validator(self) -> Draft202012Validator:
        """Compiled on first use, from the definitions this kind reaches and no others.

        Raises ValueError for a schema that is none, which only a user's CRD can hold.
        """
        return Draft202012Validator(
            {**self.root, "$defs": self._reached()},
            formats={"byte": is_base64},
            validate_formats=True,
            pattern_options=RegexOptions(),  # linear time, like the RE2 that Kubernetes uses
            mask="the value",
            offline=True,
        )

    def is_valid(self, value: object) -> bool:
        """Whether the API server would accept the object; text that is no Unicode it would not."""
        try:
            return self.validator.is_valid(value)
        except ValueError:
            return False

    def along(self, path: Path) -> list[Json]:
        """The schemas from the root down `path`, as far as the schema knows the way."""
        found = [self.resolve(self.root)]
        for key in path:
            schema = found[-1]
            if isinstance(key, int):
                below = schema.get("items")
            else:
                below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if not isinstance(below, dict):
                break
            found.append(self.resolve(below))
        return found

    def resolve(self, schema: Json) -> Json:
        """The definition a schema refers to, or the schema itself."""
        reference = schema.get("$ref")
        return self.definitions[_name(reference)] if isinstance(reference, str) else schema

    def entries(self, schema: Json) -> Iterator[tuple[str, Json]]:
        """The fields below a mapping; those that are lists are named `field[]`, as their items."""
        for key, child in schema.get("properties", {}).items():
            below = self.resolve(child)
            if "items" in below:
                yield f"{key}[]", self.resolve(below["items"])
            else:
                yield key, below

    def _reached(self) -> dict[str, Json]:
        seen: dict[str, Json] = {}
        waiting: list[object] = [self.root]
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, dict):
                waiting += item.values()
                reference = item.get("$ref")
                if isinstance(reference, str) and (name := _name(reference)) not in seen:
                    seen[name] = self.definitions[name]
                    waiting.append(seen[name])
        return seen


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def is_base64(text: str) -> bool:
    """As Go's encoding/json decodes bytes: padded, line breaks ignored."""
    try:
        binascii.a2b_base64(text.replace("\n", "").replace("\r", ""), strict_mode=True)
    except ValueError:
        return False
    return True
