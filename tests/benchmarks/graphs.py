"""Call graphs as values, and readers of what tools export: Jelly, PyCG, `audit graph`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, get_args

import msgspec

from alef_audit.reporting.graph import GraphView

Format = Literal["jelly", "pycg", "alef"]
FORMATS: tuple[Format, ...] = get_args(Format)


class Function(NamedTuple):
    """A function as a tool names it; what its format does not say is empty or 0."""

    name: str  # dotted and module-qualified
    path: str
    line: int
    column: int
    end_line: int
    end_column: int = 0


class Edge(NamedTuple):
    """A call: indices into the functions of the graph, the line of the call if known, our `how` if it is our edge."""

    caller: int
    callee: int
    line: int = 0
    how: str = ""


class Graph(NamedTuple):
    """What one tool says of a tree."""

    functions: tuple[Function, ...]
    edges: tuple[Edge, ...]


class UnknownFormat(ValueError):
    """The file is not a call graph in the format asked for, or in none that is known."""


class _Jelly(msgspec.Struct):
    """`jelly --callgraph-json`; a location is `file:line:column:end line:end column`, with `?` for what is unknown."""

    files: list[str]
    functions: dict[int, str]
    calls: dict[int, str]
    fun2fun: list[tuple[int, int]]
    call2fun: list[tuple[int, int]]


def read_graph(content: bytes, wanted: Format | None = None) -> Graph:
    """The graph that a JSON document holds, in the format wanted or in the one that fits. Raises UnknownFormat."""
    complaints: list[str] = []
    for name in (wanted,) if wanted else FORMATS:
        try:
            return _READERS[name](content)
        except (msgspec.MsgspecError, LookupError) as error:
            complaints.append(f"{name}: {error}")
    raise UnknownFormat("no call graph that can be read: " + "; ".join(complaints))


def from_view(view: GraphView) -> Graph:
    """Our own graph, without the calls that leave the tree."""
    numbers = {function.id: number for number, function in enumerate(view.functions)}
    return Graph(
        tuple(Function(f.name, f.path, f.line, f.column, f.end_line) for f in view.functions),
        tuple(
            Edge(numbers[edge.caller], numbers[edge.callee], edge.line, edge.how)
            for edge in view.edges
            if isinstance(edge.callee, int)
        ),
    )


def _alef(content: bytes) -> Graph:
    return from_view(msgspec.json.decode(content, type=GraphView))


def _pycg(content: bytes) -> Graph:
    """An adjacency list over dotted names, `{"main": ["main.f"], "main.f": []}`."""
    adjacent = msgspec.json.decode(content, type=dict[str, list[str]])
    names = sorted({*adjacent, *(name for callees in adjacent.values() for name in callees)})
    numbers = {name: number for number, name in enumerate(names)}
    return Graph(
        tuple(Function(name, "", 0, 0, 0) for name in names),
        tuple(
            Edge(numbers[caller], numbers[callee]) for caller, callees in sorted(adjacent.items()) for callee in callees
        ),
    )


def _jelly(content: bytes) -> Graph:
    document = msgspec.json.decode(content, type=_Jelly)
    places = {number: _place(document.files, location) for number, location in sorted(document.functions.items())}
    functions = tuple(dict.fromkeys(places.values()))  # some module bodies are listed twice
    indices = {function: index for index, function in enumerate(functions)}
    numbers = {number: indices[place] for number, place in places.items()}
    innermost = enclosing(functions)
    lines: dict[tuple[int, int], int] = {}
    for call, callee in document.call2fun:
        site = _place(document.files, document.calls[call])
        pair = innermost(site), numbers[callee]
        lines[pair] = min(site.line, lines.get(pair, site.line))
    pairs = sorted({(numbers[caller], numbers[callee]) for caller, callee in document.fun2fun})
    return Graph(functions, tuple(Edge(*pair, lines.get(pair, 0)) for pair in pairs))


def _place(files: list[str], location: str) -> Function:
    file, *numbers = location.split(":")
    return Function("", files[int(file)], *(int(one) if one.isdecimal() else 0 for one in numbers))


def enclosing(functions: Iterable[Function]) -> Callable[[Function], int]:
    """From a place to the index of the smallest of the functions that holds it, -1 if none does."""
    by_path: defaultdict[str, list[tuple[int, Function]]] = defaultdict(list)
    for index, function in enumerate(functions):
        by_path[function.path].append((index, function))

    def innermost(place: Function) -> int:
        start = place.line, place.column
        held = [
            (function.line, function.column, -function.end_line, -function.end_column, index)
            for index, function in by_path[place.path]
            if (function.line, function.column) <= start <= (function.end_line, function.end_column)
        ]
        return max(held)[-1] if held else -1

    return innermost


_READERS: dict[Format, Callable[[bytes], Graph]] = {"jelly": _jelly, "pycg": _pycg, "alef": _alef}
