"""Receivers in which values of all sorts have come together: what such a one holds is no evidence of what it is.

A registry that is written under computed keys (`hass.data[key][entry.entry_id] = …`) gives whatever anybody has put
there.  Where most of that does not even have the member that is called, the few that have it are there by chance.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT

# From so many things on a receiver is no choice between the few that a program means.
_MANY: Final = 8
# A member that no more than one in so many of them has is not what they were put there for.
_FEW: Final = 5
_THINGS: Final = frozenset((tokens.INSTANCE, tokens.OPEN, tokens.OBJECT))


class Strays:
    """Tells receivers that hold one another's strangers; asks once for each receiver and member."""

    __slots__ = ("_known", "_state", "_table")

    def __init__(self, state: State, table: CallTable) -> None:
        self._state, self._table = state, table
        self._known: dict[tuple[int, int], bool] = {}

    def is_stray(self, call: int) -> bool:
        """Whether the receiver of a call holds many things, hardly any of which has the member that is called.

        Objects of JavaScript are not counted: which optional members one of them has is seldom known.
        """
        table, state = self._table, self._state
        receiver, member = table.receivers[call], table.members[call]
        if not receiver or member < 0 or receiver in state.declared:
            return False
        if state.program.unit_of(table.functions[call]).facts.language != "python":
            return False
        known = self._known.get((receiver, member))
        if known is None:
            known = self._known[receiver, member] = self._look(receiver, member)
        return known

    def _look(self, receiver: int, member: int) -> bool:
        things = [value for value in self._state.held(receiver) if value & MASK in _THINGS]
        return len(things) >= _MANY and _FEW * sum(self._has(value, member) for value in things) <= len(things)

    def _has(self, value: int, member: int) -> bool:
        classes = self._state.classes
        if value & MASK == tokens.OPEN:
            variable = classes.down.get(value >> SHIFT, {}).get(member, 0)
        else:
            variable = classes.members.get(value, {}).get(member, 0)
        own = self._state.known_field(value, member)
        points_to = self._state.points_to
        return bool((variable and points_to[variable]) or (own and points_to[own]))
