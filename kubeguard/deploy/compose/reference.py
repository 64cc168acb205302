"""The reference service as a Compose file, with the values of whoever wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("values.schema.json")
"""Of the values; JSON Schema draft 2020-12."""
RENDERED = Path(__file__).with_name("reference.yaml")
"""`manifests/compose/compose.yaml`."""
IMAGES = {
    "image": "APP_IMAGE",
    "postgresql_image": "POSTGRESQL_IMAGE",
    "redis_image": "REDIS_IMAGE",
}
"""Values that are images, and the variables that stand for them."""
_NAME, _PORT = "name: reference-app\n", '"127.0.0.1:8443:8443"'


def rendered(chosen: Mapping[str, Any]) -> str:
    """The file with these values, its comments kept; images that nobody named stay variables."""
    text = RENDERED.read_text(encoding="utf-8")
    text = text.replace(_NAME, f"name: {chosen['project']}\n", 1)
    text = text.replace(_PORT, f'"{chosen["address"]}:{chosen["port"]}:8443"', 1)
    for value, variable in IMAGES.items():
        if value in chosen:
            text = re.sub(r"\$\{" + variable + r":\?[^}]*\}", chosen[value], text)
    return text
