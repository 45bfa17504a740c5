"""Functions that end the process, always or on a path of their own: `process.exit(1)`, `sys.exit()`.

What always ends it runs once, whatever event it waits for.  A coroutine that ends it where something fails is the work
of a command: a server that awaits it would go down with it, and so nothing that serves does.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.always import always_leading, is_always_made
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.rulepack.lexicon import EndingWords

_ONCE: Final = "ends the process: runs once"
# What people ask for may end the process as well (`POST /restart`): its other work is done while others wait.
_EVENTS: Final = frozenset(("message", "lifecycle", "tick", "warmup"))


def ending_functions(graph: CallGraph, words: EndingWords) -> frozenset[int]:
    """The functions of which one path, at least, ends the process by a call of their own."""
    return frozenset(graph.table.function(call) for call in _exits(graph, words))


def run_once(graph: CallGraph, roots: list[RootSite], words: EndingWords) -> list[RootSite]:
    """`roots`, those of them that are registered and always end the process as part of its end."""
    if not any(_waits(root) for root in roots):
        return roots
    ends = _always_ending(graph, words)
    return [
        replace(root, kind="shutdown", why=_ONCE) if _waits(root) and root.function in ends else root for root in roots
    ]


def _waits(root: RootSite) -> bool:
    return root.call >= 0 and root.kind in _EVENTS and root.runs_on == "event-loop"


def _exits(graph: CallGraph, words: EndingWords) -> Iterator[int]:
    """The calls that end the process, outside of the bodies of files."""
    texts = frozenset(words.calls)
    nodes = {node for _, node in graph.externals if graph.api.text[node] in texts}
    functions = graph.program.functions
    for call, node in graph.externals:
        if node in nodes and functions[graph.table.function(call)].parent >= 0:
            yield call


def _always_ending(graph: CallGraph, words: EndingWords) -> set[int]:
    """The functions that end the process by a call under no test, be it by another such function."""
    made = (call for call in _exits(graph, words) if is_always_made(graph, call))
    return always_leading(graph, map(graph.table.function, made))
