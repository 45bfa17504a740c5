"""Where the functions and calls of a file stand.

A node of tree-sitter finds its parent by a search from the root: climbing from a node that lies deep costs the square
of its depth.  So what is around what is worked out from the order of the nodes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from tree_sitter import Language, Node, Query, QueryCursor

from alef_audit.frontends.function_nodes import FUNCTION_NODES

CALLS: Final = {"call_expression": "function", "new_expression": "constructor", "call": "function"}
MEMBERS: Final = {"member_expression": ("object", "property"), "attribute": ("object", "attribute")}
_DEEPEST: Final = 3_000  # nodes; a chain of a thousand calls is as deep
Point = tuple[int, int]  # row and column in bytes, from 0


class Nested:
    """Nodes of one kind that may lie in one another."""

    __slots__ = ("_nodes", "_outer", "_starts")

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = sorted(nodes, key=_outermost_first)
        self._starts: list[Point] = [node.start_point for node in self._nodes]
        self._outer = self._enclosing()

    def around(self, point: Point) -> Iterator[Node]:
        """Those around a place, innermost first."""
        place = bisect_right(self._starts, point) - 1
        while place >= 0:
            if self._nodes[place].end_point > point:
                yield self._nodes[place]
            place = self._outer[place]

    def _enclosing(self) -> list[int]:
        """By the number of each, that of the one around it."""
        outer: list[int] = []
        stack: list[int] = []
        for number, node in enumerate(self._nodes):
            while stack and self._nodes[stack[-1]].end_byte <= node.start_byte:
                stack.pop()
            outer.append(stack[-1] if stack else -1)
            stack.append(number)
        return outer


def functions_below(node: Node, language: Language) -> Nested:
    """The functions below `node`, itself included."""
    return Nested(cursor_for(_query(language, "function")).captures(node).get("function", ()))


def calls_by_start(node: Node, language: Language, rows: range) -> dict[Point, list[Node]]:
    """The calls below `node` that touch these rows, by where they start, innermost first."""
    cursor = cursor_for(_query(language, "call"))
    cursor.set_point_range((max(0, rows.start), 0), (rows.stop, 0))
    found: dict[Point, list[Node]] = {}
    for call in sorted(cursor.captures(node).get("call", ()), key=_outermost_first, reverse=True):
        found.setdefault(call.start_point, []).append(call)
    return found


def cursor_for(query: Query) -> QueryCursor:
    """A cursor that stays above a depth that code of people never comes near: its time grows with a square there."""
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(_DEEPEST)
    return cursor


@lru_cache(maxsize=8)
def _query(language: Language, name: str) -> Query:
    kinds = sorted(FUNCTION_NODES if name == "function" else CALLS)
    return Query(language, "\n".join(f"({kind}) @{name}" for kind in kinds if language.id_for_node_kind(kind, True)))


def _outermost_first(node: Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte
