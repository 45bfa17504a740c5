"""The class hierarchy of a program: superclasses in resolution order, and the classes that are made somewhere."""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.tokens import MASK, SHIFT, token

# Merging more superclasses than this in order costs more than the order is worth.
_LONGEST: Final = 60


class Hierarchy:
    """Which class derives from which, as far as the solver knows by now.

    Superclasses are tokens: classes of the program, and nodes of the API graph for classes outside it.
    """

    __slots__ = (
        "_orders",
        "bases",
        "definers",
        "down",
        "fields",
        "holders",
        "known",
        "levels",
        "live",
        "members",
        "metaclasses",
        "methods",
        "named_metaclasses",
        "open",
        "outside_of",
        "own",
        "records",
        "seen_in",
        "subs",
        "supers",
    )

    def __init__(self) -> None:
        self.own: list[frozenset[int]] = []  # per class: names that its body defines
        self.methods: list[frozenset[int]] = []  # per class: names of the functions that its body defines and fills
        self.fields: list[tuple[int, ...]] = []  # per class: names that its body annotates
        self.named_metaclasses: dict[int, list[int]] = {}  # class -> metaclasses that it names itself
        self.bases: dict[int, list[tuple[int, int]]] = {}  # class -> (position, token), in source order
        self.subs: dict[int, list[int]] = {}
        self.metaclasses: dict[int, list[int]] = {}  # metaclass -> classes that name it
        self.records: frozenset[int] = frozenset()  # classes whose instances are data
        self.live: set[int] = set()  # classes that the program instantiates, or hands to code that may
        self.known = False  # the superclasses that need no call to be found have been found
        self.open = False  # a family without a live class stands for whatever users of the program derive and make
        # variables by class and name: of its members (CLASS or INSTANCE token), of its family's, of `super().name`
        self.members: dict[int, dict[int, int]] = {}
        self.down: dict[int, dict[int, int]] = {}
        self.supers: dict[int, dict[int, int]] = {}
        # levels of families: class -> classes that its live subclasses inherit from -> names of each that all hide
        self.levels: dict[int, dict[int, frozenset[int]]] = {}
        self.seen_in: dict[int, list[int]] = {}  # class -> classes whose families it is a level of
        self.outside_of: dict[int, dict[int, int]] = {}  # class -> classes outside the program -> who derives from it
        self.holders: dict[int, list[int]] = {}  # name -> tokens of classes and instances that it is stored on
        self.definers: dict[int, list[int]] = {}  # name -> classes whose bodies define it
        self._orders: dict[int, tuple[int, ...]] = {}

    def settle(self) -> None:
        """The superclasses are known."""
        self.known = True
        for index, names in enumerate(self.own):
            for name in names:
                self.definers.setdefault(name, []).append(index)

    def add_base(self, index: int, position: int, base: int) -> bool:
        """Record that class `index` derives from token `base`. False if that was known."""
        bases = self.bases.setdefault(index, [])
        if base == token(tokens.CLASS, index) or any(other == base for _, other in bases):
            return False
        bases.append((position, base))
        bases.sort()
        if base & MASK == tokens.CLASS:
            self.subs.setdefault(base >> SHIFT, []).append(index)
        for sub in self.family(index):
            self._orders.pop(sub, None)
        return True

    def direct_bases(self, index: int) -> list[int]:
        return [base for _, base in self.bases.get(index, ())]

    def family(self, index: int) -> list[int]:
        """A class and all that derive from it."""
        if index not in self.subs:
            return [index]
        found = [index]
        seen = {index}
        for current in found:
            for sub in self.subs.get(current, ()):
                if sub not in seen:
                    seen.add(sub)
                    found.append(sub)
        return found

    def order(self, index: int) -> tuple[int, ...]:
        """The method resolution order of a class: itself, then its superclasses (C3 linearisation)."""
        found = self._orders.get(index)
        if found is None:
            found = self._order(index, {index})
        return found

    def _order(self, index: int, below: set[int]) -> tuple[int, ...]:
        sequences: list[list[int]] = []
        bases = [base for base in self.direct_bases(index) if base & MASK != tokens.CLASS or base >> SHIFT not in below]
        for base in bases:
            if base & MASK == tokens.CLASS:
                known = self._orders.get(base >> SHIFT) or self._order(base >> SHIFT, below | {base >> SHIFT})
                sequences.append(list(known))
            else:
                sequences.append([base])
        sequences.append(bases)
        found = (token(tokens.CLASS, index), *_merge(sequences))
        self._orders[index] = found
        return found

    def ancestors(self, index: int) -> list[int]:
        """A class and the classes of the program that it derives from."""
        return [value >> SHIFT for value in self.order(index) if value & MASK == tokens.CLASS]

    def declares(self, index: int, name: int) -> bool:
        """Whether the body of a class, or of a superclass of the program, defines the member."""
        return any(name in self.own[ancestor] for ancestor in self.ancestors(index))

    def has_method(self, index: int, name: int) -> bool:
        """Whether the body of a class, or of a superclass of the program, defines the member as a function."""
        return any(name in self.methods[ancestor] for ancestor in self.ancestors(index))

    def is_left_below(self, index: int, name: int) -> bool:
        """Whether a class declares a member that classes which derive from it define as a function."""
        if not self.declares(index, name):
            return False
        filling = (below for below in self.definers.get(name, ()) if name in self.methods[below])
        return any(index in self.ancestors(below) for below in filling)

    def outside_bases(self, index: int) -> list[int]:
        """API nodes of the classes outside the program that a class derives from, at any distance."""
        return [value >> SHIFT for value in self.order(index) if value & MASK == tokens.EXTERNAL]

    def fields_of(self, index: int) -> list[int]:
        """The fields of a generated constructor, in order: those of superclasses first."""
        found = [name for ancestor in reversed(self.ancestors(index)) for name in self.fields[ancestor]]
        return list(dict.fromkeys(found))

    def add_metaclass(self, index: int, metaclass: int) -> None:
        self.named_metaclasses.setdefault(index, []).append(metaclass)
        self.metaclasses.setdefault(metaclass, []).append(index)

    def metaclasses_of(self, index: int) -> list[int]:
        """The metaclasses of the program that a class has: its own, or those of its superclasses."""
        if not self.named_metaclasses:
            return []
        for ancestor in self.ancestors(index):
            if ancestor in self.named_metaclasses:
                return self.named_metaclasses[ancestor]
        return []

    def live_in(self, index: int) -> list[int]:
        """The live classes of a family."""
        return [sub for sub in self.family(index) if sub in self.live]


def _merge(sequences: list[list[int]]) -> list[int]:
    """The merge step of C3; where no order is consistent, the first class left is taken all the same."""
    found: list[int] = []
    sequences = [list(sequence) for sequence in sequences if sequence]
    while sequences and len(found) < _LONGEST:
        chosen = sequences[0][0]
        for sequence in sequences:
            if not any(sequence[0] in other[1:] for other in sequences):
                chosen = sequence[0]
                break
        found.append(chosen)
        sequences = [rest for sequence in sequences if (rest := [value for value in sequence if value != chosen])]
    return found
