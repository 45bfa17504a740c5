"""What waits when its elements are drawn: `for row in query`, `list(cursor)`, `next(stream)` over values of libraries.

Iterating has no call of its own: it stands for `__next__` of what is iterated over.  Where the call that made the
value, or another one on the same object, is told already and costs as much, that one stands for both.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.argued import Arguments
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import SinkSite
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


def _drawn_from(table: CallTable, call: int, text: str) -> list[int]:
    first = ITERATING.get(text, 0 if text == "next" else -1)
    arguments = table.arguments(call)[first : 1 if text == "next" else None] if first >= 0 else ()
    return [slot for label, slot, _ in arguments if slot and label == flows.NO_NAME]


def without_repeated(sinks: Iterable[SinkSite], table: CallTable, arguments: Arguments) -> list[SinkSite]:
    """The blocking calls without the elements that are drawn from what another of them answers for."""
    sites = list(sinks)
    costs: dict[int, int] = {}
    on_objects: dict[tuple[int, int], int] = {}
    for site in sites:
        if not _draws(table, site):
            cost, object_key = COSTS.index(site.cost), (site.function, table.receiver(site.call))
            costs[site.call] = max(cost, costs.get(site.call, -1))
            on_objects[object_key] = max(cost, on_objects.get(object_key, -1))
    return [
        site for site in sites if not (_draws(table, site) and _is_repeated(table, arguments, site, costs, on_objects))
    ]


def _draws(table: CallTable, site: SinkSite) -> bool:
    if site.kind in OF_THEMSELVES or not site.text.endswith((f".{NEXT}", f".{ENTER}")):
        return False
    return bool(table.flags(site.call) & flows.IMPLICIT) or table.member(site.call) not in (NEXT, ENTER)


def _is_repeated(
    table: CallTable,
    arguments: Arguments,
    site: SinkSite,
    costs: Mapping[int, int],
    on_objects: Mapping[tuple[int, int], int],
) -> bool:
    call, cost = site.call, COSTS.index(site.cost)
    is_implicit = table.flags(call) & flows.IMPLICIT
    for slot in (table.receiver(call),) if is_implicit else _drawn_from(table, call, table.text(call)):
        if on_objects.get((site.function, slot), -1) >= cost:
            return True
        for _ in range(_MAKERS):
            call = arguments.maker(site.call, slot)
            if call < 0:
                break
            if costs.get(call, -1) >= cost:
                return True
            slot = table.receiver(call)
    return False
