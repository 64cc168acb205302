"""Small SVG figures without script or style, which a strict Content-Security-Policy shows."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

ROW, LABEL, BAR, CELL, GAP = 22, 190, 260, 10, 6
FOR, AGAINST, INK = "#1f6f8b", "#b4472e", "#1b1b1b"

Grid = NDArray[np.float32]


def bars(title: str, values: Sequence[tuple[str, float]]) -> str:
    """Horizontal bars around a middle line: what speaks for, to the right, and what against."""
    largest = max((abs(value) for _, value in values), default=0.0) or 1.0
    middle = LABEL + BAR / 2
    parts = []
    for number, (label, value) in enumerate(values):
        top, length = (number + 1) * ROW, abs(value) / largest * BAR / 2
        left = middle if value >= 0 else middle - length
        colour = FOR if value >= 0 else AGAINST
        parts += [
            _text(LABEL - GAP, top + 15, _short(label), "end"),
            f'<rect x="{left:.1f}" y="{top + 3}" width="{length:.1f}" height="{ROW - 6}" '
            f'fill="{colour}"/>',
            _text(LABEL + BAR + GAP, top + 15, f"{value:+.3f}", "start"),
        ]
    line = f'<path d="M{middle} {ROW}V{ROW * (len(values) + 1)}" stroke="{INK}"/>'
    return _figure(title, LABEL + BAR + 80, ROW * (len(values) + 1) + GAP, [*parts, line])


def grids(title: str, pictures: Sequence[tuple[str, Grid]], columns: int = 8) -> str:
    """Pictures of numbers, side by side; the darker, the larger; red is below zero."""
    side = pictures[0][1].shape[0] * CELL + GAP
    parts = []
    for number, (label, grid) in enumerate(pictures):
        row, column = divmod(number, columns)
        left, top = GAP + column * side, ROW + row * (side + ROW)
        parts += [*_cells(grid, left, top), _text(left, top + side + 10, label, "start")]
    rows = -(-len(pictures) // columns)
    width = max(GAP + min(len(pictures), columns) * side, 8 * len(title) + GAP)
    return _figure(title, width, ROW + rows * (side + ROW), parts)


def lines(title: str, texts: Sequence[str]) -> str:
    """Sentences below one another."""
    parts = [_text(GAP, (number + 2) * ROW, text, "start") for number, text in enumerate(texts)]
    width = GAP + 7.5 * max(map(len, (title, *texts)))
    return _figure(title, width, ROW * (len(texts) + 2), parts)


def _cells(grid: Grid, left: float, top: float) -> list[str]:
    largest = float(np.abs(grid).max()) or 1.0
    return [
        f'<rect x="{left + column * CELL}" y="{top + row * CELL}" width="{CELL}" height="{CELL}" '
        f'fill="{FOR if value >= 0 else AGAINST}" fill-opacity="{abs(value) / largest:.3f}"/>'
        for (row, column), value in np.ndenumerate(grid)
    ]


def _figure(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    name = escape(title)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" font-family="sans-serif" '
        f'font-size="13" fill="{INK}"><title>{name}</title>'
    )
    return "".join((head, _text(GAP, 15, title, "start"), *parts, "</svg>"))


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _short(label: str, most: int = 26) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
