"""What `**kwargs` holds: the keywords of a call that no parameter takes, as long as the function adds none.

Taking a keyword out says nothing of the others.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keeping import Keeping, Read, Touch, chain, plain
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

    def told_of(self, table: CallTable, call: int, name: str) -> dict[str, str]:
        """The keywords of a dictionary that the tests around a call tell, where the call spreads it: `f(**name)` below
        `name.get("type") == "a"`, each with the literal that it equals, as written.
        """
        function = table.function(call)
        conditions = self._program.unit_of(function).facts.conditions
        found: dict[str, str] = {}
        for index in chain(conditions, table.condition(call)):
            test = conditions[index]
            for atom, outcome in implied(parse(test.text), test.holds) if name in test.text else ():
                compared = comparison(plain(atom))
                asked = asked_keyword(compared.left) if compared is not None else None
                if compared is None or asked is None or asked.holder != name or asked.default == compared.right:
                    continue
                is_equal = compared.sign == ("==" if outcome else "!=")
                if is_equal and not self._is_changed(table, call, name, test.line):
                    found.setdefault(asked.key, compared.right)
        return found

    def _is_changed(self, table: CallTable, call: int, name: str, since: int) -> bool:
        """Whether the function around a call may change what `name` holds after the line `since`, or another thing."""
        function = table.function(call)
        reads, keeping = self._keeping.reads.get(function, {}), self._keeping
        if name in keeping.rebound.get(function, ()) or any(read.value == name for read in _all(reads)):
            return True
        touches = (*keeping.clears.get(function, ()), *keeping.stores.get(function, ()))
        if any(each.place.subject == name and each.line >= since for each in touches):
            return True
        own = self._program.functions[function]
        spelled = flows.handed_literal(name), flows.tested_literal(name)
        for line, text, arguments in _calls(self._program.unit_of(function).facts):
            if since <= line <= own.end_line and (line, text) != (table.line(call), table.text(call)):
                holder, _, member = text.rpartition(".")
                is_handed = any(told in spelled for _, told in arguments)
                if (holder == name and member not in _READING) or (is_handed and text not in _HARMLESS):
                    return True
        return False

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


def _all(reads: Mapping[str, list[Read]]) -> Iterator[Read]:
    for bound in reads.values():
        yield from bound


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
    names = facts.names
    for call in flows.call_records(facts.calls):
        labels, literals = (call[flows.CALL_HEAD + at :: flows.CALL_ARG] for at in (0, flows.ARG_LITERAL))
        arguments = [(label, names[literal]) for label, literal in zip(labels, literals, strict=True)]
        yield call[flows.LINE], names[call[flows.TEXT]], arguments
