"""Functions of Python that stand twice: for callers that block, and as coroutines for those on a loop.

`Client.send` beside `AsyncClient.send`, `handle_request` beside `handle_async_request`, `_sync/pool.py` beside
`_async/pool.py`: whoever is on a loop calls the asynchronous half.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from alef_audit.callgraph.program import Program
from alef_audit.callgraph.recall import words_in
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.lexicon import TwinWords

_Key = tuple[str, str, str]  # path, class and name without what tells the halves apart
_LETTER: Final = "a"  # `aclose` beside `close`


class Twins:
    """Which functions have an asynchronous twin."""

    __slots__ = ("_keys", "_program", "_words")

    def __init__(self, program: Program, words: TwinWords) -> None:
        self._program = program
        self._words = frozenset((*words.asynchronous, *words.blocking))
        coroutines = (
            function
            for function, facts in enumerate(program.functions)
            if facts.flags & FunctionFlag.ASYNC and program.unit_of(function).facts.language == "python"
        )
        self._keys = {key for function in coroutines for key in self._of(function)}

    def have(self, functions: Iterable[int]) -> bool:
        """Whether one of the functions is the blocking half of two."""
        return any(self._has(function) for function in functions)

    def _has(self, function: int) -> bool:
        facts = self._program.functions[function]
        if not facts.name or facts.flags & FunctionFlag.ASYNC or facts.parent < 0:
            return False
        return next(self._of(function)) in self._keys

    def _of(self, function: int) -> Iterator[_Key]:
        """What a function and its twin have in common; of `aclose` also what `close` has."""
        path, facts = self._program.unit_of(function).path, self._program.functions[function]
        owner, _, name = facts.qualname.rpartition(".")
        place, plain = self._without("/".join(path.split("/")[-2:])), self._without(owner)
        yield place, plain, self._without(name)
        if facts.flags & FunctionFlag.ASYNC and name.startswith(_LETTER):
            yield place, plain, self._without(name[1:])

    def _without(self, text: str) -> str:
        return "_".join(word for word in words_in(text) if word not in self._words)
