"""What a secret looks like, and how to show a line without it.

`find` looks for credentials that are recognisable by themselves, `literal` judges a value by the
key it stands under, `in_text`, `in_options` and `in_arguments` know the shapes of files and
command lines, `mask` and `mask_all_values` make a line fit to be shown.
"""

from kubeguard.model.credentials.arguments import in_arguments, in_options
from kubeguard.model.credentials.credential import Credential, hint, shown
from kubeguard.model.credentials.files import in_text
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
    "in_arguments",
    "in_options",
    "in_text",
    "literal",
    "mask",
    "mask_all_values",
    "secret_key",
    "shown",
]
