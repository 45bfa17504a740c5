"""What a change does to the findings, by pairs of entry point and blocking call.

A finding is *introduced* if the change lets some entry point reach its call that did not before, *healed* if none
reaches it any more, else it *remains*.  Neither the call nor the entry point needs to stand in a changed line: what
made the difference is looked for along the path, and that is where the finding is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from alef_audit.auditing.report import Cause, Comparison, Finding, Frame, Healed, Introduced, Root, counts
from alef_audit.auditing.trace import label_of
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.guards import guards_of
from alef_audit.git.changes import Changes

_Function = tuple[str, str]  # path, label
_RootName = tuple[str, str, str]  # kind, path, label
_FindingName = tuple[str, str, str, str, str]  # path, function, call, pattern, rule
_WORSE: Final = ("discharged", "mitigated", "exposed")


class Side(NamedTuple):
    """One of the two revisions: its call graph (None: there was nothing to audit), entry points and findings."""

    graph: CallGraph | None
    roots: Sequence[Root]
    findings: Sequence[Finding]


def introduced_pairs(before: Side, after: Side, changes: Changes) -> dict[str, int]:
    """By fingerprint of a finding that counts in `after`, the bit set of the roots that did not reach it before."""
    known = _matched(before, after, changes)
    found: dict[str, int] = {}
    for finding in filter(counts, after.findings):
        old = known.get(finding.fingerprint)
        reached = {} if old is None else _reach(old, before.roots, changes.renamed)
        bits = 0
        for number, verdict in _pairs(finding):
            name = _root_name(after.roots[number], {})
            if name not in reached or _WORSE.index(verdict) > reached[name]:
                bits |= 1 << number
        if bits:
            found[finding.fingerprint] = bits
    return found


def compared(
    revisions: tuple[str, str], before: Side, after: Side, new: Iterable[Finding], changes: Changes
) -> Comparison:
    """The comparison of base and head, named by `revisions`.

    `new` are the findings of `introduced_pairs`, each by a path from one of these roots.
    """
    known = _matched(before, after, changes)
    there = {finding.fingerprint for finding in known.values()}
    gone = [f for f in before.findings if counts(f) and f.fingerprint not in there]
    told = _Base(before, changes.renamed)
    introduced = tuple(
        Introduced(finding, _cause(finding, after.roots[finding.root], told, changes), finding.fingerprint in known)
        for finding in new
    )
    fresh = {one.finding.fingerprint for one in introduced}
    return Comparison(
        base=revisions[0],
        head=revisions[1],
        introduced=introduced,
        healed=tuple(Healed(finding, before.roots[finding.root]) for finding in gone),
        remaining=tuple(f.fingerprint for f in after.findings if counts(f) and f.fingerprint not in fresh),
    )


def _matched(before: Side, after: Side, changes: Changes) -> dict[str, Finding]:
    """By fingerprint of a finding in `after`, the same finding in `before`.

    Of several by the same name, those on changed lines are the new ones.  What is muted now is no healed finding.
    """
    old: dict[_FindingName, list[Finding]] = {}
    for finding in filter(counts, before.findings):
        old.setdefault(_name(finding, changes.renamed), []).append(finding)
    new: dict[_FindingName, list[Finding]] = {}
    for finding in after.findings:
        if finding.verdict != "discharged":
            new.setdefault(_name(finding, {}), []).append(finding)
    found: dict[str, Finding] = {}
    for name, same in new.items():
        same.sort(key=lambda f: (f.sink.line in changes.lines.get(f.sink.path, ()), f.sink.line, f.sink.column))
        earlier = sorted(old.get(name, ()), key=lambda f: (f.sink.line, f.sink.column))
        found |= {finding.fingerprint: known for finding, known in zip(same, earlier, strict=False)}
    return found


def _name(finding: Finding, renamed: Mapping[str, str]) -> _FindingName:
    sink = finding.sink
    return renamed.get(sink.path, sink.path), sink.function, sink.call, finding.pattern, finding.rule


def _root_name(root: Root, renamed: Mapping[str, str]) -> _RootName:
    return root.kind, renamed.get(root.path, root.path), root.function


def _pairs(finding: Finding) -> Iterator[tuple[int, str]]:
    """The roots that reach a finding, each with its verdict; not those by which it is discharged."""
    if finding.root >= 0:
        yield finding.root, finding.verdict
    yield from ((one.root, one.verdict) for one in finding.also_reached_from if one.verdict != "discharged")


def _reach(finding: Finding, roots: Sequence[Root], renamed: Mapping[str, str]) -> dict[_RootName, int]:
    """By name of a root that reaches the finding, how bad its worst verdict is."""
    found: dict[_RootName, int] = {}
    for number, verdict in _pairs(finding):
        name = _root_name(roots[number], renamed)
        found[name] = max(found.get(name, 0), _WORSE.index(verdict))
    return found


class _Base:
    """What the base had: functions, calls between them with the guards around these, blocking calls, entry points."""

    __slots__ = ("edges", "functions", "roots", "sinks")

    def __init__(self, side: Side, renamed: Mapping[str, str]) -> None:
        self.edges: dict[tuple[_Function, _Function], int] = {}
        self.sinks: set[tuple[_Function, str]] = set()
        self.functions: set[_Function] = set()
        self.roots = {_root_name(root, renamed) for root in side.roots}
        if side.graph is None:
            return
        graph, names = side.graph, dict[int, _Function]()

        def name(function: int) -> _Function:
            if function not in names:
                path, facts = graph.program.place(function)
                names[function] = renamed.get(path, path), label_of(facts, path)
            return names[function]

        for edge in graph.edges:
            key = name(edge.caller), name(edge.callee)
            guards = edge.guards | graph.function_guards.get(edge.callee, 0)
            self.edges[key] = self.edges.get(key, -1) & guards
        self.sinks = {(name(sink.function), sink.text) for sink in graph.sinks}
        self.functions = {name(function) for function in range(len(graph.program.functions))}


def _cause(finding: Finding, root: Root, base: _Base, changes: Changes) -> Cause:
    """What made the difference: the first new call of the path, the entry point, a lost guard, a changed line."""
    frames = finding.trace
    for index, frame in enumerate(frames):
        if not _was_there(index, finding, base):
            is_new = (frame.path, frame.function) not in base.functions
            return Cause(
                "call", f"{frame.function}{' is new and' if is_new else ' now'} calls {frame.call}", *_at(frame)
            )
    if _root_name(root, {}) not in base.roots:
        line, path = root.registered_line or root.line, root.registered_path or root.path
        return Cause("root", f"{root.function} is now an entry point ({root.kind})", root.function, path, line, 1)
    for frame, following in pairwise(frames):
        before = base.edges.get((_function(frame), _function(following)), 0)
        lost = [kind for kind in guards_of(max(before, 0)) if kind not in frame.guards]
        if lost:
            return Cause("guard", f"the call is no longer behind {', '.join(lost)}", *_at(frame))
    for frame in frames:
        if frame.line in changes.lines.get(frame.path, ()):
            return Cause("line", f"{frame.function} changes around its call of {frame.call}", *_at(frame))
    return Cause("unknown", "the call was not reached, or not on the event loop, before", *_at(frames[-1]))


def _was_there(index: int, finding: Finding, base: _Base) -> bool:
    frame = finding.trace[index]
    if index + 1 < len(finding.trace):
        return (_function(frame), _function(finding.trace[index + 1])) in base.edges
    return (_function(frame), finding.sink.call) in base.sinks


def _function(frame: Frame) -> _Function:
    return frame.path, frame.function


def _at(frame: Frame) -> tuple[str, str, int, int]:
    return frame.function, frame.path, frame.line, frame.column
