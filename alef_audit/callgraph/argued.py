"""Whether the arguments of a call are those that a row of a library model asks for (`rulepack/conditions.py`).

Three answers: what is handed over may be unknown, and nothing is concluded from that.
"""

from collections.abc import Iterable
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import Sink
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.parameters import Spelled
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.rulepack.conditions import Condition
from alef_audit.rulepack.model import SinkRow
from alef_audit.rulepack.paths import Selector

Answer = bool | None

_COPIES: Final = 6
_NOTHING: Final = frozenset((flows.NULL, flows.ABSENT, '"'))
_WORDS: Final = {"true": (flows.TRUE,), "false": (flows.FALSE,), "none": (flows.NULL, flows.ABSENT)}
_OWN: Final = ("self.", "cls.", "this.")
_UNKNOWN: Final = "?"
_ANY_END: Final = '*"'
_ANY_TEXT: Final = '"*"'
_ENTERING: Final = ("__enter__", "__aenter__")  # what a `with` statement binds is what it was given, or its like

_Argument = tuple[int, str]  # slot, literal spelling


class Arguments:
    """Answers what model rows ask of calls."""

    __slots__ = ("_agreed", "_joined", "_made", "_named", "_spelled", "_state", "_table")

    def __init__(self, state: State, table: CallTable, spelled: Spelled) -> None:
        self._state = state
        self._table = table
        self._spelled = spelled
        self._made: dict[int, int] | None = None
        self._agreed: dict[Condition, Answer] = {}
        self._joined: frozenset[int] | None = None
        self._named: dict[tuple[str, ...], list[int]] = {}

    def chosen(self, call: int, sinks: list[Sink]) -> SinkRow | None:
        """The first row that holds for a call; None if none does."""
        for sink in sinks:
            if sink.when and all(self._answer(call, asked) is False for asked in sink.when):
                continue
            if not any(self._answer(call, asked) for asked in sink.unless):
                return sink.row
        return None

    def _answer(self, call: int, asked: Condition) -> Answer:
        if asked.made:
            return self._fit_all(asked)
        if not asked.of_receiver:
            return self._fits(call, asked)
        if asked.members:
            return self._is_set(call, asked)
        maker = self.maker(call, self._table.receiver(call))
        return self._fits(maker, asked) if maker >= 0 else None

    def _fit_all(self, asked: Condition) -> Answer:
        """What all calls of the function that is asked for agree on; None if they do not, or there are none."""
        if asked not in self._agreed:
            texts = self._state.api.text
            answers = {self._fits(call, asked) for call, node in self._state.externals if texts[node] == asked.made}
            self._agreed[asked] = answers.pop() if len(answers) == 1 else None
        return self._agreed[asked]

    def _is_set(self, call: int, asked: Condition) -> Answer:
        """Whether an earlier call on the same object has said so, and no other call says otherwise."""
        named = self._named.get(asked.members)
        if named is None:
            named = self._named[asked.members] = self._table.named(*asked.members)
        settings = [each for each in named if self._of_one_object(each, call)]
        if not settings or not all(self._fits(each, asked) for each in settings):
            return None
        return any(self._precedes(each, call) for each in settings) or None

    def _of_one_object(self, first: int, second: int) -> bool:
        table, program = self._table, self._state.program
        one, other = table.function(first), table.function(second)
        if one == other:
            return bool(table.receiver(first)) and table.receiver(first) == table.receiver(second)
        held, wanted = (table.text(each).rpartition(".")[0] for each in (first, second))
        if held != wanted or not held.startswith(_OWN) or program.function_unit[one] != program.function_unit[other]:
            return False
        return program.functions[one].owner == program.functions[other].owner >= 0

    def _precedes(self, setting: int, call: int) -> bool:
        table = self._table
        if table.function(setting) != table.function(call):
            return True
        conditions = self._state.program.unit_of(table.function(call)).facts.conditions
        is_before = (table.line(setting), table.column(setting)) < (table.line(call), table.column(call))
        return is_before and table.condition(setting) in (-1, *chain(conditions, table.condition(call)))

    def _fits(self, call: int, asked: Condition) -> Answer:
        """Whether the arguments of `call` fit; False where the argument is left out, so that its default holds."""
        found, is_certain = self._selected(call, asked.selector)
        if not found:
            return False if is_certain else None
        answers = [self._fits_one(call, asked, argument) for argument in found]
        return True if True in answers else None if None in answers else False

    def _selected(self, call: int, selector: Selector) -> tuple[list[_Argument], bool]:
        """The arguments that a selector names, and whether there can be no others."""
        names = self._state.program.names
        found: list[_Argument] = []
        position, is_certain, positions_known = 0, True, True
        for label, slot, literal in self._table.arguments(call):
            if label in (flows.SPREAD_POSITIONAL, flows.SPREAD_KEYWORD):
                is_certain = False
                positions_known = positions_known and label == flows.SPREAD_KEYWORD
            elif label == flows.NO_NAME:
                if positions_known and position in selector.positions:
                    found.append((slot, names[literal]))
                position += 1
            elif names[label] in selector.keywords:
                found.append((slot, names[literal]))
        if not selector.fields:
            return found, is_certain
        return self._fields(found, selector), is_certain

    def _fields(self, found: Iterable[_Argument], selector: Selector) -> list[_Argument]:
        """The field of object arguments that are written at the call; an unknown one of all others."""
        (wanted, *_), fields = selector.fields[0], []
        for _, literal in found:
            options = flows.options_of(literal)
            if options is None:
                fields.append((0, _UNKNOWN))
            elif wanted in options or flows.SPREAD_OPTIONS in options:
                told = flows.option(options, wanted)
                fields.append((0, _UNKNOWN if not told or flows.held_path(told) else told))
        return fields

    def _fits_one(self, call: int, asked: Condition, argument: _Argument) -> Answer:
        slot, literal = argument
        if literal == _UNKNOWN:
            return None
        if asked.sign == "is":
            return self._is_instance(call, slot, asked.values)
        if asked.sign == "has":
            return self._has_flag(call, slot, asked.values)
        handed = flows.handed_path(literal)
        if handed:
            return True if not asked.sign and self._is_required(call, handed) else None
        if asked.sign == "":
            return None if flows.tested_path(literal) else literal not in _NOTHING
        is_local = flows.tested_path(literal) or flows.held_path(literal)
        if not literal or is_local or literal.startswith("{") or literal in flows.THERE:
            return None
        begun = flows.begun_text(literal)
        if begun:
            return True if asked.sign == "=" and any(_begins(begun, value) for value in asked.values) else None
        if asked.sign == "<":
            return _is_below(literal, asked.values[0])
        return any(_same(literal, value) for value in asked.values)

    def _is_required(self, call: int, path: str) -> bool:
        """Whether a parameter that is handed on has no default: who calls the function gives it."""
        function = self._table.function(call)
        names = self._state.program.unit_of(function).facts.names
        parameters = self._state.program.functions[function].parameters
        without = ("", *flows.REQUIREMENTS)
        return any(names[p.name] == path and names[p.literal] in without and not p.kind for p in parameters)

    def _is_instance(self, call: int, slot: int, types: tuple[str, ...]) -> Answer:
        """Whether a value that one place makes is of these types; values that callers hand over are unknown."""
        held = self._state.held(slot) if slot else []
        texts = self._state.api.text
        if not held or not self._is_of_one_origin(call, slot):
            return None
        if all(value & MASK == tokens.EXTERNAL and texts[value >> SHIFT] in types for value in held):
            return True
        return None

    def _has_flag(self, call: int, slot: int, flags: tuple[str, ...]) -> Answer:
        """Whether a value is one of the flags, or several joined by `|` with one of them; None if it may be others."""
        held = self._state.held(slot) if slot else []
        texts = self._state.api.text
        given = any(value & MASK == tokens.EXTERNAL and texts[value >> SHIFT] in flags for value in held)
        return True if given and self._is_of_one_origin(call, slot, joined=True) else None

    def _is_of_one_origin(self, call: int, slot: int, *, joined: bool = False) -> bool:
        """Whether one place makes what a slot holds; where that may be `joined`, it is what `|` makes of two values."""
        literals = self._spelled.literals(call)
        for _ in range(_COPIES):
            if joined and slot in self._unions():
                return True
            if slot in self._spelled.paths or slot in literals.rewritten:
                return False
            if slot not in literals.copies:
                return True
            slot = literals.copies[slot]
        return False

    def _unions(self) -> frozenset[int]:
        """The slots of what `|` makes of two values."""
        if self._joined is None:
            rows, wanted = self._table.operations, self._table.names["__or__"]
            members = rows[flows.OPERATION_MEMBER :: flows.OPERATION]
            results = rows[flows.OPERATION_RESULT :: flows.OPERATION]
            self._joined = frozenset([slot for slot, name in zip(results, members, strict=True) if name == wanted])
        return self._joined

    def maker(self, call: int, slot: int) -> int:
        """The call that made what a slot holds, if that is one call; -1 otherwise."""
        if self._made is None:
            self._made = dict(zip(self._table.results, range(len(self._table)), strict=True))
        literals = self._spelled.literals(call)
        for _ in range(_COPIES):
            if not slot or slot in self._spelled.paths or slot in literals.rewritten:
                return -1
            made = self._made.get(slot, -1)
            if made >= 0 and self._table.member(made) not in _ENTERING:
                return made
            slot = literals.copies.get(slot, 0) if made < 0 else self._table.receiver(made)
        return -1


def _is_below(literal: str, limit: str) -> Answer:
    """Whether a literal is a number below a limit; None if it is no number."""
    try:
        return float(literal) < float(limit)
    except ValueError:
        return None


def _begins(text: str, value: str) -> bool:
    """Whether a text of which `text` is the beginning begins as a value says."""
    return value.endswith(_ANY_END) and len(value) > len(_ANY_TEXT) and text.startswith(value[1:-2])


def _same(literal: str, value: str) -> bool:
    if value in _WORDS:
        return literal in _WORDS[value]
    if value.endswith(_ANY_END):
        return literal.startswith(value.removesuffix(_ANY_END))
    if value.startswith('"'):
        return literal == flows.string_literal(value[1:-1])
    try:
        return float(literal) == float(value)
    except ValueError:
        return False
