"""Stacks that were seen at run time, while the event loop was held."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from alef_audit.evidence.observations import Place

StackKind = Literal["cpu-profile", "speedscope", "trace-sync-io", "asyncio-debug", "blocking-call", "proof"]


class Spot(msgspec.Struct, frozen=True):
    """One function of a stack, in the program or not."""

    function: str  # as the runtime names it, "" for an anonymous one
    file: str  # path, URL or name of a built-in module
    line: int = 0  # of the call made there; 0 where only the function is told
    defined: int = 0  # line of the function's definition, 0 if not told
    column: int = 0  # of the call, or of the definition where only that is told; 1-based, 0 if not told


class Stack(msgspec.Struct, frozen=True):
    """What ran on the loop, outermost first. The last spots may be those of the runtime's own library."""

    kind: StackKind
    place: Place  # where it was seen first
    spots: tuple[Spot, ...]
    blocking: str  # the name of what held the loop, "" if not told
    ms: float  # altogether, 0 if not told
    count: int  # samples, or how often it was told


class Stacks:
    """Adds up stacks that are the same, a bounded number of different ones."""

    _MOST = 20_000

    def __init__(self) -> None:
        self._found: dict[tuple[StackKind, tuple[Spot, ...], str], Stack] = {}
        self._said: list[str] = []
        self._left_out = 0

    def say(self, note: str) -> None:
        """Note what was not taken, and why."""
        self._said.append(note)

    def add_all(self, stacks: Iterable[Stack]) -> None:
        for stack in stacks:
            self.add(stack)

    def add(self, stack: Stack) -> None:
        key = stack.kind, stack.spots, stack.blocking
        known = self._found.get(key)
        if known is not None:
            ms, count = known.ms + stack.ms, known.count + stack.count
            self._found[key] = msgspec.structs.replace(known, ms=ms, count=count)
        elif len(self._found) < self._MOST:
            self._found[key] = stack
        else:
            self._left_out += 1

    def found(self) -> tuple[Stack, ...]:
        return tuple(self._found.values())

    def notes(self) -> tuple[str, ...]:
        many = f"{self._left_out} stacks of many different ones were not kept"
        return (*self._said, *([many] if self._left_out else []))
