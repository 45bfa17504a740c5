"""What `**kwargs` holds: the keywords of a call that no parameter takes, as long as the function adds none.

Taking a keyword out says nothing of the others.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

from alef_audit.callgraph.keeping import Keeping, Touch, chain, plain
from alef_audit.callgraph.predicates import comparison, implied, parse
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts

_ASKED: Final = re.compile(
    r"(?P<holder>[A-Za-z_]\w*)"
    r"(?:\.(?P<how>get|pop)\((?P<quote>[\"'])(?P<key>\w+)(?P=quote)(?:, ?(?P<default>[^()]+))?\)"
    r"|\[(?P<sign>[\"'])(?P<field>\w+)(?P=sign)\])"
)
# Methods that add no keyword but those that are noted, and functions that change nothing of what they are handed.
_READING: Final = frozenset(("get", "pop", "items", "keys", "values", "copy", "setdefault"))
_HARMLESS: Final = frozenset(
    (
        "bool",
        "copy.copy",
        "copy.deepcopy",
        "deepcopy",
        "dict",
        "isinstance",
        "json.dumps",
        "len",
        "list",
        "print",
        "set",
    )
)


class Asked(NamedTuple):
    """A keyword that is looked up, and what stands for it where it is missing."""

    holder: str
    key: str
    default: str


def asked_keyword(text: str) -> Asked | None:
    """The look-up `kwargs.get("key", default)` that a text is; None for other texts."""
    found = _ASKED.fullmatch(text) if text[-1:] in ")]" else None
    if found is None:
        return None
    return Asked(found["holder"], found["key"] or found["field"], found["default"] or ("None" if found["how"] else ""))


class Keywords:
    """Answers for the functions of one program."""

    __slots__ = ("_changed", "_keeping", "_program")

    def __init__(self, program: Program, keeping: Keeping) -> None:
        self._program, self._keeping = program, keeping
        self._changed: dict[tuple[int, str], bool] = {}

    def holds_only_given(self, function: int, name: str, keyword: str) -> bool:
        """Whether a function adds no such keyword to those that it was called with, unless it is there anyway."""
        key = function, name
        if key not in self._changed:
            self._changed[key] = self._may_change(function, name)
        stores = self._keeping.stores.get(function, ())
        return not self._changed[key] and not any(
            each.place.subject == name and _may_be(each.place.key, keyword) and not self._is_below(each, name, keyword)
            for each in stores
        )

    def is_taken_out(self, function: int, name: str, keyword: str) -> bool:
        """Whether a function may take this keyword out of those that it was called with, or put another value there."""
        touches = (*self._keeping.clears.get(function, ()), *self._keeping.stores.get(function, ()))
        return any(each.place.subject == name and _may_be(each.place.key, keyword) for each in touches)

    def _is_below(self, store: Touch, name: str, keyword: str) -> bool:
        """Whether a store runs only where a test has found the keyword."""
        conditions = self._program.unit_of(store.function).facts.conditions
        reads = self._keeping.reads.get(store.function, {})
        for index in chain(conditions, store.condition):
            for atom, outcome in implied(parse(conditions[index].text), conditions[index].holds):
                tested = _present(plain(atom)) if outcome else ""
                bound = reads.get(tested, ())
                asked = asked_keyword(bound[0].value if len(bound) == 1 else tested)
                if asked is not None and asked.holder == name and asked.key == keyword and asked.default == "None":
                    return True
        return False

    def _may_change(self, function: int, name: str) -> bool:
        reads = self._keeping.reads.get(function, {})
        if name in self._keeping.rebound.get(function, ()) or name in reads:
            return True
        if any(read.value == name for bound in reads.values() for read in bound):
            return True
        unit, own = self._program.unit_of(function), self._program.functions[function]
        handed = flows.handed_literal(name)
        for line, text, arguments in _calls(unit.facts):
            if own.line <= line <= own.end_line:
                holder, _, member = text.rpartition(".")
                if holder == name and member not in _READING:
                    return True
                is_handed = (label != flows.SPREAD_KEYWORD and told == handed for label, told in arguments)
                if text not in _HARMLESS and any(is_handed):
                    return True
        return False


def _may_be(key: str, keyword: str) -> bool:
    """Whether a key, as written, may be that keyword."""
    return key[:1] not in ("'", '"') or key[1:-1] == keyword


def _present(atom: str) -> str:
    """What is there where `atom` holds; "" if it does not say."""
    compared = comparison(atom)
    if compared is None:
        return atom
    return compared.left if compared.sign == "!=" and compared.right == "None" else ""


def _calls(facts: FileFacts) -> Iterator[tuple[int, str, list[tuple[int, str]]]]:
    """The calls of a file: line, text, and the label and literal of each argument."""
    values, names, at = array("i"), facts.names, 0
    values.frombytes(facts.calls)
    while at < len(values):
        first = at + flows.CALL_HEAD
        end = first + flows.CALL_ARG * values[at + flows.ARG_COUNT]
        labels, literals = (
            values[first : end : flows.CALL_ARG],
            values[first + flows.ARG_LITERAL : end : flows.CALL_ARG],
        )
        arguments = [(label, names[literal]) for label, literal in zip(labels, literals, strict=True)]
        yield values[at + flows.LINE], names[values[at + flows.TEXT]], arguments
        at = end
