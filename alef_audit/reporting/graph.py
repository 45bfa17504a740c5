"""The call graph as `audit graph` hands it to its reporters."""

import msgspec

from alef_audit.auditing.report import How


class External(msgspec.Struct, frozen=True):
    """A callee outside the audited tree, by its canonical name."""

    external: str


class GraphFunction(msgspec.Struct, frozen=True, rename={"is_async": "async"}):
    """A function or a module body. `name` is module-qualified: `pkg.mod.Class.method`, `pkg.mod` for the body."""

    id: int
    name: str
    path: str
    line: int
    column: int
    end_line: int
    is_async: bool


class GraphEdge(msgspec.Struct, frozen=True):
    """A call in `caller` on `line`; `callee` is the id of a function, or external."""

    caller: int
    callee: int | External
    line: int
    how: How


class GraphView(msgspec.Struct, frozen=True):
    """Functions sorted by path and position, edges by caller and line, so that the output is stable."""

    functions: tuple[GraphFunction, ...]
    edges: tuple[GraphEdge, ...]
