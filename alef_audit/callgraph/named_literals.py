"""What constants stand for: `Kind.READY`, `Kind.READY.value`, `MODE`, wherever they are declared.

Constants are followed by their names through imports and re-exports.  Where a name may mean several things, or is
written to, nothing is known of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from alef_audit.callgraph.keeping import Keeping, Touch
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows, kept
from alef_audit.facts.file import FileFacts
from alef_audit.resolution.graph import ModuleGraph

_SPELLED: Final = re.compile(r"[A-Z][A-Z0-9_]+|[A-Z][\w$]*\.[A-Za-z_][\w$]*(?:\.(?:value|name))?")
# Members that change what the members of an enumeration are or equal.
_CHANGING: Final = frozenset(("value", "name", "__eq__", "__new__", "__init__", "_value_"))
# How many files a name is followed through.
_MOST: Final = 200
# What a member that equals itself only is spelled by, before the number of its file, its class and its value.
MEMBER: Final = "@"


class NamedLiterals:
    """Answers for spellings in the files of one program."""

    __slots__ = ("_declared", "_found", "_keeping", "_modules", "_program", "_written")

    def __init__(self, program: Program, modules: ModuleGraph, keeping: Keeping) -> None:
        self._program, self._modules, self._keeping = program, modules, keeping
        self._found: dict[tuple[int, str], str] = {}
        self._declared: dict[int, frozenset[str]] = {}
        self._written: frozenset[str] | None = None

    def of(self, function: int, text: str) -> str:
        """The literal that `text` stands for in a function, as `flows` spells it, or a member, see MEMBER; "" if it is
        none or not known.
        """
        if not self._keeping.literals or not _SPELLED.fullmatch(text):
            return ""
        key = self._program.function_unit[function], text
        if key not in self._found:
            homes = self._homes(key[0], text.partition(".")[0])
            self._found[key] = self._read(homes.pop(), text) if len(homes) == 1 else ""
        return self._found[key]

    def _homes(self, unit: int, head: str) -> set[int]:
        """The files that may declare what a name means in a file."""
        found, seen, pending = set[int](), {unit}, [unit]
        while pending and len(seen) < _MOST:
            current = pending.pop()
            facts, targets = self._program.units[current].facts, self._modules.targets[current]
            if head in self._heads(current) or any(each.qualname == head for each in facts.classes):
                found.add(current)
            named = (at for at, item in enumerate(facts.imports) if item.name == head and not item.type_only)
            for target in {targets[at] for at in (*named, *facts.stars)} - seen:
                if target >= 0:
                    seen.add(target)
                    pending.append(target)
        return found if not pending else set()

    def _heads(self, unit: int) -> frozenset[str]:
        """The names of the constants that a file declares."""
        if unit not in self._declared:
            told = self._keeping.literals.get(self._program.units[unit].functions, {})
            self._declared[unit] = frozenset(path.partition(".")[0] for path in told)
        return self._declared[unit]

    def _read(self, unit: int, text: str) -> str:
        """What `text` stands for in the file that declares it."""
        facts, first = self._program.units[unit].facts, self._program.units[unit].functions
        told = self._keeping.literals.get(first, {})
        if text in told:
            return self._whole(unit, text)
        holder, _, part = text.rpartition(".")
        member = told.get(holder)
        if member is None or not member.compares or not self._is_plain_enumeration(facts, holder):
            return ""
        return member.value if part == "value" else flows.string_literal(holder.rpartition(".")[2])

    def _whole(self, unit: int, text: str) -> str:
        facts, first = self._program.units[unit].facts, self._program.units[unit].functions
        value, compares = self._keeping.literals[first][text]
        if not value or not compares:
            is_python_constant = facts.language == "python" and text.partition(".")[2] == ""
            return "" if is_python_constant and text in self._rewritten() else value
        if not self._is_plain_enumeration(facts, text):
            return ""
        return value if compares == kept.AS_VALUE else f"{MEMBER}{unit}.{text.partition('.')[0]}.{value}"

    def _is_plain_enumeration(self, facts: FileFacts, member: str) -> bool:
        """Whether the class of a member leaves to its superclasses how members compare."""
        classes = [each for each in facts.classes if each.qualname == member.rpartition(".")[0]]
        return len(classes) == 1 and _CHANGING.isdisjoint(facts.names[name] for name in classes[0].members)

    def _rewritten(self) -> frozenset[str]:
        """The last names of what functions assign to beyond themselves, if they are spelled as constants."""
        if self._written is None:
            keeping = self._keeping
            touched = (each.place.subject for kind in (keeping.stores, keeping.clears) for each in _all(kind))
            rebound = (subject for subjects in keeping.rebound.values() for subject in subjects)
            last = (subject.rpartition(".")[2] for subject in (*touched, *rebound))
            self._written = frozenset(name for name in last if name.isupper())
        return self._written


def _all(touches: Mapping[int, list[Touch]]) -> Iterator[Touch]:
    for listed in touches.values():
        yield from listed


def is_same(value: str, other: str) -> bool | None:
    """Whether two literals, as `flows` spells them, or members are equal; None if that is not known."""
    if value == other:
        return True
    kinds = {_kind(value), _kind(other)}
    if kinds == {"number"} or kinds == {"number", "word"}:
        return None if "word" in kinds or not (value + other).isdigit() else int(value) == int(other)
    if kinds == {"number", "string"}:
        return None
    return False


def _kind(value: str) -> str:
    if value.startswith('"'):
        return "string"
    if value.startswith(MEMBER):
        return "member"
    return "word" if value[:1].isalpha() else "number"
