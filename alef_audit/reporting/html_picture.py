"""The picture of the hot paths: entry points, what would heal most, blocking calls, and bands as wide as they are many.

A flow diagram in three columns (after H. R. Sankey, 1898): every finding is one unit of flow from the kind of its root
through the fix point that heals it to its call.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from alef_audit.auditing.report import AuditReport, Finding

WIDTH: Final = 1000
_COLUMN: Final = 14  # width of a node
_GAP: Final = 10  # between nodes
_MOST: Final = 12  # nodes of a column; the rest is one
_TALLEST: Final = 520
_PER_FINDING: Final = 26  # at most, so that three findings do not fill a page
_OTHERS: Final = "others"
_NO_POINT: Final = "no fix in common"


class Node(msgspec.Struct, frozen=True):
    column: int  # 0: roots, 1: fix points, 2: calls
    name: str
    count: int
    x: float
    y: float
    height: float


class Band(msgspec.Struct, frozen=True):
    """Findings that two nodes share, as the outline of an SVG path."""

    source: str
    target: str
    column: int  # of the source
    count: int
    outline: str
    errors: int


class Picture(msgspec.Struct, frozen=True):
    height: float
    nodes: tuple[Node, ...]
    bands: tuple[Band, ...]


def places(report: AuditReport, findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """For each finding the names of its three nodes: kind of root, fix point, call."""
    owner: dict[str, str] = {}
    for point in sorted(report.fix_points, key=lambda point: -len(point.heals)):
        for fingerprint in point.heals:
            owner.setdefault(fingerprint, point.function)
    raw = [(report.roots[f.root].kind, owner.get(f.fingerprint, _NO_POINT), f.sink.call) for f in findings]
    kept = [_largest(Counter(row[column] for row in raw)) for column in range(3)]
    return [
        (
            row[0] if row[0] in kept[0] else _OTHERS,
            row[1] if row[1] in kept[1] else _OTHERS,
            row[2] if row[2] in kept[2] else _OTHERS,
        )
        for row in raw
    ]


def picture(findings: Sequence[Finding], named: Sequence[tuple[str, str, str]]) -> Picture:
    """Where everything stands; empty without findings."""
    if not findings:
        return Picture(0, (), ())
    columns = [Counter(row[column] for row in named) for column in range(3)]
    most = max(len(column) for column in columns)
    unit = min(_PER_FINDING, (_TALLEST - _GAP * (most - 1)) / len(findings))
    nodes = [node for number, column in enumerate(columns) for node in _stacked(number, column, unit)]
    by_name = {(node.column, node.name): node for node in nodes}
    bands: list[Band] = []
    for column in (0, 1):
        pairs = Counter((row[column], row[column + 1]) for row in named)
        errors = Counter(
            (row[column], row[column + 1]) for row, f in zip(named, findings, strict=True) if f.level == "error"
        )
        bands += _bands(column, pairs, errors, by_name, unit)
    return Picture(max(node.y + node.height for node in nodes) + _GAP, tuple(nodes), tuple(bands))


def _largest(counts: Counter[str]) -> frozenset[str]:
    if len(counts) <= _MOST:
        return frozenset(counts)
    return frozenset(name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: _MOST - 1])


def _order(item: tuple[str, int]) -> tuple[bool, int, str]:
    """Most first, what has no name of its own last."""
    return item[0] in (_OTHERS, _NO_POINT), -item[1], item[0]


def _stacked(column: int, counts: Counter[str], unit: float) -> Iterable[Node]:
    x = (0.0, (WIDTH - _COLUMN) / 2, float(WIDTH - _COLUMN))[column]
    y = 0.0
    for name, count in sorted(counts.items(), key=_order):
        yield Node(column, name, count, x, round(y, 1), round(count * unit, 1))
        y += count * unit + _GAP


def _bands(
    column: int,
    pairs: Counter[tuple[str, str]],
    errors: Counter[tuple[str, str]],
    nodes: dict[tuple[int, str], Node],
    unit: float,
) -> Iterable[Band]:
    left: Counter[str] = Counter()
    right: Counter[str] = Counter()

    def placed(pair: tuple[str, str]) -> tuple[float, float]:
        return nodes[column, pair[0]].y, nodes[column + 1, pair[1]].y

    for pair in sorted(pairs, key=placed):
        count, (source, target) = pairs[pair], (nodes[column, pair[0]], nodes[column + 1, pair[1]])
        start, end = source.y + left[pair[0]] * unit, target.y + right[pair[1]] * unit
        left[pair[0]] += count
        right[pair[1]] += count
        outline = _outline(source.x + _COLUMN, start, target.x, end, count * unit)
        yield Band(pair[0], pair[1], column, count, outline, errors[pair])


def _outline(x1: float, y1: float, x2: float, y2: float, thick: float) -> str:
    middle = (x1 + x2) / 2
    return (
        f"M{x1:.1f},{y1:.1f}C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
        f"V{y2 + thick:.1f}C{middle:.1f},{y2 + thick:.1f} {middle:.1f},{y1 + thick:.1f} {x1:.1f},{y1 + thick:.1f}Z"
    )
