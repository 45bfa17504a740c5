"""The solver's variables: sets of tokens, copy edges, constraints, and the worklist."""

from collections.abc import Sequence
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.constraints import ADMIT, CALL, LOAD, RECEIVE, STORE, Constraint
from alef_audit.facts.flows import EACH, ELEMENT

# The entries of a large table stand behind one token (VALUES_OF), so there may be more of them; of what a table is made
# of, that is: values from outside the program only fill it up.
WIDE: Final = 256
# Functions that a full variable has no place for are noted up to this many, see `crowded.py`.
CROWD: Final = 1024
_MADE_OF: Final = frozenset((tokens.FUNCTION, tokens.CLASS, tokens.INSTANCE, tokens.OBJECT))
_NONE: Final[frozenset[int]] = frozenset()

# One number or several: most often it is one, which needs no list.
Some = int | list[int]


def with_one(known: Some | None, number: int) -> Some:
    """`known`, which may be changed, with one number more."""
    if known is None:
        return number
    if isinstance(known, int):
        return [known, number]
    known.append(number)
    return known


def each_of(known: Some | None) -> tuple[int, ...]:
    """The numbers, as they are now."""
    if known is None:
        return ()
    return (known,) if isinstance(known, int) else tuple(known)


class Variables:
    """What every variable holds and where it flows.

    `bound` is the most values that a variable may hold; `receptive` are the FUNCTION tokens that are told what they
    are methods of; tokens that stand for such ones join them.
    """

    __slots__ = (
        "admitting",
        "backlog",
        "bound",
        "calls",
        "delegated",
        "forward",
        "gathered",
        "loads",
        "owners",
        "pending",
        "points_to",
        "receptive",
        "saturated",
        "singles",
        "stores",
        "turned_away",
        "uses",
        "watched",
        "wide",
    )

    def __init__(self, size: int, bound: int, receptive: set[int]) -> None:
        self.bound = bound
        self.receptive = receptive
        # sets of tokens are never changed, so variables share them
        self.points_to: list[frozenset[int] | None] = [None] * size
        self.pending: dict[int, frozenset[int]] = {}  # variables with tokens that their successors have not seen yet
        # what a variable's values are handed on to: most often nothing, 0, or one other variable, which needs no list
        self.forward: list[int | list[int]] = [0] * size
        self.watched = bytearray(size)  # per variable, whether a constraint looks at what arrives
        # the most frequent constraints in flat lists: one object for each would take most of the memory
        self.loads: dict[int, list[int]] = {}  # destination, name, destination, name, …
        self.stores: dict[int, list[int]] = {}  # source, name, source, name, …
        self.calls: dict[int, Some] = {}
        self.owners: dict[int, Some] = {}  # tokens that functions which arrive are methods of
        self.uses: dict[int, list[Constraint]] = {}  # all other constraints
        self.singles: dict[int, frozenset[int]] = {}  # token -> the set of it alone
        self.backlog: list[tuple[Constraint, frozenset[int]]] = []  # constraints to apply to tokens already there
        self.delegated: set[tuple[int, Constraint]] = set()
        self.admitting: dict[int, tuple[int, ...]] = {}  # variables that take instances of declared classes only
        self.wide: dict[int, int] = {}  # variables behind VALUES_OF tokens -> how many look-ups deep
        self.gathered: dict[tuple[int, int], int] = {}  # (wide variable, name) -> variable of that field of its values
        self.saturated: set[int] = set()
        self.turned_away: dict[int, frozenset[int]] = {}  # variables that lost functions only -> those

    def variable(self) -> int:
        self.points_to.append(None)
        self.forward.append(0)
        self.watched.append(0)
        return len(self.points_to) - 1

    def passage(self, constraint: Constraint) -> int:
        """A new variable with a constraint."""
        found = self.variable()
        self.uses[found] = [constraint]
        self.watched[found] = 1
        return found

    def add(self, variable: int, value: int) -> None:
        if not variable:
            return
        single = self.singles.get(value)
        if single is None:
            single = self.singles[value] = frozenset((value,))
        held = self.points_to[variable]
        if held is None:
            self.points_to[variable] = self.pending[variable] = single
        elif value not in held and (len(held) < self.bound or self._fits(variable, len(held), value)):
            self.points_to[variable] = held | single
            self._wait(variable, single)

    def add_all(self, variable: int, values: frozenset[int]) -> None:
        held = self.points_to[variable]
        fresh = values - held if held else values
        if not fresh:
            return
        if len(fresh) + (len(held) if held else 0) > self.bound:
            fresh = self._fitting(variable, len(held) if held else 0, fresh)
            if not fresh:
                return
        self.points_to[variable] = held | fresh if held else fresh
        self._wait(variable, fresh)

    def _wait(self, variable: int, fresh: frozenset[int]) -> None:
        waiting = self.pending.get(variable)
        self.pending[variable] = fresh if waiting is None else waiting | fresh

    def hand_on(self, fresh: frozenset[int], targets: int | list[int]) -> None:
        """`add_all` to one variable or many: most take one value more, or have it already."""
        points_to, pending, bound, size = self.points_to, self.pending, self.bound, len(fresh)
        for variable in (targets,) if isinstance(targets, int) else targets:
            held = points_to[variable]
            if held is None and size <= bound:
                points_to[variable] = pending[variable] = fresh
            elif held is None or not fresh <= held:
                self.add_all(variable, fresh)

    def copy(self, source: int, destination: int) -> None:
        """Everything in `source` also reaches `destination`, now and later."""
        if source == destination or not source or not destination:
            return
        if destination in self.admitting:
            constraint = (ADMIT, destination)
            if constraint not in self.uses.get(source, ()):
                self.attach(source, constraint)
            return
        targets = self.forward[source]
        if not targets:
            self.forward[source] = destination
        elif isinstance(targets, int):
            if targets == destination:
                return
            self.forward[source] = [targets, destination]
        else:
            if len(targets) < 64 and destination in targets:
                return
            targets.append(destination)
        held = self.points_to[source]
        if held:
            self.add_all(destination, held)

    def attach(self, variable: int, constraint: Constraint) -> None:
        """Apply a constraint to every token that reaches the variable; tokens already there wait in the backlog."""
        if not variable:
            return
        if constraint[0] == RECEIVE:
            self.own(variable, constraint[1])
            return
        if constraint[0] == LOAD:
            self.read(variable, constraint[1], constraint[2])
            return
        if constraint[0] == STORE:
            self.write(variable, constraint[1], constraint[2])
            return
        if constraint[0] == CALL:
            self.call(variable, constraint[1])
            return
        self.watched[variable] = 1
        self.uses.setdefault(variable, []).append(constraint)
        held = self.points_to[variable]
        if held:
            self.backlog.append((constraint, held))

    def read(self, base: int, destination: int, name: int) -> None:
        """`attach` for the constraint LOAD."""
        self.watched[base] = 1
        reads = self.loads.get(base)
        if reads is None:
            self.loads[base] = [destination, name]
        else:
            reads += destination, name
        held = self.points_to[base]
        if held:
            self.backlog.append(((LOAD, destination, name), held))

    def write(self, base: int, source: int, name: int) -> None:
        """`attach` for the constraint STORE."""
        self.watched[base] = 1
        self.stores.setdefault(base, []).extend((source, name))
        held = self.points_to[base]
        if held:
            self.backlog.append(((STORE, source, name), held))

    def call(self, callee: int, call: int) -> None:
        """`attach` for the constraint CALL."""
        self.watched[callee] = 1
        self.calls[callee] = with_one(self.calls.get(callee), call)
        held = self.points_to[callee]
        if held:
            self.backlog.append(((CALL, call), held))

    def own(self, variable: int, owner: int) -> None:
        """Functions that reach the variable are methods of the token `owner`; those already there wait."""
        self.watched[variable] = 1
        self.owners[variable] = with_one(self.owners.get(variable), owner)
        received = self.receivers(self.points_to[variable])
        if received:
            self.backlog.append(((RECEIVE, owner), received))

    def receivers(self, held: frozenset[int] | None) -> frozenset[int]:
        """The tokens of a set that are told what they are methods of, or stand for some that may be."""
        return held & self.receptive if held else _NONE

    def delegate(self, variable: int, constraint: Constraint) -> None:
        """Apply a constraint, once, to all that a VALUES_OF token stands for."""
        if (variable, constraint) not in self.delegated:
            self.delegated.add((variable, constraint))
            self.attach(variable, constraint)

    def _fits(self, variable: int, size: int, value: int) -> bool:
        """Whether a variable that is full by the usual bound takes one value more."""
        if variable not in self.wide:
            self._turn_away(variable, (value,))
            return False
        if value & tokens.MASK not in _MADE_OF:
            return False
        if size >= WIDE:
            self.saturated.add(variable)
        return size < WIDE

    def _fitting(self, variable: int, size: int, fresh: frozenset[int]) -> frozenset[int]:
        """Those of the fresh values that a variable takes which cannot take all by the usual bound."""
        ordered = sorted(fresh)
        if variable not in self.wide:
            left = max(0, self.bound - size)
            self._turn_away(variable, ordered[left:])
            return frozenset(ordered[:left])
        made_of = [value for value in ordered if value & tokens.MASK in _MADE_OF]
        if size + len(made_of) > WIDE:
            self.saturated.add(variable)
        return frozenset(made_of[: max(0, WIDE - size)])

    def _turn_away(self, variable: int, values: Sequence[int]) -> None:
        """Note that a full variable has lost values, and which, as long as all are functions."""
        known = self.turned_away.get(variable)
        if known is None and variable in self.saturated:
            return
        self.saturated.add(variable)
        known = known or _NONE
        if all(value & tokens.MASK == tokens.FUNCTION for value in values) and len(known) < CROWD:
            self.turned_away[variable] = known.union(values)
        else:
            self.turned_away.pop(variable, None)

    def gather(self, variable: int, constraint: int, destination: int, name: int) -> None:
        """Let `destination` take field `name` of whatever the wide `variable` holds, behind one token.

        Fields of such fields travel one by one: `node = node.next` would go on for ever.
        """
        if name in (ELEMENT, EACH) or self.wide[variable]:
            self.delegate(variable, (constraint, destination, name))
            return
        found = self.gathered.get((variable, name))
        if found is None:
            found = self.gathered[variable, name] = self.variable()
            self.wide[found] = 1
            self.delegate(variable, (constraint, found, name))
        self.add(destination, self.values_of(found))

    def values_of(self, variable: int) -> int:
        """The token that stands for all that a variable holds: methods that are told so among them."""
        found = tokens.token(tokens.VALUES_OF, variable)
        self.receptive.add(found)
        return found

    def held(self, variable: int) -> list[int]:
        """The tokens in a variable, sorted, VALUES_OF replaced by what it stands for."""
        found = self.points_to[variable]
        if not found:
            return []
        ordered = sorted(found)
        for value in ordered:
            if value & tokens.MASK == tokens.VALUES_OF:
                break
        else:
            return ordered
        expanded: set[int] = set()
        seen = {variable}
        pending = [variable]
        while pending:
            for value in self.points_to[pending.pop()] or ():
                if value & tokens.MASK != tokens.VALUES_OF:
                    expanded.add(value)
                elif value >> tokens.SHIFT not in seen:
                    seen.add(value >> tokens.SHIFT)
                    pending.append(value >> tokens.SHIFT)
        return sorted(expanded)

    def share_sets(self) -> None:
        """Let variables that hold the same share one set: propagation makes another for each of them."""
        self.singles = {}  # what is there already needs no other set, most of the time
        known: dict[frozenset[int], frozenset[int]] = {}
        points_to = self.points_to
        for variable, held in enumerate(points_to):
            if held is not None:
                points_to[variable] = known.setdefault(held, held)

    def release(self) -> None:
        """Let go of what only propagation needs: a third of the memory that solving takes."""
        size = len(self.points_to)
        self.forward, self.watched = [0] * size, bytearray(size)
        self.loads, self.uses = {}, {}
        self.stores, self.calls, self.owners, self.singles = {}, {}, {}, {}
        self.delegated = set()

    def overflowed(self, variable: int) -> bool:
        """Whether values were lost on the way to a variable: what it holds is then no evidence."""
        if variable in self.saturated:
            return True
        found = self.points_to[variable] or ()
        return any(
            value & tokens.MASK == tokens.VALUES_OF and value >> tokens.SHIFT in self.saturated for value in found
        )
