"""What a secret looks like, and how to show a line without it.

`find` looks for credentials that are recognisable by themselves, `literal` judges a value by the
key it stands under, `mask` and `mask_all_values` make a line fit to be shown.
"""

from kubeguard.model.credentials.credential import Credential, hint, shown
from kubeguard.model.credentials.judge import literal
from kubeguard.model.credentials.keys import secret_key
from kubeguard.model.credentials.masking import hidden, mask, mask_all_values
from kubeguard.model.credentials.patterns import find
from kubeguard.model.credentials.values import harmless

__all__ = [
    "Credential",
    "find",
    "harmless",
    "hidden",
    "hint",
    "literal",
    "mask",
    "mask_all_values",
    "secret_key",
    "shown",
]
