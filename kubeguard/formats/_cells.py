"""A caret is only right when tabs, wide characters and escapes are counted in cells."""

from unicodedata import category, east_asian_width

from kubeguard.formats._printable import HIDDEN, printable, spelled

_TAB = 4


def frame(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """The line as a terminal shows it, cut to `room` cells around the columns [start, end).

    Columns are 1-based characters. Returns the text, and where the marks begin and how many cells
    they take; at least one, also when the columns lie past the end of the line.
    """
    start = min(start, len(line) + 1)
    end = max(start + 1, min(end, len(line) + 1))
    if len(line) <= room and line.isascii() and printable(line) is line:
        return line, start - 1, end - start
    first = max(0, start - 1 - room)
    cells = _cells(line, first, min(len(line), start - 1 + 2 * room))
    low, high = _window(cells, start - 1 - first, room)
    more = first + high < len(line)
    lead = "…" if first + low else ""
    text = lead + "".join(shown for shown, _ in cells[low:high]) + ("…" if more else "")
    mark = start - 1 - first
    before = len(lead) + sum(width for _, width in cells[low:mark])
    return text, before, max(1, sum(width for _, width in cells[mark : min(end - 1 - first, high)]))


def _cells(line: str, first: int, last: int) -> list[tuple[str, int]]:
    """What each character becomes, and how many cells it takes."""
    part = line[first:last]
    if part.isascii() and printable(part) is part:
        return [(char, 1) for char in part]
    hidden = {m.start(): spelled(m) for m in HIDDEN.finditer(line, first, last)}
    cells: list[tuple[str, int]] = []
    column = 0
    for index in range(first, last):
        shown = hidden.get(index, line[index])
        if line[index] == "\t":
            shown = " " * (_TAB - column % _TAB)
        taken = len(shown) if len(shown) > 1 else width(shown)
        cells.append((shown, taken))
        column += taken
    return cells


def _window(cells: list[tuple[str, int]], start: int, room: int) -> tuple[int, int]:
    """The slice of cells to show: up to a third of the room before the marks, then what follows."""
    left = room - len("……")
    if sum(taken for _, taken in cells) <= left:
        return 0, len(cells)
    low, spare = _reach_back(cells, start, room // 3)
    left -= room // 3 - spare
    high = start
    while high < len(cells) and cells[high][1] <= left:
        left -= cells[high][1]
        high += 1
    return _reach_back(cells, low, left)[0], high


def _reach_back(cells: list[tuple[str, int]], low: int, left: int) -> tuple[int, int]:
    """The earliest cell within `left` cells before `low`, and what is left of them."""
    while low and cells[low - 1][1] <= left:
        low -= 1
        left -= cells[low][1]
    return low, left


def width(char: str) -> int:
    """Cells one character takes: none for a combining mark, two for a wide one (UAX 11)."""
    if char.isascii():
        return 1
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def fit(text: str, room: int) -> str:
    """The printable text cut to `room` cells, with an ellipsis where it was."""
    if len(text) <= room and text.isascii():
        return text
    taken = 0
    for index, char in enumerate(text):
        taken += width(char)
        if taken > room:
            return text[: max(0, index - 1)] + "…"
    return text
