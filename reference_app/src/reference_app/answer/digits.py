"""Names the digit in a small image."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference_app.answer.encoding import open_session
from reference_app.models.registry import Model

Pixels = NDArray[np.float32]

SIDE, BRIGHTEST = 8, 16.0


class Reading(NamedTuple):
    """Probabilities (10,) of the digits, and what the two layers saw: (8, 8, 8) and (16, 8, 8)."""

    probabilities: Pixels
    first: Pixels
    second: Pixels

    @property
    def digit(self) -> int:
        """The likeliest digit."""
        return int(self.probabilities.argmax())


class DigitReader:
    """The digit classifier."""

    def __init__(self, model: Model) -> None:
        self.label = model.label
        self._session = open_session(model.file("model.onnx"))

    def read(self, pixels: Pixels) -> Reading:
        """What one image (8, 8), with values 0 to 16, shows."""
        outputs = self._session.run(["probabilities", "first", "second"], {"pixels": pixels[None]})
        return Reading(*(output[0] for output in outputs))

    def saliency(self, pixels: Pixels) -> Pixels:
        """How much probability (8, 8) the digit loses when a pixel and its neighbours go dark."""
        digit = self.read(pixels).digit
        covered = np.repeat(pixels[None], SIDE * SIDE, axis=0)
        for place, image in enumerate(covered):
            row, column = divmod(place, SIDE)
            image[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 0.0
        images = np.concatenate([pixels[None], covered])
        probabilities = self._session.run(["probabilities"], {"pixels": images})[0][:, digit]
        lost: Pixels = (probabilities[0] - probabilities[1:]).reshape(SIDE, SIDE)
        return lost


def parse_pixels(raw: object) -> Pixels:
    """An image from JSON; ValueError unless it is 8 rows of 8 numbers from 0 to 16."""
    rows = raw if isinstance(raw, list) else []
    if len(rows) != SIDE or not all(isinstance(row, list) and len(row) == SIDE for row in rows):
        raise ValueError("pixels must be 8 rows of 8 numbers")
    if not all(
        type(value) in (int, float) and 0 <= value <= BRIGHTEST for row in rows for value in row
    ):
        raise ValueError("every pixel must be a number from 0 to 16")
    return np.array(rows, np.float32)
