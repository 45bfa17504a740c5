"""Why no entry point reaches a function on the event loop, or what stands in between."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from alef_audit.auditing.answer import NearRoot, Reason, ReasonKind
from alef_audit.auditing.paths import Origin, Searched, guards_along, origins, paths_from_roots
from alef_audit.auditing.trace import frames_to, label_of
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.guards import OFFLOAD, guards_of
from alef_audit.reachability.reach import COLD_ROLES

_MOST: Final = 5
_LOADED: Final = "only code that runs when a module is loaded leads here"


class _Why(NamedTuple):
    kind: ReasonKind
    message: str


def unreached(
    searched: Searched, function: int, near: tuple[NearRoot, ...], excluded: frozenset[int], tests_read: bool
) -> Iterator[Reason]:
    """What guards cut off a function; if no root leads there at all, where its callers end."""
    if near:
        if near[0].verdict == "discharged":
            yield from _guarded(searched, function)
        return
    graph = searched.reach.graph
    roots: dict[int, RootSite] = {root.function: root for root in graph.roots}
    cold = set(roots) | set(graph.said) | excluded
    told: set[tuple[str, str]] = set()
    found = list(origins(graph, function, lambda at: at in cold))
    for origin in found:
        why = _origin(graph, origin.function, roots.get(origin.function), excluded, tests_read=tests_read)
        key = (why.kind, why.message)
        if why.kind == "never-called" and any(kind != "never-called" for kind, _ in told):
            continue
        if key not in told and len(told) < _MOST:
            told.add(key)
            yield _reason(graph, why, origin, function)
    for name, at in _names(graph, found, function):
        yield from _missing(graph, name, at)


def _guarded(searched: Searched, function: int) -> Iterator[Reason]:
    """The guards on the nearest paths, each once, and where they stand."""
    graph, judge = searched.reach.graph, searched.judge
    told: set[tuple[int, int]] = set()
    for path in paths_from_roots(searched, function):
        edge = next((edge for edge in path.edges if guards_along(graph, [edge]) & judge.discharging), None)
        if edge is None or (edge.call, edge.callee) in told:
            continue
        told.add((edge.call, edge.callee))
        bits = guards_along(graph, [edge]) & judge.discharging
        place, facts = graph.program.place(edge.caller)
        inner, callee = graph.program.place(edge.callee)
        said = f", as {graph.said[edge.callee]} says" if edge.callee in graph.said else ""
        label, kinds = label_of(callee, inner), ", ".join(guards_of(bits))
        what = "runs off the loop" if bits & OFFLOAD else "stands behind a guard that keeps its result"
        message = f"{label} {what} ({kinds}) when {label_of(facts, place)} calls it{said}"
        kind: ReasonKind = "off-loop" if bits & OFFLOAD else "discharged"
        yield Reason(kind, message, place, edge.line, frames_to(graph, function, list(path.edges)))


def _origin(
    graph: CallGraph, function: int, root: RootSite | None, excluded: frozenset[int], *, tests_read: bool
) -> _Why:
    """What is to be said of the function where a chain of callers ends."""
    path, facts = graph.program.place(function)
    role = graph.program.unit_of(function).role
    label = label_of(facts, path)
    said = graph.said.get(function, "")
    if root is not None and root.kind == "cli" and said:
        return _Why("startup-only", f"{label} runs at start-up only, as {said} says")
    if role in COLD_ROLES:
        return _Why("cold", f"only code of the role {role} leads here: nothing in such files is an entry point")
    if function in excluded and root is None:
        return _Why("not-hot", f"the configuration says that {label} is no entry point (not-roots)")
    if root is not None and root.runs_on != "event-loop" and root.kind != "cli":
        return _Why("not-hot", f"{label} runs on a {root.runs_on}, not on the event loop: {root.why or said}")
    if root is not None:
        return _Why("cold", f"{label} is an entry point of kind {root.kind}, which is never hot: {root.why}")
    if facts.parent < 0:
        return _Why("cold", _LOADED)
    if role == "cli":
        return _Why("cold", "only functions of command-line files that nothing calls lead here")
    tests = "" if tests_read else " (tests are not read)"
    return _Why("never-called", f"nothing that was found calls {label}{tests}")


def _reason(graph: CallGraph, why: _Why, origin: Origin, function: int) -> Reason:
    path, facts = graph.program.place(origin.function)
    line = origin.edges[0].line if origin.edges and facts.parent < 0 else facts.line
    trace = frames_to(graph, function, list(origin.edges)) if origin.edges else ()
    if why.message == _LOADED and not origin.edges:
        return Reason(why.kind, "it runs when the module is loaded", path, line)
    moved = guards_along(graph, list(origin.edges)) & OFFLOAD
    message = f"{why.message}, and off the loop ({', '.join(guards_of(moved))})" if moved else why.message
    return Reason(why.kind, message, path, line, trace)


def _names(graph: CallGraph, found: list[Origin], function: int) -> Iterator[tuple[str, int]]:
    """The names under which what nothing calls might be called after all: its own, and those above it."""
    told: set[str] = set()
    called = {edge.callee for edge in graph.edges}
    for at in (function, *(origin.function for origin in found[:_MOST])):
        name = graph.program.functions[at].name
        if at not in called and len(name) > 1 and name not in told and not name.startswith("<"):
            told.add(name)
            yield name, at


def _missing(graph: CallGraph, name: str, function: int) -> Iterator[Reason]:
    """Calls of that name that lead nowhere known."""
    language = graph.program.unit_of(function).facts.language
    table = graph.table
    shown = 0
    for call in graph.unresolved:
        unit = graph.program.unit_of(table.function(call))
        if table.member(call) != name or unit.facts.language != language:
            continue
        if shown == _MOST:
            return
        shown += 1
        message = f"{table.text(call)} might be a call of it, and could not be resolved"
        yield Reason("missing-edge", message, unit.path, table.line(call))
