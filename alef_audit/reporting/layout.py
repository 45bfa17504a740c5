"""Laying out terminal lines: styled pieces, wrapped chunks, aligned columns.

Everything is built from `rich.text.Text` without markup; a reporter hands on finished lines.
"""

import textwrap
from collections.abc import Iterable, Sequence

import msgspec
from rich.cells import cell_len
from rich.text import Text

from alef_audit.reporting.escape import clean

Piece = str | tuple[str, str]  # text, or text and style

STYLES: dict[str, str] = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold blue",
    "hot": "red",
    "loop": "magenta",
    "guard": "cyan",
    "fix": "green",
    "quiet": "dim",
    "strong": "bold",
}


class Glyphs(msgspec.Struct, frozen=True):
    """The few characters beyond ASCII, so that a terminal that cannot show them gets others."""

    root: str
    through: str
    skipped: str
    sink: str
    times: str
    dot: str
    rule: str


UNICODE = Glyphs(root="●", through="│", skipped="┆", sink="■", times="×", dot="·", rule="─")
ASCII = Glyphs(root="*", through="|", skipped=":", sink="#", times="x", dot="-", rule="-")


def styled(*pieces: Piece) -> Text:
    """One line of pieces; styles are names of `STYLES` or rich styles. Text of any origin is made safe."""
    line = Text(no_wrap=True, overflow="ignore", end="")
    for piece in pieces:
        text, style = (piece, "") if isinstance(piece, str) else piece
        line.append(clean(text), STYLES.get(style, style))
    return line


def width_of(text: str) -> int:
    """Terminal cells that `text` takes once it is made safe."""
    return cell_len(clean(text))


def pad(text: str, width: int) -> str:
    """`text` filled up with blanks to `width` cells; never cut, for a cut path cannot be opened."""
    return text + " " * max(0, width - width_of(text))


def flow(
    first: Text, chunks: Sequence[Piece], hanging: Text, width: int, separator: str = "  ", split: bool = True
) -> list[Text]:
    """Write `chunks` after `first`, breaking between chunks, and inside one only if it is wider than a line.

    Continuation lines start with `hanging`.  Lines are at most `width` cells wide, unless a single word is wider.
    Without `split` a chunk is never broken: for what people copy.
    """
    room = width - hanging.cell_len
    lines = [first.copy()]
    fresh = True
    for chunk in (part for whole in chunks for part in (_fitting(whole, room) if split else [whole])):
        piece = styled(chunk)
        needed = piece.cell_len if fresh else cell_len(separator) + piece.cell_len
        if lines[-1].cell_len + needed > width and not (fresh and len(lines) > 1):
            lines.append(hanging.copy())
            fresh = True
        if not fresh:
            lines[-1].append(separator)
        lines[-1].append_text(piece)
        fresh = False
    return [_without_trailing_blanks(line) for line in lines]


def paragraph(text: str, width: int, indent: int = 0, style: str = "") -> list[Text]:
    """`text` wrapped at `width`, every line indented."""
    room = max(20, width - indent)
    return [
        styled(" " * indent, (part, style))
        for part in textwrap.wrap(clean(" ".join(text.split())), room, break_long_words=False, break_on_hyphens=False)
    ]


def labelled(
    label: str, chunks: Sequence[Piece], width: int, column: int, separator: str = "  ", split: bool = True
) -> list[Text]:
    """`  label   chunks…`, wrapped; the chunks start at `column`. Nothing without chunks."""
    if not chunks:
        return []
    first = styled("  ", (label, "quiet"))
    first.append(" " * max(1, column - first.cell_len))
    return flow(first, chunks, styled(" " * column), width, separator, split)


def widest(texts: Iterable[str], cap: int) -> int:
    """The width of a column that holds `texts`: the widest of those that are at most `cap` cells wide."""
    return max((w for w in (width_of(text) for text in texts) if w <= cap), default=0)


def _fitting(chunk: Piece, room: int) -> list[Piece]:
    text, style = (chunk, "") if isinstance(chunk, str) else chunk
    if width_of(text) <= max(room, 20):
        return [(text, style)]
    parts = textwrap.wrap(clean(text), max(room, 20), break_long_words=False, break_on_hyphens=False)
    return [(part, style) for part in parts]


def _without_trailing_blanks(line: Text) -> Text:
    line.rstrip()
    return line
