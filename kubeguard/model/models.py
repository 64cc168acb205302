"""Files of machine learning models that can run code when they are loaded."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?i).*\.(?:pkl|pickle|pck|pt|pth|ckpt|bin|joblib|dill|npy|npz|h5|hdf5|keras|model|sav)"
)
_PACKAGE = re.compile(r"/(?:site|dist)-packages/|/lib(?:64)?/python[\d.]+/|/usr/share/doc/")
"""What is code anyway runs whether or not its data do."""
_PICKLE = re.compile(rb"\x80[\x02-\x05][(.FGIJKLMNPQSTUVX\[\]cdil{}\x80-\x98]")
"""PROTO and its version, then an opcode."""
_PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|BZh|\xfd7zXZ|\x04\x22M\x18|ZF")
_TORCH = re.compile(rb"PK\x03\x04.{26}[^\0]{0,100}data\.pkl", re.DOTALL)
_ZIP = b"PK\x03\x04"
_LAMBDA = re.compile(rb'"class_name": ?"Lambda"')
"""In the configuration, which Keras stores as it is in either of its formats."""
_HDF5 = b"\x89HDF\r\n\x1a\n"


def is_model(path: str) -> bool:
    """Whether a model may be called so, and is no part of a Python package."""
    return bool(_NAME.fullmatch(path)) and not _PACKAGE.search(path)


def unsafe_format(path: str, content: bytes) -> str:
    """The format of a model that runs code when it is loaded, with its article; '' for none."""
    if _PICKLE.match(content):
        return "a Python pickle"
    if _TORCH.match(content):
        return "a PyTorch archive with a pickle in it"
    if path.lower().endswith(".joblib") and _PACKED.match(content):
        return "a compressed Python pickle"
    if content.startswith((_HDF5, _ZIP)) and _LAMBDA.search(content):
        return "a Keras model with a Lambda layer"
    return ""
