"""What could not be resolved below each root: where the tool may have missed something."""

from collections import Counter
from typing import Final

from alef_audit.auditing.report import Unresolved
from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.ways import bits

_EXAMPLES: Final = 5


def unresolved_below(reach: Reachability) -> tuple[Unresolved, ...]:
    """For every root that has any, the unresolved calls in functions on its ways to blocking calls, most first."""
    table = reach.graph.table
    by_function: dict[int, list[str]] = {}
    for call in reach.graph.unresolved:
        if table.function(call) in reach.inside:
            continue
        by_function.setdefault(table.function(call), []).append(table.text(call))
    counts: dict[int, Counter[str]] = {}
    for function, texts in by_function.items():
        ways = reach.ways.get(function, {})
        roots = 0
        for way, held in ways.items():
            if not way & OFFLOAD:
                roots |= held
        for root in bits(roots):
            counts.setdefault(root, Counter()).update(texts)
    found = [
        Unresolved(root, sum(counter.values()), tuple(text for text, _ in _most(counter)))
        for root, counter in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.calls, one.root)))


def _most(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:_EXAMPLES]
