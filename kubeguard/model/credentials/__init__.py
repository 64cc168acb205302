"""What a secret looks like, and how to show a line without it.

`find` looks for credentials that are recognisable by themselves, `literal` judges a value by the
key it stands under, `mask` and `mask_all_values` make a line fit to be shown.
"""

from kubeguard.model.credentials.credential import Credential, shown
from kubeguard.model.credentials.judge import literal
from kubeguard.model.credentials.keys import secret_key
from kubeguard.model.credentials.masking import mask, mask_all_values
from kubeguard.model.credentials.patterns import find

__all__ = ["Credential", "find", "literal", "mask", "mask_all_values", "secret_key", "shown"]
