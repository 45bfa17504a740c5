"""A plot of time per thousand lines over the size of a tree, as SVG."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from markupsafe import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 300, 60, 46, 44, 24
_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    '<rect width="{width}" height="{height}" fill="#ffffff"/>'
)
_ROUND: Final = (1, 2, 5, 10)  # ends of an axis, times a power of ten


class Point(NamedTuple):
    """A tree: what it is called, its lines, and seconds per thousand of them."""

    title: str
    lines: int
    seconds: float


def plot(title: str, points: Sequence[Point]) -> str:
    """The picture: lines on a logarithmic axis, seconds from zero; points of the same title are joined."""
    return "\n".join((_HEAD.format(width=_WIDTH, height=_HEIGHT), *_drawn(title, points), "</svg>", ""))


def _drawn(title: str, points: Sequence[Point]) -> Iterator[str]:
    first = math.floor(math.log10(min(point.lines for point in points)))
    last = math.ceil(math.log10(max(point.lines for point in points)))
    top = _round_above(max(point.seconds for point in points))

    def x(lines: float) -> float:
        return _LEFT + (math.log10(lines) - first) / max(last - first, 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(seconds: float) -> float:
        return _HEIGHT - _BOTTOM - seconds / top * (_HEIGHT - _BOTTOM - _TOP)

    yield _text(_LEFT, 20, title, "start", "#111111")
    for power in range(first, last + 1):
        yield _line(x(10**power), y(0), x(10**power), y(top))
        yield _text(x(10**power), _HEIGHT - 26, f"{10**power:,}", "middle")
    yield _text(_WIDTH - _RIGHT, _HEIGHT - 8, "lines read", "end")
    for part in range(5):
        seconds = top * part / 4
        yield _line(x(10**first), y(seconds), x(10**last), y(seconds))
        yield _text(_LEFT - 6, y(seconds) + 4, f"{seconds * 1000:g} ms", "end")
    for number, name in enumerate(dict.fromkeys(point.title for point in points)):
        colour = ("#1f5fbf", "#bf5b1f", "#2f8f4f")[number % 3]
        own = sorted((point.lines, point.seconds) for point in points if point.title == name)
        places = " ".join(f"{x(lines):.1f},{y(seconds):.1f}" for lines, seconds in own)
        yield f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x(one):.1f}" cy="{y(two):.1f}" r="4" fill="{colour}"/>' for one, two in own)
        yield _text(_WIDTH - _RIGHT, 20 + 16 * number, name, "end", colour)


def _round_above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _ROUND if step * power >= value)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#555555") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
