"""Which types of libraries programs keep things of their own on, as their rows say."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from alef_audit.rulepack.model import TypeRow
from alef_audit.rulepack.paths import Selector


class Entry(NamedTuple):
    """A call that keeps the arguments `value` (or all by keyword) in a bag, or, without any, gives an entry back."""

    bag: int  # type node
    value: Selector | None
    keywords: bool


def extended(bases: Mapping[int, list[int]], node: int) -> Iterator[int]:
    """The types that a type extends, at any distance."""
    for base in bases.get(node, ()):
        yield base
        yield from extended(bases, base)


class BagTypes:
    """Nodes of the API graph by what programs keep on them; `bases` are the types that types extend."""

    __slots__ = ("_bases", "_kinds", "_known", "entries", "own")

    def __init__(self, bases: Mapping[int, list[int]]) -> None:
        self._bases = bases
        self._kinds: dict[int, str] = {}
        self._known: dict[int, int] = {}
        self.own: set[int] = set()  # types of what a library hands back to the program that made it
        self.entries: dict[int, list[Entry]] = {}  # node of a call -> what it puts into a bag or takes out

    def declare(self, row: TypeRow, node: int) -> None:
        """Note what a row says of the type `node`."""
        if row.bag:
            self._kinds[node] = row.bag
        if row.own:
            self.own.add(node)

    def of(self, node: int) -> int:
        """The type under which all things are kept that programs keep on instances of `node`; 0 if it is no bag."""
        if not self._kinds:
            return 0
        found = self._known.get(node)
        if found is None:
            found = 0
            for base in (node, *extended(self._bases, node)):
                found = base if base in self._kinds else found
            self._known[node] = found
        return found

    def is_mapping(self, node: int) -> bool:
        """Whether instances of the type are kept things in as in a dictionary."""
        return self._kinds.get(self.of(node)) == "mapping"

    def is_namespace(self, node: int) -> bool:
        """Whether instances of the type have nothing but what programs put there."""
        return self._kinds.get(node) == "namespace"
