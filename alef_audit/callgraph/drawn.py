"""What waits when its elements are drawn: `for row in query`, `list(cursor)`, `next(stream)` over values of libraries.

Iterating has no call of its own: it stands for `__next__` of what is iterated over.  Where the call that made the
value, or another one on the same object, is told already and costs as much, that one stands for both.  The same holds
for members of which a model says that they draw: `cursor.execute(query)`, then `cursor.fetchall()`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.argued import Arguments
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import CallGraph, SinkSite
from alef_audit.callgraph.operations import ITERATING
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.rulepack.kinds import COSTS

NEXT: Final = "__next__"
ENTER: Final = "__enter__"
# Waiting for a lock or signing in is something else than what is done with the object before or after that.
OF_THEMSELVES: Final = ("blocking.wait", "blocking.auth")
_MAKERS: Final = 6  # `get(url).iter_lines()`: as many calls are followed back


def draws_elements(text: str) -> bool:
    """Whether the builtin `text` takes elements of what it is given."""
    return text in ITERATING or text == "next"


def drawn(state: State, table: CallTable, call: int, node: int) -> list[int]:
    """The nodes of libraries whose elements a call of the builtin `node` draws: those of their `__next__`."""
    slots = [slot for slot in _drawn_from(table, call, state.api.text[node]) if is_certain(state, slot, NEXT)]
    found = (state.api.existing(value >> SHIFT, NEXT) for slot in slots for value in state.held(slot))
    return [each for each in found if each]


def is_certain(state: State, slot: int, member: str) -> bool:
    """Whether nothing that is known comes to a variable but objects of libraries whose method `member` blocks.

    The name of a method is evidence of its own for what it is called on; that somebody iterates is none.
    """
    api = state.api
    return all(
        value & MASK == tokens.EXTERNAL
        and (api.existing(value >> SHIFT, member) in api.sinks or value >> SHIFT in api.outside.values())
        for value in state.held(slot)
    )


def _drawn_from(table: CallTable, call: int, text: str) -> tuple[int, ...]:
    first = ITERATING.get(text, 0 if text == "next" else -1)
    arguments = table.arguments(call)[first : 1 if text == "next" else None] if first >= 0 else ()
    return tuple(slot for label, slot, _ in arguments if slot and label == flows.NO_NAME)


def without_repeated(sinks: Iterable[SinkSite], table: CallTable, arguments: Arguments) -> list[SinkSite]:
    """The blocking calls without the elements that are drawn from what another of them answers for.

    Calls that draw are only marked: guards around them are recognised by what they look up.
    """
    sites = list(sinks)
    working: dict[int, list[SinkSite]] = {}
    on_objects: dict[tuple[int, int], list[SinkSite]] = {}
    for site in sites:
        if not _draws(table, site):
            working.setdefault(site.call, []).append(site)
            on_objects.setdefault((site.function, table.receiver(site.call)), []).append(site)

    def is_repeated(site: SinkSite) -> bool:
        by_call = (working.get(call, ()) for call in _makers(table, arguments, site))
        by_object = (on_objects.get((site.function, slot), ()) for slot in _drawn_slots(table, site))
        return any(_stands_for(table, each, site) for found in (*by_object, *by_call) for each in found)

    repeated = {id(site) for site in sites if _draws(table, site) and is_repeated(site)}
    return [
        replace(site, repeated=id(site) in repeated) if site.drawn else site
        for site in sites
        if site.drawn or id(site) not in repeated
    ]


def told_once(graph: CallGraph) -> CallGraph:
    """`graph` without the calls that are marked as repeated."""
    if not any(sink.repeated for sink in graph.sinks):
        return graph
    return replace(graph, sinks=tuple(sink for sink in graph.sinks if not sink.repeated))


def _draws(table: CallTable, site: SinkSite) -> bool:
    if site.drawn:
        return True
    if site.kind in OF_THEMSELVES or not site.text.endswith((f".{NEXT}", f".{ENTER}")):
        return False
    return bool(table.flags(site.call) & flows.IMPLICIT) or table.member(site.call) not in (NEXT, ENTER)


def _stands_for(table: CallTable, one: SinkSite, drawn_from: SinkSite) -> bool:
    """Whether a call answers for the elements that another draws; who draws round by round may wait in each."""
    is_dearer = COSTS.index(one.cost) >= COSTS.index(drawn_from.cost)
    return is_dearer and (not drawn_from.drawn or table.loop(one.call) == table.loop(drawn_from.call))


def _drawn_slots(table: CallTable, site: SinkSite) -> tuple[int, ...]:
    """The slots of what a call draws elements from."""
    if site.drawn or table.flags(site.call) & flows.IMPLICIT:
        return (table.receiver(site.call),)
    return _drawn_from(table, site.call, table.text(site.call))


def _makers(table: CallTable, arguments: Arguments, site: SinkSite) -> Iterator[int]:
    """The calls that made what a call draws elements from, one on what the other gave: `get(url).iter_lines()`."""
    for start in _drawn_slots(table, site):
        slot = start
        for _ in range(_MAKERS):
            call = arguments.maker(site.call, slot)
            if call < 0:
                break
            yield call
            slot = table.receiver(call)
